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
from collections.abc import Iterable, Iterator, Mapping
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

    `records`: values that are not records (masses) have their number of records beside them, by place.
    `authorities`: each row is that of a province, whose authority has its figures exactly. `left`: what is left of the table for each authority that
    knows parts of its cells.
    """

    cells: Mapping[Place, Shares]
    signed: bool = False
    records: Mapping[Place, int] | None = None
    authorities: bool = False
    left: Mapping[str, Table] = field(default_factory=dict)

    def without(self, row: str) -> Table:
        """The table as it would be if the row were empty."""
        records = None if self.records is None else {place: number for place, number in self.records.items() if place[0] != row}
        return Table({place: shares for place, shares in self.cells.items() if place[0] != row}, self.signed, records)

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


class Need(NamedTuple):
    """By how much a cell has to be able to be smaller, and larger, than it is."""

    down: int
    up: int


@dataclass(frozen=True, slots=True)
class Observer:
    """Somebody who looks at the table: what they know to be in each cell at the least, the cells they know exactly, and what must be kept from them."""

    own: Mapping[Place, int]
    fixed: frozenset[Place]
    needs: Mapping[Place, Need]


def suppressed(table: Table, safety: Safety, before: Iterable[Place] = ()) -> frozenset[Place]:
    """The places that are not published: unsafe ones, those in `before`, and what it takes to protect the unsafe ones."""
    whole = table.with_totals()
    values = {place: sum(shares.values()) for place, shares in whole.items()}
    outsider = Observer({}, frozenset(), _needs(table, safety))
    observers = [outsider, *_authorities(table, values, safety)]
    network = _Network(values, {*(place for place in before if place in whole), *(place for each in observers for place in each.needs)}, signed=table.signed)
    while not network.hopeless:
        hidden = frozenset(network.hidden)
        # Of a change nobody knows a least amount, so that their own is of no use to enterprises.
        enterprises = () if table.signed else (_contributing(whole, party, outsider.needs, safety) for party in _insiders(whole, hidden))
        for observer in (*observers, *enterprises):
            for place in sorted(observer.needs):
                network.protect(place, observer.needs[place].down, observer, up=False)
                network.protect(place, observer.needs[place].up, observer, up=True)
        # Who contributes to what was added knows more than others do of it: until nothing is added.
        if network.hidden == hidden or table.signed:
            return frozenset(network.hidden)
    return frozenset(whole)


def _needs(table: Table, safety: Safety) -> Mapping[Place, Need]:
    """What must be kept from who has nothing but the table."""
    needs = {}
    for place, shares in table.with_totals().items():
        if unsafe(shares, table.records_at(place, shares), safety):
            wanted = protection(shares, safety)
            needs[place] = Need(wanted if table.signed else min(wanted, sum(shares.values())), wanted)
    return needs


def _authorities(table: Table, values: Mapping[Place, int], safety: Safety) -> Iterator[Observer]:
    """Those who subtract what they know exactly: what is left of the table for them, its totals too, is protected as a table is."""
    rows = sorted({row for row, _ in table.cells if row}) if table.authorities else ()
    for row, left in (*((row, table.without(row)) for row in rows), *(("", left) for _, left in sorted(table.left.items(), key=lambda each: each[0]))):
        rest = left.with_totals()
        own = {place: value - sum(rest.get(place, {}).values()) for place, value in values.items()}
        yield Observer(own, frozenset(place for place in values if row and place[0] == row), _needs(left, safety))


def _contributing(whole: Mapping[Place, Shares], party: str, unsafe_places: Iterable[Place], safety: Safety) -> Observer:
    """An enterprise that knows its own share: it may not tell the largest of the others to within p percent."""
    own = {place: shares[party] for place, shares in whole.items() if party in shares}
    needs = {}
    for place in unsafe_places:
        others = sorted((share for each, share in whole[place].items() if each != party), reverse=True)
        largest, rest = sum(others[:1]), sum(others[1:])
        down = min(protection(whole[place], safety), largest + rest)
        # The least it may be larger by is 1: the figure must not be the upper end of what can be worked out.
        needs[place] = Need(down, max(1, math.ceil(safety.percent / 100 * largest) - rest))
    return Observer(own, frozenset(), needs)


def _insiders(whole: Mapping[Place, Shares], hidden: Iterable[Place]) -> list[str]:
    """The enterprises that may know most of what is hidden: the two largest contributors of each hidden cell."""
    found: set[str] = set()
    for place in hidden:
        ranked = sorted((-abs(share), party) for party, share in whole[place].items() if share)
        found.update(party for _, party in ranked[:2])
    return sorted(found)


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

    def protect(self, place: Place, wanted: int, who: Observer, *, up: bool) -> None:
        """Suppress further cells until this one can move that far."""
        moved, known = self.seen.get((place, up), (0, {}))
        if moved >= wanted and all(self._allowed(each, change, who) for each, change in known.items()):
            return
        flow: dict[Place, int] = {}
        found = self.reach(place, wanted, who, flow, up=up)
        while not self.hopeless and found < wanted:
            # What is suppressed already has no way left, so one that is found leads over cells that are not.
            path = self._cheapest(place, wanted - found, who, flow, up=up) or self._cheapest(place, 1, who, flow, up=up)
            self.hopeless = path is None
            self._hide(path or ())
            found += self.reach(place, wanted - found, who, flow, up=up)
        if found > moved or not known:
            self.seen[place, up] = (found, flow)

    def _allowed(self, place: Place, moved: int, who: Observer) -> bool:
        """Whether a flow, positive from the row of the cell to its column, makes of the cell what this one may still believe it to be."""
        if place in who.fixed:
            return not moved
        return self.signed or who.own.get(place, 0) <= self.values[place] + moved * _sign(place)

    def reach(self, place: Place, wanted: int, who: Observer, flow: dict[Place, int], *, up: bool) -> int:
        """How much further than `flow` the cell can move, up to `wanted`: a maximal flow around it, by shortest augmenting paths."""
        source, sink = self._ends(place, up=up)
        found, limit = 0, wanted
        while found < limit:
            path = self._augmenting(source, sink, place, who, flow)
            if path is None:
                break
            step = min([limit - found, *(self._room(each, flow, who, forward=forward) for each, forward in path)])
            for each, forward in path:
                flow[each] = flow.get(each, 0) + (step if forward else -step)
            found += step
        return found

    def _ends(self, place: Place, *, up: bool) -> tuple[tuple[str, str], tuple[str, str]]:
        """Where a flow that moves the cell that way has to be brought from and to, past the cell itself."""
        row, column = ("r", place[0]), ("c", place[1])
        return (column, row) if up == (_sign(place) > 0) else (row, column)

    def _room(self, place: Place, flow: Mapping[Place, int], who: Observer, *, forward: bool) -> int:
        """How much more can go along the edge, from its row to its column or back."""
        if place in who.fixed:
            return 0
        ups = forward == (_sign(place) > 0)
        free = 10**15 if ups or self.signed else self.values[place] - who.own.get(place, 0)
        moved = flow.get(place, 0)
        return free - (moved if forward else -moved)

    def _augmenting(
        self, source: tuple[str, str], sink: tuple[str, str], but: Place, who: Observer, flow: Mapping[Place, int]
    ) -> list[tuple[Place, bool]] | None:
        came: dict[Node, tuple[Node, Place, bool]] = {source: (source, but, True)}
        queue = [source]
        for node in queue:
            for place, to, forward in self.open.get(node, ()):
                if to not in came and place != but and self._room(place, flow, who, forward=forward) > 0:
                    came[to] = (node, place, forward)
                    queue.append(to)
        if sink not in came:
            return None
        path, node = [], sink
        while node != source:
            node, place, forward = came[node]
            path.append((place, forward))
        return path

    def _cheapest(self, place: Place, wanted: int, who: Observer, flow: Mapping[Place, int], *, up: bool) -> list[Place] | None:
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
                if each == place or each in path or self._room(each, flow, who, forward=forward) < wanted:
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
