"""This module is in charge of testing the names of lines without a reference: one event is recorded once, however it is written."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from resolvers.database.pool import Database
from resolvers.importing.naming import content_name, written_name
from resolvers.ledger.recording.given import Given, given_of
from tests.importing.test_events import imported, life, written
from tests.recording.world import DAY_0, FIRMS, code, registered, rows, vin

MEASURED = {"type": "HEALTH_MEASURED", "code": code(1), "occurredAt": "2026-06-01T08:00:00Z", "stateOfHealth": 87, "method": "full charge"}
SAME = (
    {**MEASURED, "stateOfHealth": 87.0},
    {**MEASURED, "occurredAt": datetime(2026, 6, 1, 8, tzinfo=UTC).astimezone(timezone(timedelta(hours=8))).isoformat()},
    {**MEASURED, "code": code(1).lower()},
    {**MEASURED, "cycleCount": None, "clientReference": None, "evidence": []},
    dict(reversed(MEASURED.items())),
)


@pytest.fixture
async def ledger(database: Database, tmp_path: Path) -> Database:
    await registered(database)
    assert (await imported(written(tmp_path, life(1)), database)).rejected == 0
    return database


def table(tmp_path: Path, *lines: Mapping[str, Any]) -> Path:
    path = tmp_path / "events.csv"
    with path.open("w", newline="") as stream:
        cells = csv.DictWriter(stream, sorted({name for line in lines for name in line}))
        cells.writeheader()
        cells.writerows(lines)
    return path


async def measured(database: Database) -> int:
    return len(await rows(database, "select from battery.event where type = 'HEALTH_MEASURED'"))


async def test_an_event_is_recorded_once_however_it_is_written(ledger: Database, tmp_path: Path) -> None:
    report = await imported(written(tmp_path, [MEASURED, *SAME]), ledger, by="oem")
    assert (report.accepted, report.unchanged, report.rejected) == (1, 5, 0)
    # The operator's file, whose lines name their reporter; and a table.
    report = await imported(written(tmp_path, [{**MEASURED, "reporter": FIRMS["oem"]}]), ledger)
    assert (report.accepted, report.unchanged, report.rejected) == (0, 1, 0)
    report = await imported(table(tmp_path, *({**MEASURED, "stateOfHealth": each} for each in ("87", "87.0"))), ledger, by="oem")
    assert (report.accepted, report.unchanged, report.rejected) == (0, 2, 0)
    report = await imported(written(tmp_path, [{**MEASURED, "stateOfHealth": 86}, {**MEASURED, "method": "other"}]), ledger, by="oem")
    assert (report.accepted, report.unchanged, report.rejected, await measured(ledger)) == (2, 0, 0, 3)


async def test_what_was_recorded_under_the_name_of_its_writing_is_known_again(ledger: Database, tmp_path: Path) -> None:
    named = [{**MEASURED, "clientReference": written_name(MEASURED)}]
    assert (await imported(written(tmp_path, named), ledger, by="oem")).accepted == 1
    report = await imported(written(tmp_path, [MEASURED]), ledger, by="oem")
    assert (report.accepted, report.unchanged, report.rejected, await measured(ledger)) == (0, 1, 0, 1)


def test_a_correction_and_a_report_of_several_are_named_by_all_that_they_say() -> None:
    def name(event: Mapping[str, Any], **more: Any) -> str | None:
        given = given_of({**event, **more}, as_text=False)
        assert isinstance(given, Given)
        return content_name(given)

    assert len({name(MEASURED, **more) for more in ({}, {"corrects": "a"}, {"corrects": "b"}, {"evidence": [{"kind": "a", "reference": "b"}]})}) == 4
    assert name(MEASURED, stateOfHealth="x") is None
    move = {"code": code(1), "vin": vin(1), "station": "S", "movedAt": DAY_0.isoformat(), "direction": "INTO_POOL", "stateOfCharge": 20}
    day = {"type": "SWAP_DAY", "day": DAY_0.date().isoformat(), "moves": [{**move, "stateOfHealth": 90}]}
    assert name(day) == name(json.loads(json.dumps(day).replace(": 90", ": 90.0"))) != name({**day, "moves": [{**move, "stateOfHealth": 91}]})
    scrapping = {"type": "VEHICLE_SCRAPPING", "vin": vin(1), "occurredAt": DAY_0.isoformat(), "certificate": "C", "codesFound": [code(1)]}
    assert name(scrapping) == name(scrapping, codesFound=[code(1).lower()]) != name(scrapping, certificate="D")
    assert None not in (name(day), name(scrapping))
