"""This module is in charge of cutting coordinates out of a schema so that what is left is a schema that never had them.

It works on the parsed SDL and repeats the laws in `_Pruning` until nothing more goes: a field goes with its type or with an
argument it cannot do without, a type with its last member, a default that names what is gone with the argument it
stands at (the server applies it all the same). Then types that nothing leads to go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final, TypeVar

from graphql import (
    DefinitionNode,
    DirectiveDefinitionNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumValueNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    ListTypeNode,
    ListValueNode,
    NamedTypeNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    ObjectValueNode,
    TypeDefinitionNode,
    TypeNode,
    UnionTypeDefinitionNode,
    ValueNode,
)

_ROOTS: Final = ("Query", "Mutation", "Subscription")
_Composite = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode
_Node = TypeVar("_Node")


def prune(document: DocumentNode, closed: frozenset[str]) -> DocumentNode:
    """The SDL without the closed coordinates and without what is of no use after them. `document` holds definitions, no extensions,
    and the root types have their usual names; Query stays, without fields if need be."""
    pruning = _Pruning(document, closed)
    pruning.settle()
    keep = pruning.reachable()
    kept: list[TypeDefinitionNode | DirectiveDefinitionNode] = [pruning.without_gone(definition) for name, definition in pruning.types.items() if name in keep]
    return DocumentNode(definitions=(*pruning.directives, *kept))


def without_enum_values(document: DocumentNode, closed: frozenset[str]) -> DocumentNode:
    """The SDL without the closed enum values, and with everything else: an enum that loses all of them stays, empty."""
    return DocumentNode(definitions=tuple(_with_open_values(node, closed) for node in document.definitions))


def _with_open_values(node: DefinitionNode, closed: frozenset[str]) -> DefinitionNode:
    if not isinstance(node, EnumTypeDefinitionNode):
        return node
    return replace(node, values=tuple(value for value in node.values or () if f"{node.name.value}.{value.name.value}" not in closed))


class _Pruning:
    def __init__(self, document: DocumentNode, closed: frozenset[str]) -> None:
        self.types = {node.name.value: node for node in document.definitions if isinstance(node, TypeDefinitionNode)}
        self.directives = tuple(node for node in document.definitions if isinstance(node, DirectiveDefinitionNode))
        self.gone = set(closed)
        self.implementers: dict[str, list[str]] = {}
        for name, node in self.types.items():
            for interface in _interfaces(node):
                self.implementers.setdefault(interface.name.value, []).append(name)

    def settle(self) -> None:
        """Apply the laws until they change nothing; every round but the last takes something away, so there is an end."""
        before = -1
        while before != len(self.gone):
            before = len(self.gone)
            for name, definition in self.types.items():
                self.gone.update(self._following(name, definition))

    def _following(self, name: str, node: TypeDefinitionNode) -> Iterator[str]:
        match node:
            case ObjectTypeDefinitionNode() | InterfaceTypeDefinitionNode():
                yield from self._following_composite(name, node)
            case InputObjectTypeDefinitionNode():
                yield from self._following_input(name, node)
            case EnumTypeDefinitionNode():
                if all(f"{name}.{value.name.value}" in self.gone for value in node.values or ()):
                    yield name
            case UnionTypeDefinitionNode():
                if all(member.name.value in self.gone for member in node.types or ()):
                    yield name

    def _following_composite(self, name: str, node: _Composite) -> Iterator[str]:
        for item in node.fields or ():
            field = f"{name}.{item.name.value}"
            arguments = [(f"{field}({a.name.value}:)", a) for a in item.arguments or ()]
            yield from (place for place, argument in arguments if self._input_goes(argument) or self._goes_below(name, place))
            lost = any(place in self.gone and _is_required(argument) for place, argument in arguments)
            if name in self.gone or _named(item.type) in self.gone or lost or self._goes_below(name, field):
                yield field
        if name != "Query" and all(f"{name}.{item.name.value}" in self.gone for item in node.fields or ()):
            yield name

    def _goes_below(self, interface: str, coordinate: str) -> bool:
        member = coordinate.removeprefix(interface)
        return any(each + member in self.gone for each in self.implementers.get(interface, ()))

    def _following_input(self, name: str, node: InputObjectTypeDefinitionNode) -> Iterator[str]:
        fields = [(f"{name}.{item.name.value}", item) for item in node.fields or ()]
        yield from (place for place, item in fields if name in self.gone or self._input_goes(item))
        lost = any(place in self.gone and _is_required(item) for place, item in fields)
        if lost or all(place in self.gone for place, _ in fields):
            yield name

    def _input_goes(self, node: InputValueDefinitionNode) -> bool:
        name = _named(node.type)
        return name in self.gone or (node.default_value is not None and self._names_gone(node.default_value, name))

    def _names_gone(self, value: ValueNode, type_name: str) -> bool:
        match value:
            case EnumValueNode():
                return f"{type_name}.{value.value}" in self.gone
            case ListValueNode():
                return any(self._names_gone(item, type_name) for item in value.values or ())
            case ObjectValueNode():
                return any(self._field_names_gone(type_name, item.name.value, item.value) for item in value.fields or ())
            case _:
                return False

    def _field_names_gone(self, type_name: str, field: str, value: ValueNode) -> bool:
        node = self.types[type_name]
        # A custom scalar may have an object for its value.
        if not isinstance(node, InputObjectTypeDefinitionNode):
            return False
        below = next((_named(item.type) for item in node.fields or () if item.name.value == field), "")
        return f"{type_name}.{field}" in self.gone or self._names_gone(value, below)

    def reachable(self) -> set[str]:
        """Names of types that a client can come to from the root types."""
        waiting: list[str] = [name for name in _ROOTS if name in self.types and name not in self.gone]
        waiting += [_named(argument.type) for directive in self.directives for argument in directive.arguments or ()]
        found: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name not in found and name in self.types and name not in self.gone:
                found.add(name)
                waiting.extend(self._leads_to(name, self.types[name]))
        return found

    def _leads_to(self, name: str, node: TypeDefinitionNode) -> Iterator[str]:
        match node:
            case ObjectTypeDefinitionNode() | InterfaceTypeDefinitionNode():
                yield from (interface.name.value for interface in node.interfaces or ())
                yield from self.implementers.get(name, ())
                for item in self._fields_left(name, node.fields or ()):
                    yield _named(item.type)
                    yield from (_named(argument.type) for argument in self._arguments_left(name, item))
            case InputObjectTypeDefinitionNode():
                yield from (_named(item.type) for item in self._fields_left(name, node.fields or ()))
            case UnionTypeDefinitionNode():
                yield from (member.name.value for member in node.types or ())

    def _fields_left(self, name: str, fields: Iterable[_Node]) -> tuple[_Node, ...]:
        return tuple(item for item in fields if f"{name}.{item.name.value}" not in self.gone)  # type: ignore[attr-defined]

    def _arguments_left(self, name: str, field: FieldDefinitionNode) -> tuple[InputValueDefinitionNode, ...]:
        return tuple(a for a in field.arguments or () if f"{name}.{field.name.value}({a.name.value}:)" not in self.gone)

    def without_gone(self, node: TypeDefinitionNode) -> TypeDefinitionNode:
        """A copy of the definition without its members that are gone."""
        name = node.name.value
        match node:
            case ObjectTypeDefinitionNode() | InterfaceTypeDefinitionNode():
                fields = tuple(self._field_without_gone(name, item) for item in self._fields_left(name, node.fields or ()))
                return replace(node, interfaces=self._types_left(_interfaces(node)), fields=fields)
            case InputObjectTypeDefinitionNode():
                return replace(node, fields=self._fields_left(name, node.fields or ()))
            case EnumTypeDefinitionNode():
                return replace(node, values=self._fields_left(name, node.values or ()))
            case UnionTypeDefinitionNode():
                return replace(node, types=self._types_left(node.types or ()))
            case _:
                return node

    def _field_without_gone(self, name: str, field: FieldDefinitionNode) -> FieldDefinitionNode:
        return replace(field, arguments=self._arguments_left(name, field))

    def _types_left(self, types: Iterable[NamedTypeNode]) -> tuple[NamedTypeNode, ...]:
        return tuple(each for each in types if each.name.value not in self.gone)


def _named(node: TypeNode) -> str:
    while isinstance(node, ListTypeNode | NonNullTypeNode):
        node = node.type
    assert isinstance(node, NamedTypeNode)
    return node.name.value


def _is_required(node: InputValueDefinitionNode) -> bool:
    return isinstance(node.type, NonNullTypeNode) and node.default_value is None


def _interfaces(node: TypeDefinitionNode) -> tuple[NamedTypeNode, ...]:
    return (node.interfaces or ()) if isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode) else ()
