"""This module is in charge of the generation: one supergraph with everything derived from it, replaced whole on reload.

What is derived is derived once: documents by their text; operations by (text, name, view, mode), each a `Prepared` value
that holds everything up to execution; plans by the allowed operation, so that views which allow the same share one.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from graphql import DocumentNode

from gateway.composition.supergraph import Supergraph
from gateway.execution.project import Projection, compile_projection
from gateway.execution.subgraph import Subgraph
from gateway.lru import Lru
from gateway.operation.authorise import AuthorisedOperation, asks_for, authorise, categories_of, page_variables
from gateway.operation.cost import Cost, CostModel
from gateway.operation.cost_rules import read_cost_rules
from gateway.operation.document import Documents, GraphQLRequest, valid
from gateway.operation.introspect import constant_fields, introspect
from gateway.operation.limits import within_limits
from gateway.operation.normalise import normalise
from gateway.operation.selection import Field, Operation
from gateway.operation.variables import InputTypes, Variables
from gateway.operation.views import View, Views
from gateway.planning.plan import Plan
from gateway.settings import Limits
from gateway.timings import Timings
from schema.reporting import MUTATIONS

# Characters of document text; a parsed document, and a prepared operation, takes about a hundred bytes for each.
_DOCUMENTS: Final = 500_000
_OPERATIONS: Final = 1_000_000
_PLANS: Final = 2_000
_INTROSPECTIONS: Final = 64

# docs/row-policy.md, section 2: the only fields at which the relation exact_code holds; and reports, whose refusals tell codes apart as well.
EXACT: Final = frozenset({"Query.battery", "Query.batteriesByCode", "Query.mayAccept", *("Mutation." + name for name in MUTATIONS)})

PreparedKey = tuple[str, str | None, View, str]
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


class Generation:
    """A supergraph and its caches. Requests that began with it end with it. `exact` are the coordinates of look-ups by a code,
    `list_size` is what is assumed of lists where nothing says their length."""

    def __init__(self, supergraph: Supergraph, limits: Limits, planner: Planner, exact: frozenset[str] = EXACT, list_size: int = 20) -> None:
        self.supergraph = supergraph
        self.limits = limits
        self.views = Views(supergraph)
        self._planner = planner
        self._exact = exact
        # Where another supergraph may have other subgraphs, they go with the generation; None where they outlive it.
        self.subgraphs: Mapping[str, Subgraph] | None = None
        # The pipeline's ports, and the same with these subgraphs.
        self.ports: tuple[Any, Any] | None = None
        self._costs = CostModel(supergraph.api_schema, read_cost_rules(supergraph.sdl), list_size)
        self._documents = Documents(limits, _DOCUMENTS)
        self._prepared: Lru[PreparedKey, Prepared] = Lru(_OPERATIONS)
        self._plans: Lru[Operation, Plan] = Lru(_PLANS)
        self._projections: Lru[tuple[Operation, View], Projection] = Lru(_PLANS)
        self._input_types: Lru[tuple[View, bool], InputTypes] = Lru(256)
        self._introspected: Lru[tuple[View, tuple[Field, ...]], dict[str, Any]] = Lru(_INTROSPECTIONS)
        self._making: dict[PreparedKey, asyncio.Task[Prepared]] = {}

    def known(self, key: PreparedKey) -> Prepared | None:
        """What was prepared before for the same text, name, view and mode."""
        return self._prepared.get(key)

    def recent(self, most: int) -> list[PreparedKey]:
        """The operations that were asked for last."""
        return self._prepared.freshest(most)

    async def prepare(self, key: PreparedKey, timings: Timings) -> Prepared:
        """Prepare an operation, once however many wait for it; refusals are raised to all of them."""
        making = self._making.get(key)
        if making is None:
            making = asyncio.ensure_future(self._prepare(key, timings))
            self._making[key] = making
            making.add_done_callback(lambda done: self._made(key, done))
        # A client that goes away must not take the plan of the others with it.
        return await asyncio.shield(making)

    def _made(self, key: PreparedKey, done: asyncio.Task[Prepared]) -> None:
        del self._making[key]
        # Looking at the exception also keeps asyncio from reporting one whose waiters have all gone.
        if not done.cancelled() and done.exception() is None:
            self._prepared.put(key, done.result(), len(key[0]))

    async def _prepare(self, key: PreparedKey, timings: Timings) -> Prepared:
        """The stages document, authorise and plan, one a line, with a breath for other requests between them."""
        text, name, view, mode = key
        document = timings.lap("parse", self._documents.parse(text))
        document = timings.lap("limits", within_limits(document, self.limits))
        await asyncio.sleep(0)
        document = timings.lap("validate", self._valid(document, view, mode))
        await asyncio.sleep(0)
        operation = timings.lap("normalise", self._normalise(document, name, view, mode))
        authorised = timings.lap("authorise", authorise(operation, view.closed, self.supergraph.api_schema, reject=mode == "reject"))
        await asyncio.sleep(0)
        plan = timings.lap("plan", self._plan(authorised.allowed))
        shown = replace(plan, operation=authorised.shown)
        return Prepared(
            authorised=authorised,
            plan=shown,
            projection=self._projection(shown, view),
            variables=Variables(operation.variables, page_variables(operation), self._types(view, mode), self.limits, authorised.idle),
            view=view,
            digest=digest_of(text, name),
            categories=categories_of(authorised.allowed, self.supergraph.requirements),
            exact=asks_for(authorised.allowed, self._exact),
            # Of all that was written: the cost must not tell what the view closed.
            cost=self._costs.of(operation),
        )

    def _valid(self, document: DocumentNode, view: View, mode: str) -> DocumentNode:
        hide = mode == "hide"
        return valid(document, view.schema if hide else self.supergraph.api_schema, suggest=hide)

    def _normalise(self, document: DocumentNode, name: str | None, view: View, mode: str) -> Operation:
        return normalise(document, view.schema if mode == "hide" else self.supergraph.api_schema, name)

    def _plan(self, operation: Operation) -> Plan:
        if not operation.selections:
            return Plan((), operation)
        plan = self._plans.get(operation)
        if plan is None:
            plan = self._planner(operation)
            self._plans.put(operation, plan)
        return plan

    def _projection(self, shown: Plan, view: View) -> Projection:
        # What is allowed of an operation follows from the view.
        projection = self._projections.get((shown.operation, view))
        if projection is None:
            projection = compile_projection(shown, view.answer_schema)
            self._projections.put((shown.operation, view), projection)
        return projection

    def introspect(self, prepared: Prepared, values: Mapping[str, Any]) -> dict[str, Any]:
        """The `__schema` and `__type` fields of an operation, answered from the view; kept, since only values could change them."""
        fields = constant_fields(prepared.authorised.introspection, values)
        answer = self._introspected.get((prepared.view, fields))
        if answer is None:
            answer = introspect(fields, prepared.view.schema)
            self._introspected.put((prepared.view, fields), answer)
        return answer

    def _types(self, view: View, mode: str) -> InputTypes:
        hide = mode == "hide"
        types = self._input_types.get((view, hide))
        if types is None:
            types = InputTypes(view.schema, frozenset(), self.limits) if hide else InputTypes(self.supergraph.api_schema, view.closed, self.limits)
            self._input_types.put((view, hide), types)
        return types


def key_of(request: GraphQLRequest, view: View, mode: str) -> PreparedKey:
    """The key of a request's operation."""
    return request.query, request.operation_name, view, mode


def digest_of(text: str, name: str | None) -> str:
    """What the audit knows an operation by: SHA-256 of its text and name, hex."""
    return hashlib.sha256(f"{name or ''}\n{text}".encode()).hexdigest()
