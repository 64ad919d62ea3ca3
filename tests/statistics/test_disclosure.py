"""Attacks on what is published: differencing, complements, trackers, dominance, each held against an exact auditor."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from resolvers.ledger.statistics.disclosure import Table, protection, rounded, suppressed, unsafe
from resolvers.ledger.statistics.publication import version
from tests.statistics.drawing import SAFETY, TERMS, drawn, knowing, shares_of

FINE = {"a": 40, "b": 30, "c": 30}
UTILITY: list[tuple[int, int]] = []


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), rows=st.integers(1, 5), columns=st.integers(1, 4))
def test_no_unsafe_cell_can_be_told(seed: int, rows: int, columns: int) -> None:
    cells = drawn(seed, rows, columns)
    whole = Table(cells).with_totals()
    hidden = suppressed(Table(cells), SAFETY)
    UTILITY.append((sum(1 for place in whole if place not in hidden), len(whole)))
    if not cells:
        return
    auditor = knowing(cells, hidden)
    for place, shares in whole.items():
        if unsafe(shares, sum(shares.values()), SAFETY):
            assert place in hidden
            value, room = sum(shares.values()), protection(shares, SAFETY)
            low, high = auditor.bounds(place)
            assert high >= value + room - 1e-6, place
            assert low <= max(0, value - room) + 1e-6, place


@settings(max_examples=15)
@given(seed=st.integers(0, 10**6))
@example(seed=6635)
def test_nor_by_an_enterprise_that_knows_its_own_share(seed: int) -> None:
    cells = drawn(seed, 4, 3)
    whole, hidden = Table(cells).with_totals(), suppressed(Table(cells), SAFETY)
    if not cells or hidden == frozenset(whole):
        return
    for party in ("p0", "p1", "p2"):
        own = {place: shares.get(party, 0) for place, shares in whole.items()}
        auditor = knowing(cells, hidden, {place: own[place] for place in cells})
        for place, shares in whole.items():
            ranked = sorted(shares, key=lambda each: -shares[each])[:2]
            if unsafe(shares, sum(shares.values()), SAFETY) and party in ranked:
                others = sum(shares.values()) - own[place]
                low, high = auditor.bounds(place)
                assert low <= sum(shares.values()) - min(others, protection(shares, SAFETY)) + 1e-6
                assert high > sum(shares.values())


def test_what_makes_a_cell_unsafe() -> None:
    assert not unsafe({}, 0, SAFETY), "nothing is no one's figure"
    assert not unsafe(FINE, 100, SAFETY)
    assert unsafe({"a": 3, "b": 3, "c": 3}, 9, SAFETY), "too few records"
    assert unsafe({"a": 50, "b": 50}, 100, SAFETY), "too few enterprises"
    assert unsafe({"a": 71, "b": 15, "c": 14}, 100, SAFETY), "one is most of it"
    assert unsafe({"a": 55, "b": 40, "c": 5}, 100, SAFETY), "the second largest knows the largest to within ten percent"
    assert not unsafe({"a": 55, "b": 39, "c": 6}, 100, SAFETY)


def test_the_complement_of_an_unsafe_cell_goes_with_it() -> None:
    """One hidden cell in a row would be the row's total less the others."""
    cells = {(row, column): dict(FINE) for row in ("x", "y", "z") for column in ("k", "l", "m")}
    cells["x", "k"] = {"a": 4}
    hidden = suppressed(Table(cells), SAFETY)
    assert ("x", "k") in hidden
    for line in ([each for each in hidden if each[0] == "x"], [each for each in hidden if each[1] == "k"]):
        assert len(line) >= 2
    assert len(hidden) == 4, "and no more than it takes"


def test_the_same_table_has_the_same_answer() -> None:
    cells = drawn(7, 5, 4)
    turned = dict(reversed([(place, dict(reversed(shares.items()))) for place, shares in cells.items()]))
    assert suppressed(Table(cells), SAFETY) == suppressed(Table(turned), SAFETY)


def test_rounding() -> None:
    assert [rounded(value, SAFETY, None) for value in (0, 2, 3, 12, 13)] == [0, 0, 5, 10, 15]
    assert [rounded(value, SAFETY, 3) for value in (0.0, 1234.0, 0.012345)] == [0.0, 1230.0, 0.0123]


def test_a_month_that_did_not_change_is_not_published_again() -> None:
    first = version(shares_of(drawn(3, 3, 3)), None, TERMS, mass=False, authorities=False)
    assert first is not None
    assert version(first.shares, first, TERMS, mass=False, authorities=False) is None


def test_what_it_costs(capsys: pytest.CaptureFixture[str]) -> None:
    """How much is lost, on tables made to be difficult; on a table with many reporters little is."""
    shown, there = (sum(each[n] for each in UTILITY) for n in (0, 1))
    with capsys.disabled():
        print(f"\ndisclosure control: of difficult tables {shown} of {there} cells are published ({shown / max(there, 1):.0%})")
    large = {(f"r{r}", f"c{c}"): {f"p{p}": 5 + (r * 7 + c * 3 + p) % 11 for p in range(12)} for r in range(10) for c in range(4)}
    large["r3", "c2"] = {"p1": 3}
    assert len(suppressed(Table(large), SAFETY)) == 4
