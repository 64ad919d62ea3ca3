"""This module is in charge of POST /ingest: a stream of events in, a result per line out, at constant memory.

The same events as the mutations take, recorded by the same path: a line is an event as a JSON object, or a row of CSV. The answer is
NDJSON, a line per line that is not blank, and begins before the request has ended. A stream that breaks off has recorded the lines
whose results are there, and perhaps some more: it is sent again as it is, and lines that were recorded answer as DUPLICATE with the
event of the first time (their `clientReference` says that they are the same).

Back-pressure is the request's: no more is read of it than is being recorded.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive, Scope, Send

from auth.entitlements import REPORTING_ROLES, report_scope
from auth.principal import Principal
from gateway.edge.bearer import BearerDoor
from gateway.edge.bearer_refusal import BearerRefusal
from gateway.edge.middleware import request_id_of
from gateway.edge.spool import Spool
from gateway.errors import ClientError, Refused, error_body, refused
from gateway.failing import failure
from resolvers.ledger.recording.event_lines import BadLine, CsvEvents, EventLines, HeaderRefused, NdjsonEvents
from resolvers.ledger.recording.lines import BATCH_BYTES, Line, LineSplitter

LOG: Final = logging.getLogger("cellgate.ingest")
SCOPES: Final = frozenset(map(report_scope, REPORTING_ROLES))
NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"
ACCEPTED_TYPES: Final = frozenset({NDJSON, "application/ndjson", "application/jsonl", CSV})
BATCH: Final = 1_000
# A client that sends now and then wants its results before the batch is full.
LINGER_S: Final = 0.1
# One that sends nothing at all holds a connection and no more; it is let go.
IDLE_S: Final = 60.0


class Recorder(Protocol):
    """The ledger as a stream sees it."""

    def put_off(self, principal: Principal, address: str, moment: datetime) -> int:
        """Seconds until the principal may name batteries again, of which it named too many that it has nothing to do with; 0 when it may now."""

    async def record(
        self, principal: Principal, events: Sequence[Mapping[str, Any]], moment: datetime, *, address: str, validate_only: bool, as_text: bool
    ) -> Sequence[Mapping[str, Any]]:
        """Events as plain objects in, a result for each, in order; `as_text` where their values are texts, from a table. Raises nothing for a bad event."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What the endpoint needs: the door, the ledger, and the clock."""

    door: BearerDoor
    ledger: Recorder
    now: Callable[[], datetime]


class Asked(NamedTuple):
    """How the request is made, and from where; `address` is "" where the client has none."""

    media: str
    validate_only: bool
    address: str


class StreamEnded(Exception):
    """The stream cannot go on; what was recorded stays. `error` is told in its last line."""

    def __init__(self, error: ClientError) -> None:
        super().__init__(error.code)
        self.error = error


class ClientGone(Exception):
    """The client closed the connection; nobody is there to be told."""


class IngestEndpoint:
    """POST /ingest."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        intake = self._intake
        principal = self._admitted(scope)
        if isinstance(principal, BearerRefusal):
            scope["state"]["outcome"] = principal.code
            await _send(send, principal.status, principal.headers, principal.body)
            return
        scope["state"]["client_id"] = principal.client_id
        try:
            asked = _asked(scope)
            if wait := intake.ledger.put_off(principal, asked.address, intake.now()):
                raise refused("TOO_MANY_REQUESTS", _put_off(wait), headers=(("retry-after", str(wait)),))
        except Refused as wrong:
            scope["state"]["outcome"] = wrong.errors[0].code
            headers = [(b"content-type", b"application/json"), *((n.encode(), v.encode()) for n, v in wrong.headers)]
            await _send(send, wrong.status(legacy=False), headers, error_body(wrong.errors))
            return
        scope["state"]["outcome"] = await _Stream(intake, lambda: self._admitted(scope), asked, request_id_of(scope)).run(receive, send)

    def _admitted(self, scope: Scope) -> Principal | BearerRefusal:
        """Which events the party may report is the ledger's to say; that it may report at all, a scope of one of its roles."""
        principal = self._intake.door.authenticate(scope["headers"], scope["query_string"], self._intake.now())
        if isinstance(principal, BearerRefusal) or principal.scopes & SCOPES:
            return principal
        return self._intake.door.insufficient(sorted(map(report_scope, principal.roles & REPORTING_ROLES)) or SCOPES)


