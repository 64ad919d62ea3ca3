"""This module is in charge of the cubes of the statistics, as data: what each of them counts, by which dimensions, and at which levels its sums are kept.

A level is a set of dimensions: its cells are sums over all others. Level 0 is the finest; an answer is read at the last level that has all
dimensions it groups or narrows by. The levels above 0 have no party, so their size is bounded by months, provinces, chemistries and roles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

DIMENSIONS: Final = ("month", "province", "chemistry", "party", "role", "to_province", "to_role", "kind")
MEASURES: Final = ("n", "energy_wh", "mass_g", "part")


class Cube(StrEnum):
    """What is counted. `kind` is a dimension whose values are the cube's own; `part` is the part of `n` or of the mass that something holds for."""

    LIFE = "life"  # packs by lifecycle event; kind: which, RETIRED standing for every way out of use
    PRODUCT = "product"  # reprocessed products sold; kind: the field of use
    FLOW = "flow"  # custody from role and province to role and province; party: the sender; kind: the purpose
    STOCK = "stock"  # packs as they stand; month: since when; kind: the status
    REPORT = "report"  # events reported; part: late ones; kind: the event
    MARKET = "market"  # packs in vehicles sold in a province, ever; kind: whether party is their maker (BM) or automaker (OEM)
    RECOVERY = "recovery"  # elements of recovery batches; mass: put in; part: recovered, in g; kind: the element
    VIEW = "view"  # packs in the lists of a party, or of a province (see contributions.py); kind: the status and the open relations
    TAKE_BACK = "take_back"  # take-back asked for; party: who is obliged; kind: what became of it; part: answered after the day
    FINDING = "finding"  # findings in the country; kind: rule:severity:state
    FINDING_PROVINCE = "finding_province"  # findings in each province that they concern, so that one may count several times


def _levels(*levels: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(level.split()) for level in levels)


LEVELS: Final[Mapping[Cube, tuple[frozenset[str], ...]]] = MappingProxyType({
    Cube.LIFE: _levels("month province chemistry party role kind", "month province chemistry role kind", "month chemistry role kind"),
    Cube.PRODUCT: _levels("month province chemistry party role kind", "month province chemistry kind", "month chemistry kind"),
    Cube.FLOW: _levels(
        "month province chemistry party role to_province to_role kind",
        "month province role to_province to_role",
        "month chemistry role to_role kind",
    ),
    Cube.STOCK: _levels("month province chemistry party role kind", "month province chemistry role kind", "month chemistry role kind"),
    Cube.REPORT: _levels("month province party role kind", "month province role kind", "month role kind"),
    Cube.MARKET: _levels("province party kind"),
    Cube.RECOVERY: _levels("month province chemistry party kind", "month province chemistry kind", "month kind"),
    Cube.VIEW: _levels("month party kind"),
    Cube.TAKE_BACK: _levels("month province chemistry party role kind", "month province chemistry role kind", "month chemistry role kind"),
    Cube.FINDING: _levels("month party kind", "month kind"),
    Cube.FINDING_PROVINCE: _levels("month province party kind", "month province kind"),
})  # fmt: skip


def level_for(cube: Cube, dimensions: Iterable[str]) -> int:
    """The last level that has these dimensions; ValueError where the cube has one of them nowhere."""
    wanted = frozenset(dimensions)
    found = [number for number, level in enumerate(LEVELS[cube]) if wanted <= level]
    if not found:
        raise ValueError(f"cube {cube} has no level with {', '.join(sorted(wanted))}")
    return found[-1]
