"""This module is in charge of finding where in the subgraphs a coordinate is declared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from graphql import Node

from gateway.composition.errors import CompositionError, Place
from gateway.composition.subgraph import Subgraph

_COORDINATE: Final = re.compile(r"(?P<type>\w+)(?:\.(?P<member>\w+)(?:\((?P<argument>\w+):\))?)?")


def located(errors: Iterable[CompositionError], subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    """The same errors; one about merged types, which has no places yet, gets the declarations of its coordinate."""
    for error in errors:
        yield error if error.subgraphs else replace(error, subgraphs=tuple(_declarations(error.coordinate, subgraphs)))


def _declarations(coordinate: str, subgraphs: Sequence[Subgraph]) -> Iterator[Place]:
    match = _COORDINATE.fullmatch(coordinate)
    if match is None:
        return
    for subgraph in subgraphs:
        node = _node(subgraph, match["type"], match["member"], match["argument"])
        if node is not None and node.loc is not None:
            yield subgraph.place(node)


def _node(subgraph: Subgraph, type_name: str, member: str | None, argument: str | None) -> Node | None:
    type_ = subgraph.types.get(type_name)
    if type_ is None or member is None:
        return type_.node if type_ is not None else None
    field = type_.fields.get(member)
    if argument is not None:
        return field.arguments[argument].node if field is not None and argument in field.arguments else None
    return next((part.node for part in type_.parts if part.name == member), None)
