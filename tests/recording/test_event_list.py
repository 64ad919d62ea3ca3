"""This module is in charge of testing the list of lifecycle events: what it holds is what the lists below packs hold, in pages that are walks on an index."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from resolvers.batching import BadArgument, Batch, PageArguments
from resolvers.database import door
from resolvers.database.pool import Database
from tests.door.principals import reading
from tests.recording.test_changes import visible, who
from tests.recording.world import NOW, Book, E

PLACE = tuple[str, int]
ORDERS: tuple[dict[str, Any], ...] = tuple(
    {"orderBy": {"field": field, "direction": direction}} for field in ("recorded_at", "code") for direction in ("ASC", "DESC")
)


async def page(database: Database, name: str, arguments: dict[str, Any], at: PageArguments) -> tuple[list[PLACE], Sequence[str]]:
    asked = reading(database, who(name), NOW)
    try:
        (found,) = await door.lifecycle_events(asked, Batch([None], ("code", "seq"), arguments, at))
    finally:
        asked.close()
    return [(row["code"], row["seq"]) for row in found.rows], found.cursors


async def walked(database: Database, name: str, arguments: dict[str, Any], size: int) -> list[PLACE]:
    told: list[PLACE] = []
    after: str | None = None
    while True:
        rows, cursors = await page(database, name, arguments, PageArguments(size, cursor=after))
        told += rows
        if not rows:
            return told
        after = cursors[-1]


async def filled(book: Book) -> None:
    for number in (1, 2, 3):
        await book.in_service(number)
    await book.one("oem", 20, E.MAINTAINED, 1, vin=(await book.in_service(4)), details={"work": "x"})
    await book.one("maker", 1, E.PRODUCED, 5)
    await book.one("maker", 2, E.SOLD, 5, to="swap")


async def test_it_holds_what_the_lists_of_packs_hold_in_each_order(book: Book) -> None:
    await filled(book)
    for name in ("maker", "oem", "swap", "recycler", "miit"):
        expected = sorted(await visible(book.database, name))
        for order in ORDERS:
            told = await walked(book.database, name, order, 2)
            assert sorted(told) == expected, name
            assert told == await walked(book.database, name, order, 50)
            back, _ = await page(book.database, name, order, PageArguments(100, backward=True))
            assert back == told
        assert [*reversed(await walked(book.database, name, ORDERS[3], 3))] == await walked(book.database, name, ORDERS[2], 3) == expected


async def test_a_filter_finds_what_the_party_sees_and_nothing_else(book: Book) -> None:
    await filled(book)
    sold = {"filter": {"type": {"eq": "SOLD"}}}
    assert len(await walked(book.database, "miit", sold, 2)) == len(await walked(book.database, "maker", sold, 2)) > 0
    nobody = {"filter": {"reporter": {"isNull": True}}}
    # Who was there is open to the ministry; to the automaker where it was there itself.
    assert await walked(book.database, "miit", nobody, 9) == []
    hidden = await walked(book.database, "oem", nobody, 9)
    assert 0 < len(hidden) < len(await visible(book.database, "oem"))


async def test_a_cursor_is_the_partys_and_the_orders_own(book: Book) -> None:
    await book.one("maker", 1, E.PRODUCED)
    _, cursors = await page(book.database, "maker", {}, PageArguments(5))
    for name, arguments in (("oem", {}), ("maker", ORDERS[1]), ("maker", {"filter": {"type": {"eq": "SOLD"}}})):
        with pytest.raises(BadArgument, match="cursor"):
            await page(book.database, name, arguments, PageArguments(5, cursor=cursors[0]))


@pytest.mark.parametrize(("name", "order", "index"), [("miit", 0, "event_recorded"), ("miit", 1, "event_recorded"), ("miit", 2, "event_pkey")])
async def test_a_page_of_the_whole_country_is_a_walk_on_an_index(book: Book, name: str, order: int, index: str) -> None:
    """Neither sorted, nor found by looking at what comes before: whatever the page, it costs the same."""
    await book.one("maker", 1, E.PRODUCED)
    _, cursors = await page(book.database, name, ORDERS[order], PageArguments(5))
    asked: list[tuple[str, tuple[object, ...]]] = []

    def keep(statement: str, values: tuple[object, ...], _rows: Sequence[asyncpg.Record]) -> None:
        asked.append((statement, values))

    await page(replace(book.database, observer=keep), name, ORDERS[order], PageArguments(5, cursor=cursors[0]))
    ((statement, values),) = asked
    async with book.database.transaction("admin") as connection:
        await connection.execute("set local enable_seqscan = off; set local enable_bitmapscan = off; set local enable_sort = off")
        plan = json.loads(await connection.fetchval("explain (format json) " + statement, *values))[0]["Plan"]
    nodes = list(_nodes(plan))
    assert not {each["Node Type"] for each in nodes} & {"Sort", "Incremental Sort"}
    (walk,) = [each for each in nodes if each.get("Relation Name") == "event"]
    assert walk["Index Name"] == index
    assert "ROW" in walk["Index Cond"]


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(each for below in plan.get("Plans", ()) for each in _nodes(below))]
