"""This rule is in charge of where `@shareable` may stand: on object fields, once a declaration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import Node

from gateway.composition.definitions import FEDERATION
from gateway.composition.errors import CompositionError
from gateway.composition.links import Element
from gateway.composition.subgraph import Subgraph, having


def shareable_usage(subgraph: Subgraph) -> Iterator[CompositionError]:
    """INVALID_SHAREABLE_USAGE."""
    for type_ in subgraph.types.values():
        for node in type_.nodes:
            if _uses(subgraph, node) > 1:
                yield _refused(subgraph, type_.name, node, "is repeated on one declaration")
        for field in type_.fields.values():
            coordinate = f"{type_.name}.{field.name}"
            uses = len(having(field.applied, "shareable"))
            if uses and type_.kind == "INTERFACE":
                yield _refused(subgraph, coordinate, field.node, "stands on an interface field, which no subgraph resolves")
            elif uses > 1:
                yield _refused(subgraph, coordinate, field.node, "is repeated on one field")


def _uses(subgraph: Subgraph, node: Any) -> int:
    shareable = Element(FEDERATION, "shareable")
    return sum(subgraph.links.element(directive.name.value) == shareable for directive in node.directives or ())


def _refused(subgraph: Subgraph, coordinate: str, node: Node, problem: str) -> CompositionError:
    message = f'@shareable at "{coordinate}" of subgraph "{subgraph.name}" {problem}.'
    return CompositionError("INVALID_SHAREABLE_USAGE", message, coordinate, (subgraph.place(node),))
