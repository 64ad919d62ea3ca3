"""This module is in charge of the planning graph: the supergraph as routes are looked for in it.

A node is a stand, (type, subgraph); its edges are field moves (the subgraph resolves the field), entity moves (a
resolvable key of the other subgraph) and narrowings to the concrete types the subgraph can give.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.composition.supergraph import FieldInfo, FieldJoin, FieldSet, Supergraph, TypeInfo
from gateway.operation.normalise import read_field_set
from gateway.operation.selection import Selection

Selections = tuple[Selection, ...]
ABSTRACT_KINDS = frozenset({"INTERFACE", "UNION"})


def named(printed: str) -> str:
    """The innermost type of a printed one: "[Battery!]!" -> "Battery"."""
    return printed.strip("[]!")


class PlanningGraph:
    """Read-only look-ups over one supergraph; made once for a generation, shared by all plannings."""

    def __init__(self, supergraph: Supergraph) -> None:
        self.supergraph = supergraph
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
        self._owners = {
            (name, field.name): tuple(sorted(join.subgraph for join in field.joins.values() if not join.external))
            for name, info in self.types.items()
            for field in info.fields.values()
        }

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
            self._requires[where] = read_field_set(schema, type_name, requires)
        if provides:
            self._provides[where] = read_field_set(schema, named(field.type), provides)

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

    def join(self, type_name: str, field: str, subgraph: str) -> FieldJoin | None:
        """How the subgraph takes part in the field; None where it does not."""
        info = self.types[type_name].fields.get(field)
        return info.joins.get(subgraph) if info else None

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
