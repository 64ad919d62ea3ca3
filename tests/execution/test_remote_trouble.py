"""This module is in charge of subgraphs in the real world: slow, gone, back again, packed, put off, moved to where they should not be."""

from __future__ import annotations

import asyncio
import gzip
import socket
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from time import monotonic
from typing import Any, Final

import orjson
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from msgspec import structs

from gateway.execution.context import RequestContext
from gateway.execution.remote import HttpSubgraph
from gateway.execution.remote_address import AddressPolicy, AddressRefused, GuardedResolver
from gateway.execution.remote_pool import is_reachable, pool_of
from gateway.execution.subgraph import SubgraphResult
from gateway.observability.trace import Trace
from gateway.settings import Subgraph
from tests.execution.answering import answer
from tests.execution.test_remote import Behaviour, Misbehaving, Writer, codes, entity_request, request_of, response, sends, serving
from tests.execution.test_run import SUPERGRAPH, gives
from tests.execution.world import context

GOOD: Final = orjson.dumps({"data": {"item": {"id": "1", "int": 3}}})
LARGEST: Final = 1_000_000
# A breaker would hide from the test what it is about.
PATIENT: Final = Subgraph(breaker_rate=0, max_bytes=LARGEST, timeout_s=2.0)


@asynccontextmanager
async def remote(url: str, rules: Subgraph = PATIENT) -> AsyncIterator[HttpSubgraph]:
    rules = replace(rules, url=url)
    async with pool_of(rules) as client:
        yield HttpSubgraph("all", url, client, lambda _context, _name: "minted", rules.timeout_s, rules.max_bytes, rules)


def now(**more: Any) -> RequestContext:
    return structs.replace(context(asyncio.get_running_loop().time() + 5), **more)


async def asked(behaviour: Behaviour, rules: Subgraph = PATIENT, request: Any = None, **more: Any) -> tuple[SubgraphResult, Misbehaving]:
    async with serving(behaviour) as there, remote(there.url, rules) as subgraph:
        return await subgraph.fetch(request or request_of(), now(**more)), there


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """Each request is met by the next behaviour, the last one again and again."""
    left = list(behaviours)

    async def behaviour(writer: Writer) -> None:
        await (left.pop(0) if len(left) > 1 else left[0])(writer)

    return behaviour


GONE: Final = sends(close=True)
BUSY: Final = sends(response(b"", "503 Service Unavailable"))


@pytest.mark.parametrize("trouble", [GONE, BUSY, sends(response(b"", "502 Bad Gateway")), sends(response(b"", "504 Gateway Timeout"))])
async def test_a_query_is_asked_again(trouble: Behaviour) -> None:
    result, there = await asked(in_turn(trouble, trouble, sends(response(GOOD))))
    assert (codes(result), len(there.requests)) == ([], 3)


async def test_it_is_not_asked_for_ever() -> None:
    result, there = await asked(BUSY)
    assert (codes(result), len(there.requests)) == (["SUBGRAPH_STATUS"], 3)
    result, there = await asked(GONE, replace(PATIENT, retries=0))
    assert (codes(result), len(there.requests)) == (["SUBGRAPH_UNREACHABLE"], 1)


async def test_a_mutation_has_one_attempt() -> None:
    request = request_of()
    mutation = structs.replace(request, fetch=replace(request.fetch, operation=replace(request.fetch.operation, kind="mutation")))
    for trouble in (GONE, BUSY):
        _, there = await asked(in_turn(trouble, sends(response(GOOD))), request=mutation)
        assert len(there.requests) == 1


@pytest.mark.parametrize("status", ["400 Bad Request", "401 Unauthorized", "429 Too Many Requests", "500 Internal Server Error", "302 Found"])
async def test_an_answer_is_not_asked_for_again(status: str) -> None:
    _, there = await asked(in_turn(sends(response(b"", status)), sends(response(GOOD))))
    assert len(there.requests) == 1


async def test_what_it_asks_to_wait_is_waited_or_given_up() -> None:
    late = sends(response(b"", "503 Service Unavailable", "application/json", "Retry-After: 3600"))
    began = monotonic()
    result, there = await asked(in_turn(late, sends(response(GOOD))))
    assert (codes(result), len(there.requests)) == (["SUBGRAPH_STATUS"], 1)
    assert monotonic() - began < 1


