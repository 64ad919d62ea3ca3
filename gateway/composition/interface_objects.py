"""This module is in charge of what interface objects add: the fields that they resolve for every implementation of the interface."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gateway.composition.merged import MergedField, MergedType, MergedTypes


def with_abstracted_fields(types: MergedTypes) -> dict[str, MergedType]:
    """The same types, each implementation with the fields that it has only through an interface object above it."""
    return {name: _completed(types, type_) if type_.kind == "OBJECT" else type_ for name, type_ in types.items()}


def _completed(types: MergedTypes, type_: MergedType) -> MergedType:
    added = {field.name: field for field in _abstracted(types, type_) if field.name not in type_.fields}
    return replace(type_, fields={**type_.fields, **added}) if added else type_


def _abstracted(types: MergedTypes, type_: MergedType) -> Iterator[MergedField]:
    for interface in (types[name] for name in type_.all_interfaces if name in types):
        for field in interface.fields.values():
            if any(subgraph in interface.interface_objects for subgraph in field.joins):
                # What is said of one subgraph's answers is said where that subgraph gives them: on the interface.
                annotations = replace(field.annotations, joined=())
                yield replace(field, joins={}, typed=False, abstracted=True, annotations=annotations)
