"""This module is in charge of disclosure control: which cells of a table with totals may be published, so that nobody's figure can be worked out.

A cell is *unsafe* where too few records or enterprises stand behind it, or one enterprise is most of it, or the second largest could tell the
largest to within p percent. Unsafe cells are suppressed, and then as many others as it takes that totals do not give them away: every unsafe
cell has to be able to move by as much as its protection, up and down, with all that is published as it is. A table with totals is a network
(rows and columns, each total one more of them), what suppressed cells can do is a circulation in it, and how far one can move is a maximal
flow: exact, in whole numbers, without a solver. Deterministic: the same table has the same pattern.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

TOTAL: Final = "*"
Place = tuple[str, str]
Node = tuple[str, str]
Edge = tuple[Place, Node, bool]
"""A cell, where it leads, and whether that is from its row to its column."""
Shares = Mapping[str, int]
"""What each enterprise contributes to a cell; in a table of changes also less than nothing."""


class Safety(NamedTuple):
    """The figures of the rule table: records, enterprises, share of the largest, percent, the base to which counts are rounded."""

    records: int
    contributors: int
    dominance: float
    percent: float
    base: int


@dataclass(frozen=True, slots=True)
class Table:
    """The inner cells by (row, column): who contributes how much. `signed`: changes, of which nobody knows that they are not negative.

    `weights`: values that are not records (masses) have their number of records beside them, by place.
    """

    cells: Mapping[Place, Shares]
    signed: bool = False
    records: Mapping[Place, int] | None = None

    def with_totals(self) -> Mapping[Place, Shares]:
        """All cells, totals of rows, of columns and of everything included."""
        found: dict[Place, dict[str, int]] = {}
        for (row, column), shares in self.cells.items():
            for place in ((row, column), (row, TOTAL), (TOTAL, column), (TOTAL, TOTAL)):
                summed = found.setdefault(place, {})
                for party, share in shares.items():
                    summed[party] = summed.get(party, 0) + share
        return found

    def records_at(self, place: Place, shares: Shares) -> int:
        """How many records stand behind the cell."""
        if self.records is None:
            return sum(abs(share) for share in shares.values())
        row, column = place
        return sum(number for (r, c), number in self.records.items() if row in (r, TOTAL) and column in (c, TOTAL))


def unsafe(shares: Shares, records: int, safety: Safety) -> bool:
    """Whether the cell may not be published for itself. Nothing is safe: that there is none of it is no one's figure."""
    sizes = sorted((abs(share) for share in shares.values() if share), reverse=True)
    if not sizes:
        return False
    whole = sum(sizes)
    if records < safety.records or len(sizes) < safety.contributors or sizes[0] > safety.dominance * whole:
        return True
    return whole - sizes[0] - sizes[1] < safety.percent / 100 * sizes[0]


def protection(shares: Shares, safety: Safety) -> int:
    """By how much a suppressed cell has to be able to move: p percent of the largest share, and no less than the base."""
    largest = max((abs(share) for share in shares.values()), default=0)
    return max(safety.base, math.ceil(safety.percent / 100 * largest), 1)


def suppressed(table: Table, safety: Safety, before: Iterable[Place] = ()) -> frozenset[Place]:
    """The places that are not published: unsafe ones, those in `before`, and what it takes to protect the unsafe ones."""
    whole = table.with_totals()
    values = {place: sum(shares.values()) for place, shares in whole.items()}
    primary = [place for place in sorted(whole) if unsafe(whole[place], table.records_at(place, whole[place]), safety)]
    hidden = {*primary, *(place for place in before if place in whole)}
    wanted = {place: protection(whole[place], safety) for place in primary}
    network = _Network(values, hidden, signed=table.signed)
    while not network.hopeless:
        before = frozenset(network.hidden)
        for insider in _insiders(whole, before):
            own = {place: shares[insider] for place, shares in whole.items() if insider in shares} if insider and not table.signed else {}
            for place in primary:
                network.protect(place, wanted[place] if table.signed else min(wanted[place], values[place] - own.get(place, 0)), own, up=False)
                # For who knows its own share the figure must not be the upper end of what it can work out.
                network.protect(place, 1 if insider else wanted[place], own, up=True)
        # Who contributes to what was added knows more than others do of it: until nothing is added.
        if network.hidden == before or table.signed:
            return frozenset(network.hidden)
    return frozenset(whole)


def _insiders(whole: Mapping[Place, Shares], hidden: Iterable[Place]) -> list[str]:
    """Who may know most of what is hidden: nobody in particular, and the two largest contributors of each hidden cell, who know their own share."""
    found: set[str] = set()
    for place in hidden:
        ranked = sorted((-abs(share), party) for party, share in whole[place].items() if share)
        found.update(party for _, party in ranked[:2])
    return ["", *sorted(found)]


