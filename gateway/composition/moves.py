"""This module is in charge of the moves of one value between subgraphs: which fields are resolved where it is held, and where its keys lead.

A key or a requirement can be used where what it selects can be fetched, which may take other keys and requirements. Two rules keep that from
going round in circles, and they are those of Apollo's composition, so that both give the same verdict: on the way to a subgraph no key leads
into that subgraph (a shorter way would), nor is the same key used twice; and a requirement that needs itself cannot be fetched.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import NamedTuple

from gateway.composition.document import ROOTS
from gateway.composition.merged import MergedType, MergedTypes
from gateway.composition.positions import Held, Labels, Layout, Positions
from gateway.composition.subgraph import Subgraph
from gateway.composition.supergraph import FieldJoin, FieldSet, FieldSetItem, Key

_UNDECIDED: Labels = frozenset()
_ROOT_TYPES = frozenset(ROOTS.values())


class _Limits(NamedTuple):
    """What may not be used while a key is looked at: the subgraphs that it leads to, and itself."""

    shut: frozenset[str] = frozenset()
    spent: frozenset[FieldSet] = frozenset()

    def towards(self, subgraph: str, fields: FieldSet) -> _Limits:
        return _Limits(self.shut | {subgraph}, self.spent | {fields})


_FREE = _Limits()


class _Spot(NamedTuple):
    """A place of a value within a selection; `entered` when a representation leads there, so that it can be come back to.
    `contexts` are those that values above it in the selection set."""

    held: Held
    entered: bool
    contexts: frozenset[str] = frozenset()


_Option = frozenset[_Spot]
"""Places of values that are read together, one for each type behind an abstract one."""


class Moves:
    """The moves that the merged types allow."""

    def __init__(self, types: MergedTypes, subgraphs: Mapping[str, Subgraph]) -> None:
        self.layout = Layout(types, subgraphs)
        self._types = types
        self._known: dict[tuple[Held, FieldSet, _Limits], bool] = {}
        self._open: set[tuple[Held, FieldSet, _Limits]] = set()
        self._cuts = 0  # how often a selection was found to need itself
        self._ways: dict[tuple[Held, str | None], tuple[Held, ...]] = {}
        self._contexts_set = self._setting()

    def _setting(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for type_ in self._types.values():
            for contexts in type_.contexts.values():
                for member in self.layout.behind(type_.name) | {type_.name}:
                    found.setdefault(member, set()).update(contexts)
        return {name: frozenset(contexts) for name, contexts in found.items()}

    def contexts_set(self, type_name: str) -> frozenset[str]:
        """The contexts that values of the type set for what is below them, by their names in the supergraph."""
        return self._contexts_set.get(type_name, frozenset())

    def resolve(self, at: Positions, name: str, field: str, labels: Labels, *, leaf: bool) -> Positions:
        """Where the field's value is held, of a value of object type `name` held at `at`, moves by key included.

        A leaf is taken where the value is held already, if it can be.
        """
        found: set[Held] = set()
        for held in at:
            here = self.take(held, field, labels)
            if here is not None:
                found.add(here)
            if here is None or not leaf:
                others = (self.take(other, field, labels, entered=True) for other in self.ways(held, name))
                found.update(other for other in others if other is not None)
        return frozenset(found)

    def take(self, held: Held, field: str, labels: Labels = _UNDECIDED, *, entered: bool = False) -> Held | None:
        """The field's value, resolved right there; None where it cannot be."""
        join = self._joins(held.type, field).get(held.subgraph)
        given = [item for item in held.provided if item.name == field]
        own = join is not None and self._resolves(held, join, labels, entered=entered)
        if not own and not given:
            return None
        provides = join.provides if join is not None and own and join.provides else ()
        type_ = join.type if join is not None else str(self._types[held.type].fields[field].type)
        return Held(held.subgraph, type_.strip("[]!"), tuple(dict.fromkeys([*provides, *(child for item in given for child in item.children)])))

    def _resolves(self, held: Held, join: FieldJoin, labels: Labels, *, entered: bool) -> bool:
        if not (join.owned or self._stays(held, join)) or (join.override_label is not None and (join.override_label, join.override is not None) not in labels):
            return False
        return join.requires is None or ((entered or self.has_own_key(held)) and self._fetched(held, join.requires, _FREE))

    def _stays(self, held: Held, join: FieldJoin) -> bool:
        """Key fields of an extension stay its own, whoever says to take them over; Apollo's composition knows no better."""
        type_ = self._types[held.type]
        keys = type_.keys.get(held.subgraph, ())
        if not join.used_overridden or not any(key.extension for key in keys):
            return False
        names = {item.name for key in keys for item in key.fields}
        return any(self._joins(held.type, name).get(held.subgraph) is join for name in names)

    def has_own_key(self, held: Held) -> bool:
        """True when the subgraph knows a key of the value by itself, so that what was fetched elsewhere can be brought back."""
        return any(self._is_own(held, key.fields) for key in self._types[held.type].keys.get(held.subgraph, ()))

    def _is_own(self, held: Held, items: FieldSet) -> bool:
        for item in items:
            join = self._joins(item.type_condition or held.type, item.name).get(held.subgraph)
            if join is not None and (join.external or not self._is_own(Held(held.subgraph, join.type.strip("[]!")), item.children)):
                return False
        return True

    def ways(self, held: Held, name: str | None = None) -> tuple[Held, ...]:
        """Everywhere else that keys lead, one after the other; `name` is the value's object type where it is known."""
        if (held, name) not in self._ways:
            self._ways[held, name] = self._ways_of(held, name, _FREE)
        return self._ways[held, name]

    def _ways_of(self, held: Held, name: str | None, limits: _Limits) -> tuple[Held, ...]:
        if held.type in _ROOT_TYPES:
            return tuple(Held(s, held.type) for s in self._types[held.type].subgraphs if s != held.subgraph and s not in limits.shut)
        found: dict[str, Held] = {}
        # What lies at hand first: whether a key can be fetched from elsewhere is a long question, and mostly the subgraph was reached another way.
        for is_fetched in (self._is_at_hand, self._fetched):
            waiting = deque([held, *found.values()])
            while waiting:
                here = waiting.popleft()
                for target, key in self._keys(here):
                    if target.subgraph in {held.subgraph, *found, *limits.shut} or key.fields in limits.spent:
                        continue
                    if is_fetched(here, key.fields, limits.towards(target.subgraph, key.fields)):
                        placed = self._placed(target, name)
                        if placed is not None:
                            found[target.subgraph] = placed
                            waiting.append(placed)
        return tuple(found.values())

    def _keys(self, here: Held) -> Iterator[tuple[Held, Key]]:
        """The keys that lead away from there, were they fetched."""
        type_ = self._types[here.type]
        for entered in (type_, *self.layout.interface_objects_above(type_)):
            for target, keys in entered.keys.items():
                if target == here.subgraph or (entered is not type_ and target not in entered.interface_objects):
                    continue
                yield from ((Held(target, entered.name), key) for key in keys if key.resolvable and (entered is type_ or self._has(here, key)))

    def _has(self, here: Held, key: Key) -> bool:
        """True when a key of an interface can be read as one of its implementation there."""
        return all(here.subgraph in self._joins(here.type, item.name) or item.name == "__typename" for item in key.fields)

    def _placed(self, target: Held, name: str | None) -> Held | None:
        """The target for a value of that object type: an interface entered by its key knows the type, an interface object does not."""
        if name is None or target.type == name or self.layout.is_interface_object(target):
            return target
        return self.layout.narrowed(target, name) if name in self.layout.runtime(target) else None

    def is_typed(self, held: Held, name: str | None = None) -> bool:
        """True when somebody can tell the type of a value: an interface object cannot, but whom its keys lead to may."""
        return not self.layout.is_interface_object(held) or any(not self.layout.is_interface_object(way) for way in self.ways(held, name))

    def selects(self, at: Positions, items: FieldSet) -> bool:
        """True when all of the selection can be read of a value held at `at`, wherever its fields are."""
        start = frozenset(frozenset({_Spot(held, True)}) for held in at)
        return all(self._reads(start, item, _FREE) for item in items)

    def _is_at_hand(self, held: Held, items: FieldSet, _limits: _Limits) -> bool:
        """True when all of the selection can be read without a key that leads elsewhere."""
        start = frozenset({frozenset({_Spot(held, True)})})
        return all(self._directly(start, item) for item in items)

    def _directly(self, options: frozenset[_Option], item: FieldSetItem) -> bool:
        read = self._advanced(options, item)
        return bool(read) and all(self._directly(read, child) for child in item.children)

    def _fetched(self, held: Held, items: FieldSet, limits: _Limits) -> bool:
        key = (held, items, limits)
        if key in self._known:
            return self._known[key]
        if key in self._open:
            self._cuts += 1
            return False
        self._open.add(key)
        cuts = self._cuts
        start = frozenset({frozenset({_Spot(held, True)})})
        found = all(self._reads(start, item, limits) for item in items)
        self._open.remove(key)
        if found or cuts == self._cuts:
            # Else the answer is only for those who asked from within.
            self._known[key] = found
        return found

    def _reads(self, options: frozenset[_Option], item: FieldSetItem, limits: _Limits) -> bool:
        """True when the item can be read at one of the options, or where keys lead from there."""
        direct = self._advanced(options, item)
        if direct and all(self._reads(direct, child, limits) for child in item.children):
            return True
        spread = frozenset(option for found in options for option in self._spread(found, limits))
        wide = direct | self._advanced(spread, item, limits)
        return wide != direct and all(self._reads(wide, child, limits) for child in item.children)

    def _spread(self, option: _Option, limits: _Limits) -> Iterator[_Option]:
        alternatives = [[spot, *(_Spot(way, True, spot.contexts) for way in self._ways_of(spot.held, None, limits))] for spot in sorted(option)]
        return (frozenset(chosen) for chosen in product(*alternatives))

    def _advanced(self, options: Iterable[_Option], item: FieldSetItem, limits: _Limits | None = None) -> frozenset[_Option]:
        return frozenset(advanced for option in options for advanced in self._together(option, item, limits))

    def _together(self, spots: Iterable[_Spot], item: FieldSetItem, limits: _Limits | None) -> Iterator[_Option]:
        """The options of reading the item at all of these places; what none of them can be is read nowhere."""
        met = [spot for spot in sorted(spots) if self._may_be(spot.held, item)]
        if met:
            yield from _joined(self._step(spot, item, limits) for spot in met)

    def _may_be(self, held: Held, item: FieldSetItem) -> bool:
        narrower = item.type_condition
        return narrower in {None, held.type} or bool(self.layout.runtime(held) & self.layout.behind(narrower or held.type))

    def _step(self, spot: _Spot, item: FieldSetItem, limits: _Limits | None) -> list[_Option]:
        """The options of reading the item at one place; without `limits` no key leads anywhere from the types behind an abstract one."""
        held, layout = spot.held, self.layout
        if item.type_condition not in {None, held.type}:
            members = layout.runtime(held) & layout.behind(item.type_condition or held.type)
            return self._by_type(spot, members, item, limits) if self.is_typed(held) else []
        if item.name == "__typename":
            return [] if layout.is_interface_object(held) else [frozenset()]
        if self._types[held.type].kind != "OBJECT" and not layout.is_interface_object(held) and not self._is_direct(held, item.name):
            return self._by_type(spot, layout.runtime(held), item, limits)
        join = self._joins(held.type, item.name).get(held.subgraph)
        if join is not None and not all(each.context in spot.contexts for each in join.context_arguments):
            # What is selected for a key or a requirement knows of no context that was set above it.
            return []
        taken = self.take(held, item.name, entered=spot.entered)
        return [frozenset({_Spot(taken, False, spot.contexts | self.contexts_set(held.type))})] if taken is not None else []

    def _by_type(self, spot: _Spot, members: Iterable[str], item: FieldSetItem, limits: _Limits | None) -> list[_Option]:
        plain = FieldSetItem(item.name, item.children, None, item.arguments)
        narrowed = (spot._replace(held=self.layout.narrowed(spot.held, member), entered=False) for member in sorted(members))
        return list(_joined(self._of_member(each, plain, limits) for each in narrowed))

    def _of_member(self, spot: _Spot, item: FieldSetItem, limits: _Limits | None) -> list[_Option]:
        found = self._step(spot, item, None)
        if limits is not None:
            ways = (spot._replace(held=way, entered=True) for way in self._ways_of(spot.held, None, limits))
            found += [option for way in ways for option in self._step(way, item, None)]
        return found

    def _is_direct(self, held: Held, field: str) -> bool:
        """True when the subgraph has the field on the interface and resolves it on each type behind it."""
        joins = (self._joins(name, field).get(held.subgraph) for name in (held.type, *self.layout.runtime(held)))
        given = any(item.name == field for item in held.provided)
        return given or all(join is not None and join.owned and join.requires is None and join.override_label is None for join in joins)

    def _joins(self, name: str, field: str) -> Mapping[str, FieldJoin]:
        type_ = self._types.get(name)
        merged = type_.fields.get(field) if type_ is not None else None
        return merged.joins if merged is not None else {}

    def reasons(self, name: str, at: Positions, field: str) -> Iterator[str]:
        """Why, subgraph by subgraph, the field cannot be resolved for a value held at `at`."""
        reached = {way.subgraph: way for held in at for way in self.ways(held, name)} | {held.subgraph: held for held in at}
        for holder in (self._types[name], *self.layout.interface_objects_above(self._types[name])):
            for subgraph, join in sorted(self._joins(holder.name, field).items()):
                if not join.owned:
                    yield f'"{holder.name}.{field}" is {"@external" if join.external else "overridden"} in subgraph "{subgraph}"'
                elif subgraph not in reached:
                    yield f'subgraph "{subgraph}" has it, but {self._no_way(holder, subgraph)}'
                else:
                    yield self._refusal(reached[subgraph], join)

    def _refusal(self, held: Held, join: FieldJoin) -> str:
        if join.override_label is not None:
            return f'subgraph "{join.subgraph}" has it on one side only of the label "{join.override_label}"'
        if join.context_arguments:
            return f'nothing on this path fills its context in subgraph "{join.subgraph}"'
        if join.requires is not None and self._fetched(held, join.requires, _FREE):
            return f'subgraph "{join.subgraph}" requires "{join.requires_text}" for it, which can be fetched, but no key brings it back there'
        return f'subgraph "{join.subgraph}" requires "{join.requires_text}" for it, which cannot be fetched'

    def _no_way(self, type_: MergedType, subgraph: str) -> str:
        keys = [repr(key.text) for key in type_.keys.get(subgraph, ()) if key.resolvable]
        if not keys:
            return f'type "{type_.name}" has no resolvable key there'
        return f"none of its keys ({', '.join(keys)}) can be fetched before"


def _joined(alternatives: Iterable[list[_Option]]) -> Iterator[_Option]:
    """One option for each choice of one out of each list."""
    for chosen in product(*alternatives):
        yield frozenset(spot for option in chosen for spot in option)
