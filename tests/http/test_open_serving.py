"""This module is in charge of serving a supergraph without tokens: over real subgraphs on loopback, introspection and refusals included."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web
from graphql import build_client_schema, build_schema, get_introspection_query, graphql_sync, print_schema

from gateway.composition.supergraph_joins import SupergraphRefused
from gateway.open_serving import composed_from, opened_for_all, supergraph_in
from gateway.reloading import CompositionRefused
from gateway.settings import load
from tests.pipeline.gateway_of import http, post
from tests.planning.composing import LINK

SHOP = 'type Query { products: [Product!]! mine: Int @authenticated }\ntype Product @key(fields: "id") { id: ID! name: String }\n'
STORE = 'type Product @key(fields: "id") { id: ID! stock: Int }\n'
AUTHENTICATED = LINK.replace('"@key"', '"@key", "@authenticated"').replace("v2.3", "v2.5")
MACHINERY = "scalar _Any\nunion _Entity = Product\nextend type Query { _entities(representations: [_Any!]!): [_Entity]! }\n"
HEAD = b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
STOCK = {"1": 10, "2": 20}


async def _shop(request: web.Request) -> web.Response:
    assert "authorization" not in request.headers
    schema = build_schema("type Query { products: [Product!]! mine: Int } type Product { id: ID! name: String }")
    body = await request.json()
    root = {"products": [{"id": each, "name": f"n{each}"} for each in STOCK], "mine": 1}
    return web.json_response(graphql_sync(schema, body["query"], root, variable_values=body.get("variables")).formatted)


async def _store(request: web.Request) -> web.Response:
    schema = build_schema("type Query { a: Int } type Product { id: ID! stock: Int }\n" + MACHINERY)
    body = await request.json()

    def entities(_info: Any, representations: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{"__typename": "Product", "id": each["id"], "stock": STOCK[each["id"]]} for each in representations]

    return web.json_response(graphql_sync(schema, body["query"], {"_entities": entities}, variable_values=body.get("variables")).formatted)


@asynccontextmanager
async def subgraphs() -> AsyncIterator[str]:
    """Both behind one address; its base URL."""
    app = web.Application()
    app.router.add_post("/shop", _shop)
    app.router.add_post("/store", _store)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


def listed(folder: Path, base: str) -> Path:
    """The subgraphs as a JSON file; one SDL stands in a file of its own."""
    (folder / "store.graphql").write_text(LINK + STORE)
    file = folder / "subgraphs.json"
    entries = [
        {"name": "shop", "url": base + "/shop", "sdl": AUTHENTICATED + SHOP},
        {"name": "store", "url": base + "/store", "file": "store.graphql"},
    ]
    file.write_bytes(orjson.dumps(entries))
    return file


async def test_a_supergraph_is_served_to_anybody(tmp_path: Path) -> None:
    async with subgraphs() as base:
        composed = composed_from(listed(tmp_path, base))
        file = tmp_path / "supergraph.graphql"
        file.write_text(composed.sdl)
        async with opened_for_all(supergraph_in(file), load(tmp_path / "none.toml", {})) as gateway:
            answer = await post(gateway.app, {"query": "{ products { id name stock } }"}, token=None)
            assert answer.json == {"data": {"products": [{"id": each, "name": f"n{each}", "stock": STOCK[each]} for each in STOCK]}}
            schema = await post(gateway.app, {"query": get_introspection_query()}, token=None)
            told = print_schema(build_client_schema(schema.json["data"]))
            assert "type Product" in told
            # What asks for a token is open to no caller of a gateway that takes none.
            closed = await post(gateway.app, {"query": "{ mine }"}, token=None)
            assert closed.json["data"] == {"mine": None}
            assert closed.json["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
            assert (await http(gateway.app, "GET", path="/health", headers=[])).status == 200


@pytest.mark.parametrize(
    "text", ["{}", "[1]", '[{"name": "a", "url": "http://a.example"}]', "not json", '[{"name": "a", "url": "http://x", "file": "nowhere"}]']
)
def test_a_list_of_subgraphs_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "subgraphs.json"
    file.write_text(text)
    with pytest.raises(SupergraphRefused):
        composed_from(file)


def test_subgraphs_that_do_not_compose_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "subgraphs.json"
    file.write_bytes(orjson.dumps([{"name": "a", "url": "http://a.example", "sdl": "type Query { a: Missing }"}]))
    with pytest.raises(CompositionRefused):
        composed_from(file)


def test_a_subgraph_without_an_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SupergraphRefused, match="no http or https URL"):
        composed_from(listed(tmp_path, "file:///etc"))


async def test_the_command_serves_and_stops(tmp_path: Path) -> None:
    async with subgraphs() as base:
        file = listed(tmp_path, base)
        command = [sys.executable, "-m", "gateway.cli", "serve", "--no-auth", "--subgraphs", str(file), "--port", "0"]
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        try:
            assert process.stdout is not None
            line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
            url = line.split()[1]
            assert url.startswith("http://127.0.0.1:")
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.split(":")[2].split("/")[0]))
            body = b'{"query": "{ products { stock } }"}'
            writer.write(HEAD % len(body) + body)
            assert b'{"stock":10}' in await asyncio.wait_for(reader.read(), 10)
            writer.close()
        finally:
            process.terminate()
            await asyncio.wait_for(process.wait(), 15)


@pytest.mark.parametrize("arguments", [["--no-auth"], ["--supergraph", "x.graphql"], ["--no-auth", "--supergraph", "x", "--subgraphs", "y"]])
def test_the_command_is_not_served_by_half(arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", "gateway.cli", "serve", *arguments], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 2
    assert "--no-auth" in done.stderr


def test_serving_a_supergraph_of_others_loads_nothing_of_our_own_graph() -> None:
    asked = "import sys, gateway.open_command; print(sorted({'strawberry', 'asyncpg', 'joserfc', 'cryptography', 'schema.graph'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout == "[]\n"
