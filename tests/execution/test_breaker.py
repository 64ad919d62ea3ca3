"""This module is in charge of testing the circuit breaker by itself, on a clock of the test's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.execution.breaker import LEAST, WINDOW_S, Breaker, RetryBudget


def opened(at: float = 0.0) -> Breaker:
    breaker = Breaker(0.5, 1.0)
    for _ in range(LEAST):
        breaker.settled(False, at)
    return breaker


def test_it_opens_at_its_share_of_failures() -> None:
    breaker = Breaker(0.5, 1.0)
    for number in range(LEAST - 1):
        breaker.settled(number % 2 == 0, 0.0)
        assert breaker.state(0.0) == "closed"
    breaker.settled(False, 0.0)
    assert breaker.state(0.0) == "open"
    assert not breaker.admits(0.9)


def test_old_failures_are_forgotten() -> None:
    breaker = Breaker(0.5, 1.0)
    for _ in range(LEAST - 1):
        breaker.settled(False, 0.0)
    breaker.settled(True, WINDOW_S + 1)
    breaker.settled(False, WINDOW_S + 2)
    assert breaker.state(WINDOW_S + 2) == "closed"


def test_one_call_tries() -> None:
    breaker = opened()
    assert [breaker.admits(1.0), breaker.admits(1.0), breaker.admits(5.0)] == [True, False, False]
    breaker.settled(False, 5.0)
    assert [breaker.admits(5.9), breaker.admits(6.0)] == [False, True]
    breaker.settled(None, 6.1)
    assert breaker.admits(6.1)
    breaker.settled(True, 6.2)
    assert (breaker.state(6.2), breaker.admits(6.2), breaker.admits(6.2)) == ("closed", True, True)


def test_a_rate_of_nothing_never_opens() -> None:
    breaker = Breaker(0, 1.0)
    for _ in range(100):
        breaker.settled(False, 0.0)
    assert breaker.admits(0.0)


@given(st.lists(st.tuples(st.sampled_from([True, False, None]), st.floats(0, 3)), max_size=200))
def test_it_never_stays_shut(calls: list[tuple[bool | None, float]]) -> None:
    """Whatever happened: once nothing is under way and its time is over, a call is admitted, and a success of it opens the way."""
    breaker, now = Breaker(0.5, 1.0), 0.0
    for good, passed in calls:
        now += passed
        if breaker.admits(now):
            breaker.settled(good, now)
    assert breaker.admits(now + 1.0)
    breaker.settled(True, now + 1.0)
    assert breaker.state(now + 1.0) == "closed"


def test_the_retry_budget_is_a_fifth_and_a_reserve() -> None:
    budget = RetryBudget()
    assert sum(budget.spend() for _ in range(100)) == 10
    for _ in range(50):
        budget.earn()
    assert sum(budget.spend() for _ in range(100)) in (9, 10)
