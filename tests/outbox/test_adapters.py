"""This module is in charge of testing the two ways to a platform: files, and HTTP to one that behaves badly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from gateway.platform.delivery import Delivery, Pace, wait
from gateway.platform.file_adapter import FileAdapter
from gateway.platform.http_adapter import HttpAdapter
from gateway.platform.message import FORMAT, AnswerRefused, read_body, read_line
from resolvers.database.outbox import Outbox
from resolvers.database.pool import Database
from tests.outbox.conftest import Clock, record

PACE = Pace(batch=3, poll=timedelta(seconds=0.05), answer_within=timedelta(hours=1), call=timedelta(seconds=2))
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def acknowledged(line: dict[str, Any]) -> dict[str, Any]:
    return {"messageId": line["messageId"], "status": "ACKNOWLEDGED", "receipt": "r:" + line["messageId"]}


@dataclass
class Platform:
    """A platform of our own: it writes down what it is told, and answers as the test says."""

    url: str = ""
    requests: list[tuple[dict[str, str], list[dict[str, Any]]]] = field(default_factory=list)
    answers: list[Handler] = field(default_factory=list)

    @property
    def told(self) -> list[list[str]]:
        return [[line["messageId"] for line in lines] for _, lines in self.requests]

    async def tell(self, request: web.Request) -> web.StreamResponse:
        lines = [json.loads(line) for line in (await request.read()).splitlines()]
        self.requests.append((dict(request.headers), lines))
        if self.answers:
            return await self.answers.pop(0)(request)
        return web.json_response({"results": [acknowledged(line) for line in lines]})


@pytest.fixture
async def platform() -> AsyncIterator[Platform]:
    made = Platform()
    app = web.Application()
    app.router.add_post("/events", made.tell)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/events"
    yield made
    await runner.cleanup()


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def status(code: int, **more: Any) -> Handler:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=code, **more)

    return answer


async def hang_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def huge(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(80):
        await response.write(b" " * 65_536)
    return response


async def states(outbox: Outbox) -> dict[str, int]:
    return {state: count for state, (count, _) in (await outbox.counts()).items()}


# --- files ----------------------------------------------------------------------------------------------------------------


async def test_files_go_out_and_answers_come_back(database: Database, outbox: Outbox, clock: Clock, tmp_path: Path) -> None:
    delivery = Delivery(outbox, FileAdapter(tmp_path), PACE, clock)
    await record(database, ("A", 1), ("A", 2), ("B", 1), ("B", 2))
    assert await delivery.round()
    assert not await delivery.round()
    files = sorted((tmp_path / "out").iterdir())
    lines = [json.loads(line) for file in files for line in file.read_bytes().splitlines()]
    assert [line["messageId"] for line in lines] == ["A-1", "A-2", "B-1", "B-2"]
    assert lines[0] == {
        "format": FORMAT, "messageId": "A-1", "code": "A", "sequence": 1, "type": "MAINTAINED", "occurredAt": "2026-11-02T08:00:00Z",
        "recordedAt": "2026-11-02T08:00:00Z", "reporter": "91440300DEM001234X", "counterparty": None, "vin": None, "province": None, "dueOn": None,
        "late": False, "corrects": None, "evidence": [], "details": {"workType": "balancing"},
    }  # fmt: skip
    assert await states(outbox) == {"SENT": 4}
    answers = tmp_path / "answers"
    answers.mkdir()
    (answers / "1.ndjson").write_text(
        '{"messageId": "A-1", "status": "ACKNOWLEDGED"}\n\n{"messageId": "B-1", "status": "REFUSED", "reason": "no such maker"}\n'
    )
    (answers / "2.ndjson").write_text('{"messageId": "A-2", "status": "ACKNOWLEDGED"}\nnot JSON\n')
    await delivery.round()
    assert await states(outbox) == {"ACKNOWLEDGED": 1, "REFUSED": 1, "SENT": 2}
    assert [path.name for path in sorted((answers / "done").iterdir())] == ["1.ndjson"]
    assert [path.name for path in sorted((answers / "refused").iterdir())] == ["2.ndjson"]


async def test_a_folder_that_cannot_be_written_loses_nothing(database: Database, outbox: Outbox, clock: Clock, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file in the folder's place")
    delivery = Delivery(outbox, FileAdapter(tmp_path), PACE, clock)
    await record(database, ("A", 1))
    await delivery.round()
    assert await states(outbox) == {"WAITING": 1}
    (tmp_path / "out").unlink()
    clock.on(hours=2)
    await delivery.round()
    assert await states(outbox) == {"SENT": 1}


# --- HTTP -----------------------------------------------------------------------------------------------------------------


async def test_a_batch_is_posted_with_its_credential_and_answered(
    database: Database, outbox: Outbox, clock: Clock, platform: Platform, client: aiohttp.ClientSession, tmp_path: Path
) -> None:
    credential = tmp_path / "token"
    credential.write_text("first\n")
    delivery = Delivery(outbox, HttpAdapter(platform.url, client, 2.0, credential), PACE, clock)
    await record(database, ("A", 1), ("B", 1))
    await delivery.round()
    assert await states(outbox) == {"ACKNOWLEDGED": 2}
    headers, _ = platform.requests[0]
    assert headers["Authorization"] == "Bearer first"
    assert headers["Content-Type"] == "application/x-ndjson"
    credential.write_text("second")
    await record(database, ("C", 1))
    await delivery.round()
    assert platform.requests[1][0]["Authorization"] == "Bearer second"
    assert platform.requests[1][0]["Idempotency-Key"] != headers["Idempotency-Key"]


BAD = {
    "500": status(500, text="<html>secret</html>"),
    "503": status(503),
    "401": status(401),
    "429": status(429),
    "redirect": status(307, headers={"Location": "http://127.0.0.1:1/elsewhere"}),
    "not JSON": status(200, text="<html>"),
    "a list": status(200, text="[]"),
    "no status": status(200, text='{"results": [{"messageId": "A-1"}]}'),
    "half": status(200, text='{"results": [{"messa'),
    "deep": status(200, text='{"results": ' + "[" * 5000),
    "hang-up": hang_up,
    "huge": huge,
}


@pytest.mark.parametrize("how", BAD)
async def test_what_a_bad_platform_does_loses_nothing(
    database: Database, outbox: Outbox, clock: Clock, platform: Platform, client: aiohttp.ClientSession, how: str
) -> None:
    platform.answers.append(BAD[how])
    delivery = Delivery(outbox, HttpAdapter(platform.url, client, 2.0, None), PACE, clock)
    await record(database, ("A", 1), ("A", 2))
    assert not await delivery.round()
    assert await states(outbox) == {"WAITING": 2}
    # Not at once again, but soon.
    assert not await delivery.round()
    clock.on(seconds=10)
    await delivery.round()
    assert platform.told == [["A-1", "A-2"], ["A-1", "A-2"]]
    assert await states(outbox) == {"ACKNOWLEDGED": 2}


async def test_messages_that_the_answer_passes_over_are_sent_again(
    database: Database, outbox: Outbox, clock: Clock, platform: Platform, client: aiohttp.ClientSession
) -> None:
    told = '{"results": [{"messageId": "A-1", "status": "ACKNOWLEDGED"}, {"messageId": "Z-9", "status": "ACKNOWLEDGED"}]}'
    platform.answers.append(status(200, text=told))
    delivery = Delivery(outbox, HttpAdapter(platform.url, client, 2.0, None), PACE, clock)
    await record(database, ("A", 1), ("B", 1))
    await delivery.round()
    assert await states(outbox) == {"ACKNOWLEDGED": 1, "WAITING": 1}


async def test_one_bad_message_does_not_keep_the_others_back(
    database: Database, outbox: Outbox, clock: Clock, platform: Platform, client: aiohttp.ClientSession
) -> None:
    async def refuse_b(request: web.Request) -> web.StreamResponse:
        lines = platform.requests[-1][1]
        platform.answers.append(refuse_b)
        if any(line["code"] == "B" for line in lines):
            return web.Response(status=422)
        return web.json_response({"results": [acknowledged(line) for line in lines]})

    platform.answers.append(refuse_b)
    delivery = Delivery(outbox, HttpAdapter(platform.url, client, 2.0, None), PACE, clock)
    await record(database, ("A", 1), ("B", 1), ("C", 1))
    await delivery.round()
    assert await states(outbox) == {"ACKNOWLEDGED": 2, "REFUSED": 1}
    assert [(str(each.key), each.reason) for each in await outbox.refusals(5)] == [("B-1", "the platform answered 422")]


async def test_running_delivers_what_is_recorded_without_waiting_for_the_next_look(
    database: Database, outbox: Outbox, clock: Clock, platform: Platform, client: aiohttp.ClientSession
) -> None:
    slow = Pace(3, timedelta(hours=1), timedelta(hours=1), timedelta(seconds=2))
    async with Delivery(outbox, HttpAdapter(platform.url, client, 2.0, None), slow, clock).running():
        await asyncio.sleep(0.2)
        await record(database, *[("A", seq) for seq in range(1, 9)])
        async with asyncio.timeout(10):
            while await states(outbox) != {"ACKNOWLEDGED": 8}:
                await asyncio.sleep(0.02)
    assert platform.told == [["A-1", "A-2", "A-3"], ["A-4", "A-5", "A-6"], ["A-7", "A-8"]]
    # Whoever comes next need not wait for the lease to run out.
    assert await Outbox(database, "another process").lease(clock(), timedelta(minutes=1))


# --- answers --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "not JSON"),
        (b"[]", "an answer is an object"),
        (b'{"messageId": 5, "status": "ACKNOWLEDGED"}', "messageId is not CODE-SEQUENCE"),
        (b'{"messageId": "A", "status": "ACKNOWLEDGED"}', "messageId is not CODE-SEQUENCE"),
        (b'{"messageId": "-1", "status": "ACKNOWLEDGED"}', "messageId is not CODE-SEQUENCE"),
        (b'{"messageId": "A-99999999999", "status": "ACKNOWLEDGED"}', "messageId is not CODE-SEQUENCE"),
        (b'{"messageId": "A-1", "status": "ok"}', "status is neither ACKNOWLEDGED nor REFUSED"),
        (b'{"messageId": "A-1", "status": "REFUSED", "reason": {}}', "reason is not a text"),
    ],
)
def test_answers_that_cannot_be_understood(raw: bytes, why: str) -> None:
    with pytest.raises(AnswerRefused) as refused:
        read_line(raw)
    assert str(refused.value) == why


def test_texts_of_a_platform_are_kept_short_and_without_nul() -> None:
    (answer,) = read_body(json.dumps({"results": [{"messageId": "A-1", "status": "REFUSED", "reason": "x\0" + "y" * 2000}]}).encode())
    assert answer.reason is not None
    assert answer.reason.startswith("x\ufffdyy")
    assert len(answer.reason) == 500


def test_waits_double_and_end_at_an_hour() -> None:
    seconds = [wait(attempts).total_seconds() for attempts in range(40)]
    assert all(2 * 2 ** min(n, 11) * 0.9 <= each <= 3600 * 1.1 for n, each in enumerate(seconds) if n < 11)
    assert max(seconds) <= 3960
    assert min(seconds[12:]) >= 3240
