"""This module is in charge of what all merges share: the subgraphs, the memberships of abstract types, the errors found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from graphql import Node

from gateway.composition.annotation_hints import annotation_hints
from gateway.composition.annotations import Annotated, Source, merge_annotations
from gateway.composition.composed_uses import Composed, KeptUses, kept_uses
from gateway.composition.errors import CompositionError, CompositionHint, Place
from gateway.composition.merged import Annotations
from gateway.composition.overrides import Declared
from gateway.composition.subgraph import Subgraph, SubgraphType
from gateway.composition.types import TypeRef


class TypeSource(NamedTuple):
    """One subgraph's declaration of a type."""

    subgraph: Subgraph
    type: SubgraphType


@dataclass(frozen=True, slots=True)
class Merging:
    """The state of one merge; `errors`, `hints` and `kept` alone grow."""

    subgraphs: Sequence[Subgraph]
    composed: Composed
    memberships: Mapping[str, frozenset[str]]
    errors: list[CompositionError] = field(default_factory=list)
    hints: list[CompositionHint] = field(default_factory=list)
    kept: list[KeptUses] = field(default_factory=list)

    def is_member(self, abstract: str, name: str) -> bool:
        """True when that type implements or belongs to the abstract type in some subgraph."""
        return name in self.memberships.get(abstract, frozenset())

    def annotate(self, coordinate: str, sources: Sequence[tuple[Subgraph, Annotated]]) -> Annotations:
        """The merged description and directives of one element."""
        said = [Source(*source) for source in sources]
        self.hints.extend(annotation_hints(coordinate, said))
        kept = tuple(kept_uses(coordinate, said, self.composed))
        self.kept.extend(kept)
        self.hints.extend(hint for each in kept for hint in each.hints())
        return replace(merge_annotations(said), composed=tuple(text for each in kept for text in each.printed()))

    def abstracted(self, type_name: str, field_name: str) -> Iterator[Declared]:
        """The interface objects that resolve this field for an object type, which their subgraphs do not know."""
        return abstracted(self.subgraphs, self.memberships, type_name, field_name)

    def refuse(self, code: str, message: str, coordinate: str, places: Iterable[tuple[Subgraph, Node]]) -> None:
        """Records one error."""
        self.errors.append(CompositionError(code, message, coordinate, tuple(at(places))))

    def hint(self, code: str, message: str, coordinate: str, places: Iterable[tuple[Subgraph, Node]]) -> None:
        """Records one hint."""
        self.hints.append(CompositionHint(code, message, coordinate, tuple(at(places))))


def abstracted(
    subgraphs: Iterable[Subgraph],
    members: Mapping[str, frozenset[str]],
    type_name: str,
    field_name: str,
    provided: Mapping[str, frozenset[tuple[str, str]]] | None = None,
) -> Iterator[Declared]:
    """The interface objects above an object type that resolve a field of that name, where the subgraph does not know the type itself.

    `provided`, where given, are the fields that each subgraph gives by a `@provides` alone: those are resolved there, too.
    """
    for subgraph in subgraphs:
        if type_name in subgraph.types:
            continue
        for above in subgraph.types.values():
            found = above.fields.get(field_name)
            if not above.interface_object or found is None or type_name not in members.get(above.name, ()):
                continue
            if not found.external or (provided is not None and (above.name, field_name) in provided[subgraph.name]):
                yield Declared(subgraph, found)


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
