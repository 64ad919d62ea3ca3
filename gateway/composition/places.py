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
_DIRECTIVE_ARGUMENT: Final = re.compile(r"@(?P<directive>\w+)\((?P<argument>\w+):\)")


def located(errors: Iterable[CompositionError], subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    """The same errors; one about merged types, which has no places yet, gets the declarations of its coordinate."""
    for error in errors:
        yield error if error.subgraphs else replace(error, subgraphs=tuple(_declarations(error.coordinate, subgraphs)))


def _declarations(coordinate: str, subgraphs: Sequence[Subgraph]) -> Iterator[Place]:
    match, of_directive = _COORDINATE.fullmatch(coordinate), _DIRECTIVE_ARGUMENT.fullmatch(coordinate)
    for subgraph in subgraphs:
        node: Node | None = None
        if match is not None:
            node = _node(subgraph, match["type"], match["member"], match["argument"])
        elif of_directive is not None:
            argument = subgraph.directive_arguments.get(of_directive["directive"], {}).get(of_directive["argument"])
            node = argument.node if argument is not None else None
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
