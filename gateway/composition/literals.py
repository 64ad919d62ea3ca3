"""This module is in charge of whether a literal is a value of an input type, as a subgraph declares its types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from graphql import BooleanValueNode, EnumValueNode, FloatValueNode, IntValueNode, ListValueNode, NullValueNode, ObjectValueNode, StringValueNode, ValueNode

from gateway.composition.types import ListOf, Named, NonNull, TypeRef


class InputLike(Protocol):
    """What is needed of an input field."""

    @property
    def type(self) -> TypeRef: ...
    @property
    def required(self) -> bool: ...


class TypeLike(Protocol):
    """What is needed of a type."""

    @property
    def kind(self) -> str: ...
    @property
    def inputs(self) -> Mapping[str, InputLike]: ...
    @property
    def values(self) -> Mapping[str, object]: ...


def fits(types: Mapping[str, TypeLike], ref: TypeRef, node: ValueNode) -> bool:
    """True when the literal can be coerced to the type (GraphQL spec, "Input Coercion"); variables never can."""
    if isinstance(ref, NonNull):
        return not isinstance(node, NullValueNode) and fits(types, ref.of, node)
    if isinstance(node, NullValueNode):
        return True
    if isinstance(ref, ListOf):
        items = node.values if isinstance(node, ListValueNode) else (node,)
        return all(fits(types, ref.of, item) for item in items)
    return _fits_named(types, ref, node)


def _fits_named(types: Mapping[str, TypeLike], ref: Named, node: ValueNode) -> bool:
    type_ = types.get(ref.name)
    if type_ is None:
        return _SCALARS.get(ref.name, _is_constant)(node)
    if type_.kind == "ENUM":
        return isinstance(node, EnumValueNode) and node.value in type_.values
    if type_.kind == "INPUT_OBJECT":
        return isinstance(node, ObjectValueNode) and _fits_object(types, type_, node)
    return _is_constant(node)


def _fits_object(types: Mapping[str, TypeLike], type_: TypeLike, node: ObjectValueNode) -> bool:
    given = {field.name.value: field.value for field in node.fields}
    known = all(name in type_.inputs and fits(types, type_.inputs[name].type, value) for name, value in given.items())
    return known and all(name in given for name, item in type_.inputs.items() if item.required)


def _is_constant(node: ValueNode) -> bool:
    if isinstance(node, ListValueNode):
        return all(map(_is_constant, node.values))
    if isinstance(node, ObjectValueNode):
        return all(_is_constant(field.value) for field in node.fields)
    return node.kind != "variable"


_SCALARS: Final[dict[str, Callable[[ValueNode], bool]]] = {
    "Int": lambda node: isinstance(node, IntValueNode) and -(2**31) <= int(node.value) < 2**31,
    "Float": lambda node: isinstance(node, IntValueNode | FloatValueNode),
    "String": lambda node: isinstance(node, StringValueNode),
    "Boolean": lambda node: isinstance(node, BooleanValueNode),
    "ID": lambda node: isinstance(node, StringValueNode | IntValueNode),
}
