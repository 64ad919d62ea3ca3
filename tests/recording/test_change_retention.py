"""How long changes are kept: what is old goes, who has missed something is told so, and who has not goes on; and what a page of the feed costs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import asyncpg
import pytest

from gateway.pruning import pruning
from gateway.settings import Changes
from resolvers.batching import BadArgument
from resolvers.database import change_retention
from resolvers.database.change_retention import prune
from resolvers.ledger.recording.record import record
from tests.recording.test_changes import everything, page
from tests.recording.world import NOW, Book, E, reporter, rows

KEEP = timedelta(days=30)
LATER = NOW + timedelta(days=31)


async def kept(book: Book, name: str) -> int:
    ((count,),) = [row.values() for row in await rows(book.database, "select count(*)::int as n from battery.change where grantee = $1", name)]
    return int(count)


async def test_what_is_old_goes_and_who_missed_it_is_told(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_retention, "PIECE", 2)
    await book.one("maker", 0.1, E.PRODUCED, 1)
    _, before = await page(book.database, "maker", first=1)
    _, ministry = await page(book.database, "miit", first=1)
    for number in range(2, 9):
        await book.one("maker", 0.1, E.PRODUCED, number)
    (_, last), (newest, _) = await page(book.database, "maker"), await page(book.database, "maker", first=1, backward=True)
    assert await prune(book.database, NOW, KEEP) == 0, "nothing is marked that long ago"
    assert await prune(book.database, NOW + timedelta(days=29), KEEP) == 0
    await book.one("maker", 0.1, E.PRODUCED, 9)
    assert await everything(book.database, "maker", before) == await everything(book.database, "maker", before, first=200), "not yet"
    assert await prune(book.database, LATER, KEEP) == 3 * 7, "of what maker, province and ministry were told all but the newest of then"
    assert await prune(book.database, LATER, KEEP) == 0
    for name, cursor in (("maker", before), ("miit", ministry)):
        with pytest.raises(BadArgument, match="no longer kept") as told:
            await page(book.database, name, cursor)
        assert told.value.code == "CURSOR_EXPIRED"
    assert [code for code, _ in await everything(book.database, "maker", last)] == [book.report(0, E.PRODUCED, 9).code], "it had missed nothing"
    assert (await everything(book.database, "maker"))[0] == newest[0]


async def test_who_was_told_nothing_for_long_goes_on(book: Book) -> None:
    await book.one("maker", 0.1, E.PRODUCED, 1)
    await book.one("maker", 3, E.SOLD, 1, to="oem")
    told, cursor = await page(book.database, "oem")
    assert len(told) == 2, "to whom the battery is new, all that ever happened to it is"
    await prune(book.database, NOW, KEEP)
    for number in range(2, 6):
        await book.one("maker", 0.1, E.PRODUCED, number)
    for day in (31, 62, 93, 365):
        await prune(book.database, NOW + timedelta(days=day), KEEP)
        assert await everything(book.database, "oem", cursor) == []
    assert await kept(book, reporter("oem").party) == 1
    await book.one("maker", 3, E.SOLD, 2, to="oem")
    assert len(await everything(book.database, "oem", cursor)) == 2


async def test_it_is_done_beside_the_serving_and_not_where_all_is_kept(book: Book) -> None:
    for number in range(1, 4):
        await book.one("maker", 0.1, E.PRODUCED, number)
    moments = [NOW + timedelta(days=2 * each) for each in range(1000)]
    async with pruning(Changes(keep_days=0), book.database, lambda: moments[-1], timedelta(milliseconds=5)):
        pass
    assert await rows(book.database, "select at from battery.change_mark") == []

    def clock() -> datetime:
        return moments.pop(0)

    async with pruning(Changes(keep_days=1), book.database, clock, timedelta(milliseconds=5)):
        while await kept(book, reporter("maker").party) > 1:
            await asyncio.sleep(0.01)


async def test_an_event_is_a_row_for_each_that_may_see_it_and_one_more(book: Book) -> None:
    """What the feed costs the writer."""
    car = await book.in_service(1)
    before = (await rows(book.database, "select count(*)::int as n from battery.change"))[0]["n"]
    reports = [book.report(20 + number, E.MAINTAINED, 1, vin=car, details={"work": "x"}) for number in range(50)]
    await record(book.database, reporter("oem"), reports, NOW)
    (readers,) = [row["n"] for row in await rows(book.database, "select cardinality(readers) as n from battery.pack")]
    ((after),) = [row["n"] for row in await rows(book.database, "select count(*)::int as n from battery.change")]
    assert after - before == 50 * (readers + 1)


async def test_a_page_reads_what_is_the_caller_s_and_no_more(book: Book) -> None:
    """What the feed costs the reader: as many blocks, whatever others were told."""
    await book.in_service(1)

    async def blocks() -> int:
        """Of the statement of the first page of the automaker."""
        asked: list[tuple[str, tuple[object, ...]]] = []

        def keep(statement: str, values: tuple[object, ...], _rows: Sequence[asyncpg.Record]) -> None:
            asked.append((statement, values))

        await page(replace(book.database, observer=keep), "oem", first=2)
        ((statement, values),) = asked
        async with book.database.transaction("admin") as connection:
            await connection.execute("analyze battery.change")
            told = json.loads(await connection.fetchval("explain (analyze, buffers, format json) " + statement, *values))[0]["Plan"]
        return int(told["Shared Hit Blocks"]) + int(told["Shared Read Blocks"])

    few = await blocks()
    await record(book.database, reporter("maker"), [book.report(0.1, E.PRODUCED, number) for number in range(100, 1100)], NOW)
    assert await blocks() <= few + 20
