"""This module is in charge of a whole gateway over a made-up subgraph, for tests of the pipeline and of HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLSchema, is_abstract_type, is_composite_type

from auth.audit import AuditEntry
from auth.principal import Principal
from auth.tokens import NOT_OURS, TokenError
from gateway.composition.supergraph import Supergraph
from gateway.edge.bearer import BearerDoor
from gateway.edge.graphql import GraphQLEndpoint, SchemaEndpoint, Served
from gateway.edge.health import Health, Readiness
from gateway.edge.middleware import Envelope
from gateway.execution.context import RequestContext
from gateway.execution.subgraph import Redaction, SubgraphError, SubgraphRequest, SubgraphResult
from gateway.generation import Generation
from gateway.operation.document import GraphQLRequest
from gateway.operation.selection import Field, Selection
from gateway.pipeline import Call, GraphQLResponse, Ports, run
from gateway.planning.graph import PlanningGraph
from gateway.planning.planner import make_plan
from gateway.rations import MissRation
from gateway.settings import Limits
from gateway.timings import Timings
from tests.operation.world import EVERYTHING, principal, supergraph

MOMENT = datetime(2026, 11, 1, tzinfo=UTC)
LEAVES: Mapping[str, Any] = {"ID": "1", "String": "text", "Int": 7, "Float": 1.5, "Boolean": True}


class Answering:
    """A subgraph that answers anything its schema allows: two items in every list, the same value in every leaf. It records what it was asked."""

    in_turn = False

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self.asked: list[SubgraphRequest] = []
        self.delay_s = 0.0
        self.failure: Exception | None = None
        self.errors: tuple[SubgraphError, ...] = ()
        self.redactions: tuple[Redaction, ...] = ()
        self.override: dict[str, Any] = {}

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResult:
        self.asked.append(request)
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        if self.failure is not None:
            raise self.failure
        operation = request.fetch.operation
        data = self._object(operation.root_type, operation.selections, request.variables)
        if request.fetch.is_entity:
            entities = tuple(self._object(each["__typename"], operation.selections, request.variables) for each in request.representations)
            return SubgraphResult(entities=entities, errors=self.errors, redactions=self.redactions)
        return SubgraphResult(data=data, errors=self.errors, redactions=self.redactions)

    def _object(self, type_name: str, selections: Iterable[Selection], variables: Mapping[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = {}
        for item in selections:
            if not all(bool(variables[each.variable]) != each.negated for each in item.conditions):
                continue
            if isinstance(item, Field):
                answer[item.response_key] = type_name if item.name == "__typename" else self._value(item, variables)
            elif type_name in self._possible(item.type_condition):
                answer |= self._object(type_name, item.selections, variables)
        return answer

    def _value(self, item: Field, variables: Mapping[str, Any]) -> Any:
        if item.name in self.override:
            return self.override[item.name]
        named = item.type.strip("[]!")
        concrete = sorted(self._possible(named))
        if is_composite_type(self._schema.type_map[named]):
            one: Any = self._object(concrete[0], item.selections, variables)
            more: Any = self._object(concrete[-1], item.selections, variables)
        else:
            one = more = LEAVES.get(named)
        return [one, more] if "[" in item.type else one

    def _possible(self, name: str) -> list[str]:
        type_ = self._schema.type_map[name]
        return [each.name for each in self._schema.get_possible_types(type_)] if is_abstract_type(type_) else [name]


@dataclass
class Recording:
    """An audit sink and observer that keep what they are told."""

    entries: list[AuditEntry] = field(default_factory=list)
    observed: list[tuple[str, Timings]] = field(default_factory=list)

    def record(self, entry: AuditEntry) -> None:
        self.entries.append(entry)

    def observe(self, _call: Call, outcome: str, timings: Timings) -> None:
        self.observed.append((outcome, timings))


class Door:
    """Stands for the database's door: counts how often it was opened and closed."""

    def __init__(self) -> None:
        self.opened = 0
        self.closed = 0
        self.misses: Callable[[int], bool] | None = None
        self.put_off: Callable[[], int] | None = None
        self.lists_everything = False

    def open(self, _principal: Principal, _moment: datetime) -> Any:
        self.opened += 1
        return self

    def close(self) -> None:
        self.closed += 1


