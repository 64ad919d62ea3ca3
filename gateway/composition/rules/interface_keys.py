"""This rule is in charge of keys on interfaces: each implementation has to have the interface's keys."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.composition.errors import CompositionError
from gateway.composition.subgraph import Subgraph, SubgraphType


def interface_keys(subgraph: Subgraph) -> Iterator[CompositionError]:
    """INTERFACE_KEY_NOT_ON_IMPLEMENTATION for each key that an implementation lacks."""
    for interface in subgraph.types.values():
        if interface.kind != "INTERFACE" or not interface.keys:
            continue
        for name in sorted(subgraph.runtime_types(interface.name)):
            yield from _missing(subgraph, interface, subgraph.types[name])


def _missing(subgraph: Subgraph, interface: SubgraphType, implementation: SubgraphType) -> Iterator[CompositionError]:
    present = {frozenset(key.items) for key in implementation.keys}
    for key in interface.keys:
        if frozenset(key.items) not in present:
            message = (
                f'In subgraph "{subgraph.name}" the key "{key.text}" of interface "{interface.name}" is missing on its implementation "{implementation.name}".'
            )
            yield CompositionError("INTERFACE_KEY_NOT_ON_IMPLEMENTATION", message, implementation.name, (subgraph.place(implementation.node),))
