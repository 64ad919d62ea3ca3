"""This module is in charge of testing that what is logged within a request names it, in lines for machines."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest

from gateway.edge.middleware import Envelope
from gateway.logs import JsonLines
from tests.pipeline.gateway_of import http


async def test_every_line_of_a_request_has_its_id(caplog: pytest.LogCaptureFixture) -> None:
    lines: list[Any] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(json.loads(JsonLines().format(record)))

    log = logging.getLogger("cellgate.test")
    log.addHandler(Kept())

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        async def deeper() -> None:
            log.warning("within")

        await asyncio.create_task(deeper())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def one(request_id: str) -> None:
        await http(Envelope(app), "GET", headers=[("x-request-id", request_id)])

    await asyncio.gather(asyncio.create_task(one("request-one")), asyncio.create_task(one("request-two")))
    log.warning("without")
    assert [line.get("request_id") for line in lines] == ["request-one", "request-two", None]