class Tokens:
    """A verifier that knows its tokens by heart."""

    def __init__(self, principals: Mapping[str, Principal]) -> None:
        self._principals = principals

    def verify(self, token: str, _now: datetime) -> Principal:
        if token not in self._principals:
            raise TokenError("TOKEN_MALFORMED", NOT_OURS)
        return self._principals[token]


TOKENS = {
    "reader": principal(),
    "reader-reject": principal(mode="reject"),
    "reader-hide": principal(mode="hide"),
    "all": principal(EVERYTHING),
    "all-hide": principal(EVERYTHING, mode="hide"),
}


class TestGateway:
    """Everything wired; `app` is the ASGI application."""

    __test__ = False

    def __init__(self, world: Supergraph | None = None, limits: Limits = Limits()) -> None:
        self.supergraph = world or supergraph()
        self.subgraph = Answering(self.supergraph.schema)
        self.recording = Recording()
        self.door = Door()
        self.planned = 0
        self._graph = PlanningGraph(self.supergraph)
        self.generation = Generation(self.supergraph, limits, self._plan)
        names = self.supergraph.subgraphs
        self.ports = Ports(dict.fromkeys(names, self.subgraph), self.door.open, self.recording, self.recording.observe, MissRation(3))
        bearer = BearerDoor(Tokens(TOKENS), "https://cellgate.example/.well-known/oauth-protected-resource")  # type: ignore[arg-type]
        self.served = Served(bearer, lambda: self.generation, self.ports, limits, lambda: MOMENT, lambda moment: moment)
        self.ready = True
        self.app = Envelope(self._dispatch)

    def _plan(self, operation: Any) -> Any:
        self.planned += 1
        return make_plan(self._graph, operation)

    async def _probe(self) -> bool:
        return self.ready

    async def _dispatch(self, scope: Any, receive: Any, send: Any) -> None:
        routes = {
            "/graphql": GraphQLEndpoint(self.served),
            "/graphql/schema": SchemaEndpoint(self.served),
            "/health": Health(),
            "/ready": Readiness({"database": self._probe}),
        }
        await routes[scope["path"]](scope, receive, send)

    async def ask(self, query: str, token: str = "reader", variables: Mapping[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        """The pipeline's answer, without HTTP."""
        return json.loads((await self.response(query, token, variables, **options)).body)

    async def response(self, query: str, token: str = "reader", variables: Mapping[str, Any] | None = None, **options: Any) -> GraphQLResponse:
        name = options.pop("operation_name", None)
        call = Call("request-1", MOMENT, asyncio.get_running_loop().time() + options.pop("seconds", 10), **options)
        return await run(GraphQLRequest(query, variables or {}, name), TOKENS[token], self.generation, self.ports, call)

    @property
    def asked(self) -> list[str]:
        """The documents that the subgraph was asked."""
        return [request.fetch.document for request in self.subgraph.asked]


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json["errors"][0]["extensions"]["code"])


async def http(
    app: Any,
    method: str = "POST",
    path: str = "/graphql",
    *,
    body: bytes | Sequence[bytes] = b"",
    headers: Iterable[tuple[str | bytes, str | bytes]] = (),
    query_string: bytes = b"",
    token: str | None = "reader",
) -> Answer:
    """One request through the ASGI application, byte for byte as given. Several pieces of body come one by one."""
    pieces = [body] if isinstance(body, bytes) else list(body)
    waiting = [{"type": "http.request", "body": piece, "more_body": index < len(pieces) - 1} for index, piece in enumerate(pieces)]
    lines = [(_bytes(name).lower(), _bytes(value)) for name, value in headers]
    if token is not None:
        lines.append((b"authorization", b"Bearer " + token.encode()))
    sent: list[Any] = []

    async def receive() -> Any:
        if waiting:
            return waiting.pop(0)
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": query_string, "headers": lines, "client": ("127.0.0.1", 1), "state": {}}
    await app(scope, receive, send)
    found = {name.decode("ascii"): value.decode("ascii") for name, value in sent[0]["headers"]}
    assert len(found) == len(sent[0]["headers"]), "a header is sent twice"
    return Answer(sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:]))


def _bytes(text: str | bytes) -> bytes:
    return text.encode("latin-1") if isinstance(text, str) else text


async def post(app: Any, payload: Any, *, accept: str = "application/graphql-response+json", token: str | None = "reader") -> Answer:
    """A POST of JSON."""
    headers = [("content-type", "application/json"), ("accept", accept)]
    return await http(app, body=json.dumps(payload).encode(), headers=headers, token=token)
