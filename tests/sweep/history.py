"""Ledgers with a history: what the anomalies' bench put together, reported late and corrected at random, and what was known of it at a moment."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from resolvers.ledger.deadlines import local_day
from resolvers.ledger.enterprise_rows import Licence, Outlet
from resolvers.ledger.events import EVENTS
from resolvers.ledger.finding_rows import Claim
from resolvers.ledger.notices.rows import Notice
from resolvers.ledger.recovery.rows import RecoveryAssay, RecoveryBatch, RecoveryInput, RecoveryOutput, RecoveryStep
from resolvers.ledger.register_rows import NormListing
from resolvers.ledger.rows import Event, Health, Pack, SafetyEvent, Vehicle
from tests.recording.world import code, vin
from tests.sweep.anomalies import CASES
from tests.sweep.bench import NOW, Bench, E

FACTS: tuple[Any, ...] = (Event, Claim, Health, SafetyEvent, RecoveryBatch, Notice)
MASSES: tuple[Any, ...] = (RecoveryInput, RecoveryOutput, RecoveryStep, RecoveryAssay)
REGISTERS: tuple[Any, ...] = (Outlet, NormListing, Licence, Vehicle, Pack)
FIRMS_OWN: tuple[Any, ...] = (Outlet, NormListing, Licence)
STRIDE = 200
# What a correction may make of a number that was told.
FACTORS = (0.9, 0.97, 1.0, 1.05)


def told(rng: random.Random, names: Iterable[str]) -> list[Any]:
    """The rows of these anomalies side by side, each of its own packs, vehicles and batches, with late reports and corrections."""
    rows: dict[Any, Any] = {}
    for place, name in enumerate(names):
        bench = Bench()
        CASES[name][0](bench)
        for number, row in enumerate(_moved(bench.rows, place)):
            rows.setdefault(_place(row) or (place, number), row)
    late = [row._replace(recorded_at=_later(rng, row)) if isinstance(row, FACTS) and rng.random() < 0.3 else row for row in rows.values()]
    lives: dict[str, list[Event]] = {}
    for row in late:
        if isinstance(row, Event):
            lives.setdefault(row.code, []).append(row)
    rest = [row for row in late if not isinstance(row, Event)]
    return [*rest, *(event for life in lives.values() for event in _corrected(rng, life))]


def known(rows: Iterable[Any], moment: datetime) -> list[Any]:
    """What a ledger holds that ends at the moment and never heard of a correction: each event as it was last told, under the number of that."""
    there = [row for row in rows if not isinstance(row, FACTS) or row.recorded_at <= moment]
    batches = {row.id for row in there if isinstance(row, RecoveryBatch)}
    there = [row for row in there if not isinstance(row, MASSES) or row.batch_id in batches]
    roots: dict[tuple[str, int], tuple[str, int]] = {}
    last: dict[tuple[str, int], Event] = {}
    for event in sorted((row for row in there if isinstance(row, Event)), key=lambda row: (row.code, row.seq)):
        here = (event.code, event.seq)
        roots[here] = here if event.corrects is None else roots[event.code, event.corrects]
        last[roots[here]] = event
    return [*(row for row in there if not isinstance(row, Event)), *(each._replace(corrects=None) for each in last.values())]


def late(rows: Iterable[Any], moment: datetime) -> set[tuple[str, str, int, int]]:
    """Who reported more than one in twenty late, of twenty or more in a month that was over: the enterprise, the month, its reports and the late ones."""
    made: dict[tuple[str, str], list[bool]] = {}
    for row in rows:
        counts = row.due_on is not None if isinstance(row, Event) else isinstance(row, Notice) and row.type == "CODE_FILED"
        if counts and row.recorded_at <= moment and row.corrects is None:
            made.setdefault((row.reporter, f"{local_day(row.recorded_at):%Y-%m}"), []).append(row.late)
    over = f"{local_day(moment):%Y-%m}"
    return {(*key, len(each), sum(each)) for key, each in made.items() if key[1] < over and len(each) >= 20 and sum(each) * 20 > len(each)}


def _moved(rows: Sequence[Any], place: int) -> list[Any]:
    """The same with other packs, vehicles and batches."""
    names = {code(number): code(number + place * STRIDE) for number in range(1, STRIDE)}
    names |= {vin(number): vin(number + place * STRIDE) for number in range(1, STRIDE)}
    # A pack under other codes than those of the tests' maker is another one, too.
    names |= {row.code: f"{row.code[:-7]}{int(row.code[-7:]) + place * STRIDE:07}" for row in rows if isinstance(row, Pack)}
    batches = {row.id for row in rows if isinstance(row, RecoveryBatch)}

    def other(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: f"{value}-{place}" if key == "batch" else other(value) for key, value in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(other(each) for each in value)
        return (f"{value}-{place}" if value in batches else names.get(value, value)) if isinstance(value, str) else value

    return [_elsewhere(row, place) if isinstance(row, Notice) else row if isinstance(row, FIRMS_OWN) else type(row)(*map(other, row)) for row in rows]


def _elsewhere(filing: Notice, place: int) -> Notice:
    """The same in a history of its own."""
    return filing._replace(entity=f"{filing.entity}-{place}")


def _place(row: Any) -> Any:
    """What makes a row of a register the same as another anomaly's."""
    if isinstance(row, Outlet):
        return (Outlet, row.uscc, row.number)
    return (type(row), *row[:2]) if isinstance(row, (NormListing, Licence)) else None


def _later(rng: random.Random, row: Any) -> Any:
    return min(row.recorded_at + timedelta(days=rng.expovariate(1 / 25)), NOW + timedelta(days=rng.randint(1, 20)))


def _corrected(rng: random.Random, life: Sequence[Event]) -> list[Event]:
    """The events of a pack and corrections of some, of corrections too, numbered in the order in which they were recorded."""
    chains: list[list[Event]] = []
    moments = Counter(event.occurred_at for event in life)
    for event in life:
        chain = [event]
        while rng.random() < 0.2:
            # Of one moment events stand by their numbers, and a ledger that never heard of a correction has other numbers.
            other = _other(rng, chain[-1], 0 if moments[chain[-1].occurred_at] > 1 else rng.randrange(3))
            chain.append(other._replace(recorded_at=chain[-1].recorded_at + timedelta(hours=1, days=rng.expovariate(1 / 10))))
        chains.append(chain)
    order = sorted(((each.recorded_at, at, step) for at, chain in enumerate(chains) for step, each in enumerate(chain)))
    numbers = {(at, step): seq for seq, (_moment, at, step) in enumerate(order, 1)}
    # A correction may name what was told first or what corrected it last.
    return [chains[at][step]._replace(seq=numbers[at, step], corrects=numbers[at, rng.choice((0, step - 1))] if step else None) for _moment, at, step in order]


def _other(rng: random.Random, event: Event, what: int) -> Event:
    """What the event is told to have been instead: at another time (0), with other masses (1), or something else altogether."""
    match what:
        case 0:
            return event._replace(occurred_at=event.occurred_at - timedelta(hours=rng.randint(1, 100), microseconds=rng.randrange(10**6)))
        case 1:
            details = {key: value * rng.choice(FACTORS) if isinstance(value, float) else value for key, value in event.details.items()}
            return event._replace(details=details, late=not event.late)
        case _:
            return event._replace(type=E.MAINTAINED, category=EVENTS[E.MAINTAINED].category, counterparty=None, details={"work": "INSPECTION"})
