"""This rule is in charge of `@provides(fields:)`: it must select, of the field's type, fields that other subgraphs give."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.composition.errors import CompositionError
from gateway.composition.external_selections import external_selection_faults
from gateway.composition.fieldset import COMPOSITE_KINDS, PROVIDES
from gateway.composition.subgraph import FieldSetUse, Subgraph, SubgraphField, SubgraphType
from gateway.composition.types import named_type


def provides_fields(subgraph: Subgraph) -> Iterator[CompositionError]:
    """PROVIDES_INVALID_FIELDS and its kin, PROVIDES_FIELDS_MISSING_EXTERNAL, PROVIDES_UNSUPPORTED_ON_INTERFACE."""
    for type_ in subgraph.types.values():
        for field in type_.fields.values():
            if field.provides is not None and gives_composite(subgraph, field):
                yield from _of_field(subgraph, type_, field, field.provides)


def gives_composite(subgraph: Subgraph, field: SubgraphField) -> bool:
    """True when the field's values have fields of their own."""
    target = subgraph.types.get(named_type(field.type))
    return target is not None and target.kind in COMPOSITE_KINDS


def _of_field(subgraph: Subgraph, type_: SubgraphType, field: SubgraphField, provides: FieldSetUse) -> Iterator[CompositionError]:
    coordinate = f"{type_.name}.{field.name}"
    place = (subgraph.place(provides.applied.node),)
    start = f'On field "{coordinate}" of subgraph "{subgraph.name}", @provides(fields: "{provides.text}"): '
    if type_.kind == "INTERFACE":
        yield CompositionError("PROVIDES_UNSUPPORTED_ON_INTERFACE", f"{start}interface fields cannot provide others.", coordinate, place)
    for fault in external_selection_faults(subgraph, named_type(field.type), provides, PROVIDES):
        yield CompositionError(f"PROVIDES_{fault.code}", f"{start}{fault.message}.", coordinate, place)
