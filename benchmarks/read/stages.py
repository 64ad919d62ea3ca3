"""This program is in charge of where the time of one request goes: the gateway's application in this process, one request at a time.

Each stage is measured while it runs, without what it waits for and without the stages inside it; medians over requests.

    python -m benchmarks.read.stages [--data FOLDER] [--packs 20000] [--requests 1500]
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from unittest import mock

import asyncpg
import uvloop
from starlette.types import ASGIApp

from auth.entitlements import scopes_for
from auth.tokens import Granted
from benchmarks.harness import table
from benchmarks.read.__main__ import CODES, HERE, MAKERS, PARTY, bodies
from benchmarks.worlds import BenchWorld, kept_in, world
from gateway import pipeline
from gateway.app import Gateway, serving
from gateway.edge import graphql
from gateway.edge.bearer import BearerDoor
from gateway.execution.local_run import Run
from gateway.operation.variables import Variables
from resolvers.database.audit_store import AuditStore
from resolvers.database.auth_store import AuthStore
from resolvers.database.pool import ReadSession
from resolvers.database.reading import Reading

WARM: Final = 200
ROUNDS: Final = 5
HEAD: Final = ("stage, µs of CPU a request", "one battery", "50 batteries")
# Stage: where it is (owner, name), outermost first.
STAGES: Final[dict[str, tuple[tuple[Any, str], ...]]] = {
    "authenticate": ((BearerDoor, "authenticate"),),
    "pipeline": ((graphql, "run"),),
    "prepare (known operation)": ((pipeline, "prepare"),),
    "variables": ((Variables, "coerce"),),
    "execute: fetches, representations, merge": ((pipeline, "execute"),),
    "execute: rows to objects": ((Run, "root"), (Run, "entities")),
    "door: statements and their values": ((Reading, "fetch"),),
    "connection and snapshot": ((ReadSession, "begin"), (ReadSession, "fetch")),
    "driver: encode and send": ((asyncpg.Connection, "fetch"), (asyncpg.Connection, "execute")),
    "respond": ((pipeline, "respond"),),
    "audit": ((AuditStore, "record"),),
}
EDGE: Final = "edge"
REST: Final = "event loop, driver's decoding"


class Meter:
    """Nanoseconds by stage of the request that is under way: the innermost stage has the time."""

    def __init__(self) -> None:
        self.spent: dict[str, int] = {}
        self._stack: list[str] = []
        self._since = 0

    def enter(self, stage: str) -> None:
        """The stage begins, or goes on."""
        self._book()
        self._stack.append(stage)

    def leave(self) -> None:
        """It ends, or waits."""
        self._book()
        self._stack.pop()

    def _book(self) -> None:
        now = time.perf_counter_ns()
        if self._stack:
            self.spent[self._stack[-1]] = self.spent.get(self._stack[-1], 0) + now - self._since
        self._since = now


class Metered:
    """An awaitable that runs another one, and books each of its steps."""

    def __init__(self, inner: Any, stage: str, meter: Meter) -> None:
        self._inner, self._stage, self._meter = inner, stage, meter

    def __await__(self) -> Generator[Any, Any, Any]:
        sent: Any = None
        while True:
            self._meter.enter(self._stage)
            try:
                waited = self._inner.send(sent)
            except StopIteration as done:
                return done.value
            finally:
                self._meter.leave()
            sent = yield waited


def metered(function: Callable[..., Any], stage: str, meter: Meter) -> Callable[..., Any]:
    """The function, booked: of one that waits only the steps."""
    if asyncio.iscoroutinefunction(function):
        return lambda *given, **named: _coroutine(Metered(function(*given, **named), stage, meter))

    def call(*given: Any, **named: Any) -> Any:
        meter.enter(stage)
        try:
            return function(*given, **named)
        finally:
            meter.leave()

    return call


async def _coroutine(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


@contextmanager
def booked(meter: Meter, stages: Mapping[str, Sequence[tuple[Any, str]]]) -> Iterator[None]:
    """While this is entered, every stage books its time."""
    patches = [mock.patch.object(owner, name, metered(getattr(owner, name), stage, meter)) for stage, places in stages.items() for owner, name in places]
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in patches:
            each.stop()


async def token_of(made: BenchWorld, gateway: Gateway) -> str:
    """A token of the party that `bench read` asks as."""
    client = await AuthStore(made.foundation.database).client(PARTY)
    assert client is not None
    scopes = scopes_for(client.roles, made.foundation.door.matrix)
    granted = Granted(client, gateway.oauth.settings.resource, client.roles, scopes, client.purposes[0])
    return gateway.oauth.issuer.access_token(granted, datetime.now(UTC))[0]


async def asked(app: ASGIApp, token: str, body: bytes) -> bytes:
    """The body of the answer to one request."""
    sent: list[Any] = []
    headers = [(b"host", b"bench"), (b"authorization", b"Bearer " + token.encode()), (b"content-type", b"application/json"), (b"accept", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers, "client": ("127.0.0.1", 1)}

    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        # After the body, the client's going away is waited for; it stays.
        return messages.pop() if messages else await asyncio.get_running_loop().create_future()

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    if sent[0]["status"] != 200 or b'"errors"' in sent[1]["body"][:40]:
        raise RuntimeError(f"answered {sent[0]['status']}: {sent[1]['body'][:300]!r}")
    return bytes(sent[1]["body"])


async def one_query(app: ASGIApp, token: str, all_of: Sequence[bytes], requests: int) -> list[tuple[str, float]]:
    """(stage, microseconds) for one kind of request, the whole first."""
    for number in range(WARM):
        await asked(app, token, all_of[number % len(all_of)])
    whole: list[float] = []
    for _ in range(ROUNDS):
        began = time.process_time_ns()
        for number in range(requests // ROUNDS):
            await asked(app, token, all_of[number % len(all_of)])
        whole.append((time.process_time_ns() - began) / (requests // ROUNDS))
    meter = Meter()
    spent: dict[str, list[int]] = {}
    with booked(meter, STAGES):
        for number in range(requests):
            meter.spent = {}
            await _coroutine(Metered(asked(app, token, all_of[number % len(all_of)]), EDGE, meter))
            for stage, nanoseconds in meter.spent.items():
                spent.setdefault(stage, []).append(nanoseconds)
    found = [(stage, statistics.median(spent.get(stage, [0])) / 1000) for stage in (EDGE, *STAGES)]
    total = min(whole) / 1000
    return [("the whole", total), *found, (REST, total - sum(each for _, each in found))]


async def main(data: Path | None, packs: int, requests: int) -> int:
    """Both kinds of request of `bench read`, as one table."""
    with kept_in(data) as folder:
        async with world(folder / f"world-{packs}", packs) as made, serving(made.settings, made.foundation, lambda _now: made.options.moment) as gateway:
            token = await token_of(made, gateway)
            one = bodies((HERE / "one.graphql").read_text(), [{"code": row[0]} for row in await made.rows(CODES)])
            many = bodies((HERE / "many.graphql").read_text(), [{"maker": row[0]} for row in await made.rows(MAKERS)])
            found = [await one_query(gateway.app, token, each, requests) for each in (one, many)]
    print(table(HEAD, [[stage, f"{first:.0f}", f"{second:.0f}"] for (stage, first), (_, second) in zip(*found, strict=True)]))
    return 0


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    parser = argparse.ArgumentParser(prog="python -m benchmarks.read.stages")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--packs", type=int, default=20_000)
    parser.add_argument("--requests", type=int, default=1_500)
    given = parser.parse_args()
    sys.exit(uvloop.run(main(given.data, given.packs, given.requests)))
