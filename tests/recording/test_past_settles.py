"""The past is repeatable while recordings are under way: who asks as of a moment waits for what may still be recorded as of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from resolvers.database import under_way
from resolvers.database.under_way import BEGINS, GRACE_S, LATEST_S, moment_of_recording
from resolvers.ledger.recording.afterwards import DEFAULT, Written
from resolvers.ledger.recording.record import record
from resolvers.ledger.recording.report import Recorded
from tests.recording.gateways import asked, codes
from tests.recording.test_past import MINISTRY, STATUS, day, reported, spelled
from tests.recording.world import NOW, Book, E, code, reporter

SETTLED = timedelta(seconds=2 * GRACE_S)


def now() -> datetime:
    """By the clock: recordings under way are told apart by when they began."""
    return max(NOW, datetime.now(UTC).replace(microsecond=0))


class Gate:
    """Holds a recording that is whole until it is let through to be committed."""

    def __init__(self) -> None:
        self.reached, self.open = asyncio.Event(), asyncio.Event()

    async def __call__(self, connection: Any, written: Written, moment: datetime) -> None:
        self.reached.set()
        await self.open.wait()


@asynccontextmanager
async def sold_slowly(book: Book, moment: datetime) -> AsyncIterator[Gate]:
    """Somebody reports at that moment that the pack was sold, and it is not committed until the gate is open."""
    gate = Gate()
    report = book.report(3, E.SOLD, to="oem")
    telling = asyncio.create_task(record(book.database, reporter("maker"), [report], moment, after=(*DEFAULT, gate)))
    await asyncio.wait_for(gate.reached.wait(), 10)
    try:
        yield gate
    finally:
        gate.open.set()
        assert all(isinstance(each, Recorded) for each in await telling)


def told(book: Book, as_of: datetime, moment: datetime, text: str = STATUS) -> asyncio.Task[Any]:
    return asyncio.create_task(asked(book.database, MINISTRY, text, {"code": code(1), "asOf": spelled(as_of)}, moment))


async def test_a_moment_as_of_which_something_is_being_recorded_is_waited_for(book: Book) -> None:
    await reported(book, ("maker", 1, E.PRODUCED, {}))
    at = now()
    asking = at + SETTLED
    async with sold_slowly(book, at) as gate:
        # What was over before it began is told at once.
        before = await asyncio.wait_for(told(book, day(2), asking), 10)
        assert before["data"]["battery"] == {"status": "CODED"}
        first = told(book, at, asking)
        await asyncio.sleep(0.3)
        assert not first.done(), "one answer would say that it was not sold, and the next that it was"
        gate.open.set()
        assert (await first)["data"]["battery"] == {"status": "SOLD"}
    assert (await told(book, at, asking))["data"]["battery"] == {"status": "SOLD"}


async def test_the_present_beside_it_is_read_in_the_snapshot_that_was_waited_for(book: Book) -> None:
    await reported(book, ("maker", 1, E.PRODUCED, {}))
    at = now()
    both = """query ($code: BatteryCode!, $asOf: DateTime!) {
      now: battery(code: $code) { status events(last: 1) { nodes { type } } } then: battery(code: $code, asOf: $asOf) { status } }"""
    async with sold_slowly(book, at) as gate:
        telling = told(book, at, at + SETTLED, both)
        await asyncio.sleep(0.3)
        gate.open.set()
        data = (await telling)["data"]
    assert list(data) == ["now", "then"]
    assert data == {"now": {"status": "SOLD", "events": {"nodes": [{"type": "SOLD"}]}}, "then": {"status": "SOLD"}}


async def test_who_has_waited_long_enough_is_refused_and_told_nothing(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    await reported(book, ("maker", 1, E.PRODUCED, {}))
    monkeypatch.setattr(under_way, "PATIENCE_S", 0.1)
    at = now()
    async with sold_slowly(book, at):
        answers = [await asked(book.database, MINISTRY, STATUS, {"code": code(number), "asOf": spelled(at)}, at + SETTLED) for number in (1, 2)]
        assert codes(answers[0]) == [("AS_OF_UNSETTLED", ("battery",))]
        assert answers[0] == answers[1], "of whichever battery is asked: it is not said what is being recorded"


async def test_a_moment_that_has_just_passed_is_asked_once_nothing_can_begin_as_of_it(book: Book) -> None:
    await reported(book, ("maker", 1, E.PRODUCED, {}))
    at, began = now(), asyncio.get_running_loop().time()
    await asked(book.database, MINISTRY, STATUS, {"code": code(1), "asOf": spelled(at)}, at, both=False)
    assert asyncio.get_running_loop().time() - began >= GRACE_S


async def test_what_begins_late_bears_a_later_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    at = now()
    monkeypatch.setattr(under_way, "monotonic", lambda: 100.0)
    assert moment_of_recording(at, None) == at
    assert moment_of_recording(at, 100.0 - LATEST_S) == at
    assert moment_of_recording(at, 100.0 - 2 * LATEST_S) == at + timedelta(seconds=2 * LATEST_S)


async def test_recordings_wait_for_nobody_who_is_under_way(book: Book) -> None:
    async with book.database.transaction("ledger", first=BEGINS):
        await reported(book, ("maker", 1, E.PRODUCED, {}))
