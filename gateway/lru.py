"""This module is in charge of memory that is bounded: a map that forgets what was longest not asked for.

Maps with a name are told of: what all of one name hold, and how they are used.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Generic, NamedTuple, TypeVar
from weakref import WeakSet

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(slots=True)
class _Uses:
    """How the maps of one name were used since the process began, those that are gone included."""

    hits: int = 0
    misses: int = 0
    dropped: int = 0


# Names of the maps of generated types and code, which belong to the process: what is generated is the same for whoever asks.
CODE: Final = ("types", "decoders", "collectors", "projection code", "joint documents")
# Bytes for each of them, where no settings say otherwise.
CODE_BYTES: Final = 3_000 * 1024

_uses: Final[dict[str, _Uses]] = {}
_named: Final[WeakSet[Lru[Any, Any]]] = WeakSet()
_UNNAMED: Final = _Uses()


class Lru(Generic[K, V]):
    """A map with a budget. Each entry has a weight in the caller's unit (estimated bytes, or 1); what does not fit goes, oldest use first.

    A map with a name is told of in metrics; its unit is bytes. `dropped` is called with what goes because it does not fit, after it has gone.
    """

    __slots__ = ("__weakref__", "_budget", "_dropped", "_entries", "_used", "_uses", "name")

    def __init__(self, budget: int, name: str = "", dropped: Callable[[K, V], None] | None = None) -> None:
        self.name = name
        self._budget = budget
        self._used = 0
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._dropped = dropped
        self._uses = _uses.setdefault(name, _Uses()) if name else _UNNAMED
        if name:
            _named.add(self)

    def get(self, key: K) -> V | None:
        """The value, now the freshest; None when it is not there."""
        entry = self._entries.get(key)
        if entry is None:
            self._uses.misses += 1
            return None
        self._uses.hits += 1
        self._entries.move_to_end(key)
        return entry[0]

    def peek(self, key: K) -> V | None:
        """The value, as fresh as it was, and not counted."""
        entry = self._entries.get(key)
        return None if entry is None else entry[0]

    def touch(self, key: K) -> None:
        """Make it the freshest, not counted; KeyError where it is not there."""
        self._entries.move_to_end(key)

    def put(self, key: K, value: V, weight: int = 1) -> None:
        """Remember it. What is heavier than the whole budget is not kept, so that one giant cannot empty the map."""
        if weight > self._budget:
            return
        previous = self._entries.pop(key, None)
        self._used += weight - (previous[1] if previous else 0)
        self._entries[key] = (value, weight)
        self._shrink()

    def discard(self, key: K) -> None:
        """Forget it, if it is there."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._used -= entry[1]

    def allow(self, budget: int) -> None:
        """From now on, so much."""
        self._budget = budget
        self._shrink()

    def _shrink(self) -> None:
        while self._used > self._budget:
            key, (value, weight) = self._entries.popitem(last=False)
            self._used -= weight
            self._uses.dropped += 1
            if self._dropped is not None:
                self._dropped(key, value)

    def freshest(self, most: int) -> list[K]:
        """The keys that were asked for last, the last one first."""
        return list(islice(reversed(self._entries), most))

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def weight(self) -> int:
        """What all entries weigh."""
        return self._used

    @property
    def budget(self) -> int:
        """What they may weigh."""
        return self._budget


class Told(NamedTuple):
    """All maps of one name: what they hold now, in entries and in estimated bytes, what they may hold, and how they were used since the process began."""

    name: str
    entries: int
    bytes: int
    budget: int
    hits: int
    misses: int
    dropped: int


def told() -> list[Told]:
    """Every name, in order."""
    maps: dict[str, list[Lru[Any, Any]]] = {name: [] for name in sorted(_uses)}
    for each in list(_named):
        maps[each.name].append(each)
    return [
        Told(name, sum(map(len, of)), sum(each.weight for each in of), sum(each.budget for each in of), uses.hits, uses.misses, uses.dropped)
        for (name, of), uses in zip(maps.items(), (_uses[name] for name in maps), strict=True)
    ]


def allow(names: Collection[str], budget: int) -> None:
    """So much, in bytes, for each map of these names that is there now."""
    for each in list(_named):
        if each.name in names:
            each.allow(budget)
