"""This module is in charge of the supergraph value: what every later stage knows of the composed schema.

It holds no behaviour beyond look-ups. Composition makes it (from subgraph SDL), planning and
execution read it, and nobody changes it: a reload makes a new one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import GraphQLSchema

TypeKind = str  # OBJECT, INTERFACE, UNION, ENUM, SCALAR or INPUT_OBJECT


@dataclass(frozen=True, slots=True)
class SubgraphSource:
    """One subgraph as given to composition: its name, where it answers, and its SDL."""

    name: str
    url: str  # "in-process" or an http(s) URL
    sdl: str


@dataclass(frozen=True, slots=True)
class FieldSetItem:
    """One field of a `FieldSet` scalar (`@key`, `@requires`, `@provides`); Federation spec, FieldSet."""

    name: str
    children: tuple[FieldSetItem, ...] = ()
    type_condition: str | None = None


FieldSet = tuple[FieldSetItem, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """An entity key of a type in one subgraph; an unresolvable key may be given, never entered by."""

    fields: FieldSet
    text: str
    resolvable: bool = True


@dataclass(frozen=True, slots=True)
class FieldJoin:
    """How one subgraph takes part in a field (join spec `@join__field`)."""

    subgraph: str
    type: str  # the field's type in that subgraph, printed: "[Battery!]!"
    external: bool = False
    requires: FieldSet | None = None
    requires_text: str | None = None
    provides: FieldSet | None = None
    provides_text: str | None = None


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """One field of a composite type and who can resolve it."""

    name: str
    type: str  # merged type, printed
    joins: Mapping[str, FieldJoin]  # by subgraph name
    inaccessible: bool = False

    def resolvable_in(self, subgraph: str) -> bool:
        """True when that subgraph answers this field by itself (given what it requires)."""
        join = self.joins.get(subgraph)
        return join is not None and not join.external


@dataclass(frozen=True, slots=True)
class TypeInfo:
    """One named type and where it lives."""

    name: str
    kind: TypeKind
    subgraphs: frozenset[str]
    keys: Mapping[str, tuple[Key, ...]]  # by subgraph
    fields: Mapping[str, FieldInfo]
    interfaces: frozenset[str] = frozenset()
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)  # union members or implementers, by subgraph
    inaccessible: bool = False


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a coordinate asks of the caller.

    `scopes` is a disjunction of conjunctions (`@requiresScopes`); None means no scopes are asked.
    `categories` are the data categories (A to N) printed by `@category(names:)`.
    """

    authenticated: bool = False
    scopes: frozenset[frozenset[str]] | None = None
    categories: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Supergraph:
    """The composed schema.

    `schema` holds everything, inaccessible elements included (planning reads it); `api_schema` is what
    clients may know before their own view narrows it. `requirements` is keyed by coordinate:
    "Type", "Type.field", "Type.field(argument:)", "Input.field", "Enum.VALUE".
    """

    subgraphs: Mapping[str, SubgraphSource]
    types: Mapping[str, TypeInfo]
    schema: GraphQLSchema
    api_schema: GraphQLSchema
    requirements: Mapping[str, Requirement]
    root_types: Mapping[str, str]  # "query" -> "Query"
    sdl: str  # the supergraph SDL (join v0.5, link v1.0)
    fingerprint: str  # sha256 of sdl, hex

    def type_of(self, name: str) -> TypeInfo:
        """The type of that name; KeyError is a defect of the caller."""
        return self.types[name]
