"""This module is in charge of the parameters of rules as of a day: what the versioned rule table says, never what code says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from resolvers.ledger.rows import Rule

# A draft is kept so that one can see what may come; it decides nothing.
DRAFT = "DRAFT"


class MissingParameter(LookupError):
    """The rule table lacks what cannot be done without: a defect of the table, which must not read as "nothing found"."""


@dataclass(frozen=True, slots=True)
class RuleTable:
    """The rows of the rule table by name."""

    rows: Mapping[str, tuple[Rule, ...]]

    def on(self, day: date) -> Parameters:
        """What holds on that day (Shanghai)."""
        return Parameters(self, day)


@dataclass(frozen=True, slots=True)
class Parameters:
    """The rule table as of one day: the day on which the event occurred, never that on which it is looked at."""

    table: RuleTable
    day: date

    def row(self, name: str, node: str = "", role: str = "") -> Rule | None:
        """The row that counts: the role's own before that for all, and of several the one that began last."""
        valid = [each for each in self._valid(name) if each.node_type == node and each.role in ("", role)]
        return max(valid, key=lambda each: (each.role == role, each.valid_from), default=None)

    def number(self, name: str, node: str = "", role: str = "") -> float:
        """The value as a number; MissingParameter where no row holds."""
        row = self.row(name, node, role)
        if row is None:
            raise MissingParameter(f"the rule table has no {name} for {self.day}")
        return float(row.value)

    def limit(self, name: str, node: str = "", role: str = "") -> float | None:
        """The value as a number; None on a day of which the table says nothing, as before its first row. MissingParameter where it never has the name."""
        row = self.row(name, node, role)
        if row is not None:
            return float(row.value)
        if all(each.status == DRAFT for each in self.table.rows.get(name, ())):
            raise MissingParameter(f"the rule table has no {name} at all")
        return None

    def lists(self, name: str, item: str) -> bool:
        """Whether the item (`node_type`) is in the list of that name."""
        return self.row(name, item) is not None

    def _valid(self, name: str) -> list[Rule]:
        rows = self.table.rows.get(name, ())
        return [each for each in rows if each.status != DRAFT and each.valid_from <= self.day and (each.valid_to is None or self.day < each.valid_to)]


NO_RULES = RuleTable({})


def rule_table(rules: Iterable[Rule]) -> RuleTable:
    """From the rows of rule.rule."""
    grouped: defaultdict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        grouped[rule.name].append(rule)
    return RuleTable({name: tuple(found) for name, found in grouped.items()})
