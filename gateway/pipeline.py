"""This module is in charge of the request, stage by stage: the list in `run` is the gateway.

Between the principal and execution nothing waits for anything outside; what was prepared for the same operation, view
and mode is used again, so that a known operation costs a look-up, its variables and its answer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import orjson
from msgspec import Struct

from auth.audit import AuditEntry, AuditSink
from auth.clients import PLAN_SCOPE
from auth.principal import Principal
from gateway.alarms import Alarms
from gateway.budgets import CostBudgets, amount
from gateway.errors import CODES, ClientError, Refused, error_body, refused
from gateway.execution.context import RequestContext
from gateway.execution.project import in_order
from gateway.execution.run import Executed, execute
from gateway.execution.subgraph import Redaction, Subgraph
from gateway.failing import RETRY_AFTER, failure
from gateway.generation import Generation, Prepared, key_of
from gateway.observability.trace import Trace
from gateway.operation.authorise import redaction_error
from gateway.operation.canonical import Aliases
from gateway.operation.document import GraphQLRequest
from gateway.operation.persisted import PersistedDocuments
from gateway.planning.printer import print_plan
from gateway.rations import MissRation
from gateway.timings import Timings

if TYPE_CHECKING:
    from resolvers.database.reading import Reading

LOG: Final = logging.getLogger("cellgate.pipeline")
TOLD: Final = frozenset({"cost", "plan"})


@dataclass(frozen=True, slots=True)
class Ports:
    """What requests need of the process. `open_reading` gives the principal's door as of a moment, None where no database is;
    `observe` gets each request's outcome and the time of its stages, for metrics (neither it nor the audit may block or fail);
    `misses` rations look-ups of codes that do not exist, `budgets` what clients spend; `documents` knows the texts that are sent by their hash; `wrote`
    is called when a mutation has recorded something."""

    subgraphs: Mapping[str, Subgraph]
    open_reading: Callable[[Principal, datetime], Reading | None]
    audit: AuditSink
    observe: Callable[[Call, str, Timings], None]
    misses: MissRation
    budgets: CostBudgets = field(default_factory=CostBudgets)
    documents: PersistedDocuments = field(default_factory=PersistedDocuments)
    wrote: Callable[[], None] = lambda: None


class Call(Struct, frozen=True):
    """The circumstances of one request. `moment` is the time it is answered as of, `deadline` on the loop's clock, `read_only`
    where HTTP promised that nothing changes (GET), `legacy` where the answer goes out as `application/json`, `address` the
    client's, "" where it has none; `asked_at` is when it came, where that is not the moment; `trace` is there where the request
    is traced, `headers` are those of the client that matter to anybody. An export takes `pages` of the graph's pages in one, and its answer as it is,
    not as JSON (`as_values`); a report also takes rows that are columns (`by_column`), with days and moments as texts where it only writes them (`written`).
    `alarms` are where its deadline is left, if not on the loop."""

    request_id: str
    moment: datetime
    deadline: float
    read_only: bool = False
    legacy: bool = False
    address: str = ""
    asked_at: datetime | None = None
    trace: Trace | None = None
    headers: Mapping[bytes, str] = MappingProxyType({})
    pages: int = 1
    as_values: bool = False
    by_column: bool = False
    written: bool = False
    alarms: Alarms | None = None

    @property
    def now(self) -> datetime:
        """When the request came."""
        return self.asked_at or self.moment


class GraphQLResponse(Struct, frozen=True):
    """The answer: a GraphQL response as JSON with its HTTP status, headers beside the edge's own, and for the log its outcome; `values` is the response
    where it was asked for as it is, dates as dates, and then `body` is empty."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    outcome: str = "answered"
    values: dict[str, Any] | None = None


