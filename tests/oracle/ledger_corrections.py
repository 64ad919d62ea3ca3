"""This module is in charge of what is told otherwise in worlds that the ledger made: corrections, corrections of those, and what is told late of a battery
that was taken apart or made into something, which its items and products are told of by their beginnings.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from resolvers.database.pool import Database
from resolvers.ledger.events import EventType
from resolvers.ledger.recording.inputs import read_report
from resolvers.ledger.recording.record import record
from resolvers.ledger.recording.report import Recorded, Report, Reporter, Sale
from tests.oracle import names
from tests.oracle.setting import World

E: Final = EventType
HOUR: Final = timedelta(hours=1)
TRIES: Final = 4
NEWEST: Final = 6
"""So many of a type are corrected sooner than others: of what came long ago others have gone by since."""
# What a correction says otherwise, beside time and parties.
OTHERWISE: Final[Mapping[EventType, Mapping[str, tuple[Any, ...]]]] = {
    E.HANDED_OVER: {"purpose": ("COLLECTION", "UTILIZATION"), "declaredMassKg": (405.0, 410.0)},
    E.RECEIVED: {"measuredMassKg": (300.0, 400.0, 409.0), "condition": ("DENTED", "SOUND")},
    E.SOLD: {},
    E.INSTALLED: {"position": (1, 2)},
    E.HEALTH_MEASURED: {"stateOfHealth": (55.0, 79.5, 88.5), "cycleCount": (7, 900), "method": ("BMS", "BENCH")},
    E.SAFETY_EVENT: {"severity": ("MINOR", "SERIOUS", "CRITICAL"), "kind": ("FIRE", "LEAK")},
    E.RECALLED: {"recall": ("R", "S"), "hazard": ("h", "i")},
    E.RETIRED: {"reason": ("worn", "torn"), "safetyClass": ("NORMAL", "ATTENTION", "HAZARDOUS")},
    E.GRADED: {"grade": ("A", "B"), "capacityAh": (99.0, 120.25)},
    E.SWAP_IN: {},
    E.SWAP_OUT: {},
    E.VEHICLE_SOLD: {},
    E.REPORTED_MISSING: {"circumstances": ("gone", "stolen")},
}  # fmt: skip
BEGINNINGS: Final = frozenset({"PRODUCED", "RELEASED"})
"""What nobody corrects: the ledger tells it again, where what was told of what it is of is told otherwise."""
AGAIN: Final = "AGAIN"
COUNTED: Final = frozenset({"HANDED_OVER", "RECEIVED", "SOLD", "INSTALLED", "HEALTH_MEASURED", "SAFETY_EVENT", "RECALLED"}) | BEGINNINGS
"""What the worlds of a run have corrections of."""
_STANDING: Final = """
select e.code, e.seq, e.type, e.occurred_at, e.reporter, e.counterparty, e.vin, e.details from battery.event e
where e.recorded_at <= $1 and e.type = any($2::text[]) and not exists (select from battery.event c where c.code = e.code and c.corrects = e.seq)
order by e.recorded_at, e.code, e.seq"""
_OF_LEDGER: Final = ("batchId", "massKg", "chemistry", "version")
"""What the ledger keeps with a batch beside what was reported of it."""
_ENDED: Final = "select code, maker, status from battery.pack where status = any(array['DISMANTLED', 'REPROCESSED', 'RECYCLED']) order by code"


def sold_in(province: str, owner: str) -> dict[str, Any]:
    """What VEHICLE_SOLD says of the sale, as its report is read: it happens where the vehicle is registered."""
    return {"sale": Sale(province + "0000", owner), "province": province}


def told_otherwise(world: World) -> Counter[str]:
    """The corrections of a world by the type of their events; under AGAIN those of corrections, whatever they are of."""
    events = {(row["code"], row["seq"]): row for row in world.tables["battery.event"]}
    found = [row for row in events.values() if row["corrects"] is not None]
    again = sum(events[row["code"], row["corrects"]]["corrects"] is not None for row in found if row["type"] not in BEGINNINGS)
    return Counter({**Counter(row["type"] for row in found), AGAIN: again})


class Lives(Protocol):
    """What is corrected; `last` is when the last was recorded."""

    database: Database
    last: datetime

    def report(self, kind: EventType, code: str, at: datetime, **more: Any) -> Report:
        """A report under a reference of its own."""

    def reporter(self, party: str) -> Reporter:
        """The party in the roles that it has."""


class Corrections:
    """Corrections drawn by chance, by whoever told what they correct: some are refused, as others went by it."""

    def __init__(self, lives: Lives, seed: int) -> None:
        self.lives = lives
        # Drawn by itself, as what is wrong is.
        self.random = random.Random(f"corrections {seed}")

    async def happen(self, at: datetime) -> None:
        """What is told otherwise at this moment, if anything."""
        if self.random.random() < 0.25:
            await self._tell_late(at)
        if self.random.random() < 0.6:
            await self._correct(at)
        if self.random.random() < 0.3:
            await self._correct_batch(at)

    async def _correct(self, at: datetime) -> None:
        events = await self._fetch(_STANDING, at, [str(each) for each in OTHERWISE])
        for _ in range(TRIES if events else 0):
            kind = self.random.choice(sorted({row["type"] for row in events}))
            of_kind = [row for row in events if row["type"] == kind]
            event = self.random.choice(of_kind[-NEWEST:] if self.random.random() < 0.7 else of_kind)
            if await self._told(event["reporter"], self._otherwise(E(kind), event, at), at):
                return

    def _otherwise(self, kind: EventType, event: Any, at: datetime) -> Report:
        """The event, told with another time, other details or another party."""
        details = json.loads(event["details"])
        for name, values in OTHERWISE[kind].items():
            if self.random.random() < 0.7:
                details[name] = self.random.choice(values)
        moved = self.random.choice((timedelta(), timedelta(), -HOUR, HOUR, -30 * 24 * HOUR))
        counterparty, vin = event["counterparty"], event["vin"]
        if kind in (E.SOLD, E.HANDED_OVER) and self.random.random() < 0.6:
            counterparty = self.random.choice([each for each in names.COMPANIES if each != event["reporter"]])
        if kind in (E.INSTALLED, E.SWAP_IN) and self.random.random() < 0.6:
            vin = self.random.choice(names.VINS[:5])
        more = {"details": details, "counterparty": counterparty, "vin": vin, "corrects": event["seq"]}
        if kind is E.VEHICLE_SOLD:
            more |= sold_in(self.random.choice(names.PROVINCES), self.random.choice(("COMPANY", "PRIVATE")))
        return self.lives.report(kind, event["code"], min(event["occurred_at"] + moved, at), **more)

    async def _correct_batch(self, at: datetime) -> None:
        """A plant says other figures of one of its batches: of lithium, of energy, of what went in."""
        told = [row for row in await self._fetch(_STANDING, at, ["RECYCLED"]) if "steps" in row["details"]]
        if not told:
            return
        event = self.random.choice(told)
        details = {name: value for name, value in json.loads(event["details"]).items() if name not in _OF_LEDGER}
        (step,), (item,), share = details["steps"], details["inputs"], self.random.choice((0.95, 0.99, 1.0))
        item["massKg"] *= share
        for name in ("inputKg", "outputKg", "residueKg"):
            step[name] *= share
        (lithium,) = step["assays"]
        lithium["recoveredKg"], lithium["residueKg"] = lithium["inputKg"] * share, lithium["inputKg"] * (1 - share)
        details["energyKwh"] = self.random.choice((1.5, 20.0, 300.0))
        report = self.lives.report(E.RECYCLED, event["code"], event["occurred_at"])
        values = {"occurredAt": event["occurred_at"].isoformat(), "clientReference": report.client_reference, "corrects": event["seq"], **details}
        await self._told(event["reporter"], read_report(E.RECYCLED, values), at)

    async def _tell_late(self, at: datetime) -> None:
        """The maker tells of a battery whose life is over what its items and products have to be told of."""
        ended = await self._fetch(_ENDED)
        if not ended:
            return
        pack = self.random.choice(ended)
        kind = self.random.choice((E.SAFETY_EVENT, E.RECALLED, E.RECALL_REMEDIED))
        details = {name: self.random.choice(values) for name, values in OTHERWISE.get(kind, {}).items()}
        details |= {"description": "S"} if kind is E.SAFETY_EVENT else {}
        if kind is E.RECALL_REMEDIED:
            details = {"recall": self.random.choice("RS"), "remedy": "r"}
        await self._told(pack["maker"], self.lives.report(kind, pack["code"], at - self.random.choice((0, 5)) * HOUR, details=details), at)

    async def _told(self, party: str, report: Report, at: datetime) -> bool:
        (told,) = await record(self.lives.database, self.lives.reporter(party), [report], at)
        if isinstance(told, Recorded):
            self.lives.last = max(self.lives.last, at)
        return isinstance(told, Recorded)

    async def _fetch(self, query: str, *args: Any) -> list[Any]:
        async with self.lives.database.transaction("admin") as connection:
            return list(await connection.fetch(query, *args))
