"""This module is in charge of the model of one subgraph: its types with every federation directive resolved to its meaning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from graphql import (
    ConstValueNode,
    DirectiveDefinitionNode,
    DirectiveNode,
    EnumValueDefinitionNode,
    FieldDefinitionNode,
    InputValueDefinitionNode,
    Node,
    SelectionSetNode,
    ValueNode,
)

from gateway.composition.definitions import FEDERATION
from gateway.composition.errors import Place, place
from gateway.composition.fieldset import Fault
from gateway.composition.links import Element, Links
from gateway.composition.supergraph import FieldSet, TypeKind
from gateway.composition.types import NonNull, TypeRef


@dataclass(frozen=True, slots=True)
class Applied:
    """One directive where it stands; `element` says what it is, whatever it is called here."""

    element: Element | None
    arguments: Mapping[str, ValueNode]
    node: DirectiveNode

    def is_federation(self, name: str) -> bool:
        """True when this is federation's directive of that name."""
        return self.element == Element(FEDERATION, name)


@dataclass(frozen=True, slots=True)
class FieldSetUse:
    """The `fields` argument of a `@key` or `@requires`, read; a fault where it is not a selection."""

    applied: Applied
    text: str
    selection: SelectionSetNode | None
    items: FieldSet
    fault: Fault | None
    resolvable: bool = True


@dataclass(frozen=True, slots=True)
class SubgraphInput:
    """An argument or an input field."""

    name: str
    type: TypeRef
    default: ConstValueNode | None
    description: str
    applied: tuple[Applied, ...]
    node: InputValueDefinitionNode

    @property
    def required(self) -> bool:
        """True when a caller must give a value (GraphQL spec, "Required Arguments")."""
        return isinstance(self.type, NonNull) and self.default is None


@dataclass(frozen=True, slots=True)
class SubgraphField:
    """A field of an object or interface type."""

    name: str
    type: TypeRef
    arguments: Mapping[str, SubgraphInput]
    description: str
    applied: tuple[Applied, ...]
    node: FieldDefinitionNode
    external: bool
    external_by_type: bool
    shareable: bool
    requires: FieldSetUse | None


@dataclass(frozen=True, slots=True)
class SubgraphValue:
    """A value of an enum type."""

    name: str
    description: str
    applied: tuple[Applied, ...]
    node: EnumValueDefinitionNode


@dataclass(frozen=True, slots=True)
class SubgraphType:
    """A named type as this subgraph sees it, its extensions folded in; `extension` when it has no base here."""

    name: str
    kind: TypeKind
    description: str
    applied: tuple[Applied, ...]
    nodes: tuple[Node, ...]
    extension: bool
    fields: Mapping[str, SubgraphField]
    inputs: Mapping[str, SubgraphInput]
    values: Mapping[str, SubgraphValue]
    interfaces: tuple[str, ...]
    members: tuple[str, ...]
    keys: tuple[FieldSetUse, ...]

    @property
    def parts(self) -> tuple[SubgraphField | SubgraphInput | SubgraphValue, ...]:
        """Its fields, input fields or enum values."""
        return (*self.fields.values(), *self.inputs.values(), *self.values.values())

    @property
    def node(self) -> Node:
        """The first declaration."""
        return self.nodes[0]


@dataclass(frozen=True, slots=True)
class Subgraph:
    """One subgraph, valid GraphQL, ready for the rules and for merging."""

    name: str
    url: str
    links: Links
    types: Mapping[str, SubgraphType]
    runtime: Mapping[str, frozenset[str]]  # interface or union -> the object types it may be here
    directives: Mapping[str, DirectiveDefinitionNode]  # of its own, by name
    composed: tuple[Applied, ...]  # the uses of @composeDirective

    def applied(self) -> Iterator[Applied]:
        """Every directive on types, their parts and arguments."""
        for type_ in self.types.values():
            yield from type_.applied
            for part in type_.parts:
                yield from part.applied
            for field in type_.fields.values():
                yield from (use for argument in field.arguments.values() for use in argument.applied)

    def place(self, node: Node | None) -> Place:
        """Where that node is in this subgraph's SDL."""
        return place(self.name, node)

    def runtime_types(self, name: str) -> frozenset[str]:
        """The object types that a value of this composite type may be here: itself, for an object type."""
        return self.runtime.get(name, frozenset({name}))


def having(applied: Iterable[Applied], federation_name: str) -> tuple[Applied, ...]:
    """The uses of one federation directive among those given."""
    return tuple(use for use in applied if use.is_federation(federation_name))
