"""This module is in charge of serving one subgraph alone: POST /graphql for a gateway, with the row policy of the token's principal.

The same batch resolvers answer as in process, so the same rows, redactions and errors; only a gateway's token is taken.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    execute,
    parse,
    validate,
)
from starlette.types import Receive, Scope, Send

from auth.principal import Principal
from auth.tokens import TokenError
from gateway.edge.bearer import B64TOKEN
from gateway.edge.middleware import refuse_socket
from gateway.errors import CODES, Refused, refused
from gateway.execution.subgraph import SEALED
from gateway.failing import failure
from gateway.lru import Lru
from gateway.operation.document import GraphQLRequest, read_body
from gateway.rations import MissRation
from gateway.subgraph_lookahead import Lookahead
from gateway.subgraph_objects import Asking, install
from resolvers.database.reading import Reading
from schema.enum_names import written_value
from schema.graph import Graph
from schema.scalars import READERS

LOG: Final = logging.getLogger("cellgate.subgraph")
PATH: Final = "/graphql"
_DOCUMENTS: Final = 1024
# RFC 6750, section 3: whoever sent no token is told the scheme alone.
CHALLENGE: Final = 'Bearer realm="cellgate"'
_MAX_TOKENS: Final = 20_000
_HEADERS: Final = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]


@dataclass(frozen=True, slots=True)
class Ports:
    """What a subgraph server needs of the world: token to principal (raises TokenError), principal to a reading as of a
    moment, the clock, the moment that a request of that time is answered as of, and the ration of codes that do not exist, by client."""

    verify: Callable[[str, datetime], Awaitable[Principal]]
    open_reading: Callable[[Principal, datetime], Reading]
    now: Callable[[], datetime]
    as_of: Callable[[datetime], datetime]
    timeout_s: float = 15.0
    body_bytes: int = 16_000_000
    misses: MissRation = field(default_factory=lambda: MissRation(0))


@dataclass(frozen=True, slots=True)
class Answer:
    """A response of the endpoint."""

    status: int
    body: Mapping[str, Any]
    headers: tuple[tuple[bytes, bytes], ...] = ()


class SubgraphServer:
    """The ASGI application of one subgraph."""

    def __init__(self, graph: Graph, ports: Ports) -> None:
        install(graph)
        _leave_scalars_to_fields(graph.schema)
        self._graph = graph
        self._ports = ports
        self._documents: Lru[str, DocumentNode] = Lru(_DOCUMENTS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "websocket":
            await refuse_socket(send)
        elif scope["type"] == "http":
            answer = await self._answer(scope, receive)
            await send({"type": "http.response.start", "status": answer.status, "headers": [*_HEADERS, *answer.headers]})
            await send({"type": "http.response.body", "body": orjson.dumps(answer.body, option=orjson.OPT_UTC_Z)})

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        try:
            if scope["path"] != PATH:
                raise refused("NOT_FOUND", "There is nothing at this address.")
            if scope["method"] != "POST":
                raise refused("METHOD_NOT_ALLOWED", "A subgraph is asked by POST.")
            moment = self._ports.now()
            principal = await self._authenticate(scope, moment)
            request = read_body(await _body(receive, self._ports.body_bytes))
            return Answer(200, await self.answer(request, principal, self._ports.as_of(moment)))
        except Refused as refusal:
            headers = tuple((name.encode("ascii"), value.encode("ascii")) for name, value in refusal.headers)
            return Answer(refusal.status(legacy=True), {"errors": [each.as_json() for each in refusal.errors]}, headers)
        except TimeoutError:
            return _failure(504, "REQUEST_TIMEOUT", "The subgraph took too long.")
        except Exception as failed:
            told = failure(failed, "", LOG, f"request of subgraph {self._graph.name} failed")
            return _failure(CODES[told.code].status, told.code, told.message if told.code == "NOT_READY" else "The subgraph failed.")

    async def _authenticate(self, scope: Scope, moment: datetime) -> Principal:
        lines = [value for name, value in scope["headers"] if name == b"authorization"]
        if len(lines) > 1 or (lines and lines[0].strip().lower() in (b"", b"bearer")):
            told = "More than one Authorization header was sent." if len(lines) > 1 else "The Authorization header holds no token."
            raise refused("INVALID_REQUEST", told, headers=(("www-authenticate", f'{CHALLENGE}, error="invalid_request"'),))
        scheme, _, token = lines[0].decode("latin-1").partition(" ") if lines else ("", "", "")
        if scheme.lower() != "bearer" or not B64TOKEN.fullmatch(token):
            raise refused("UNAUTHENTICATED", "One bearer token of the gateway is needed.", headers=(("www-authenticate", CHALLENGE),))
        try:
            return await self._ports.verify(token, moment)
        except TokenError as wrong:
            challenge = f'{CHALLENGE}, error="invalid_token"'
            raise refused("INVALID_TOKEN", wrong.description, headers=(("www-authenticate", challenge),)) from None

    async def answer(self, request: GraphQLRequest, principal: Principal, moment: datetime) -> dict[str, Any]:
        """The response body of one operation, as of the moment."""
        document = self._document(request.query)
        asking = Asking(self._rationed(self._ports.open_reading(principal, moment)), Lookahead(self._graph))
        try:
            async with asyncio.timeout(self._ports.timeout_s):
                result = execute(
                    self._graph.schema,
                    document,
                    context_value=asking,
                    variable_values=dict(request.variables),
                    operation_name=request.operation_name,
                    hide_suggestions=True,
                )
                if not isinstance(result, ExecutionResult):
                    result = await result
        finally:
            await asking.close()
        return _response(result, asking, self._graph.name)

    def _rationed(self, reading: Reading) -> Reading:
        """The gateway cannot count what misses here. Who may list every battery learns nothing from a missing code."""
        misses, now = self._ports.misses, self._ports.now
        reading.put_off = lambda: 0 if reading.lists_everything else misses.wait(reading.principal.client_id, "", now())
        reading.misses = lambda missed: not reading.lists_everything and misses.missed(reading.principal.client_id, "", missed, now())
        return reading

    def _document(self, text: str) -> DocumentNode:
        """The parsed and valid document; refuses GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED."""
        found = self._documents.get(text)
        if found is not None:
            return found
        try:
            document = parse(text, max_tokens=_MAX_TOKENS, no_location=True)
        except GraphQLSyntaxError as wrong:
            raise refused("GRAPHQL_PARSE_FAILED", wrong.message) from None
        if any(isinstance(each, OperationDefinitionNode) and each.operation is OperationType.SUBSCRIPTION for each in document.definitions):
            raise refused("OPERATION_NOT_SUPPORTED", "A subgraph that is served alone has no events; they are the gateway's to tell.")
        errors = validate(self._graph.schema, document, max_errors=10, hide_suggestions=True)
        if errors:
            raise refused("GRAPHQL_VALIDATION_FAILED", errors[0].message)
        self._documents.put(text, document)
        return document


def _leave_scalars_to_fields(schema: GraphQLSchema) -> None:
    """Take values of custom scalars as they are written: the arguments of each field read them (schema/arguments.py).

    Read by graphql-core, a malformed value would be a fault of the whole document, or of all variables: without the rule
    that it breaks, without a path, and with the answers of all other fields lost.
    """
    for name in READERS.keys() & schema.type_map.keys():
        scalar = schema.type_map[name]
        assert isinstance(scalar, GraphQLScalarType)
        scalar.coerce_input_value = _as_it_is
        scalar.coerce_input_literal = written_value


def _as_it_is(value: Any) -> Any:
    return value


def _response(result: ExecutionResult, asking: Asking, name: str) -> dict[str, Any]:
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body["errors"] = [_error(each, asking.reading, name) for each in result.errors]
    if asking.redactions:
        found = sorted(asking.redactions, key=lambda each: (each.path, each.policy_id))
        body["extensions"] = {"redactions": [{"path": list(r.path), "reason": r.reason, "policyId": r.policy_id} for r in found]}
    return body


def _error(error: GraphQLError, reading: Reading, name: str) -> dict[str, Any]:
    """A client's error as it is, its words sealed beside it for the gateway; anything else under INTERNAL, with its text in the log alone."""
    code, message = (error.extensions or {}).get("code"), error.message
    sealed = {} if code is None else {SEALED: reading.opaque.words(reading.principal.party, name, code, message)}
    if code is None and error.path is None:
        # Nothing was executed yet: only variables can be at fault. The text would quote the value.
        code, message = "VARIABLE_INVALID", "A variable does not fit its type."
    elif code is None:
        told = failure(error.original_error or error, "", LOG, "a field failed")
        code, message = told.code, told.message if told.code == "NOT_READY" else "The subgraph failed here."
    shape: dict[str, Any] = {"message": message, "extensions": {"code": code, **sealed}}
    return {**shape, "path": error.path} if error.path else shape


def _failure(status: int, code: str, message: str) -> Answer:
    return Answer(status, {"errors": [{"message": message, "extensions": {"code": code}}]})


async def _body(receive: Receive, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise refused("MALFORMED_REQUEST", "The request broke off.")
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise refused("BODY_TOO_LARGE", f"The body has more than {limit} bytes.")
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
