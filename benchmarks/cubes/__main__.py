"""This program is in charge of comparing what the pages cost in a small and in a large world: 10,000 and 100,000 packs.

Each page is opened in headless Chromium until nothing on it is waited for any more, and what it asks of the graph is asked again over HTTP.
Exit 1 when a figure that must hold does not.

    python -m benchmarks.cubes [--data FOLDER] [--times 12]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.cubes.opening import Asked, Opener, opener
from benchmarks.harness import Contender, Figure, Running, require, started, table, verdict
from benchmarks.program import ended
from benchmarks.scale.timing import Client, medians
from benchmarks.worlds import BY_REQUEST_ALONE, demo_command, kept_in, world

WORLDS: Final = (10_000, 100_000)
# A tenfold world has more of everything that cells are told apart by, too: months, provinces, enterprises and kinds that a small one lacks.
MOST_GROWTH: Final = 2.5
MOST_SECONDS: Final = 1.0


class View(NamedTuple):
    """A page, and the demonstration's party that opens it."""

    page: str
    party: str


VIEWS: Final = (View("regulator", "miit"), View("regulator", "province"), View("fleet", "battery-maker"), View("fleet", "automaker"), View("fleet", "recycler"))


async def main(data: Path | None, times: int) -> int:
    """The whole comparison."""
    require("taskset", cores=2)
    figures: list[Figure] = []
    lines: list[list[str]] = []
    with kept_in(data) as folder, tempfile.TemporaryDirectory() as logs:
        async with contextlib.AsyncExitStack() as stack:
            browser = await stack.enter_async_context(opener())
            running: dict[int, Running] = {}
            for packs in WORLDS:
                made = await stack.enter_async_context(world(folder / f"world-{packs}", packs))
                command = tuple(demo_command(sys.executable, made.folder, packs))
                contender = Contender(f"cellgate over {packs} packs", command, environment=BY_REQUEST_ALONE)
                running[packs] = stack.enter_context(started(contender, Path(logs)))
            for view in VIEWS:
                opened, asked = await compared(browser, running, view, times)
                small, large = WORLDS
                name = f"/{view.page} as {view.party}"
                for told, unit, found in (("opened", 1000, opened), ("asked over HTTP", 1, asked)):
                    lines.append([f"{name}, {told}", *(f"{found[n] * unit:.0f} ms" for n in WORLDS), f"{found[large] / found[small]:.2f}"])
                figures.append(Figure(f"{name}, seconds until it is there at {large:,} packs", opened[large], MOST_SECONDS))
                figures.append(Figure(f"{name}, its questions at {large:,} packs against {small:,}", asked[large] / asked[small], MOST_GROWTH))
    print("\n" + table(["page", *(f"{packs:,} packs" for packs in WORLDS), "ratio"], lines), flush=True)
    return verdict(figures)


async def compared(browser: Opener, running: dict[int, Running], view: View, times: int) -> tuple[dict[int, float], dict[int, float]]:
    """The median seconds until the page is there, and the median milliseconds of all that it asks, by world; the worlds in turn."""
    seconds: dict[int, list[float]] = {packs: [] for packs in WORLDS}
    asked: dict[int, Asked] = {}
    for number in range(times + 1):
        for packs in WORLDS[:: -1 if number % 2 else 1]:
            took, asked[packs] = await browser.open(running[packs], view.page, view.party)
            if number:
                seconds[packs].append(took)
    calls = {}
    for packs in WORLDS:
        client, bodies = Client(running[packs], asked[packs].token, lenient=True), asked[packs].bodies

        async def call(_number: int, client: Client = client, bodies: tuple[bytes, ...] = bodies) -> None:
            for body in bodies:
                client.ask(body)

        calls[str(packs)] = call
    told = await medians(calls, 3 * times)
    return {packs: statistics.median(each) for packs, each in seconds.items()}, {packs: told[str(packs)] for packs in WORLDS}


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.cubes", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--times", type=int, default=12)
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    ended(lambda: asyncio.run(main(given.data, given.times)))
