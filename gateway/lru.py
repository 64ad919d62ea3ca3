"""This module is in charge of memory that is bounded: a map that forgets what was longest not asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from itertools import islice
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Lru(Generic[K, V]):
    """A map with a budget. Each entry has a weight in the caller's unit (bytes of text, or 1); what does not fit goes, oldest use first."""

    __slots__ = ("_budget", "_entries", "_used")

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._used = 0
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def get(self, key: K) -> V | None:
        """The value, now the freshest; None when it is not there."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def put(self, key: K, value: V, weight: int = 1) -> None:
        """Remember it. What is heavier than the whole budget is not kept, so that one giant cannot empty the map."""
        if weight > self._budget:
            return
        previous = self._entries.pop(key, None)
        self._used += weight - (previous[1] if previous else 0)
        self._entries[key] = (value, weight)
        while self._used > self._budget:
            self._used -= self._entries.popitem(last=False)[1][1]

    def freshest(self, most: int) -> list[K]:
        """The keys that were asked for last, the last one first."""
        return list(islice(reversed(self._entries), most))

    def __len__(self) -> int:
        return len(self._entries)
