"""This module is in charge of the draft of a plan: fetches while they are still being added to, and the selection each will send."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from typing import Final

from gateway.operation.selection import Condition, Field, Fragment, Selection, Value
from gateway.planning.budget import Budget
from gateway.planning.plan import ContextValue, Path, PathStep, RequiredField

Conditions = tuple[Condition, ...]
# Where something has to be asked, and nothing is wanted: the key of a type that is not the object's own.
UNTRUE: Final = "_typename"
# Looking at a fetch takes a small part of the time of a step of the search.
_FETCHES_A_STEP: Final = 50


@dataclass(slots=True)
class Entry:
    """A field that is asked for. `key` is its response key in the merged data, `asked` the one used in the request where that has to differ."""

    name: str
    key: str
    arguments: tuple[tuple[str, Value], ...]
    conditions: Conditions
    type: str
    below: Branch | None
    asked: str | None = None


@dataclass(slots=True)
class Branch:
    """What is selected of a type in one fetch. `tagged` when the objects may be of several types, so that each has to say its own;
    `opaque` when this subgraph does not know what they are, so that what it says of that must not be taken for the truth."""

    type: str
    tagged: bool = False
    opaque: bool = False
    fields: dict[tuple[str, Conditions], Entry] = field(default_factory=dict)
    fragments: dict[str, Branch] = field(default_factory=dict)

    def narrow(self, type_name: str, tagged: bool = False, opaque: bool = False) -> Branch:
        """The part for objects of that type alone."""
        found = self.fragments.get(type_name)
        if found is None:
            found = self.fragments[type_name] = Branch(type_name, tagged, opaque)
        return found

    def absorb(self, other: Branch) -> None:
        """Select what the other selects as well."""
        for where, entry in other.fields.items():
            own = self.fields.get(where)
            if own is None:
                self.fields[where] = entry
            elif own.below is not None and entry.below is not None:
                own.below.absorb(entry.below)
        for type_name, below in other.fragments.items():
            self.narrow(type_name, below.tagged, below.opaque).absorb(below)

    def every_branch(self) -> Iterator[Branch]:
        """This one and those of its fragments, at the same place in the data."""
        yield self
        for below in self.fragments.values():
            yield from below.every_branch()

    def selections(self) -> tuple[Selection, ...]:
        """The frozen form; never without a field."""
        fields = [_frozen(entry, self.type) for entry in self.fields.values() if not self._is_repeated(entry)]
        parts = (Fragment(each.type, (), each.selections()) for each in self.fragments.values())
        fragments = [part for part in parts if not self.tagged or part.selections != (_typename(part.type_condition),)]
        if self.opaque and not fields:
            fields = [replace(_typename(self.type), alias=UNTRUE)]
        elif self.tagged or not (fields or fragments):
            fields = [_typename(self.type), *(each for each in fields if each.name != "__typename")]
        return (*fields, *fragments)

    def _is_repeated(self, entry: Entry) -> bool:
        return entry.below is None and bool(entry.conditions) and (entry.key, ()) in self.fields


def _typename(type_name: str) -> Field:
    return Field("__typename", None, (), (), (), type_name, "String!")


def _frozen(entry: Entry, parent: str) -> Field:
    asked = entry.asked or entry.key
    return Field(
        name=entry.name,
        alias=None if asked == entry.name else asked,
        arguments=entry.arguments,
        conditions=entry.conditions,
        selections=entry.below.selections() if entry.below is not None else (),
        parent_type=parent,
        type=entry.type,
    )


@dataclass(eq=False, slots=True)
class DraftFetch:
    """A fetch in the making.

    A root fetch selects from `root`; an entity fetch from one fragment of `root` for each type, with what a representation
    of the type `needs`. `waits_for` are ids of fetches; `jump_conditions` are those under which the fetch was asked for;
    it is `requiring` when it is told more than keys; `contexts` fill variables named "0", "1" and so on.
    """

    id: int
    subgraph: str
    path: Path
    root: Branch
    waits_for: frozenset[int]
    jump_conditions: Conditions = ()
    requiring: bool = False
    needs: dict[str, dict[str, RequiredField]] = field(default_factory=dict)
    objects: dict[str, frozenset[str]] = field(default_factory=dict)
    conditions: Conditions = ()
    renames: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    contexts: tuple[ContextValue, ...] = ()

    def accepts(self, type_name: str, fields: tuple[RequiredField, ...], objects: frozenset[str] = frozenset()) -> bool:
        """True when a representation can hold these fields beside those it has, and nothing is needed of objects that may not have it."""
        present = self.needs.get(type_name)
        if present is not None and objects != self.objects[type_name] and {each.name for each in fields} != present.keys():
            return False
        return _agree(tuple((present or {}).values()), fields)

    def need(self, type_name: str, fields: tuple[RequiredField, ...], objects: frozenset[str] = frozenset()) -> None:
        """Put these fields into the representations of the type, by which those `objects` are meant."""
        self.objects[type_name] = self.objects.get(type_name, frozenset()) | objects
        present = self.needs.setdefault(type_name, {})
        for each in fields:
            present[each.name] = _joined(present[each.name], each) if each.name in present else each


def _agree(present: tuple[RequiredField, ...], wanted: tuple[RequiredField, ...]) -> bool:
    by_name = {each.name: each for each in present}
    return all(
        other is None or (other.key == each.key and other.types == each.types and _agree(other.children, each.children))
        for each, other in ((each, by_name.get(each.name)) for each in wanted)
    )


def _joined(one: RequiredField, other: RequiredField) -> RequiredField:
    children = {(each.name, each.types): each for each in one.children}
    for each in other.children:
        where = (each.name, each.types)
        children[where] = _joined(children[where], each) if where in children else each
    return replace(one, nullable=one.nullable and other.nullable, children=tuple(children.values()))


@dataclass(slots=True)
class Draft:
    """All fetches of a plan, in an order in which each comes after those it waits for; what is done to them is paid from the budget."""

    fetches: list[DraftFetch]
    budget: Budget = field(default_factory=Budget)

    def before(self, fetch: DraftFetch) -> set[int]:
        """The ids of all that is done before the fetch starts."""
        by_id = {each.id: each for each in self.fetches}
        found: set[int] = set()
        left = list(fetch.waits_for)
        while left:
            each = left.pop()
            if each not in found:
                found.add(each)
                left.extend(by_id[each].waits_for)
        self.budget.spend(1 + (len(by_id) + len(found)) // _FETCHES_A_STEP)
        return found

    def sort(self) -> None:
        """Put each fetch after those it waits for, otherwise in the order in which they were made; drop what is waited for anyhow."""
        self.budget.spend(1 + len(self.fetches))
        dependents: dict[int, list[DraftFetch]] = {}
        for fetch in self.fetches:
            for each in fetch.waits_for:
                dependents.setdefault(each, []).append(fetch)
        missing = {fetch.id: len(fetch.waits_for) for fetch in self.fetches}
        by_id = {fetch.id: fetch for fetch in self.fetches}
        ready = sorted(fetch.id for fetch in self.fetches if not fetch.waits_for)
        placed: list[DraftFetch] = []
        while ready:
            fetch = by_id[heappop(ready)]
            placed.append(fetch)
            for waiting in dependents.get(fetch.id, ()):
                missing[waiting.id] -= 1
                if missing[waiting.id] == 0:
                    heappush(ready, waiting.id)
        self.fetches = placed
        self._drop_waits_of_waits()

    def _drop_waits_of_waits(self) -> None:
        ancestors: dict[int, frozenset[int]] = {}
        for fetch in self.fetches:
            above = frozenset[int]().union(*(ancestors[each] for each in fetch.waits_for))
            fetch.waits_for -= above
            ancestors[fetch.id] = fetch.waits_for | above

    def replace(self, old: DraftFetch, new: DraftFetch) -> None:
        """Drop `old`; what waited for it waits for `new`."""
        self.budget.spend(1 + len(self.fetches) // _FETCHES_A_STEP)
        self.fetches = [fetch for fetch in self.fetches if fetch is not old]
        for fetch in self.fetches:
            if old.id in fetch.waits_for:
                fetch.waits_for = fetch.waits_for - {old.id} | {new.id}


def bare(path: Path) -> Path:
    """The path without the types of its last step: an entity fetch tells those by its representations."""
    return (*path[:-1], PathStep(path[-1].key, path[-1].lists)) if path else path
