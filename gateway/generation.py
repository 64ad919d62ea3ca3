"""This module is in charge of the generation: one supergraph with everything derived from it, replaced whole on reload.

What is derived is derived once: documents by their text; operations by (text, name, view, mode), each a `Prepared` value
that holds everything up to execution; plans by the allowed operation, so that views which allow the same share one.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
from graphql import DocumentNode

from gateway.composition.supergraph import Supergraph
from gateway.errors import Refused
from gateway.execution.project import Projection, compile_projection
from gateway.execution.subgraph import Subgraph
from gateway.known import KnownOperations, PreparedKey, weight_of
from gateway.lru import Lru
from gateway.operation.authorise import AuthorisedOperation, asks_for, authorise, categories_of, page_variables
from gateway.operation.canonical import Aliases, Places, canonical, places_of
from gateway.operation.cost import Cost, CostModel
from gateway.operation.cost_rules import read_cost_rules
from gateway.operation.document import Documents, GraphQLRequest, valid
from gateway.operation.introspect import constant_fields, introspect
from gateway.operation.limits import within_limits
from gateway.operation.normalise import normalise
from gateway.operation.placing import Placed, WrongVariable, placed
from gateway.operation.selection import Field, Operation, condition_variables
from gateway.operation.variables import InputTypes, Variables
from gateway.operation.views import View, Views
from gateway.planning.plan import Plan
from gateway.settings import Caches, Limits
from gateway.timings import Timings

# From so many uses on, a text with aliases has a plan and a projection under its own.
_OFTEN: Final = 32
# Bytes that an answer to introspection takes for each byte of its JSON.
_INTROSPECTED: Final = 6

_CACHES: Final = Caches()

# docs/row-policy.md, section 2: the only fields at which the relation exact_code holds. Reports count as well, whose refusals tell codes apart.
EXACT: Final = frozenset({"Query.battery", "Query.batteriesByCode", "Query.mayAccept"})

# Look-ups that may be of a past moment (docs/row-policy.md, section 18).
DATED: Final = frozenset({"Query.battery", "Query.vehicle"})

Planner = Callable[[Operation], Plan]


@dataclass(frozen=True, slots=True)
class Prepared:
    """One operation through one view, ready for values. The plan fetches what is allowed and projects by what is shown.
    `digest` is the SHA-256 of text and name, hex; `exact` says that it looks something up by a code that the caller names."""

    authorised: AuthorisedOperation
    plan: Plan
    projection: Projection
    variables: Variables
    view: View
    digest: str
    categories: frozenset[str]
    exact: bool
    cost: Cost
    # Where keys of the answer stand under names of the gateway's own: the places, and this text's names for them.
    places: Places | None = None
    aliases: Aliases | None = None

    def values(self, request: GraphQLRequest) -> dict[str, Any]:
        """The values of its variables that come with a request of it."""
        try:
            return self.variables.coerce(request.variables)
        except WrongVariable as wrong:
            raise placed(wrong, request.query, request.operation_name) from None

    def told(self, refusal: Refused) -> Refused:
        """The refusal with paths in the client's names."""
        return refusal if self.aliases is None or isinstance(refusal, Placed) else _named(refusal, self.aliases)