async def test_retries_are_no_flood() -> None:
    """A hundred requests to a subgraph that is down are at most a fifth more calls, and a reserve."""
    async with serving(BUSY) as there, remote(there.url) as subgraph:
        for _ in range(100):
            await subgraph.fetch(request_of(), now())
    assert 100 < len(there.requests) <= 100 + 20 + 10


async def test_one_that_fails_is_not_asked_until_it_is_back() -> None:
    rules = Subgraph(breaker_open_s=2.0, retries=0)
    behaviour = in_turn(*[BUSY] * 20, sends(response(GOOD)))
    async with serving(behaviour) as there, remote(there.url, rules) as subgraph:
        for _ in range(20):
            assert codes(await subgraph.fetch(request_of(), now())) == ["SUBGRAPH_STATUS"]
        assert not await subgraph.is_well()
        for _ in range(50):
            assert codes(await subgraph.fetch(request_of(), now())) == ["SUBGRAPH_SUSPENDED"]
        assert len(there.requests) == 20
        await asyncio.sleep(2.05)
        results = await asyncio.gather(*(subgraph.fetch(request_of(), now()) for _ in range(10)))
        # One tries, the others do not wait for it.
        assert sorted(len(codes(each)) for each in results) == [0] + [1] * 9
        assert codes(await subgraph.fetch(request_of(), now())) == []
        assert await subgraph.is_well()


async def test_what_the_client_gave_up_says_nothing_of_the_subgraph() -> None:
    rules = Subgraph(breaker_open_s=30, retries=0)

    async def never(_writer: Writer) -> None:
        await asyncio.Event().wait()

    async with serving(never) as there, remote(there.url, rules) as subgraph:
        tasks = [asyncio.create_task(subgraph.fetch(request_of(), now())) for _ in range(40)]
        await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert subgraph.breaker.state(asyncio.get_running_loop().time()) == "closed"


async def test_a_subgraph_that_was_killed_and_started_again_is_used_within_a_second() -> None:
    rules = Subgraph(timeout_s=0.5)
    async with serving(sends(response(GOOD))) as there:
        port = int(there.url.split(":")[2].split("/")[0])
        subgraph_of = remote(there.url, rules)
        subgraph = await subgraph_of.__aenter__()
        assert codes(await subgraph.fetch(request_of(), now())) == []
    for _ in range(40):
        assert codes(await subgraph.fetch(request_of(), now()))
    back = Misbehaving(sends(response(GOOD)))
    server = await asyncio.start_server(back.serve, "127.0.0.1", port)
    began = monotonic()
    while codes(await subgraph.fetch(request_of(), now())):
        await asyncio.sleep(0.01)
        assert monotonic() - began < 1
    server.close()
    await subgraph_of.__aexit__(None, None, None)


async def test_the_pool_is_whole_after_trouble() -> None:
    """As many troubled calls as there are connections leave none of them taken."""

    async def hang(_writer: Writer) -> None:
        await asyncio.Event().wait()

    troubles = (hang, sends(response(GOOD)[:-10]), sends(response(b" " * (LARGEST + 1))), GONE, sends(response(b"<html>", content_type="text/html")))
    rules = replace(PATIENT, connections=2, timeout_s=0.6, retries=0)
    behaviour = in_turn(*troubles * 2, sends(response(GOOD)))
    async with serving(behaviour) as there, remote(there.url, rules) as subgraph:
        for _ in range(10):
            assert codes(await subgraph.fetch(request_of(), now()))
        results = await asyncio.gather(*(subgraph.fetch(request_of(), now()) for _ in range(4)))
        assert [codes(each) for each in results] == [[]] * 4


async def test_an_answer_that_stops_is_given_up_before_the_whole_time_is_over() -> None:
    async def stops(writer: Writer) -> None:
        writer.write(response(GOOD)[:-10])
        await asyncio.Event().wait()

    began = monotonic()
    result, _ = await asked(stops, replace(PATIENT, idle_timeout_s=0.1))
    assert codes(result) == ["SUBGRAPH_TIMEOUT"]
    assert monotonic() - began < 1.9


def gzipped(body: bytes) -> bytes:
    """Without the time in it: the parameters of a test are its name, which has to be the same in each process that collects it."""
    return gzip.compress(body, mtime=0)


