"""This module is in charge of selections of what other subgraphs give, as `@requires` and `@provides` need them: valid, and external at their leaves."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.composition.fieldset import Fault, Use, faults
from gateway.composition.subgraph import FieldSetUse, Subgraph
from gateway.composition.supergraph import FieldSet
from gateway.composition.types import named_type


def external_selection_faults(subgraph: Subgraph, parent: str, selection: FieldSetUse, use: Use) -> Iterator[Fault]:
    """What is wrong with a requirement or provision on that type."""
    if selection.fault is not None or selection.selection is None:
        yield selection.fault or Fault("INVALID_FIELDS", "it selects nothing")
        return
    found = tuple(faults(subgraph.types, parent, selection.selection, use))
    yield from found
    if all(fault.code != "INVALID_FIELDS" for fault in found):
        yield from _own_leaves(subgraph, parent, selection.items)


def _own_leaves(subgraph: Subgraph, parent: str, items: FieldSet) -> Iterator[Fault]:
    for item in items:
        holder = item.type_condition or parent
        field = subgraph.types[holder].fields.get(item.name)
        if field is not None and (_is_external(subgraph, holder, item.name) if item.children else field.external):
            continue
        if field is not None and item.children:
            yield from _own_leaves(subgraph, named_type(field.type), item.children)
        else:
            yield Fault("FIELDS_MISSING_EXTERNAL", f'"{holder}.{item.name}" is given by this subgraph itself, being not @external')


def _is_external(subgraph: Subgraph, holder: str, name: str) -> bool:
    """Whether what is below the field may have to come from elsewhere; an interface field leads where its implementations do."""
    types = (holder, *subgraph.runtime_types(holder))
    return any(field.external for t in types if (field := subgraph.types[t].fields.get(name)) is not None)
