"""This module is in charge of finding nodes in a subgraph's document and putting others in their place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from functools import cache
from random import Random
from typing import Any, TypeVar

from graphql import (
    ConstDirectiveNode,
    DocumentNode,
    FieldDefinitionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ListTypeNode,
    Node,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    TypeNode,
    parse,
    parse_type,
)

Path = tuple[str | int, ...]
Site = tuple[Path, Any]
"""Where a node stands in its document, and the node."""

OBJECTS = (ObjectTypeDefinitionNode, ObjectTypeExtensionNode)
COMPOSITES = (*OBJECTS, InterfaceTypeDefinitionNode, InterfaceTypeExtensionNode)
TYPES = (TypeDefinitionNode, TypeExtensionNode)
SCALARS = ("String", "Int", "ID", "Float", "Boolean")

_T = TypeVar("_T")


@cache
def _parts(kind: type) -> tuple[str, ...]:
    return tuple(part.name for part in fields(kind) if part.name not in {"loc", "kind"})


def sites(root: Any, *kinds: type, path: Path = ()) -> Iterator[Site]:
    """Every node of these kinds under the root, from the outside in; a kind is not looked for inside of itself."""
    if isinstance(root, kinds):
        yield path, root
    elif isinstance(root, tuple):
        for index, item in enumerate(root):
            yield from sites(item, *kinds, path=(*path, index))
    elif isinstance(root, Node):
        for name in _parts(type(root)):
            value = getattr(root, name)
            if value is not None and not isinstance(value, str | bool):
                yield from sites(value, *kinds, path=(*path, name))


def put(root: Any, path: Path, new: Any) -> Any:
    """The same tree with `new` at that path; None takes away what is there."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        inner = put(root[step], rest, new)
        return (*root[:step], *(() if inner is None else (inner,)), *root[step + 1 :])
    return replace(root, **{step: put(getattr(root, step), rest, new)})


def any_of(random: Random, items: Iterator[_T] | list[_T] | tuple[_T, ...]) -> _T | None:
    """One of them, or None where there is none."""
    listed = list(items)
    return random.choice(listed) if listed else None


def owned_fields(document: DocumentNode, *owners: type) -> list[tuple[Path, FieldDefinitionNode, Any]]:
    """Every field of these kinds of types (objects and interfaces, unless told otherwise), with its path and its type."""
    found = []
    for path, owner in sites(document, *(owners or COMPOSITES)):
        found += [((*path, "fields", index), field, owner) for index, field in enumerate(owner.fields or ())]
    return found


def with_directive(node: Any, text: str) -> Any:
    """The node with one more directive, written as in SDL: '@key(fields: "id")'."""
    return replace(node, directives=(*(node.directives or ()), directive(text)))


def directive(text: str) -> ConstDirectiveNode:
    return parse(f"scalar X {text}", no_location=True).definitions[0].directives[0]  # type: ignore[union-attr,index]


def field_of(text: str) -> FieldDefinitionNode:
    """A field as written in SDL: 'name(of: Int = 1): String! @shareable'."""
    return parse(f"type X {{ {text} }}", no_location=True).definitions[0].fields[0]  # type: ignore[union-attr,index]


def input_of(text: str) -> InputValueDefinitionNode:
    """An argument or input field as written in SDL."""
    return parse(f"input X {{ {text} }}", no_location=True).definitions[0].fields[0]  # type: ignore[union-attr,index]


def with_definitions(document: DocumentNode, sdl: str) -> DocumentNode:
    return replace(document, definitions=(*document.definitions, *parse(sdl, no_location=True).definitions))


def named(type_: TypeNode) -> str:
    """The name at the bottom of a type."""
    while isinstance(type_, ListTypeNode | NonNullTypeNode):
        type_ = type_.type
    return type_.name.value  # type: ignore[attr-defined,no-any-return]


def renamed(type_: TypeNode, name: str) -> TypeNode:
    """The same wrapping around another name."""
    if isinstance(type_, ListTypeNode | NonNullTypeNode):
        return replace(type_, type=renamed(type_.type, name))
    return parse_type(name, no_location=True)


def type_names(document: DocumentNode, *kinds: type) -> list[str]:
    return sorted({node.name.value for _path, node in sites(document, *(kinds or TYPES))})
