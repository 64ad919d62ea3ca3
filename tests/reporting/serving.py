"""Parties that report over HTTP: a gateway on a free port, a client for each firm, and tokens from its token endpoint."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn

from auth.client_secrets import hash_secret
from auth.clients import Client, RoleGrant, SecretHash
from auth.entitlements import load_matrix
from auth.keys import KeyRing, load_or_make
from gateway.app import serving
from gateway.foundation import KEYS, Foundation
from gateway.settings import Limits, Server, Settings
from resolvers.database.auth_store import AuthStore
from resolvers.database.pool import Database
from resolvers.database.reading import DoorSettings
from resolvers.demo.kept import StandingClock
from resolvers.ledger.seed import custody_grace, seed_regions
from resolvers.opaque import Opaque
from tests.cases.asking import QuietServer
from tests.recording.world import FIRMS, NOW, ROLES, registered

SECRET = "only for tests, of no use elsewhere"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
MINISTRY = "miit"
PURPOSES = {"CU": "recycling", "MI": "supervision"}


class MovedClock(StandingClock):
    """Stands at the world's moment for good, and counts how often it was to go on."""

    moves = 0

    def move(self) -> None:
        self.moves += 1


@dataclass
class Parties:
    """The firms of the world, each with its token."""

    url: str
    http: aiohttp.ClientSession
    database: Database
    opaque: Opaque
    tokens: dict[str, str] = field(default_factory=dict)
    clock: MovedClock = field(default_factory=lambda: MovedClock(NOW))

    async def token(self, name: str, scope: str | None = None) -> str:
        key = name + (scope or "")
        if key not in self.tokens:
            headers = {"Authorization": aiohttp.encode_basic_auth(name, SECRET)}
            form = {"grant_type": "client_credentials", **({"scope": scope} if scope else {})}
            async with self.http.post(self.url + "/oauth/token", data=form, headers=headers) as response:
                self.tokens[key] = (await response.json())["access_token"]
        return self.tokens[key]

    async def ask(self, name: str, query: str, variables: Mapping[str, Any] | None = None, *, scope: str | None = None) -> Any:
        """The body of the answer."""
        headers = {"Authorization": "Bearer " + await self.token(name, scope), "Accept": "application/graphql-response+json"}
        async with self.http.post(self.url + "/graphql", json={"query": query, "variables": dict(variables or {})}, headers=headers) as response:
            return await response.json()


@asynccontextmanager
async def parties_of(database: Database) -> AsyncIterator[Parties]:
    """The world's registry in this database, and a gateway over it."""
    await registered(database)
    await seed_regions(database)
    store = AuthStore(database)
    credential = SecretHash(hash_secret(SECRET))
    for name, role in {**ROLES, MINISTRY: "MI"}.items():
        purposes = tuple(dict.fromkeys((PURPOSES.get(role, "compliance"), "safety")))
        party = FIRMS.get(name, "11100000000013039Y")
        granted = (RoleGrant(role, LONG_AGO),)
        await store.grant_roles(party, granted)
        await store.register(Client(name, party, name, frozenset({role}), frozenset(), purposes, credential, LONG_AGO, granted=granted))
    with tempfile.TemporaryDirectory(prefix="cellgate-reporting-") as folder:
        keys = Path(folder) / KEYS
        door = DoorSettings(load_matrix(), await custody_grace(database))
        ring = load_or_make(keys)
        foundation = Foundation(Path(folder), database, KeyRing(keys, ring), door, Opaque(ring.pseudonym))
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        settings = Settings(server=Server(port=port), limits=Limits(exact_code_misses_per_minute=0))
        clock = MovedClock(NOW)
        async with serving(settings, foundation, clock) as gateway, aiohttp.ClientSession() as http:
            server = QuietServer(uvicorn.Config(gateway.app, lifespan="off", log_level="error", access_log=False))
            running = asyncio.create_task(server.serve([listener]))
            while not server.started:
                await asyncio.sleep(0.01)
            yield Parties(f"http://127.0.0.1:{port}", http, database, foundation.opaque, clock=clock)
            server.should_exit = True
            await running
