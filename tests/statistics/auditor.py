"""An exact auditor: what can be known of a cell is a linear programme over all that is published. Written apart from the code that it audits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy
from scipy.optimize import linprog

TOTAL = "*"
Place = tuple[str, str]


class Auditor:
    """What somebody knows who has every version of a table: the first one, and each change, in cells of which totals are sums.

    `least` is what he knows cells to be at the least: nothing, or what he put there himself.
    """

    def __init__(self, rows: Sequence[str], columns: Sequence[str], versions: int = 1, least: Mapping[Place, int] | None = None) -> None:
        self._inner = [(row, column) for row in rows for column in columns]
        self._versions = versions
        self._least = [float((least or {}).get(place, 0)) for place in self._inner]
        self._told: list[Any] = []
        self._values: list[float] = []

    def _sums(self, place: Place, versions: Sequence[int]) -> Any:
        row, column = place
        once = [float(row in (r, TOTAL) and column in (c, TOTAL)) for r, c in self._inner]
        return numpy.array([each if number in versions else 0.0 for number in range(self._versions) for each in once])

    def learn(self, place: Place, value: float, version: int = 0) -> None:
        """What the version says: the first one, and all changes up to it."""
        self._told.append(self._sums(place, range(version + 1)))
        self._values.append(value)

    def bounds(self, place: Place, version: int = 0) -> tuple[float, float]:
        """The least and the greatest that the first version's cell, or the change of a later one, can be."""
        aim = self._sums(place, [version])
        free = [(least, None) for least in self._least] + [(None, None)] * (len(self._inner) * (self._versions - 1))
        found = []
        for sign in (1.0, -1.0):
            told = linprog(sign * aim, A_eq=numpy.array(self._told) if self._told else None, b_eq=self._values or None, bounds=free, method="highs")
            assert told.status in (0, 3), told.message
            found.append(sign * told.fun if told.status == 0 else -sign * float("inf"))
        return found[0], found[1]
