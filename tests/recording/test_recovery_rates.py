"""Enterprise.recoveryRates: by month and element against the norm of the day, for whom the plant's figures are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from auth.entitlements import CATEGORY_RULES, load_matrix
from auth.principal import Principal
from resolvers.batching import Batch, Shut
from resolvers.database import door
from resolvers.database.reading import DoorSettings, Reading
from resolvers.database.recording_write import insert
from resolvers.database.statistics_write import add_recovery
from resolvers.database.tables import RECOVERY_RATE
from resolvers.ledger.recording.report import Recorded
from resolvers.ledger.recovery.rows import RecoveryBatch, RecoveryInput, RecoveryOutput
from resolvers.opaque import Opaque
from tests.recording.world import FIRMS, NOW, Book, E, code

OFFICE = "11100000000013039Y"
FINISHED = datetime(2026, 9, 3, tzinfo=UTC)


@pytest.fixture
async def recycled(book: Book) -> Book:
    """A pack that the recycler took in, and a batch of it: lithium by the norm, nickel below it."""
    car = await book.in_service()
    for by, at, kind, more in (
        ("scrap", 100, E.VEHICLE_SCRAPPED, {"vin": car}), ("scrap", 102, E.PACK_DETACHED, {"vin": car}),
        ("scrap", 103, E.HANDED_OVER, {"to": "recycler", "details": {"purpose": "COLLECTION"}}), ("recycler", 105, E.RECEIVED, {}),
    ):  # fmt: skip
        assert isinstance(await book.one(by, at, kind, **more), Recorded)
    async with book.database.transaction("ledger") as connection:
        batch = RecoveryBatch("B1", FIRMS["recycler"], "42", "LFP", "MECHANICAL", FINISHED - timedelta(days=1), FINISHED, FINISHED, 420.0, 400.0, 15.0, None)
        await insert(connection, [batch])
        await insert(connection, [RecoveryInput(code(1), "B1", 420.0)])
        await insert(connection, [RecoveryOutput("B1", "Li", 10.0, 9.5), RecoveryOutput("B1", "Ni", 100.0, 97.0), RecoveryOutput("B1", "Al", 50.0, 20.0)])
        await add_recovery(connection, ["B1"])
    return book


async def asked(book: Book, party: str, role: str, *provinces: str) -> Any:
    scopes = frozenset(rule.scope for rule in CATEGORY_RULES.values())
    purpose = "supervision" if role in ("PR", "MI", "ME", "SA") else "recycling"
    principal = Principal(party, frozenset({role}), scopes, frozenset(provinces), purpose, "client", "token", NOW + timedelta(hours=1))
    reading = Reading(book.database, DoorSettings(load_matrix(), timedelta(days=90)), Opaque(bytes(range(64))), principal, NOW)
    (told,) = await door.recovery_rates(reading, Batch([FIRMS["recycler"]], tuple(RECOVERY_RATE.columns)))
    reading.close()
    for row in () if isinstance(told, Shut) else told:
        assert [row[n] for n in range(len(RECOVERY_RATE.columns))] == [row[each] for each in RECOVERY_RATE.columns], "rows are read by place, too"
    return told if isinstance(told, Shut) else [(row["month"], row["element"], row["rate"], row["norm"], row["meets"]) for row in told]


async def test_a_month_in_which_the_norm_changed_has_both(recycled: Book) -> None:
    """Other months are read from the cells, which know no days."""
    since = date(2026, 9, 20)
    async with recycled.database.transaction("ledger") as connection:
        later = datetime(2026, 9, 25, tzinfo=UTC)
        batch = RecoveryBatch("B2", FIRMS["recycler"], "42", "LFP", "MECHANICAL", later - timedelta(days=1), later, later, 420.0, 400.0, 15.0, None)
        await insert(connection, [batch])
        await insert(connection, [RecoveryInput(code(1), "B2", 420.0)])
        await insert(connection, [RecoveryOutput("B2", "Li", 100.0, 91.0)])
        await add_recovery(connection, ["B2"])
        await connection.execute(
            """insert into rule.rule (rule_set, name, node_type, role, value, unit, basis, confidence, status, valid_from)
            values ('NORM_NEXT', 'recovery.norm', 'Li', 'CU', '0.92', 'RATIO', 'a test', 'UNCONFIRMED', 'IN_FORCE', $1)""",
            since,
        )
    found = [each for each in await asked(recycled, FIRMS["recycler"], "CU") if each[1] == "Li"]
    assert found == [(date(2026, 9, 1), "Li", 0.95, 0.90, True), (date(2026, 9, 1), "Li", 0.91, 0.92, False)]


async def test_rates_against_the_norm(recycled: Book) -> None:
    month = date(2026, 9, 1)
    expected = [(month, "Al", 0.4, None, None), (month, "Li", 0.95, 0.90, True), (month, "Ni", 0.97, 0.98, False)]
    for party, role, provinces in ((FIRMS["recycler"], "CU", ()), (OFFICE, "MI", ()), (OFFICE, "ME", ()), (OFFICE, "PR", ("42",))):
        assert await asked(recycled, party, role, *provinces) == expected, role


async def test_other_plants_and_other_parties(recycled: Book) -> None:
    assert await asked(recycled, OFFICE, "PR", "44") == []
    for party, role in ((FIRMS["recycler2"], "CU"), (FIRMS["maker"], "BM"), (FIRMS["oem"], "OEM"), (OFFICE, "SA"), (OFFICE, "PB")):
        assert isinstance(await asked(recycled, party, role), Shut), role
