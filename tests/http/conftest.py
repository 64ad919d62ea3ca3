"""A server over the tests' gateway, with our protocol: what it says is looked at on the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn

from gateway.edge.http_protocol import HttpProtocol
from tests.cases.asking import QuietServer
from tests.pipeline.gateway_of import TestGateway


@pytest.fixture
async def port() -> AsyncIterator[int]:
    server = QuietServer(uvicorn.Config(TestGateway().app, port=0, http=HttpProtocol, lifespan="off", log_level="critical"))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await running
