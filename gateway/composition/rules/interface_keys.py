"""This rule is in charge of keys on interfaces: each implementation has to have the interface's keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.composition.definitions import FEDERATION
from gateway.composition.errors import CompositionError
from gateway.composition.fieldset import KEY, first_fault
from gateway.composition.subgraph import FieldSetUse, Subgraph, SubgraphType

_SINCE: Final = 3


def interface_keys(subgraph: Subgraph) -> Iterator[CompositionError]:
    """KEY_UNSUPPORTED_ON_INTERFACE before federation 2.3, INTERFACE_KEY_NOT_ON_IMPLEMENTATION for each key that an implementation lacks."""
    federation = subgraph.links.feature(FEDERATION)
    for interface in subgraph.types.values():
        if interface.kind != "INTERFACE" or not interface.keys:
            continue
        if federation is not None and federation.minor < _SINCE:
            message = f'Interface "{interface.name}" of subgraph "{subgraph.name}" has a @key, which federation v2.{federation.minor} does not know.'
            yield CompositionError("KEY_UNSUPPORTED_ON_INTERFACE", message, interface.name, (subgraph.place(interface.node),))
            continue
        for name in sorted(subgraph.runtime_types(interface.name)):
            yield from _missing(subgraph, interface, subgraph.types[name])


def _missing(subgraph: Subgraph, interface: SubgraphType, implementation: SubgraphType) -> Iterator[CompositionError]:
    if any(key.selection is None or _cannot_be_read(subgraph, implementation.name, key) for key in implementation.keys):
        return  # what its keys are has to be put right first
    present = {frozenset(key.items) for key in implementation.keys}
    resolvable = {frozenset(key.items) for key in implementation.keys if key.resolvable}
    for key in interface.keys:
        if key.selection is None or _cannot_be_read(subgraph, interface.name, key):
            continue  # what it is on the interface is the first thing to put right
        problem = None
        if frozenset(key.items) not in present:
            problem = "is missing"
        elif key.resolvable and frozenset(key.items) not in resolvable:
            problem = "cannot be resolved"
        if problem is not None:
            message = (
                f'In subgraph "{subgraph.name}" the key "{key.text}" of interface "{interface.name}" {problem} on its implementation "{implementation.name}".'
            )
            yield CompositionError("INTERFACE_KEY_NOT_ON_IMPLEMENTATION", message, implementation.name, (subgraph.place(implementation.node),))


def _cannot_be_read(subgraph: Subgraph, type_name: str, key: FieldSetUse) -> bool:
    assert key.selection is not None
    return any(fault.code == "INVALID_FIELDS" for fault in first_fault(subgraph.types, type_name, key.selection, KEY))
