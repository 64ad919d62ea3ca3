"""This module is in charge of paths: which subgraph answers which selected field, and by which keys it is entered.

The search is greedy and lazy. At each stand every field goes to the subgraph that covers most of what is selected below it
and, among equals, costs least beside what was chosen before; what no key leads to is handed back up as *missing*, so that the
parent can be asked again elsewhere (fields of a value type are reached through the parent's key). A key or a `@requires`
is searched for in the same way, when a move needs it. Nothing here changes anything: the result is a tree of moves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from gateway.operation.normalise import TYPENAME
from gateway.operation.selection import Condition, Field, Fragment, Selection
from gateway.planning.budget import Budget
from gateway.planning.graph import PlanningGraph, Selections, named
from gateway.planning.routes import FETCH_COST, FIELD_COST, Jump, Local, Move, Narrow, Route, Stand

# Answered by the gateway itself, from the caller's view of the schema.
INTROSPECTION: Final = frozenset({"__schema", "__type"})

_NO_LIMIT: Final = 10**9

# Moves that are being searched for: one of them may not need itself.
Busy = frozenset[tuple[str, str, Selections | str]]
_IDLE: Final[Busy] = frozenset()


@dataclass(frozen=True, slots=True)
class _Entry:
    """A way into a subgraph: the key, and the route by which it is come by."""

    key: Selections | None
    inputs: tuple[Route, ...]
    cost: int


_NO_KEY: Final = _Entry(None, (), 0)


@dataclass(slots=True)
class _Opened:
    """A jump in the making; what other fields can share."""

    entry: _Entry
    requires: Selections
    inputs: tuple[Route, ...]
    fields: list[Local]


@dataclass(frozen=True, slots=True)
class _Option:
    """One way to answer one field: where, what it covers, what it adds to the cost."""

    subgraph: str
    local: bool
    requires: Selections
    below: Route | None
    covered: int
    cost: int
    opened: _Opened | None = None

    @property
    def is_whole(self) -> bool:
        """True when nothing that is selected below the field is left over."""
        return self.below is None or not self.below.missing

    @property
    def rank(self) -> tuple[int, int, bool, str]:
        return (-self.covered, self.cost, not self.local, self.subgraph)


class PathSearch:
    """One planning's search; remembers the routes it has found."""

    def __init__(self, graph: PlanningGraph, budget: Budget) -> None:
        self._graph = graph
        self._budget = budget
        # Keyed by identity: the selections are kept in the value, so that an identity is never reused.
        self._routes: dict[tuple[Stand, int, Busy], tuple[Selections, Route]] = {}
        self._entries: dict[tuple[Stand, str, Busy], _Entry | None] = {}
        self._near: dict[tuple[Stand, str], _Entry | None] = {}
        self._collected: dict[tuple[str, int], tuple[Selections, tuple[Field, ...]]] = {}

    def route(self, stand: Stand, selections: Selections, busy: Busy = _IDLE) -> Route:
        """The route for these selections from a stand."""
        where = (stand, id(selections), busy)
        known = self._routes.get(where)
        if known is None:
            self._budget.spend(1 + len(selections))
            abstract = stand.subgraph is not None and self._graph.is_abstract(stand.type)
            made = self._abstract(stand, selections, busy) if abstract else self._object(stand, selections, busy)
            known = self._routes[where] = (selections, made)
        return known[1]

    # Objects

    def _object(self, stand: Stand, selections: Selections, busy: Busy) -> Route:
        level = _Level(self, stand, busy)
        fields = self.collect(stand.type, selections)
        # Fields with few ways first: what they need opens ways that others can share.
        for index, field in sorted(enumerate(fields), key=lambda each: len(self._graph.owners(stand.type, each[1].name))):
            level.place(index, field)
        return level.route()

    def collect(self, type_name: str, selections: Selections) -> tuple[Field, ...]:
        """The fields selected of an object type, equal ones merged."""
        known = self._collected.get((type_name, id(selections)))
        if known is None:
            merged: dict[tuple[str, tuple[Condition, ...]], Field] = {}
            for field in self._applying(type_name, selections):
                self._budget.spend()
                same = merged.get((field.response_key, field.conditions))
                merged[field.response_key, field.conditions] = _merged(same, field) if same else field
            known = self._collected[type_name, id(selections)] = (selections, tuple(merged.values()))
        return known[1]

    def _applying(self, type_name: str, selections: Selections) -> Iterator[Field]:
        for each in selections:
            if isinstance(each, Field):
                yield each
            elif type_name in self._graph.possible(each.type_condition):
                yield from self._applying(type_name, each.selections)

    def options(self, stand: Stand, field: Field, busy: Busy, opened: dict[tuple[str, Selections], _Opened]) -> Iterator[tuple[int, Iterator[_Option]]]:
        """The ways to answer the field from here, near ones first, each group with the least that any after it costs."""
        provided = _provided(self._graph, stand, field.name)
        owners = [(each, self._graph.requires(stand.type, field.name, each)) for each in self._graph.owners(stand.type, field.name)]
        self._budget.spend(1 + len(owners))
        if stand.subgraph is not None and (provided is not None or (stand.subgraph, ()) in owners):
            yield FETCH_COST, self._staying(stand, field, stand.subgraph, provided or (), busy)
        near: list[tuple[str, Selections]] = []
        far: list[tuple[str, Selections]] = []
        for subgraph, requires in owners:
            if requires and (stand.type, subgraph, field.name) in busy:
                continue
            if subgraph != stand.subgraph or (requires and provided is None):
                is_near = (subgraph, requires) in opened or self._near_entry(stand, subgraph) is not None
                (near if is_near else far).append((subgraph, requires))
        yield 2 * FETCH_COST, (option for each in near for option in self._going(stand, field, *each, busy, opened))
        yield _NO_LIMIT, (option for each in far for option in self._going(stand, field, *each, busy, opened))

    def _staying(self, stand: Stand, field: Field, subgraph: str, provided: Selections, busy: Busy) -> Iterator[_Option]:
        below = self.below(stand, field, subgraph, provided, busy)
        covered = _covers(below)
        if covered:
            yield _Option(subgraph, True, (), below, covered, FIELD_COST + (below.cost if below else 0))

    def _going(
        self, stand: Stand, field: Field, subgraph: str, requires: Selections, busy: Busy, opened: dict[tuple[str, Selections], _Opened]
    ) -> Iterator[_Option]:
        shared = opened.get((subgraph, requires))
        entry = self._entry(stand, subgraph, busy) if shared is None else shared.entry
        below = self.below(stand, field, subgraph, (), busy) if entry is not None else None
        covered = _covers(below)
        if entry is None or not covered:
            return
        cost = FIELD_COST + (below.cost if below else 0)
        if shared is None:
            shared = self._opening(stand, field, subgraph, requires, entry, busy)
            if shared is None:
                return
            extra = sum(each.cost for each in shared.inputs)
            # Fetches of one subgraph that wait for the same are made one.
            cost += extra if (subgraph, ()) in opened and extra < FETCH_COST else extra + FETCH_COST
        yield _Option(subgraph, False, requires, below, covered, cost, shared)

    def _opening(self, stand: Stand, field: Field, subgraph: str, requires: Selections, entry: _Entry, busy: Busy) -> _Opened | None:
        if not requires:
            return _Opened(entry, requires, entry.inputs, [])
        needed = self.route(stand, requires, busy | {(stand.type, subgraph, field.name)})
        return None if needed.missing else _Opened(entry, requires, (*entry.inputs, needed), [])

    def below(self, stand: Stand, field: Field, subgraph: str, provided: Selections, busy: Busy) -> Route | None:
        """The route for what is selected below the field, as that subgraph gives it; None for a leaf."""
        target = named(self.type_in(stand.type, field, subgraph))
        if not self._graph.is_composite(target):
            return None
        more = self._graph.provides(stand.type, field.name, subgraph)
        givers = frozenset(each for each in self._graph.owners(stand.type, field.name) if self._can_give(stand, each))
        only = self._common_members(stand.type, field, target, givers | {subgraph})
        return self.route(Stand(target, subgraph, (*provided, *more), givers - {subgraph}, only), field.selections, busy)

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

    def _entry(self, stand: Stand, subgraph: str, busy: Busy) -> _Entry | None:
        near = self._near_entry(stand, subgraph)
        if near is not None:
            return near
        where = (stand, subgraph, busy)
        if where not in self._entries:
            found = [entry for key in self._graph.keys(stand.type, subgraph) if (entry := self._far_entry(stand, subgraph, key, busy)) is not None]
            self._entries[where] = min(found, key=lambda entry: entry.cost) if found else None
        return self._entries[where]

    def _near_entry(self, stand: Stand, subgraph: str) -> _Entry | None:
        """The way in by a key that the subgraph we are in gives on the spot, or by none."""
        if stand.subgraph is None or stand.type == self._graph.query_type:
            return _NO_KEY
        where = (stand, subgraph)
        if where not in self._near:
            keys = (key for key in self._graph.keys(stand.type, subgraph) if self._is_at_hand(stand, key))
            found = [_Entry(key, (route,), route.cost) for key in keys for route in (self.route(stand, key),)]
            self._near[where] = min(found, key=lambda entry: entry.cost) if found else None
        return self._near[where]

    def _is_at_hand(self, stand: Stand, selections: Selections) -> bool:
        assert stand.subgraph is not None
        for field in selections:
            if not isinstance(field, Field) or self._graph.is_abstract(named(field.type)):
                return False
            provided = _provided(self._graph, stand, field.name)
            owned = stand.subgraph in self._graph.owners(stand.type, field.name) and not self._graph.requires(stand.type, field.name, stand.subgraph)
            if provided is None and not owned and field.name != TYPENAME:
                return False
            more = self._graph.provides(stand.type, field.name, stand.subgraph)
            if not self._is_at_hand(Stand(named(field.type), stand.subgraph, (*(provided or ()), *more)), field.selections):
                return False
        return True

    def _far_entry(self, stand: Stand, subgraph: str, key: Selections, busy: Busy) -> _Entry | None:
        self._budget.spend()
        if (stand.type, subgraph, key) in busy:
            return None
        route = self.route(stand, key, busy | {(stand.type, subgraph, key)})
        return None if route.missing else _Entry(key, (route,), route.cost)

    # Interfaces and unions

    def _abstract(self, stand: Stand, selections: Selections, busy: Busy) -> Route:
        return _AbstractLevel(self, stand, busy).route(selections)

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
        return all(
            stand.subgraph in self._graph.owners(each, field.name) and not self._graph.requires(each, field.name, stand.subgraph)
            for each in self.runtime(stand)
        )

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


