"""This module is in charge of what join v0.1 leaves unsaid: in which subgraphs a value type is.

It is in each subgraph from whose own fields it can be reached; there it has all its fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from graphql import TypeDefinitionNode

from gateway.composition.supergraph import FieldInfo, FieldJoin, TypeInfo


def spread(types: Mapping[str, TypeInfo], subgraphs: Iterable[str], roots: frozenset[str], nodes: Mapping[str, TypeDefinitionNode]) -> dict[str, TypeInfo]:
    """The same types, value types placed."""
    placed = dict(types)
    for subgraph in subgraphs:
        for name in _reached(types, subgraph, roots, nodes):
            if not types[name].subgraphs:
                placed[name] = _present_in(placed[name], subgraph, is_root=name in roots)
    return placed


def _reached(types: Mapping[str, TypeInfo], subgraph: str, roots: frozenset[str], nodes: Mapping[str, TypeDefinitionNode]) -> set[str]:
    seen = {name for name, info in types.items() if subgraph in info.subgraphs or name in roots}
    left = list(seen)
    while left:
        info = types[left.pop()]
        placed = bool(info.subgraphs) or info.name in roots
        fields = [each for each in info.fields.values() if subgraph in each.joins or not placed]
        new = {*(each.type.strip("[]!") for each in fields), *_beside(info, types, nodes)}
        fresh = {each for each in new if each in types and (subgraph in types[each].subgraphs or not types[each].subgraphs)} - seen
        seen |= fresh
        left += fresh
    return seen


def _beside(info: TypeInfo, types: Mapping[str, TypeInfo], nodes: Mapping[str, TypeDefinitionNode]) -> Iterator[str]:
    yield from info.interfaces
    if info.kind == "UNION":
        yield from (each.name.value for each in getattr(nodes[info.name], "types", None) or ())
    elif info.kind == "INTERFACE":
        yield from (each.name for each in types.values() if info.name in each.interfaces)


def _present_in(info: TypeInfo, subgraph: str, *, is_root: bool) -> TypeInfo:
    if is_root and not any(subgraph in each.joins for each in info.fields.values()):
        return info
    fields = info.fields if is_root else {name: _resolved_in(each, subgraph) for name, each in info.fields.items()}
    return replace(info, subgraphs=info.subgraphs | {subgraph}, fields=fields, implements={**info.implements, subgraph: info.interfaces})


def _resolved_in(field: FieldInfo, subgraph: str) -> FieldInfo:
    return replace(field, joins={**field.joins, subgraph: FieldJoin(subgraph, field.type)})
