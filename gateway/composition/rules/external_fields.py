"""This rule is in charge of `@external`: it stands on object fields, and only where something in the subgraph uses the field."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.composition.errors import CompositionError
from gateway.composition.fieldset import selected
from gateway.composition.subgraph import Subgraph, SubgraphField, SubgraphType


def external_fields(subgraph: Subgraph) -> Iterator[CompositionError]:
    """EXTERNAL_ON_INTERFACE and EXTERNAL_UNUSED."""
    used = _used(subgraph)
    for type_ in subgraph.types.values():
        for field in type_.fields.values():
            yield from _of_field(subgraph, type_, field, used)


def _of_field(subgraph: Subgraph, type_: SubgraphType, field: SubgraphField, used: set[tuple[str, str]]) -> Iterator[CompositionError]:
    coordinate = f"{type_.name}.{field.name}"
    place = (subgraph.place(field.node),)
    if not field.external:
        return
    if type_.kind == "INTERFACE":
        message = f'Interface field "{coordinate}" is @external in subgraph "{subgraph.name}"; only fields of object types can be.'
        yield CompositionError("EXTERNAL_ON_INTERFACE", message, coordinate, place)
    if (type_.name, field.name) not in used:
        message = f'Field "{coordinate}" is @external in subgraph "{subgraph.name}", but no @key, @requires or interface there uses it.'
        yield CompositionError("EXTERNAL_UNUSED", message, coordinate, place)


def _used(subgraph: Subgraph) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for type_ in subgraph.types.values():
        required = [field.requires for field in type_.fields.values() if field.requires is not None]
        for use in (*type_.keys, *required):
            for pick in selected(subgraph.types, type_.name, use.items):
                found.update((runtime, pick.field) for runtime in (pick.type, *subgraph.runtime_types(pick.type)))
        found.update(_of_interfaces(subgraph, type_))
    return found


def _of_interfaces(subgraph: Subgraph, type_: SubgraphType) -> Iterator[tuple[str, str]]:
    for interface in type_.interfaces:
        yield from ((type_.name, name) for name in subgraph.types[interface].fields)
