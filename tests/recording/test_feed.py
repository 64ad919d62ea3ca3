"""This module is in charge of testing subscriptions to the feed of changes: everything once, in order, as soon as it is there, and to each what it may see."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

import asyncpg
import pytest

from gateway.execution.context import RequestContext
from gateway.execution.local_events import Feed, TellingSubgraph
from gateway.execution.subgraph import SubgraphRequest, SubgraphResult
from resolvers.database.lists import Fingerprint
from resolvers.database.news import News
from resolvers.database.pool import ReadSession
from schema.graph import load_graphs
from tests.door.principals import MOMENT, reading
from tests.graph.asking import root_fetch
from tests.recording.test_changes import everything, page, who
from tests.recording.world import NOW, Book, E

GRAPH = load_graphs()["battery"]
ALL = "subscription ($after: String) { changes(first: 200, after: $after) { edges { cursor node { battery { code } event { type recordedAt } } } } }"
Ask = Callable[..., AsyncGenerator[SubgraphResult, None]]


@contextlib.asynccontextmanager
async def asking(book: Book) -> AsyncIterator[Ask]:
    """A function that subscribes a party."""
    news = News(book.database)

    async with news.running():
        subgraph = TellingSubgraph(GRAPH, Feed(lambda principal: reading(book.database, principal, NOW), news.wait))
        assert subgraph.has_events

        def ask(name: str, after: str | None = None, text: str = ALL) -> AsyncGenerator[SubgraphResult, None]:
            context = RequestContext(who(name), MOMENT, 0.0, "test", None)
            return subgraph.subscribe(SubgraphRequest(root_fetch(GRAPH, text), {"after": after} if after else {}), context)

        yield ask


def places(book: Book, name: str, result: SubgraphResult) -> list[tuple[str, int]]:
    """(code, seq) of what an event tells, as its cursors have them."""
    assert result.data is not None
    asked = reading(book.database, who(name), NOW)
    edges = result.data["changes"]["edges"]
    found = [asked.opaque.position(asked.principal.party, Fingerprint(lambda: ("changes",)).text, each["cursor"]) for each in edges]
    assert [code for _, code, _ in found] == [each["node"]["battery"]["code"] for each in edges]
    return [(code, seq) for _, code, seq in found]


async def following(book: Book, name: str, events: AsyncGenerator[SubgraphResult, None], into: list[tuple[str, int]]) -> None:
    async for event in events:
        assert not event.errors
        into += places(book, name, event)


async def test_from_now_on_everything_is_told_once_to_whoever_may_see_it(book: Book) -> None:
    await book.in_service(1)
    names = ("maker", "oem", "swap", "recycler", "miit")
    before = {name: await everything(book.database, name) for name in names}
    told: dict[str, list[tuple[str, int]]] = {name: [] for name in names}
    async with asking(book) as ask, asyncio.timeout(20):
        tasks = [asyncio.create_task(following(book, name, ask(name), told[name])) for name in names]
        await asyncio.sleep(0.3)
        for number in (2, 3, 4):
            await book.in_service(number)
        await book.one("maker", 1, E.PRODUCED, 5)
        await book.one("maker", 2, E.SOLD, 5, to="swap")
        expected = {name: [each for each in await everything(book.database, name) if each not in before[name]] for name in names}
        while told != expected:
            await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert told["recycler"] == []
    assert len(told["miit"]) > len(told["swap"]) > 0


async def test_whoever_comes_back_with_a_cursor_goes_on_there(book: Book) -> None:
    await book.in_service(1)
    whole = await everything(book.database, "maker")
    _, cursor = await page(book.database, "maker", first=1)
    async with asking(book) as ask, asyncio.timeout(10):
        events = ask("maker", cursor, ALL.replace("200", "1"))
        # A page at a time, and the next one only when it is asked for.
        assert [places(book, "maker", await anext(events)) for _ in whole[1:]] == [[each] for each in whole[1:]]
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        await book.one("maker", 1, E.PRODUCED, 2)
        assert len(places(book, "maker", await waiting)) == 1
        await events.aclose()


async def test_a_cursor_of_somebody_else_and_a_page_that_is_none_end_it_with_an_error(book: Book) -> None:
    await book.in_service(1)
    _, cursor = await page(book.database, "maker", first=1)
    async with asking(book) as ask, asyncio.timeout(10):
        for events, code in ((ask("oem", cursor), "INVALID_CURSOR"), (ask("oem", text=ALL.replace("200", "0")), "INVALID_PAGE")):
            told = [event async for event in events]
            assert [[each.code for each in event.errors] for event in told] == [[code]]
            assert told[0].data == {"changes": None}


async def test_a_database_that_is_away_for_a_while_is_waited_for(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    await book.in_service(1)
    told: list[tuple[str, int]] = []
    lost = iter([True, True])
    async with asking(book) as ask, asyncio.timeout(20):
        fetch = ReadSession.fetch

        async def breaking(self: ReadSession, *given: Any, **named: Any) -> Any:
            if started.is_set() and next(lost, False):
                raise asyncpg.ConnectionDoesNotExistError("away")
            return await fetch(self, *given, **named)

        started = asyncio.Event()
        monkeypatch.setattr(ReadSession, "fetch", breaking)
        task = asyncio.create_task(following(book, "maker", ask("maker"), told))
        await asyncio.sleep(0.3)
        started.set()
        await book.one("maker", 1, E.PRODUCED, 2)
        while len(told) < 1:
            await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert next(lost, None) is None
