"""This module is in charge of the merged elements: what the subgraphs say together, before it is printed or built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import ConstValueNode, DirectiveDefinitionNode

from gateway.composition.document import ROOTS
from gateway.composition.links import Element, Feature
from gateway.composition.requirements import Scopes
from gateway.composition.supergraph import FieldJoin, Key, ListSize, TypeKind
from gateway.composition.types import NonNull, TypeRef


@dataclass(frozen=True, slots=True)
class Annotations:
    """What is said about an element beside its type: the merged description and directives."""

    description: str | None = None
    inaccessible: bool = False
    deprecated: str | None = None
    specified_by: str | None = None
    one_of: bool = False
    authenticated: bool = False
    scopes: Scopes | None = None
    categories: frozenset[str] = frozenset()
    policies: Scopes | None = None
    cost: int | None = None
    list_size: ListSize | None = None
    federated: tuple[tuple[str, str], ...] = ()  # federation directive and its printed arguments: ("tag", '(name: "x")')
    joined: tuple[tuple[str, str, tuple[str, ...]], ...] = ()  # of a directive kept per subgraph: name, printed arguments, subgraphs
    composed: tuple[str, ...] = ()  # uses of composed directives, printed: '@category(names: ["A"])'


@dataclass(frozen=True, slots=True)
class MergedInput:
    """An argument or an input field; `types` is what each subgraph declares."""

    name: str
    type: TypeRef
    default: ConstValueNode | None
    annotations: Annotations
    types: Mapping[str, TypeRef]

    @property
    def required(self) -> bool:
        """True when a caller must give a value."""
        return isinstance(self.type, NonNull) and self.default is None


@dataclass(frozen=True, slots=True)
class MergedField:
    """A field of an object or interface type.

    `typed` when some subgraph declares another type than the merged one; `abstracted` when only interface objects above its type give it,
    so that it has no joins.
    """

    name: str
    type: TypeRef
    arguments: Mapping[str, MergedInput]
    annotations: Annotations
    joins: Mapping[str, FieldJoin]
    typed: bool = False
    abstracted: bool = False


@dataclass(frozen=True, slots=True)
class MergedValue:
    """A value of an enum type."""

    name: str
    annotations: Annotations
    subgraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MergedType:
    """A named type; `subgraphs` in their order, everything else by subgraph name."""

    name: str
    kind: TypeKind
    annotations: Annotations
    subgraphs: tuple[str, ...]
    keys: Mapping[str, tuple[Key, ...]]
    fields: Mapping[str, MergedField]
    inputs: Mapping[str, MergedInput]
    values: Mapping[str, MergedValue]
    interfaces: Mapping[str, tuple[str, ...]]
    members: Mapping[str, tuple[str, ...]]
    interface_objects: frozenset[str] = frozenset()
    contexts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def parts(self) -> tuple[MergedField | MergedInput | MergedValue, ...]:
        """Its fields, input fields or enum values."""
        return (*self.fields.values(), *self.inputs.values(), *self.values.values())

    @property
    def all_interfaces(self) -> tuple[str, ...]:
        """The interfaces it implements in any subgraph."""
        return tuple(dict.fromkeys(name for names in self.interfaces.values() for name in names))

    @property
    def all_members(self) -> tuple[str, ...]:
        """The members it has in any subgraph."""
        return tuple(dict.fromkeys(name for names in self.members.values() for name in names))


MergedTypes = Mapping[str, MergedType]


@dataclass(frozen=True, slots=True)
class ComposedDirective:
    """A directive that `@composeDirective` carries into the supergraph, and the subgraphs whose uses count."""

    element: Element
    name: str
    definition: DirectiveDefinitionNode
    feature: Feature
    subgraphs: frozenset[str]


@dataclass(frozen=True, slots=True)
class MergedDirective:
    """A directive for operations that all subgraphs define; `locations` are sorted."""

    name: str
    annotations: Annotations
    arguments: Mapping[str, MergedInput]
    locations: tuple[str, ...]
    repeatable: bool


@dataclass(frozen=True, slots=True)
class Merged:
    """Everything that merging yields; `names` says what the supergraph calls the federation directives it prints.

    `aliases` are what specifications are called, by identity, that cannot be called by their names there.
    """

    types: MergedTypes
    composed: tuple[ComposedDirective, ...]
    executable: tuple[MergedDirective, ...]
    names: Mapping[str, str]
    schema: Annotations = Annotations()
    aliases: Mapping[str, str] = field(default_factory=dict)

    @property
    def roots(self) -> dict[str, str]:
        """The root types by operation; an interface that is called as one is none."""
        return {operation: name for operation, name in ROOTS.items() if name in self.types and self.types[name].kind == "OBJECT"}
