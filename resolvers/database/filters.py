"""This module is in charge of filters: a client's filter as a predicate value, and the predicate as SQL over masked values.

Three-valued logic, written down once: a comparison with null, or with a value the caller may not read (which is null to
it), is *unknown*. `not` of unknown is unknown; `and`/`or` are Kleene's. A row passes only when its filter is *true*.
So `ne` and `not` never find a masked value, and `isNull`, alone two-valued, cannot tell masked from absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, assert_never

from resolvers.batching import BadArgument
from resolvers.database.sql import Sql, join, slot, text
from resolvers.database.tables import Column, Table

MAX_TERMS: Final = 100
MAX_DEPTH: Final = 8
MAX_LIST: Final = 200
_LAST: Final = "\U0010ffff"  # sorts after every identifier in the "C" collation

_OPERATORS: Final = {
    "eq": text(" = "),
    "ne": text(" <> "),
    "gt": text(" > "),
    "gte": text(" >= "),
    "lt": text(" < "),
    "lte": text(" <= "),
}


@dataclass(frozen=True, slots=True)
class Compare:
    """One column against the value in a slot."""

    column: str
    operator: str
    slot: str


@dataclass(frozen=True, slots=True)
class All:
    """True when every term is; with no terms, true."""

    terms: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """True when some term is; with no terms, false."""

    terms: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Kleene's negation."""

    term: Predicate


Predicate = Compare | All | Some | Not
TRUE: Final = All(())


@dataclass(frozen=True, slots=True)
class Filter:
    """A predicate, and the values of its slots."""

    predicate: Predicate
    values: Mapping[str, Any]


def parse(given: Mapping[str, Any] | None, table: Table) -> Filter:
    """The filter as a value. BadArgument names the field and the rule that it breaks."""
    values: dict[str, Any] = {}
    if not given:
        return Filter(TRUE, values)
    return Filter(_all(given, table, values, 1), values)


def _all(given: Mapping[str, Any], table: Table, values: dict[str, Any], depth: int) -> Predicate:
    if depth > MAX_DEPTH:
        raise BadArgument("INVALID_FILTER", "filter", f"filter is nested deeper than {MAX_DEPTH} levels")
    terms: list[Predicate] = []
    for name, value in given.items():
        if value is None:
            raise BadArgument("INVALID_FILTER", "filter", f"filter.{name} is null; leave it out instead")
        terms.extend(_terms(name, value, table, values, depth))
    return terms[0] if len(terms) == 1 else All(tuple(terms))


def _terms(name: str, value: Any, table: Table, values: dict[str, Any], depth: int) -> Iterator[Predicate]:
    if name == "and":
        yield All(tuple(_all(each, table, values, depth + 1) for each in value))
    elif name == "or":
        yield Some(tuple(_all(each, table, values, depth + 1) for each in value))
    elif name == "not":
        yield Not(_all(value, table, values, depth + 1))
    else:
        column = table.column(name)
        for operator, operand in value.items():
            yield from _compare(column, operator, operand, values)


def _compare(column: Column, operator: str, operand: Any, values: dict[str, Any]) -> Iterator[Predicate]:
    where = f"filter.{column.name}.{operator}"
    if operand is None:
        raise BadArgument("INVALID_FILTER", "filter", f"{where} is null; leave it out instead, or use isNull")
    if len(values) >= MAX_TERMS:
        raise BadArgument("INVALID_FILTER", "filter", f"filter has more than {MAX_TERMS} comparisons")
    if operator == "in":
        if len(operand) > MAX_LIST:
            raise BadArgument("INVALID_FILTER", "filter", f"{where} has more than {MAX_LIST} values")
        operand = _list(operand, where)
        if not operand:
            # `x = any('{}')` is false even where x is unknown, and its negation would find what is masked.
            yield Compare(column.name, "inNothing", "")
            return
    elif operator == "startsWith":
        yield from _starts_with(column, operand, values)
        return
    yield Compare(column.name, operator, _keep(operand, values))


def _list(operand: Sequence[Any], where: str) -> list[Any]:
    if any(each is None for each in operand):
        raise BadArgument("INVALID_FILTER", "filter", f"{where} contains null")
    return list(operand)


def _starts_with(column: Column, prefix: str, values: dict[str, Any]) -> Iterator[Predicate]:
    """A range, which an index serves: every text column is in the "C" collation."""
    yield Compare(column.name, "gte", _keep(prefix, values))
    yield Compare(column.name, "lt", _keep(prefix + _LAST, values))


def _keep(value: Any, values: dict[str, Any]) -> str:
    name = f"f{len(values)}"
    values[name] = value
    return name


def columns(predicate: Predicate) -> frozenset[str]:
    """The columns that the predicate looks at."""
    match predicate:
        case Compare():
            return frozenset({predicate.column})
        case Not():
            return columns(predicate.term)
        case All() | Some():
            return frozenset().union(*(columns(each) for each in predicate.terms))
        case _:
            assert_never(predicate)


def compile_predicate(predicate: Predicate, reference: Callable[[str], Sql]) -> Sql:
    """The predicate as SQL; `reference` gives what stands for a column: itself, or null where it is masked."""
    match predicate:
        case All():
            return text("(") + join(" and ", _terms_sql(predicate.terms, reference)) + text(")") if predicate.terms else text("true")
        case Some():
            return text("(") + join(" or ", _terms_sql(predicate.terms, reference)) + text(")") if predicate.terms else text("false")
        case Not():
            return text("(not ") + compile_predicate(predicate.term, reference) + text(")")
        case Compare():
            return _comparison(predicate, reference(predicate.column))
        case _:
            assert_never(predicate)


def _terms_sql(terms: tuple[Predicate, ...], reference: Callable[[str], Sql]) -> list[Sql]:
    return [compile_predicate(each, reference) for each in terms]


def _comparison(compare: Compare, left: Sql) -> Sql:
    if compare.operator == "isNull":
        return text("((") + left + text(" is null) = ") + slot(compare.slot) + text(")")
    if compare.operator == "inNothing":
        return text("(") + left + text(" <> ") + left + text(")")
    if compare.operator == "in":
        return text("(") + left + text(" = any(") + slot(compare.slot) + text("))")
    return text("(") + left + _OPERATORS[compare.operator] + slot(compare.slot) + text(")")