class _Stream:
    """One request while its body is read, recorded and answered."""

    def __init__(self, intake: Intake, admitted: Callable[[], Principal | BearerRefusal], asked: Asked, request_id: str) -> None:
        self._intake = intake
        self._admitted = admitted
        self._asked = asked
        self._events: EventLines = CsvEvents() if asked.media == CSV else NdjsonEvents()
        self._request_id = request_id
        self._spool = Spool()
        self._splitter = LineSplitter()
        self._counts: dict[str, int] = {}

    async def run(self, receive: Receive, send: Send) -> str:
        """Record and answer; the outcome for the log."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", NDJSON.encode()), (b"cache-control", b"no-store")]})
        sender = asyncio.ensure_future(self._deliver(send))
        try:
            outcome = await self._taken(receive)
            self._tell({"summary": self._counts, "outcome": outcome})
            self._spool.finish()
            await sender
            return outcome
        except ClientGone:
            return "cancelled"
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
            self._spool.close()

    async def _deliver(self, send: Send) -> None:
        while piece := await self._spool.read():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _taken(self, receive: Receive) -> str:
        """Read and record to the end of the stream, or until it cannot go on."""
        pieces = _Pieces(receive)
        try:
            waiting: list[Line] = []
            size, more = 0, True
            while more:
                piece, more = await pieces.next(LINGER_S if waiting else IDLE_S)
                if piece is None and not waiting:
                    raise StreamEnded(ClientError("REQUEST_TIMEOUT", f"Nothing came for {IDLE_S:g} seconds."))
                for line in (*self._splitter.feed(piece or b""), *(() if more else self._splitter.end())):
                    waiting.append(line)
                    size += len(line.raw or b"")
                    if len(waiting) >= BATCH or size >= BATCH_BYTES:
                        await self._batch(waiting)
                        waiting, size = [], 0
                if waiting and (piece is None or not more):
                    await self._batch(waiting)
                    waiting, size = [], 0
        except StreamEnded as ended:
            self._tell({"status": "ABORTED", "error": {"code": ended.error.code, "message": ended.error.message}})
            return ended.error.code
        finally:
            pieces.stop()
        return "ok"

    async def _batch(self, lines: Sequence[Line]) -> None:
        now = self._intake.now()
        # Each batch is a request of its own: the token may have ended, or been revoked, while the stream was open.
        principal = self._admitted()
        if isinstance(principal, BearerRefusal):
            raise StreamEnded(ClientError(principal.code, f"{principal.message} Send the rest again with a new one."))
        if wait := self._intake.ledger.put_off(principal, self._asked.address, now):
            raise StreamEnded(ClientError("TOO_MANY_REQUESTS", f"{_put_off(wait)} Send the rest again then."))
        events, refusals = self._read(lines)
        try:
            results = iter(await self._record(principal, list(events.values()), now))
        except Exception as failed:
            number = lines[0].number
            told = failure(failed, self._request_id, LOG, f"request {self._request_id}: a batch from line {number} on could not be recorded")
            why = "The database cannot be reached now. " if told.code == "NOT_READY" else ""
            message = f"{why}The lines from {number} on could not be recorded; send them again. Request {self._request_id}."
            raise StreamEnded(ClientError(told.code, message)) from None
        for line in lines:
            if line.number in events or line.number in refusals:
                result = refusals.get(line.number) or next(results)
                self._counts[result["status"]] = self._counts.get(result["status"], 0) + 1
                self._tell({"line": line.number, **result})

    async def _record(self, principal: Principal, events: Sequence[Mapping[str, Any]], now: datetime) -> Sequence[Mapping[str, Any]]:
        if not events:
            return ()
        asked, as_text = self._asked, isinstance(self._events, CsvEvents)
        return await self._intake.ledger.record(principal, events, now, address=asked.address, validate_only=asked.validate_only, as_text=as_text)

    def _read(self, lines: Sequence[Line]) -> tuple[dict[int, Mapping[str, Any]], dict[int, Mapping[str, Any]]]:
        """The events by line number, and the results of lines that hold none."""
        events: dict[int, Mapping[str, Any]] = {}
        refusals: dict[int, Mapping[str, Any]] = {}
        for line in lines:
            try:
                event = self._events.event(line)
                if event is not None:
                    events[line.number] = event
            except BadLine as bad:
                refusals[line.number] = {"status": "REFUSED", "error": {"code": bad.code, "message": str(bad)}}
            except HeaderRefused as refused_:
                raise StreamEnded(ClientError("MALFORMED_REQUEST", str(refused_))) from None
        return events, refusals

    def _tell(self, result: Mapping[str, Any]) -> None:
        self._spool.write(orjson.dumps(result, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE))


class _Pieces:
    """The pieces of a request's body, with a wait that may end before the next one has come."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._coming: asyncio.Future[Any] | None = None

    async def next(self, most_s: float) -> tuple[bytes | None, bool]:
        """The next piece, None when it did not come in time, and whether more may come. Raises ClientGone."""
        if self._coming is None:
            self._coming = asyncio.ensure_future(self._receive())
        await asyncio.wait([self._coming], timeout=most_s)
        if not self._coming.done():
            return None, True
        message, self._coming = self._coming.result(), None
        if message["type"] == "http.disconnect":
            raise ClientGone
        return message.get("body", b""), message.get("more_body", False)

    def stop(self) -> None:
        if self._coming is not None:
            self._coming.cancel()


def _asked(scope: Scope) -> Asked:
    """Raises Refused for what the endpoint does not take."""
    if scope["method"] != "POST":
        raise refused("METHOD_NOT_ALLOWED", "Events are sent by POST.", headers=(("allow", "POST"),))
    headers = {name: value.decode("latin-1").lower() for name, value in scope["headers"]}
    media = headers.get(b"content-type", "").partition(";")[0].strip()
    if media not in ACCEPTED_TYPES:
        raise refused("UNSUPPORTED_MEDIA_TYPE", f"The Content-Type has to be {NDJSON} or {CSV}, in UTF-8.")
    if headers.get(b"content-encoding", "identity") != "identity":
        raise refused("UNSUPPORTED_MEDIA_TYPE", "A compressed body is not taken.")
    options = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    wrong = [name for name, value in options if name != "validateOnly" or value not in ("true", "false")]
    if wrong or len(options) > 1:
        raise refused("MALFORMED_REQUEST", "The query string may hold validateOnly, true or false, and nothing else.")
    client = scope.get("client")
    return Asked(media, options == [("validateOnly", "true")], client[0] if client else "")


def _put_off(seconds: int) -> str:
    return f"Reports are put off for {seconds} seconds, for too many named batteries of which you may not report."


async def _send(send: Send, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    # What was not read of the body stands in the way of the next request on this connection.
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length, (b"connection", b"close")]})
    await send({"type": "http.response.body", "body": body})
