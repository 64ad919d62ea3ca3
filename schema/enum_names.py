"""This module is in charge of telling a name that a document has without quotes, an enum value, from a text: JSON writes both alike."""

from __future__ import annotations

from typing import Any

from graphql import EnumValueNode, ValueNode, value_from_ast_untyped


class EnumName(str):
    """The name of an enum value as it stood in a document. It is a text to whoever takes names; what wants a text refuses it."""

    __slots__ = ()


def written_value(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
    """The value of a literal for which a custom scalar stands, enum values as their names."""
    return EnumName(node.value) if isinstance(node, EnumValueNode) else value_from_ast_untyped(node, variables)
