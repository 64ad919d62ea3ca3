"""This module is in charge of the planning graph: the supergraph as routes are looked for in it.

A node is a stand, (type, subgraph); its edges are field moves (the subgraph resolves the field), entity moves (a
resolvable key of the other subgraph) and narrowings to the concrete types the subgraph can give.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from typing import Final, NamedTuple

from gateway.composition.supergraph import ContextArgument, FieldInfo, FieldJoin, FieldSet, Supergraph, TypeInfo
from gateway.operation.normalise import TYPENAME, read_field_set
from gateway.operation.selection import Field, Selection
from gateway.planning.labels import Labels

Selections = tuple[Selection, ...]
ABSTRACT_KINDS = frozenset({"INTERFACE", "UNION"})


# The argument of a dated look-up, and the field that its answer tells the moment by (schema/bindings.py).
AS_OF: Final = "asOf"


class Owner(NamedTuple):
    """A subgraph that resolves a field, of objects that it knows as `type`, once it is told what it requires, and what `contexts` fill."""

    subgraph: str
    type: str
    requires: Selections
    contexts: tuple[ContextArgument, ...] = ()

    @property
    def is_told(self) -> bool:
        """True when it has to be told more than a key."""
        return bool(self.requires or self.contexts)


def named(printed: str) -> str:
    """The innermost type of a printed one: "[Battery!]!" -> "Battery"."""
    return printed.strip("[]!")


class PlanningGraph:
    """Read-only look-ups over one supergraph; made once for a generation, shared by all plannings. `dated` are coordinates of look-ups whose answer
    may be of a past moment: which one is part of the key by which other subgraphs are asked about it."""

    def __init__(self, supergraph: Supergraph, labels: frozenset[str] = frozenset(), dated: frozenset[str] = frozenset()) -> None:
        self.supergraph = supergraph
        self._dated = dated
        self._labels = Labels(supergraph, labels).always
        self.types: Mapping[str, TypeInfo] = supergraph.types
        self.query_type = supergraph.root_types["query"]
        self._possible = {name: self._concrete(info) for name, info in self.types.items()}
        self._runtime = {(name, each): self._given_by(info, each) for name, info in self.types.items() for each in info.subgraphs}
        self._keys = {
            (name, subgraph): tuple(read_field_set(supergraph.schema, name, key.text) for key in keys if key.resolvable)
            for name, info in self.types.items()
            for subgraph, keys in info.keys.items()
        }
        self._requires: dict[tuple[str, str, str], Selections] = {}
        self._provides: dict[tuple[str, str, str], Selections] = {}
        for name, info in self.types.items():
            for field in info.fields.values():
                for join in field.joins.values():
                    self._index_field_sets(name, field, join)
        self._owners = self._answering()
        # Interfaces of which some subgraph does not know what their objects are.
        self.untold = frozenset(name for name, info in self.types.items() if info.interface_objects)
        self._ways: dict[tuple[str, str], tuple[Owner, ...]] = {}
        self._contexts_set = self._setting()
        self._taken: dict[tuple[str, str], Selections] = {}

    def with_labels(self, labels: frozenset[str]) -> PlanningGraph:
        """The same supergraph where these labels hold, and no others."""
        other = copy(self)
        other._labels = labels
        other._owners = other._answering()
        other._ways = {}
        return other

    def _answering(self) -> dict[tuple[str, str], tuple[str, ...]]:
        return {
            (name, field.name): tuple(sorted(join.subgraph for join in field.joins.values() if self._answers(join)))
            for name, info in self.types.items()
            for field in info.fields.values()
        }

    def _answers(self, join: FieldJoin) -> bool:
        """True when the subgraph resolves the field; of two that a label divides, the one on the side where the label is."""
        if not join.owned:
            return False
        return join.override_label is None or (join.override_label in self._labels) is (join.override is not None)

    def _concrete(self, info: TypeInfo) -> frozenset[str]:
        if info.kind not in ABSTRACT_KINDS:
            return frozenset({info.name})
        return self._objects(frozenset().union(*info.members.values())) if info.members else frozenset()

    def _given_by(self, info: TypeInfo, subgraph: str) -> frozenset[str]:
        if info.kind not in ABSTRACT_KINDS:
            return frozenset({info.name})
        return self._objects(info.members.get(subgraph, frozenset()))

    def _objects(self, names: frozenset[str]) -> frozenset[str]:
        return frozenset(name for name in names if self.types[name].kind == "OBJECT")

    def _index_field_sets(self, type_name: str, field: FieldInfo, join: FieldJoin) -> None:
        schema = self.supergraph.schema
        where = (type_name, field.name, join.subgraph)
        requires = _text(join.requires_text, join.requires)
        provides = _text(join.provides_text, join.provides)
        if requires:
            self._requires[where] = self._told(read_field_set(schema, type_name, requires), join.subgraph)
        if provides:
            self._provides[where] = read_field_set(schema, named(field.type), provides)

    def _told(self, selections: Selections, subgraph: str) -> Selections:
        """The same with what objects are, where the subgraph has to be told and one that gives them may know the interface as an object alone."""
        told: list[Selection] = []
        for each in selections:
            inner = self._told(each.selections, subgraph)
            below = named(each.type) if isinstance(each, Field) else ""
            if inner and below in self.types and self.types[below].interface_objects and not self.is_opaque(below, subgraph):
                inner = (Field(TYPENAME, None, (), (), (), below, "String!"), *inner)
            told.append(replace(each, selections=inner))
        return tuple(told)

    def is_abstract(self, type_name: str) -> bool:
        """True for interfaces and unions."""
        info = self.types.get(type_name)
        return info is not None and info.kind in ABSTRACT_KINDS

    def is_union(self, type_name: str) -> bool:
        """True for unions."""
        return self.types[type_name].kind == "UNION"

    def is_composite(self, type_name: str) -> bool:
        """True for types that have fields to select from."""
        info = self.types.get(type_name)
        return info is not None and (info.kind == "OBJECT" or info.kind in ABSTRACT_KINDS)

    def possible(self, type_name: str) -> frozenset[str]:
        """The object types that a value of this type can have anywhere."""
        return self._possible[type_name]

    def runtime(self, type_name: str, subgraph: str) -> frozenset[str]:
        """The object types that this subgraph can give where it says `type_name`."""
        return self._runtime.get((type_name, subgraph), frozenset())

    def owners(self, type_name: str, field: str) -> tuple[str, ...]:
        """The subgraphs that resolve the field by themselves (given what they require), in a fixed order."""
        return self._owners.get((type_name, field), ())

    def ways(self, type_name: str, field: str) -> tuple[Owner, ...]:
        """The owners of the field, those included that give it to every object of an interface (`@interfaceObject`)."""
        known = self._ways.get((type_name, field))
        if known is None:
            names = [type_name, *sorted(self.types[type_name].interfaces)]
            found = [
                Owner(subgraph, name, self.requires(name, field, subgraph), self.contexts(name, field, subgraph))
                for name in names
                for subgraph in self.owners(name, field)
                if name == type_name or self.is_opaque(name, subgraph)
            ]
            known = self._ways[type_name, field] = tuple(found)
        return known

    def _setting(self) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for name, info in self.types.items():
            for contexts in info.contexts.values():
                for each in (name, *self._possible[name]):
                    found.setdefault(each, set()).update(contexts)
        return {name: frozenset(contexts) for name, contexts in found.items()}

    @property
    def has_contexts(self) -> bool:
        """True when values of some type set a context."""
        return bool(self._contexts_set)

    def contexts_set(self, type_name: str) -> frozenset[str]:
        """The contexts that a value of the type sets for what is below it (`@context`)."""
        return self._contexts_set.get(type_name, frozenset())

    def contexts(self, type_name: str, field: str, subgraph: str) -> tuple[ContextArgument, ...]:
        """The arguments that the subgraph wants filled from contexts (`@fromContext`)."""
        join = self.join(type_name, field, subgraph)
        return join.context_arguments if join is not None else ()

    def taken(self, type_name: str, argument: ContextArgument) -> Selections:
        """What the argument takes of an object of the type that sets its context."""
        where = (type_name, argument.selection)
        if where not in self._taken:
            self._taken[where] = read_field_set(self.supergraph.schema, type_name, argument.selection)
        return self._taken[where]

    def is_opaque(self, type_name: str, subgraph: str) -> bool:
        """True where the subgraph knows the interface as an object: it cannot tell what its objects are."""
        info = self.types.get(type_name)
        return info is not None and subgraph in info.interface_objects

    def entered_as_interface(self, type_name: str) -> tuple[str, ...]:
        """The subgraphs that can be asked for an entity of the interface and tell what it is, in a fixed order."""
        info = self.types[type_name]
        return tuple(sorted(each for each in info.subgraphs - info.interface_objects if self.keys(type_name, each)))

    def join(self, type_name: str, field: str, subgraph: str) -> FieldJoin | None:
        """How the subgraph takes part in the field; None where it does not."""
        info = self.types[type_name].fields.get(field)
        return info.joins.get(subgraph) if info else None

    def moment_of(self, field: Selection) -> str | None:
        """The type of the field that tells the moment of what a dated look-up gives, printed; None where it may give nothing but the present."""
        if not isinstance(field, Field) or f"{field.parent_type}.{field.name}" not in self._dated or AS_OF not in dict(field.arguments):
            return None
        info = self.types[named(field.type)].fields.get(AS_OF)
        return info.type if info is not None else None

    def keys(self, type_name: str, subgraph: str) -> tuple[Selections, ...]:
        """The keys by which the subgraph can be asked for entities of this type."""
        return self._keys.get((type_name, subgraph), ())

    def requires(self, type_name: str, field: str, subgraph: str) -> Selections:
        """What the subgraph has to be told before it can resolve the field; empty: nothing."""
        return self._requires.get((type_name, field, subgraph), ())

    def provides(self, type_name: str, field: str, subgraph: str) -> Selections:
        """What the subgraph gives below this field although it does not elsewhere."""
        return self._provides.get((type_name, field, subgraph), ())


def _text(text: str | None, fields: FieldSet | None) -> str:
    return text if text is not None else field_set_text(fields or ())


def field_set_text(fields: FieldSet) -> str:
    """A field set as it would be written."""
    parts = []
    for item in fields:
        written = f"{item.name} {{ {field_set_text(item.children)} }}" if item.children else item.name
        parts.append(f"... on {item.type_condition} {{ {written} }}" if item.type_condition else written)
    return " ".join(parts)
