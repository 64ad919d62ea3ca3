"""This module is in charge of how far suppressed cells can move: a table with totals as a network, and what is not published as circulations in it.

Rows and columns are nodes, cells are edges; a total moves against what it is the total of. That several cells move so far at once is a circulation
with lower bounds: what each has to move by is forced, and what that leaves over at one end is brought back to the other by augmenting paths. Where
there is no way back, further cells are suppressed, the cheapest that make one.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

TOTAL: Final = "*"
Place = tuple[str, str]
Node = tuple[str, str]
Edge = tuple[Place, Node, bool]
"""A cell, where it leads, and whether that is from its row to its column."""
_ANY: Final = 10**15


@dataclass(frozen=True, slots=True)
class View:
    """What somebody knows of the cells: by how much each may be less (by nothing where it is not named), and which they know exactly."""

    free: Mapping[Place, int]
    fixed: frozenset[Place]

    def allows(self, place: Place, change: int) -> bool:
        """Whether the cell, changed by that, is one that they may still believe in."""
        return not change if place in self.fixed else change >= -self.free.get(place, 0)


@dataclass(slots=True)
class _Move:
    """Cells on their way: what each has moved by so far, and by how much some have to have moved, up or down."""

    view: View
    up: bool
    moved: dict[Place, int] = field(default_factory=dict)
    least: dict[Place, int] = field(default_factory=dict)

    def towards(self, place: Place) -> int:
        """By how much it has moved in the direction wanted."""
        return self.moved.get(place, 0) if self.up else -self.moved.get(place, 0)

    def room(self, place: Place, *, up: bool) -> int:
        """How much further the cell can move that way."""
        if place in self.view.fixed:
            return 0
        if place in self.least and up != self.up:
            return self.towards(place) - self.least[place]
        return _ANY if up else self.view.free.get(place, 0) + self.moved.get(place, 0)

    def add(self, place: Place, amount: int, *, up: bool) -> None:
        self.moved[place] = self.moved.get(place, 0) + (amount if up else -amount)


@dataclass(slots=True)
class Network:
    """Cells by their values, and those that are suppressed, which grow; `hopeless` where suppressing everything would not do."""

    values: Mapping[Place, int]
    hidden: set[Place]
    hopeless: bool = False
    # At each node the edges, and those of suppressed cells; and how cells were last seen to move, which holds for most others who look, too.
    edges: dict[Node, list[Edge]] = field(default_factory=dict)
    open: dict[Node, list[Edge]] = field(default_factory=dict)
    seen: dict[tuple[frozenset[Place], bool], dict[Place, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        hidden, self.hidden = self.hidden, set()
        for place in self.values:
            row, column = _ends(place)
            self.edges.setdefault(row, []).append((place, column, True))
            self.edges.setdefault(column, []).append((place, row, False))
        self._hide(hidden)

    def _hide(self, places: Iterable[Place]) -> None:
        for place in sorted(set(places) - self.hidden):
            self.hidden.add(place)
            row, column = _ends(place)
            self.open.setdefault(row, []).append((place, column, True))
            self.open.setdefault(column, []).append((place, row, False))

    def protect(self, wanted: Mapping[Place, int], view: View, *, up: bool) -> None:
        """Suppress further cells until all of these can move that far at once."""
        key = (frozenset(wanted), up)
        known = _Move(view, up, self.seen.get(key, {}))
        if all(known.towards(place) >= amount for place, amount in wanted.items()) and all(view.allows(*each) for each in known.moved.items()):
            return
        move = _Move(view, up)
        for place in sorted(wanted):
            move.least[place] = wanted[place]
            missing = wanted[place] - move.towards(place)
            if missing > 0:
                move.add(place, missing, up=up)
                self._bring_back(place, missing, move)
        self.seen[key] = move.moved

    def _bring_back(self, place: Place, amount: int, move: _Move) -> None:
        """What a cell was forced to move by has to go from one of its ends to the other, past it."""
        row, column = _ends(place)
        source, sink = (column, row) if move.up == (_sign(place) > 0) else (row, column)
        while amount and not self.hopeless:
            path = self._augmenting(source, sink, move)
            if path is None:
                # What is suppressed already has no way left, so one that is found leads over cells that are not.
                found = self._cheapest(source, sink, amount, move) or self._cheapest(source, sink, 1, move)
                self.hopeless = found is None
                self._hide(found or ())
                continue
            step = min([amount, *(move.room(each, up=way) for each, way in path)])
            for each, way in path:
                move.add(each, step, up=way)
            amount -= step

    def _augmenting(self, source: Node, sink: Node, move: _Move) -> list[tuple[Place, bool]] | None:
        """The shortest way over suppressed cells that can still move: each, and whether it moves up."""
        came: dict[Node, tuple[Node, Place, bool]] = {}
        queue = [source]
        for node in queue:
            if node == sink:
                break
            for place, to, forward in self.open.get(node, ()):
                way = forward == (_sign(place) > 0)
                if to not in came and to != source and move.room(place, up=way) > 0:
                    came[to] = (node, place, way)
                    queue.append(to)
        if sink not in came:
            return None
        path, node = [], sink
        while node != source:
            node, place, way = came[node]
            path.append((place, way))
        return path

    def _cheapest(self, source: Node, sink: Node, wanted: int, move: _Move) -> list[Place] | None:
        """The cells of a way that costs least to suppress; those suppressed already cost nothing."""
        best: dict[Node, int] = {source: 0}
        queue: list[tuple[int, Node, tuple[Place, ...]]] = [(0, source, ())]
        while queue:
            cost, node, path = heapq.heappop(queue)
            if node == sink:
                return list(path)
            if cost > best.get(node, cost):
                continue
            for each, to, forward in self.edges[node]:
                if each in path or move.room(each, up=forward == (_sign(each) > 0)) < wanted:
                    continue
                # A total is worth more to the reader than the cells it is made of.
                price = 0 if each in self.hidden else 1 + abs(self.values[each])
                if cost + price < best.get(to, cost + price + 1):
                    best[to] = cost + price
                    heapq.heappush(queue, (cost + price, to, (*path, each)))
        return None


def _ends(place: Place) -> tuple[Node, Node]:
    """The nodes of the cell's row and of its column."""
    return ("r", place[0]), ("c", place[1])


def _sign(place: Place) -> int:
    """A total is subtracted from what it is the total of; the total of all, twice."""
    return -1 if (place[0] == TOTAL) != (place[1] == TOTAL) else 1
