"""This rule is in charge of `@key(fields:)`: it must select, without arguments, fields that this subgraph knows."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.composition.errors import CompositionError
from gateway.composition.fieldset import KEY, Fault, faults
from gateway.composition.subgraph import FieldSetUse, Subgraph, SubgraphType


def key_fields(subgraph: Subgraph) -> Iterator[CompositionError]:
    """KEY_INVALID_FIELDS, KEY_INVALID_FIELDS_TYPE, KEY_FIELDS_HAS_ARGS, KEY_FIELDS_SELECT_INVALID_TYPE, KEY_DIRECTIVE_IN_FIELDS_ARG."""
    for type_ in subgraph.types.values():
        for key in type_.keys:
            for fault in _faults(subgraph, type_, key):
                message = f'On type "{type_.name}" of subgraph "{subgraph.name}", @key(fields: "{key.text}"): {fault.message}.'
                yield CompositionError(f"KEY_{fault.code}", message, type_.name, (subgraph.place(key.applied.node),))


def _faults(subgraph: Subgraph, type_: SubgraphType, key: FieldSetUse) -> Iterator[Fault]:
    if key.fault is not None:
        yield key.fault
    elif key.selection is not None:
        yield from faults(subgraph.types, type_.name, key.selection, KEY)