class _Level:
    """The fields of one object type at one stand, while they are being placed."""

    def __init__(self, search: PathSearch, stand: Stand, busy: Busy) -> None:
        self._search = search
        self._stand = stand
        self._busy = busy
        self._locals: list[tuple[int, Local]] = []
        self._opened: dict[tuple[str, Selections], _Opened] = {}
        self._missing: list[tuple[int, Field]] = []
        self._cost = 0
        self._covered = 0

    def place(self, index: int, field: Field) -> None:
        """Give the field to the best option, and what that leaves to the next."""
        if field.name == TYPENAME or field.name in INTROSPECTION:
            self._covered += 1
            if self._stand.subgraph is not None:
                self._locals.append((index, Local(field, field.type)))
            return
        left: Field | None = field
        tried: set[tuple[str, Selections]] = set()
        while left is not None:
            best = self._best(left, tried)
            # A mutation is made once: no second subgraph completes its answer.
            if best is None or (tried and self._stand.type == "Mutation"):
                self._missing.append((index, left))
                return
            tried.add((best.subgraph, best.requires))
            self._take(index, left, best)
            left = replace(left, selections=best.below.missing) if best.below and best.below.missing else None

    def _best(self, field: Field, tried: set[tuple[str, Selections]]) -> _Option | None:
        best: _Option | None = None
        for least, options in self._search.options(self._stand, field, self._busy, self._opened):
            for each in options:
                if (each.subgraph, each.requires) not in tried and (best is None or each.rank < best.rank):
                    best = each
            # Not only to save time: a key that is at hand must not be looked for elsewhere, by that very key.
            if best is not None and best.is_whole and best.cost < least:
                return best
        return best

    def _take(self, index: int, field: Field, option: _Option) -> None:
        self._cost += option.cost
        self._covered += option.covered
        move = Local(field, self._search.type_in(self._stand.type, field, option.subgraph), option.below)
        if option.local:
            self._locals.append((index, move))
            return
        assert option.opened is not None
        self._opened.setdefault((option.subgraph, option.requires), option.opened).fields.append(move)

    def route(self) -> Route:
        """What has become of the fields."""
        jumps = (self._jump(subgraph, opened) for (subgraph, _), opened in self._opened.items())
        return Route(
            stand=self._stand,
            moves=(*(move for _, move in sorted(self._locals, key=lambda each: each[0])), *jumps),
            cost=self._cost,
            covered=self._covered,
            missing=tuple(field for _, field in sorted(self._missing, key=lambda each: each[0])),
        )

    def _jump(self, subgraph: str, opened: _Opened) -> Jump:
        shared = set(opened.fields[0].field.conditions).intersection(*(move.field.conditions for move in opened.fields))
        conditions = tuple(sorted(shared, key=lambda each: (each.variable, each.negated)))
        return Jump(subgraph, self._stand.type, opened.entry.key, opened.requires, opened.inputs, conditions, tuple(opened.fields))


