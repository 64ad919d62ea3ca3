"""Nothing that runs beside the serving ends for good: neither when the database fails, in whichever way, nor when something happens that nobody foresaw."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from auth.audit import AuditEntry
from auth.revocations import Denylist
from gateway import pruning, publishing, sweeping
from gateway.platform.delivery import Delivery, Pace
from gateway.settings import Changes, Publish, Settings, Sweep
from resolvers import background
from resolvers.background import in_background, supervised
from resolvers.database import audit_store, news
from resolvers.database.auth_store import RevocationFeed
from resolvers.database.outbox import Outbox

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
SOON = timedelta(milliseconds=2)
FAILURES: tuple[Callable[[], Exception], ...] = (
    lambda: asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"),
    lambda: asyncpg.InterfaceError("connection is closed"),
    lambda: asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
    lambda: asyncpg.CannotConnectNowError("the database system is in recovery mode"),
    lambda: asyncpg.ProtocolError("unexpected"),
    lambda: ConnectionRefusedError(),
)


class Failing:
    """A database that fails in one way after the other, whatever is asked of it, and at last in one that nobody foresaw."""

    def __init__(self) -> None:
        self.asked = 0

    def _fail(self) -> Exception:
        self.asked += 1
        if self.asked == 2 * len(FAILURES):
            return KeyError("nobody foresaw this")
        return FAILURES[self.asked % len(FAILURES)]()

    @property
    def target(self) -> Any:
        raise self._fail()

    def transaction(self, _role: str) -> Any:
        raise self._fail()

    def reading(self, **_given: object) -> Any:
        raise self._fail()


@contextlib.asynccontextmanager
async def _audit(database: Any) -> AsyncIterator[None]:
    store = audit_store.AuditStore(database)
    store.record(AuditEntry("request", NOW, "party", "client", "token", "purpose", "", frozenset(), "answered"))
    async with store.running():
        yield
        store._queue.clear()


@contextlib.asynccontextmanager
async def _news(database: Any) -> AsyncIterator[None]:
    told = news.News(database)

    async def wait() -> None:
        while True:
            await told.wait()

    async with told.running(), in_background("who waits for news", wait):
        yield


@contextlib.asynccontextmanager
async def _revocations(database: Any) -> AsyncIterator[None]:
    feed = RevocationFeed(database, Denylist(), lambda: NOW, poll=SOON)

    async def nothing() -> None:
        """What it reads before it begins is no task."""

    read, feed._synchronise = feed._synchronise, nothing  # type: ignore[method-assign]
    async with feed.running():
        feed._synchronise = read  # type: ignore[method-assign]
        yield


@contextlib.asynccontextmanager
async def _delivery(database: Any) -> AsyncIterator[None]:
    pace = Pace(3, SOON, timedelta(hours=1), timedelta(seconds=1))
    try:
        async with Delivery(Outbox(database, "this process"), None, pace, lambda: NOW).running():  # type: ignore[arg-type]
            yield
    except KeyError:
        # At the end the lease is given up, and the database fails at that, too.
        pass


TASKS = {
    "platform delivery": _delivery,
    "sweep": lambda database: sweeping.sweeping(Sweep(every_s=0.002), database, lambda: NOW, lambda now: now),
    "publish": lambda database: publishing.publishing(Settings(publish=Publish(every_s=0.002)), database, lambda: NOW),
    "pruning": lambda database: pruning.pruning(Changes(keep_days=1), database, lambda: NOW, SOON),
    "revocation feed": _revocations,
    "audit writer": _audit,
    "news": _news,
}


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "FIRST_WAIT_S", 0.005)
    monkeypatch.setattr(audit_store, "EVERY_S", 0.002)
    monkeypatch.setattr(news, "LOOK", SOON)
    monkeypatch.setattr(news, "PAUSE_S", 0.002)


@pytest.mark.parametrize("name", TASKS)
async def test_a_task_outlives_whatever_the_database_does(name: str, caplog: pytest.LogCaptureFixture) -> None:
    database = Failing()
    with caplog.at_level(logging.INFO):
        async with TASKS[name](database), asyncio.timeout(20):
            while database.asked < 4 * len(FAILURES):
                await asyncio.sleep(0.005)
    unforeseen = [each for each in caplog.records if each.name == "cellgate.background"]
    assert [each.getMessage().partition(",")[0] for each in unforeseen] == [f"{name} ended"]
    # What was foreseen is a line without the calls that led to it.
    assert [each.getMessage() for each in caplog.records if each.exc_info and each not in unforeseen] == []


async def test_what_ends_is_said_and_begins_again(caplog: pytest.LogCaptureFixture) -> None:
    begun: list[int] = []

    async def run() -> None:
        begun.append(len(begun))
        if begun[-1] == 0:
            raise ValueError("unforeseen")
        if begun[-1] == 1:
            return
        if begun[-1] == 2:
            gone = asyncio.get_running_loop().create_future()
            gone.cancel()
            await gone
        await asyncio.sleep(3600)

    async with in_background("a task", run), asyncio.timeout(10):
        while len(begun) < 4:
            await asyncio.sleep(0.005)
    assert [each.getMessage() for each in caplog.records] == [
        f"a task ended, which nobody foresaw; it begins again in {wait:g} s" for wait in (0.005, 0.01, 0.02)
    ]
    assert [bool(each.exc_info) for each in caplog.records] == [True, False, False]


async def test_who_is_told_to_end_ends() -> None:
    task = asyncio.create_task(supervised("a task", lambda: asyncio.sleep(3600)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)
