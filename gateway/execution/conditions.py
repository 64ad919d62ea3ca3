"""This module is in charge of deciding `@skip` and `@include` when the values of the variables are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.operation.selection import Condition


def are_met(conditions: Iterable[Condition], variables: Mapping[str, Any]) -> bool:
    """True when every condition lets its selection through (GraphQL spec, sections 3.13.1 and 3.13.2)."""
    return all((variables.get(each.variable) is True) is not each.negated for each in conditions)
