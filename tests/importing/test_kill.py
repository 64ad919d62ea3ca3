"""An import that is killed with signal 9 at any moment loses nothing it accepted and doubles nothing when it is started again."""

import asyncio
import json
import os
import random
import signal
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from resolvers.database.pool import Database
from resolvers.identifiers import BatteryType, ProductType, make_battery_code
from resolvers.importing import ImportReport, import_file, rejects_path

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
ROOT = EXAMPLES.parent
MOMENT = datetime(2026, 11, 22, 8, tzinfo=UTC)
PACKS = 2000
BATCH = 20
WRITERS = "select count(*) from pg_stat_activity where datname = current_database() and usename = 'cellgate_ledger'"
# A process of its own, as the command line would be: it says how far it is after each committed batch, and is killed without warning.
IMPORTER = """
import asyncio, json, sys
from datetime import datetime
from pathlib import Path
from resolvers.database.pool import Database, Target
from resolvers.importing import import_file

async def main():
    path, connect, admin, moment, batch = sys.argv[1:]
    database = Database(Target(json.loads(connect), admin))
    await import_file(Path(path), None, database, reported_by=None, moment=datetime.fromisoformat(moment), batch=int(batch),
                      progress=lambda done: print(json.dumps(done), flush=True))

asyncio.run(main())
"""


def code(serial: int) -> str:
    return make_battery_code("0X1", ProductType.PACK, BatteryType.LITHIUM_IRON_PHOSPHATE, "3K", date(2026, 6, 2), serial, traceability_code="00021A5")


async def imported(path: Path, database: Database) -> ImportReport:
    return await import_file(path, None, database, reported_by=None, moment=MOMENT)


async def query(database: Database, statement: str) -> list[Any]:
    async with database.transaction("system") as connection:
        return [tuple(row) for row in await connection.fetch(statement)]


async def contents(database: Database) -> list[list[Any]]:
    tables = ("pack", "event", "custody", "access")
    return [sorted(map(str, await query(database, f"select * from battery.{table}"))) for table in tables]


async def killed(path: Path, database: Database, batches: int, delay: float) -> list[int]:
    """Start an import, kill it `delay` seconds after so many batches were told, and give the last progress that was read."""
    writers = await query(database, WRITERS)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", IMPORTER, str(path), json.dumps(dict(database.target.connect)), str(database.target.admin), MOMENT.isoformat(), str(BATCH),
        stdout=asyncio.subprocess.PIPE, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout is not None
    told = [0, 0, 0, 0]
    for _ in range(batches):
        line = await process.stdout.readline()
        assert line, "the import ended before it could be killed"
        told = json.loads(line)
    await asyncio.sleep(delay)
    process.send_signal(signal.SIGKILL)
    assert await process.wait() == -signal.SIGKILL
    # The server may still be at work on what the dead process had sent, COMMIT included.
    while await query(database, WRITERS) != writers:
        await asyncio.sleep(0.01)
    return told


@pytest.fixture
async def registry(database: Database, tmp_path: Path) -> Database:
    for name in ("enterprises.csv", "models.csv"):
        path = tmp_path / name
        path.write_bytes((EXAMPLES / name).read_bytes())
        await imported(path, database)
    return database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Many packs; every fiftieth line is wrong."""
    lines = [f"{code(serial)},EX-LFP-60" if serial % 50 else f"{code(serial)[:-1]},EX-LFP-60" for serial in range(1, PACKS + 1)]
    file = tmp_path / "packs.csv"
    file.write_text("code,model_id\n" + "\n".join(lines) + "\n")
    return file


async def test_killed_again_and_again_it_ends_as_if_never_killed(registry: Database, path: Path) -> None:
    seen = 0
    for batches in (1, 3, 10):
        told = await killed(path, registry, batches, random.uniform(0, 0.03))
        lines, accepted, unchanged, rejected = told
        assert lines == accepted + unchanged + rejected
        ((packs,),) = await query(registry, "select count(*) from battery.pack")
        # What was told as accepted is there; of a batch all lines are there or none.
        assert packs >= accepted + unchanged
        assert packs >= seen
        seen = packs
        for table, each in (("event", 1), ("custody", 1), ("access", 2)):
            assert await query(registry, f"select count(*) from battery.{table}") == [(packs * each,)]
        assert not rejects_path(path).exists()
    report = await imported(path, registry)
    assert (report.lines, report.accepted, report.unchanged, report.rejected) == (PACKS, PACKS - PACKS // 50 - seen, seen, PACKS // 50)
    assert len(rejects_path(path).read_text().splitlines()) == PACKS // 50
    assert not list(path.parent.glob("*.partial"))
    assert len(set(await query(registry, "select code from battery.pack"))) == PACKS - PACKS // 50


async def test_a_killed_and_a_straight_import_leave_the_same_rows(registry: Database, path: Path) -> None:
    await killed(path, registry, 2, 0.005)
    await imported(path, registry)
    after_a_kill = await contents(registry)
    async with registry.transaction("ledger") as connection:
        for statement in ("delete from battery.pack", "delete from battery.event", "delete from battery.custody", "delete from battery.access"):
            await connection.execute(statement)
    await imported(path, registry)
    assert await contents(registry) == after_a_kill
