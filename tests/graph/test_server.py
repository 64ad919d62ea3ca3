"""This module is in charge of testing one subgraph served alone, over ASGI: tokens, bodies, answers, and what it keeps to itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
import pytest
from graphql import GraphQLNonNull

from auth.principal import Principal
from auth.tokens import NOT_OURS, TokenError
from gateway.rations import MissRation
from gateway.subgraph_server import Ports, SubgraphServer
from resolvers.database.pool import Database, Sizes
from resolvers.database.reading import Reading
from schema.graph import Graph, load_graphs
from tests.door.principals import MOMENT, reading
from tests.graph import world
from tests.graph.asking import MAKER, PUBLIC

GOOD = {"maker": MAKER, "public": PUBLIC, "other": replace(MAKER, client_id="other")}


async def verify(token: str, _moment: datetime) -> Principal:
    if token not in GOOD:
        raise TokenError("UNKNOWN_KEY", NOT_OURS)
    return GOOD[token]


def served(database: Database, graph: Graph, **more: Any) -> SubgraphServer:
    def open_reading(who: Principal, moment: datetime) -> Reading:
        return reading(database, who, moment)

    return SubgraphServer(graph, Ports(verify, more.pop("open_reading", open_reading), lambda: MOMENT, lambda moment: moment, **more))


async def post(server: SubgraphServer, body: bytes, token: str | None = "maker", method: str = "POST", path: str = "/graphql") -> tuple[int, Any]:
    headers = [] if token is None else [(b"authorization", b"Bearer " + token.encode())]
    messages = [{"type": "http.request", "body": body[:10], "more_body": True}, {"type": "http.request", "body": body[10:]}]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    await server({"type": "http", "method": method, "path": path, "headers": headers}, receive, send)
    return sent[0]["status"], orjson.loads(sent[1]["body"])


def asked(query: str, **variables: Any) -> bytes:
    return orjson.dumps({"query": query, "variables": variables})


async def test_an_answer(small_world: Database, graphs: Mapping[str, Graph]) -> None:
    query = "query ($code: BatteryCode!) { battery(code: $code) { code producedOn stateOfHealth } _service { sdl } }"
    status, body = await post(served(small_world, graphs["battery"]), asked(query, code=world.CODES[0]))
    assert status == 200
    assert body == {
        "data": {
            "battery": {"code": world.CODES[0], "producedOn": "2026-04-01", "stateOfHealth": None},
            "_service": {"sdl": graphs["battery"].sdl},
        },
        "extensions": {"redactions": [{"path": ["battery", "stateOfHealth"], "reason": "CATEGORY_CLOSED", "policyId": "F:maker+took_part+exact_code"}]},
    }


async def test_entities(small_world: Database, graphs: Mapping[str, Graph]) -> None:
    query = "query ($representations: [_Any!]!) { _entities(representations: $representations) { __typename ... on Battery { chemistry custodian { uscc } } } }"
    wanted = [{"__typename": "Battery", "code": code} for code in (world.CODES[0], world.UNKNOWN)]
    strange = [{"__typename": "Unheard", "code": "x"}, {"code": world.CODES[0]}, {"__typename": "Battery"}, {"__typename": "Battery", "code": "\0"}]
    _, body = await post(served(small_world, graphs["battery"]), asked(query, representations=[*wanted, *strange]))
    assert body["data"] == {"_entities": [{"__typename": "Battery", "chemistry": "LFP", "custodian": None}, *[None] * 5]}
    assert [each["path"] for each in body["extensions"]["redactions"]] == [["_entities", "custodian"]]


@pytest.mark.parametrize(
    ("token", "method", "path", "body", "status", "code"),
    [
        (None, "POST", "/graphql", b"{}", 401, "UNAUTHENTICATED"),
        ("nobody", "POST", "/graphql", b"{}", 401, "INVALID_TOKEN"),
        ("not a token", "POST", "/graphql", b"{}", 401, "UNAUTHENTICATED"),
        ("", "POST", "/graphql", b"{}", 400, "INVALID_REQUEST"),
        ("maker", "GET", "/graphql", b"", 405, "METHOD_NOT_ALLOWED"),
        ("maker", "POST", "/", b"{}", 404, "NOT_FOUND"),
        ("maker", "POST", "/graphql", b"{", 400, "MALFORMED_JSON"),
        ("maker", "POST", "/graphql", b"x" * 5000, 413, "BODY_TOO_LARGE"),
        ("maker", "POST", "/graphql", asked("{"), 200, "GRAPHQL_PARSE_FAILED"),
        ("maker", "POST", "/graphql", asked("{ batterie { code } }"), 200, "GRAPHQL_VALIDATION_FAILED"),
        ("maker", "POST", "/graphql", asked("query ($first: Int) { batteries(first: $first) { totalCount } }", first="x"), 200, "VARIABLE_INVALID"),
        ("maker", "POST", "/graphql", asked("query ($code: BatteryCode!) { battery(code: $code) { code } }", code="0A1"), 200, "INVALID_IDENTIFIER"),
        ("maker", "POST", "/graphql", asked("{ batteries(first: 0) { totalCount } }"), 200, "INVALID_PAGE"),
    ],
)
async def test_refusals(
    small_world: Database, graphs: Mapping[str, Graph], token: str | None, method: str, path: str, body: bytes, status: int, code: str
) -> None:
    found, answer = await post(served(small_world, graphs["battery"], body_bytes=4000), body, token, method, path)
    assert (found, [each["extensions"]["code"] for each in answer["errors"]]) == (status, [code])
    assert "Did you mean" not in answer["errors"][0]["message"]


async def test_a_defect_goes_to_the_log_alone(small_world: Database, graphs: Mapping[str, Graph], caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def __getattr__(self, _name: str) -> Any:
            raise RuntimeError("the password is 12345")

        def close(self) -> None:
            return None

    server = served(small_world, graphs["battery"], open_reading=lambda _who, _moment: Broken())
    with caplog.at_level(logging.ERROR, "cellgate.subgraph"):
        status, answer = await post(server, asked("{ batteries { totalCount } }"))
    assert (status, answer["data"]) == (200, {"batteries": None})
    assert answer["errors"] == [{"message": "The subgraph failed here.", "extensions": {"code": "INTERNAL"}, "path": ["batteries"]}]
    assert "12345" in caplog.text


async def test_a_field_is_asked_for_all_its_objects_at_once(small_world: Database, graphs: Mapping[str, Graph]) -> None:
    opened: list[Reading] = []

    def open_reading(who: Principal, moment: datetime) -> Reading:
        opened.append(reading(small_world, who, moment))
        return opened[-1]

    server = served(small_world, graphs["battery"], open_reading=open_reading)
    _, answer = await post(server, asked("{ batteries { nodes { model { name } modules { nodes { code } } events { nodes { id } } } } }"))
    assert len(answer["data"]["batteries"]["nodes"]) == 5
    assert opened[0].statements == 4


async def test_an_answer_that_is_cut_short_leaves_no_connection_behind(small_world: Database) -> None:
    """The wrong cursor makes the whole answer null, where the list may not be, while the other field's loaders are about to ask on."""
    narrow = Database(small_world.target, Sizes(minimum=0, maximum=1))
    strict = load_graphs()["battery"]
    assert strict.schema.query_type is not None
    batteries: Any = strict.schema.query_type.fields["batteries"]
    batteries.type = GraphQLNonNull(batteries.type)
    server = served(narrow, strict)
    fields = "nodes { model { name } modules { totalCount } events { totalCount } }"
    for n in range(8):
        async with asyncio.timeout(10):
            _, answer = await post(server, asked(f'{{ a: batteries {{ {fields} }} b: batteries(first: {n + 1}, after: "x") {{ totalCount }} }}'))
            assert answer["data"] is None
            assert [each["extensions"]["code"] for each in answer["errors"]] == ["INVALID_CURSOR"]
            await asyncio.sleep(0.02)
    async with asyncio.timeout(10):
        await narrow.close()


