"""This program is in charge of measuring what one report costs: of packs with few and with many events behind them, into vehicles that have had few packs and
many.

Packs of a swap operator go in and out of vehicles and are measured there, one report at a time, each with its rule set, projections, grants, figures and outbox
row, in the embedded database. Each report is judged twice, in turn, of packs alike: as always, and by whole lives, as if no states of them were kept. Exit 1
when a figure that must hold does not.

    python -m benchmarks.lives [--data FOLDER]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from benchmarks.harness import Figure, require, table, verdict
from benchmarks.ingest.lives import Lives, lives_of
from benchmarks.program import ended
from benchmarks.worlds import BenchWorld, kept_in, world
from resolvers.database.recording_write import insert
from resolvers.demo.parties import demo_parties
from resolvers.ledger.deadlines import local_day
from resolvers.ledger.events import EventType
from resolvers.ledger.recording.record import record
from resolvers.ledger.recording.report import NewPack, Recorded, Report, Reporter
from resolvers.ledger.recording.seen import ON_DEMAND, Whole
from resolvers.ledger.rows import Vehicle

PACKS: Final = 200
BATCH: Final = 500
ROUNDS: Final = 12
EVENTS: Final = (10, 500, 5_000)
PACKS_BEFORE: Final = (1, 100, 1_000)
WAYS: Final = {"as always": ON_DEMAND, "by whole lives": Whole(everything=True)}
# What a report costs more with many events or packs behind it than with few.
MOST: Final = 1.5
Timed = dict[str, list[float]]


@dataclass(slots=True)
class Pool:
    """The swap operator's reports; each pack and each vehicle has a number of its own, and everything happens after what was before it."""

    made: BenchWorld
    lives: Lives
    operator: Reporter
    numbers: itertools.count[int] = field(default_factory=itertools.count)
    vehicles: itertools.count[int] = field(default_factory=itertools.count)
    ticks: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def tell(self, by: Reporter, reports: Sequence[Report], whole: Whole = ON_DEMAND) -> float:
        """Record them, in batches; seconds. RuntimeError for one that is refused."""
        began = time.perf_counter()
        for first in range(0, len(reports), BATCH):
            moment = self.lives.began + timedelta(hours=1)
            told = await record(self.made.foundation.database, by, reports[first : first + BATCH], moment, whole=whole)
            if refused := [each for each in told if not isinstance(each, Recorded)]:
                raise RuntimeError(str(refused[0]))
        return time.perf_counter() - began

    def report(self, kind: EventType, number: int, vin: str | None = None, **details: object) -> Report:
        """A report that happens next."""
        tick = next(self.ticks)
        at = self.lives.began + timedelta(seconds=tick / 20)
        return Report(kind, self.lives.code(number), at, f"{self.lives.run}-{tick}", details=details, vin=vin)

    def turn(self, number: int, vin: str) -> list[Report]:
        """In, measured, and out again."""
        said = {"station": "S-1", "stateOfCharge": 80.0, "stateOfHealth": 90.0}
        return [
            self.report(EventType.SWAP_IN, number, vin, **said),
            self.report(EventType.HEALTH_MEASURED, number, vin, stateOfHealth=90.0 - next(self.ticks) % 7, method="BMS"),
            self.report(EventType.SWAP_OUT, number, vin, **said),
        ]

    async def packs(self, count: int) -> list[int]:
        """New packs in the pool: three events each."""
        numbers = [next(self.numbers) for _ in range(count)]
        maker, model = Reporter(self.lives.maker, frozenset({"BM"})), self.lives.model
        new = NewPack(model["id"], mass_kg=model["mass_kg"], nominal_energy_kwh=model["nominal_energy_kwh"])
        await self.tell(maker, [replace(self.report(EventType.PRODUCED, number), pack=new) for number in numbers])
        await self.tell(maker, [replace(self.report(EventType.SOLD, number), counterparty=self.operator.party) for number in numbers])
        await self.tell(self.operator, [self.report(EventType.POOLED, number) for number in numbers])
        return numbers

    async def vehicle(self) -> str:
        """A swap vehicle of the automaker's that no pack was in."""
        vin, day = self.lives.vin(next(self.vehicles)), local_day(self.lives.began)
        row = Vehicle(vin, self.lives.automaker, "Bench Swap", "BEV", True, day, None, None, None, None, None, (self.lives.automaker,), self.lives.began)
        async with self.made.foundation.database.transaction("ledger") as connection:
            await insert(connection, [row])
        return vin


