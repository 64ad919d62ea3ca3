"""This module is in charge of disclosure control: which cells of a table with totals may be published, so that nobody's figure can be worked out.

A cell is *unsafe* where too few records or enterprises stand behind it, or one enterprise is most of it, or the second largest could tell the
largest to within p percent. Unsafe cells are suppressed, and then as many others as it takes that totals do not give them away: the unsafe cells
of an enterprise have to be able to move all at once, each by as much as its protection, up and down, with all that is published as it is. Were
each movable by itself alone, the sum of two of them, which is the enterprise's figure as well, could stand still. A table with totals is a
network (rows and columns, each total one more of them), what suppressed cells can do is a circulation in it, and whether they can move so far is
a flow: exact, in whole numbers, without a solver (resolvers/ledger/statistics/circulation.py). Deterministic: the same table has the same pattern.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from resolvers.ledger.statistics.circulation import TOTAL, Network, Place, View

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
    """The inner cells by (row, column): who contributes how much.

    `now`: the cells are what has changed in a table, and this is what it has become: who contributes how much to each of the cells now.
    `records`: values that are not records (masses) have their number of records beside them, by place.
    `authorities`: each row is that of a province, whose authority has its figures exactly. `left`: what is left of the table for each authority that
    knows parts of its cells.
    """

    cells: Mapping[Place, Shares]
    now: Mapping[Place, Shares] | None = None
    records: Mapping[Place, int] | None = None
    authorities: bool = False
    left: Mapping[str, Table] = field(default_factory=dict)

    def without(self, row: str) -> Table:
        """The table as it would be if the row were empty."""
        now = None if self.now is None else {place: shares for place, shares in self.now.items() if place[0] != row}
        records = None if self.records is None else {place: number for place, number in self.records.items() if place[0] != row}
        return Table({place: shares for place, shares in self.cells.items() if place[0] != row}, now, records)

    def with_totals(self) -> Mapping[Place, Shares]:
        """All cells, totals of rows, of columns and of everything included."""
        found: dict[Place, dict[str, int]] = {}
        for inner, shares in self.cells.items():
            for place in _and_totals(inner):
                summed = found.setdefault(place, {})
                for party, share in shares.items():
                    summed[party] = summed.get(party, 0) + share
        return found

    def free(self, but: str = "") -> Mapping[Place, int]:
        """By how much each cell may be less for all that is known to who knows what `but` has of it: figures are at least 0.

        Of changes: where none is less than 0, who looks may take it that what comes late only adds, and then no change is less than 0; otherwise
        the figures are at least 0 after them.
        """
        rest = {place: _less(shares, but) for place, shares in self.cells.items()}
        if self.now is not None and min(rest.values(), default=0) < 0:
            rest = {place: _less(self.now.get(place, {}), but) for place in self.cells}
        found: dict[Place, int] = {}
        for inner, amount in rest.items():
            for place in _and_totals(inner):
                found[place] = found.get(place, 0) + amount
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
    """By how much a cell has to be able to be smaller, and larger, than it is; and whose figure it would tell otherwise."""

    down: int
    up: int
    whose: str


@dataclass(frozen=True, slots=True)
class Observer:
    """Somebody who looks at the table, and what must be kept from them."""

    view: View
    needs: Mapping[Place, Need]

    def together(self) -> Iterator[Mapping[Place, Need]]:
        """The cells that have to be able to move at once: those of one enterprise, for their sums are its figures too."""
        found: defaultdict[tuple[str, ...], dict[Place, Need]] = defaultdict(dict)
        for place in sorted(self.needs):
            need = self.needs[place]
            found[(need.whose,) if need.whose else place][place] = need
        yield from found.values()


def suppressed(table: Table, safety: Safety, before: Iterable[Place] = ()) -> frozenset[Place]:
    """The places that are not published: unsafe ones, those in `before`, and what it takes to protect the unsafe ones."""
    whole = table.with_totals()
    values = {place: sum(shares.values()) for place, shares in whole.items()}
    outsider = Observer(View(table.free(), frozenset()), _needs(table, safety))
    observers = [outsider, *_authorities(table, values, safety)]
    network = Network(values, {*(place for place in before if place in whole), *(place for each in observers for place in each.needs)})
    while not network.hopeless:
        hidden = frozenset(network.hidden)
        enterprises = (_contributing(table, whole, party, outsider.needs, safety) for party in _insiders(whole, hidden))
        for observer in (*observers, *enterprises):
            for cells in observer.together():
                network.protect({place: need.down for place, need in cells.items()}, observer.view, up=False)
                network.protect({place: need.up for place, need in cells.items()}, observer.view, up=True)
        # Who contributes to what was added knows more than others do of it: until nothing is added.
        if network.hidden == hidden:
            return hidden
    return frozenset(whole)


def _needs(table: Table, safety: Safety) -> Mapping[Place, Need]:
    """What must be kept from who has nothing but the table."""
    needs, free = {}, table.free()
    for place, shares in table.with_totals().items():
        if unsafe(shares, table.records_at(place, shares), safety):
            wanted = protection(shares, safety)
            needs[place] = Need(min(wanted, free[place]), wanted, _largest(shares))
    return needs


def _authorities(table: Table, values: Mapping[Place, int], safety: Safety) -> Iterator[Observer]:
    """Those who subtract what they know exactly: what is left of the table for them, its totals too, is protected as a table is."""
    rows = sorted({row for row, _ in table.cells if row}) if table.authorities else ()
    for row, left in (*((row, table.without(row)) for row in rows), *(("", left) for _, left in sorted(table.left.items(), key=lambda each: each[0]))):
        yield Observer(View(left.free(), frozenset(place for place in values if row and place[0] == row)), _needs(left, safety))


def _contributing(table: Table, whole: Mapping[Place, Shares], party: str, unsafe_places: Iterable[Place], safety: Safety) -> Observer:
    """An enterprise that knows its own share: it may not tell the largest of the others to within p percent."""
    free, needs = table.free(party), {}
    for place in unsafe_places:
        others = {each: share for each, share in whole[place].items() if each != party and share}
        ranked = sorted(map(abs, others.values()), reverse=True)
        largest, rest = sum(ranked[:1]), sum(ranked[1:])
        # Of a change the others may take back as well as add: what the rest of them did bounds nothing.
        known = 0 if table.now is not None else rest
        down = min(protection(whole[place], safety), largest + rest, free[place])
        # The least it may be larger by is 1: the figure must not be the upper end of what can be worked out.
        needs[place] = Need(down, max(1, math.ceil(safety.percent / 100 * largest) - known), _largest(others))
    return Observer(View(free, frozenset()), needs)


def _largest(shares: Shares) -> str:
    """Who contributes most; nobody where nobody does."""
    return min(shares, key=lambda party: (-abs(shares[party]), party), default="")


def _and_totals(place: Place) -> tuple[Place, Place, Place, Place]:
    row, column = place
    return place, (row, TOTAL), (TOTAL, column), (TOTAL, TOTAL)


def _less(shares: Shares, but: str) -> int:
    return sum(shares.values()) - shares.get(but, 0)


def _insiders(whole: Mapping[Place, Shares], hidden: Iterable[Place]) -> list[str]:
    """The enterprises that may know most of what is hidden: the two largest contributors of each hidden cell."""
    found: set[str] = set()
    for place in hidden:
        ranked = sorted((-abs(share), party) for party, share in whole[place].items() if share)
        found.update(party for _, party in ranked[:2])
    return sorted(found)


def rounded(value: float, safety: Safety, digits: int | None) -> float:
    """As it is published: a count to the base, a mass (`digits`) to so many significant digits."""
    if digits is None:
        return float(safety.base * math.floor(value / safety.base + 0.5))
    return float(f"{value:.{digits}g}")
