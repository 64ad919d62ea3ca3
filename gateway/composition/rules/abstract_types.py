"""This rule is in charge of what belongs to abstract types: objects in unions, and interfaces behind `implements`, as the subgraphs together see them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.composition.errors import CompositionError
from gateway.composition.subgraph import Subgraph


def abstract_types(subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    """INVALID_GRAPHQL where another subgraph makes a member an interface (`@interfaceObject`), or an interface an object.

    A type is what the first subgraph says that has it.
    """
    kinds: dict[str, str] = {}
    for subgraph in subgraphs:
        for type_ in subgraph.types.values():
            kinds.setdefault(type_.name, type_.merged_kind)
    for subgraph in subgraphs:
        for type_ in subgraph.types.values():
            for name in type_.interfaces:
                if kinds[type_.name] in {"OBJECT", "INTERFACE"} and kinds.get(name) != "INTERFACE":
                    message = f'Type "{type_.name}" of subgraph "{subgraph.name}" implements "{name}", which is no interface elsewhere.'
                    yield CompositionError("INVALID_GRAPHQL", message, type_.name, (subgraph.place(type_.node),))
            for name in type_.members if kinds[type_.name] == "UNION" else ():
                if kinds.get(name) != "OBJECT":
                    message = f'Union "{type_.name}" of subgraph "{subgraph.name}" has the member "{name}", which is no object type elsewhere.'
                    yield CompositionError("INVALID_GRAPHQL", message, type_.name, (subgraph.place(type_.node),))
