"""This module is in charge of a gateway whose pages are asked for over HTTP, in the tests' own process."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final

import aiohttp
import uvicorn

from gateway.app import serving
from gateway.foundation import Foundation
from gateway.listening import GRACE_S
from gateway.settings import Limits, Reports, Server, Settings
from gateway.web.demo_tokens import demo_routes
from resolvers.demo.clients import fetch_demo_token
from resolvers.demo.options import WorldOptions
from resolvers.demo.parties import demo_parties
from tests.cases.asking import QuietServer

WORLD: Final = WorldOptions(packs=200)
# A pack's code that nobody has: of the demonstration's maker, from before it made any.
ABSENT: Final = "Z00PB000000A3GG2D0099999"


@dataclass(frozen=True, slots=True)
class Page:
    """An answer to a browser."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")


@dataclass(frozen=True, slots=True)
class Pages:
    """A running gateway."""

    url: str
    client: aiohttp.ClientSession

    async def get(self, path: str, method: str = "GET", **headers: str) -> Page:
        """One request, redirects not followed; underscores in header names stand for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.client.request(method, self.url + path, headers=named, allow_redirects=False) as response:
            return Page(response.status, {name.lower(): value for name, value in response.headers.items()}, await response.read())


@contextlib.asynccontextmanager
async def pages_over(foundation: Foundation, *, misses: int = 0, demo: bool = False, reports: str | Reports = "", sent_ahead: int = 0) -> AsyncIterator[Pages]:
    """The gateway over that foundation on a free port, as `demo` serves it or as `serve` does. `sent_ahead` are the bytes that the system takes for
    a client that reads nothing, where that matters: by itself it takes megabytes."""
    listener = socket.create_server(("127.0.0.1", 0))
    if sent_ahead:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, sent_ahead)
    port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    saved = Reports(reports) if isinstance(reports, str) else reports
    settings = Settings(server=Server(port=port), limits=Limits(exact_code_misses_per_minute=misses), reports=saved)
    routes = demo_routes(demo_parties(WORLD), lambda party: fetch_demo_token(url, foundation.base, party)) if demo else []
    # On a busy machine the server ends an idle connection in the moment in which it is used again, and a POST is not sent twice.
    once = aiohttp.TCPConnector(force_close=True)
    async with serving(settings, foundation, lambda _now: WORLD.moment, routes) as gateway, aiohttp.ClientSession(connector=once) as client:
        server = QuietServer(uvicorn.Config(gateway.app, lifespan="off", log_level="error", access_log=False, timeout_graceful_shutdown=GRACE_S))
        running = asyncio.create_task(server.serve([listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield Pages(url, client)
        server.should_exit = True
        await running
