"""A bench for the rules of the sweep: facts as they would stand in the ledger, by short words, without the ledger's law in between."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from resolvers.database.pool import Database
from resolvers.ledger.deadlines import local_day
from resolvers.ledger.enterprise_rows import Enterprise, EnterpriseRole, Licence, Outlet
from resolvers.ledger.events import EVENTS, EventType
from resolvers.ledger.finding_rows import Claim, FindingRow
from resolvers.ledger.findings.sweep.kept_findings import KeptFindings
from resolvers.ledger.findings.sweep.run import replay
from resolvers.ledger.recovery.rows import RecoveryAssay, RecoveryBatch, RecoveryInput, RecoveryOutput, RecoveryStep
from resolvers.ledger.register_rows import NormListing, SwapModel
from resolvers.ledger.rows import TABLES, Event, Health, Pack, SafetyEvent, Specification, Traceability, Vehicle
from resolvers.ledger.seed import seed_rules
from tests.recording.world import FIRMS, PROVINCES, ROLES, code, vin

E = EventType
NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
LONG_AGO = date(2010, 1, 1)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def month(number: int, day: int = 15) -> datetime:
    """Noon in Shanghai of a day of 2026."""
    return datetime(2026, number, day, 4, tzinfo=UTC)


async def put(database: Database, rows: Iterable[Any]) -> None:
    """Add rows of any tables, as the ledger."""
    by_kind: dict[Any, list[Any]] = {}
    for row in rows:
        by_kind.setdefault(type(row), []).append(row)
    async with database.transaction("ledger") as connection:
        for kind, some in by_kind.items():
            places = ", ".join(f"${n}" for n in range(1, len(kind._fields) + 1))
            statement = f"insert into {'.'.join(TABLES[kind])} ({', '.join(kind._fields)}) values ({places})"
            await connection.executemany(statement, [[_plain(value) for value in row] for row in some])


def _plain(value: Any) -> Any:
    return json.dumps(dict(value)) if isinstance(value, Mapping) else list(value) if isinstance(value, tuple) else value


@dataclass
class Bench:
    """Rows that a test puts together. Nothing in them is found unless the test makes it so."""

    rows: list[Any] = field(default_factory=list)
    lived: dict[int, int] = field(default_factory=dict)

    def pack(self, number: int, mass: float = 420.0) -> str:
        """The pack of that number, made when it is first named."""
        if number not in self.lived:
            self.lived[number] = 0
            self.rows.append(Pack(
                code(number), "REC-60", FIRMS["maker"], "LFP", 60.0, 180.0, 333.0, mass, 104, date(2026, 5, 6), "CODED", False, None, None, None, None, None,
                None, None, None, None, None, None, None, ago(300), None, None, (FIRMS["maker"],), ago(300),
            ))  # fmt: skip
        return code(number)

    def event(
        self, number: int, kind: EventType, at: datetime, by: str, *, to: str | None = None, known: timedelta = timedelta(hours=1), corrects: int | None = None,
        vin: str | None = None, province: str | None = None, due: date | None = None, late: bool = False, **details: Any,
    ) -> Event:  # fmt: skip
        """One more event of a pack."""
        self.pack(number)
        self.lived[number] += 1
        row = Event(
            code(number), self.lived[number], kind, EVENTS[kind].category, at, at + known, FIRMS[by], FIRMS[to] if to else None, vin,
            province or PROVINCES[by], due, late, corrects, details,
        )  # fmt: skip
        self.rows.append(row)
        return row

    def claim(self, number: int, kind: EventType, at: datetime, by: str, *, vin: str | None = None) -> None:
        """A report that was refused because somebody else has the pack."""
        refused = "BATTERY_NOT_REPORTABLE"
        self.rows.append(Claim(self.pack(number), FIRMS[by], kind, at, at + timedelta(hours=1), vin, PROVINCES[by], refused))

    def handed(self, number: int, at: datetime, by: str, to: str, *, declared: float = 400.0, measured: float = 400.0, purpose: str = "COLLECTION") -> None:
        """A hand-over and its receipt a day later."""
        self.event(number, E.HANDED_OVER, at, by, to=to, purpose=purpose, declaredMassKg=declared)
        self.event(number, E.RECEIVED, at + timedelta(days=1), to, measuredMassKg=measured)

    def batch(
        self, name: str, at: datetime, *packs: int, process: str = "HYDROMETALLURGICAL", put_in: float = 1000.0, out: float = 1000.0, residue: float = 0.0,
        energy: float | None = None, elements: Mapping[str, tuple[float, float]] | None = None, masses: Sequence[float] = (),
        assays: Sequence[tuple[str, float, float, float, float]] = (), declared: float = 0.0,
    ) -> None:  # fmt: skip
        """A recovery batch of the recycler; `elements` are kg put in and recovered, `assays` those of one step each, `declared` kg lost in a step."""
        operator = FIRMS["recycler"]
        told = at + timedelta(hours=1)
        self.rows.append(RecoveryBatch(name, operator, PROVINCES["recycler"], "LFP", process, at, at, told, put_in, out, residue, energy))
        for place, number in enumerate(packs):
            self.event(number, E.RECYCLED, at, "recycler", batch=name)
            self.rows.append(RecoveryInput(code(number), name, masses[place] if masses else 400.0))
        self.rows += [RecoveryOutput(name, element, *both) for element, both in (elements or {}).items()]
        self.rows += [RecoveryAssay(name, number, *each) for number, each in enumerate(assays, 1)]
        if declared:
            self.rows.append(RecoveryStep(name, 1, "shred", "MECHANICAL", at, at, put_in, out, residue, declared, "DUST", ("W1",)))

    def health(self, number: int, at: datetime, percent: float) -> None:
        seq = sum(isinstance(row, Health) and row.code == code(number) for row in self.rows) + 1
        self.rows.append(Health(self.pack(number), seq, at, at + timedelta(hours=1), FIRMS["repair"], percent, None, None, None, None, "TEST"))

    def alarm(self, number: int, at: datetime, severity: str) -> None:
        self.rows.append(SafetyEvent(self.pack(number), 1, at, at + timedelta(hours=1), FIRMS["repair"], "LEAKAGE", severity, "smell"))

    def car(self, number: int, *, model: str = "Test One", swap: bool = False, region: str = "440300") -> str:
        """A vehicle of the automaker."""
        name = vin(number)
        sold = None if swap else date(2026, 6, 1)
        self.rows.append(
            Vehicle(name, FIRMS["oem"], model, "BEV", swap, date(2026, 5, 6), sold, None, region[:2], region, "PRIVATE", (FIRMS["oem"],), ago(300))
        )
        return name

    def sold(self, number: int, at: datetime, region: str = "440300", *, car: str | None = None) -> None:
        """The vehicle that the pack is in is sold."""
        self.event(number, E.VEHICLE_SOLD, at, "oem", vin=car or self.car(number, region=region), province=region[:2])

    def outlet(self, by: str, region: str, *, opened: date = LONG_AGO, closed: date | None = None) -> None:
        number = sum(isinstance(row, Outlet) and row.uscc == FIRMS[by] for row in self.rows) + 1
        self.rows.append(Outlet(FIRMS[by], number, "Outlet", region, region[:2], "Road 1", None, opened, closed))

    def listed(self, by: str, since: date, until: date | None = None) -> None:
        self.rows.append(NormListing(FIRMS[by], f"since {since}", since, until, ago(1000)))

    def licence(self, capacity: float, since: date = LONG_AGO, until: date | None = None) -> None:
        self.rows.append(Licence(FIRMS["recycler"], f"L{since}", "COMPREHENSIVE_UTILIZATION", "Province", since, until, capacity))

    async def write(self, database: Database) -> None:
        """Put everything into the database."""
        await seed_rules(database)
        await put(database, [*_registry(), *self.rows])


def _registry() -> list[Any]:
    known = ago(3000)
    firms = [Enterprise(FIRMS[each], each, None, place, place + "0000", "ACTIVE", LONG_AGO, None, None, known) for each, place in PROVINCES.items()]
    roles = [EnterpriseRole(FIRMS[each], role, LONG_AGO, None) for each, role in ROLES.items()]
    filed = [Specification("0R1", "3K", "REC-60", "LFP", LONG_AGO), Traceability("0R1", "00021A5", "Line 1", LONG_AGO)]
    return [*firms, *roles, *filed, SwapModel(FIRMS["oem"], "Test Swap", LONG_AGO, None, ago(1000))]


def day(at: datetime) -> date:
    return local_day(at)


async def replayed(database: Database, moment: datetime) -> tuple[FindingRow, ...]:
    """All findings of a past moment, in order."""
    with KeptFindings() as kept:
        await replay(database, moment, kept)
        return tuple(kept)
