"""This module is in charge of looking ahead: which columns the selection below a field needs, when objects are resolved one by one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLResolveInfo,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionNode,
)
from graphql.execution import get_directive_values

from schema.bindings import Nested, Shape, columns_of
from schema.graph import Graph

Info = GraphQLResolveInfo[Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a batch resolver is asked for: columns in the order of first use, and whether a total is wanted."""

    columns: tuple[str, ...]
    count: bool


class Lookahead:
    """Looks at the selections of one operation; each is read once, however many objects it is resolved on."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._known: dict[tuple[str, int], Wanted] = {}

    def wanted(self, info: Info, type_name: str, shape: Shape | None) -> Wanted:
        """For the field being resolved, whose rows (or connection) are of that type."""
        key = (type_name, id(info.field_nodes[0]))
        found = self._known.get(key)
        if found is None:
            columns: dict[str, None] = {}
            count = False
            if shape is Shape.PAGE:
                parts = self._fields(info, type_name, info.field_nodes)
                count = bool(parts.keys() & {"totalCount", "totalCountCapped"})
                self._page(info, type_name, parts, columns)
            else:
                self._row(info, type_name, info.field_nodes, columns)
            found = self._known[key] = Wanted(tuple(columns), count)
        return found

    def _page(self, info: Info, type_name: str, parts: dict[str, list[FieldNode]], columns: dict[str, None]) -> None:
        if "nodes" in parts:
            self._row(info, self._graph.field(type_name, "nodes").type_name, parts["nodes"], columns)
        if "edges" in parts:
            edge = self._graph.field(type_name, "edges").type_name
            below = self._fields(info, edge, parts["edges"])
            if "node" in below:
                self._row(info, self._graph.field(edge, "node").type_name, below["node"], columns)

    def _row(self, info: Info, type_name: str, nodes: Iterable[FieldNode], columns: dict[str, None]) -> None:
        for name, found in self._fields(info, type_name, nodes).items():
            field = self._graph.fields[type_name].get(name)
            if field is None or field.binding is None:
                continue
            columns.update((each.name, None) for each in columns_of(field.binding))
            if isinstance(field.binding, Nested):
                self._row(info, field.type_name, found, columns)

    def _fields(self, info: Info, type_name: str, nodes: Iterable[FieldNode]) -> dict[str, list[FieldNode]]:
        """By field name, not by response key: the same columns answer every alias."""
        found: dict[str, list[FieldNode]] = {}
        for node in nodes:
            if node.selection_set is not None:
                self._collect(info, type_name, node.selection_set.selections, found)
        return found

    def _collect(self, info: Info, type_name: str, selections: Iterable[SelectionNode], found: dict[str, list[FieldNode]]) -> None:
        for node in selections:
            if not _is_on(info, node):
                continue
            if isinstance(node, FieldNode):
                found.setdefault(node.name.value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                if node.type_condition is None or node.type_condition.name.value == type_name:
                    self._collect(info, type_name, node.selection_set.selections, found)
            elif isinstance(node, FragmentSpreadNode):
                fragment = info.fragments[node.name.value]
                if fragment.type_condition.name.value == type_name:
                    self._collect(info, type_name, fragment.selection_set.selections, found)


def _is_on(info: Info, node: Any) -> bool:
    skip = get_directive_values(GraphQLSkipDirective, node, info.variable_values)
    if skip and skip["if"]:
        return False
    include = get_directive_values(GraphQLIncludeDirective, node, info.variable_values)
    return not include or bool(include["if"])
