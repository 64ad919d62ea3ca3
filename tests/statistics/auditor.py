"""An exact auditor: what can be known of cells is a linear programme over all that is published. Written apart from the code that it audits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy
from scipy.optimize import linprog

TOTAL = "*"
Place = tuple[str, str]


class Contradiction(AssertionError):
    """Nothing is as all that was told has it."""


class Auditor:
    """What somebody knows who has every version of a table: the first one, and each change, in cells of which totals are sums.

    `least` is what he knows cells to be at the least in each version: nothing, or what he put there himself. `adding` are the changes of which he takes
    it that nothing was taken back, but for what he took back himself.
    """

    def __init__(
        self,
        rows: Sequence[str],
        columns: Sequence[str],
        versions: int = 1,
        least: Sequence[Mapping[Place, float]] = (),
        adding: Collection[int] = (),
    ) -> None:
        self._inner = [(row, column) for row in rows for column in columns]
        self._versions = versions
        self._least = [[float((least[number] if number < len(least) else {}).get(place, 0)) for place in self._inner] for number in range(versions)]
        self._told: list[Any] = []
        self._values: list[float] = []
        # Later figures are no less than that either: a row for each cell of each later version.
        self._more = [self._sums([place], range(number + 1)) for number in range(1, versions) for place in self._inner]
        self._than = [each for least_then in self._least[1:] for each in least_then]
        self._free: list[tuple[float | None, None]] = [(each, None) for each in self._least[0]]
        for number in range(1, versions):
            before, now = self._least[number - 1], self._least[number]
            self._free += [(after - each if number in adding else None, None) for each, after in zip(before, now, strict=True)]

    def _sums(self, places: Collection[Place], versions: Sequence[int]) -> Any:
        once = [float(sum(row in (r, TOTAL) and column in (c, TOTAL) for row, column in places)) for r, c in self._inner]
        return numpy.array([each if number in versions else 0.0 for number in range(self._versions) for each in once])

    def learn(self, place: Place, value: float, version: int = 0) -> None:
        """What the version says: the first one, and all changes up to it."""
        self._told.append(self._sums([place], range(version + 1)))
        self._values.append(value)

    def learn_about(self, place: Place, low: float, high: float, version: int = 0) -> None:
        """What a rounded figure says."""
        once = self._sums([place], range(version + 1))
        self._more += [once, -once]
        self._than += [low, -high]

    def bounds(self, *places: Place, version: int = 0, figure: bool = False) -> tuple[float, float]:
        """The least and the greatest that the first version's cell, or the change of a later one (or its `figure`), can be; of several, their sum."""
        aim = self._sums(places, range(version + 1) if figure else [version])
        found = []
        for sign in (1.0, -1.0):
            told = linprog(
                sign * aim,
                A_ub=-numpy.array(self._more) if self._more else None,
                b_ub=-numpy.array(self._than) if self._than else None,
                A_eq=numpy.array(self._told) if self._told else None,
                b_eq=self._values or None,
                bounds=self._free,
                method="highs",
            )
            if told.status not in (0, 3):
                raise Contradiction(told.message)
            found.append(sign * told.fun if told.status == 0 else -sign * float("inf"))
        return found[0], found[1]