class Generation:
    """A supergraph and its caches. Requests that began with it end with it. `exact` are the coordinates of look-ups by a code,
    `list_size` is what is assumed of lists where nothing says their length, `caches` what may be kept."""

    def __init__(
        self,
        supergraph: Supergraph,
        limits: Limits,
        planner: Planner,
        exact: frozenset[str] = EXACT,
        list_size: int = 20,
        caches: Caches = _CACHES,
    ) -> None:
        self.supergraph = supergraph
        self.limits = limits
        self.views = Views(supergraph)
        self._planner = planner
        self._exact = exact
        # Where another supergraph may have other subgraphs, they go with the generation; None where they outlive it.
        self.subgraphs: Mapping[str, Subgraph] | None = None
        # The pipeline's ports, and the same with these subgraphs.
        self.ports: tuple[Any, Any] | None = None
        # Which generation answers a request of a client, where not all requests are planned alike.
        self.turn: Callable[[Generation, str, Any], Generation] | None = None
        self._costs = CostModel(supergraph.api_schema, read_cost_rules(supergraph.sdl), list_size)
        self._caches = caches
        self._documents = Documents(limits, caches.documents_kib * 1024)
        self._input_types: Lru[tuple[View, bool], InputTypes] = Lru(256)
        self._introspected: Lru[tuple[View, tuple[Field, ...]], dict[str, Any]] = Lru(caches.introspection_kib * 1024, "introspection")
        self._known = KnownOperations(caches)
        self._plans, self._projections = _plans(caches)
        self._making: dict[PreparedKey, tuple[PreparedKey, asyncio.Task[Prepared]]] = {}

    def planned_by(self, planner: Planner) -> Generation:
        """The same supergraph under another planner: what does not depend on plans is shared, and caches of what does are its own."""
        other = copy(self)
        other._planner, other.turn = planner, None
        other._known, other._making = KnownOperations(self._caches), {}
        other._plans, other._projections = _plans(self._caches)
        return other

    def answering(self, client_id: str, call: Any) -> Generation:
        """The generation that answers this request: this one, but where labels of overrides hold for some requests and for others not."""
        return self if self.turn is None else self.turn(self, client_id, call)

    def known(self, key: PreparedKey) -> Prepared | None:
        """What was prepared before for the same text, name, view and mode."""
        prepared = self._known.by_text(key)
        if prepared is not None and prepared.aliases is not None:
            prepared.aliases.left -= 1
            if prepared.aliases.left < 0:
                return None
        return prepared

    def recent(self, most: int) -> list[PreparedKey]:
        """The operations that were asked for last."""
        return self._known.recent(most)

    async def prepare(self, key: PreparedKey, timings: Timings) -> Prepared:
        """Prepare an operation, once however many wait for it; refusals are raised to all of them. Texts that ask for the same share what is prepared."""
        text, name, view, mode = key
        known = self._known.by_text(key)
        is_worth_its_own = known is not None and known.aliases is not None
        written = None if is_worth_its_own else canonical(text, self.limits.tokens)
        if written is None:
            return await self.prepare_as_written(key, timings)
        known_by = written.text, name, view, mode
        shared = await self._shared_by(known_by, key, timings, written.names)
        aliases = None
        if shared.places is not None:
            aliases = _aliases(written.names, shared.places)
        prepared = replace(shared, digest=digest_of(text, name), aliases=aliases)
        self._known.put_text(key, known_by, prepared)
        return prepared

    async def prepare_as_written(self, key: PreparedKey, timings: Timings) -> Prepared:
        """The same, planned and projected under the client's own aliases, whoever else asks for the same under others."""
        # No canonical text begins so.
        known_by = "#" + key[0], *key[1:]
        prepared = await self._shared_by(known_by, key, timings, {})
        self._known.put_text(key, known_by, prepared)
        return prepared

    async def _shared_by(self, known_by: PreparedKey, key: PreparedKey, timings: Timings, names: Mapping[str, str]) -> Prepared:
        shared = self._known.by_operation(known_by)
        if shared is not None:
            return shared
        making = self._making.get(known_by)
        if making is None:
            task = asyncio.ensure_future(self._prepare(key, timings, names))
            making = self._making[known_by] = key, task
            task.add_done_callback(lambda done: self._made(known_by, done))
        try:
            # A client that goes away must not take the plan of the others with it.
            return await asyncio.shield(making[1])
        except Refused:
            if making[0] == key:
                raise
        # Places and aliases in a refusal are those of the text that was prepared.
        return await self._prepare(key, timings, names)

    def _made(self, known_by: PreparedKey, done: asyncio.Task[Prepared]) -> None:
        del self._making[known_by]
        # Looking at the exception also keeps asyncio from reporting one whose waiters have all gone.
        if not done.cancelled() and done.exception() is None:
            self._known.put_operation(known_by, done.result())

    async def _prepare(self, key: PreparedKey, timings: Timings, names: Mapping[str, str]) -> Prepared:
        """The stages document, authorise and plan, one a line, with a breath for other requests between them. `names` are those that the text's aliases get."""
        text, name, view, mode = key
        document = timings.lap("parse", self._documents.parse(text))
        document = timings.lap("limits", within_limits(document, self.limits, text))
        await asyncio.sleep(0)
        document = timings.lap("validate", self._valid(document, text, view, mode))
        await asyncio.sleep(0)
        operation = timings.lap("normalise", self._normalise(document, name, view, mode, names))
        places = places_of(operation.selections, names.values()) if names else None
        try:
            authorised = timings.lap("authorise", authorise(operation, view.closed, self.supergraph.api_schema, reject=mode == "reject"))
        except Refused as refusal:
            raise refusal if places is None else _named(refusal, _aliases(names, places)) from None
        await asyncio.sleep(0)
        plan = timings.lap("plan", self._plan(authorised.allowed))
        # Where nothing is closed, what is shown is what was planned.
        shown = replace(plan, operation=authorised.shown) if authorised.redactions else plan
        return Prepared(
            authorised=authorised,
            plan=shown,
            projection=self._projection(shown, view),
            variables=self._variables(operation, key, authorised.idle),
            view=view,
            digest=digest_of(text, name),
            categories=categories_of(authorised.allowed, self.supergraph.requirements),
            exact=operation.kind == "mutation" or asks_for(authorised.allowed, self._exact),
            # Of all that was written: the cost must not tell what the view closed.
            cost=self._costs.of(operation),
            places=places,
        )

    def _variables(self, operation: Operation, key: PreparedKey, idle: frozenset[str]) -> Variables:
        text, name, view, mode = key
        conditions = frozenset(condition_variables(operation.selections))
        try:
            return Variables(operation.variables, page_variables(operation), self._types(view, mode), self.limits, idle, conditions)
        except WrongVariable as wrong:
            raise placed(wrong, text, name) from None

    def _valid(self, document: DocumentNode, text: str, view: View, mode: str) -> DocumentNode:
        hide = mode == "hide"
        return valid(document, text, view.schema if hide else self.supergraph.api_schema, suggest=hide)

    def _normalise(self, document: DocumentNode, name: str | None, view: View, mode: str, names: Mapping[str, str]) -> Operation:
        return normalise(document, view.schema if mode == "hide" else self.supergraph.api_schema, name, names=names)

    def _plan(self, operation: Operation) -> Plan:
        if not operation.selections:
            return Plan((), operation)
        plan = self._plans.get(operation)
        if plan is None:
            plan = self._planner(operation)
            self._plans.put(operation, plan, weight_of(plan))
        return plan

    def _projection(self, shown: Plan, view: View) -> Projection:
        # What is allowed of an operation follows from the view.
        projection = self._projections.get((shown.operation, view))
        if projection is None:
            projection = compile_projection(shown, view.answer_schema)
            self._projections.put((shown.operation, view), projection, weight_of(shown))
        return projection

    def introspect(self, prepared: Prepared, values: Mapping[str, Any]) -> dict[str, Any]:
        """The `__schema` and `__type` fields of an operation, answered from the view; kept, since only values could change them."""
        fields = constant_fields(prepared.authorised.introspection, values)
        answer = self._introspected.get((prepared.view, fields))
        if answer is None:
            answer = introspect(fields, prepared.view.schema)
            self._introspected.put((prepared.view, fields), answer, _INTROSPECTED * len(orjson.dumps(answer)))
        return answer

    def _types(self, view: View, mode: str) -> InputTypes:
        hide = mode == "hide"
        types = self._input_types.get((view, hide))
        if types is None:
            types = InputTypes(view.schema, frozenset(), self.limits) if hide else InputTypes(self.supergraph.api_schema, view.closed, self.limits)
            self._input_types.put((view, hide), types)
        return types


def _aliases(names: Mapping[str, str], places: Places) -> Aliases:
    return Aliases({ours: theirs for theirs, ours in names.items()}, places, _OFTEN)


def _named(refusal: Refused, aliases: Aliases) -> Refused:
    return Refused(*(replace(each, path=aliases.path(each.path)) for each in refusal.errors), headers=refusal.headers)


def _plans(caches: Caches) -> tuple[Lru[Operation, Plan], Lru[tuple[Operation, View], Projection]]:
    return Lru(caches.plans_kib * 1024, "plans"), Lru(caches.plans_kib * 1024, "projections")


def key_of(request: GraphQLRequest, view: View, mode: str) -> PreparedKey:
    """The key of a request's operation."""
    return request.query, request.operation_name, view, mode


def digest_of(text: str, name: str | None) -> str:
    """What the audit knows an operation by: SHA-256 of its text and name, hex."""
    return hashlib.sha256(f"{name or ''}\n{text}".encode()).hexdigest()
