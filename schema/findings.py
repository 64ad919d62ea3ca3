"""This module is in charge of what hangs on a finding in the graph: what the rule has computed, and the cases that were opened on it."""

from __future__ import annotations

from typing import Any

import strawberry

from resolvers import battery as battery_rows
from resolvers.database import tables as t
from schema.bindings import AsOf, Rows, Shape
from schema.fields import bound, column


@strawberry.type(description="A number or a value that a rule has computed or compared.")
class FindingFigure:
    """One entry of the column figures."""

    name: str | None = column(t.FIGURE, "name", "What it is.")
    value: str | None = column(t.FIGURE, "value", "The value, as text.")


def figures() -> Any:
    """The field: a list made of the finding's own column."""
    found = t.FINDING.column("figures")
    return bound(
        Rows(battery_rows.finding_figures, Shape.MANY, found.opened_by, ("figures",), (found,), as_of=AsOf.THEN), "What the rule has computed.", ("M",)
    )


def cases() -> Any:
    """The field: rows by the finding's code and id."""
    found = t.FINDING.column("id")
    told = "The cases that were opened on it, as far as you may see them; the first one first."
    why = "which of its cases were open then is told by the events of the cases"
    return bound(Rows(battery_rows.cases_of_finding, Shape.MANY, found.opened_by, ("key", "id"), (found,), as_of=why), told, ("M",))
