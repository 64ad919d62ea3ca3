"""This module is in charge of the rule table's shipped rows and the working-day calendar: figures as data, read from CSV files."""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from resolvers.ledger.rows import Rule

FOLDER: Final = Path(__file__).with_name("rules")


def load_rules(path: Path = FOLDER / "rules.csv") -> tuple[Rule, ...]:
    """The rows of rule.rule that Cellgate ships; every figure has a basis and a confidence (docs/domain.md)."""
    with path.open(encoding="utf-8", newline="") as lines:
        return tuple([_rule(row) for row in csv.DictReader(lines)])


def load_calendar(path: Path = FOLDER / "calendar.csv") -> tuple[tuple[date, bool], ...]:
    """The days that differ from Monday to Friday, with whether one works on them (make-up Saturdays and Sundays)."""
    with path.open(encoding="utf-8", newline="") as lines:
        return tuple([(date.fromisoformat(row["day"]), row["kind"] == "WORKDAY") for row in csv.DictReader(lines)])


@cache
def announced_years(path: Path = FOLDER / "calendar.csv") -> frozenset[int]:
    """The years of which every listed day is announced by the State Council."""
    with path.open(encoding="utf-8", newline="") as lines:
        told = [(int(row["day"][:4]), row["status"] == "ANNOUNCED") for row in csv.DictReader(lines)]
    return frozenset(year for year, _ in told) - frozenset(year for year, announced in told if not announced)


def _rule(row: dict[str, str]) -> Rule:
    return Rule(
        row["rule_set"], row["name"], row["node_type"], row["role"], row["value"], row["unit"], row["basis"], row["confidence"],
        row["status"], date.fromisoformat(row["valid_from"]), _day(row["valid_to"]),
    )  # fmt: skip


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
