"""The ration of misses: what one client takes, and what is left for those who stand behind the same address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.rations import ADDRESS_SHARE, MissRation

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HOUSE = "192.0.2.7"


def test_misses_are_taken_from_the_client() -> None:
    ration = MissRation(30)
    assert ration.wait("a", HOUSE, NOW) == 0
    assert not ration.missed("a", HOUSE, 30, NOW)
    assert ration.wait("a", HOUSE, NOW) == 3
    assert ration.wait("a", HOUSE, NOW + timedelta(seconds=2)) == 0


def test_one_client_that_errs_puts_off_nobody_else_behind_its_address() -> None:
    """One request named 999 codes that do not exist, and everybody of the house was put off."""
    ration = MissRation(30)
    for second in range(600):
        ration.missed("a", HOUSE, 999, NOW + timedelta(seconds=second))
        assert ration.wait("a", HOUSE, NOW + timedelta(seconds=second)) > 0
        assert ration.wait("b", HOUSE, NOW + timedelta(seconds=second)) == 0


def test_many_clients_of_one_address_share_its_ration() -> None:
    ration = MissRation(30)
    for number in range(ADDRESS_SHARE + 1):
        ration.missed(f"client-{number}", HOUSE, 30, NOW)
    assert ration.wait("fresh", HOUSE, NOW) > 0
    assert ration.wait("fresh", "192.0.2.8", NOW) == 0


def test_more_than_a_minute_of_debt_is_told_of_nobody() -> None:
    ration = MissRation(30)
    assert not ration.missed("a", HOUSE, 60, NOW)
    assert ration.missed("a", HOUSE, 1, NOW)
    assert MissRation(30).missed("a", HOUSE, 61, NOW)


@given(st.lists(st.tuples(st.integers(0, 120), st.integers(0, 100)), max_size=30))
def test_no_client_is_told_of_more_than_its_ration_and_its_debt(asked: list[tuple[int, int]]) -> None:
    """Misses that are told of within any span are at most two minutes' ration, and what is refilled in the span."""
    ration, moment, told = MissRation(30), NOW, [(NOW, 0)]
    for pause, misses in asked:
        moment += timedelta(seconds=pause)
        if ration.wait("a", HOUSE, moment) == 0 and not ration.missed("a", HOUSE, misses, moment):
            told.append((moment, misses))
    assert all(one[0] <= other[0] for one, other in pairwise(told))
    for first in range(len(told)):
        for last in range(first, len(told)):
            span = (told[last][0] - told[first][0]).total_seconds()
            assert sum(misses for _, misses in told[first : last + 1]) <= 60 + span / 2 + 1