@dataclass(slots=True)
class _Network:
    """Rows and columns as nodes, cells as edges. Suppressed cells can move; a total moves against what it is the total of."""

    values: Mapping[Place, int]
    hidden: set[Place]
    signed: bool
    hopeless: bool = False
    # At each node the edges, and those of suppressed cells; and how each cell was last seen to move, which holds for most others who look, too.
    edges: dict[Node, list[Edge]] = field(default_factory=dict)
    open: dict[Node, list[Edge]] = field(default_factory=dict)
    seen: dict[tuple[Place, bool], tuple[int, Mapping[Place, int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        hidden, self.hidden = self.hidden, set()
        for place in self.values:
            row, column = ("r", place[0]), ("c", place[1])
            self.edges.setdefault(row, []).append((place, column, True))
            self.edges.setdefault(column, []).append((place, row, False))
        self._hide(hidden)

    def _hide(self, places: Iterable[Place]) -> None:
        for place in sorted(set(places) - self.hidden):
            self.hidden.add(place)
            row, column = ("r", place[0]), ("c", place[1])
            self.open.setdefault(row, []).append((place, column, True))
            self.open.setdefault(column, []).append((place, row, False))

    def protect(self, place: Place, wanted: int, own: Mapping[Place, int], *, up: bool) -> None:
        """Suppress further cells until this one can move that far."""
        moved, known = self.seen.get((place, up), (0, {}))
        if moved >= wanted and all(own[each] <= self.values[each] + self._change(each, known[each]) for each in known if each in own):
            return
        flow: dict[Place, int] = {}
        found = self.reach(place, wanted, own, flow, up=up)
        while not self.hopeless and found < wanted:
            # What is suppressed already has no way left, so one that is found leads over cells that are not.
            path = self._cheapest(place, wanted - found, own, flow, up=up) or self._cheapest(place, 1, own, flow, up=up)
            self.hopeless = path is None
            self._hide(path or ())
            found += self.reach(place, wanted - found, own, flow, up=up)
        if found > moved or not known:
            self.seen[place, up] = (found, flow)

    def _change(self, place: Place, moved: int) -> int:
        """By how much a flow changes the cell: a positive one goes from its row to its column."""
        return moved * _sign(place)

    def reach(self, place: Place, wanted: int, own: Mapping[Place, int], flow: dict[Place, int], *, up: bool) -> int:
        """How much further than `flow` the cell can move, up to `wanted`: a maximal flow around it, by shortest augmenting paths."""
        source, sink = self._ends(place, up=up)
        found, limit = 0, wanted
        while found < limit:
            path = self._augmenting(source, sink, place, own, flow)
            if path is None:
                break
            step = min([limit - found, *(self._room(each, flow, own, forward=forward) for each, forward in path)])
            for each, forward in path:
                flow[each] = flow.get(each, 0) + (step if forward else -step)
            found += step
        return found

    def _ends(self, place: Place, *, up: bool) -> tuple[tuple[str, str], tuple[str, str]]:
        """Where a flow that moves the cell that way has to be brought from and to, past the cell itself."""
        row, column = ("r", place[0]), ("c", place[1])
        return (column, row) if up == (_sign(place) > 0) else (row, column)

    def _room(self, place: Place, flow: Mapping[Place, int], own: Mapping[Place, int], *, forward: bool) -> int:
        """How much more can go along the edge, from its row to its column or back."""
        ups = forward == (_sign(place) > 0)
        free = 10**15 if ups or self.signed else self.values[place] - own.get(place, 0)
        moved = flow.get(place, 0)
        return free - (moved if forward else -moved)

    def _augmenting(
        self, source: tuple[str, str], sink: tuple[str, str], but: Place, own: Mapping[Place, int], flow: Mapping[Place, int]
    ) -> list[tuple[Place, bool]] | None:
        came: dict[Node, tuple[Node, Place, bool]] = {source: (source, but, True)}
        queue = [source]
        for node in queue:
            for place, to, forward in self.open.get(node, ()):
                if to not in came and place != but and self._room(place, flow, own, forward=forward) > 0:
                    came[to] = (node, place, forward)
                    queue.append(to)
        if sink not in came:
            return None
        path, node = [], sink
        while node != source:
            node, place, forward = came[node]
            path.append((place, forward))
        return path

    def _cheapest(self, place: Place, wanted: int, own: Mapping[Place, int], flow: Mapping[Place, int], *, up: bool) -> list[Place] | None:
        """The cells of a way around this one that costs least to suppress; those suppressed already cost nothing."""
        source, sink = self._ends(place, up=up)
        best: dict[tuple[str, str], int] = {source: 0}
        queue: list[tuple[int, tuple[str, str], tuple[Place, ...]]] = [(0, source, ())]
        while queue:
            cost, node, path = heapq.heappop(queue)
            if node == sink:
                return list(path)
            if cost > best.get(node, cost):
                continue
            for each, to, forward in self.edges[node]:
                if each == place or each in path or self._room(each, flow, own, forward=forward) < wanted:
                    continue
                # A total is worth more to the reader than the cells it is made of.
                price = 0 if each in self.hidden else 1 + abs(self.values[each])
                if cost + price < best.get(to, cost + price + 1):
                    best[to] = cost + price
                    heapq.heappush(queue, (cost + price, to, (*path, each)))
        return None


def _sign(place: Place) -> int:
    """A total is subtracted from what it is the total of; the total of all, twice."""
    return -1 if (place[0] == TOTAL) != (place[1] == TOTAL) else 1


def rounded(value: float, safety: Safety, digits: int | None) -> float:
    """As it is published: a count to the base, a mass (`digits`) to so many significant digits."""
    if digits is None:
        return float(safety.base * math.floor(value / safety.base + 0.5))
    return float(f"{value:.{digits}g}")
