"""This module is in charge of testing that a supergraph from files is taken over while it is asked: other fields, other subgraphs, other addresses."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.open_serving import opened_for_all, subgraphs_file, supergraph_file
from gateway.settings import Limits, Reload, Settings
from tests.http.test_open_serving import listed, subgraphs
from tests.pipeline.gateway_of import http, post

SETTINGS = Settings(reload=Reload(watch_s=0.02), limits=Limits(timeout_s=0.5))
QUERY = {"query": "{ products { name stock } }"}
DATA = {"products": [{"name": "n1", "stock": 10}, {"name": "n2", "stock": 20}]}


async def test_subgraphs_move_under_load(tmp_path: Path) -> None:
    async with subgraphs() as one, subgraphs() as other:
        source = subgraphs_file(listed(tmp_path, one))
        async with opened_for_all(source, SETTINGS) as gateway:
            stop = asyncio.Event()

            async def ask() -> None:
                while not stop.is_set():
                    assert (await post(gateway.app, QUERY, token=None)).json == {"data": DATA}

            async with asyncio.TaskGroup() as group:
                for _ in range(3):
                    group.create_task(ask())
                for base in (other, one, other):
                    before = gateway.generation
                    listed(tmp_path, base)
                    async with asyncio.timeout(10):
                        while gateway.generation is before:
                            await asyncio.sleep(0.01)
                    assert {each.url.rsplit("/", 1)[0] for each in gateway.generation.supergraph.subgraphs.values()} == {base}
                stop.set()
            ready = await http(gateway.app, "GET", "/ready", token=None)
            assert ready.json["checks"] == {"subgraph.shop": "ok", "subgraph.store": "ok"}


async def test_a_supergraph_file_that_is_broken_for_a_while_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with subgraphs() as base:
        file = tmp_path / "supergraph.graphql"
        source = subgraphs_file(listed(tmp_path, base))
        sdl = source.build(source.read()).sdl
        file.write_text(sdl)
        async with opened_for_all(supergraph_file(file), SETTINGS) as gateway:
            before = gateway.generation
            for broken in ("type Query {", "type Query { a: Int }", sdl.replace("http://", "ftp://")):
                caplog.clear()
                file.write_text(broken)
                async with asyncio.timeout(10):
                    while "cannot be served" not in caplog.text:
                        await asyncio.sleep(0.01)
            assert gateway.generation is before
            file.write_text(sdl.replace("type Product", '"What is sold."\ntype Product'))
            async with asyncio.timeout(10):
                while gateway.generation is before:
                    await asyncio.sleep(0.01)
            assert (await post(gateway.app, QUERY, token=None)).json == {"data": DATA}


async def test_files_that_cannot_be_read_are_told_of_once_and_in_a_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with subgraphs() as base:
        file = listed(tmp_path, base)
        whole = file.read_text()
        async with opened_for_all(subgraphs_file(file), SETTINGS) as gateway:
            before = gateway.generation
            for broken in ("{", "[1]", '[{"name": "shop", "url": "http://127.0.0.1:1/", "file": "nowhere.graphql"}]'):
                caplog.clear()
                file.write_text(broken)
                async with asyncio.timeout(10):
                    while "cannot be served" not in caplog.text:
                        await asyncio.sleep(0.01)
                # Looked at several times meanwhile.
                await asyncio.sleep(0.2)
                (told,) = [each for each in caplog.records if each.name == "cellgate.reload"]
                assert told.exc_info is None
            file.write_text(whole)
            await asyncio.sleep(0.2)
            assert gateway.generation is before
            assert (await post(gateway.app, QUERY, token=None)).json == {"data": DATA}
