"""This rule is in charge of a subgraph's own definitions of the types of federation and of `@link`: they may repeat the specification, not change it."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    ScalarTypeDefinitionNode,
    ScalarTypeExtensionNode,
    TypeDefinitionNode,
    TypeExtensionNode,
)

from gateway.composition.definitions import FEDERATION, FEDERATION_TYPES, PURPOSES
from gateway.composition.errors import CompositionError, place
from gateway.composition.links import Links


def type_definitions(subgraph: str, document: DocumentNode, links: Links) -> Iterator[CompositionError]:
    """TYPE_DEFINITION_INVALID."""
    scalars = {f"{links.link_name}__Import", *_scalars_of_federation(links)}
    purpose = f"{links.link_name}__Purpose"
    values: set[str] = set()
    enum: EnumTypeDefinitionNode | EnumTypeExtensionNode | None = None
    for node in document.definitions:
        if not isinstance(node, TypeDefinitionNode | TypeExtensionNode):
            continue
        name = node.name.value
        if name in scalars and not isinstance(node, ScalarTypeDefinitionNode | ScalarTypeExtensionNode):
            yield _refused(subgraph, node, "is a scalar in the specification that it is of")
        elif name == purpose and isinstance(node, EnumTypeDefinitionNode | EnumTypeExtensionNode):
            enum = enum or node
            values.update(value.name.value for value in node.values or ())
        elif name == purpose:
            yield _refused(subgraph, node, "is an enum in the link specification")
    if enum is not None and values != set(PURPOSES):
        yield _refused(subgraph, enum, f"has the values {' and '.join(PURPOSES)} in the link specification")


def _scalars_of_federation(links: Links) -> Iterator[str]:
    federation = links.feature(FEDERATION)
    minor = federation.minor if federation is not None and not links.federation_1 else -1
    return (links.federation_type(name) for name, since in FEDERATION_TYPES.items() if since <= minor)


def _refused(subgraph: str, node: TypeDefinitionNode | TypeExtensionNode, reason: str) -> CompositionError:
    message = f'The definition of type "{node.name.value}" in subgraph "{subgraph}" does not fit: it {reason}.'
    return CompositionError("TYPE_DEFINITION_INVALID", message, node.name.value, (place(subgraph, node),))
