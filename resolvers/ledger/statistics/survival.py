"""This module is in charge of how long packs last: the share of a cohort that leaves use in its first, second, third month, by a Weibull curve.

The curve's figures are rows of the rule table (`survival.scale` in years, `survival.shape`, by chemistry, `*` for the others), not code.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from resolvers.ledger.findings.parameters import Parameters

SCALE = "survival.scale"
SHAPE = "survival.shape"


class Cohort(NamedTuple):
    """Packs that came into use in a month, in one place and of one chemistry ("" where it is not told apart)."""

    month: date
    province: str
    chemistry: str
    packs: int


@lru_cache(maxsize=4096)
def leaving(scale_years: float, shape: float, age: int) -> float:
    """The share of a cohort that leaves use at that age in whole months: F(age + 1) - F(age); 0 before it is in use."""
    if age < 0:
        return 0.0
    return math.exp(-((age / 12 / scale_years) ** shape)) - math.exp(-(((age + 1) / 12 / scale_years) ** shape))


def expected(cohorts: Iterable[Cohort], months: Iterable[date], parameters: Parameters, keep: tuple[bool, bool]) -> Mapping[tuple[date, str, str], float]:
    """Packs expected to leave use, by (month, province, chemistry), of which `keep` says whether province and chemistry are told apart."""
    wanted = [(month, month.year * 12 + month.month) for month in months]
    found: defaultdict[tuple[date, str, str], float] = defaultdict(float)
    for cohort in cohorts:
        scale, shape = curve(parameters, cohort.chemistry)
        born = cohort.month.year * 12 + cohort.month.month
        for month, number in wanted:
            share = leaving(scale, shape, number - born)
            if share:
                found[month, cohort.province if keep[0] else "", cohort.chemistry if keep[1] else ""] += cohort.packs * share
    return found


def curve(parameters: Parameters, chemistry: str) -> tuple[float, float]:
    """Scale in years and shape for a chemistry, by its own row or that for all."""
    node = chemistry if parameters.row(SCALE, chemistry) is not None else ""
    return parameters.number(SCALE, node), parameters.number(SHAPE, node)
