"""However much a sweep finds, little of it is held at a time; and it is one transaction all the same."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from resolvers.database import embedded, sweep_write, sweeping
from resolvers.database.finding_write import insert_findings
from resolvers.database.migrate import migrate
from resolvers.database.pool import Database
from resolvers.database.sweep_write import Written
from resolvers.ledger.finding_rows import FindingReader, FindingRow
from resolvers.ledger.findings.sweep.kept_findings import KeptFindings
from resolvers.ledger.findings.sweep.run import finding, replay, sweep
from tests.conftest import Databases
from tests.recording.world import rows
from tests.sweep.bench import NOW, Bench, E, month, put

AT_A_TIME = 7
PACKS = 90
DAY = timedelta(days=1)


def held() -> int:
    """How many findings there are in the process, whoever holds them."""
    return sum(isinstance(each, FindingRow) for each in gc.get_objects())


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "MOST_ROWS", AT_A_TIME)


async def silent(database: Database, packs: int = PACKS) -> Bench:
    """So many hand-overs that nobody answered."""
    bench = Bench()
    for number in range(1, packs + 1):
        bench.event(number, E.HANDED_OVER, month(11, 2), "scrap", to="oem", purpose="COLLECTION", declaredMassKg=400.0)
    await bench.write(database)
    return bench


async def test_little_is_held_while_it_is_found_and_while_it_is_written(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await silent(database)
    before, seen, batches = held(), list[int](), list[int]()

    async def insert(connection: Any, findings: Sequence[FindingRow], readers: Sequence[FindingReader]) -> None:
        batches.append(len(findings))
        seen.append(held() - before)
        await insert_findings(connection, findings, readers)

    monkeypatch.setattr(sweep_write, "insert_findings", insert)
    async with database.reading(role="system") as session:
        async for some in finding(session, NOW):
            assert len(some) <= AT_A_TIME
            seen.append(held() - before)
            del some
    assert await sweep(database, NOW) == Written(PACKS, 0, 0)
    assert sum(batches) == PACKS
    # One batch, and the next one while it is made.
    assert max(seen) <= 2 * AT_A_TIME
    assert await sweep(database, NOW + DAY) == Written(0, 0, 0)


async def test_little_is_held_of_a_past_moment_and_all_of_it_is_told_in_order(database: Database) -> None:
    await silent(database)
    await sweep(database, NOW)
    before, seen, told = held(), list[int](), list[tuple[str, str, str]]()
    with KeptFindings() as kept:
        await replay(database, NOW, kept)
        assert held() == before
        assert kept.counts == {"R11": PACKS}
        for each in kept:
            told.append((each.rule, each.code, each.id))
            seen.append(held() - before)
        assert [(each.rule, each.code, each.id) for each in kept] == told
    assert len(told) == PACKS
    assert told == sorted(told)
    # The one that is read, and the one before it while it is read.
    assert max(seen) <= 2


async def test_what_is_gone_and_what_is_back_is_told_of_all(database: Database) -> None:
    bench = await silent(database)
    await sweep(database, NOW)
    bench.rows.clear()
    answers = [bench.event(number, E.REJECTED, month(11, 3), "oem", known=18 * DAY, reason="NO_ROOM") for number in range(1, PACKS)]
    await put(database, bench.rows)
    assert await sweep(database, NOW + 3 * DAY) == Written(0, PACKS - 1, 0)
    await put(database, [each._replace(seq=3, type=E.MAINTAINED, corrects=2, recorded_at=NOW + 4 * DAY) for each in answers])
    assert await sweep(database, NOW + 5 * DAY) == Written(0, 0, PACKS - 1)
    assert await rows(database, "select state, count(*) from battery.finding group by 1") == [{"state": "OPEN", "count": PACKS}]


async def test_a_sweep_that_is_cut_short_writes_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await silent(database)
    calls = 0

    async def insert(connection: Any, findings: Sequence[FindingRow], readers: Sequence[FindingReader]) -> None:
        nonlocal calls
        if (calls := calls + 1) > 3:
            raise ConnectionError
        await insert_findings(connection, findings, readers)

    with monkeypatch.context() as broken:
        broken.setattr(sweep_write, "insert_findings", insert)
        with pytest.raises(ConnectionError):
            await sweep(database, NOW)
    assert await rows(database, "select 1 from battery.finding") == []
    assert await sweep(database, NOW) == Written(PACKS, 0, 0)


async def test_a_server_that_keeps_tables_of_transactions_from_everybody_sweeps_too(server: embedded.Server, databases: Databases) -> None:
    """Rights to a database are no part of what a template gives: this one is migrated by itself."""
    database = await databases.make("template1")
    name = databases.name_of(database)
    admin = await asyncpg.connect(**server.dsn(embedded.ADMIN, name)._asdict())
    await admin.execute(f"revoke temporary on database {name} from public")
    await migrate(admin)
    await admin.close()
    await silent(database)
    assert await sweep(database, NOW) == Written(PACKS, 0, 0)
    await databases.drop(database)
