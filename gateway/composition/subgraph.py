"""This module is in charge of the model of one subgraph: its types with every federation directive resolved to its meaning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
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
from gateway.composition.fieldset import Fault, selected
from gateway.composition.links import Element, Links
from gateway.composition.supergraph import FieldSet, TypeKind
from gateway.composition.types import NonNull, TypeRef, named_type


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
    """The `fields` argument of a `@key`, `@requires` or `@provides`, read; a fault where it is not a selection."""

    applied: Applied
    text: str
    selection: SelectionSetNode | None
    items: FieldSet
    fault: Fault | None
    resolvable: bool = True
    extension: bool = False  # written on an extension


@dataclass(frozen=True, slots=True)
class OverrideUse:
    """An `@override`: the subgraph that the field is taken over from, and the label that says for which requests."""

    applied: Applied
    source: str
    label: str | None


@dataclass(frozen=True, slots=True)
class ContextUse:
    """A `@fromContext(field:)`, read: "$name { selection }"; a fault where it is not of that form."""

    applied: Applied
    text: str
    context: str
    written: str  # the selection as it stands, without the context's name
    selection: SelectionSetNode | None
    fault: Fault | None


@dataclass(frozen=True, slots=True)
class SubgraphInput:
    """An argument or an input field; an argument with `from_context` is filled by the gateway, not by clients."""

    name: str
    type: TypeRef
    default: ConstValueNode | None
    description: str | None
    applied: tuple[Applied, ...]
    node: InputValueDefinitionNode
    from_context: ContextUse | None = None

    @property
    def required(self) -> bool:
        """True when a caller must give a value (GraphQL spec, "Required Arguments"); what a context fills nobody gives."""
        return isinstance(self.type, NonNull) and self.default is None and self.from_context is None


@dataclass(frozen=True, slots=True)
class SubgraphField:
    """A field of an object or interface type."""

    name: str
    type: TypeRef
    arguments: Mapping[str, SubgraphInput]
    description: str | None
    applied: tuple[Applied, ...]
    node: FieldDefinitionNode
    external: bool
    external_by_type: bool
    shareable: bool
    requires: FieldSetUse | None
    provides: FieldSetUse | None = None
    override: OverrideUse | None = None


@dataclass(frozen=True, slots=True)
class SchemaElement:
    """The schema itself, as an element that carries directives."""

    description: str | None
    applied: tuple[Applied, ...]


@dataclass(frozen=True, slots=True)
class SubgraphValue:
    """A value of an enum type."""

    name: str
    description: str | None
    applied: tuple[Applied, ...]
    node: EnumValueDefinitionNode


@dataclass(frozen=True, slots=True)
class SubgraphType:
    """A named type as this subgraph sees it, its extensions folded in.

    `extension` when it has no base here, `extends` when it says so by directive; `interface_object` when it is an object here and an
    interface elsewhere; `contexts` are the names it sets.
    """

    name: str
    kind: TypeKind
    description: str | None
    applied: tuple[Applied, ...]
    nodes: tuple[Node, ...]
    extension: bool
    fields: Mapping[str, SubgraphField]
    inputs: Mapping[str, SubgraphInput]
    values: Mapping[str, SubgraphValue]
    interfaces: tuple[str, ...]
    members: tuple[str, ...]
    keys: tuple[FieldSetUse, ...]
    interface_object: bool = False
    extends: bool = False
    contexts: tuple[str, ...] = ()

    @property
    def merged_kind(self) -> TypeKind:
        """What the type is in the supergraph: an interface object is an interface there."""
        return "INTERFACE" if self.interface_object else self.kind

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
    schema_level: SchemaElement
    directive_arguments: Mapping[str, Mapping[str, SubgraphInput]]  # what these take
    mentioned: Mapping[str, str]  # federation directives applied anywhere in its SDL, with their names here
    used: frozenset[tuple[str, str]]  # (type, field) that a key, requirement, provision or interface here uses

    @property
    def composed(self) -> tuple[Applied, ...]:
        """The uses of `@composeDirective`."""
        return having(self.schema_level.applied, "composeDirective")

    def elements(self) -> Iterator[tuple[str, tuple[Applied, ...]]]:
        """The coordinate of every element that carries directives, with them; "" for the schema itself."""
        yield "", self.schema_level.applied
        for type_ in self.types.values():
            yield type_.name, type_.applied
            for part in type_.parts:
                yield f"{type_.name}.{part.name}", part.applied
            for field in type_.fields.values():
                yield from ((f"{type_.name}.{field.name}({argument.name}:)", argument.applied) for argument in field.arguments.values())
        for name, arguments in self.directive_arguments.items():
            yield from ((f"@{name}({argument.name}:)", argument.applied) for argument in arguments.values())

    def applied(self) -> Iterator[Applied]:
        """Every directive on the schema, on types, their parts and arguments, and on the arguments of directives' definitions."""
        return (use for _, applied in self.elements() for use in applied)

    def key_fields(self) -> frozenset[tuple[str, str]]:
        """Every (type, field) that a key selects; such fields are shared by their nature."""
        picks = (pick for type_ in self.types.values() for key in type_.keys for pick in selected(self.types, type_.name, key.items))
        return frozenset((pick.type, pick.field) for pick in picks)

    def provided_fields(self, counts: Callable[[FieldSetUse], bool] = lambda use: True) -> frozenset[tuple[str, str]]:
        """Every (type, field) that some field here provides, on each type behind an abstract one too; of the provisions that count."""
        fields = (field for type_ in self.types.values() for field in type_.fields.values())
        uses = ((named_type(field.type), field.provides) for field in fields if field.provides is not None and counts(field.provides))
        picks = (pick for parent, use in uses for pick in selected(self.types, parent, use.items))
        return frozenset((member, pick.field) for pick in picks for member in (pick.type, *self.runtime_types(pick.type)))

    def place(self, node: Node | None) -> Place:
        """Where that node is in this subgraph's SDL."""
        return place(self.name, node)

    def runtime_types(self, name: str) -> frozenset[str]:
        """The object types that a value of this composite type may be here: itself, for an object type."""
        return self.runtime.get(name, frozenset({name}))


def having(applied: Iterable[Applied], federation_name: str) -> tuple[Applied, ...]:
    """The uses of one federation directive among those given."""
    return tuple(use for use in applied if use.is_federation(federation_name))
