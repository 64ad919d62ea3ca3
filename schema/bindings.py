"""This module is in charge of bindings: how a field is answered from rows, declared once and used by every way of executing it.

A *row* is whatever a batch resolver gives (resolvers/batching.py), or `StubRow` for an entity of which only the key is
known. Nothing here knows Strawberry, or how an operation is executed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, assert_never

from auth.entitlements import category_of
from resolvers.batching import BadArgument, BatchResolver
from resolvers.database.tables import Column

if TYPE_CHECKING:
    from resolvers.database.reading import Reading

Row = Any  # an asyncpg Record, or a mapping with the same names


class Shape(Enum):
    """What a batch resolver gives for one key, and so what the field is."""

    ONE = "one row or null"
    MANY = "a list of rows"
    PAGE = "a connection"
    EACH = "a list aligned with the keys that the caller named, null where there is no row"


class AsOf(Enum):
    """How rows are told below an entity that is told as of a past moment (docs/row-policy.md, section 18)."""

    THEN = "as of that moment, by the batch resolver"
    NOW = "as they are now: they are of something else, that the entity leads to"


@dataclass(frozen=True, slots=True)
class FromColumn:
    """The value of a column."""

    column: Column


@dataclass(frozen=True, slots=True)
class FromKey:
    """The key that the entity is known by."""


@dataclass(frozen=True, slots=True)
class FromMoment:
    """The past moment that the entity is told as of; null for the present."""


@dataclass(frozen=True, slots=True)
class Made:
    """A value made of the row's key and columns, for the party that reads (`Vehicle.id`, ids of facts)."""

    make: Callable[[Reading, Row], Any]
    needs: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Stub:
    """An entity of which this subgraph knows the key: the column's value, null where that is null."""

    column: Column
    form: Callable[[Any], Any] | None = None


@dataclass(frozen=True, slots=True)
class Nested:
    """An object made of the same row; null where the column is."""

    present: Column


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows behind a batch resolver, by a key of the parent row.

    `key` names values of the parent row ("key", "id", or a column, which is then in `needs`); several make a tuple.
    `gate` are the openings of which the resolver wants one, else it answers `Shut`. `entity` says that the rows are
    entities of their own, so that what was found by an exact code, or is told as of a past moment, ends here. `as_of` is how they
    are told below an entity of a past moment: a text is the reason why they are not.
    """

    resolve: BatchResolver
    shape: Shape
    gate: tuple[str, ...]
    key: tuple[str, ...] = ("key",)
    needs: tuple[Column, ...] = ()
    form: Callable[[Any], Any] | None = None
    entity: bool = False
    as_of: AsOf | str = "it is kept as it is now, without its past"


@dataclass(frozen=True, slots=True)
class Lookup:
    """A field of Query. `keys` gives the keys that the arguments name; without it there is the one key None. An argument `asOf`, where it has
    one, is the past moment that its rows are told as of."""

    resolve: BatchResolver
    shape: Shape
    keys: Callable[[Reading, Mapping[str, Any]], Sequence[Any]] | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class FromAnswer:
    """A value that the answer to a mutation holds under this name; it is of no row."""

    name: str


Binding = FromColumn | FromKey | FromMoment | FromAnswer | Made | Stub | Nested | Rows | Lookup


@dataclass(frozen=True, slots=True)
class Entity:
    """How representations of a type are answered. `key` gives the inner key (None: there is none such), `resolve` the
    rows; without it the type is a stub, there by itself. `extra` names what `@requires` adds to the stub's row, `as_of` gives the past
    moment that a representation is of."""

    key: Callable[[Reading, Mapping[str, Any]], Any]
    resolve: BatchResolver | None = None
    extra: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    as_of: Callable[[Mapping[str, Any]], datetime | None] | None = None


EVERYTHING = -1  # a standing with every bit


def stub_row(key: Any, extra: Mapping[str, Any] | None = None) -> Row:
    """The row of an entity of which only the key is known."""
    return {**(extra or {}), "key": key, "standing": EVERYTHING}


def guard_of(binding: Binding) -> Column | None:
    """The column whose openings decide whether the field is shown on a row; None where the row itself decides."""
    match binding:
        case FromColumn() | Stub():
            return binding.column
        case Nested():
            return binding.present
        case Rows() if binding.needs:
            return binding.needs[0]
        case Made() if binding.needs:
            return binding.needs[0]
        case _:
            return None


def columns_of(binding: Binding) -> tuple[Column, ...]:
    """The columns of its own row that a field needs."""
    match binding:
        case FromColumn() | Stub():
            return (binding.column,)
        case Nested():
            return (binding.present,)
        case Rows() | Made():
            return binding.needs
        case FromKey() | FromMoment() | FromAnswer() | Lookup():
            return ()
        case _:
            assert_never(binding)


AS_OF: Final = "asOf"
"""The argument of a look-up, and the field of an entity, that hold the past moment."""


def told_as_of(binding: Rows, name: str, as_of: datetime | None) -> datetime | None:
    """The moment that the rows of a field are asked for as of, below an entity of that moment. BadArgument AS_OF_UNSUPPORTED where they
    have no past: to answer with the present would be to answer something else."""
    if as_of is None or binding.as_of is AsOf.THEN:
        return as_of
    if binding.as_of is AsOf.NOW:
        return None
    raise BadArgument("AS_OF_UNSUPPORTED", AS_OF, f"{name} cannot be told as of a past moment: {binding.as_of}")


def shut_letter(gate: tuple[str, ...]) -> str:
    """The category that the redaction of a shut list names."""
    return category_of(gate[0])


def guard_letter(column: Column) -> str:
    """The category that the redaction of a closed column names."""
    return category_of(column.opened_by[0])
