"""This module is in charge of running the public audit of GraphQL over HTTP (npm graphql-http) against a real server: all of its 61 checks."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import uvicorn

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


async def installed() -> Path:
    """A folder with the audit and what it needs, made once for each lock file."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(AUDIT.iterdir()))).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"cellgate-http-audit-{os.getuid()}-{digest}"
    if not (folder / "node_modules" / "graphql-http").exists():
        making = Path(tempfile.mkdtemp())
        shutil.copytree(AUDIT, making, dirs_exist_ok=True)
        await output_of("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=making)
        with contextlib.suppress(OSError):
            making.rename(folder)
    return folder


def cannot(reason: str) -> None:
    """On a build server a missing tool is a failure; on a desk it is a reason to skip."""
    if os.environ.get("CI", "") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


async def test_the_public_audit_passes_whole() -> None:
    if shutil.which("node") is None or shutil.which("npm") is None:
        cannot("node and npm are needed for the audit")
    try:
        folder = await installed()
    except (RuntimeError, TimeoutError) as failed:
        cannot(f"the audit could not be installed: {failed}")
    async with serving() as url:
        results = json.loads(await output_of("node", "audit.mjs", url, "reader", cwd=folder))
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == len({result["id"] for result in results}) == CHECKS
