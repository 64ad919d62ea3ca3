"""A small registry for the tests of recording: firms of every role, one model, and the reports of a pack's life as short words."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from resolvers.database.pool import Database
from resolvers.database.recording_write import insert
from resolvers.identifiers import BatteryType, ProductType, make_battery_code, make_credit_code, make_vin
from resolvers.ledger.enterprise_rows import Enterprise, EnterpriseRole
from resolvers.ledger.events import EventType
from resolvers.ledger.recording.record import record
from resolvers.ledger.recording.report import NewPack, NewVehicle, Outcome, Report, Reporter, Sale
from resolvers.ledger.rows import ManufacturerCode, Model
from resolvers.ledger.seed import seed_rules

E = EventType
DAY_0 = datetime(2026, 5, 6, 8, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
PROVINCES = {"maker": "35", "maker2": "32", "oem": "31", "oem2": "50", "swap": "44", "repair": "44", "scrap": "43", "recycler": "42", "recycler2": "36"}
ROLES = {"maker": "BM", "maker2": "BM", "oem": "OEM", "oem2": "OEM", "swap": "SW", "repair": "RS", "scrap": "SD", "recycler": "CU", "recycler2": "CU"}
FIRMS = {
    name: make_credit_code(f"{province}0000", f"MAREC{number:03}", authority="9", entity_class="1") for number, (name, province) in enumerate(PROVINCES.items())
}
MODEL = "REC-60"
CAR = NewVehicle("Test One", "BEV", False, date(2026, 5, 6))
SWAP_CAR = NewVehicle("Test Swap", "BEV", True, date(2026, 5, 6))


def code(number: int, made: date = date(2026, 5, 6)) -> str:
    return make_battery_code("0R1", ProductType.PACK, BatteryType.LITHIUM_IRON_PHOSPHATE, "3K", made, number, traceability_code="00021A5")


def vin(number: int) -> str:
    return make_vin("L0R", "DEMTN", 2026, "A", number)


def reporter(name: str) -> Reporter:
    return Reporter(FIRMS[name], frozenset({ROLES[name]}))


async def registered(database: Database) -> None:
    """The rules, the firms, and the one model."""
    await seed_rules(database)
    day = date(2020, 1, 1)
    async with database.transaction("ledger") as connection:
        rows: list[Sequence[Any]] = [
            [Enterprise(FIRMS[name], "Test " + name, None, each, each + "0000", "ACTIVE", day, None, None, NOW) for name, each in PROVINCES.items()],
            [EnterpriseRole(FIRMS[name], role, day, None) for name, role in ROLES.items()],
            [ManufacturerCode("0R1", FIRMS["maker"], day, None)],
            [Model(MODEL, FIRMS["maker"], "Sixty", "LFP", "PRISMATIC", 60.0, 180.0, 333.0, 420.0, 0, 104, day, None, NOW)],
        ]
        for each in rows:
            await insert(connection, each)


@dataclass
class Book:
    """Reports of packs by short words: `at` is in days after DAY_0, every report has a reference of its own."""

    database: Database
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def report(self, at: float, kind: EventType, number: int = 1, **more: Any) -> Report:
        to = more.pop("to", None)
        if kind is E.PRODUCED:
            more.setdefault("pack", NewPack(MODEL))
        reference = more.pop("reference", None) or f"r{next(self.numbers)}"
        return Report(kind, code(number), DAY_0 + timedelta(days=at), reference, counterparty=FIRMS.get(to, to), **more)

    async def tell(self, by: str, *reports: Report, moment: datetime = NOW, validate_only: bool = False) -> list[Outcome]:
        return await record(self.database, reporter(by), reports, moment, validate_only=validate_only)

    async def one(self, by: str, at: float, kind: EventType, number: int = 1, **more: Any) -> Outcome:
        moment, validate_only = more.pop("moment", NOW), more.pop("validate_only", False)
        return (await self.tell(by, self.report(at, kind, number, **more), moment=moment, validate_only=validate_only))[0]

    async def in_service(self, number: int = 1, car: str | None = None, *, until: float = 12) -> str:
        """A pack in a car that is sold; its VIN."""
        car = car or vin(number)
        life = (
            ("maker", 0.1, E.PRODUCED, {}), ("maker", 3, E.SOLD, {"to": "oem"}), ("oem", 5, E.INSTALLED, {"vin": car, "vehicle": CAR}),
            ("oem", until, E.VEHICLE_SOLD, {"vin": car, "province": "44", "sale": Sale("440300", "PRIVATE")}),
        )  # fmt: skip
        for by, at, kind, more in life:
            told = await self.one(by, at, kind, number, **more)
            assert not hasattr(told, "message"), told
        return car


async def rows(database: Database, statement: str, *args: object) -> list[dict[str, Any]]:
    async with database.transaction("system") as connection:
        return [dict(row) for row in await connection.fetch(statement, *args)]
