"""The shipped examples and files of a test's own, and how they are imported."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from resolvers.database.pool import Database
from resolvers.importing import ImportReport, Kind, import_file, rejects_path
from resolvers.importing.load import BATCH

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
MOMENT = datetime(2026, 11, 22, 8, tzinfo=UTC)
PACK = "0X1PB3K00021A5G410000099"
MAKER, OTHER_MAKER, AUTOMAKER = "91350902MA2EXAMP5J", "91320481MA3EXAMP76", "91440306MA4EXAMP9Q"
TABLES = (
    "enterprise.enterprise", "enterprise.role", "battery.manufacturer_code", "battery.model", "battery.pack", "battery.module", "battery.event",
    "battery.custody", "battery.access", "vehicle.vehicle", "vehicle.access",
)  # fmt: skip


async def rows(database: Database, statement: str, *args: object) -> list[dict[str, Any]]:
    async with database.transaction("system") as connection:
        return [dict(row) for row in await connection.fetch(statement, *args)]


async def contents(database: Database) -> dict[str, list[str]]:
    """Every row of every table that an import writes, as sorted text."""
    return {table: sorted(str(row) for row in await rows(database, f"select * from {table}")) for table in TABLES}


def copied(tmp_path: Path, name: str) -> Path:
    """An example in a folder of the test's own: the rejects file is written beside it."""
    target = tmp_path / name.replace("/", "-")
    target.write_bytes((EXAMPLES / name).read_bytes())
    return target


def written(tmp_path: Path, text: str, name: str = "file.csv") -> Path:
    target = tmp_path / name
    target.write_text(text, encoding="utf-8")
    return target


async def imported(path: Path, database: Database, kind: Kind | None = None, *, reported_by: str | None = None, batch: int = BATCH) -> ImportReport:
    return await import_file(path, kind, database, reported_by=reported_by, moment=MOMENT, batch=batch)


def rejects(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in rejects_path(path).read_text(encoding="utf-8").splitlines()]
