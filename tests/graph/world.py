"""This module is in charge of a small world: two makers, an automaker, a swap operator, a recycler and eight packs, each row written by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from resolvers.database.pool import Database
from resolvers.database.sql import Sql, ident, join, param, text
from resolvers.identifiers import BatteryType, ProductType, make_battery_code, make_credit_code, make_vin
from resolvers.ledger import rows as r
from resolvers.ledger.recovery import rows as rr

MAKER: Final = make_credit_code("350902", "MA2XYB1C")
RIVAL: Final = make_credit_code("440306", "MA5FKE2H")
AUTOMAKER: Final = make_credit_code("330106", "MA27WJ0T")
SWAPPER: Final = make_credit_code("310115", "MA1K4Q7B")
RECYCLER: Final = make_credit_code("430121", "MA4L9TE6")
MINISTRY: Final = make_credit_code("100000", "00001303", authority="1", entity_class="1")

NOON: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY: Final = timedelta(days=1)
MADE: Final = [date(2026, 4, 1) + DAY * (n % 5) for n in range(8)]
CODES: Final = [
    make_battery_code("0A1" if n < 5 else "0B7", ProductType.PACK, BatteryType.LITHIUM_IRON_PHOSPHATE, "3K", MADE[n], n + 1, traceability_code="00021AA")
    for n in range(8)
]
UNKNOWN: Final = make_battery_code("0A1", ProductType.PACK, BatteryType.LITHIUM_IRON_PHOSPHATE, "3K", MADE[0], 99, traceability_code="00021AA")
VINS: Final = [make_vin("LGX", "C76C3", 2026, "0", 100 + n) for n in range(3)]
# Pack 0 to 2: in vehicles; 3: the recycler has it; 4: still the maker's; 5, 6: the rival's, 6 in the swap pool; 7: recycled.
VEHICLE_OF: Final = {0: 0, 1: 1, 2: 1, 6: 2}
HOLDER: Final = {3: RECYCLER, 4: MAKER, 5: RIVAL, 6: SWAPPER, 7: RECYCLER}


def enterprises() -> Iterable[r.Enterprise]:
    names = {MAKER: "甲电池", RIVAL: "乙电池", AUTOMAKER: "丙汽车", SWAPPER: "丁换电", RECYCLER: "戊再生"}
    for uscc, name in names.items():
        region = uscc[2:8]
        yield r.Enterprise(uscc, name, None, region[:2], region, "ACTIVE", date(2015, 3, 2), "一号路", "0591-1234567", NOON)


def packs() -> Iterable[r.Pack]:
    for n, code in enumerate(CODES):
        maker = MAKER if n < 5 else RIVAL
        vehicle = VEHICLE_OF.get(n)
        used = n not in (4, 5)
        yield r.Pack(
            code, "M1" if n < 5 else "M2", maker, "LFP" if n % 2 == 0 else "NCM523", 60.0 + n, 150.0, 400.0, 430.5, 120, MADE[n],
            "IN_SERVICE" if vehicle is not None else "RECYCLED" if n == 7 else "STORED" if n == 3 else "CODED", n == 7,
            n == 6 if used else None, "BEV" if used else None, None if vehicle is None else VINS[vehicle],
            90.0 - n if used else None, 100 * n if used else None, 50.25 if used else None, NOON + DAY * n if used else None,
            "ATTENTION" if n == 3 else "NORMAL", HOLDER.get(n), MAKER if n == 3 else None, "35" if n in (3, 7) else None,
            "43" if n in (3, 7) else "35", NOON, "GB/T 45565-2025" if n == 7 else None, "X-1" if n == 7 else None,
            tuple(sorted({each.grantee for each in access() if each.code == code} | {maker})), NOON, parent=CODES[n - 1] if n in (3, 5) else None,
        )  # fmt: skip


def access() -> Iterable[r.Access]:
    grants: list[tuple[int, str, str, datetime, datetime | None]] = []
    for n in range(8):
        maker = MAKER if n < 5 else RIVAL
        holder = HOLDER.get(n)
        grants.append((n, maker, "custodian", NOON - DAY * 20, None if holder == maker else NOON - DAY * 10))
        grants.append((n, "province:35" if n < 5 else "province:44", "jurisdiction", NOON - DAY * 20, None))
        if n in VEHICLE_OF:
            grants.append((n, AUTOMAKER, "automaker", NOON - DAY * 10, None))
        if holder not in (None, maker):
            grants.append((n, holder, "custodian", NOON - DAY * 5, None))
    # Pack 2 was the recycler's for a while, and passed on to a vehicle again; it may still look back.
    grants.append((2, RECYCLER, "custodian", NOON - DAY * 9, NOON + DAY * 120))
    # Pack 5 is on offer to the recycler.
    grants.append((5, RECYCLER, "receiver", NOON, None))
    for n, grantee, relation, begins, ends in grants:
        yield r.Access(CODES[n], grantee, relation, begins, ends, MADE[n], 90.0 - n if n not in (4, 5) else None)


def vehicles() -> Iterable[r.Vehicle]:
    for n, vin in enumerate(VINS):
        readers = tuple(sorted({AUTOMAKER, *(each.grantee for each in vehicle_access() if each.vin == vin)}))
        yield r.Vehicle(vin, AUTOMAKER, "C76", "BEV", n == 2, date(2026, 4, 20), date(2026, 5, 2), None, "33", "330106", "PERSON", readers, NOON)


def vehicle_access() -> Iterable[r.VehicleAccess]:
    for pack, vehicle in VEHICLE_OF.items():
        yield r.VehicleAccess(VINS[vehicle], MAKER if pack < 5 else RIVAL, "maker", NOON - DAY * 10 + timedelta(seconds=pack), None, date(2026, 4, 20))
    yield r.VehicleAccess(VINS[2], SWAPPER, "custodian", NOON - DAY * 5, None, date(2026, 4, 20))


def facts() -> Iterable[Any]:
    for n, code in enumerate(CODES):
        yield r.Module(code, code[:3] + "M" + code[4:], 1, 12, 35.5)
        yield r.Module(code, code[:3] + "M" + code[4:-1] + "0", 2, 12, 35.5)
        yield r.Health(code, 1, NOON + DAY * n, NOON + DAY * n, AUTOMAKER, 90.0 - n, 10 * n, 50.25, 1.5, 40.5, "BMS")
        yield r.Event(code, 1, "PRODUCED", "A", NOON - DAY * 20, NOON - DAY * 19, MAKER if n < 5 else RIVAL, None, None, "35")
        yield r.Event(code, 2, "SOLD", "H", NOON - DAY * 10, NOON - DAY * 9, MAKER if n < 5 else RIVAL, AUTOMAKER, None, "35", date(2026, 6, 11))
        if n in VEHICLE_OF:
            vin = VINS[VEHICLE_OF[n]]
            yield r.Event(code, 3, "INSTALLED", "D", NOON - DAY * 8, NOON - DAY * 8, AUTOMAKER, None, vin, "33", None, True, 2)
            yield r.Installation(code, 1, vin, n + 1, NOON - DAY * 8, NOON - DAY * 8, None, None, AUTOMAKER)
        yield r.Custody(code, 1, MAKER if n < 5 else RIVAL, None, "RECEIVED", None, None, NOON - DAY * 20, NOON - DAY * 10, None, None, None, "35", None, NOON)
    yield r.SafetyEvent(CODES[3], 1, NOON, NOON, AUTOMAKER, "LEAK", "MINOR", "冷却液渗漏")
    yield r.Grading(CODES[3], 1, NOON + DAY, NOON + DAY, RECYCLER, "GB/T 34015", 120.0, 2.0, 500.0, "B", "REPROCESS")
    for code in (CODES[3], CODES[7]):
        yield r.Custody(code, 2, RECYCLER, MAKER, "RECEIVED", "RECYCLING", NOON, NOON + DAY, None, 430.0, 429.5, "35", "43", "T-1", NOON + DAY)
        yield rr.RecoveryInput(code, "B-1", 429.5)


def registry() -> Iterable[Any]:
    yield from enterprises()
    yield r.EnterpriseRole(MAKER, "BM", date(2015, 3, 2), None)
    yield r.EnterpriseRole(RECYCLER, "CU", date(2015, 3, 2), None)
    yield r.Licence(RECYCLER, "L-9", "RECYCLING", "湖南省工业和信息化厅", date(2020, 1, 1), None, 20_000.0)
    for n, region in enumerate(("350902", "440306", "350900"), start=1):
        yield r.Outlet(MAKER, n, f"网点{n}", region, region[:2], "二号路", None, date(2021, 1, 1), None)
    yield r.Outlet(RIVAL, 1, "网点", "440306", "44", "三号路", None, date(2021, 1, 1), None)
    for name, maker in (("M1", MAKER), ("M2", RIVAL)):
        yield r.Model(name, maker, "刀锋", "LFP", "BLADE", 60.0, 150.0, 400.0, 430.5, 2, 120, date(2025, 12, 1), None, NOON)
        readers = (maker, AUTOMAKER, RECYCLER, SWAPPER, "province:35", "province:44")
        yield r.ModelMaterial(name, "cathode", "LiFePO4", 124.8, False, readers)
        yield r.ModelDismantling(name, "手册", ("一", "二"), ("扳手",), 45, "放电", "水", ("高压",), 420.0, readers)
    yield rr.RecoveryBatch("B-1", RECYCLER, "43", "LFP", "HYDRO", NOON, NOON + DAY, NOON + DAY, 859.0, 700.0, 150.0, 900.0)
    yield rr.RecoveryOutput("B-1", "Li", 12.0, 11.0)


_TABLES: Final[dict[type, tuple[str, str]]] = {
    r.Enterprise: ("enterprise", "enterprise"),
    r.EnterpriseRole: ("enterprise", "role"),
    r.Licence: ("enterprise", "licence"),
    r.Outlet: ("enterprise", "outlet"),
    r.Model: ("battery", "model"),
    r.ModelMaterial: ("battery", "model_material"),
    r.ModelDismantling: ("battery", "model_dismantling"),
    r.Pack: ("battery", "pack"),
    r.Module: ("battery", "module"),
    r.Health: ("battery", "health"),
    r.SafetyEvent: ("battery", "safety_event"),
    r.Grading: ("battery", "grading"),
    r.Event: ("battery", "event"),
    r.Custody: ("battery", "custody"),
    r.Installation: ("battery", "installation"),
    r.Access: ("battery", "access"),
    rr.RecoveryBatch: ("battery", "recovery_batch"),
    rr.RecoveryInput: ("battery", "recovery_input"),
    rr.RecoveryOutput: ("battery", "recovery_output"),
    r.Vehicle: ("vehicle", "vehicle"),
    r.VehicleAccess: ("vehicle", "access"),
}


async def write(database: Database) -> None:
    """Write the world as the ledger would."""
    everything: Sequence[Any] = [*registry(), *packs(), *vehicles(), *facts(), *access(), *vehicle_access()]
    async with database.transaction("ledger") as connection:
        for row in everything:
            given = {name: value for name, value in row._asdict().items() if name != "details"}
            statement = _insert(_TABLES[type(row)], given).compile()
            await connection.execute(statement.text, *statement.bind({}))


def _insert(table: tuple[str, str], given: dict[str, Any]) -> Sql:
    columns = join(", ", [ident(name) for name in given])
    values = join(", ", [param(list(value) if isinstance(value, tuple) else value) for value in given.values()])
    return text("insert into ") + ident(*table) + text(" (") + columns + text(") values (") + values + text(")")
