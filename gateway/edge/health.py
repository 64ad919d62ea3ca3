"""This module is in charge of telling an orchestrator whether this process lives, and whether it can serve."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import orjson
from starlette.types import Receive, Scope, Send

from gateway.errors import ClientError
from gateway.failing import passes

LOG: Final = logging.getLogger("cellgate.edge")
PROBE_TIMEOUT_S: Final = 2.0

Probe = Callable[[], Awaitable[bool]]


class Health:
    """GET /health: 200 while the event loop turns; it looks at nothing else, or a database's failure would have every node restarted."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _answer(send, 200, {"status": "ok"})


class Readiness:
    """GET /ready: 200 when every probe says yes within two seconds, else 503 with which did not.

    Probes by name: "database", "supergraph", "subgraph.<name>". Those `beside` are told of and decide nothing: without one subgraph the rest
    of an answer is right, and a balancer that took all gateways out would end that, too. What went wrong stands in the log alone: nobody
    has to prove who he is here.
    """

    def __init__(self, probes: Mapping[str, Probe], beside: Callable[[], Mapping[str, Probe]] | None = None) -> None:
        self._deciding = probes
        self._beside = beside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        probes = {**self._deciding, **(self._beside() if self._beside is not None else {})}
        found = await asyncio.gather(*(_look(name, probe) for name, probe in probes.items()))
        checks = {name: "ok" if good else "failing" for name, good in zip(probes, found)}
        if all(checks[name] == "ok" for name in self._deciding):
            await _answer(send, 200, {"status": "ready", "checks": checks})
        else:
            error = ClientError("NOT_READY", "The gateway cannot serve requests now.")
            await _answer(send, 503, {"status": "unready", "checks": checks, "errors": [error.as_json()]})


async def _look(name: str, probe: Probe) -> bool:
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            return await probe()
    except Exception as failed:
        if passes(failed):
            LOG.warning("probe %s failed: %s", name, type(failed).__name__)
        else:
            LOG.warning("probe %s failed", name, exc_info=True)
        return False


async def _answer(send: Send, status: int, content: Mapping[str, object]) -> None:
    body = orjson.dumps(content)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
