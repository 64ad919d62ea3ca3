"""This module is in charge of testing the feed of changes: nothing is missed while many write, and everybody is told what it may see and no more."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from auth.principal import Principal
from resolvers.batching import BadArgument, Batch, PageArguments
from resolvers.database import door
from resolvers.database.pool import Database
from resolvers.ledger.recording.afterwards import DEFAULT, Written
from resolvers.ledger.recording.record import record
from tests.door.principals import principal, reading
from tests.recording.world import FIRMS, NOW, ROLES, Book, E, reporter

MINISTRY = "11100000000013039Y"
PLACE = tuple[str, int]


def who(name: str) -> Principal:
    return principal(MINISTRY, "MI") if name == "miit" else principal(FIRMS[name], ROLES[name])


async def page(database: Database, name: str, after: str | None = None, first: int = 50, *, backward: bool = False) -> tuple[list[PLACE], str | None]:
    """One page for the party, and where to go on from."""
    asked = reading(database, who(name), NOW)
    try:
        (found,) = await door.changes(asked, Batch([None], (), page=PageArguments(first, backward, after)))
    finally:
        asked.close()
    return [(row["key"], row["seq"]) for row in found.rows], found.cursors[-1] if found.rows else after


async def everything(database: Database, name: str, after: str | None = None, first: int = 7) -> list[PLACE]:
    told: list[PLACE] = []
    while True:
        rows, after = await page(database, name, after, first)
        if not rows:
            return told
        told += rows


async def visible(database: Database, name: str) -> list[PLACE]:
    """What the party sees of the events of the packs in its lists, asked for by the lists themselves."""
    asked = reading(database, who(name), NOW)
    try:
        (packs,) = await door.packs(asked, Batch([None], (), page=PageArguments(100)))
        lists = await door.events(asked, Batch([row["key"] for row in packs.rows], ("seq",), page=PageArguments(100))) if packs.rows else []
    finally:
        asked.close()
    return [(row["key"], row["seq"]) for each in lists for row in getattr(each, "rows", ())]


async def test_everybody_is_told_what_it_may_see_and_in_pages_of_any_size(book: Book) -> None:
    for number in (1, 2, 3):
        await book.in_service(number)
    await book.one("oem", 20, E.MAINTAINED, 1, vin=(await book.in_service(4)), details={"work": "x"})
    await book.one("maker", 1, E.PRODUCED, 5)
    await book.one("maker", 2, E.SOLD, 5, to="swap")
    for name in ("maker", "oem", "swap", "recycler", "miit"):
        told = await everything(book.database, name)
        assert sorted(told) == sorted(await visible(book.database, name)), name
        assert len(set(told)) == len(told)
        assert told == await everything(book.database, name, first=1) == await everything(book.database, name, first=200)
    assert await everything(book.database, "recycler") == []
    newest, cursor = await page(book.database, "miit", first=1, backward=True)
    assert newest == (await everything(book.database, "miit"))[-1:]
    assert await everything(book.database, "miit", cursor) == []
    await book.one("swap", 5, E.POOLED, 5, details={"pool": "P"})
    assert len(await everything(book.database, "miit", cursor)) == 1


async def test_a_cursor_is_the_partys_own(book: Book) -> None:
    await book.one("maker", 1, E.PRODUCED)
    _, cursor = await page(book.database, "maker")
    with pytest.raises(BadArgument, match="cursor"):
        await page(book.database, "oem", cursor)


async def test_what_is_written_waits_for_whoever_began_before(book: Book) -> None:
    """A transaction that began earlier may commit later: what came in between is not given before it, or it would be gone past."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def hold(connection: Any, written: Written, moment: datetime) -> None:
        begun.set()
        await go_on.wait()

    slow = asyncio.create_task(record(book.database, reporter("maker"), [book.report(1, E.PRODUCED, 1)], NOW, after=(*DEFAULT, hold)))
    await begun.wait()
    await book.one("maker", 1, E.PRODUCED, 2)
    assert await everything(book.database, "maker") == []
    go_on.set()
    await slow
    assert [code for code, _ in await everything(book.database, "maker")] == [book.report(1, E.PRODUCED, number).code for number in (1, 2)]


async def test_nothing_is_missed_while_many_write(book: Book) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    draw = random.Random(seed)

    async def dawdle(connection: Any, written: Written, moment: datetime) -> None:
        await asyncio.sleep(draw.uniform(0, 0.03))

    async def write(writer: int) -> None:
        for number in range(writer * 100, writer * 100 + 12):
            reports = [book.report(0.1, E.PRODUCED, number + 1), book.report(3, E.SOLD, number + 1, to="oem")]
            for each in (reports[:1], reports[1:]) if draw.random() < 0.5 else (reports,):
                await record(book.database, reporter("maker"), each, NOW, after=(*DEFAULT, dawdle))

    async def follow(name: str, told: list[PLACE], writing: Sequence[asyncio.Task[None]]) -> None:
        after: str | None = None
        while True:
            over = all(each.done() for each in writing)
            rows, after = await page(book.database, name, after, draw.randrange(1, 9))
            told += rows
            if over and not rows:
                return

    writing = [asyncio.create_task(write(writer)) for writer in range(4)]
    followed: dict[str, list[PLACE]] = {"maker": [], "miit": []}
    await asyncio.gather(*writing, *(follow(name, told, writing) for name, told in followed.items()))
    for name, told in followed.items():
        assert len(told) == len(set(told)), name
        assert sorted(told) == sorted(await visible(book.database, name)), name
        for code in {code for code, _ in told}:
            seqs = [seq for each, seq in told if each == code]
            assert seqs == sorted(seqs)
    assert len(followed["miit"]) == 4 * 12 * 2
