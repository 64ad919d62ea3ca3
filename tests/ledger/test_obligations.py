"""Obligations: the last day by the rule of the day a duty arose, in working days or months, and how sure that is."""

from __future__ import annotations

from datetime import date, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given

from resolvers.ledger.deadlines import working_days
from resolvers.ledger.findings.parameters import rule_table
from resolvers.ledger.obligations import Duty, Open, months_later, obligations
from resolvers.ledger.rules import announced_years, load_calendar, load_rules

TABLE, WORKING = rule_table(load_rules()), working_days(load_calendar())
TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("duty", "since", "due", "confidence", "overdue"),
    [
        # Ten working days, over National Day 2026 with the Saturday of 10 October worked.
        (Duty.ANSWER_HAND_OVER, date(2026, 9, 28), date(2026, 10, 16), "DESIGN", True),
        (Duty.ANSWER_HAND_OVER, date(2026, 11, 6), date(2026, 11, 20), "DESIGN", False),
        (Duty.ANSWER_HAND_OVER, date(2026, 11, 5), date(2026, 11, 19), "DESIGN", True),
        # Into a year whose make-up days are not announced.
        (Duty.ANSWER_HAND_OVER, date(2026, 12, 25), date(2027, 1, 11), "UNCONFIRMED", False),
        (Duty.REPORT_DISMANTLING, date(2026, 8, 31), date(2027, 2, 28), "SECONDARY_SOURCE", False),
        (Duty.REPORT_DISMANTLING, date(2026, 4, 1), date(2026, 10, 1), "SECONDARY_SOURCE", True),
    ],
)
def test_due(duty: Duty, since: date, due: date, confidence: str, overdue: bool) -> None:
    (told,) = obligations([Open("firm", duty, "X", since)], TODAY, TABLE, WORKING, announced_years())
    assert (told.due_on, told.confidence, told.overdue) == (due, confidence, overdue)
    assert told.basis


def test_a_duty_from_before_its_rule_is_none() -> None:
    assert obligations([Open("firm", Duty.REPORT_DISMANTLING, "X", date(2026, 3, 31))], TODAY, TABLE, WORKING, announced_years()) == ()


def test_the_most_urgent_comes_first() -> None:
    opened = [Open("firm", Duty.ANSWER_HAND_OVER, code, date(2026, 11, day)) for code, day in (("b", 9), ("a", 9), ("c", 2))]
    assert [each.subject for each in obligations(opened, TODAY, TABLE, WORKING, announced_years())] == ["c", "a", "b"]


def test_the_announced_years_and_their_days_off() -> None:
    assert announced_years() == {2024, 2025, 2026}
    # What the notice for 2026 gives: 33 days off (13 of them statutory), and six worked weekend days.
    of_2026 = [(day, worked) for day, worked in load_calendar() if day.year == 2026]
    assert (sum(not worked for _, worked in of_2026), sum(worked for _, worked in of_2026)) == (33, 6)
    assert all(day.weekday() >= 5 for day, worked in of_2026 if worked)


@given(st.dates(date(2024, 1, 1), date(2030, 12, 31)), st.integers(0, 40))
def test_months_are_counted_one_by_one(day: date, count: int) -> None:
    later = months_later(day, count)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == count
    assert later.day == day.day or (later + timedelta(days=1)).day == 1
