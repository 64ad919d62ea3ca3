"""This module is in charge of how often both composers agree, and of how often they have to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from tests.composition.oracle.comparison import API, CODES, HINTS, LOADS, SUPERGRAPH, VERDICT, Comparison
from tests.composition.oracle.deviations import deviation_of

KINDS = (VERDICT, CODES, SUPERGRAPH, API, LOADS, HINTS)

GOALS = {VERDICT: 1.0, CODES: 0.99, SUPERGRAPH: 0.99, API: 1.0, LOADS: 1.0, HINTS: 0.98}
"""What is aimed at. The verdict is of all cases, codes of those that both refuse, the rest of those that both compose."""

HELD = {VERDICT: 0.999, CODES: 0.99, SUPERGRAPH: 0.99, API: 0.999, LOADS: 0.998, HINTS: 0.98}
"""What the tests hold today; it only ever rises towards the goals."""


class Rates(NamedTuple):
    """How many cases each kind of agreement was asked of, and in how many it failed without a declared reason."""

    asked: Counter[str]
    failed: Counter[str]
    excused: Counter[str]

    def of(self, kind: str) -> float:
        """The share that agrees, 1.0 where nothing was asked."""
        return 1.0 - self.failed[kind] / max(1, self.asked[kind])

    def __str__(self) -> str:
        shares = (f"{kind} {100 * self.of(kind):.2f} % of {self.asked[kind]}" for kind in KINDS)
        excuses = ", ".join(f"{name} {count}" for name, count in self.excused.most_common())
        return f"{'; '.join(shares)}; declared: {excuses or 'none'}"


def rates_of(comparisons: Iterable[Comparison]) -> Rates:
    rates = Rates(Counter(), Counter(), Counter())
    for comparison in comparisons:
        deviation = deviation_of(comparison)
        if deviation is not None:
            rates.excused[deviation.name] += 1
            continue
        rates.asked.update(_asked(comparison))
        rates.failed.update(list(comparison.differences()))
    return rates


def _asked(comparison: Comparison) -> Iterable[str]:
    yield VERDICT
    if comparison.both_compose:
        yield from (SUPERGRAPH, API, LOADS, HINTS)
    elif comparison.ours.sdl is None and not comparison.apollo["ok"]:
        yield CODES
