"""This module is in charge of the moves of one value between subgraphs: where its keys lead, and which fields can be resolved there.

What a key or a requirement selects may have to be fetched by other keys and requirements. Both are therefore found
together, as the least fixed point: what holds by what the subgraphs hold themselves, then what follows from that, until
nothing is added. A requirement that needs itself is never added.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.composition.document import ROOTS
from gateway.composition.merged import MergedType, MergedTypes
from gateway.composition.positions import Held, Labels, Layout, Positions
from gateway.composition.subgraph import Subgraph
from gateway.composition.supergraph import FieldJoin, FieldSet, FieldSetItem

_UNDECIDED: Labels = frozenset()


class Moves:
    """The moves that the merged types allow."""

    def __init__(self, types: MergedTypes, subgraphs: Mapping[str, Subgraph]) -> None:
        self.layout = Layout(types, subgraphs)
        self._types = types
        self._ways: dict[tuple[str, str], set[Held]] = {}  # (subgraph, type) -> where a key leads
        self._provided_ways: dict[Held, set[Held]] = {}  # the same where something is provided beside
        self._fulfilled: set[tuple[str, str, str]] = set()  # (type, field, subgraph) whose requirement can be fetched
        self._open: set[tuple[Held, str]] = set()  # requirements being looked at: one that needs itself cannot be fetched
        starts = [(subgraph, type_) for type_ in types.values() for subgraph in type_.subgraphs if type_.kind in {"OBJECT", "INTERFACE"}]
        while self._add_ways(starts) + self._add_fulfilled():
            self._provided_ways.clear()

    def _add_ways(self, starts: list[tuple[str, MergedType]]) -> int:
        """Adds the keys that can be fetched by what is known so far; how many."""
        count = 0
        for subgraph, type_ in starts:
            known = self._ways.setdefault((subgraph, type_.name), set())
            found = {target for target in self._targets(Held(subgraph, type_.name)) if target not in known}
            known |= found
            count += len(found)
        return count

    def _targets(self, held: Held) -> Iterator[Held]:
        """Where the keys lead that can be read of a value held there."""
        type_ = self._types[held.type]
        for entered in (type_, *self.layout.interface_objects_above(type_)):
            for target, keys in entered.keys.items():
                if (target, entered.name) == (held.subgraph, held.type) or (entered is not type_ and target not in entered.interface_objects):
                    continue
                if any(key.resolvable and self.selects(frozenset({held}), key.fields) for key in keys):
                    yield Held(target, entered.name)

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
            if self.selects(frozenset({Held(join.subgraph, name)}), join.requires)
        ]
        self._fulfilled.update(found)
        return len(found)

    def is_direct(self, held: Held, field: str) -> bool:
        """True when the subgraph has the field on the interface and resolves it on each type behind it."""
        if held.subgraph not in self._joins(held.type, field):
            return False
        if self.layout.is_interface_object(held):
            return bool(self._step(held, field, _UNDECIDED))
        joins = (self._joins(name, field).get(held.subgraph) for name in self.layout.runtime(held))
        return all(join is not None and join.owned and join.requires is None and join.override_label is None for join in joins)

    def resolve(self, at: Positions, field: str, labels: Labels = _UNDECIDED) -> Positions:
        """Where the field's value is held, of a value held at `at`, moves by key included."""
        return frozenset(found for held in self.spread(at) for found in self._step(held, field, labels))

    def _step(self, held: Held, field: str, labels: Labels) -> Iterator[Held]:
        """The field's value, resolved right there."""
        join = self._joins(held.type, field).get(held.subgraph)
        if join is not None and self._resolves(held, field, join, labels):
            yield Held(held.subgraph, join.type.strip("[]!"), join.provides or ())
            return
        given = [item for item in held.provided if item.name == field]
        if given and field in self._types[held.type].fields:
            type_ = join.type if join is not None else str(self._types[held.type].fields[field].type)
            yield Held(held.subgraph, type_.strip("[]!"), tuple(child for item in given for child in item.children))

    def _resolves(self, held: Held, field: str, join: FieldJoin, labels: Labels) -> bool:
        if not join.owned or (join.override_label is not None and (join.override_label, join.override is not None) not in labels):
            return False
        return join.requires is None or (held.type, field, join.subgraph) in self._fulfilled or self._provides_requirement(held, field, join)

    def _provides_requirement(self, held: Held, field: str, join: FieldJoin) -> bool:
        if not held.provided or not self._types[held.type].keys.get(join.subgraph) or (held, field) in self._open:
            return False
        self._open.add((held, field))
        try:
            return self.selects(frozenset({held}), join.requires or ())
        finally:
            self._open.remove((held, field))

    def spread(self, at: Positions) -> Positions:
        """Everywhere that a value held at `at` can be looked at: there, and where its keys lead, one after the other."""
        roots = {held.type for held in at} & _ROOT_TYPES
        if roots:
            return frozenset(Held(subgraph, name) for name in roots for subgraph in self._types[name].subgraphs)
        reached, waiting = set(at), list(at)
        while waiting:
            held = waiting.pop()
            found = self._ways_of(held) - reached
            waiting.extend(found)
            reached |= found
        return frozenset(reached)

    def _ways_of(self, held: Held) -> set[Held]:
        known = self._ways.get((held.subgraph, held.type), set())
        if not held.provided:
            return known
        if held not in self._provided_ways:
            ways = self._provided_ways[held] = set(known)
            while found := {target for target in self._targets(held) if target not in ways}:
                ways |= found
        return self._provided_ways[held]

    def selects(self, at: Positions, items: FieldSet) -> bool:
        """True when all of the selection can be read of a value held at `at`, wherever its fields are."""
        return all(self._reads(at, item) for item in items)

    def _reads(self, at: Positions, item: FieldSetItem) -> bool:
        if item.type_condition is None and all(self._is_object(held) for held in at):
            return item.name == "__typename" or self._reads_field(at, item)
        plain = FieldSetItem(item.name, item.children, None, item.arguments)
        members: dict[str, set[Held]] = {}
        for held in at:
            for member in self.layout.runtime(held) & self.layout.behind(item.type_condition or held.type):
                members.setdefault(member, set()).add(self.layout.narrowed(held, member))
        # A value that can be of none of the types has nothing to be read.
        return all(self._reads(frozenset(where), plain) for where in members.values())

    def _is_object(self, held: Held) -> bool:
        return self._types[held.type].kind == "OBJECT" or self.layout.is_interface_object(held)

    def _reads_field(self, at: Positions, item: FieldSetItem) -> bool:
        found = self.resolve(at, item.name)
        return bool(found) and (not item.children or self.selects(found, item.children))

    def _joins(self, name: str, field: str) -> Mapping[str, FieldJoin]:
        merged = self._types[name].fields.get(field)
        return merged.joins if merged is not None else {}

    def reasons(self, name: str, at: Positions, field: str) -> Iterator[str]:
        """Why, subgraph by subgraph, the field cannot be resolved for a value held at `at`."""
        reached = {held.subgraph for held in self.spread(at)}
        for holder in (self._types[name], *self.layout.interface_objects_above(self._types[name])):
            for subgraph, join in sorted(self._joins(holder.name, field).items()):
                if not join.owned:
                    yield f'"{holder.name}.{field}" is {"@external" if join.external else "overridden"} in subgraph "{subgraph}"'
                elif subgraph not in reached:
                    yield f'subgraph "{subgraph}" has it, but {self._no_way(holder, subgraph)}'
                elif join.override_label is not None:
                    yield f'subgraph "{subgraph}" has it on one side only of the label "{join.override_label}"'
                elif join.requires is None:
                    yield f'nothing on this path fills its context in subgraph "{subgraph}"'
                else:
                    yield f'subgraph "{subgraph}" requires "{join.requires_text}" for it, which cannot be fetched'

    def _no_way(self, type_: MergedType, subgraph: str) -> str:
        keys = [repr(key.text) for key in type_.keys.get(subgraph, ()) if key.resolvable]
        if not keys:
            return f'type "{type_.name}" has no resolvable key there'
        return f"none of its keys ({', '.join(keys)}) can be fetched before"


_ROOT_TYPES = frozenset({ROOTS["query"]})
