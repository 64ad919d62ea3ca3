"""This module is in charge of testing what every response has in common, and the two addresses for orchestrators."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from gateway.edge.health import Readiness
from gateway.edge.middleware import Envelope
from tests.pipeline.gateway_of import TestGateway, http


async def answering(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-frame-options", b"SAMEORIGIN")]})
    await send({"type": "http.response.body", "body": scope["state"]["request_id"].encode()})


@pytest.mark.parametrize("given", ["12345678", "a" * 64, "trace-1.span_2"])
async def test_a_well_formed_request_id_is_kept(given: str) -> None:
    answer = await http(Envelope(answering), headers=[("x-request-id", given)])
    assert (answer.headers["x-request-id"], answer.body) == (given, given.encode())


@pytest.mark.parametrize("given", ["", "short", "a" * 65, "has space", "a" * 20 + "\r\nx: y", "ünicode-ünicode", "<script>alert</script>"])
async def test_any_other_request_id_is_replaced(given: str) -> None:
    answer = await http(Envelope(answering), headers=[("x-request-id", given)])
    assert answer.headers["x-request-id"] != given
    assert answer.headers["x-request-id"].isalnum()


async def test_two_request_ids_are_none() -> None:
    answer = await http(Envelope(answering), headers=[("x-request-id", "11111111"), ("x-request-id", "22222222")])
    assert answer.headers["x-request-id"] not in ("11111111", "22222222")


async def test_headers_that_a_page_sets_are_left_as_they_are() -> None:
    answer = await http(Envelope(answering))
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_defect_before_the_answer_becomes_one(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(_scope: Any, _receive: Any, _send: Any) -> None:
        raise RuntimeError("the secret reason")

    with caplog.at_level(logging.ERROR):
        answer = await http(Envelope(broken), headers=[("x-request-id", "request-77")])
    assert (answer.status, answer.code) == (500, "INTERNAL")
    assert b"secret" not in answer.body
    assert "the secret reason" in caplog.text
    assert "request-77" in caplog.text


async def test_a_defect_within_the_answer_breaks_it_off() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        await answering(scope, receive, send)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await http(Envelope(broken))


async def test_what_is_not_http_goes_through() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    await Envelope(app)({"type": "lifespan"}, None, None)  # type: ignore[arg-type]
    assert seen == [{"type": "lifespan"}]


async def test_health_and_readiness() -> None:
    gateway = TestGateway()
    assert (await http(gateway.app, "GET", "/health", token=None)).json == {"status": "ok"}
    ready = await http(gateway.app, "GET", "/ready", token=None)
    assert (ready.status, ready.json) == (200, {"status": "ready", "checks": {"database": "ok"}})
    gateway.ready = False
    unready = await http(gateway.app, "GET", "/ready", token=None)
    assert (unready.status, unready.json["status"], unready.json["checks"], unready.code) == (503, "unready", {"database": "failing"}, "NOT_READY")


async def test_a_probe_that_fails_or_hangs_says_no_and_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.edge.health.PROBE_TIMEOUT_S", 0.05)

    async def failing() -> bool:
        raise RuntimeError("the secret reason")

    async def hanging() -> bool:
        await asyncio.sleep(60)
        return True

    async def good() -> bool:
        return True

    answer = await http(Envelope(Readiness({"a": failing, "b": hanging, "c": good})), "GET", token=None)
    assert (answer.status, answer.json["checks"]) == (503, {"a": "failing", "b": "failing", "c": "ok"})
    assert b"secret" not in answer.body
