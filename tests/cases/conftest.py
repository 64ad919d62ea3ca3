"""This module is in charge of what cases share: the demonstration's world, served in this process under keys that never change."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvicorn

from auth.client_secrets import hash_secret
from auth.clients import SecretHash
from auth.entitlements import load_matrix
from auth.keys import KeyRing, load_or_make
from gateway.app import clock, serving
from gateway.foundation import KEYS, Foundation
from gateway.settings import Limits, Server, Settings
from resolvers.database.auth_store import AuthStore
from resolvers.database.reading import DoorSettings
from resolvers.demo.clients import register_demo_clients
from resolvers.demo.load import load
from resolvers.demo.options import WorldOptions
from resolvers.demo.parties import demo_parties, sample_codes
from resolvers.ledger.seed import custody_grace, seed_regions
from resolvers.opaque import Opaque
from tests.cases.asking import HIDING, HIDING_SECRET, Asking, QuietServer

WORLD = WorldOptions(packs=2000)
# Ids and cursors stand in the expected answers, so the key behind them is the same in every run.
PSEUDONYM_KEY = bytes(range(64))


async def register_clients(store: AuthStore, keys: Path) -> None:
    """The demonstration's clients, and one that is registered for the view mode `hide`."""
    await register_demo_clients(store, keys, demo_parties(WORLD), clock())
    dismantler = await store.client("dismantler")
    assert dismantler is not None
    await store.register(replace(dismantler, client_id=HIDING, credential=SecretHash(hash_secret(HIDING_SECRET)), view_mode="hide"))


@pytest.fixture(scope="session")
async def noted_foundation(databases: Any) -> AsyncIterator[tuple[Foundation, list[str]]]:
    """The world in a database of its own, whose every statement is noted."""
    made = await databases.make()
    await load(WORLD, made)
    await seed_regions(made)
    statements: list[str] = []

    def note(statement: str, _arguments: Sequence[object], _rows: Sequence[Any]) -> None:
        statements.append(statement)

    database = replace(made, observer=note)
    with tempfile.TemporaryDirectory(prefix="cellgate-cases-") as folder:
        keys = Path(folder) / KEYS
        ring = KeyRing(keys, load_or_make(keys))
        door = DoorSettings(load_matrix(), await custody_grace(database))
        await register_clients(AuthStore(database), keys)
        yield Foundation(Path(folder), database, ring, door, Opaque(PSEUDONYM_KEY)), statements
    await databases.drop(made)


@pytest.fixture(scope="session")
async def asking(noted_foundation: tuple[Foundation, list[str]]) -> AsyncIterator[Asking]:
    """The gateway, served on a free port."""
    foundation, statements = noted_foundation
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    # Cases ask for codes that do not exist, all from one address.
    settings = Settings(server=Server(port=port), limits=Limits(exact_code_misses_per_minute=0))
    async with serving(settings, foundation, lambda _now: WORLD.moment) as gateway, aiohttp.ClientSession() as client:
        server = QuietServer(uvicorn.Config(gateway.app, lifespan="off", log_level="error", access_log=False))
        running = asyncio.create_task(server.serve([listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield Asking(gateway, f"http://127.0.0.1:{port}", client, sample_codes(WORLD), demo_parties(WORLD), statements)
        server.should_exit = True
        await running
