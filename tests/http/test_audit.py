"""This module is in charge of running the public audit of GraphQL over HTTP (npm graphql-http) against a real server: all of its 61 checks."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import uvicorn

from tests.node import install
from tests.pipeline.gateway_of import TestGateway

AUDIT = Path(__file__).with_name("audit")
CHECKS = 61


class Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # The test run has its own.
        yield


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[str]:
    config = uvicorn.Config(TestGateway().app, port=0, lifespan="off", log_level="warning")
    server = Server(config)
    task = asyncio.ensure_future(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/graphql"
    server.should_exit = True
    await task


async def output_of(*command: str, cwd: Path) -> str:
    process = await asyncio.create_subprocess_exec(*command, cwd=cwd, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    out, err = await asyncio.wait_for(process.communicate(), 180)
    if process.returncode:
        raise RuntimeError(err.decode())
    return out.decode()


async def test_the_public_audit_passes_whole() -> None:
    folder = await asyncio.to_thread(install, AUDIT, "http-audit")
    async with serving() as url:
        results = json.loads(await output_of("node", "audit.mjs", url, "reader", cwd=folder))
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == len({result["id"] for result in results}) == CHECKS
