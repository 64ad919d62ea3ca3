"""This rule is in charge of what Federation 1 subgraphs must keep as they are written, before they are taken for Federation 2."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.composition.document import ROOTS
from gateway.composition.errors import CompositionError
from gateway.composition.subgraph import Subgraph, SubgraphType


def federation_1(subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    """EXTENSION_WITH_NO_BASE, and INTERFACE_OBJECT_USAGE_ERROR for an interface object whose types only Federation 1 could tell."""
    for subgraph in (subgraph for subgraph in subgraphs if subgraph.links.federation_1):
        others = [other for other in subgraphs if other is not subgraph]
        baseless = [type_ for type_ in subgraph.types.values() if _is_entity_extension(type_) and not _is_defined(type_.name, others)]
        for type_ in baseless:
            message = f'Type "{type_.name}" is extended in subgraph "{subgraph.name}", but no other subgraph defines it.'
            yield CompositionError("EXTENSION_WITH_NO_BASE", message, type_.name, (subgraph.place(type_.node),))
        for type_ in subgraph.types.values() if not baseless else ():
            if type_.kind == "INTERFACE" and type_.keys and any(_is_interface_object(type_.name, other) for other in others):
                message = (
                    f'Interface "{type_.name}" has a @key in subgraph "{subgraph.name}", which is of Federation 1 and so cannot tell the types '
                    "of what other subgraphs know as an @interfaceObject."
                )
                yield CompositionError("INTERFACE_OBJECT_USAGE_ERROR", message, type_.name, (subgraph.place(type_.node),))


def _is_entity_extension(type_: SubgraphType) -> bool:
    """What else is extended without a base is told when it is merged, like everywhere."""
    return (type_.extension or type_.extends) and type_.kind in {"OBJECT", "INTERFACE"} and type_.name not in ROOTS.values()


def _is_defined(name: str, others: Sequence[Subgraph]) -> bool:
    return any(name in other.types and not other.types[name].extension for other in others)


def _is_interface_object(name: str, other: Subgraph) -> bool:
    return name in other.types and other.types[name].interface_object
