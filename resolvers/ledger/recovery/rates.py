"""This module is in charge of recovery rates: by enterprise, month and element, held against the norm that was in force."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple

from resolvers.ledger.findings.parameters import RuleTable

UTILIZER: Final = "CU"
NORM: Final = "recovery.norm"
"""The norms of the rule table, by element."""


class Recovered(NamedTuple):
    """One element of one batch, in kg; `day` is the one (Shanghai) on which the batch was finished."""

    operator: str
    day: date
    element: str
    input_kg: float
    recovered_kg: float


class Rate(NamedTuple):
    """What an enterprise recovered of an element in a month under one norm. `norm` and `meets` are None where none was in force.

    `month` is its first day. `rate` is a share, 0 to 1, None where nothing went in; `norm_basis` and `confidence` are the rule's.
    """

    operator: str
    month: date
    element: str
    input_kg: float
    recovered_kg: float
    rate: float | None
    rule_set: str | None
    norm: float | None
    norm_basis: str | None
    confidence: str | None

    @property
    def meets(self) -> bool | None:
        """Whether the norm is met."""
        return None if self.norm is None or self.rate is None else self.rate >= self.norm


def rates(recovered: Iterable[Recovered], table: RuleTable) -> tuple[Rate, ...]:
    """The rates, sorted. A month in which the norm changed has a rate for each of the norms: a batch is judged by the law of its day."""
    sums: defaultdict[tuple[str, date, str, date | None], list[Recovered]] = defaultdict(list)
    norms = {}
    for each in recovered:
        norm = table.on(each.day).row(NORM, each.element, UTILIZER)
        key = (each.operator, each.day.replace(day=1), each.element, norm.valid_from if norm is not None else None)
        norms[key] = norm
        sums[key].append(each)
    found = []
    for key in sorted(sums, key=lambda key: (*key[:3], key[3] or date.min)):
        # Exact sums, so that the answer does not depend on the order of the batches.
        input_kg, recovered_kg = (math.fsum(told) for told in zip(*(each[3:] for each in sums[key])))
        norm = norms[key]
        told = (norm.rule_set, float(norm.value), norm.basis, norm.confidence) if norm is not None else (None, None, None, None)
        found.append(Rate(*key[:3], input_kg, recovered_kg, recovered_kg / input_kg if input_kg > 0 else None, *told))
    return tuple(found)
