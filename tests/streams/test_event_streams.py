"""This module is in charge of testing subscriptions over server-sent events, and what both protocols share: views, expiry, limits, back-pressure."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from auth.tokens import EXPIRED, TokenError
from gateway.budgets import CostBudgets
from gateway.edge.bearer import BearerDoor
from gateway.edge.negotiation import wants_events
from gateway.execution.subgraph import SubgraphError, SubgraphResult
from gateway.settings import Budget, Cost
from tests.pipeline.gateway_of import TOKENS, TestGateway, post
from tests.streams.world import QUICK, Source, gateway_of, stream_of, until

CHANGED = 'subscription { changed(id: "1") { id label soh } }'
DONE = [("complete", None)]


async def rest(stream: Any) -> list[Any]:
    found = [await stream.told()]
    while found[-1][0] != "complete":
        found.append(await stream.told())
    return found


async def test_each_event_is_answered_under_the_tokens_view() -> None:
    gateway, source = gateway_of()
    async with stream_of(gateway, CHANGED) as stream:
        assert (stream.status, stream.head["content-type"], stream.head["cache-control"]) == (200, "text/event-stream; charset=utf-8", "no-store")
        for label in ("one", "two"):
            source.says("changed", {"id": "1", "label": label, "soh": 0.5})
            outside = {"message": "The field is outside your view.", "path": ["changed", "soh"], "extensions": {"code": "UNAUTHORIZED_FIELD_OR_TYPE"}}
            assert await stream.told() == ("next", {"data": {"changed": {"id": "1", "label": label, "soh": None}}, "errors": [outside]})
        source.events.put_nowait(None)
        assert await rest(stream) == [("complete", None)]
    assert [each.fetch.document for each in source.subscribed] == ['subscription{changed(id: "1"){id label}}']
    assert [entry.outcome for entry in gateway.recording.entries] == ["answered"]


async def test_silence_has_signs_of_life() -> None:
    gateway, _ = gateway_of()
    async with stream_of(gateway, CHANGED) as stream:
        assert [await stream.event() for _ in range(2)] == [(":", None)] * 2


async def test_the_source_ends_with_its_client() -> None:
    gateway, source = gateway_of()
    async with stream_of(gateway, CHANGED):
        await until(lambda: source.open == 1)
    assert (source.open, gateway.served.streams.subscriptions) == (0, 0)
    assert [entry.outcome for entry in gateway.recording.entries] == ["cancelled"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { a: counted b: counted }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_a_refusal_is_an_event_and_the_end(query: str, code: str) -> None:
    gateway, source = gateway_of()
    async with stream_of(gateway, query) as stream:
        (name, told), *end = await rest(stream)
    assert (stream.status, name, told["errors"][0]["extensions"]["code"], "data" in told, end) == (200, "next", code, False, DONE)
    assert source.subscribed == []


async def test_queries_and_mutations_are_answered_once() -> None:
    gateway, _ = gateway_of()
    async with stream_of(gateway, "{ battery(id: 1) { id } }") as stream:
        assert await rest(stream) == [("next", {"data": {"battery": {"id": "1"}}}), ("complete", None)]
    async with stream_of(gateway, "mutation { touch(id: 1) }") as stream:
        assert await rest(stream) == [("next", {"data": {"touch": 7}}), ("complete", None)]
    assert [entry.outcome for entry in gateway.recording.entries] == ["answered"] * 2


async def test_a_subscription_is_no_single_request() -> None:
    gateway, _ = gateway_of()
    refused = await post(gateway.app, {"query": CHANGED})
    assert (refused.status, refused.code) == (400, "OPERATION_NOT_SUPPORTED")


async def test_what_is_outside_the_view_is_told_and_never_subscribed_to() -> None:
    gateway, source = gateway_of()
    async with stream_of(gateway, "subscription { secret }") as stream:
        (_, told), *end = await rest(stream)
    assert (told["data"], told["errors"][0]["extensions"]["code"], end) == ({"secret": None}, "UNAUTHORIZED_FIELD_OR_TYPE", DONE)
    assert source.subscribed == []


async def test_a_failing_source_ends_the_stream_with_its_code() -> None:
    gateway, source = gateway_of()
    async with stream_of(gateway, CHANGED) as stream:
        source.events.put_nowait(SubgraphResult(errors=(SubgraphError("told", "SUBGRAPH_UNREACHABLE"),)))
        source.events.put_nowait(None)
        (_, told), *end = await rest(stream)
    assert (told["data"], [(e["extensions"]["code"], e["path"]) for e in told["errors"] if e["message"] == "told"]) == (
        {"changed": None},
        [("SUBGRAPH_UNREACHABLE", ["changed"])],
    )
    assert end == DONE


class Ending:
    """A verifier whose tokens can end."""

    ended = False

    def verify(self, token: str, _now: Any) -> Any:
        if self.ended:
            raise TokenError("TOKEN_EXPIRED", EXPIRED)
        return TOKENS[token]


def with_ending(gateway: TestGateway) -> Ending:
    ending = Ending()
    gateway.served = dataclasses.replace(gateway.served, door=BearerDoor(ending, "https://x"))  # type: ignore[arg-type]
    return ending


async def test_a_token_that_ends_ends_its_streams() -> None:
    gateway, source = gateway_of()
    ending = with_ending(gateway)
    async with stream_of(gateway, CHANGED) as stream:
        source.says("changed", {"id": "1", "label": "shown"})
        assert (await stream.told())[1]["data"]["changed"]["label"] == "shown"
        ending.ended = True
        source.says("changed", {"id": "1", "label": "too late"})
        (_, told), *end = await rest(stream)
    assert (told["errors"][0]["extensions"]["code"], "data" in told, end) == ("INVALID_TOKEN", False, DONE)
    assert source.open == 0


async def test_a_slow_client_slows_the_source() -> None:
    gateway, source = gateway_of(dataclasses.replace(QUICK, send_timeout_s=5.0))
    async with stream_of(gateway, "subscription($n: Int) { counted(to: $n) }", n=10_000) as stream:
        await stream.told()
        stream.stuck = True
        made = -1
        while made != source.made:
            made = source.made
            await asyncio.sleep(0.2)
        # Those that were sent, one on its way, one that waits.
        assert made <= stream.from_app.qsize() + 4


async def test_a_client_that_takes_nothing_is_left() -> None:
    gateway, source = gateway_of()
    async with stream_of(gateway, CHANGED) as stream:
        await until(lambda: source.open == 1)
        stream.stuck = True
        source.says("changed", {"id": "1"})
        await until(lambda: (source.open, gateway.served.streams.subscriptions) == (0, 0))


async def test_streams_are_counted_by_client() -> None:
    gateway, _ = gateway_of()
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(4):
            await stack.enter_async_context(stream_of(gateway, CHANGED))
        refused = await stack.enter_async_context(stream_of(gateway, CHANGED))
        assert (refused.status, refused.head["retry-after"], refused.head["content-type"][:16]) == (429, "10", "application/json")
    async with stream_of(gateway, CHANGED) as admitted:
        assert admitted.status == 200


async def test_every_event_is_paid_for() -> None:
    gateway, source = gateway_of()
    budgets = CostBudgets(Cost(per_request=0, per_minute=2), {"other": Budget()})
    gateway.served = dataclasses.replace(gateway.served, ports=dataclasses.replace(gateway.ports, budgets=budgets))
    async with stream_of(gateway, CHANGED) as stream:
        for _ in range(3):
            source.says("changed", {"id": "1"})
        told = [event[1] for event in await rest(stream)][:3]
    assert [each.get("data") is not None for each in told] == [True, True, False]
    assert told[2]["errors"][0]["extensions"]["code"] == "TOO_MANY_REQUESTS"


async def test_a_reload_does_not_end_a_stream() -> None:
    gateway, source = gateway_of()
    async with stream_of(gateway, CHANGED) as stream:
        source.says("changed", {"id": "1", "label": "before"})
        await stream.told()
        other, _ = gateway_of()
        gateway.generation = other.generation
        source.says("changed", {"id": "1", "label": "after"})
        assert (await stream.told())[1]["data"]["changed"]["label"] == "after"


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("text/event-stream", True),
        ("text/event-stream;q=0.5", True),
        ("application/json;q=0.5, text/event-stream", True),
        ("text/event-stream, application/json", False),
        ("application/graphql-response+json, text/event-stream;q=0.9", False),
        ("text/event-stream;q=0", False),
        ("*/*", False),
        ("text/event-streams", False),
    ],
)
def test_who_wants_events(accept: str, wanted: bool) -> None:
    assert wants_events(accept) is wanted


async def test_the_clock_of_each_event_is_its_own() -> None:
    gateway, source = gateway_of()
    moments = iter(range(100))
    start = gateway.served.now()
    gateway.served = dataclasses.replace(gateway.served, now=lambda: start + timedelta(seconds=next(moments)))
    seen: list[Any] = []
    opened = gateway.ports.open_reading
    ports = dataclasses.replace(gateway.ports, open_reading=lambda principal, moment: (seen.append(moment), opened(principal, moment))[1])
    gateway.served = dataclasses.replace(gateway.served, ports=ports)
    async with stream_of(gateway, CHANGED) as stream:
        for _ in range(2):
            source.says("changed", {"id": "1"})
            await stream.told()
    assert seen[0] < seen[1]


def test_sources_of_the_test_are_sources() -> None:
    assert Source.has_events
