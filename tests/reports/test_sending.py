"""This module is in charge of clients of reports that are slow, go away, ask for no body or for too much at once: what they cost, and leave behind."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.foundation import Foundation
from gateway.operation.document import GraphQLRequest
from gateway.pipeline import GraphQLResponse, run
from gateway.settings import Reports
from tests.reports.conftest import Desk, entry
from tests.reports.test_reports import code_of
from tests.web.pages import pages_over

# Thousands of small pages: more than any buffer on the way holds.
LONG = """query Long($first: Int, $after: String) {
  lifecycleEvents(first: $first, after: $after) {
    pageInfo { hasNextPage endCursor } nodes { batteryCode type category occurredAt recordedAt reporter { uscc } }
  }
}"""
FORMATS = ("csv", "ndjson", "json", "arrow", "parquet")
STALLED_S = 0.4


@contextlib.asynccontextmanager
async def desk_of(small_demo: Foundation, folder: Path, send_timeout_s: float) -> AsyncIterator[Desk]:
    (folder / "long.graphql").write_text(LONG)
    (folder / "reports.toml").write_text(f"[reports.long]\n{entry(LONG, roles=['MI', 'PR'])}")
    async with pages_over(small_demo, reports=Reports(str(folder), per_client=2, total=3, send_timeout_s=send_timeout_s), sent_ahead=4096) as pages:
        yield Desk(pages, small_demo.base)


@pytest.fixture
async def long(small_demo: Foundation, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_of(small_demo, tmp_path, STALLED_S) as desk:
        yield desk


class Asked:
    """The pages that reports have asked the pipeline for. `endless`: each says that there are more."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, endless: bool = False) -> None:
        self.count = self.now = 0
        self._endless = endless
        monkeypatch.setattr("gateway.reports.endpoint.run", self._run)

    async def _run(self, request: GraphQLRequest, *given: Any) -> GraphQLResponse:
        self.count += 1
        self.now += 1
        try:
            if self._endless:
                variables: Mapping[str, Any] = {**(request.variables or {}), "after": None}
                request = GraphQLRequest(request.query, variables)
            answer = await run(request, *given)
        finally:
            self.now -= 1
        if self._endless and answer.values is not None:
            answer.values["data"]["lifecycleEvents"]["pageInfo"]["hasNextPage"] = True
        return answer


@contextlib.asynccontextmanager
async def opened(desk: Desk, file: str, party: str = "miit") -> AsyncIterator[asyncio.StreamReader]:
    """A request for a report on a connection of its own, whose buffers are small; its answer is not read, and in the end it is broken off."""
    host, _, port = desk.pages.url.removeprefix("http://").partition(":")
    own = socket.socket()
    own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    own.setblocking(False)
    await asyncio.get_running_loop().sock_connect(own, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=own, limit=1024)
    token = await desk.token(party)
    writer.write(f"GET /reports{file} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    try:
        yield reader
    finally:
        writer.transport.abort()


async def settled(value: Callable[[], int]) -> int:
    """The value once it has stood still for a while."""
    for _ in range(300):
        before = value()
        await asyncio.sleep(0.1)
        if value() == before and before:
            return before
    raise AssertionError("it never stands still")


async def test_who_asks_for_the_head_alone_gets_it_for_one_page(long: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = await long.read("miit", "/long.csv")
    asked = Asked(monkeypatch)
    page = await long.pages.get("/reports/long.csv", "HEAD", authorization="Bearer " + await long.token("miit"))
    assert (page.status, page.body) == (200, b"")
    for name in ("content-type", "content-disposition", "x-cellgate-report"):
        assert page.headers[name] == whole.headers[name]
    await asyncio.sleep(0.3)
    assert asked.count == 1


@pytest.mark.parametrize("format_", FORMATS)
async def test_a_client_that_goes_away_ends_its_report_and_leaves_nothing(
    long: Desk, small_demo: Foundation, format_: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked = Asked(monkeypatch, endless=True)
    with caplog.at_level(logging.ERROR):
        for _ in range(4):
            async with opened(long, f"/long.{format_}") as reader:
                assert b"200 OK" in await reader.readline()
            await asyncio.sleep(0.05)
        seen = await settled(lambda: asked.count)
        await asyncio.sleep(0.3)
    assert (asked.count, asked.now) == (seen, 0)
    pool = await small_demo.database.pool("reader")
    assert pool.get_size() == pool.get_idle_size()
    assert [record.getMessage() for record in caplog.records] == []
    # Their places are free again.
    monkeypatch.undo()
    assert (await long.read("miit", f"/long.{format_}")).status == 200


@pytest.mark.parametrize("format_", FORMATS)
async def test_a_client_that_does_not_read_is_waited_for_and_then_left(long: Desk, format_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, endless=True)
    async with opened(long, f"/long.{format_}") as reader:
        assert b"200 OK" in await reader.readline()
        stalled = await settled(lambda: asked.count)
        await asyncio.sleep(2 * STALLED_S)
        assert asked.count == stalled
        # What was on its way, and no end: the connection is closed in the middle of the body.
        rest = await asyncio.wait_for(reader.read(-1), 10)
    assert not rest.endswith(b"0\r\n\r\n")


async def test_a_client_reads_so_many_at_a_time_and_the_next_is_told_when_to_come_again(
    small_demo: Foundation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk_of(small_demo, tmp_path, 60) as desk:
        alone = await desk.read("miit", "/long.csv")
        with monkeypatch.context() as patch:
            Asked(patch, endless=True)
            async with contextlib.AsyncExitStack() as held:
                for _ in range(2):
                    assert b"200 OK" in await (await held.enter_async_context(opened(desk, "/long.csv"))).readline()
                refused = await desk.read("miit", "/long.ndjson")
                assert (refused.status, code_of(refused), refused.headers["retry-after"]) == (429, "TOO_MANY_REQUESTS", "10")
                # Another client has its own share, of what there is for all.
                assert b"200 OK" in await (await held.enter_async_context(opened(desk, "/long.csv", "province"))).readline()
                assert (await desk.read("province", "/long.csv")).status == 429
            await asyncio.sleep(0.3)
        together = await asyncio.gather(*(desk.read("miit", "/long.csv") for _ in range(2)))
        assert [page.body for page in together] == [alone.body] * 2
