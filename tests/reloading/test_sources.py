"""This module is in charge of testing where SDL comes from: files, URLs, subgraphs that are asked; and what happens when they fail."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from gateway.settings import Reload, Settings, Subgraph
from gateway.sources import MAX_BYTES, Sources, SourceUnreadable, sources_of

SDL = "type Query { a: Int }"
OWN = {"battery": "type Query { own: Int }"}


class Server:
    """Gives SDL as text at /sdl, and to `_service { sdl }` at /graphql."""

    def __init__(self) -> None:
        self.sdl = SDL
        self.status = 200
        self.asked = 0
        self.url = ""

    async def text(self, _request: web.Request) -> web.Response:
        self.asked += 1
        return web.Response(text=self.sdl, status=self.status, headers={"Location": "/sdl"})

    async def service(self, request: web.Request) -> web.Response:
        assert await request.json() == {"query": "{_service{sdl}}"}
        self.asked += 1
        return web.json_response({"data": {"_service": {"sdl": self.sdl}}}, status=self.status)


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    server = Server()
    app = web.Application()
    app.router.add_get("/sdl", server.text)
    app.router.add_post("/graphql", server.service)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


@asynccontextmanager
async def reading(subgraphs: Mapping[str, Subgraph], poll_s: float = 60.0) -> AsyncIterator[Sources]:
    async with sources_of(Settings(subgraphs=subgraphs, reload=Reload(poll_s=poll_s)), OWN) as sources:
        yield sources


async def sdl_of(sources: Sources) -> list[str]:
    return [each.sdl for each in await sources.read()]


async def test_files_are_read_each_time(tmp_path: Path) -> None:
    file = tmp_path / "a.graphql"
    file.write_text(SDL)
    async with reading({"b": Subgraph(url="http://b", sdl=str(file)), "battery": Subgraph()}) as sources:
        assert [dataclasses.astuple(each) for each in await sources.read()] == [("b", "http://b", SDL), ("battery", "in-process", OWN["battery"])]
        file.write_text(SDL.replace("a", "b"))
        assert await sdl_of(sources) == [SDL.replace("a", "b"), OWN["battery"]]


async def test_the_last_text_stands_while_a_file_is_gone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "a.graphql"
    file.write_text(SDL)
    async with reading({"b": Subgraph(url="http://b", sdl=str(file))}) as sources:
        await sources.read()
        for broken in (None, b"", b"\xff\xfe", b" " * (MAX_BYTES + 1)):
            file.unlink(missing_ok=True)
            if broken is not None:
                file.write_bytes(broken)
            assert await sdl_of(sources) == [SDL]
        assert caplog.text.count("the last one stands") == 1
        file.write_text("type Query { back: Int }")
        assert await sdl_of(sources) == ["type Query { back: Int }"]


@pytest.mark.parametrize("given", ["service", "", "URL"])
async def test_urls_are_asked_when_it_is_time(given: str) -> None:
    async with serving() as server:
        rules = Subgraph(url=server.url + "/graphql", sdl=given.replace("URL", server.url + "/sdl"))
        async with reading({"b": rules}, poll_s=0.2) as sources:
            assert [await sdl_of(sources) for _ in range(3)] == [[SDL]] * 3
            assert server.asked == 1
            server.sdl = "type Query { new: Int }"
            await asyncio.sleep(0.21)
            assert await sdl_of(sources) == ["type Query { new: Int }"]
            server.status = 302
            await asyncio.sleep(0.21)
            assert await sdl_of(sources) == ["type Query { new: Int }"]
            assert server.asked == 3


@pytest.mark.parametrize(("status", "sdl"), [(500, SDL), (302, SDL), (200, "  "), (200, " " * (MAX_BYTES + 1))])
async def test_a_start_needs_every_sdl(status: int, sdl: str) -> None:
    async with serving() as server:
        server.status, server.sdl = status, sdl
        async with reading({"b": Subgraph(url=server.url + "/graphql", sdl=server.url + "/sdl")}) as sources:
            with pytest.raises(SourceUnreadable, match="subgraph b"):
                await sources.read()


async def test_nobody_is_there(tmp_path: Path) -> None:
    async with serving() as server:
        url = server.url
    for sdl in ("service", url + "/sdl", str(tmp_path / "nothing.graphql")):
        async with reading({"b": Subgraph(url=url + "/graphql", sdl=sdl)}) as sources:
            with pytest.raises(SourceUnreadable, match="subgraph b"):
                await sources.read()


async def test_a_password_in_a_url_is_not_told() -> None:
    async with serving() as server:
        server.status = 500
        guarded = server.url.replace("://", "://user:hunter2@")
        for rules in (Subgraph(url=guarded + "/graphql", sdl="service"), Subgraph(url=server.url, sdl=guarded + "/sdl?password=hunter2")):
            async with reading({"b": rules}) as sources:
                with pytest.raises(SourceUnreadable, match=r"user:\*\*\*@") as unread:
                    await sources.read()
            assert "hunter2" not in str(unread.value)


async def test_a_service_that_answers_something_else_has_no_sdl() -> None:
    async with serving() as server:
        server.sdl = None  # type: ignore[assignment]
        async with reading({"b": Subgraph(url=server.url + "/graphql", sdl="service")}) as sources:
            with pytest.raises(SourceUnreadable, match="gives no SDL"):
                await sources.read()


async def test_what_is_composed_knows_no_password(tmp_path: Path) -> None:
    file = tmp_path / "a.graphql"
    file.write_text(SDL)
    async with reading({"b": Subgraph(url="http://name:secret@b/graphql", sdl=str(file))}) as sources:
        assert [each.url for each in await sources.read()] == ["http://name:***@b/graphql"]
