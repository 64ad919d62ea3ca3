"""This module is in charge of lists in the oracle's words: what a filter finds, in which order, and what one page of it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from tests.oracle.asking import Field, Token

USUAL_PAGE: Final = 20


class Page(NamedTuple):
    """One page of a list, and where it stands."""

    rows: list[Any]
    before: bool
    after: bool
    total: int


def holds(condition: dict[str, Any], value: Callable[[str], Any]) -> bool | None:
    """Whether the condition holds for a row of which `value` gives what the reader sees; None where that cannot be said.

    Kleene's logic: what is not known to the reader makes neither a condition nor its opposite hold.
    """
    return _all([_one(name, given, value) for name, given in condition.items()])


def _one(name: str, given: Any, value: Callable[[str], Any]) -> bool | None:
    if name == "and":
        return _all([holds(each, value) for each in given])
    if name == "or":
        return _any([holds(each, value) for each in given])
    if name == "not":
        inner = holds(given, value)
        return None if inner is None else not inner
    return _all([_compare(operator, value(name), operand) for operator, operand in given.items()])


def _all(parts: Sequence[bool | None]) -> bool | None:
    if False in parts:
        return False
    return None if None in parts else True


def _any(parts: Sequence[bool | None]) -> bool | None:
    if True in parts:
        return True
    return None if None in parts else False


def _compare(operator: str, seen: Any, operand: Any) -> bool | None:
    if operator == "isNull":
        return (seen is None) is operand
    if seen is None:
        return None
    if isinstance(seen, date):
        seen = seen.isoformat()
    match operator:
        case "eq":
            return bool(seen == operand)
        case "ne":
            return bool(seen != operand)
        case "in":
            return seen in operand
        case "lt":
            return bool(seen < operand)
        case "lte":
            return bool(seen <= operand)
        case "gt":
            return bool(seen > operand)
        case "gte":
            return bool(seen >= operand)
        case "startsWith":
            return str(seen).startswith(operand)
    raise AssertionError(operator)


def ordered(rows: list[Any], value: Callable[[Any], Any], tie: Callable[[Any], Any], *, down: bool) -> list[Any]:
    """By value, what is not seen last either way; equal ones by the tie, in the same direction."""
    seen = sorted((each for each in rows if value(each) is not None), key=lambda row: (value(row), tie(row)), reverse=down)
    unseen = sorted((each for each in rows if value(each) is None), key=tie, reverse=down)
    return seen + unseen


def page(rows: list[Any], asked: Field, cursor: Callable[[Any], Token]) -> Page:
    """The page that `first`, `after`, `last`, `before` ask for."""
    after, before = asked.arg("after"), asked.arg("before")
    backward = asked.arg("last") is not None or before is not None
    size = asked.arg("last" if backward else "first") or USUAL_PAGE
    tokens = [cursor(each) for each in rows]
    low, high = (tokens.index(after) + 1 if after else 0), (tokens.index(before) if before else len(rows))
    if backward:
        low = max(low, high - size)
    else:
        high = min(high, low + size)
    return Page(rows[low:high], low > 0, high < len(rows), len(rows))
