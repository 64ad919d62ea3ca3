"""This module is in charge of obligations: what an enterprise still has to do, and by which day, before the duty is broken.

The rule of the day on which the duty arose counts. Duties that no rule gives a day for are not among them.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from resolvers.ledger.deadlines import WorkingDays
from resolvers.ledger.findings.parameters import RuleTable
from resolvers.ledger.rows import Rule

UNCONFIRMED = "UNCONFIRMED"


class Duty(StrEnum):
    """What is to be done."""

    ANSWER_HAND_OVER = "ANSWER_HAND_OVER"
    REPORT_DISMANTLING = "REPORT_DISMANTLING"
    ANSWER_TAKE_BACK = "ANSWER_TAKE_BACK"


# The rule that gives the day: its name and node type, and the role it is for.
_RULES = {
    Duty.ANSWER_HAND_OVER: ("deadline", "REJECTED", ""),
    Duty.REPORT_DISMANTLING: ("deadline.dismantling_information", "CODE_FILED", "BM"),
    Duty.ANSWER_TAKE_BACK: ("deadline", "TAKE_BACK_ANSWER", ""),
}


class Open(NamedTuple):
    """A duty that has arisen and is not met: whose, on which pack or model, since which day (Shanghai)."""

    uscc: str
    duty: Duty
    subject: str
    since: date


class Obligation(NamedTuple):
    """A duty with its last day. `confidence` is the rule's, or UNCONFIRMED where the days counted through are of a year whose holidays are not announced."""

    uscc: str
    duty: Duty
    subject: str
    since: date
    due_on: date
    basis: str
    confidence: str
    overdue: bool


def obligations(opened: Iterable[Open], today: date, table: RuleTable, working: WorkingDays, announced: frozenset[int]) -> tuple[Obligation, ...]:
    """The obligations, the most urgent first. `announced` are the years whose working days are known."""
    found = []
    for each in opened:
        name, node, role = _RULES[each.duty]
        rule = table.on(each.since).row(name, node, role)
        if rule is not None:
            due = _due(rule, each.since, working)
            known = rule.unit != "WORKING_DAYS" or {each.since.year, due.year} <= announced
            found.append(Obligation(*each, due, rule.basis, rule.confidence if known else UNCONFIRMED, today > due))
    return tuple(sorted(found, key=lambda each: (each.due_on, each.duty, each.subject)))


def _due(rule: Rule, since: date, working: WorkingDays) -> date:
    count = int(rule.value)
    if rule.unit == "WORKING_DAYS":
        return working.after(since, count)
    if rule.unit == "MONTHS":
        return months_later(since, count)
    raise ValueError(f"an obligation is counted in WORKING_DAYS or MONTHS, not in {rule.unit}")


def months_later(day: date, count: int) -> date:
    """The same day of a later month, or that month's last where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
