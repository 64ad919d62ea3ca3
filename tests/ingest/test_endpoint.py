"""This module is in charge of testing POST /ingest as a protocol, over a ledger that the test plays."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from auth.principal import Principal
from gateway.edge import ingest
from gateway.edge.bearer_refusal import BearerRefusal
from gateway.edge.ingest import IngestEndpoint, Intake
from resolvers.ledger.recording.lines import MAX_LINE

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
NOBODY = BearerRefusal(401, "UNAUTHENTICATED", "An access token is needed.", "Bearer")
EXPIRED = BearerRefusal(401, "INVALID_TOKEN", "The access token has expired.", "Bearer")
REVOKED = BearerRefusal(401, "INVALID_TOKEN", "The access token was revoked.", "Bearer")
NO_SCOPE = BearerRefusal(403, "INSUFFICIENT_SCOPE", "The access token lacks a scope: ledger:report", "Bearer")
MAKER = Principal("91440300DEM001234X", frozenset({"BM"}), frozenset({"report:BM"}), frozenset(), "report", "maker", "t", NOW + timedelta(minutes=10))
MAKER_WITHOUT = replace(MAKER, scopes=frozenset())
NDJSON = [(b"content-type", b"application/x-ndjson")]


@dataclass
class World:
    """A door that lets one party in, and a ledger that takes every event once."""

    principal: Principal | BearerRefusal = MAKER
    now: datetime = NOW
    recorded: list[Mapping[str, Any]] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    validated: int = 0
    broken_at: int | None = None
    failure: Exception = field(default_factory=lambda: KeyError("secret"))
    put_off_after: int | None = None

    def authenticate(self, _headers: object, _query: object, now: datetime) -> Principal | BearerRefusal:
        if isinstance(self.principal, Principal) and now >= self.principal.expires_at:
            return EXPIRED
        return self.principal

    def insufficient(self, _scopes: object) -> BearerRefusal:
        return NO_SCOPE

    def put_off(self, _principal: Principal, _address: str, _moment: datetime) -> int:
        return 0 if self.put_off_after is None or len(self.batches) < self.put_off_after else 31

    async def record(
        self, _principal: Principal, events: Sequence[Mapping[str, Any]], _moment: datetime, *, address: str, validate_only: bool, as_text: bool
    ) -> Sequence[Mapping[str, Any]]:
        self.batches.append(len(events))
        if self.broken_at is not None and len(self.batches) > self.broken_at:
            raise self.failure
        await asyncio.sleep(0)
        results = []
        for event in events:
            if event.get("bad"):
                results.append({"status": "REFUSED", "error": {"code": "ILLEGAL_TRANSITION", "message": "…"}})
            elif validate_only:
                self.validated += 1
                results.append({"status": "VALID"})
            else:
                results.append({"status": "DUPLICATE" if event in self.recorded else "RECORDED"})
                self.recorded.append(event)
        return results

    @property
    def endpoint(self) -> IngestEndpoint:
        return IngestEndpoint(Intake(self, self, lambda: self.now))  # type: ignore[arg-type]


class Answered(list[dict[str, Any]]):
    """The lines of an answer, with its status and the pieces it came in."""

    status = 0
    pieces = 0
    outcome = ""
    headers: dict[bytes, bytes]


async def post(
    world: World,
    pieces: AsyncIterator[bytes] | Sequence[bytes],
    query: bytes = b"",
    headers: list[tuple[bytes, bytes]] | None = None,
    *,
    method: str = "POST",
    gone: bool = False,
) -> Answered:
    """Send the pieces, the end of the body after them (or a hang-up), and read the answer."""
    sent, body, answer = asyncio.Queue[dict[str, Any]](), list[bytes](), Answered()

    async def feed() -> None:
        if isinstance(pieces, AsyncIterator):
            async for piece in pieces:
                sent.put_nowait({"type": "http.request", "body": piece, "more_body": True})
        else:
            for piece in pieces:
                sent.put_nowait({"type": "http.request", "body": piece, "more_body": True})
        sent.put_nowait({"type": "http.disconnect"} if gone else {"type": "http.request", "body": b"", "more_body": False})

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], dict(message["headers"])
        else:
            answer.pieces += 1
            body.append(message["body"])

    scope: Any = {"type": "http", "method": method, "headers": NDJSON if headers is None else headers, "query_string": query, "state": {"request_id": "r-1"}}
    feeding = asyncio.ensure_future(feed())
    await world.endpoint(scope, sent.get, send)
    feeding.cancel()
    answer.outcome = scope["state"]["outcome"]
    answer.extend(json.loads(line) for line in b"".join(body).splitlines())
    return answer


def ndjson(*events: Any) -> bytes:
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


async def test_each_line_has_its_result_in_order() -> None:
    world = World()
    body = ndjson({"n": 1}, {"n": 2, "bad": True}) + b"\n  \nnot JSON\n[]\n\xff\n" + b"x" * (MAX_LINE + 1) + b"\n" + ndjson({"n": 3})[:-1]
    answer = await post(world, [body])
    assert [(each.get("line"), each.get("status"), each.get("error", {}).get("code")) for each in answer[:-1]] == [
        (1, "RECORDED", None),
        (2, "REFUSED", "ILLEGAL_TRANSITION"),
        (5, "REFUSED", "MALFORMED_LINE"),
        (6, "REFUSED", "MALFORMED_LINE"),
        (7, "REFUSED", "MALFORMED_LINE"),
        (8, "REFUSED", "MALFORMED_LINE"),
        (9, "RECORDED", None),
    ]
    assert answer[-1] == {"summary": {"RECORDED": 2, "REFUSED": 5}, "outcome": "ok"}
    assert [event["n"] for event in world.recorded] == [1, 3]


async def test_a_line_that_can_be_read_in_two_ways_is_refused() -> None:
    world = World()
    answer = await post(world, [b'{"n": 1, "n": 2}\n{"n": {"m": [1e999]}}\n{"n": 3}\n'])
    assert [each["error"] for each in answer[:2]] == [
        {"code": "DUPLICATE_KEY", "message": 'An object has the key "n" twice, the second time at line 1, column 10.'},
        {"code": "NUMBER_OUT_OF_RANGE", "message": "A number is beyond what a double can hold, at line 1, column 14."},
    ]
    assert [event["n"] for event in world.recorded] == [3]


async def test_the_same_stream_twice_records_once() -> None:
    world = World()
    body = ndjson(*({"n": n} for n in range(2500)))
    assert (await post(world, [body]))[-1]["summary"] == {"RECORDED": 2500}
    assert (await post(world, [body[:7777], body[7777:]]))[-1]["summary"] == {"DUPLICATE": 2500}
    assert world.batches == [1000, 1000, 500] * 2


async def test_an_empty_stream_is_no_fault() -> None:
    assert await post(World(), []) == [{"summary": {}, "outcome": "ok"}]


async def test_results_come_before_the_stream_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "LINGER_S", 0.01)
    world, went_on = World(), asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield ndjson({"n": 1})
        while not world.recorded:
            await asyncio.sleep(0.005)
        went_on.set()
        yield ndjson({"n": 2})

    async with asyncio.timeout(5):
        answer = await post(world, pieces())
    assert went_on.is_set()
    assert answer[-1]["summary"] == {"RECORDED": 2}


async def test_validate_only_writes_nothing() -> None:
    world = World()
    assert (await post(world, [ndjson({"n": 1})], b"validateOnly=true"))[0]["status"] == "VALID"
    assert not world.recorded
    assert (await post(world, [ndjson({"n": 1})], b"validateOnly=false"))[0]["status"] == "RECORDED"


async def test_a_ledger_that_fails_ends_the_stream_and_says_where_to_go_on() -> None:
    world = World(broken_at=1)
    answer = await post(world, [ndjson(*({"n": n} for n in range(2500)))])
    assert len(world.recorded) == 1000
    assert answer[999]["line"] == 1000
    assert answer[1000]["status"] == "ABORTED"
    assert answer[1000]["error"]["message"] == "The lines from 1001 on could not be recorded; send them again. Request r-1."
    assert answer[-1] == {"summary": {"RECORDED": 1000}, "outcome": "INTERNAL"}
    assert "secret" not in json.dumps(answer)


async def test_a_database_that_is_away_ends_the_stream_and_says_to_send_it_again(caplog: pytest.LogCaptureFixture) -> None:
    world = World(broken_at=1, failure=asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"))
    answer = await post(world, [ndjson(*({"n": n} for n in range(1500)))])
    told = "The database cannot be reached now. The lines from 1001 on could not be recorded; send them again. Request r-1."
    assert answer[1000] == {"status": "ABORTED", "error": {"code": "NOT_READY", "message": told}}
    assert answer[-1]["outcome"] == "NOT_READY"
    assert [(each.levelname, each.exc_info) for each in caplog.records] == [("WARNING", None)]


async def test_a_token_that_expires_midway_ends_the_stream() -> None:
    world = World()

    async def pieces() -> AsyncIterator[bytes]:
        yield ndjson(*({"n": n} for n in range(1000)))
        while len(world.recorded) < 1000:
            await asyncio.sleep(0)
        world.now += timedelta(minutes=10)
        yield ndjson({"n": 1000})

    answer = await post(world, pieces())
    assert len(world.recorded) == 1000
    assert [each["error"]["code"] for each in answer if each.get("status") == "ABORTED"] == ["INVALID_TOKEN"]


async def test_a_token_that_is_revoked_midway_ends_the_stream() -> None:
    world = World()

    async def pieces() -> AsyncIterator[bytes]:
        yield ndjson(*({"n": n} for n in range(1000)))
        while len(world.recorded) < 1000:
            await asyncio.sleep(0)
        world.principal = REVOKED
        yield ndjson({"n": 1000})

    answer = await post(world, pieces())
    assert len(world.recorded) == 1000
    error = {"code": "INVALID_TOKEN", "message": "The access token was revoked. Send the rest again with a new one."}
    assert answer[-2:] == [{"status": "ABORTED", "error": error}, {"summary": {"RECORDED": 1000}, "outcome": "INVALID_TOKEN"}]


async def test_a_client_that_hangs_up_leaves_nothing_running() -> None:
    world = World()
    before = asyncio.all_tasks()
    answer = await post(world, [ndjson(*({"n": n} for n in range(1000)))], gone=True)
    assert answer.outcome == "cancelled"
    await asyncio.sleep(0)
    assert {task for task in asyncio.all_tasks() - before if not task.done()} == set()


async def test_a_client_that_sends_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "IDLE_S", 0.01)

    async def pieces() -> AsyncIterator[bytes]:
        await asyncio.sleep(5)
        yield b""

    async with asyncio.timeout(2):
        answer = await post(World(), pieces())
    assert answer[0]["error"]["code"] == "REQUEST_TIMEOUT"


@pytest.mark.parametrize(
    ("world", "options", "status", "code"),
    [
        (World(principal=NOBODY), {}, 401, "UNAUTHENTICATED"),
        (World(principal=MAKER_WITHOUT), {}, 403, "INSUFFICIENT_SCOPE"),
        (World(), {"method": "GET"}, 405, "METHOD_NOT_ALLOWED"),
        (World(), {"headers": []}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (World(), {"headers": [(b"content-type", b"text/plain")]}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (World(), {"headers": [*NDJSON, (b"content-encoding", b"gzip")]}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (World(), {"query": b"validateOnly=maybe"}, 400, "MALFORMED_REQUEST"),
        (World(), {"query": b"validateOnly=true&validateOnly=true"}, 400, "MALFORMED_REQUEST"),
        (World(), {"query": b"dryRun=true"}, 400, "MALFORMED_REQUEST"),
    ],
)
async def test_what_is_refused_before_anything_is_read(world: World, options: dict[str, Any], status: int, code: str) -> None:
    answer = await post(world, [ndjson({"n": 1})], **options)
    assert answer.status == status
    assert [error["extensions"]["code"] for each in answer for error in each["errors"]] == [code]
    assert answer.outcome == code
    assert answer.headers[b"connection"] == b"close"
    assert not world.recorded


async def test_a_slow_reader_holds_up_nothing_but_its_own_answer() -> None:
    """The whole body is recorded though the client reads nothing before it has sent it all."""
    world, reading = World(), asyncio.Event()
    pieces = [ndjson(*({"n": n, "pad": "x" * 60} for n in range(start, start + 500))) for start in range(0, 10_000, 500)]
    sent = asyncio.Queue[dict[str, Any]]()
    for piece in pieces:
        sent.put_nowait({"type": "http.request", "body": piece, "more_body": True})
    sent.put_nowait({"type": "http.request", "body": b"", "more_body": False})
    body: list[bytes] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            await reading.wait()
            body.append(message["body"])

    scope: Any = {"type": "http", "method": "POST", "headers": NDJSON, "query_string": b"", "state": {"request_id": "r-1"}}
    task = asyncio.ensure_future(world.endpoint(scope, sent.get, send))
    async with asyncio.timeout(20):
        while len(world.recorded) < 10_000:
            await asyncio.sleep(0.01)
        reading.set()
        await task
    assert len(b"".join(body).splitlines()) == 10_001


async def test_a_stream_of_one_who_named_too_many_unknown_batteries_is_put_off() -> None:
    answer = await post(World(put_off_after=0), [b"{}\n"])
    assert (answer.status, answer.headers[b"retry-after"], answer.outcome) == (429, b"31", "TOO_MANY_REQUESTS")
    world = World(put_off_after=1)
    lines = b"".join(json.dumps({"n": number}).encode() + b"\n" for number in range(ingest.BATCH + 5))
    answer = await post(world, [lines])
    assert answer.outcome == answer[-2]["error"]["code"] == "TOO_MANY_REQUESTS"
    assert answer[-2]["status"] == "ABORTED"
    assert len(world.recorded) == ingest.BATCH == len(answer) - 2
