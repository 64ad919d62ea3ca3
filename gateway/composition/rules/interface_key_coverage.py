"""This rule is in charge of keys on interfaces: who can be entered by one has to know every type behind the interface."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.composition.errors import CompositionError
from gateway.composition.merged import Merged
from gateway.composition.subgraph import Subgraph


def interface_key_coverage(merged: Merged, subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    """INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE."""
    for name, interface in merged.types.items():
        if interface.kind != "INTERFACE":
            continue
        members = [t.name for t in merged.types.values() if t.kind == "OBJECT" and name in t.all_interfaces]
        for subgraph in subgraphs:
            declared = subgraph.types.get(name)
            if declared is None or declared.interface_object or not any(key.resolvable for key in declared.keys):
                continue
            missing = [member for member in members if member not in subgraph.runtime_types(name)]
            if missing:
                words = ", ".join(f'"{member}"' for member in missing)
                message = (
                    f'Interface "{name}" has a resolvable key in subgraph "{subgraph.name}", which cannot resolve it for {words}: '
                    "it does not know that these implement it."
                )
                yield CompositionError("INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE", message, name, (subgraph.place(declared.node),))
