"""Deadlines as data: rule sets by day, roles, working days with make-up Saturdays, and lateness."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

import hypothesis.strategies as st
import pytest
from hypothesis import given

from resolvers.ledger.deadlines import SHANGHAI, Deadlines, deadlines, is_late, local_day, working_days
from resolvers.ledger.events import NOTICES, EventType
from resolvers.ledger.rules import load_calendar, load_rules


@pytest.fixture(scope="module")
def table() -> Deadlines:
    return deadlines(load_rules(), load_calendar())


@pytest.mark.parametrize(
    ("node", "role", "day", "due"),
    [
        # 20 calendar days since Order 73, 15 working days before it.
        ("PRODUCED", "BM", date(2026, 4, 1), date(2026, 4, 21)),
        ("PRODUCED", "BM", date(2026, 3, 31), date(2026, 4, 22)),
        # Over the Spring Festival of 2026 (15 to 23 February), with Saturdays 14 and 28 worked.
        ("HANDED_OVER", "SD", date(2026, 2, 10), date(2026, 3, 9)),
        # A recycler has 30 working days for what it receives, others 15.
        ("RECEIVED", "CU", date(2025, 3, 3), date(2025, 4, 15)),
        ("RECEIVED", "SD", date(2025, 3, 3), date(2025, 3, 24)),
        # A swap station tells its day by the next working day: over National Day and Mid-Autumn 2025.
        ("SWAP_OUT", "SW", date(2025, 9, 30), date(2025, 10, 9)),
        ("REPORTED_MISSING", "SD", date(2025, 3, 3), date(2025, 3, 10)),
        ("CODE_FILED", "BM", date(2025, 3, 3), None),
    ],
)
def test_due_days(table: Deadlines, node: str, role: str, day: date, due: date | None) -> None:
    assert table.due_on(node, role, day) == due


def test_every_event_but_the_filing_and_what_is_seen_has_a_deadline_in_both_sets(table: Deadlines) -> None:
    free = {*NOTICES, EventType.HEALTH_MEASURED, EventType.RECALLED, EventType.RECALL_REMEDIED}
    # Told by the report of the dismantling, which has one.
    free.add(EventType.RELEASED)
    free |= {EventType.TAKE_BACK_REQUESTED, EventType.TAKE_BACK_ACCEPTED, EventType.TAKE_BACK_REFUSED}
    for day in (date(2025, 6, 2), date(2026, 6, 1)):
        assert {event for event in EventType if table.due_on(event, "", day) is None} == free


def test_unknown_figures_of_order_73_are_marked_as_defaults() -> None:
    order = [rule for rule in load_rules() if rule.rule_set == "ORDER_73"]
    assert order
    assert all((rule.status == "DEFAULT") == (rule.confidence == "UNCONFIRMED") for rule in order)
    # Nothing here was read in the law's full text.
    assert not [rule for rule in load_rules() if rule.confidence == "CONFIRMED"]


def test_rules_have_unique_keys_and_numbers() -> None:
    rules = load_rules()
    assert len({(r.rule_set, r.name, r.node_type, r.role, r.valid_from) for r in rules}) == len(rules)
    words = {"ACTIVITY", "PAPER"}
    assert all(re.fullmatch(r"[A-Z_]+" if r.unit in words else r"\d+(\.\d+)?", r.value) and r.unit and r.basis for r in rules)
    grace = next(rule for rule in rules if rule.name == "custody.grace")
    assert (grace.value, grace.unit, grace.confidence) == ("90", "DAYS", "DESIGN")


def test_lateness_is_a_matter_of_days_in_shanghai() -> None:
    assert local_day(datetime(2026, 3, 31, 16, tzinfo=UTC)) == date(2026, 4, 1)
    assert not is_late(date(2026, 4, 1), date(2026, 4, 1))
    assert is_late(date(2026, 4, 1), date(2026, 4, 2))
    assert not is_late(None, date(2026, 4, 2))


@given(st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1)), st.integers(-12, 14))
def test_the_short_way_to_the_local_day_is_the_long_way(naive: datetime, hours: int) -> None:
    assert local_day(naive.replace(tzinfo=UTC)) == naive.replace(tzinfo=UTC).astimezone(SHANGHAI).date()
    elsewhere = naive.replace(tzinfo=timezone(timedelta(hours=hours)))
    assert local_day(elsewhere) == local_day(elsewhere.astimezone(UTC))


@given(st.dates(date(2024, 1, 1), date(2027, 12, 31)), st.integers(1, 60))
def test_counting_working_days_one_by_one_gives_the_same(day: date, count: int) -> None:
    special = dict(load_calendar())
    reached, left = day, count
    while left:
        reached += timedelta(days=1)
        left -= special.get(reached, reached.weekday() < 5)
    assert working_days(load_calendar()).after(day, count) == reached


def test_make_up_days_are_weekend_days_and_nothing_is_listed_twice() -> None:
    calendar = load_calendar()
    assert all(day.weekday() >= 5 for day, worked in calendar if worked)
    assert len({day for day, _worked in calendar}) == len(calendar)


def test_outside_of_the_calendar_is_said() -> None:
    with pytest.raises(ValueError, match="calendar goes from"):
        working_days(()).after(date(2036, 1, 1), 1)
