"""This program is in charge of measuring how fast the ledger takes events in: over HTTP, through /ingest, into the embedded database.

A maker reports packs produced and sold, an automaker at the same time the packs before them installed and sold with their vehicles: four events a
pack, each with its rule set, custody, grants and outbox row. Then the rows that came of it are written by a bare COPY into tables
without indexes. Exit 1 when a figure that must hold does not.

    python -m benchmarks.ingest [--data FOLDER] [--events 100000]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson

from benchmarks.harness import Contender, Figure, Running, require, started, table, verdict
from benchmarks.ingest.bare import copied
from benchmarks.ingest.lives import Lives, lives_of
from benchmarks.program import ended
from benchmarks.worlds import QUIET, BenchWorld, demo_command, kept_in, world
from resolvers.demo.clients import fetch_demo_token

PACKS: Final = 2_000
# Packs of one pair of streams: four events each.
BLOCK: Final = 2_500
PIECE: Final = 65_536
LEAST_PER_S: Final = 1_500.0
AIM_PER_S: Final = 3_000.0
MOST_GROWTH_MIB: Final = 48.0


async def main(data: Path | None, events: int) -> int:
    """The whole comparison."""
    require("taskset", cores=2)
    with kept_in(data) as folder, tempfile.TemporaryDirectory() as logs:
        async with world(folder / f"world-{PACKS}", PACKS) as made:
            lives = await lives_of(made)
            with started(
                Contender("cellgate", tuple(demo_command(sys.executable, made.folder, PACKS)), environment=QUIET), Path(logs), pinned=False
            ) as running:
                return await measured(made, lives, running, events)


async def measured(made: BenchWorld, lives: Lives, running: Running, events: int) -> int:
    """Send the events, then copy what came of them."""
    began = datetime.now(UTC)
    memory = [resident_mib(running)]
    start = time.monotonic()
    told, before = 0, None
    async with aiohttp.ClientSession(f"http://127.0.0.1:{running.port}", timeout=aiohttp.ClientTimeout(total=None)) as session:
        for first in range(0, events // 4 + BLOCK, BLOCK):
            streams = [send(session, running, made, "battery-maker", lives.made(first, BLOCK))] if first * 4 < events else []
            if before is not None:
                streams.append(send(session, running, made, "automaker", lives.driven(before, BLOCK)))
            told += sum(await asyncio.gather(*streams))
            before = first
            memory.append(resident_mib(running))
            print(f"  {told:,} events, {told / (time.monotonic() - start):,.0f} a second, {memory[-1]:.0f} MiB", flush=True)
    seconds = time.monotonic() - start
    rows, bare = await copied(made, began)
    return report(told, seconds, memory, rows, bare)


def report(told: int, seconds: float, memory: Sequence[float], rows: int, bare: float) -> int:
    """Print the table and the verdict."""
    # Caches fill in the first tenth.
    growth = max(memory) - memory[max(1, len(memory) // 10)]
    print(
        table(
            ["", "events", "rows", "seconds", "events/s"],
            [
                ["through /ingest", f"{told:,}", f"{rows:,}", f"{seconds:.1f}", f"{told / seconds:,.0f}"],
                ["bare COPY of the same rows", f"{told:,}", f"{rows:,}", f"{bare:.1f}", f"{told / bare:,.0f}"],
            ],
        )
    )
    print(f"\n{bare / seconds:.3f} of a bare COPY; aim {AIM_PER_S:,.0f} events/s; memory {memory[0]:.0f} MiB at the start, {max(memory):.0f} at most\n")
    return verdict(
        [
            Figure("events per second through /ingest", told / seconds, LEAST_PER_S, at_least=True),
            Figure("MiB that memory grew by after the first tenth", growth, MOST_GROWTH_MIB),
        ]
    )


async def send(session: aiohttp.ClientSession, running: Running, made: BenchWorld, party: str, lines: Iterable[bytes]) -> int:
    """One stream under a new token; how many events were recorded. RuntimeError for any that was not."""
    token = await fetch_demo_token(f"http://127.0.0.1:{running.port}", made.folder, party)
    headers = {"Authorization": "Bearer " + token, "Content-Type": "application/x-ndjson"}
    recorded = 0
    async with session.post("/ingest", data=pieces(lines), headers=headers) as response:
        async for raw in response.content:
            result: dict[str, Any] = orjson.loads(raw)
            if result.get("status") == "RECORDED":
                recorded += 1
            elif "summary" not in result:
                raise RuntimeError(f"{party}: {result}")
    return recorded


async def pieces(lines: Iterable[bytes]) -> AsyncIterator[bytes]:
    """The lines in pieces as a client's library makes them."""
    waiting = bytearray()
    for line in lines:
        waiting += line
        if len(waiting) >= PIECE:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting)


def resident_mib(running: Running) -> float:
    """What the server holds in memory (Linux)."""
    pages = int(Path(f"/proc/{running.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.ingest", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--events", type=int, default=100_000)
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    ended(lambda: asyncio.run(main(given.data, given.events)))
