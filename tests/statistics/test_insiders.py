"""Attacks by who knows more than what is published: an authority that has its province exactly, and an enterprise that has its own share."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.ledger.statistics.circulation import TOTAL, Place
from resolvers.ledger.statistics.disclosure import Table, protection, suppressed, unsafe
from resolvers.ledger.statistics.publication import Version, version
from tests.statistics.drawing import SAFETY, TERMS, drawn, knowing, left, shares_of, sides, spread

SEEDS = 60
Cells = dict[Place, dict[str, int]]


def test_a_province_does_not_subtract_itself_from_the_total() -> None:
    """Hidden cells of two provinces alone in a column: each would be the other's complement."""
    cells = {(row, column): {"a": 40, "b": 30, "c": 30} for row in ("x", "y", "z") for column in ("k", "l", "m")}
    cells["x", "k"] = {"a": 4}
    hidden = suppressed(Table(cells, authorities=True), SAFETY)
    for column in {column for row, column in hidden if row == "x"} - {TOTAL}:
        assert len([row for row, other in hidden if other == column and row != "x"]) >= 2
    assert len(hidden) <= 6, "and not much more than it takes"


def test_the_second_largest_does_not_bound_the_largest() -> None:
    """To be movable by 1 was taken to be enough against one who contributes: d, who has 2 of (*, l), knew that c's 40 are no more than 42."""
    cells = {("x", "k"): {"c": 2, "d": 20}, ("x", "l"): {"c": 20}, ("y", "k"): {"a": 20, "b": 100, "d": 100}, ("y", "l"): {"c": 20, "d": 2}}
    assert not broken_by_shares(cells, suppressed(Table(cells), SAFETY))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_authority_tells_a_figure_of_another_province(seed: int) -> None:
    cells = drawn(seed, 4, 3)
    assert not broken_by_rows(cells, suppressed(Table(cells, authorities=True), SAFETY))


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), rows=st.integers(1, 5), columns=st.integers(1, 4))
def test_nor_in_a_table_of_another_shape(seed: int, rows: int, columns: int) -> None:
    cells = drawn(seed, rows, columns)
    assert not broken_by_rows(cells, suppressed(Table(cells, authorities=True), SAFETY))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_contributor_tells_the_largest_other_one(seed: int) -> None:
    cells = drawn(seed, 4, 3)
    assert not broken_by_shares(cells, suppressed(Table(cells, authorities=True), SAFETY))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_authority_tells_a_flow_of_other_provinces(seed: int) -> None:
    """It knows who sent what from its province or to it, which is a part of each cell."""
    cells = drawn(seed, 4, 3)
    flows = spread(cells, seed)
    made = version(shares_of(flows), None, TERMS, mass=False, authorities=False)
    assert made is not None
    for province in "ABCD":
        assert not broken_by_flows(flows, made, province), province


def test_a_cell_that_is_one_enterprise_but_for_a_province_is_not_published() -> None:
    """Each is safe for who knows nothing, and what the province B does not know of the first is one sender's."""
    many = {f"p{n}>A>B": 20 for n in range(5)}
    flows = {(row, column): {**many, "q1>C>C": 10, "q2>C>C": 10, "q3>C>C": 10} for row in ("x", "y", "z") for column in ("k", "l", "m")}
    flows["x", "k"] = {**many, "q1>C>C": 20}
    made = version(shares_of(flows), None, TERMS, mass=False, authorities=False)
    assert made is not None
    assert made.values["x", "k"] is None
    assert sum(value is None for value in made.values.values()) == 4, "and no more than it takes"
    assert not broken_by_flows(flows, made, "B")


def broken_by_flows(flows: Cells, made: Version, province: str) -> list[tuple[Place, float, float]]:
    """What the authority can tell more closely than by its protection of what it does not know."""
    whole, rest = left(flows, ""), left(flows, province)
    known = {place: sum(whole[place].values()) - sum(rest[place].values()) for place in flows}
    auditor = knowing(whole, frozenset(place for place, value in made.values.items() if value is None), known)
    totals = Table(whole).with_totals()
    found = []
    for place, shares in Table(rest).with_totals().items():
        if unsafe(shares, sum(shares.values()), SAFETY):
            value, room = sum(shares.values()), protection(shares, SAFETY)
            low, high = (each - sum(totals[place].values()) + value for each in auditor.bounds(place))
            if high < value + room - 1e-6 or low > max(0, value - room) + 1e-6:
                found.append((place, low, high))
    return found


def broken_by_rows(cells: Cells, hidden: frozenset[Place]) -> list[tuple[str, Place, float, float]]:
    """What the authority of each row can tell more closely than by its protection: of other rows, and of what they are together."""
    found = []
    rows, columns = sides(cells)
    for row in rows:
        auditor = knowing(cells, hidden)
        for column in columns:
            auditor.learn((row, column), sum(cells.get((row, column), {}).values()))
        rest = {place: shares for place, shares in cells.items() if place[0] != row}
        whole, left = Table(cells).with_totals(), Table(rest).with_totals()
        for place, shares in left.items():
            if unsafe(shares, sum(shares.values()), SAFETY):
                value, room = sum(shares.values()), protection(shares, SAFETY)
                low, high = (each - sum(whole[place].values()) + value for each in auditor.bounds(place))
                if high < value + room - 1e-6 or low > max(0, value - room) + 1e-6:
                    found.append((row, place, low, high))
    return found


def broken_by_shares(cells: Cells, hidden: frozenset[Place]) -> list[tuple[str, Place, float]]:
    """Where one of the two largest contributors of an unsafe cell tells the largest other one to within p percent."""
    found = []
    whole = Table(cells).with_totals()
    for place, shares in whole.items():
        if not unsafe(shares, sum(shares.values()), SAFETY):
            continue
        for party in sorted(shares, key=lambda each: (-shares[each], each))[:2]:
            auditor = knowing(cells, hidden, {each: there.get(party, 0) for each, there in cells.items()})
            _, high = auditor.bounds(place)
            largest = max((share for each, share in shares.items() if each != party), default=0)
            if high <= sum(shares.values()) or high - shares[party] < largest + largest * SAFETY.percent / 100 - 1e-6:
                found.append((party, place, high))
    return found
