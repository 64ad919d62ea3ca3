"""This module is in charge of the supergraph value: what every later stage knows of the composed schema.

It holds no behaviour beyond look-ups. Composition makes it (from subgraph SDL), planning and
execution read it, and nobody changes it: a reload makes a new one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import GraphQLSchema

from gateway.composition.errors import CompositionHint

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
    arguments: tuple[tuple[str, str], ...] = ()  # name and printed GraphQL literal, by name


FieldSet = tuple[FieldSetItem, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """An entity key of a type in one subgraph; an unresolvable key may be given, never entered by."""

    fields: FieldSet
    text: str
    resolvable: bool = True
    extension: bool = field(default=False, compare=False)  # written on an extension, of which the join spec tells


@dataclass(frozen=True, slots=True)
class ContextArgument:
    """An argument that the gateway fills from a context set above the field (join spec `contextArguments`; `@fromContext`)."""

    name: str
    type: str  # printed: "String!"
    context: str  # the context's name in the supergraph: "subgraph__name"
    selection: str  # from the object that set the context: "{ prop }" or "... on A { prop } ... on B { prop }"


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
    override: str | None = None  # the subgraph that this one takes the field over from (`@override(from:)`)
    override_label: str | None = None  # the take-over holds where this label is on; on both sides of it
    used_overridden: bool = False  # taken over, and kept because a key, a requirement or an interface of this subgraph uses it
    context_arguments: tuple[ContextArgument, ...] = ()

    @property
    def owned(self) -> bool:
        """True when this subgraph answers the field by itself (given what it requires, and the side its label is on)."""
        return not self.external and (not self.used_overridden or self.override_label is not None)


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
        return join is not None and join.owned


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
    interface_objects: frozenset[str] = frozenset()  # subgraphs that know this interface as an object (`@interfaceObject`)
    implements: Mapping[str, frozenset[str]] = field(default_factory=dict)  # interfaces, by subgraph
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)  # enum values, by subgraph
    contexts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # contexts set by values of this type, by subgraph


@dataclass(frozen=True, slots=True)
class ListSize:
    """What `@listSize` says of a list field (IBM cost specification)."""

    assumed_size: int | None = None
    slicing_arguments: tuple[str, ...] = ()
    sized_fields: tuple[str, ...] = ()
    require_one_slicing_argument: bool = True


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a coordinate asks of the caller.

    `scopes` and `policies` are disjunctions of conjunctions (`@requiresScopes`, `@policy`); None means nothing is asked.
    `categories` are the data categories (A to N) printed by `@category(names:)`.
    """

    authenticated: bool = False
    scopes: frozenset[frozenset[str]] | None = None
    categories: frozenset[str] = frozenset()
    policies: frozenset[frozenset[str]] | None = None


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
    costs: Mapping[str, int] = field(default_factory=dict)  # `@cost(weight:)` by coordinate, like requirements
    list_sizes: Mapping[str, ListSize] = field(default_factory=dict)  # `@listSize` by field coordinate
    hints: tuple[CompositionHint, ...] = ()

    def type_of(self, name: str) -> TypeInfo:
        """The type of that name; KeyError is a defect of the caller."""
        return self.types[name]
