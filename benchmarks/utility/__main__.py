"""This program is in charge of telling what disclosure control costs: which share of the cells of published tables may be read, in a world of 20,000 packs.

Every closed month of two years is published. Of each table are told its cells, those that are unsafe by themselves, and those that are published: what
is neither protects the others. Exit 1 when a figure that must hold does not.

    python -m benchmarks.utility [--data FOLDER] [--packs 20000]
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.harness import Figure, table, verdict
from benchmarks.program import ended
from benchmarks.worlds import BenchWorld, kept_in, world
from resolvers.database.statistics_publish import publish, published_terms
from resolvers.ledger.deadlines import local_day
from resolvers.ledger.statistics.circulation import Place
from resolvers.ledger.statistics.disclosure import unsafe
from resolvers.ledger.statistics.publication import PUBLISHED, Share, tabulated

PACKS: Final = 20_000
# Of the cells that are safe by themselves. What is left is what it takes to protect the unsafe ones.
LEAST_PUBLISHED: Final = 0.5
# Of one version of one table, with the sums that it is made of.
MOST_SECONDS: Final = 2.0

_SHARES: Final = "select month, place, class, party, records, amount from statistics.published_share where cube = $1 and version = 1"
_CELLS: Final = "select count(*), count(*) filter (where not suppressed), count(distinct month) from statistics.published where cube = $1 and version = 1"


class Told(NamedTuple):
    """Of a table, all of its months together: cells with totals, those that are unsafe, those that are published."""

    months: int
    cells: int
    unsafe: int
    published: int


async def main(data: Path | None, packs: int) -> int:
    """The whole report."""
    with kept_in(data) as folder:
        async with world(folder / f"world-{packs}", packs) as made:
            today, began = local_day(made.options.moment), time.monotonic()
            versions = await publish(made.foundation.database, today)
            seconds = time.monotonic() - began
            told = {name: await _told(made, name, today) for name in PUBLISHED}
    lines = [[name, *(f"{number:,}" for number in each), f"{each.published / max(each.cells - each.unsafe, 1):.0%}"] for name, each in told.items()]
    print("\n" + table(["table", "months", "cells", "unsafe", "published", "of the safe ones"], lines), flush=True)
    safe = sum(each.cells - each.unsafe for each in told.values())
    figures = [
        Figure("share of the safe cells that is published", sum(each.published for each in told.values()) / max(safe, 1), LEAST_PUBLISHED, at_least=True)
    ]
    # A world that was kept has been published.
    if versions:
        figures.append(Figure("seconds for a version of a table", seconds / versions, MOST_SECONDS))
    return verdict(figures)


async def _told(made: BenchWorld, name: str, today: date) -> Told:
    safety = (await published_terms(made.foundation.database, today)).safety
    by_month: defaultdict[date, defaultdict[Place, dict[str, Share]]] = defaultdict(lambda: defaultdict(dict))
    for month, row, column, party, records, amount in await made.rows(_SHARES, name):
        by_month[month][row, column][party] = Share(records, amount)
    dangerous = 0
    for shares in by_month.values():
        found = tabulated(shares, PUBLISHED[name].authorities)
        dangerous += sum(unsafe(parts, found.records_at(place, parts), safety) for place, parts in found.with_totals().items())
    ((cells, published, months),) = await made.rows(_CELLS, name)
    return Told(months, cells, dangerous, published)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.utility", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--packs", type=int, default=PACKS)
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    ended(lambda: asyncio.run(main(given.data, given.packs)))
