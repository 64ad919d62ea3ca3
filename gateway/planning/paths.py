"""This module is in charge of paths: which subgraph answers which selected field, and by which keys it is entered.

The search is greedy and lazy. At each stand every field goes to the subgraph that covers most of what is selected below it
and, among equals, costs least beside what was chosen before; what no key leads to is handed back up as *missing*, so that the
parent can be asked again elsewhere (fields of a value type are reached through the parent's key). A key or a `@requires`
is searched for in the same way, when a move needs it. Nothing here changes anything: the result is a tree of moves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.operation.normalise import TYPENAME
from gateway.operation.selection import Condition, Field
from gateway.planning.abstract_level import AbstractLevel
from gateway.planning.budget import Budget
from gateway.planning.contexts import fillings_of, setters_below
from gateway.planning.graph import Owner, PlanningGraph, Selections, named
from gateway.planning.object_level import ObjectLevel
from gateway.planning.opaque_level import OpaqueLevel
from gateway.planning.routes import FETCH_COST, FIELD_COST, Route, Stand
from gateway.planning.ways import IDLE, NO_KEY, Busy, Opened, Openings, Option, WayIn, covers, merged, provided_below

_NO_LIMIT: Final = 10**9


class PathSearch:
    """One planning's search; remembers the routes it has found."""

    def __init__(self, graph: PlanningGraph, budget: Budget) -> None:
        self._graph = graph
        self._budget = budget
        # Keyed by identity: the selections are kept in the value, so that an identity is never reused.
        self._routes: dict[tuple[Stand, int, Busy], tuple[Selections, Route]] = {}
        self._entries: dict[tuple[Stand, str, str, Busy], WayIn | None] = {}
        self._near: dict[tuple[Stand, str, str], WayIn | None] = {}
        self.mutation_type = graph.supergraph.root_types.get("mutation")
        self._collected: dict[tuple[str, int], tuple[Selections, tuple[Field, ...]]] = {}

    def route(self, stand: Stand, selections: Selections, busy: Busy = IDLE) -> Route:
        """The route for these selections from a stand."""
        where = (stand, id(selections), busy)
        known = self._routes.get(where)
        if known is None:
            self._budget.spend(1 + len(selections))
            known = self._routes[where] = (selections, self._made(stand, selections, busy))
        return known[1]

    def _made(self, stand: Stand, selections: Selections, busy: Busy) -> Route:
        if stand.subgraph is None or not self._graph.is_abstract(stand.type):
            return self._object(stand, selections, busy)
        if self._graph.is_opaque(stand.type, stand.subgraph):
            return OpaqueLevel(self, stand, busy).route(selections)
        return AbstractLevel(self, stand, busy).route(selections)

    # Objects

    def _object(self, stand: Stand, selections: Selections, busy: Busy) -> Route:
        level = ObjectLevel(self, stand, busy)
        fields = self.collect(stand.type, selections)
        # Fields with few ways first: what they need opens ways that others can share.
        for index, field in sorted(enumerate(fields), key=lambda each: len(self._graph.owners(stand.type, each[1].name))):
            level.place(index, field)
        return level.route()

    def collect(self, type_name: str, selections: Selections) -> tuple[Field, ...]:
        """The fields selected of an object type, equal ones merged."""
        known = self._collected.get((type_name, id(selections)))
        if known is None:
            fields: dict[tuple[str, tuple[Condition, ...]], Field] = {}
            for field in self._applying(type_name, selections):
                self._budget.spend()
                same = fields.get((field.response_key, field.conditions))
                fields[field.response_key, field.conditions] = merged(same, field) if same else field
            known = self._collected[type_name, id(selections)] = (selections, tuple(fields.values()))
        return known[1]

    def _applying(self, type_name: str, selections: Selections) -> Iterator[Field]:
        for each in selections:
            if isinstance(each, Field):
                yield each
            elif type_name in self._graph.possible(each.type_condition):
                yield from self._applying(type_name, each.selections)

    def options(self, stand: Stand, field: Field, busy: Busy, opened: Openings) -> Iterator[tuple[int, Iterator[Option]]]:
        """The ways to answer the field from here, near ones first, each group with the least that any after it costs."""
        provided = provided_below(self._graph, stand, field.name)
        owners = self._graph.ways(stand.type, field.name)
        self._budget.spend(1 + len(owners))
        here = Owner(stand.subgraph or "", stand.type, ())
        if provided is not None and self._graph.contexts(stand.type, field.name, here.subgraph):
            # What is provided is not provided for whatever an argument is filled with.
            provided = None
        if stand.subgraph is not None and (provided is not None or here in owners):
            yield FETCH_COST, self._staying(stand, field, here, provided or (), busy)
        near: list[Owner] = []
        far: list[Owner] = []
        for owner in owners:
            if owner.is_told and (owner.type, owner.subgraph, field.name) in busy:
                continue
            if owner.subgraph != stand.subgraph or (owner.is_told and provided is None):
                is_near = owner in opened or self._near_entry(stand, owner.subgraph, owner.type) is not None
                (near if is_near else far).append(owner)
        yield 2 * FETCH_COST, (option for each in near for option in self._going(stand, field, each, busy, opened))
        yield _NO_LIMIT, (option for each in far for option in self._going(stand, field, each, busy, opened))

    def _staying(self, stand: Stand, field: Field, owner: Owner, provided: Selections, busy: Busy) -> Iterator[Option]:
        below = self.below(stand, field, owner, provided, busy)
        covered = covers(below)
        if covered:
            yield Option(owner, True, below, covered, FIELD_COST + (below.cost if below else 0))

    def _going(self, stand: Stand, field: Field, owner: Owner, busy: Busy, opened: Openings) -> Iterator[Option]:
        shared = opened.get(owner)
        entry = self.entry(stand, owner.subgraph, owner.type, busy) if shared is None else shared.entry
        below = self.below(stand, field, owner, (), busy, is_entered=True) if entry is not None else None
        covered = covers(below)
        if entry is None or not covered:
            return
        cost = FIELD_COST + (below.cost if below else 0)
        if shared is None:
            shared = self._opening(stand, field, owner, entry, busy)
            if shared is None:
                return
            extra = shared.cost
            # Fetches of one subgraph that wait for the same are made one.
            cost += extra if owner._replace(requires=()) in opened and extra < FETCH_COST else extra + FETCH_COST
        yield Option(owner, False, below, covered, cost, shared)

    def _opening(self, stand: Stand, field: Field, owner: Owner, entry: WayIn, busy: Busy) -> Opened | None:
        if not owner.is_told:
            return Opened(entry, owner, entry.inputs, [])
        busy |= {(owner.type, owner.subgraph, field.name)}
        needed = self.route(stand, owner.requires, busy) if owner.requires else None
        fillings = fillings_of(self, self._graph, stand, owner, busy) if owner.contexts else ()
        if fillings is None or (needed is not None and needed.missing):
            return None
        return Opened(entry, owner, entry.inputs if needed is None else (*entry.inputs, needed), [], fillings)

    def below(self, stand: Stand, field: Field, owner: Owner, provided: Selections, busy: Busy, *, is_entered: bool = False) -> Route | None:
        """The route for what is selected below the field, as that owner gives it; None for a leaf."""
        target = named(self.type_in(owner.type, field, owner.subgraph))
        if not self._graph.is_composite(target):
            return None
        more = self._graph.provides(owner.type, field.name, owner.subgraph)
        givers = frozenset(each for each in self._graph.owners(stand.type, field.name) if self._can_give(stand, each))
        only = self._common_members(stand.type, field, target, givers | {owner.subgraph})
        setters = setters_below(self._graph, stand, owner, is_entered=is_entered) if self._graph.has_contexts else ()
        return self.route(Stand(target, owner.subgraph, (*provided, *more), givers - {owner.subgraph}, only, setters), field.selections, busy)

    def _can_give(self, stand: Stand, subgraph: str) -> bool:
        return stand.subgraph is None or subgraph in stand.others or bool(self._graph.keys(stand.type, subgraph))

    def _common_members(self, type_name: str, field: Field, union: str, givers: frozenset[str]) -> frozenset[str] | None:
        if len(givers) == 1 or not self._graph.is_union(union):
            return None
        return frozenset[str].intersection(*(self._graph.runtime(named(self.type_in(type_name, field, each)), each) for each in givers))

    def type_in(self, type_name: str, field: Field, subgraph: str) -> str:
        """The field's type as that subgraph prints it."""
        join = self._graph.join(type_name, field.name, subgraph)
        return join.type if join is not None else field.type

    # Entity moves

    def entry(self, stand: Stand, subgraph: str, type_name: str, busy: Busy) -> WayIn | None:
        """The way into a subgraph that is told the objects are of that type: their own, or an interface of theirs."""
        near = self._near_entry(stand, subgraph, type_name)
        if near is not None:
            return near
        where = (stand, subgraph, type_name, busy)
        if where not in self._entries:
            keys = self._graph.keys(type_name, subgraph)
            found = [entry for key in keys if (entry := self._far_entry(stand, subgraph, key, busy)) is not None]
            self._entries[where] = min(found, key=lambda entry: entry.cost) if found else None
        return self._entries[where]

    def _near_entry(self, stand: Stand, subgraph: str, type_name: str) -> WayIn | None:
        """The way in by a key that the subgraph we are in gives on the spot, or by none."""
        if stand.subgraph is None or stand.type == self._graph.query_type:
            return NO_KEY
        where = (stand, subgraph, type_name)
        if where not in self._near:
            keys = (key for key in self._graph.keys(type_name, subgraph) if self._is_at_hand(stand, key))
            found = [WayIn(key, (route,), route.cost) for key in keys for route in (self.route(stand, key),)]
            self._near[where] = min(found, key=lambda entry: entry.cost) if found else None
        return self._near[where]

    def _is_at_hand(self, stand: Stand, selections: Selections) -> bool:
        assert stand.subgraph is not None
        for field in selections:
            if not isinstance(field, Field) or self._graph.is_abstract(named(field.type)):
                return False
            provided = provided_below(self._graph, stand, field.name)
            if provided is None and field.name != TYPENAME and not self._answers_on_the_spot(stand.type, field.name, stand.subgraph):
                return False
            more = self._graph.provides(stand.type, field.name, stand.subgraph)
            if not self._is_at_hand(Stand(named(field.type), stand.subgraph, (*(provided or ()), *more)), field.selections):
                return False
        return True

    def _answers_on_the_spot(self, type_name: str, field: str, subgraph: str) -> bool:
        """True when the subgraph resolves the field and has to be told nothing for it."""
        asks = self._graph.requires(type_name, field, subgraph) or self._graph.contexts(type_name, field, subgraph)
        return not asks and subgraph in self._graph.owners(type_name, field)

    def _far_entry(self, stand: Stand, subgraph: str, key: Selections, busy: Busy) -> WayIn | None:
        self._budget.spend()
        if (stand.type, subgraph, key) in busy:
            return None
        route = self.route(stand, key, busy | {(stand.type, subgraph, key)})
        return None if route.missing else WayIn(key, (route,), route.cost)

    # Interfaces and unions

    def runtime(self, stand: Stand) -> tuple[str, ...]:
        """The object types that a value at this stand can have, in a fixed order."""
        assert stand.subgraph is not None
        types = self._graph.runtime(stand.type, stand.subgraph)
        return tuple(sorted(types if stand.only is None else types & stand.only))

    def is_uniform(self, stand: Stand, field: Field) -> bool:
        """True when every type that can stand here answers the field on the spot, and the abstract type has it in this subgraph."""
        assert stand.subgraph is not None
        if stand.subgraph not in self._graph.owners(stand.type, field.name):
            return False
        types = self.runtime(stand)
        if field.selections and any(self._graph.contexts_set(each) for each in types):
            # What is below is filled from what each type sets.
            return False
        return all(self._answers_on_the_spot(each, field.name, stand.subgraph) for each in types)

    def narrowed(self, stand: Stand, type_condition: str) -> tuple[str, ...]:
        """Which of the types that can stand here fit the type condition."""
        fitting = self._graph.possible(type_condition)
        return tuple(each for each in self.runtime(stand) if each in fitting)

    def keeps(self, stand: Stand, type_condition: str, types: tuple[str, ...]) -> bool:
        """True when this subgraph means by the abstract type condition what the supergraph means by it."""
        assert stand.subgraph is not None
        if not self._graph.is_abstract(type_condition):
            return False
        own = self._graph.runtime(type_condition, stand.subgraph)
        return bool(own) and frozenset(types) == own & frozenset(self.runtime(stand))

    # Interfaces that a subgraph knows as objects

    def holds_always(self, type_name: str, type_condition: str) -> bool:
        """True when every object of the type fits an abstract type condition; that it can be of one type alone does not tell that it is."""
        return self._graph.is_abstract(type_condition) and self._graph.possible(type_name) <= self._graph.possible(type_condition)

    def is_given_opaquely(self, stand: Stand, field: Field) -> bool:
        """True when a subgraph that knows the interface as an object gives the field: where we stand, or where nobody else does."""
        owners = self._graph.owners(stand.type, field.name)
        assert stand.subgraph is not None
        if provided_below(self._graph, stand, field.name) is not None or (stand.subgraph in owners):
            return True
        return bool(owners) and all(self._graph.is_opaque(stand.type, each) for each in owners)

    def is_left_to_interface_objects(self, stand: Stand, field: Field) -> bool:
        """True when nobody gives the field but subgraphs that know the interface as an object."""
        owners = self._graph.owners(stand.type, field.name)
        opaque = any(self._graph.is_opaque(stand.type, each) for each in owners)
        return opaque and stand.subgraph not in owners and not any(self._graph.owners(each, field.name) for each in self.runtime(stand))

    def entered_as_interface(self, type_name: str) -> tuple[str, ...]:
        """The subgraphs that can be asked what an object of the interface is."""
        return self._graph.entered_as_interface(type_name)

    def objects_meant(self, stand: Stand, type_name: str) -> frozenset[str]:
        """The object types that are represented as that type; none where it is their own."""
        if not self._graph.is_abstract(type_name):
            return frozenset()
        return self._graph.possible(stand.type)