class _AbstractLevel:
    """The selections of an interface or union at one stand: kept as they are where the subgraph can, else spelled out type by type."""

    def __init__(self, search: PathSearch, stand: Stand, busy: Busy) -> None:
        self._search = search
        self._stand = stand
        self._busy = busy
        self._moves: list[Move] = []
        self._spelled: dict[str, list[Selection]] = {}
        self._missing: list[Selection] = []
        self._cost = 0
        self._covered = 0

    def route(self, selections: Selections) -> Route:
        """The route for the selections."""
        for each in selections:
            if isinstance(each, Fragment):
                self._place_fragment(each)
            elif each.name == TYPENAME:
                self._covered += 1
                self._moves.append(Local(each, each.type))
            else:
                self._place_field(each)
        for type_name, spelled in sorted(self._spelled.items()):
            self._narrow(type_name, tuple(spelled))
        return Route(self._stand, tuple(self._moves), self._cost, self._covered, tuple(self._missing))

    def _place_field(self, field: Field) -> None:
        left: Field | None = field
        if self._search.is_uniform(self._stand, field):
            assert self._stand.subgraph is not None
            below = self._search.below(self._stand, field, self._stand.subgraph, (), self._busy)
            covered = _covers(below)
            if covered:
                self._moves.append(Local(field, self._search.type_in(self._stand.type, field, self._stand.subgraph), below))
                self._cost += FIELD_COST + (below.cost if below else 0)
                self._covered += covered
                left = replace(field, selections=below.missing) if below and below.missing else None
        if left is not None:
            for type_name in self._search.runtime(self._stand):
                self._spelled.setdefault(type_name, []).append(left)

    def _place_fragment(self, fragment: Fragment) -> None:
        types = self._search.narrowed(self._stand, fragment.type_condition)
        if self._search.keeps(self._stand, fragment.type_condition, types):
            route = self._search.route(replace(self._stand, type=fragment.type_condition), fragment.selections, self._busy)
            if route.stays and not route.missing:
                self._moves.append(Narrow(fragment.type_condition, route))
                self._cost += route.cost
                self._covered += route.covered
                return
        for type_name in types:
            self._spelled.setdefault(type_name, []).extend(fragment.selections)

    def _narrow(self, type_name: str, selections: Selections) -> None:
        route = self._search.route(replace(self._stand, type=type_name), selections, self._busy)
        self._cost += route.cost
        self._covered += route.covered
        if route.moves:
            self._moves.append(Narrow(type_name, route))
        if route.missing:
            self._missing.append(Fragment(type_name, (), route.missing))


def _covers(below: Route | None) -> int:
    """How many selected fields are answered, the field itself among them; 0 when nothing that is wanted below it can be."""
    if below is None:
        return 1
    return 0 if below.missing and not below.covered else 1 + below.covered


def _merged(one: Field, other: Field) -> Field:
    return one if one.selections == other.selections else replace(one, selections=(*one.selections, *other.selections))


def _provided(graph: PlanningGraph, stand: Stand, name: str) -> Selections | None:
    """What the stand's subgraph gives below this field by way of `@provides`; None where it gives nothing of the kind."""
    found: list[Selection] = []
    present = False
    for each in _provided_fields(graph, stand.type, stand.provided):
        if each.name == name:
            present = True
            found.extend(each.selections)
    return tuple(found) if present else None


def _provided_fields(graph: PlanningGraph, type_name: str, selections: Selections) -> Iterator[Field]:
    for each in selections:
        if isinstance(each, Field):
            yield each
        elif graph.possible(type_name) <= graph.possible(each.type_condition):
            yield from _provided_fields(graph, type_name, each.selections)
