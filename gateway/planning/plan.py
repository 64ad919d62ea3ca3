"""This module is in charge of the plan: a DAG of fetches as a value, and its printed form.

A plan holds no SQL, no principal and no values of variables: it is cached by allowed operation and shared.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gateway.operation.selection import Condition, Operation, Selection


@dataclass(frozen=True, slots=True)
class PathStep:
    """One step from the root of the merged data to the objects that a fetch reads and writes.

    `key` is a response key, `lists` how many list levels the value has there, `type_conditions` the concrete
    types to keep (empty: all).
    """

    key: str
    lists: int = 0
    type_conditions: frozenset[str] = frozenset()


Path = tuple[PathStep, ...]


@dataclass(frozen=True, slots=True)
class RequiredField:
    """One field of a representation.

    `name` is what the subgraph calls it, `key` the response key it stands under in the merged data (another one where
    the client, or another requirement, uses that key for something else). Without `nullable` there is no representation
    of an object whose value is null: that is so for every key field. `types`, when not empty, are the concrete types of
    the object that has this field.
    """

    name: str
    key: str
    nullable: bool = False
    children: tuple[RequiredField, ...] = ()
    types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Requires:
    """What a representation of an entity fetch is made of: `__typename`, which is `type`, and these fields.

    `objects` are the concrete types that are represented so; none where it is the type itself.
    """

    type: str
    fields: tuple[RequiredField, ...]
    objects: frozenset[str] = frozenset()
    # What follows from them, once for all requests: what `__typename` may say of an object that this represents, and the
    # one field where that is a plain key, which is the usual case.
    answers: frozenset[str] = field(init=False, compare=False, repr=False)
    only: RequiredField | None = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "answers", self.objects | {self.type})
        plain = len(self.fields) == 1 and not (self.fields[0].children or self.fields[0].types or self.fields[0].nullable)
        object.__setattr__(self, "only", self.fields[0] if plain else None)


@dataclass(frozen=True, slots=True)
class ContextValue:
    """A variable of a fetch that is filled from objects above those it is about (`@fromContext`).

    `above` is how many steps of the fetch's path lead to the object that sets the context, `keys` are the response keys that
    lead on from it to the value; a list on the way makes it a list. Without a value of its `type` nothing is asked.
    """

    name: str
    type: str
    above: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fetch:
    """One request to one subgraph.

    `path` is empty for a root fetch, except where a field below gives the query root again. `requires` is empty for a root
    fetch; for an entity fetch it lists what each representation holds. `document` is the printed GraphQL for HTTP, `operation` the same as a tree for
    in-process subgraphs; for an entity fetch `operation.selections` is what stands below `_entities`, and in
    `document` it stands inside `_entities(representations: $representations)`. `renames` undoes aliases that the planner had to invent: (path of
    response keys in the answer, key to give it in the merged data). `contexts` are variables that are not the client's: entities
    with other values of them are asked about in a request of their own. `made` is what executing it has made of it, by what that is: it
    goes when the plan goes, whose only such fetch this is.
    """

    id: int
    subgraph: str
    path: Path
    requires: tuple[Requires, ...]
    document: str
    operation: Operation
    variables: tuple[str, ...]  # the client's variables that this document uses
    depends_on: tuple[int, ...]
    conditions: tuple[Condition, ...] = ()
    renames: tuple[tuple[tuple[str, ...], str], ...] = ()
    contexts: tuple[ContextValue, ...] = ()
    made: dict[str, Any] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def is_entity(self) -> bool:
        """True when it asks `_entities` about objects that other fetches found."""
        return bool(self.requires)


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole: fetches in an order in which every fetch comes after those it depends on.

    `serial` is true for mutations: root fetches run one after the other. `selections` is the client's (allowed)
    selection, by which the answer is projected. `untold` are interfaces whose objects may not say what they are, where nobody asked:
    some subgraph knows them as objects (`@interfaceObject`).
    """

    fetches: tuple[Fetch, ...]
    operation: Operation
    serial: bool = False
    untold: frozenset[str] = frozenset()
    # What follows from the fetches, once for all requests: those that wait for nothing, and by a fetch's id those that wait for it.
    roots: tuple[Fetch, ...] = field(init=False, compare=False, repr=False)
    dependents: tuple[tuple[Fetch, ...], ...] = field(init=False, compare=False, repr=False)
    # All, in the order in which they become ready where each is done before the next.
    in_turn: tuple[Fetch, ...] = field(init=False, compare=False, repr=False)
    # By response keys from the root: the fetches whose path begins with them, and the paths themselves.
    below: dict[tuple[str, ...], tuple[int, ...]] = field(init=False, compare=False, repr=False)
    entered: frozenset[tuple[str, ...]] = field(init=False, compare=False, repr=False)
    # Whom it asks.
    subgraphs: frozenset[str] = field(init=False, compare=False, repr=False)
    # What an object holds may depend on those above it: then one object never stands for another.
    is_contextual: bool = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "subgraphs", frozenset(each.subgraph for each in self.fetches))
        object.__setattr__(self, "roots", tuple(each for each in self.fetches if not each.depends_on))
        waiting: list[list[Fetch]] = [[] for _ in self.fetches]
        # What is nearer to the root is begun first: what is the same there need not be looked at again below.
        for fetch in sorted(self.fetches, key=lambda each: len(each.path)):
            for other in fetch.depends_on:
                waiting[other].append(fetch)
        object.__setattr__(self, "dependents", tuple(map(tuple, waiting)))
        object.__setattr__(self, "in_turn", tuple(_in_turn(self)))
        below: dict[tuple[str, ...], tuple[int, ...]] = {}
        paths = [(fetch.id, tuple([step.key for step in fetch.path])) for fetch in self.fetches]
        for number, keys in paths:
            for length in range(len(keys) + 1):
                below[keys[:length]] = (*below.get(keys[:length], ()), number)
        object.__setattr__(self, "below", below)
        object.__setattr__(self, "is_contextual", any(fetch.contexts for fetch in self.fetches))
        object.__setattr__(self, "entered", frozenset(keys for _, keys in paths if keys))

    @property
    def selections(self) -> tuple[Selection, ...]:
        """What the client (after authorisation) asked for, in its own order."""
        return self.operation.selections


def _in_turn(plan: Plan) -> Iterator[Fetch]:
    waits = [len(fetch.depends_on) for fetch in plan.fetches]
    ready = deque(plan.roots)
    while ready:
        fetch = ready.popleft()
        yield fetch
        for each in plan.dependents[fetch.id]:
            waits[each.id] -= 1
            if waits[each.id] == 0:
                ready.append(each)