async def main(data: Path | None) -> int:
    """The whole comparison."""
    require(cores=1)
    with kept_in(data) as folder:
        async with world(folder / f"world-{PACKS}", PACKS) as made:
            operator = demo_parties(made.options)["swap-operator"]
            pool = Pool(made, await lives_of(made), Reporter(operator.uscc, frozenset({"SW"})))
            return report(await of_packs(pool), await of_vehicles(pool))


async def of_packs(pool: Pool) -> dict[int, Timed]:
    """Milliseconds a report, by how many events a pack has and by which way it is judged."""
    grown: dict[tuple[int, str], list[tuple[int, str]]] = {}
    for events in EVENTS:
        for way in WAYS:
            # A turn is three events: what is measured must not make a short life long.
            several = ROUNDS if events < 100 else 1
            cars = [(number, await pool.vehicle()) for number in await pool.packs(several)]
            turns = [each for _ in range((events - 3) // 3) for number, vin in cars for each in pool.turn(number, vin)]
            took = await pool.tell(pool.operator, turns)
            print(f"  {len(turns):,} events of {several} packs in {took:.1f} s", flush=True)
            grown[events, way] = cars
    found: dict[int, Timed] = {events: {way: [] for way in WAYS} for events in EVENTS}
    for place in range(ROUNDS):
        for (events, way), cars in grown.items():
            found[events][way] += await one_by_one(pool, pool.turn(*cars[place % len(cars)]), way)
    return found


async def of_vehicles(pool: Pool) -> dict[int, Timed]:
    """Milliseconds a report, by how many packs were in a vehicle before and by which way it is judged."""
    cars = {}
    for before in PACKS_BEFORE:
        cars[before] = await pool.vehicle()
        turns = [each for number in await pool.packs(before) for each in pool.turn(number, cars[before])]
        took = await pool.tell(pool.operator, turns)
        print(f"  {before:,} packs in and out of one vehicle in {took:.1f} s", flush=True)
    found: dict[int, Timed] = {before: {way: [] for way in WAYS} for before in PACKS_BEFORE}
    for _ in range(ROUNDS):
        for before, vin in cars.items():
            for way in WAYS:
                (number,) = await pool.packs(1)
                found[before][way] += await one_by_one(pool, pool.turn(number, vin), way)
    return found


async def one_by_one(pool: Pool, reports: Sequence[Report], way: str) -> list[float]:
    """Milliseconds of each report by itself, judged that way."""
    return [await pool.tell(pool.operator, [each], WAYS[way]) * 1000 for each in reports]


def report(packs: dict[int, Timed], vehicles: dict[int, Timed]) -> int:
    """Print the tables and the verdict."""
    figures = []
    for of, found in (("events of the pack", packs), ("packs that were in the vehicle", vehicles)):
        lines, first = [], min(found)
        for count, timed in found.items():
            usual, whole = (statistics.median(timed[way]) for way in WAYS)
            figures.append((of, count, usual / statistics.median(found[first]["as always"])))
            lines.append([f"{count:,}", f"{usual:.1f}", f"{whole:.1f}", f"{whole / usual:.1f}"])
        print("\n" + table([of, *(f"ms a report, {way}" for way in WAYS), "ratio"], lines))
    return verdict([Figure(f"{count:,} {of}, to the fewest", ratio, MOST) for of, count, ratio in figures if ratio != 1])


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.lives", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    ended(lambda: asyncio.run(main(given.data)))
