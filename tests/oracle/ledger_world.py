"""This module is in charge of worlds that the ledger made: the registry of a drawn world, and lives that its companies reported by `record()`.

Drawn worlds are untidier than any ledger (world.py); these have what only a ledger writes: grants, legs, readers and findings that belong together.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from resolvers.database.pool import Database
from resolvers.database.sql import ident, join, text
from resolvers.database.sweep_write import change
from resolvers.identifiers import ProductType, parse_battery_code
from resolvers.ledger.events import EVENTS, EventType
from resolvers.ledger.recording.inputs import read_report
from resolvers.ledger.recording.record import record
from resolvers.ledger.recording.report import NewModule, NewPack, NewVehicle, Recorded, ReleasedItem, Report, Reporter
from resolvers.ledger.seed import seed_rules
from resolvers.ledger.states import MOVES
from tests.oracle import names, world
from tests.oracle.ledger_corrections import Corrections, sold_in
from tests.oracle.loading import load
from tests.oracle.setting import GRACE, MOMENT, Rows, World
from tests.oracle.world import DAY, SECOND, TABLES

E: Final = EventType
KEPT: Final = frozenset({"battery.model", "battery.model_material", "battery.model_dismantling"})
BESIDE: Final = (
    "battery.change", "battery.claim", "battery.evidence", "battery.finding_state", "battery.kept_state",
    "enterprise.client_reference", "platform.outbox", "battery.manufacturer_code",
)  # fmt: skip
COLUMNS: Final = {name: tuple(next(rows[0] for rows in (world.make(seed).tables[name] for seed in range(40)) if rows)) for name in TABLES}
STEPS: Final = 90
MODULES: Final = 3
TRIES: Final = 3
ENDS: Final = frozenset({E.EXPORTED, E.DISPOSED, E.RECYCLED, E.REPORTED_MISSING})
"""What would end most lives early, and is drawn seldom."""
RETURNS: Final = {"MISSING": (E.FOUND,), "IN_TRANSIT": (E.REJECTED,), "REMOVED": (E.REINSTALLED,)}
"""What leads back where the pack was; all else is in the register of moves."""
# When things happen: in between, and on the edges of the window of whoever held a pack.
EDGES: Final = (MOMENT - GRACE - SECOND, MOMENT - GRACE, MOMENT - GRACE + SECOND, MOMENT - 2 * DAY, MOMENT - SECOND)
LATES: Final = (timedelta(), timedelta(), SECOND, 40 * DAY)
CAR: Final = NewVehicle("Swift", "BEV", True, date(2025, 1, 1))
GRADE: Final = {"method": "HPPC", "capacityAh": 120.25, "resistanceMohm": 1.5, "insulationMohm": 500.0, "grade": "B", "route": "RECYCLE_INTO_MATERIAL"}
DETAILS: Final[dict[EventType, dict[str, Any]]] = {
    E.GRADED: GRADE, E.RETIRED: {"reason": "worn"}, E.HANDED_OVER: {"purpose": "COLLECTION", "declaredMassKg": 410.0}, E.RECEIVED: {"measuredMassKg": 400.0},
    E.REJECTED: {"reason": "no room"}, E.POOLED: {"pool": "P"}, E.REINSTALLED: {"reason": "spare", "pool": "P"}, E.REPLACED: {"workOrder": "W"},
    E.MAINTAINED: {"work": "x"}, E.VEHICLE_SCRAPPED: {"packFound": True, "certificate": "C"},
    E.SAFETY_EVENT: {"kind": "FIRE", "severity": "MINOR", "description": "S"},
    E.HEALTH_MEASURED: {"stateOfHealth": 88.5, "method": "BMS"}, E.REPORTED_MISSING: {"circumstances": "gone"}, E.FOUND: {"circumstances": "there"},
    E.DISPOSED: {"residueType": "R", "permit": "P"}, E.EXPORTED: {"country": "DE", "hsCode": "850760", "customsDeclaration": "2"},
    E.RECALLED: {"recall": "R", "hazard": "h"}, E.RECALL_REMEDIED: {"recall": "R", "remedy": "r"},
}  # fmt: skip
MADE_ANEW: Final = "M-ANEW"
"""The model of products."""
LAWFUL: Final = {"fieldOfUse": "STATIONARY_STORAGE", "standard": "GB/T 36276-2023", "testReport": "T"}
WASTE: Final = ("RETIRED", "STORED", "IN_TRANSIT", "GRADED")
DECIDED: Final = ("EXPLAINED", "CONFIRMED", "CLOSED", "OPEN")
REPORTED: Final = (E.SOLD, E.INSTALLED, E.VEHICLE_SOLD, *DETAILS, E.RECYCLED, E.SWAP_IN, E.SWAP_OUT, E.PACK_DETACHED, E.DISMANTLED, E.OWNER_CHANGED)


async def make(database: Database, seed: int) -> World:
    """The world of that seed, as the database holds it afterwards."""
    return (await make_with_past(database, seed, 0))[0]


async def make_with_past(database: Database, seed: int, moments: int) -> tuple[World, dict[datetime, World]]:
    """The world of that seed, and so many times what its tables held when everything that was recorded by a moment had been recorded, and no more.

    Where moments are asked for, little is recorded late: what was recorded by one has to be told before what was recorded after it.
    """
    drawn = world.make(seed)
    registry = {name: rows if (name.startswith("enterprise.") and ".case_" not in name) or name in KEPT else [] for name, rows in drawn.tables.items()}
    # The codes of the worlds are those of lithium iron phosphate.
    # They have modules, which come out of them.
    models = [{**row, "chemistry": "LFP", "module_count": MODULES} for row in registry["battery.model"]]
    registry["battery.model"] = [*models, {**models[0], "id": MADE_ANEW, "maker": names.MAKER_OF_PRODUCTS, "module_count": 0, "mass_kg": 210.0}]
    await _emptied(database)
    await load(database, World(seed, registry, drawn.parties))
    lives = _Lives(database, drawn, seed, moments)
    await lives.live()
    return await _held(database, drawn), lives.past


async def _held(database: Database, drawn: World) -> World:
    return World(drawn.seed, {name: await _rows(database, name) for name in TABLES}, drawn.parties)


async def _emptied(database: Database) -> None:
    await seed_rules(database)
    async with database.transaction("admin") as connection:
        for name in BESIDE:
            await connection.execute((text("delete from ") + ident(*name.split("."))).compile().text)


async def _rows(database: Database, name: str) -> Rows:
    columns = join(", ", [ident(each) for each in COLUMNS[name]])
    async with database.transaction("admin") as connection:
        found = await connection.fetch((text("select ") + columns + text(" from ") + ident(*name.split("."))).compile().text)
    return [dict(row) for row in found]


def inside(code: str) -> tuple[NewModule, ...]:
    """The modules of a pack, with all cells of its model."""
    return tuple(NewModule(names.module_code(code, place), 32, 30.5) for place in range(1, MODULES + 1))


class _Lives:
    """Reports drawn by chance, by whoever could send them: much is refused, and what is not makes the world."""

    def __init__(self, database: Database, drawn: World, seed: int, moments: int) -> None:
        self.database, self.drawn, self.random = database, drawn, random.Random(seed)
        self.moments, self.lates = moments, LATES[:3] if moments else LATES
        self.last = MOMENT - 398 * DAY
        self.past: dict[datetime, World] = {}
        self.model = drawn.tables["battery.model"][0]
        self.roles: dict[str, frozenset[str]] = {}
        for each in drawn.parties[: len(names.COMPANIES)]:
            self.roles[each.uscc] = frozenset(each.roles)
        # What is wrong is drawn by itself: nothing else of the world depends on it.
        self.wrongs = random.Random(f"wrongs {seed}")
        self.corrections = Corrections(self, seed)
        self.number = 0

    async def live(self) -> None:
        maker = self.model["maker"]
        async with self.database.transaction("admin") as connection:
            allotted = [("0A1", maker, names.MADE), ("0R2", names.MAKER_OF_PRODUCTS, names.MADE)]
            await connection.executemany("insert into battery.manufacturer_code (code, uscc, valid_from) values ($1, $2, $3)", allotted)
            await connection.execute("update enterprise.enterprise set status = 'ACTIVE'")
        # A pack has a pack's code; modules come out of some.
        packs = [each for each in names.CODES if parse_battery_code(each).product_type is ProductType.PACK]
        codes = packs[: self.random.randint(8, len(packs))]
        begun = [self.report(E.PRODUCED, code, MOMENT - 400 * DAY, pack=NewPack(self.model["id"], modules=inside(code))) for code in codes]
        told = await record(self.database, self.reporter(maker), begun, MOMENT - 399 * DAY)
        assert all(isinstance(each, Recorded) for each in told), told
        await self.drive(codes)
        await self.take_apart(codes[5:7])
        await self.make_anew(codes[7], names.PRODUCT)
        times = sorted([*(MOMENT - self.random.uniform(1, 398) * DAY for _ in range(STEPS)), *(edge for edge in EDGES for _ in range(4))])
        for place, at in enumerate(times):
            # The moment is the very one at which the last was recorded.
            due = len(self.past) < self.moments and place >= (len(self.past) + 1) * len(times) // (self.moments + 1)
            if due and self.last < at and self.last not in self.past:
                self.past[self.last] = await _held(self.database, self.drawn)
            await self.step(at)
            await self.corrections.happen(at)
            if self.moments:
                await self.do_wrong(at)
                await self.decide(at)

    async def drive(self, codes: Sequence[str]) -> None:
        """Some of the packs begin in vehicles."""
        makers = [party for party, roles in self.roles.items() if "OEM" in roles]
        for code, vin in zip(codes, names.VINS[:5], strict=False):
            automaker = self.random.choice(makers)
            sold = self.report(E.SOLD, code, MOMENT - 399.5 * DAY, counterparty=automaker)
            car = CAR if self.random.random() < 0.5 else NewVehicle("Crane", "PHEV", False, date(2025, 1, 1))
            installed = self.report(E.INSTALLED, code, MOMENT - 399 * DAY, vin=vin, vehicle=car)
            # Who makes both does not sell to itself: then the pack stays where it was.
            for by, each in ((self.model["maker"], sold), (automaker, installed)):
                await record(self.database, self.reporter(by), [each], MOMENT - 398.5 * DAY)

    async def take_apart(self, codes: Sequence[str]) -> None:
        """Some come to a recycler, which takes them apart: what comes out of them lives on by itself."""
        pools, recyclers = ([party for party, roles in self.roles.items() if role in roles] for role in ("SW", "CU"))
        for code in codes:
            recycler = self.random.choice(recyclers)
            items = tuple(ReleasedItem(each.code) for each in self.random.sample(inside(code), self.random.randint(1, MODULES)))
            await self.brought(code, self.random.choice(pools), recycler, (E.DISMANTLED, {"released": items}))

    async def make_anew(self, code: str, product: str) -> None:
        """One is tested, and goes into a product of whoever makes such."""
        pool = self.random.choice([party for party, roles in self.roles.items() if "SW" in roles and party != names.MAKER_OF_PRODUCTS])
        await self.brought(code, pool, names.MAKER_OF_PRODUCTS, (E.GRADED, {}))
        made = self.report(E.REPROCESSED, product, MOMENT - 399.2 * DAY, pack=NewPack(MADE_ANEW), details=LAWFUL, sources=(code,))
        await record(self.database, self.reporter(names.MAKER_OF_PRODUCTS), [made], MOMENT - 399 * DAY)

    async def brought(self, code: str, pool: str, recycler: str, last: tuple[EventType, dict[str, Any]]) -> None:
        """A pack comes from a pool to a recycler, which does that to it."""
        life: tuple[tuple[EventType, str, dict[str, Any]], ...] = (
            (E.SOLD, self.model["maker"], {"counterparty": pool}), (E.POOLED, pool, {}), (E.RETIRED, pool, {}),
            (E.HANDED_OVER, pool, {"counterparty": recycler}), (E.RECEIVED, recycler, {}), (last[0], recycler, last[1]),
        )  # fmt: skip
        for place, (kind, by, more) in enumerate(life):
            # One that is two of these does not hand on to itself: then the pack stays where it was.
            at = MOMENT - (399.9 - place / 10) * DAY
            await record(self.database, self.reporter(by), [self.report(kind, code, at, **more)], MOMENT - 399 * DAY)

    def reporter(self, party: str) -> Reporter:
        return Reporter(party, self.roles[party])

    def report(self, kind: EventType, code: str, at: datetime, **more: Any) -> Report:
        self.number += 1
        return Report(kind, code, at, f"{self.number}", more.pop("details", DETAILS.get(kind, {})), **more)

    def recycled(self, pack: Any, at: datetime) -> Report:
        """A batch of this item alone, whose balance closes."""
        self.number += 1
        kg = pack["mass_kg"]
        lithium = {"element": "Li", "inputKg": kg / 100, "recoveredKg": kg / 105, "residueKg": kg / 100 - kg / 105}
        begun, done = ((at - hours * DAY / 24).isoformat() for hours in (9, 1))
        step = {
            "name": "LEACHING", "kind": "CHEMICAL", "startedAt": begun, "finishedAt": done, "inputKg": kg, "outputKg": kg * 0.9, "residueKg": kg * 0.1,
            "weighingSlips": [f"W-{self.number}"], "assays": [lithium],
        }  # fmt: skip
        told = {
            "occurredAt": at.isoformat(), "clientReference": f"{self.number}", "batch": f"B-{self.number}", "process": "HYDROMETALLURGICAL", "energyKwh": 1.5,
            "inputs": [{"code": pack["code"], "massKg": kg}], "steps": [step], "outputs": [{"material": "COPPER", "massKg": kg / 10}],
            "residues": [{"material": "SLAG", "massKg": kg / 20}],
        }  # fmt: skip
        return read_report(E.RECYCLED, told)

    async def step(self, at: datetime) -> None:
        """Something happens to some pack: by its holder, its next one, or somebody who has to do with its vehicle."""
        async with self.database.transaction("admin") as connection:
            packs = await connection.fetch("select code, status, custodian, vin, maker, parent, is_product, mass_kg from battery.pack order by code")
            vehicles = {row["vin"]: row["automaker"] for row in await connection.fetch("select vin, automaker from vehicle.vehicle order by vin")}
            offered = {row["code"]: row["holder"] for row in await connection.fetch("select code, holder from battery.custody where outcome = 'PENDING'")}
        pack = self.random.choice(packs)
        ended = 0.1 if pack["parent"] is None else 0.4
        able = [kind for kind in REPORTED if (kind, pack["status"]) in MOVES and (kind not in ENDS or self.random.random() < ended)]
        able += RETURNS.get(pack["status"], ())
        kinds = self.random.sample(able, min(TRIES, len(able)))
        late = self.random.choice(self.lates)
        for kind in kinds:
            by = self.by(kind, pack, vehicles, offered)
            if by is None or not self.roles[by] & EVENTS[kind].reporters:
                continue
            more: dict[str, Any] = {}
            if kind in (E.INSTALLED, E.SWAP_IN):
                more["vin"] = self.random.choice(names.VINS[:5])
                more |= {"vehicle": CAR} if kind is E.INSTALLED and more["vin"] not in vehicles else {}
            elif kind in (E.VEHICLE_SOLD, E.SWAP_OUT, E.REPLACED, E.VEHICLE_SCRAPPED, E.PACK_DETACHED, E.MAINTAINED) or pack["status"] == "IN_SERVICE":
                more["vin"] = pack["vin"]
            if kind is E.VEHICLE_SOLD:
                more |= sold_in(self.random.choice(names.PROVINCES), "COMPANY")
            if kind in (E.SOLD, E.HANDED_OVER) or (kind is E.VEHICLE_SOLD and self.random.random() < 0.5):
                more["counterparty"] = self.random.choice([each for each in names.COMPANIES if each != by])
            if kind is E.DISMANTLED and pack["parent"] is None and not pack["is_product"]:
                more["released"] = tuple(ReleasedItem(each.code) for each in self.random.sample(inside(pack["code"]), self.random.randint(1, MODULES)))
            report = self.recycled(pack, at) if kind is E.RECYCLED else self.report(kind, pack["code"], at, **more)
            (told,) = await record(self.database, self.reporter(by), [report], at + late)
            if isinstance(told, Recorded):
                self.last = max(self.last, at + late)
                return

    async def do_wrong(self, at: datetime) -> None:
        """Now and then somebody tries what is refused, and found: waste is exported, a pack goes to a firm that nobody knows, a code is given twice."""
        if self.wrongs.random() < 0.6:
            return
        async with self.database.transaction("admin") as connection:
            found = await connection.fetch(
                "select code, status, custodian from battery.pack where custodian is not null and parent is null and not is_product order by code"
            )
        if not found:
            return
        pack = self.wrongs.choice(found)
        by, kind, more = str(pack["custodian"]), E.HANDED_OVER, {"counterparty": names.ANYBODY}
        if pack["status"] in WASTE:
            kind, more = self.wrongs.choice([(kind, more), (E.EXPORTED, {})])
        elif self.wrongs.random() < 0.5:
            by, kind, more = self.model["maker"], E.PRODUCED, {"pack": NewPack(self.model["id"], modules=inside(pack["code"]))}
        await record(self.database, self.reporter(by), [self.report(kind, pack["code"], at, **more)], at)
        self.last = max(self.last, at)

    async def decide(self, at: datetime) -> None:
        """Now and then an authority says what has become of a finding."""
        async with self.database.transaction("ledger") as connection:
            found = [tuple(row) for row in await connection.fetch("select code, id from battery.finding order by code, id")]
            if found and self.wrongs.random() < 0.2:
                await change(connection, [self.wrongs.choice(found)], self.wrongs.choice(DECIDED), "seen", names.OFFICES[0], at)
                self.last = max(self.last, at)

    def by(self, kind: EventType, pack: Any, vehicles: dict[str, str], offered: dict[str, str]) -> str | None:
        if kind in (E.RECEIVED, E.REJECTED):
            return offered.get(pack["code"])
        if kind in (E.VEHICLE_SOLD, E.OWNER_CHANGED):
            return vehicles.get(pack["vin"])
        if kind is E.RECALLED:
            return str(pack["maker"])
        if pack["custodian"] is not None:
            return str(pack["custodian"])
        fit = [party for party, roles in self.roles.items() if roles & EVENTS[kind].reporters]
        return self.random.choice(fit) if fit else None
