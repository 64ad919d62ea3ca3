"""Tables of statistics as they are, drawn from a seed, for those that attack what is published of them."""

from __future__ import annotations

import random

from resolvers.ledger.statistics.circulation import TOTAL, Place
from resolvers.ledger.statistics.disclosure import Safety, Table
from resolvers.ledger.statistics.publication import Share, Terms
from tests.statistics.auditor import Auditor

SAFETY = Safety(10, 3, 0.7, 10, 5)
TERMS = Terms(SAFETY, 60, (3, 12), 3)


def drawn(seed: int, rows: int, columns: int, some: tuple[int, ...] = (0, 1, 2, 3, 5, 8)) -> dict[Place, dict[str, int]]:
    """A table as they are: few large enterprises, many small, many empty cells."""
    dice = random.Random(seed)
    cells: dict[Place, dict[str, int]] = {}
    for row in range(rows):
        for column in range(columns):
            there = dice.sample(range(8), dice.choice(some))
            cells[f"r{row}", f"c{column}"] = {f"p{party}": 1 + int(dice.random() * dice.choice((2, 30, 200)) / (1 + party / 4)) for party in there}
    return {place: shares for place, shares in cells.items() if shares}


def sides(cells: dict[Place, dict[str, int]]) -> tuple[list[str], list[str]]:
    return sorted({row for row, _ in cells}), sorted({column for _, column in cells})


def knowing(cells: dict[Place, dict[str, int]], hidden: frozenset[Place], least: dict[Place, int] | None = None) -> Auditor:
    """Who has the table as it is published, unrounded: more than anybody gets."""
    rows, columns = sides(cells)
    auditor = Auditor(rows, columns, least=[least] if least else ())
    whole = Table(cells).with_totals()
    for row in (*rows, TOTAL):
        for column in (*columns, TOTAL):
            if (row, column) not in hidden:
                auditor.learn((row, column), sum(whole.get((row, column), {}).values()))
    return auditor


def shares_of(cells: dict[Place, dict[str, int]]) -> dict[Place, dict[str, Share]]:
    return {place: {party: Share(share, share) for party, share in shares.items()} for place, shares in cells.items()}


def revised(cells: dict[Place, dict[str, int]], seed: int) -> dict[Place, dict[str, int]]:
    """The month again, with what came late: a few reports of some enterprises, some taken back."""
    dice = random.Random(seed)
    new = {place: dict(shares) for place, shares in cells.items()}
    for place in new:
        for party in [*new[place]]:
            if dice.random() < 0.3:
                new[place][party] = max(0, new[place][party] + dice.choice((-1, 1, 2, 25)))
        if dice.random() < 0.2:
            new[place][f"p{dice.randrange(8)}"] = dice.choice((1, 20))
    return {place: {party: share for party, share in shares.items() if share} for place, shares in new.items()}


def added(cells: dict[Place, dict[str, int]], seed: int) -> dict[Place, dict[str, int]]:
    """The month again, with reports that came late and nothing taken back."""
    new = revised(cells, seed)
    return {place: {party: max(new[place].get(party, 0), shares.get(party, 0)) for party in sorted({*new[place], *shares})} for place, shares in cells.items()}


def changes(old: dict[Place, dict[str, int]], new: dict[Place, dict[str, int]]) -> dict[Place, dict[str, int]]:
    """What each enterprise added or took back, cell by cell."""
    return {
        place: {party: new.get(place, {}).get(party, 0) - old.get(place, {}).get(party, 0) for party in {*old.get(place, {}), *new.get(place, {})}}
        for place in {*old, *new}
    }


def records(moved: dict[Place, dict[str, int]], place: Place) -> int:
    """How many records the change of a cell is made of, those that cancel each other included."""
    return sum(abs(each) for (row, column), parts in moved.items() if place[0] in (row, TOTAL) and place[1] in (column, TOTAL) for each in parts.values())


def spread(cells: dict[Place, dict[str, int]], seed: int) -> dict[Place, dict[str, int]]:
    """Flows: what each enterprise has in a cell, by the provinces in which it begins and ends, `party>from>to`."""
    dice = random.Random(seed)
    found: dict[Place, dict[str, int]] = {place: {} for place in cells}
    for place, shares in cells.items():
        for party, share in shares.items():
            first = dice.randint(0, share)
            for part in (first, share - first):
                name = f"{party}>{dice.choice('ABC')}>{dice.choice('ABCD')}"
                found[place][name] = found[place].get(name, 0) + part
    return {place: {name: part for name, part in parts.items() if part} for place, parts in found.items()}


def left(flows: dict[Place, dict[str, int]], province: str) -> dict[Place, dict[str, int]]:
    """What each enterprise has in each cell of which the province's authority knows nothing; all there is, of no province."""
    found: dict[Place, dict[str, int]] = {}
    for place, parts in flows.items():
        shares = found.setdefault(place, {})
        for name, part in parts.items():
            party, *ends = name.split(">")
            if province not in ends:
                shares[party] = shares.get(party, 0) + part
    return found
