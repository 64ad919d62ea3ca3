"""This rule is in charge of `@external`: it stands on object fields, and only where something in the subgraph uses the field."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.composition.errors import CompositionError
from gateway.composition.subgraph import Subgraph, SubgraphField, SubgraphType


def external_fields(subgraph: Subgraph) -> Iterator[CompositionError]:
    """EXTERNAL_ON_INTERFACE and EXTERNAL_UNUSED."""
    for type_ in subgraph.types.values():
        for field in type_.fields.values():
            if field.external:
                yield from _of_field(subgraph, type_, field)


def _of_field(subgraph: Subgraph, type_: SubgraphType, field: SubgraphField) -> Iterator[CompositionError]:
    coordinate = f"{type_.name}.{field.name}"
    place = (subgraph.place(field.node),)
    if type_.kind == "INTERFACE":
        message = f'Interface field "{coordinate}" is @external in subgraph "{subgraph.name}"; only fields of object types can be.'
        yield CompositionError("EXTERNAL_ON_INTERFACE", message, coordinate, place)
    if (type_.name, field.name) not in subgraph.used:
        message = f'Field "{coordinate}" is @external in subgraph "{subgraph.name}", but no @key, @requires, @provides or interface there uses it.'
        yield CompositionError("EXTERNAL_UNUSED", message, coordinate, place)
