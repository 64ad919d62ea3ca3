"""This module is in charge of a stream: an event of the source subgraph in, the rest of the plan run for it, an answer out, again and again.

Every event is answered as a request of its own would be: under the token's view and rows, as of its own moment, with its own
deadline, and at its own cost.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from msgspec import structs

from auth.principal import Principal
from gateway.errors import CODES, Refused, error_body, refused
from gateway.execution.context import RequestContext
from gateway.execution.remote_answer import Expected, expected_of, judge
from gateway.execution.subgraph import EventSource, Subgraph, SubgraphRequest, SubgraphResult, TellsAsAsked
from gateway.failing import failure
from gateway.generation import Generation, Prepared
from gateway.observability.watching import WatchedSubgraph
from gateway.operation.document import GraphQLRequest
from gateway.pipeline import Call, GraphQLResponse, Ports, entry_of, execute_prepared, ports_of, prepare, respond, run
from gateway.planning.plan import Fetch
from gateway.timings import Timings

LOG: Final = logging.getLogger("cellgate.streams")
SUBSCRIPTION: Final = "subscription"


class _Event:
    """Stands for the source subgraph while one event is answered: the root fetch is the event, other fetches are fetches."""

    in_turn = False

    def __init__(self, event: SubgraphResult, inner: Subgraph) -> None:
        self._event = event
        self._inner = inner

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResult:
        """The event, or the inner subgraph's answer."""
        if request.fetch.operation.kind == SUBSCRIPTION:
            return self._event
        return await self._inner.fetch(request, context)


async def answers(
    request: GraphQLRequest, principal: Principal, generation: Generation, ports: Ports, call: Callable[[], Call]
) -> AsyncGenerator[GraphQLResponse, None]:
    """The answers to one operation: one for each event of a subscription, one in all for a query or mutation.

    A status of 400 and above means that the stream was refused, or ends with these errors. `call` gives the circumstances of each event.
    """
    first, prepared, outcome = call(), None, "cancelled"
    ports = ports_of(generation, ports)
    generation = generation.answering(principal.client_id, first)
    try:
        request = ports.documents.resolve(request, principal.client_id)
        prepared = await prepare(request, principal, generation, first, Timings())
        if prepared.plan.operation.kind != SUBSCRIPTION:
            outcome = ""
            yield await run(request, principal, generation, ports, first)
            return
        values = prepared.values(request)
        async for response in _each(prepared, values, principal, generation, ports, call):
            yield response
        outcome = "answered"
    except Refused as refused_:
        refusal = refused_ if prepared is None else prepared.told(refused_)
        outcome = refusal.errors[0].code
        yield GraphQLResponse(refusal.status(legacy=False), error_body(refusal.errors), refusal.headers, outcome)
    except Exception as failed:
        told = failure(failed, first.request_id, LOG, f"request {first.request_id} failed")
        outcome = told.code
        yield GraphQLResponse(CODES[outcome].status, error_body([told]), outcome=outcome)
    finally:
        if outcome:
            ports.audit.record(entry_of(principal, prepared, first, outcome))


async def _each(
    prepared: Prepared, values: dict[str, Any], principal: Principal, generation: Generation, ports: Ports, call: Callable[[], Call]
) -> AsyncGenerator[GraphQLResponse, None]:
    if not prepared.plan.fetches:
        # What was subscribed to is outside the view: there is nothing to wait for.
        yield await _answer(SubgraphResult(), None, prepared, values, principal, generation, ports, call())
        return
    fetch = prepared.plan.fetches[0]
    source = _source(fetch, ports.subgraphs)
    now = call()
    given = {name: values[name] for name in fetch.variables if name in values}
    context = RequestContext(principal, now.moment, now.deadline, now.request_id, None, now.trace, now.headers)
    expected = expected_of(fetch, given)
    async with contextlib.aclosing(source.subscribe(SubgraphRequest(fetch, given), context)) as events:
        async for event in events:
            if not isinstance(source, TellsAsAsked):
                event = _as_asked(event, fetch, expected)
            yield await _answer(event, fetch, prepared, values, principal, generation, ports, call())


def _as_asked(event: SubgraphResult, fetch: Fetch, expected: Expected) -> SubgraphResult:
    """The event with what was asked for alone: what happened elsewhere is the same for everybody, and may say more than this view may know."""
    if event.data is None:
        return event
    judged = judge({"data": event.data}, fetch, expected, ())
    return structs.replace(event, data=judged.data, errors=(*event.errors, *judged.errors))


def _source(fetch: Fetch, subgraphs: Mapping[str, Subgraph]) -> EventSource:
    found = subgraphs[fetch.subgraph]
    inner = found.inner if isinstance(found, WatchedSubgraph) else found
    if not isinstance(inner, EventSource) or not inner.has_events:
        raise refused("OPERATION_NOT_SUPPORTED", f"Subgraph {fetch.subgraph} cannot be subscribed to here.")
    return inner


async def _answer(
    event: SubgraphResult,
    fetch: Fetch | None,
    prepared: Prepared,
    values: dict[str, Any],
    principal: Principal,
    generation: Generation,
    ports: Ports,
    call: Call,
) -> GraphQLResponse:
    timings = Timings()
    ports.budgets.charge(principal.client_id, prepared.cost.of(values), call.now)
    if fetch is not None:
        ports = replace(ports, subgraphs={**ports.subgraphs, fetch.subgraph: _Event(event, ports.subgraphs[fetch.subgraph])})
    executed = timings.lap("execute", await execute_prepared(prepared, values, principal, ports, call))
    response = timings.lap("respond", respond(executed, prepared, values, generation, {}))
    ports.observe(call, "event", timings)
    return response
