"""This module is in charge of what merged elements cost and how long their lists are, by coordinate."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.composition.merged import Annotations, MergedType, MergedTypes
from gateway.composition.supergraph import ListSize


def costs_of(types: MergedTypes) -> dict[str, int]:
    """Every coordinate with a `@cost`, and its weight."""
    return {at: said.cost for type_ in types.values() for at, said in _elements(type_) if said.cost is not None}


def list_sizes_of(types: MergedTypes) -> dict[str, ListSize]:
    """Every field with a `@listSize`, and what it says."""
    return {at: said.list_size for type_ in types.values() for at, said in _elements(type_) if said.list_size is not None}


def _elements(type_: MergedType) -> Iterator[tuple[str, Annotations]]:
    yield type_.name, type_.annotations
    for part in type_.parts:
        yield f"{type_.name}.{part.name}", part.annotations
    for field in type_.fields.values():
        for argument in field.arguments.values():
            yield f"{type_.name}.{field.name}({argument.name}:)", argument.annotations
