"""Take-back by what became of it, and findings by where they stand: counted as they change, the same as a recomputation makes them."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from resolvers.batching import BadArgument
from resolvers.database import door, tables
from resolvers.database.finding_write import insert_findings
from resolvers.database.migrate import BECOME_OWNER, FOLDER
from resolvers.database.pool import Database
from resolvers.database.statistics_write import fold
from resolvers.database.sweep_write import change
from resolvers.ledger.finding_rows import FindingRow
from resolvers.ledger.findings.rows import readers_of_row
from resolvers.ledger.findings.sweep.run import sweep
from resolvers.ledger.recording.report import Recorded
from tests.recording.world import FIRMS, NOW, Book, E, rows
from tests.statistics.world import asked, differing

REASON = {"reason": "State of health below 60 %"}
WHERE = {"collectOn": "2026-09-01", "collectAt": "Gate 2"}
OFFICE = "11100000000013039Y"
MONTH = (NOW - timedelta(days=400)).date()


async def take_backs(database: Database, role: str, *provinces: str, **more: Any) -> Any:
    return await asked(database, door.counted_take_backs, tables.TAKE_BACK_STATISTIC, role, *provinces, **more)


async def findings(database: Database, role: str, *provinces: str, **more: Any) -> Any:
    return await asked(database, door.counted_findings, tables.FINDING_STATISTIC, role, *provinces, **more)


async def requested(book: Book, number: int, **details: str) -> None:
    """The scrapping firm asks for a pack of the automaker's car to be taken back."""
    car = await book.in_service(number)
    for at, kind, more in (
        (100, E.VEHICLE_SCRAPPED, {"vin": car, "details": {"packFound": True}}), (102, E.PACK_DETACHED, {"vin": car}),
        (110, E.TAKE_BACK_REQUESTED, {"details": {**REASON, **details}}),
    ):  # fmt: skip
        assert isinstance(await book.one("scrap", at, kind, number, **more), Recorded)


async def test_take_back_is_counted_by_what_became_of_it(book: Book) -> None:
    database = book.database
    for number in (1, 2, 3):
        await requested(book, number)
    assert isinstance(await book.one("oem", 112, E.TAKE_BACK_ACCEPTED, 1, details=WHERE), Recorded)
    # It was to be answered in ten working days.
    assert isinstance(await book.one("oem", 128, E.TAKE_BACK_REFUSED, 2, details={"reason": "Not ours"}), Recorded)
    assert await take_backs(database, "MI") == [
        {"outcome": "ACCEPTED", "requests": 1, "late": 0, "late_rate": 0.0},
        {"outcome": "PENDING", "requests": 1, "late": 0, "late_rate": 0.0},
        {"outcome": "REFUSED", "requests": 1, "late": 1, "late_rate": 1.0},
    ]
    assert await take_backs(database, "PR", "43", by=["PROVINCE"]) == [{"province": "43", "requests": 3, "late": 1, "late_rate": 1 / 3}]
    assert await take_backs(database, "PR", "11") == []
    assert await take_backs(database, "CU") is None, "companies get what is published"
    (whose,) = await take_backs(database, "MI", by=["ENTERPRISE"])
    assert (whose["party"], whose["requests"]) == (FIRMS["oem"], 3)
    with pytest.raises(BadArgument, match="by: who holds packs"):
        await take_backs(database, "SA", by=["ENTERPRISE"])
    assert await differing(database) == []
    # Handed over before it is answered, it is no longer asked for; an answer that is withdrawn counts no more.
    assert isinstance(await book.one("scrap", 130, E.HANDED_OVER, 3, to="recycler", details={"purpose": "COLLECTION"}), Recorded)
    assert isinstance(await book.one("recycler", 132, E.RECEIVED, 3), Recorded)
    assert [(each["outcome"], each["requests"]) for each in await take_backs(database, "MI")] == [("ACCEPTED", 1), ("LAPSED", 1), ("REFUSED", 1)]
    assert await differing(database) == []


async def told(database: Database, found: list[FindingRow]) -> None:
    """Write them as the rules do."""
    async with database.transaction("ledger") as connection:
        await insert_findings(connection, found, [reader for each in found for reader in readers_of_row(each)])


def _found(number: int, state: str = "OPEN") -> FindingRow:
    since = NOW - timedelta(days=40 * number)
    provinces = (("31",), ("31", "44"), ("44",))[number % 3]
    return FindingRow(
        FIRMS["oem"], f"{number:032d}", "R05", 1, ("INFO", "HIGH")[number % 2], state, ("MI",), provinces, FIRMS["oem"], (), None, "Found.", {}, since, since,
        "ENTERPRISE", (), "SWEEP",
    )  # fmt: skip


async def test_findings_are_counted_where_they_stand(book: Book) -> None:
    """Against the rows themselves, after any changes of state; what is said again of a finding counts once."""
    database, chance = book.database, random.Random(11)
    made = [_found(number) for number in range(8)]
    await told(database, made)
    for _ in range(12):
        keys = [(each.code, each.id) for each in chance.sample(made, chance.randint(1, 4))]
        async with database.transaction("ledger") as connection:
            await change(connection, keys, chance.choice(["OPEN", "EXPLAINED", "CONFIRMED", "CLOSED"]), "why", OFFICE, NOW)
            if chance.random() < 0.3:
                await fold(connection)
    assert await differing(database) == []
    stand = await rows(database, "select severity, state, count(*)::int as findings from battery.finding group by 1, 2 order by 1, 2")
    assert await findings(database, "MI", by=["STATE"], **{"from": MONTH}) == [{"rule": "R05", **row} for row in stand]
    # Whoever does not ask where they stand is told of all together.
    together = await rows(database, "select severity, count(*)::int as findings from battery.finding group by 1 order by 1")
    assert await findings(database, "MI", **{"from": MONTH}) == [{"rule": "R05", **row} for row in together]
    own = await rows(database, "select severity, state, count(*)::int as findings from battery.finding where '31' = any(provinces) group by 1, 2 order by 1, 2")
    assert await findings(database, "PR", "31", by=["STATE"], **{"from": MONTH}) == [{"rule": "R05", **row} for row in own]


async def test_a_sweep_that_closes_a_finding_moves_it(book: Book) -> None:
    each = _found(1)
    await told(book.database, [each])
    await sweep(book.database, NOW)
    (counted,) = await findings(book.database, "MI", by=["STATE"])
    assert (counted["state"], counted["findings"]) == ("CLOSED", 1)
    assert await differing(book.database) == []


async def test_what_was_there_before_is_counted_by_the_migration(book: Book) -> None:
    """The cells that the migration makes of rows that were there are those of a recomputation."""
    await requested(book, 1)
    made = [_found(number, ("OPEN", "CLOSED")[number % 2]) for number in range(5)]
    await told(book.database, made)
    before = await rows(book.database, "select cube, sum(n)::int as n from statistics.change group by 1 order by 1")
    async with book.database.transaction("ledger") as connection:
        await connection.execute("delete from statistics.change where cube in ('finding', 'finding_province', 'take_back')")
    async with book.database.transaction("admin") as connection:
        await connection.execute(BECOME_OWNER)
        for statement in (FOLDER / "0026_take_back_statistics.sql").read_text(encoding="utf-8").split("-- ;;"):
            await connection.execute(statement)
    assert await rows(book.database, "select cube, sum(n)::int as n from statistics.change group by 1 order by 1") == before
    assert await differing(book.database) == []
