"""This rule is in charge of merged interfaces: a field that one subgraph adds must exist on implementers of all subgraphs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.composition.errors import CompositionError, in_words
from gateway.composition.merged import Merged, MergedType
from gateway.composition.subgraph import Subgraph


def interface_implementations(merged: Merged, subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    """INTERFACE_FIELD_NO_IMPLEM."""
    for type_ in merged.types.values():
        for interface in type_.all_interfaces:
            yield from _missing(merged.types[interface], type_, subgraphs)


def _missing(interface: MergedType, type_: MergedType, subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    implementing = [name for name, interfaces in type_.interfaces.items() if interface.name in interfaces]
    for field in interface.fields.values():
        if field.name in type_.fields:
            continue
        message = (
            f'Interface field "{interface.name}.{field.name}" comes from {in_words(field.joins)}, but type "{type_.name}", '
            f"which implements it in {in_words(implementing)}, has no such field."
        )
        places = tuple(s.place(s.types[type_.name].node) for s in subgraphs if s.name in implementing)
        yield CompositionError("INTERFACE_FIELD_NO_IMPLEM", message, f"{type_.name}.{field.name}", places)
