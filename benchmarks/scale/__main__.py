"""This program is in charge of comparing what an answer costs for large and small parties, and in large and small worlds.

A page of 50 for the largest and the smallest party of each kind at 100,000 packs; one battery by code at 10,000 and at
1,000,000 packs. Exit 1 when a figure that must hold does not.

    python -m benchmarks.scale [--data FOLDER] [--times 60] [--only pages|codes]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import secrets
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import aiohttp

from benchmarks.harness import Contender, Figure, Running, require, started, verdict
from benchmarks.program import ended
from benchmarks.scale import codes, pages
from benchmarks.scale.growth import grown
from benchmarks.scale.parties import Party, parties, register
from benchmarks.worlds import BY_REQUEST_ALONE, BenchWorld, demo_command, kept_in, world

LARGE_PARTIES: Final = 100_000
TOLD: Final = 10_000
WORLDS: Final = (10_000, 1_000_000)


async def main(data: Path | None, times: int, only: str | None) -> int:
    """The whole comparison."""
    require("taskset", cores=2)
    figures: list[Figure] = []
    with kept_in(data) as folder, tempfile.TemporaryDirectory() as logs:
        if only != "codes":
            figures += await compare_pages(folder, Path(logs), times)
        if only != "pages":
            figures += await compare_codes(folder, Path(logs), 5 * times)
    return verdict(figures)


async def compare_pages(folder: Path, logs: Path, times: int) -> list[Figure]:
    """Pages of large and small parties."""
    async with world(folder / f"world-{LARGE_PARTIES}", LARGE_PARTIES) as made:
        found = await parties(made)
        secret = secrets.token_urlsafe(32)
        await register(made, found, secret)
        with started(served(made), logs) as running:
            return await pages.compared(made, found, running, await tokens(running, found, secret), times)


async def compare_codes(folder: Path, logs: Path, times: int) -> list[Figure]:
    """One battery by code, in both worlds at once."""
    async with contextlib.AsyncExitStack() as stack:
        worlds: dict[int, BenchWorld] = {}
        running: dict[int, Running] = {}
        found: dict[int, str] = {}
        for packs in WORLDS:
            made = worlds[packs] = await stack.enter_async_context(world(folder / f"world-{packs}", TOLD))
            await grown(made, packs)
            party = next(each for each in await parties(made) if each.kind == "maker")
            secret = secrets.token_urlsafe(32)
            await register(made, [party], secret)
            running[packs] = stack.enter_context(started(served(made, f"cellgate over {packs} packs"), logs))
            found[packs] = (await tokens(running[packs], [party], secret))[party.client_id]
        return await codes.compared(worlds, running, found, party, times)


def served(made: BenchWorld, name: str = "cellgate") -> Contender:
    """The gateway over that world."""
    return Contender(name, tuple(demo_command(sys.executable, made.folder, made.options.packs)), environment=BY_REQUEST_ALONE)


async def tokens(running: Running, found: Iterable[Party], secret: str) -> dict[str, str]:
    """An access token for each party's client, from the token endpoint."""
    given: dict[str, str] = {}
    async with aiohttp.ClientSession(f"http://127.0.0.1:{running.port}") as session:
        for each in found:
            headers = {"Authorization": aiohttp.encode_basic_auth(each.client_id, secret)}
            async with session.post("/oauth/token", data={"grant_type": "client_credentials"}, headers=headers) as response:
                told: dict[str, Any] = await response.json()
            if "access_token" not in told:
                raise RuntimeError(f"no token for {each.client_id}: {told}")
            given[each.client_id] = told["access_token"]
    return given


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.scale", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--times", type=int, default=60)
    parser.add_argument("--only", choices=("pages", "codes"))
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    ended(lambda: asyncio.run(main(given.data, given.times, given.only)))