async def run(request: GraphQLRequest, principal: Principal, generation: Generation, ports: Ports, call: Call) -> GraphQLResponse:
    """Answer one request. Refusals and failures are answers too: nothing but cancellation is raised."""
    timings = Timings()
    ports = ports_of(generation, ports)
    generation = generation.answering(principal.client_id, call)
    prepared: Prepared | None = None
    # What stands here when nothing else is said: the request was cancelled, by its client or its deadline.
    outcome = "cancelled"
    try:
        request = ports.documents.resolve(request, principal.client_id)
        told = _told(request, principal) if request.extensions else ()
        prepared = await prepare(request, principal, generation, call, timings)
        # A plan that is told, or that rows are read by as columns, has the client's own names.
        if prepared.aliases is not None and (call.by_column or "plan" in told):
            prepared = await generation.prepare_as_written(key_of(request, prepared.view, principal.view_mode), timings)
        if prepared.plan.operation.kind == "subscription":
            raise refused("OPERATION_NOT_SUPPORTED", "A subscription is answered to a WebSocket (graphql-transport-ws), or as text/event-stream.")
        values = timings.lap("variables", prepared.values(request))
        cost = prepared.cost.of(values)
        ports.budgets.charge(principal.client_id, cost, call.now, call.pages)
        executed = timings.lap("execute", await execute_prepared(prepared, values, principal, ports, call))
        extensions = {name: _said_of(name, prepared, cost, ports.budgets.of(principal.client_id)) for name in told}
        response = timings.lap("respond", respond(executed, prepared, values, generation, extensions, as_values=call.as_values))
        outcome = "answered"
        return response
    except Refused as refused_:
        refusal = refused_ if prepared is None else prepared.told(refused_)
        outcome = refusal.errors[0].code
        return GraphQLResponse(refusal.status(legacy=call.legacy), error_body(refusal.errors), refusal.headers, outcome)
    except Exception as failed:
        told_ = failure(failed, call.request_id, LOG, f"request {call.request_id} failed")
        outcome = told_.code
        return GraphQLResponse(CODES[outcome].status, error_body([told_]), (("retry-after", str(RETRY_AFTER)),) * (outcome == "NOT_READY"), outcome)
    finally:
        ports.audit.record(entry_of(principal, prepared, call, outcome))
        ports.observe(call, outcome, timings)


def ports_of(generation: Generation, ports: Ports) -> Ports:
    """The ports of a request that begins with that generation."""
    if generation.subgraphs is None:
        return ports
    if generation.ports is None or generation.ports[0] is not ports:
        generation.ports = ports, replace(ports, subgraphs=generation.subgraphs)
    own: Ports = generation.ports[1]
    return own


def _told(request: GraphQLRequest, principal: Principal) -> tuple[str, ...]:
    """What the request wants to be told beside its answer: `extensions.cellgate.include` lists "cost", "plan" or both."""
    asked = (request.extensions or {}).get("cellgate")
    if asked is None:
        return ()
    names = asked.get("include") if isinstance(asked, dict) else None
    if not isinstance(names, list) or not all(isinstance(each, str) and each in TOLD for each in names):
        raise refused("MALFORMED_REQUEST", 'extensions.cellgate has to be an object whose include lists "cost", "plan" or both.')
    if PLAN_SCOPE not in principal.scopes:
        raise refused("INSUFFICIENT_SCOPE", f"Cost and plan of an operation are told to tokens with the scope {PLAN_SCOPE}.")
    return tuple(sorted(set(names)))


def _said_of(name: str, prepared: Prepared, cost: float, budget: tuple[int, int]) -> Any:
    if name == "plan":
        return print_plan(prepared.plan)
    return {"requested": amount(cost), "perRequest": budget[0] or None, "perMinute": budget[1] or None}


async def prepare(request: GraphQLRequest, principal: Principal, generation: Generation, call: Call, timings: Timings) -> Prepared:
    """The stages document, authorise and plan: known, or made now (`Generation._prepare` is their list)."""
    key = key_of(request, generation.views.of(principal), principal.view_mode)
    prepared = generation.known(key)
    if prepared is None:
        prepared = await generation.prepare(key, timings)
    if call.read_only and prepared.plan.operation.kind != "query":
        told = "Only queries are answered to GET, and as rows; send this operation by POST, for an answer in JSON."
        raise refused("METHOD_NOT_ALLOWED", told, headers=(("allow", "POST"),))
    return timings.lap("prepare", prepared)


