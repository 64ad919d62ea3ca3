"""A server over the tests' gateway, with our protocol: what it says is looked at on the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.edge.http_protocol import HttpProtocol
from gateway.edge.middleware import without_sockets
from tests.cases.asking import QuietServer
from tests.pipeline.gateway_of import TestGateway


def _as_routed(app: ASGIApp) -> ASGIApp:
    """As the gateway does: sockets are for one address."""
    rest = without_sockets(app)

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        await (app if scope["path"] == "/graphql" else rest)(scope, receive, send)

    return dispatch


@pytest.fixture
async def port() -> AsyncIterator[int]:
    server = QuietServer(uvicorn.Config(_as_routed(TestGateway().app), port=0, http=HttpProtocol, lifespan="off", log_level="critical"))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await running
