"""This module is in charge of flattening: which columns the rows of a saved operation have, by its document alone, and their values.

The rule: a leaf below the row is a column, named by the response keys on the way to it with dots between, in the order of the
selection. An object on the way that is null leaves its columns empty. A list, of whatever, is one column of JSON. So the columns
are the same for every party and every page: what is closed to a party is empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_interface_type,
    is_list_type,
    is_object_type,
)


class Kind(StrEnum):
    """What stands in a column."""

    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    TEXT = "text"
    JSON = "json"


_KINDS: Final = {"Int": Kind.INTEGER, "Float": Kind.NUMBER, "Boolean": Kind.BOOLEAN, "Date": Kind.DATE, "DateTime": Kind.DATETIME}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its path of response keys below the row, and its kind."""

    path: tuple[str, ...]
    kind: Kind

    @property
    def name(self) -> str:
        """As it stands in headings."""
        return ".".join(self.path)

    def of(self, row: Any) -> Any:
        """The value in a row of the answer, None where anything on the way is null or was not selected."""
        for key in self.path:
            if not isinstance(row, dict):
                return None
            row = row.get(key)
        return row


def columns_of(
    selections: SelectionSetNode, type_: GraphQLNamedType, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]
) -> tuple[Column, ...]:
    """The columns of a selection on that type; two selections of one field are one column. The document has to be valid."""
    return tuple(dict.fromkeys(_columns(selections, type_, schema, fragments, ())))


def _columns(
    selections: SelectionSetNode,
    type_: GraphQLNamedType,
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    path: tuple[str, ...],
) -> Iterator[Column]:
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield from _column(node, type_, schema, fragments, (*path, node.alias.value if node.alias else node.name.value))
            continue
        if isinstance(node, FragmentSpreadNode):
            fragment: FragmentDefinitionNode | InlineFragmentNode = fragments[node.name.value]
        else:
            assert isinstance(node, InlineFragmentNode)
            fragment = node
        condition = schema.type_map[fragment.type_condition.name.value] if fragment.type_condition else type_
        yield from _columns(fragment.selection_set, condition, schema, fragments, path)


def _column(
    node: FieldNode, type_: GraphQLNamedType, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], path: tuple[str, ...]
) -> Iterator[Column]:
    output = _output(type_, node.name.value)
    if output is None:
        yield Column(path, Kind.TEXT)
    elif is_list_type(get_nullable_type(output)):
        yield Column(path, Kind.JSON)
    elif node.selection_set is None:
        yield Column(path, _KINDS.get(get_named_type(output).name, Kind.TEXT))
    elif _is_page(get_named_type(output)):
        # A connection is a list that is given by the page.
        yield Column(path, Kind.JSON)
    else:
        yield from _columns(node.selection_set, get_named_type(output), schema, fragments, path)


def _output(type_: GraphQLNamedType, name: str) -> GraphQLOutputType | None:
    """The field's type, None for __typename."""
    if name == "__typename" or not (is_object_type(type_) or is_interface_type(type_)):
        return None
    output: GraphQLOutputType = type_.fields[name].type
    return output


def _is_page(type_: GraphQLNamedType) -> bool:
    return is_object_type(type_) and "pageInfo" in type_.fields
