"""This module is in charge of declaring fields: one call gives the Strawberry field its description, directives, arguments and binding.

Strawberry prints the schema from it; the gateway's in-process execution and the resolvers of a subgraph served alone
both read the binding. No field has a resolver of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument

from auth.entitlements import category_of
from resolvers.batching import BatchResolver
from resolvers.database.reading import Reading
from resolvers.database.tables import Column, Table
from schema.bindings import AsOf, Binding, FromAnswer, FromColumn, FromKey, FromMoment, Lookup, Made, Nested, Row, Rows, Shape, Stub
from schema.directives import category, category_with_scopes

BINDING: Final = "binding"
QUERY: Final = "The ways in: look-ups by code or id, and lists of what you may see. Each fails by itself, with null and an error at its place."
FORM: Final = "form"
AS_WRITTEN: Final = "as written"
Arguments = Sequence[StrawberryArgument]


def argument(
    name: str, type_: Any, description: str, *categories: str, form: Callable[[Any, str], Any] | None = None, as_written: bool = False
) -> StrawberryArgument:
    """One argument; `categories` where using it could tell something, none for paging and containers. `form` turns the
    coerced value, and its place for the refusal, into what the batch resolver takes. `as_written`: what a scalar does not take reaches the batch
    resolver as it is, which refuses the part of the argument that it is of."""
    return StrawberryArgument(
        python_name=name,
        graphql_name=None,
        type_annotation=StrawberryAnnotation(type_),
        description=description,
        directives=category(*categories) if categories else (),
        metadata={FORM: form, AS_WRITTEN: as_written},
    )


def bound(
    binding: Binding | None,
    description: str,
    categories: Iterable[str],
    *,
    name: str | None = None,
    arguments: Arguments = (),
    directives: Iterable[object] = (),
    **federation: Any,
) -> Any:
    """A field with that binding; None for the parts of a connection, which its own field answers."""
    # An external field is another subgraph's to guard; composition refuses scopes on it.
    marks = category(*categories) if federation.get("external") else category_with_scopes(categories)
    field = strawberry.federation.field(
        name=name,
        description=description,
        directives=[*marks, *directives],
        metadata={BINDING: binding} if binding is not None else {},
        **federation,
    )
    if arguments:
        field.arguments = list(arguments)
    return field


def column(table: Table, column_name: str, description: str, **more: Any) -> Any:
    """The value of a column."""
    found = table.column(column_name)
    return bound(FromColumn(found), description, found.categories, **more)


def answered(name: str, description: str) -> Any:
    """A value of a mutation's answer; of category A, as whatever a reporter is told (docs/row-policy.md, section 11)."""
    return bound(FromAnswer(name), description, ("A",))


def key(category_name: str, description: str, **more: Any) -> Any:
    """The key of the entity."""
    return bound(FromKey(), description, (category_name,), **more)


def moment(description: str) -> Any:
    """The past moment that the entity is told as of."""
    return bound(FromMoment(), description, ("A",))


def made(make: Callable[[Reading, Row], Any], description: str, needs: Iterable[Column] = (), categories: tuple[str, ...] = (), **more: Any) -> Any:
    """A value made of the key and the columns; the first of `needs` guards it."""
    columns = tuple(needs)
    return bound(Made(make, columns), description, categories or columns[0].categories, **more)


def stub(table: Table, column_name: str, description: str, form: Callable[[Any], Any] | None = None, **more: Any) -> Any:
    """An entity of which the column holds the key."""
    found = table.column(column_name)
    return bound(Stub(found, form), description, found.categories, **more)


def nested(table: Table, present: str, description: str) -> Any:
    """An object made of further columns of the same row; null where the column `present` is."""
    found = table.column(present)
    return bound(Nested(found), description, found.categories)


def by_column(
    resolve: BatchResolver, table: Table, column_name: str, description: str, form: Callable[[Any], Any] | None = None, *, entity: bool = True
) -> Any:
    """The one row that a column of the parent points to."""
    found = table.column(column_name)
    binding = Rows(resolve, Shape.ONE, found.opened_by, (column_name,), (found,), form, entity, AsOf.NOW)
    return bound(binding, description, found.categories)


def rows(
    resolve: BatchResolver,
    shape: Shape,
    gate: tuple[str, ...],
    description: str,
    *,
    by: tuple[str, ...] = ("key",),
    entity: bool = False,
    also: tuple[str, ...] = (),
    as_of: AsOf | str | None = None,
    **more: Any,
) -> Any:
    """Rows that hang on the parent's key; `gate` are the openings without one of which the list is shut, `also` the
    categories of what the field requires of other subgraphs, `as_of` how they are told below an entity of a past moment."""
    categories = tuple(dict.fromkeys([*also, *(category_of(each) for each in gate)]))
    binding = Rows(resolve, shape, gate, by, entity=entity)
    return bound(binding if as_of is None else replace(binding, as_of=as_of), description, categories, **more)


def lookup(
    resolve: BatchResolver,
    shape: Shape,
    categories: tuple[str, ...],
    description: str,
    *,
    keys: Callable[[Reading, Mapping[str, Any]], Sequence[Any]] | None = None,
    exact: bool = False,
    **more: Any,
) -> Any:
    """A field of Query."""
    return bound(Lookup(resolve, shape, keys, exact), description, categories, **more)