def deflated(body: bytes, *, raw: bool) -> bytes:
    packer = zlib.compressobj(wbits=-15 if raw else 15)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzipped(GOOD)),
        ("x-gzip", gzipped(GOOD)),
        ("deflate", deflated(GOOD, raw=False)),
        ("deflate", deflated(GOOD, raw=True)),
        ("identity", GOOD),
    ],
)
async def test_packed_answers_are_read_where_they_are_wanted(encoding: str, body: bytes) -> None:
    packed = sends(response(body, "200 OK", "application/json", f"Content-Encoding: {encoding}"))
    result, there = await asked(packed, replace(PATIENT, compression="on"))
    assert (codes(result), result.data) == ([], {"item": {"id": "1", "int": 3}})
    assert "Accept-Encoding: gzip, deflate\r\n" in there.requests[0].head


BOMB: Final = b'{"data": "' + b"0" * 50_000_000 + b'"}'


@pytest.mark.parametrize(
    ("encoding", "body", "code"),
    [
        ("gzip", gzipped(BOMB), "SUBGRAPH_TOO_LARGE"),
        ("deflate", deflated(BOMB, raw=False), "SUBGRAPH_TOO_LARGE"),
        ("gzip", gzipped(GOOD)[:-9], "SUBGRAPH_MALFORMED"),
        ("gzip", GOOD, "SUBGRAPH_MALFORMED"),
        ("gzip", gzipped(GOOD) + b"more", "SUBGRAPH_MALFORMED"),
        ("deflate", b"\xff\xff\xff", "SUBGRAPH_MALFORMED"),
        ("gzip", b"", "SUBGRAPH_MALFORMED"),
        ("br", GOOD, "SUBGRAPH_MALFORMED"),
        ("gzip, gzip", gzipped(gzipped(GOOD)), "SUBGRAPH_MALFORMED"),
        ("identity", BOMB, "SUBGRAPH_TOO_LARGE"),
    ],
)
async def test_what_is_packed_wrong_or_too_large_is_refused(encoding: str, body: bytes, code: str) -> None:
    packed = sends(response(body, "200 OK", "application/json", f"Content-Encoding: {encoding}"), close=True)
    result, _ = await asked(packed, replace(PATIENT, compression="on", retries=0))
    assert codes(result) == [code]


async def test_headers_follow_the_rules() -> None:
    rules = replace(PATIENT, forward=("Accept-Language", "X-Tenant"), set=("X-From: cellgate", "X-Tenant: fixed"), remove=("Accept",))
    given = {b"accept-language": "zh", b"x-tenant": "chosen by the client", b"cookie": "secret", b"authorization": "secret", b"x-other": "secret"}
    _, there = await asked(sends(response(GOOD)), rules, headers=given, trace=Trace(1, 0))
    head = there.requests[0].head
    for line in ("Accept-Language: zh", "X-From: cellgate", "X-Tenant: fixed", "Authorization: Bearer minted"):
        assert f"{line}\r\n" in head
    assert "secret" not in head
    assert "traceparent" not in head
    assert "graphql-response" not in head


async def test_a_token_may_be_left_out_and_a_trace_told() -> None:
    trace = Trace(0xA, 0)
    _, there = await asked(sends(response(GOOD)), replace(PATIENT, remove=("authorization",), traceparent="on"), trace=trace)
    assert "authorization" not in there.requests[0].head.lower()
    assert f"traceparent: 00-{0xA:032x}-{trace.span_id:016x}-01\r\n" in there.requests[0].head


