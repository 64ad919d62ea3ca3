"""This module is in charge of the selection tree: the form of an operation that every stage after validation reads.

Fragments are inlined, equal fields merged, constant `@skip`/`@include` decided. Literals and variables stay in
the arguments as they were written; nothing here depends on the values of variables.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Variable:
    """A use of a variable; `name` without the dollar sign."""

    name: str


@dataclass(frozen=True, slots=True)
class EnumLiteral:
    """An enum value written in the document (told apart from a string)."""

    name: str


@dataclass(frozen=True, slots=True)
class ObjectLiteral:
    """An input object written in the document; values may hold variables."""

    fields: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class ListLiteral:
    """A list written in the document; items may hold variables."""

    items: tuple[Value, ...]


Value = Variable | EnumLiteral | ObjectLiteral | ListLiteral | str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Condition:
    """`@include(if: $variable)`, or `@skip` when negated."""

    variable: str
    negated: bool


@dataclass(frozen=True, slots=True)
class Field:
    """One selected field, its arguments, and what is selected below it."""

    name: str
    alias: str | None
    arguments: tuple[tuple[str, Value], ...]
    conditions: tuple[Condition, ...]
    selections: tuple[Selection, ...]
    parent_type: str  # type the field was looked up on
    type: str  # the field's type, printed: "[Battery!]!"; "String!" for __typename

    @property
    def response_key(self) -> str:
        """The name under which the value appears in the answer."""
        return self.alias or self.name


@dataclass(frozen=True, slots=True)
class Fragment:
    """An inline fragment that could not be dissolved: it narrows the type or carries conditions."""

    type_condition: str
    conditions: tuple[Condition, ...]
    selections: tuple[Selection, ...]


Selection = Field | Fragment


@dataclass(frozen=True, slots=True)
class VariableDefinition:
    """A declared variable; `default` is its literal when `has_default`."""

    name: str
    type: str
    has_default: bool
    default: Value


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, normalised. `kind` is query, mutation or subscription."""

    kind: str
    name: str | None
    root_type: str
    variables: tuple[VariableDefinition, ...]
    selections: tuple[Selection, ...]


def fields_of(selections: tuple[Selection, ...]) -> Iterator[Field]:
    """Every field at this level, those inside fragments included."""
    for item in selections:
        if isinstance(item, Field):
            yield item
        else:
            yield from fields_of(item.selections)


def condition_variables(selections: tuple[Selection, ...]) -> Iterator[str]:
    """The variables of all conditions, repeated ones too."""
    for item in selections:
        yield from (each.variable for each in item.conditions)
        yield from condition_variables(item.selections)
