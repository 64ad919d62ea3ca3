"""This rule is in charge of the arguments of `@link`: those of its definition, and purposes that there are (link spec v1.0, "@link")."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    EnumValueNode,
    NullValueNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    StringValueNode,
)

from gateway.composition.definitions import LINK_ARGUMENTS, PURPOSES
from gateway.composition.errors import CompositionError, place
from gateway.composition.links import Links


def link_arguments(subgraph: str, document: DocumentNode, links: Links) -> Iterator[CompositionError]:
    """INVALID_GRAPHQL."""
    own = next((n for n in document.definitions if isinstance(n, DirectiveDefinitionNode) and n.name.value == links.link_name), None)
    known = set(LINK_ARGUMENTS) if own is None else {argument.name.value for argument in own.arguments or ()}
    for node in document.definitions:
        for use in node.directives or () if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode) else ():
            if use.name.value == links.link_name:
                for reason in _reasons(use, known):
                    message = f'A @link of subgraph "{subgraph}" {reason}.'
                    yield CompositionError("INVALID_GRAPHQL", message, "", (place(subgraph, use),))


def _reasons(use: DirectiveNode, known: set[str]) -> Iterator[str]:
    for argument in use.arguments or ():
        name, value = argument.name.value, argument.value
        if name not in known:
            yield f'has an argument "{name}", which the link specification has not'
        elif name == "for" and not isinstance(value, NullValueNode) and not (isinstance(value, EnumValueNode) and value.value in PURPOSES):
            yield f"says a purpose that there is not; there are {' and '.join(PURPOSES)}"
        elif name == "as" and not isinstance(value, NullValueNode | StringValueNode):
            yield 'has an "as" that is no string'
