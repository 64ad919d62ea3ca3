"""This module is in charge of what all merges share: the subgraphs, the memberships of abstract types, the errors found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from graphql import Node

from gateway.composition.annotations import Annotated, Composed, Source, merge_annotations
from gateway.composition.errors import CompositionError, Place
from gateway.composition.merged import Annotations
from gateway.composition.subgraph import Subgraph, SubgraphType
from gateway.composition.types import TypeRef


class TypeSource(NamedTuple):
    """One subgraph's declaration of a type."""

    subgraph: Subgraph
    type: SubgraphType


@dataclass(frozen=True, slots=True)
class Merging:
    """The state of one merge; `errors` alone grows."""

    subgraphs: Sequence[Subgraph]
    composed: Composed
    memberships: Mapping[str, frozenset[str]]
    errors: list[CompositionError] = field(default_factory=list)

    def is_member(self, abstract: str, name: str) -> bool:
        """True when that type implements or belongs to the abstract type in some subgraph."""
        return name in self.memberships.get(abstract, frozenset())

    def annotate(self, sources: Iterable[tuple[Subgraph, Annotated]]) -> Annotations:
        """The merged description and directives of one element."""
        return merge_annotations([Source(*source) for source in sources], self.composed)

    def refuse(self, code: str, message: str, coordinate: str, places: Iterable[tuple[Subgraph, Node]]) -> None:
        """Records one error."""
        self.errors.append(CompositionError(code, message, coordinate, tuple(at(places))))


def at(places: Iterable[tuple[Subgraph, Node]]) -> Iterable[Place]:
    """Nodes of several subgraphs as places."""
    return (subgraph.place(node) for subgraph, node in places)


def by_type(refs: Iterable[tuple[Subgraph, TypeRef]]) -> str:
    """Which subgraph says which type, as prose: '"Int" in subgraph a, "String" in subgraph b'."""
    return ", ".join(f'"{ref}" in subgraph "{subgraph.name}"' for subgraph, ref in refs)


def memberships(subgraphs: Iterable[Subgraph]) -> dict[str, frozenset[str]]:
    """Abstract type to every type that implements it or belongs to it in any subgraph."""
    found: dict[str, set[str]] = {}
    for subgraph in subgraphs:
        for type_ in subgraph.types.values():
            for interface in type_.interfaces:
                found.setdefault(interface, set()).add(type_.name)
            if type_.kind == "UNION":
                found.setdefault(type_.name, set()).update(type_.members)
    return {name: frozenset(members) for name, members in found.items()}
