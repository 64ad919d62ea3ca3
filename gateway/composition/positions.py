"""This module is in charge of where one value may be held: the subgraph, its type there, and what that subgraph provides of it on this path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from gateway.composition.merged import MergedType, MergedTypes
from gateway.composition.subgraph import Subgraph
from gateway.composition.supergraph import FieldSet, FieldSetItem


class Held(NamedTuple):
    """One place where a value may be held.

    `type` is the type it has in that subgraph, which may be narrower than the merged one, or the interface object above it;
    `provided` is what a `@provides` on the way there gives beside the subgraph's own fields.
    """

    subgraph: str
    type: str
    provided: FieldSet = ()


Positions = frozenset[Held]
"""The places in which one value may be held at the same time."""

Labels = frozenset[tuple[str, bool]]
"""Labels of progressive overrides that were decided on the way, and how."""


class Layout:
    """What the subgraphs know of each other's types: the object types behind abstract ones, and the interface objects."""

    def __init__(self, types: MergedTypes, subgraphs: Mapping[str, Subgraph]) -> None:
        self.types = types
        self._runtime = {name: subgraph.runtime for name, subgraph in subgraphs.items()}
        abstract = [type_.name for type_ in types.values() if type_.kind in {"INTERFACE", "UNION"}]
        self._merged = {name: frozenset(member for behind in self._runtime.values() for member in behind.get(name, ())) for name in abstract}

    def is_interface_object(self, held: Held) -> bool:
        """True where the subgraph knows the interface as an object."""
        return held.subgraph in self.types[held.type].interface_objects

    def runtime(self, held: Held) -> frozenset[str]:
        """The object types that a value held there may be.

        Of an abstract type that the subgraph does not know they are the ones it knows: its field has a narrower type. Behind an interface
        object there may be all of the interface's types.
        """
        if self.is_interface_object(held):
            return self._merged.get(held.type, frozenset())
        if held.type in self._runtime[held.subgraph]:
            return self._runtime[held.subgraph][held.type]
        return frozenset(member for member in self._merged.get(held.type, (held.type,)) if held.subgraph in self.types[member].subgraphs)

    def narrowed(self, held: Held, member: str) -> Held:
        """The same place for a value that is of that object type."""
        if self.is_interface_object(held):
            return held
        return Held(held.subgraph, member, tuple(self._provided_of(held.provided, member)))

    def _provided_of(self, provided: FieldSet, member: str) -> Iterator[FieldSetItem]:
        for item in provided:
            if item.type_condition is None or member in self.behind(item.type_condition):
                yield FieldSetItem(item.name, item.children, None, item.arguments)

    def behind(self, name: str) -> frozenset[str]:
        """The object types that a value of that merged type may be in any subgraph."""
        return self._merged.get(name, frozenset({name}))

    def interface_objects_above(self, type_: MergedType) -> Iterator[MergedType]:
        """The interfaces of an object type that some subgraph knows as objects."""
        return (self.types[name] for name in type_.all_interfaces if self.types[name].interface_objects)
