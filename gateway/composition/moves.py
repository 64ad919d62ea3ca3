"""This module is in charge of where a value can be looked at: which subgraphs its keys lead to, and which fields resolve there.

What a key or a requirement selects may have to be fetched by other keys and requirements. Both are therefore found
together, as the least fixed point: what holds by what the subgraphs hold themselves, then what follows from that, until
nothing is added. A requirement that needs itself is never added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from gateway.composition.document import ROOTS
from gateway.composition.merged import MergedTypes
from gateway.composition.supergraph import FieldJoin, FieldSet, FieldSetItem
from gateway.composition.types import named_type

Positions = frozenset[str]
"""Names of subgraphs in which one value may be held at the same time."""


class Moves:
    """The moves that the merged types allow; `runtime` gives, by subgraph, the object types behind each abstract type there."""

    def __init__(self, types: MergedTypes, runtime: Mapping[str, Mapping[str, frozenset[str]]]) -> None:
        self._types = types
        self._runtime = runtime
        self._merged_runtime = {name: frozenset(member for behind in runtime.values() for member in behind.get(name, ())) for name in _abstract(types)}
        self._ways: dict[tuple[str, str], set[str]] = {}  # (type, subgraph) -> subgraphs that a key leads to
        self._fulfilled: set[tuple[str, str, str]] = set()  # (type, field, subgraph) whose requirement can be fetched
        while self._add_ways() + self._add_fulfilled():
            pass

    def _add_ways(self) -> int:
        """Adds the keys that can be fetched by what is known so far; how many."""
        found = [
            (name, origin, target)
            for name, type_ in self._types.items()
            for target, keys in type_.keys.items()
            for origin in type_.subgraphs
            if origin != target and target not in self._ways.get((name, origin), ())
            if any(key.resolvable and self._selects(name, frozenset({origin}), key.fields) for key in keys)
        ]
        for name, origin, target in found:
            self._ways.setdefault((name, origin), set()).add(target)
        return len(found)

    def _add_fulfilled(self) -> int:
        """Adds the requirements that can be fetched by what is known so far; how many."""
        found = [
            (name, field.name, join.subgraph)
            for name, type_ in self._types.items()
            for field in type_.fields.values()
            for join in field.joins.values()
            # What is fetched elsewhere comes back by a key of this subgraph.
            if join.requires is not None and type_.keys.get(join.subgraph)
            if (name, field.name, join.subgraph) not in self._fulfilled
            if self._selects(name, frozenset({join.subgraph}), join.requires)
        ]
        self._fulfilled.update(found)
        return len(found)

    def runtime_in(self, subgraph: str, name: str) -> frozenset[str]:
        """The object types behind that composite type in that subgraph.

        Of an abstract type that the subgraph does not know they are the ones it knows: its field has a narrower type.
        """
        if name in self._runtime[subgraph]:
            return self._runtime[subgraph][name]
        known = (member for member in self._merged_runtime.get(name, (name,)) if subgraph in self._types[member].subgraphs)
        return frozenset(known)

    def is_direct(self, subgraph: str, interface: str, field: str) -> bool:
        """True when the subgraph has the field on the interface and resolves it on each type behind it."""
        if subgraph not in self._joins(interface, field):
            return False
        joins = (self._joins(name, field).get(subgraph) for name in self.runtime_in(subgraph, interface))
        return all(join is not None and not join.external and join.requires is None for join in joins)

    def resolve(self, name: str, at: Positions, field: str) -> Positions:
        """The subgraphs that can resolve the field of a value held at `at`, moves by key included."""
        joins = self._joins(name, field)
        reached = self.spread(name, at)
        return frozenset(s for s in reached if (join := joins.get(s)) is not None and self._resolves(name, field, join))

    def _resolves(self, name: str, field: str, join: FieldJoin) -> bool:
        return not join.external and (join.requires is None or (name, field, join.subgraph) in self._fulfilled)

    def spread(self, name: str, at: Positions) -> Positions:
        """Everywhere that a value held at `at` can be looked at: there, and where its keys lead, one after the other."""
        if name == ROOTS["query"]:
            return frozenset(self._types[name].subgraphs)
        reached, waiting = set(at), list(at)
        while waiting:
            found = self._ways.get((name, waiting.pop()), set()) - reached
            reached |= found
            waiting.extend(found)
        return frozenset(reached)

    def _selects(self, name: str, at: Positions, items: FieldSet) -> bool:
        return all(self._reads(name, at, item) for item in items)

    def _reads(self, name: str, at: Positions, item: FieldSetItem) -> bool:
        """True when the item can be read of a value held at `at`, wherever its fields are."""
        if item.type_condition is not None or self._types[name].kind != "OBJECT":
            return self._reads_by_type(name, at, item)
        return item.name == "__typename" or self._reads_field(name, at, item)

    def _reads_by_type(self, name: str, at: Positions, item: FieldSetItem) -> bool:
        condition = item.type_condition or name
        behind = {s: self.runtime_in(s, name) & self.runtime_in(s, condition) for s in at}
        plain = FieldSetItem(item.name, item.children)
        held = {member: frozenset(s for s in at if member in behind[s]) for members in behind.values() for member in members}
        # A value that can be of none of the types has nothing to be read.
        return all(self._reads(member, where, plain) for member, where in held.items())

    def _reads_field(self, name: str, at: Positions, item: FieldSetItem) -> bool:
        found = self.resolve(name, at, item.name)
        if not found or not item.children:
            return bool(found)
        return self._selects(named_type(self._types[name].fields[item.name].type), found, item.children)

    def _joins(self, name: str, field: str) -> Mapping[str, FieldJoin]:
        merged = self._types[name].fields.get(field)
        return merged.joins if merged is not None else {}

    def reasons(self, name: str, at: Positions, field: str) -> Iterator[str]:
        """Why, subgraph by subgraph, the field cannot be resolved for a value held at `at`."""
        reached = self.spread(name, at)
        for subgraph, join in sorted(self._joins(name, field).items()):
            if join.external:
                yield f'"{name}.{field}" is @external in subgraph "{subgraph}"'
            elif subgraph in reached:
                yield f'subgraph "{subgraph}" requires "{join.requires_text}" for it, which cannot be fetched'
            else:
                yield f'subgraph "{subgraph}" has it, but {self._no_way(name, subgraph)}'

    def _no_way(self, name: str, subgraph: str) -> str:
        keys: Iterable[str] = [repr(key.text) for key in self._types[name].keys.get(subgraph, ()) if key.resolvable]
        if not keys:
            return f'type "{name}" has no resolvable key there'
        return f"none of its keys ({', '.join(keys)}) can be fetched before"


def _abstract(types: MergedTypes) -> Iterator[str]:
    return (type_.name for type_ in types.values() if type_.kind in {"INTERFACE", "UNION"})
