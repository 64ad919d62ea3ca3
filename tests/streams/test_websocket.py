"""This module is in charge of testing graphql-transport-ws: the protocol's rules, one test each, and attempts to break them."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import Any

import pytest

from tests.streams.test_event_streams import with_ending
from tests.streams.world import QUICK, gateway_of, socket_to, until

GOOD_INIT = '{"type": "connection_init", "payload": {"authorization": "Bearer reader"}}'
CHANGED = 'subscription { changed(id: "1") { id label } }'


async def test_a_subscription_from_its_begin_to_its_end() -> None:
    gateway, source = gateway_of()
    async with socket_to(gateway) as socket:
        await socket.init()
        socket.subscribe("a", CHANGED)
        source.says("changed", {"id": "1", "label": "one"})
        assert await socket.heard() == {"type": "next", "id": "a", "payload": {"data": {"changed": {"id": "1", "label": "one"}}}}
        source.events.put_nowait(None)
        assert await socket.heard() == {"type": "complete", "id": "a"}
        assert source.open == 0
        socket.subscribe("a", "{ battery(id: 1) { id } }")
        assert [(await socket.heard())["type"] for _ in range(2)] == ["next", "complete"]


async def test_operations_share_a_socket_and_are_told_apart() -> None:
    gateway, _ = gateway_of()
    async with socket_to(gateway) as socket:
        await socket.init()
        for name in ("a", "b"):
            socket.subscribe(name, "subscription { counted }")
        told = [await socket.heard() for _ in range(8)]
    for name in ("a", "b"):
        own = [each for each in told if each["id"] == name]
        assert [each.get("payload", {}).get("data", {}).get("counted") for each in own] == [0, 1, 2, None]
        assert own[-1]["type"] == "complete"


async def test_complete_ends_an_operation_and_nothing_comes_after_it() -> None:
    gateway, source = gateway_of()
    async with socket_to(gateway) as socket:
        await socket.init()
        socket.subscribe("a", CHANGED)
        source.says("changed", {"id": "1"})
        await socket.heard()
        socket.say(type="complete", id="a")
        socket.say(type="complete", id="never there")
        await until(lambda: source.open == 0)
        source.says("changed", {"id": "1"})
        socket.say(type="ping")
        assert await socket.heard() == {"type": "pong"}
        socket.subscribe("a", "{ battery(id: 1) { id } }")
        assert (await socket.heard())["type"] == "next"


async def test_pings_are_answered_at_any_time() -> None:
    gateway, _ = gateway_of()
    async with socket_to(gateway) as socket:
        socket.say(type="ping", payload={"n": 1})
        assert await socket.heard() == {"type": "pong", "payload": {"n": 1}}
        socket.say(type="pong")
        await socket.init()
        socket.say(type="ping")
        assert await socket.heard() == {"type": "pong"}


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([], 4408),
        ([{"type": "subscribe", "id": "a", "payload": {"query": CHANGED}}], 4401),
        ([{"type": "connection_init"}], 4403),
        ([{"type": "connection_init", "payload": {"authorization": "Bearer wrong"}}], 4403),
        ([{"type": "connection_init", "payload": {"authorization": 7}}], 4400),
        ([{"type": "connection_init", "payload": [7]}], 4400),
        ([{"type": "connection_init", "payload": []}], 4400),
        ([{"type": "connection_init", "payload": False}], 4400),
        ([{"type": "ping", "payload": 1}], 4400),
        ([{"type": "pong", "payload": "x"}], 4400),
        ([{"type": "start"}], 4400),
        ([{"type": ["ping"]}], 4400),
        ([{}], 4400),
    ],
)
async def test_who_does_not_introduce_himself_is_not_heard(messages: list[Any], code: int) -> None:
    gateway, source = gateway_of(dataclasses.replace(QUICK, init_timeout_s=10.0 if messages else 0.1))
    async with socket_to(gateway) as socket:
        for message in messages:
            socket.say(**message)
        assert await socket.heard() == ("closed", code)
    assert source.subscribed == []


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"type": "connection_init", "payload": {"authorization": "Bearer reader"}}, 4429),
        ({"type": "subscribe", "id": "a", "payload": {"query": CHANGED}}, 4409),
        ({"type": "subscribe", "id": "", "payload": {"query": CHANGED}}, 4400),
        ({"type": "subscribe", "id": "x" * 201, "payload": {"query": CHANGED}}, 4400),
        ({"type": "subscribe", "id": 7, "payload": {"query": CHANGED}}, 4400),
        ({"type": "subscribe", "id": "b"}, 4400),
        ({"type": "subscribe", "id": "b", "payload": CHANGED}, 4400),
        ({"type": "next", "id": "a", "payload": {}}, 4400),
        ({"type": "complete"}, 4400),
        ({"type": "complete", "id": 7}, 4400),
    ],
)
async def test_what_the_protocol_does_not_know_closes_the_socket(message: dict[str, Any], code: int) -> None:
    gateway, source = gateway_of()
    async with socket_to(gateway) as socket:
        await socket.init()
        socket.subscribe("a", CHANGED)
        await until(lambda: source.open == 1)
        socket.say(**message)
        assert await socket.heard() == ("closed", code)
    assert (source.open, gateway.served.streams.subscriptions, gateway.served.streams.sockets) == (0, 0, 0)


@pytest.mark.parametrize("frame", [{"text": "{"}, {"text": "[]"}, {"text": "null"}, {"bytes": b"\x00"}, {"text": "[" * 100_000}])
async def test_what_is_no_message_closes_the_socket(frame: dict[str, Any]) -> None:
    gateway, _ = gateway_of()
    async with socket_to(gateway) as socket:
        socket.to_app.put_nowait({"type": "websocket.receive", **frame})
        assert await socket.heard() == ("closed", 4400)


@pytest.mark.parametrize(
    ("frame", "headers", "reason"),
    [
        ('{"type": }', [], "A message is not JSON: it breaks off at line 1, column 10"),
        ('{"type": "ping", "type": "pong"}', [], 'An object has the key "type" twice'),
        ('{"type": "connection_init"}', [], "UNAUTHENTICATED: "),
        ('{"type": "connection_init"}', [(b"authorization", b"Bearer wrong")], "INVALID_TOKEN: "),
        ('{"type": "connection_init"}', [(b"authorization", b"Bearer reader")] * 2, "INVALID_REQUEST: More than one"),
        ('{"type": "connection_init", "payload": {"authorization": 7}}', [], "authorization in the payload"),
        (GOOD_INIT, [(b"authorization", b"Bearer reader")] * 2, "INVALID_REQUEST: More than one"),
        (GOOD_INIT, [(b"authorization", b"")], "INVALID_REQUEST: The Authorization header is empty"),
        (GOOD_INIT, [(b"authorization", b"Bearer reader")], "A token came in the handshake's header, and another"),
        (GOOD_INIT, [(b"authorization", b"Bearer wrong")], "A token came in the handshake's header, and another"),
        (GOOD_INIT[:-2] + ', "Authorization": "Bearer reader"}}', [], "The payload of connection_init has authorization twice"),
    ],
)
async def test_the_reason_says_what_is_wrong(frame: str, headers: list[tuple[bytes, bytes]], reason: str) -> None:
    gateway, _ = gateway_of()
    async with socket_to(gateway, headers=headers) as socket:
        socket.to_app.put_nowait({"type": "websocket.receive", "text": frame})
        closed = await socket.next()
    assert closed["type"] == "websocket.close"
    assert closed["reason"].startswith(reason)
    assert len(closed["reason"].encode()) <= 123


async def test_an_id_that_is_too_long_is_told_so() -> None:
    gateway, _ = gateway_of()
    async with socket_to(gateway) as socket:
        await socket.init()
        socket.subscribe("x" * 5000, CHANGED)
        assert (await socket.next())["reason"] == "The id of subscribe has 5000 characters; 200 are taken"


async def test_a_header_of_another_scheme_is_no_token() -> None:
    gateway, _ = gateway_of()
    async with socket_to(gateway, headers=[(b"authorization", b"Basic YTpi")]) as socket:
        await socket.init()


async def test_another_protocol_is_not_spoken() -> None:
    gateway, _ = gateway_of()
    for protocols in ((), ("graphql-ws",)):
        async with socket_to(gateway, protocols=protocols) as socket:
            assert await socket.heard() == ("closed", 4406)


async def test_the_handshake_may_carry_the_token() -> None:
    gateway, _ = gateway_of()
    async with socket_to(gateway, headers=[(b"authorization", b"Bearer reader")]) as socket:
        socket.say(type="connection_init")
        assert await socket.heard() == {"type": "connection_ack"}


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": 7}, "MALFORMED_REQUEST"),
        ({}, "MALFORMED_REQUEST"),
        ({"query": CHANGED, "variables": []}, "MALFORMED_REQUEST"),
        ({"query": "query($id: ID!) { battery(id: $id) { id } }"}, "VARIABLE_INVALID"),
    ],
)
async def test_a_refused_operation_ends_with_its_errors_and_not_the_socket(payload: Any, code: str) -> None:
    gateway, _ = gateway_of()
    async with socket_to(gateway) as socket:
        await socket.init()
        socket.say(type="subscribe", id="a", payload=payload)
        told = await socket.heard()
        assert (told["type"], told["id"], told["payload"][0]["extensions"]["code"]) == ("error", "a", code)
        socket.say(type="ping")
        assert await socket.heard() == {"type": "pong"}


async def test_a_token_that_ends_ends_its_operations_and_the_socket() -> None:
    gateway, source = gateway_of()
    ending = with_ending(gateway)
    async with socket_to(gateway) as socket:
        await socket.init()
        socket.subscribe("a", CHANGED)
        await until(lambda: source.open == 1)
        ending.ended = True
        source.says("changed", {"id": "1", "label": "too late"})
        told = await socket.heard()
        assert (told["type"], told["payload"][0]["extensions"]["code"]) == ("error", "INVALID_TOKEN")
        assert await socket.heard() == ("closed", 4401)
    assert source.open == 0


async def test_one_socket_has_so_many_operations() -> None:
    gateway, _ = gateway_of()
    async with socket_to(gateway) as socket:
        await socket.init()
        for name in "abcd":
            socket.subscribe(name, CHANGED)
        told = await socket.heard()
        assert (told["type"], told["id"], told["payload"][0]["extensions"]["code"]) == ("error", "d", "TOO_MANY_REQUESTS")


async def test_one_client_has_so_many_on_all_its_sockets() -> None:
    gateway, _ = gateway_of()
    async with socket_to(gateway) as one, socket_to(gateway) as other:
        for socket in (one, other):
            await socket.init()
            for name in "abc":
                socket.subscribe(name, CHANGED)
        told = [await other.heard() for _ in range(2)]
        assert {each["payload"][0]["extensions"]["code"] for each in told} == {"TOO_MANY_REQUESTS"}


async def test_there_are_so_many_sockets() -> None:
    gateway, _ = gateway_of()
    async with contextlib.AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(socket_to(gateway)) for _ in range(7)]
        assert await sockets[-1].heard() == ("closed", 1013)


async def test_a_client_that_takes_nothing_is_closed() -> None:
    gateway, source = gateway_of()
    async with socket_to(gateway) as socket:
        await socket.init()
        socket.subscribe("a", CHANGED)
        await until(lambda: source.open == 1)
        socket.stuck = True
        source.says("changed", {"id": "1"})
        await until(lambda: source.open == 0)
