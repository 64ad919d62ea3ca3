"""This rule is in charge of `@requires(fields:)`: it must select fields that other subgraphs give."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.composition.errors import CompositionError
from gateway.composition.fieldset import Fault, first_fault
from gateway.composition.subgraph import FieldSetUse, Subgraph, SubgraphField, SubgraphType
from gateway.composition.supergraph import FieldSet
from gateway.composition.types import named_type


def requires_fields(subgraph: Subgraph) -> Iterator[CompositionError]:
    """REQUIRES_INVALID_FIELDS and its kin, REQUIRES_UNSUPPORTED_ON_INTERFACE, and UNSUPPORTED_FIELD_SET for arguments."""
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
    for fault in _faults(subgraph, type_, requires):
        code = "UNSUPPORTED_FIELD_SET" if fault.code == "ARGUMENTS" else f"REQUIRES_{fault.code}"
        yield CompositionError(code, f"{start}{fault.message}.", coordinate, place)


def _faults(subgraph: Subgraph, type_: SubgraphType, requires: FieldSetUse) -> Iterator[Fault]:
    if requires.fault is not None or requires.selection is None:
        yield requires.fault or Fault("INVALID_FIELDS", "it selects nothing")
        return
    found = tuple(first_fault(subgraph.types, type_.name, requires.selection, of_key=False))
    yield from found
    if not found:
        yield from _own_leaves(subgraph, type_.name, requires.items)


def _own_leaves(subgraph: Subgraph, parent: str, items: FieldSet) -> Iterator[Fault]:
    for item in items:
        holder = item.type_condition or parent
        field = subgraph.types[holder].fields.get(item.name)
        if field is None or _is_external(subgraph, holder, item.name):
            continue
        if item.children:
            yield from _own_leaves(subgraph, named_type(field.type), item.children)
        else:
            yield Fault("FIELDS_MISSING_EXTERNAL", f'"{holder}.{item.name}" is given by this subgraph itself, being not @external')


def _is_external(subgraph: Subgraph, holder: str, name: str) -> bool:
    """Whether some value of that type has to come from elsewhere; an interface field is as external as its implementations."""
    types = (holder, *subgraph.runtime_types(holder))
    return any(field.external for t in types if (field := subgraph.types[t].fields.get(name)) is not None)
