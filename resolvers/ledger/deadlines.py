"""This module is in charge of deadlines: by which day an event is to be reported, and whether it came late."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

from resolvers.ledger.rows import Rule

# The law's days are China's. A fixed offset: there has been no summer time since 1991.
OFFSET: Final = timedelta(hours=8)
SHANGHAI: Final = timezone(OFFSET)
FIRST: Final = date(2018, 1, 1)
LAST: Final = date(2035, 12, 31)
DEADLINE: Final = "deadline"


def local_day(moment: datetime) -> date:
    """The calendar day in Asia/Shanghai."""
    # The common case by arithmetic, which is four times as fast.
    return (moment + OFFSET).date() if moment.tzinfo is UTC else moment.astimezone(SHANGHAI).date()


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Working days from 2018 to 2035, as sorted ordinals; where no holidays are known, Monday to Friday."""

    ordinals: tuple[int, ...]

    def after(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`, which is itself not counted. ValueError outside of the calendar."""
        place = bisect_right(self.ordinals, day.toordinal()) + count - 1
        if day < FIRST or place >= len(self.ordinals):
            raise ValueError(f"the calendar goes from {FIRST} to {LAST}")
        return date.fromordinal(self.ordinals[place])


def working_days(exceptions: Iterable[tuple[date, bool]]) -> WorkingDays:
    """Monday to Friday, except for the given days: (day, whether one works)."""
    special = dict(exceptions)
    days = (date.fromordinal(ordinal) for ordinal in range(FIRST.toordinal(), LAST.toordinal() + 1))
    return WorkingDays(tuple([day.toordinal() for day in days if special.get(day, day.weekday() < 5)]))


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The deadline rules by node type, newest first, and the calendar they count in."""

    rules: Mapping[str, tuple[Rule, ...]]
    calendar: WorkingDays
    _found: dict[tuple[str, str, date], date | None] = field(default_factory=dict, repr=False, compare=False)

    def due_on(self, node: str, role: str, day: date) -> date | None:
        """The last day on which the event of that day (Shanghai) is in time; None where no rule sets one.

        Law: the rule set in force when it occurred counts, and a rule for the reporter's role before one for all.
        """
        key = (node, role, day)
        if key not in self._found:
            rule = self.rule(node, role, day)
            self._found[key] = _due(rule, day, self.calendar) if rule is not None else None
        return self._found[key]

    def rule(self, node: str, role: str, day: date) -> Rule | None:
        """The rule that counts for this node, role and day."""
        valid = [r for r in self.rules.get(node, ()) if r.valid_from <= day and (r.valid_to is None or day < r.valid_to)]
        return next((r for r in valid if r.role == role), next((r for r in valid if not r.role), None))


def deadlines(rules: Iterable[Rule], exceptions: Iterable[tuple[date, bool]]) -> Deadlines:
    """From the rows of the rule table and the calendar's exceptions."""
    return Deadlines(grouped(rules), working_days(exceptions))


def grouped(rules: Iterable[Rule]) -> Mapping[str, tuple[Rule, ...]]:
    """The deadline rules among these, by node type, newest first."""
    found: defaultdict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        if rule.name == DEADLINE:
            found[rule.node_type].append(rule)
    return {node: tuple(sorted(several, key=_valid_from, reverse=True)) for node, several in found.items()}


def is_late(due_on: date | None, recorded_on: date) -> bool:
    """Whether the day of recording (Shanghai) is after the last day in time."""
    return due_on is not None and recorded_on > due_on


def _due(rule: Rule, day: date, calendar: WorkingDays) -> date:
    if rule.unit == "WORKING_DAYS":
        return calendar.after(day, int(rule.value))
    if rule.unit == "CALENDAR_DAYS":
        return day + timedelta(days=int(rule.value))
    raise ValueError(f"a deadline is counted in WORKING_DAYS or CALENDAR_DAYS, not in {rule.unit}")


def _valid_from(rule: Rule) -> date:
    return rule.valid_from
