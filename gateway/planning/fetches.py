"""This module is in charge of turning routes into fetches: what each subgraph is asked, with which representations, after which others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from gateway.operation.selection import Field, Value, Variable
from gateway.planning.budget import Budget
from gateway.planning.draft import Branch, Conditions, Draft, DraftFetch, Entry, bare
from gateway.planning.graph import AS_OF, PlanningGraph, Selections, named
from gateway.planning.plan import ContextValue, Path, PathStep, RequiredField
from gateway.planning.positions import Position
from gateway.planning.routes import Filling, Jump, Local, Move, Narrow, Route

Waits = frozenset[int]
_NOTHING: Waits = frozenset()
_NO_TYPES: frozenset[str] = frozenset()
Given = tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a route is carried out. `ours` is true for what the planner needs and the client did not ask for here;
    `conditions` are then those of the jump that needs it. `above` is where the field was asked for that led here (under the conditions
    `via`), `outside` where its subgraph was entered from; `given` are arguments that the gateway fills."""

    fetch: DraftFetch | None
    branch: Branch | None
    position: Position
    path: Path
    ours: bool = False
    conditions: Conditions = ()
    above: _Place | None = None
    via: Conditions = ()
    outside: _Place | None = None
    given: Given = ()


class FetchBuilder:
    """Carries out routes, one after the other, into one draft."""

    def __init__(self, graph: PlanningGraph, budget: Budget, client: Selections) -> None:
        self._graph = graph
        self._budget = budget
        self._fetches: list[DraftFetch] = []
        self._ancestors: dict[int, Waits] = {}
        self._alike: dict[tuple[str, Path, Waits, Conditions, bool, tuple[ContextValue, ...]], list[DraftFetch]] = {}
        # By response key: what is selected of a look-up that may be of a past moment, and the type of the field that tells it.
        self._dated: dict[str, tuple[Branch, str]] = {}
        self._position = Position()
        self._position.claim(client)

    @property
    def draft(self) -> Draft:
        """What has been built so far."""
        return Draft(self._fetches, self._budget)

    def add_root(self, route: Route, after: Waits = _NOTHING) -> None:
        """Carry out a route from a root type; its fetches start when those of `after` are done."""
        place = _Place(None, None, self._position, ())
        for move in route.moves:
            assert isinstance(move, Jump)
            self._jump(move, place, after)

    def _carry_out(self, route: Route, place: _Place) -> Waits:
        """Do what the route says; the ids of the fetches that hold what it selects."""
        return self._carry_all(route.moves, place)

    def _carry_all(self, moves: Iterable[Move], place: _Place) -> Waits:
        touched: Waits = _NOTHING
        for move in moves:
            self._budget.spend()
            match move:
                case Local():
                    touched |= self._local(move, place)
                case Narrow():
                    assert place.branch is not None
                    branch = place.branch.narrow(move.type, self._graph.is_abstract(move.type))
                    touched |= self._carry_out(move.route, replace(place, branch=branch, path=self._narrowed(place.path, move.type)))
                case Jump():
                    touched |= self._jump(move, place)
        return touched

    def _narrowed(self, path: Path, type_name: str) -> Path:
        if not path:
            return path
        return (*path[:-1], replace(path[-1], type_conditions=self._graph.possible(type_name)))

    def _local(self, move: Local, place: _Place) -> Waits:
        assert place.fetch is not None
        assert place.branch is not None
        field = move.field
        key = place.position.key_for(field) if place.ours else field.response_key
        conditions = _union(field.conditions, place.conditions)
        entry = place.branch.fields.get((key, conditions))
        if entry is None:
            below = self._branch(move, place.fetch.subgraph) if move.below is not None else None
            arguments = (*field.arguments, *place.given)
            entry = place.branch.fields[key, conditions] = Entry(field.name, key, arguments, conditions, move.type, below)
        touched = frozenset({place.fetch.id})
        if move.below is None or entry.below is None:
            return touched
        path = (*place.path, PathStep(key, move.type.count("[")))
        if not place.path and (moment := self._graph.moment_of(field)) is not None:
            self._dated[key] = (entry.below, moment)
        inner = _Place(place.fetch, entry.below, place.position.below(key), path, place.ours, above=place, via=conditions)
        return touched | self._carry_out(move.below, inner)

    def _branch(self, move: Local, subgraph: str) -> Branch:
        own = named(move.type)
        opaque = self._graph.is_opaque(own, subgraph)
        return Branch(own, not opaque and (self._graph.is_abstract(own) or self._graph.is_abstract(named(move.field.type))), opaque)

    def _jump(self, move: Jump, place: _Place, after: Waits = _NOTHING) -> Waits:
        conditions = _union(move.conditions, place.conditions)
        inputs = replace(place, ours=True, conditions=conditions)
        waits = after.union(*(self._carry_out(route, inputs) for route in move.inputs))
        if place.fetch is not None:
            waits |= {place.fetch.id}
        contexts: list[ContextValue] = []
        for filling in move.fillings:
            touched, value = self._fill(filling, place, conditions, len(contexts))
            waits |= touched
            contexts.append(value)
        needs = self._needs(move.key, place.position, False, move.subgraph) if move.key else ()
        needs += self._needs(move.requires, place.position, True, move.subgraph) if move.key else ()
        if move.key and len(place.path) == 1:
            needs += self._moment(place)
        fetch = self._fetch(move, place.path, self._direct(waits), conditions, needs, tuple(contexts))
        opaque = self._graph.is_opaque(move.type, move.subgraph)
        branch = fetch.root.narrow(move.type, self._graph.is_abstract(move.type) and not opaque, opaque) if move.key else fetch.root
        given = tuple((filling.argument.name, Variable(value.name)) for filling, value in zip(move.fillings, contexts))
        inner = replace(place, fetch=fetch, branch=branch, outside=place if place.fetch is not None else None, given=given)
        return frozenset({fetch.id}) | self._carry_all(move.moves, inner)

    def _fill(self, filling: Filling, place: _Place, conditions: Conditions, number: int) -> tuple[Waits, ContextValue]:
        """Fetch above what an argument takes of a context; which fetches hold it, and where it is then found."""
        for _ in range(filling.levels):
            conditions = _union(conditions, place.via)
            assert place.above is not None
            place = place.above
        if not filling.is_inside:
            assert place.outside is not None
            place = place.outside
        waits = self._carry_out(filling.route, replace(place, ours=True, conditions=conditions, given=()))
        keys: list[str] = []
        needs = self._needs(filling.selections, place.position, True, "")
        while needs:
            keys.append(needs[0].key)
            needs = tuple(each for each in needs[0].children if each.name != "__typename")
        return waits, ContextValue(str(number), filling.argument.type, len(place.path), tuple(keys))

    def _moment(self, place: _Place) -> tuple[RequiredField, ...]:
        """What tells the moment of the object at this place, as part of its key; nothing where it can be of the present alone."""
        key = place.path[0].key
        if key not in self._dated:
            return ()
        branch, printed = self._dated[key]
        field = Field(AS_OF, None, (), (), (), branch.type, printed)
        own = place.position.key_for(field)
        branch.fields.setdefault((own, ()), Entry(AS_OF, own, (), (), printed, None))
        return (RequiredField(AS_OF, own, nullable=True),)

    def _direct(self, waits: Waits) -> Waits:
        """Without those that others of them wait for anyhow."""
        return waits - frozenset().union(*(self._ancestors[each] for each in waits))

    def _fetch(
        self, move: Jump, path: Path, waits: Waits, conditions: Conditions, needs: tuple[RequiredField, ...], contexts: tuple[ContextValue, ...]
    ) -> DraftFetch:
        is_entity = move.key is not None
        where = bare(path) if is_entity else path
        # Root fields share a fetch under whatever conditions; a conditional representation must not stand in for others.
        alike = self._alike.setdefault((move.subgraph, where, waits, conditions if path else (), is_entity, contexts), [])
        fetch = next((each for each in alike if each.accepts(move.type, needs, move.objects)), None)
        if fetch is None:
            root = Branch("_Entity" if is_entity else move.type)
            fetch = DraftFetch(len(self._fetches), move.subgraph, where, root, waits, conditions if path else (), contexts=contexts)
            alike.append(fetch)
            self._fetches.append(fetch)
            self._ancestors[fetch.id] = waits.union(*(self._ancestors[each] for each in waits))
        if is_entity:
            fetch.need(move.type, needs, move.objects)
            fetch.requiring |= bool(move.requires)
        return fetch

    # Representations

    def _needs(self, selections: Selections, position: Position, nullable: bool, subgraph: str, types: frozenset[str] = _NO_TYPES) -> tuple[RequiredField, ...]:
        """What that subgraph is told of these selections."""
        found: list[RequiredField] = []
        for each in selections:
            if isinstance(each, Field):
                found.append(self._need(each, position, nullable, subgraph, types))
            else:
                found.extend(self._needs(each.selections, position, nullable, subgraph, self._graph.possible(each.type_condition)))
        return tuple(found)

    def _need(self, field: Field, position: Position, nullable: bool, subgraph: str, types: frozenset[str]) -> RequiredField:
        key = position.key_for(field)
        children = self._needs(field.selections, position.below(key), nullable, subgraph)
        below = named(field.type)
        # A subgraph that knows the interface as an object is told no narrower type, which nobody may have been asked for.
        is_told = any(each.name == "__typename" for each in children)
        if children and not is_told and self._graph.is_abstract(below) and not self._graph.is_opaque(below, subgraph):
            children = (RequiredField("__typename", "__typename"), *children)
        return RequiredField(field.name, key, nullable and not field.type.endswith("!"), children, types)


def _union(one: Conditions, other: Conditions) -> Conditions:
    if not other:
        return one
    return tuple(sorted({*one, *other}, key=lambda each: (each.variable, each.negated)))
