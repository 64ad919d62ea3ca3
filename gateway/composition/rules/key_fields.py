"""This rule is in charge of `@key(fields:)`: it must select, without arguments, fields that this subgraph knows."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.composition.errors import CompositionError
from gateway.composition.fieldset import INTERFACE_KEY, KEY, Fault, faults, unknown
from gateway.composition.subgraph import FieldSetUse, Subgraph, SubgraphType


def key_fields(subgraph: Subgraph) -> Iterator[CompositionError]:
    """KEY_INVALID_FIELDS, KEY_INVALID_FIELDS_TYPE, KEY_FIELDS_HAS_ARGS, KEY_FIELDS_SELECT_INVALID_TYPE, KEY_DIRECTIVE_IN_FIELDS_ARG."""
    for type_ in subgraph.types.values():
        for key in type_.keys:
            for fault in _faults(subgraph, type_, key):
                yield _refused(subgraph, type_, key, fault)


def interface_keys_known(subgraph: Subgraph) -> Iterator[CompositionError]:
    """The same of an interface's key that names what is not there: whatever else is asked of implementations follows from its keys."""
    for type_ in (type_ for type_ in subgraph.types.values() if type_.kind == "INTERFACE"):
        for key in type_.keys:
            known = key.selection is not None and next(unknown(subgraph.types, type_.name, key.selection, INTERFACE_KEY), None) is None
            for fault in () if known else _faults(subgraph, type_, key):
                yield _refused(subgraph, type_, key, fault)


def _refused(subgraph: Subgraph, type_: SubgraphType, key: FieldSetUse, fault: Fault) -> CompositionError:
    message = f'On type "{type_.name}" of subgraph "{subgraph.name}", @key(fields: "{key.text}"): {fault.message}.'
    return CompositionError(f"KEY_{fault.code}", message, type_.name, (subgraph.place(key.applied.node),))


def _faults(subgraph: Subgraph, type_: SubgraphType, key: FieldSetUse) -> Iterator[Fault]:
    if key.fault is not None:
        yield key.fault
    elif key.selection is not None:
        yield from faults(subgraph.types, type_.name, key.selection, KEY)