async def test_lifespan(small_world: Database, graphs: Mapping[str, Graph]) -> None:
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await served(small_world, graphs["battery"])({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_codes_that_do_not_exist_are_rationed(small_world: Database, graphs: Mapping[str, Graph]) -> None:
    """Where the battery subgraph is served alone the gateway cannot count them: each client has its ration here, hits cost nothing, and when
    it is used up a code that exists is put off like one that does not."""
    server = served(small_world, graphs["battery"], misses=MissRation(2))
    query = "query ($code: BatteryCode!) { battery(code: $code) { code } }"

    async def of(code: str, token: str = "maker") -> Any:
        _, body = await post(server, asked(query, code=code), token)
        return body["data"]["battery"] if "errors" not in body else body["errors"][0]["extensions"]["code"]

    assert [await of(world.CODES[0]) for _ in range(4)] == [{"code": world.CODES[0]}] * 4
    assert [await of(world.UNKNOWN) for _ in range(2)] == [None, None]
    assert [await of(world.UNKNOWN), await of(world.CODES[0])] == ["TOO_MANY_REQUESTS"] * 2
    assert await of(world.UNKNOWN, "other") is None


@pytest.mark.parametrize(("token", "challenge"), [(None, b'Bearer realm="cellgate"'), ("nobody", b'Bearer realm="cellgate", error="invalid_token"')])
async def test_who_is_not_let_in_is_told_how_to_come(small_world: Database, graphs: Mapping[str, Graph], token: str | None, challenge: bytes) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"{}"}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [] if token is None else [(b"authorization", b"Bearer " + token.encode())]
    await served(small_world, graphs["battery"])({"type": "http", "method": "POST", "path": "/graphql", "headers": headers}, receive, send)
    assert (b"www-authenticate", challenge) in sent[0]["headers"]
