"""Enterprise.obligations: what is due, for the enterprise and the authorities over it, and for nobody else."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from auth.entitlements import CATEGORY_RULES, load_matrix
from auth.principal import Principal
from resolvers.batching import Batch, Shut
from resolvers.database import door
from resolvers.database.reading import DoorSettings, Reading
from resolvers.database.tables import OBLIGATION
from resolvers.opaque import Opaque
from tests.recording.world import DAY_0, FIRMS, NOW, Book, E, code

OFFICE = "11100000000013039Y"


async def asked(book: Book, party: str, role: str, *provinces: str, moment: datetime = NOW, of: str = "recycler") -> Any:
    scopes = frozenset(rule.scope for rule in CATEGORY_RULES.values())
    purpose = "supervision" if role in ("PR", "MI", "ME", "SA") else "compliance"
    principal = Principal(party, frozenset({role}), scopes, frozenset(provinces), purpose, "client", "token", NOW + timedelta(hours=1))
    reading = Reading(book.database, DoorSettings(load_matrix(), timedelta(days=90)), Opaque(bytes(range(64))), principal, moment)
    (told,) = await door.enterprise_obligations(reading, Batch([FIRMS[of]], tuple(OBLIGATION.columns)))
    reading.close()
    for row in () if isinstance(told, Shut) else told:
        assert [row[n] for n in range(len(OBLIGATION.columns))] == [row[each] for each in OBLIGATION.columns], "rows are read by place, too"
    return told if isinstance(told, Shut) else [(row["duty"], row["code"], row["due_on"], row["overdue"]) for row in told]


async def offered(book: Book) -> None:
    car = await book.in_service()
    await book.one("scrap", 100, E.VEHICLE_SCRAPPED, vin=car, details={"packFound": True})
    await book.one("scrap", 102, E.PACK_DETACHED, vin=car, details={"massKg": 419.0})
    await book.one("scrap", 103, E.HANDED_OVER, to="recycler", details={"purpose": "COLLECTION", "declaredMassKg": 419.0})


async def test_a_pending_hand_over_is_due_until_it_is_answered(book: Book) -> None:
    await offered(book)
    due = [("ANSWER_HAND_OVER", code(1), date(2026, 8, 31), True)]
    assert await asked(book, FIRMS["recycler"], "CU") == due
    assert await asked(book, OFFICE, "MI") == due
    early = await asked(book, FIRMS["recycler"], "CU", moment=DAY_0 + timedelta(days=104))
    assert early == [("ANSWER_HAND_OVER", code(1), date(2026, 8, 31), False)], "it is shown before the breach"
    assert await asked(book, FIRMS["scrap"], "SD", of="scrap") == []
    await book.one("recycler", 106, E.RECEIVED, details={"measuredMassKg": 418.5})
    assert await asked(book, FIRMS["recycler"], "CU") == []


async def test_nobody_else_is_told(book: Book) -> None:
    await offered(book)
    for party, role, provinces in ((FIRMS["scrap"], "SD", ()), (OFFICE, "PR", ("11",)), (OFFICE, "ME", ()), (OFFICE, "SA", ()), (OFFICE, "PB", ())):
        assert isinstance(await asked(book, party, role, *provinces), Shut), role


async def test_a_province_sees_of_its_enterprises_what_it_may_see_of_packs(book: Book) -> None:
    await offered(book)
    # The recycler sits in 42; the pack was never there, and its province learns of it when it is received.
    assert await asked(book, OFFICE, "PR", "42") == []
    assert len(await asked(book, OFFICE, "PR", "42", "43")) == 1


async def test_a_model_without_dismantling_information(book: Book) -> None:
    async with book.database.transaction("ledger") as connection:
        await connection.execute("update battery.model set certified_on = '2026-06-01'")
    assert await asked(book, FIRMS["maker"], "BM", of="maker") == [("REPORT_DISMANTLING", None, date(2026, 12, 1), False)]
