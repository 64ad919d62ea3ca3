"""This module is in charge of the data of comparisons: demonstration worlds in folders of their own, each with its own PostgreSQL."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.foundation import Foundation, founded
from gateway.settings import Settings
from resolvers.database.auth_store import AuthStore
from resolvers.database.pool import Database, Observer
from resolvers.demo.clients import register_demo_clients
from resolvers.demo.kept import keep_world
from resolvers.demo.options import WorldOptions
from resolvers.demo.parties import demo_parties


@dataclass(frozen=True, slots=True)
class BenchWorld:
    """An open world: the server runs for as long as this is."""

    foundation: Foundation
    settings: Settings
    options: WorldOptions

    @property
    def folder(self) -> Path:
        return self.foundation.base

    async def rows(self, statement: str, *arguments: object) -> list[Any]:
        """Rows as the system role sees them: all of them."""
        async with self.foundation.database.reading(role="system") as session:
            return await session.fetch(statement, arguments)


@contextlib.contextmanager
def kept_in(data: Path | None) -> Iterator[Path]:
    """The folder for worlds: the one given, which is kept, or one that is removed at the end."""
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
        yield data.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="cellgate-bench-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        # The account that the server runs under has to pass.
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextlib.asynccontextmanager
async def world(folder: Path, packs: int, observer: Observer | None = None) -> AsyncIterator[BenchWorld]:
    """The world of so many packs with the demonstration's clients, loaded unless the folder has it."""
    settings = Settings()
    settings = replace(settings, database=replace(settings.database, data=str(folder)))
    async with founded(settings, _quiet, observer) as foundation:
        began = time.monotonic()
        options = await keep_world(WorldOptions(packs), foundation.database)
        if (took := time.monotonic() - began) > 1:
            print(f"  {options.packs:,} packs loaded into {folder} in {took:.0f} s", flush=True)
            await settled(foundation.database)
        now = datetime.now(UTC)
        await register_demo_clients(AuthStore(foundation.database), foundation.keys_dir, demo_parties(options), now)
        yield BenchWorld(foundation, settings, options)


async def settled(database: Database) -> None:
    """What is measured next is not what was left to be done when tables were filled: neither the server's vacuum of them nor what is still to be written."""
    async with (await database.pool("admin")).acquire() as connection:
        for statement in ("vacuum", "checkpoint"):
            await connection.execute(statement)


def demo_command(python: str, folder: Path, packs: int) -> Sequence[str]:
    """The command that serves the world as the demonstration does."""
    return (python, "-P", "-m", "gateway.cli", "demo", "--port", "{port}", "--data", str(folder), "--packs", str(packs))


# What the peers leave out too: a line of log for each request.
QUIET = {"CELLGATE_LOG_LEVEL": "warning"}
# Nor what a gateway does by itself now and then: a fresh world has two years of closed months to publish, which takes the second core for a minute.
BY_REQUEST_ALONE = {**QUIET, "CELLGATE_SWEEP_EVERY_S": "0", "CELLGATE_PUBLISH_EVERY_S": "0"}


def _quiet(_message: str) -> None:
    """Only results are printed."""
