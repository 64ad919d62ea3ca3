"""This rule is in charge of `@requires(fields:)`: it must select fields that other subgraphs give."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.composition.errors import CompositionError
from gateway.composition.external_selections import external_selection_faults
from gateway.composition.fieldset import REQUIRES
from gateway.composition.subgraph import FieldSetUse, Subgraph, SubgraphField, SubgraphType


def requires_fields(subgraph: Subgraph) -> Iterator[CompositionError]:
    """REQUIRES_INVALID_FIELDS and its kin, REQUIRES_FIELDS_MISSING_EXTERNAL, REQUIRES_UNSUPPORTED_ON_INTERFACE."""
    for type_ in subgraph.types.values():
        for field in type_.fields.values():
            if field.requires is not None:
                yield from _of_field(subgraph, type_, field, field.requires)


def _of_field(subgraph: Subgraph, type_: SubgraphType, field: SubgraphField, requires: FieldSetUse) -> Iterator[CompositionError]:
    coordinate = f"{type_.name}.{field.name}"
    place = (subgraph.place(requires.applied.node),)
    start = f'On field "{coordinate}" of subgraph "{subgraph.name}", @requires(fields: "{requires.text}"): '
    if type_.kind == "INTERFACE":
        yield CompositionError("REQUIRES_UNSUPPORTED_ON_INTERFACE", f"{start}interface fields cannot require others.", coordinate, place)
    for fault in external_selection_faults(subgraph, type_.name, requires, REQUIRES):
        yield CompositionError(f"REQUIRES_{fault.code}", f"{start}{fault.message}.", coordinate, place)
