"""This rule is in charge of `@interfaceObject`: it stands on an entity, for an interface of another subgraph, whose types it does not know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.composition.errors import CompositionError, in_words
from gateway.composition.merging import memberships
from gateway.composition.subgraph import Subgraph


def interface_object_keys(subgraph: Subgraph) -> Iterator[CompositionError]:
    """INTERFACE_OBJECT_USAGE_ERROR for one without a key."""
    for type_ in subgraph.types.values():
        if type_.interface_object and not type_.keys:
            message = f'Type "{type_.name}" is an @interfaceObject in subgraph "{subgraph.name}", but has no @key there, so nothing leads to it.'
            yield CompositionError("INTERFACE_OBJECT_USAGE_ERROR", message, type_.name, (subgraph.place(type_.node),))


def interface_objects(subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    """INTERFACE_OBJECT_USAGE_ERROR where no subgraph has the interface, or the subgraph has one of its types."""
    members = memberships(subgraphs)
    names = dict.fromkeys(t.name for s in subgraphs for t in s.types.values() if t.interface_object)
    for name in names:
        holders = [s for s in subgraphs if name in s.types]
        if all(s.types[name].interface_object for s in holders):
            message = f'Type "{name}" is an @interfaceObject in {in_words(s.name for s in holders)}, and in no subgraph an interface.'
            yield CompositionError("INTERFACE_OBJECT_USAGE_ERROR", message, name, tuple(s.place(s.types[name].node) for s in holders))
        for subgraph in (s for s in holders if s.types[name].interface_object):
            # One of another kind elsewhere is the rule `type_kinds`' to report.
            alike = {each for each in members.get(name, ()) if len({s.types[each].merged_kind for s in subgraphs if each in s.types}) == 1}
            for member in sorted(alike & subgraph.types.keys()):
                message = f'Subgraph "{subgraph.name}" has "{name}" as an @interfaceObject, so it cannot have "{member}", which implements it, too.'
                yield CompositionError("INTERFACE_OBJECT_USAGE_ERROR", message, name, (subgraph.place(subgraph.types[member].node),))