@pytest.mark.parametrize(
    ("url", "networks", "address", "allowed"),
    [
        ("http://a.example/", (), "93.184.216.34", True),
        ("http://a.example/", (), "2606:2800:220:1:248:1893:25c8:1946", True),
        ("http://a.example/", (), "127.0.0.1", False),
        ("http://a.example/", (), "10.1.2.3", False),
        ("http://a.example/", (), "169.254.169.254", False),
        ("http://a.example/", (), "100.100.100.200", False),
        ("http://a.example/", (), "0.0.0.0", False),
        ("http://a.example/", (), "224.0.0.1", False),
        ("http://a.example/", (), "::1", False),
        ("http://a.example/", (), "fe80::1%eth0", False),
        ("http://a.example/", (), "fd00::1", False),
        ("http://a.example/", (), "::ffff:127.0.0.1", False),
        ("http://a.example/", (), "::ffff:93.184.216.34", True),
        ("http://a.example/", (), "64:ff9b::7f00:1", False),
        ("http://a.example/", (), "2002:7f00:1::", False),
        ("http://a.example/", (), "what", False),
        ("http://a.example/", ("10.0.0.0/8",), "10.1.2.3", True),
        ("http://a.example/", ("10.0.0.0/8",), "::ffff:10.1.2.3", True),
        ("http://a.example/", ("10.0.0.0/8",), "192.168.0.1", False),
        ("http://a.example/", ("fd00::/8",), "fd00::1", True),
        ("http://127.0.0.1:4001/", (), "127.0.0.1", True),
        ("http://127.0.0.1:4001/", (), "127.0.0.2", False),
        ("http://[::1]:4001/", (), "::1", True),
        ("http://localhost:4001/", (), "127.0.0.1", True),
        ("http://localhost:4001/", (), "10.0.0.1", False),
        ("http://localhost.example/", (), "127.0.0.1", False),
        ("http://2130706433/", (), "127.0.0.1", False),
    ],
)
def test_where_a_url_may_lead(url: str, networks: tuple[str, ...], address: str, allowed: bool) -> None:
    assert AddressPolicy(url, networks).allows(address) is allowed


class Names(AbstractResolver):
    """A name service that says what it likes."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host=each, port=port, family=family, proto=0, flags=0) for each in self.addresses]

    async def close(self) -> None:
        return


async def test_a_name_that_moves_inside_is_not_followed() -> None:
    names = Names("93.184.216.34", "169.254.169.254")
    guarded = GuardedResolver(AddressPolicy("http://a.example/", ()), names)
    assert [each["host"] for each in await guarded.resolve("a.example", 80)] == ["93.184.216.34"]
    names.addresses = ("169.254.169.254",)
    with pytest.raises(AddressRefused):
        await guarded.resolve("a.example", 80)


async def test_an_address_inside_is_not_connected_to(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    async with serving(sends(response(GOOD))) as there:
        port = there.url.split(":")[2].split("/")[0]
        monkeypatch.setattr("gateway.execution.remote_address.ThreadedResolver", lambda: Names("127.0.0.1"))
        url = f"http://inside.example:{port}/"
        async with remote(url) as subgraph:
            assert codes(await subgraph.fetch(request_of(), now())) == ["SUBGRAPH_UNREACHABLE"]
        assert not await is_reachable(Subgraph(url=url))
        assert (there.requests, "AddressRefused" in caplog.text) == ([], True)
        async with remote(url, replace(PATIENT, addresses=("127.0.0.0/8",))) as subgraph:
            assert codes(await subgraph.fetch(request_of(), now())) == []
        assert await is_reachable(Subgraph(url=url, addresses=("127.0.0.0/8",)))


@pytest.mark.parametrize(
    "behaviour",
    [
        GONE,
        sends(response(b"<html>secret</html>", content_type="text/html")),
        sends(response(b'{"data": {"_entities": []}}')),
        sends(response(b'{"data": {"_entities": [{"stock": "secret"}, {"stock": [1]}]}}')),
        sends(response(b'{"data": {"_entities": [{"stock": {"a": 1}, "name": "secret"}, 7]}}')),
        sends(response(b"", "307 Temporary Redirect", "application/json", "Location: http://127.0.0.1:1/secret")),
        sends(response(b" " * (LARGEST + 1))),
    ],
)
async def test_the_rest_of_the_answer_is_right_and_the_error_has_its_path(behaviour: Behaviour) -> None:
    async with serving(behaviour) as there, remote(there.url, replace(PATIENT, retries=0)) as store:
        parts: dict[str, Any] = {"shop": gives(products=[{"id": "p1", "name": "one"}, {"id": "p2", "name": "two"}]), "store": store}
        answered = await answer(SUPERGRAPH, parts, "{ products { name stock } }")
    assert answered.data == {"products": [{"name": "one", "stock": None}, {"name": "two", "stock": None}]}
    assert [error.path for error in answered.errors] == [("products", 0, "stock"), ("products", 1, "stock")]
    assert all("secret" not in error.message and error.code.startswith("SUBGRAPH_") for error in answered.errors)


async def test_entity_fetches_are_asked_again_like_other_queries() -> None:
    body = orjson.dumps({"data": {"_entities": [{"stock": 1, "maker": None}]}})
    result, there = await asked(in_turn(GONE, sends(response(body))), request=entity_request("p1"))
    assert (codes(result), len(there.requests)) == ([], 2)