async def execute_prepared(prepared: Prepared, values: dict[str, Any], principal: Principal, ports: Ports, call: Call) -> Executed:
    """The stage execute, with the principal's door open for as long as it takes."""
    writes = prepared.plan.operation.kind == "mutation"
    # What is reported happens now, whatever moment questions are answered as of.
    moment = call.now if writes else call.moment
    reading = ports.open_reading(principal, moment)
    # Who may list every battery learns nothing from a missing code.
    if reading is not None:
        reading.pages = call.pages
        # What another fetch adds to, or was asked for under another key, has to be objects.
        alone = len(prepared.plan.fetches) == 1 and not prepared.plan.fetches[0].renames
        reading.by_column = call.by_column and alone and prepared.aliases is None
        reading.written = call.written
    if prepared.exact and reading is not None and not reading.lists_everything:
        if wait := ports.misses.wait(principal.client_id, call.address, call.now):
            raise refused("TOO_MANY_REQUESTS", f"Look-ups by code are put off for {wait} seconds.", headers=(("retry-after", str(wait)),))
        # What the request itself uses up holds for the rest of it, too.
        reading.put_off = lambda: ports.misses.wait(principal.client_id, call.address, call.now)
        reading.misses = lambda misses: ports.misses.missed(principal.client_id, call.address, misses, call.now)
    if reading is not None:
        reading.wrote = ports.wrote
    context = RequestContext(principal, moment, call.deadline, call.request_id, reading, call.trace, call.headers, call.alarms)
    try:
        return await execute(prepared.plan, values, ports.subgraphs, context)
    finally:
        if reading is not None:
            reading.close()


def respond(
    executed: Executed, prepared: Prepared, values: dict[str, Any], generation: Generation, extensions: dict[str, Any], *, as_values: bool = False
) -> GraphQLResponse:
    """The stage respond: data in selection order, errors, redactions and other extensions."""
    authorised, aliases = prepared.authorised, prepared.aliases
    redacted = authorised.redacted(values) if authorised.redactions else ()
    projected = prepared.projection(executed, values, redacted)
    data = projected.data
    if authorised.introspection and data is not None:
        answers = {**data, **generation.introspect(prepared, values)}
        data = {key: answers[key] for key in authorised.root_keys if key in answers}
    response: dict[str, Any] = {"data": data if aliases is None or data is None else aliases.answer(data)}
    if redacted or projected.errors:
        errors = (*map(redaction_error, redacted), *projected.errors)
        response["errors"] = [error.as_json() for error in (errors if aliases is None else _renamed(redacted, projected.errors, aliases))]
    if projected.redactions:
        extensions["redactions"] = _redactions(projected.redactions, aliases)
    if extensions:
        response["extensions"] = extensions
    if as_values:
        return GraphQLResponse(200, b"", values=response)
    return GraphQLResponse(200, orjson.dumps(response, option=orjson.OPT_UTC_Z))


def _renamed(redacted: Iterable[tuple[str, ...]], errors: Iterable[ClientError], aliases: Aliases) -> Iterator[ClientError]:
    """The errors under the client's names, in the order of these."""
    yield from (redaction_error(aliases.path(path)) for path in redacted)
    yield from in_order(replace(error, path=aliases.path(error.path)) for error in errors)


def _redactions(found: tuple[Redaction, ...], aliases: Aliases | None) -> list[dict[str, Any]]:
    """Row-level redactions, one entry for each path, reason and policy (docs/row-policy.md, section 8)."""
    once = sorted({(each.path if aliases is None else aliases.path(each.path), each.reason, each.policy_id) for each in found})
    return [{"path": list(path), "reason": reason, "policyId": policy_id} for path, reason, policy_id in once]


def entry_of(principal: Principal, prepared: Prepared | None, call: Call, outcome: str) -> AuditEntry:
    return AuditEntry(
        request_id=call.request_id,
        moment=call.now,
        party=principal.party,
        client_id=principal.client_id,
        token_id=principal.token_id,
        purpose=principal.purpose,
        operation=prepared.digest if prepared else "",
        categories=prepared.categories if prepared else frozenset(),
        outcome=outcome,
    )
