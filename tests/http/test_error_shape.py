"""This module is in charge of pinning one promise: every endpoint tells of errors in one shape, with a documented code, and nothing of our insides."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.edge.middleware import Envelope, tell_routing_error
from gateway.errors import CODES
from gateway.settings import Limits
from tests.pipeline.gateway_of import Answer, TestGateway, http

ROOT = Path(__file__).parents[2]
AS_JSON = ("content-type", "application/json")
INSIDES = re.compile(r"Traceback|File \"|\.py\b|graphql-core|orjson|asyncpg|site-packages|object at 0x")


def check_shape(answer: Answer) -> None:
    """The shape: a JSON object with `errors`, each a message, a code of the registry, and at most a place."""
    assert INSIDES.search(answer.body.decode()) is None
    assert answer.headers["content-type"].startswith("application/")
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", answer.headers["x-request-id"])
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-length"] == str(len(answer.body))
    for error in answer.json.get("errors", []):
        assert set(error) <= {"message", "locations", "path", "extensions"}
        assert isinstance(error["message"], str)
        assert error["message"]
        assert len(error["message"]) <= 300
        assert error["extensions"]["code"] in CODES
        assert all(isinstance(step, str | int) for step in error.get("path", []))
        assert all(set(place) == {"line", "column"} for place in error.get("locations", []))
    if answer.status >= 400:
        assert answer.json["errors"]
        assert "data" not in answer.json


CASES: list[tuple[str, dict[str, Any], int]] = [
    ("POST", {"path": "/graphql", "body": b"{", "headers": [AS_JSON]}, 400),
    ("POST", {"path": "/graphql", "body": b'{"query": "{"}', "headers": [AS_JSON]}, 200),
    ("POST", {"path": "/graphql", "body": b'{"query": "{nothing}"}', "headers": [AS_JSON]}, 200),
    ("POST", {"path": "/graphql", "body": b'{"query": "{battery(code: 1) {soh}}"}', "headers": [AS_JSON]}, 200),
    ("POST", {"path": "/graphql", "token": None}, 401),
    ("POST", {"path": "/graphql", "token": "wrong"}, 401),
    ("GET", {"path": "/graphql"}, 400),
    ("PUT", {"path": "/graphql"}, 405),
    ("GET", {"path": "/graphql/schema", "token": None}, 401),
    ("POST", {"path": "/graphql/schema"}, 405),
    ("GET", {"path": "/health", "token": None}, 200),
    ("GET", {"path": "/ready", "token": None}, 503),
    ("GET", {"path": "/nowhere", "token": None}, 500),
]


@pytest.mark.parametrize(("method", "request_", "status"), CASES)
async def test_every_endpoint_tells_of_errors_in_one_shape(method: str, request_: dict[str, Any], status: int) -> None:
    gateway = TestGateway()
    gateway.ready = False
    answer = await http(gateway.app, method, **request_)
    assert answer.status == status
    check_shape(answer)


async def test_a_failure_anywhere_is_told_by_the_request_id_alone() -> None:
    gateway = TestGateway()
    answer = await http(gateway.app, "GET", "/nowhere", headers=[("x-request-id", "given-from-outside-1")])
    assert answer.json["errors"][0]["extensions"] == {"code": "INTERNAL", "requestId": "given-from-outside-1"}
    assert answer.headers["x-request-id"] == "given-from-outside-1"


@pytest.mark.parametrize(("method", "path", "status", "code"), [("GET", "/nowhere", 404, "NOT_FOUND"), ("DELETE", "/here", 405, "METHOD_NOT_ALLOWED")])
async def test_a_router_tells_of_errors_in_the_same_shape(method: str, path: str, status: int, code: str) -> None:
    async def here(_request: Request) -> Response:
        return Response()

    router = Starlette(routes=[Route("/here", here)], exception_handlers={HTTPException: tell_routing_error})
    answer = await http(Envelope(router), method, path, token=None)
    assert (answer.status, answer.code) == (status, code)
    check_shape(answer)


SHARED = TestGateway(limits=Limits(body_bytes=5_000, timeout_s=5))
words = st.sampled_from(
    [
        "query",
        "mutation",
        "{",
        "}",
        "(",
        ")",
        "$v",
        ":",
        "ID!",
        "battery",
        "code",
        "soh",
        "id",
        "...",
        "fragment",
        "on",
        "Battery",
        "@skip(if: true)",
        '"x"',
        "1",
        "[",
        "]",
        "__schema",
        "__typename",
        "batteries",
        "filter",
        "first",
        "null",
        "\x00",
        "\ud800",
        "🏃",
    ]
)
texts = st.lists(words, max_size=25).map(" ".join)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda s: st.lists(s, max_size=4) | st.dictionaries(st.text(), s, max_size=4),
    max_leaves=10,
)
payloads = st.fixed_dictionaries(
    {"query": texts | values},
    optional={"variables": st.dictionaries(st.sampled_from(["v", "x"]), values) | values, "operationName": values, "extensions": values},
)
header_values = st.binary(max_size=30).map(lambda value: bytes(byte for byte in value if byte not in b"\r\n\0"))
header_names = st.sampled_from(["accept", "content-type", "content-length", "content-encoding", "authorization", "x-request-id", "origin", "cookie"])


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "HEAD"]),
    path=st.sampled_from(["/graphql", "/graphql", "/graphql", "/graphql/schema", "/ready"]),
    body=st.binary(max_size=200) | payloads.map(lambda payload: json.dumps(payload).encode()),
    headers=st.lists(st.tuples(header_names, header_values), max_size=4),
    query_string=st.binary(max_size=60) | texts.map(lambda text: b"query=" + text.encode("utf-8", "surrogatepass")),
    plain=st.booleans(),
)
async def test_nothing_a_client_sends_makes_us_fail(
    method: str, path: str, body: bytes, headers: list[tuple[str, bytes]], query_string: bytes, plain: bool
) -> None:
    everything: list[Any] = [AS_JSON, *headers] if plain else list(headers)
    answer = await http(SHARED.app, method, path, body=body, headers=everything, query_string=query_string)
    assert answer.status < 500
    if not (path == "/graphql/schema" and answer.status == 200):
        check_shape(answer)


@given(payloads)
async def test_no_operation_makes_us_fail(payload: Any) -> None:
    answer = await http(SHARED.app, body=json.dumps(payload).encode(), headers=[AS_JSON])
    assert answer.status < 500
    assert not any(error["extensions"]["code"] == "INTERNAL" for error in answer.json.get("errors", []))
    check_shape(answer)


def test_the_codes_are_those_of_the_documentation() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| (\d+) \| (\d+) \| (.+) \|$", (ROOT / "docs" / "errors.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [(code, str(info.status), str(info.legacy_status), info.meaning) for code, info in CODES.items()]


def test_every_code_that_is_used_is_in_the_registry() -> None:
    made = re.compile(r'(?:refused|ClientError|SubgraphError|BearerRefusal|BadArgument)\((?:\d+, |"[^"]*", )?"([A-Z_]{4,})"')
    # Composition has codes of its own, for operators.
    found = [path for folder in ("gateway", "schema", "resolvers") for path in (ROOT / folder).rglob("*.py")]
    sources = [path for path in found if not path.is_relative_to(ROOT / "gateway/composition")]
    used = {code for path in sources for code in made.findall(path.read_text(encoding="utf-8"))}
    assert used
    assert used <= set(CODES)
