"""This module is in charge of what one can choose about a demo world, and of chance in it."""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Final, Generic, TypeVar

T = TypeVar("T")

# The world's "today". Fixed, so that a digest of the data means something; windows of custody are counted back from it.
DEMO_MOMENT: Final = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
BEGINNING: Final = datetime(2024, 6, 1, tzinfo=UTC)
SMALLEST: Final = 40
# Serials in a battery code have seven digits.
LARGEST: Final = 9_999_000


@dataclass(frozen=True, slots=True)
class WorldOptions:
    """How many packs (reprocessed products included), which seed, and the moment the world is told at: nothing is recorded after it.

    Without `anomalies` everybody reports in time, answers soon and has its papers: nothing is in the world that a rule could find.
    """

    packs: int = 2000
    seed: int = 73
    moment: datetime = DEMO_MOMENT
    anomalies: bool = True

    def __post_init__(self) -> None:
        if not SMALLEST <= self.packs <= LARGEST:
            raise ValueError(f"a demo world has {SMALLEST} to {LARGEST} packs")
        if self.moment.tzinfo is None or self.moment < BEGINNING + timedelta(days=730):
            raise ValueError(f"a demo world needs an aware moment at least two years after {BEGINNING:%Y-%m-%d}, when it begins")


def stream(seed: int, name: str) -> random.Random:
    """A random stream of its own for each part of the world, so that parts can be made in any order and process."""
    return random.Random(f"{seed}/{name}")


class Weighted(Generic[T]):
    """Things to draw from, each with a weight."""

    __slots__ = ("_last", "_sums", "_things", "_total")

    def __init__(self, things: Sequence[T], weights: Sequence[float]) -> None:
        self._things, self._sums = tuple(things), tuple(accumulate(weights))
        self._last, self._total = len(self._things) - 1, self._sums[-1] + 0.0

    def draw(self, rng: random.Random) -> T:
        # What rng.choices draws of one, at a third of its time.
        return self._things[bisect(self._sums, rng.random() * self._total, 0, self._last)]
