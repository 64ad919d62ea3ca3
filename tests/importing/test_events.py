"""This module is in charge of testing the import of files of events: the ledger's rules, a rejects file, the words of other systems, and signal 9."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest
from rich.console import Console

from gateway.console import ConsoleRefused
from gateway.console import imported as console_import
from gateway.settings import Settings
from resolvers.database.pool import Database
from resolvers.importing import ImportRefused, ImportReport, Kind, import_file, rejects_path
from resolvers.importing.aliases import ledgers_words
from resolvers.ledger.recording.rebuild import rebuild
from tests.recording.batches import batch
from tests.recording.least import least
from tests.recording.making import held
from tests.recording.world import DAY_0, FIRMS, MODEL, NOW, Book, code, registered, rows, vin

ROOT = Path(__file__).resolve().parents[2]
CAR = {"modelName": "Test One", "powertrain": "BEV", "swapModel": False, "producedOn": "2026-05-06"}
IMPORTER = """
import asyncio, json, sys
from datetime import datetime
from pathlib import Path
from resolvers.database.pool import Database, Target
from resolvers.importing import import_file

async def main():
    path, connect, admin, moment = sys.argv[1:]
    await import_file(Path(path), None, Database(Target(json.loads(connect), admin)), reported_by=None, moment=datetime.fromisoformat(moment), batch=20,
                      progress=lambda done: print(json.dumps(done), flush=True))

asyncio.run(main())
"""


@pytest.fixture
async def ledger(database: Database) -> Database:
    await registered(database)
    return database


def event(by: str, kind: str, day: float, number: int = 1, **more: Any) -> dict[str, Any]:
    at = (DAY_0 + timedelta(days=day)).isoformat()
    given = {"reporter": FIRMS[by], "type": kind, "code": code(number), "occurredAt": at, "clientReference": f"{kind}-{number}-{day}"}
    return least(kind, {**given, **more})


def life(number: int) -> list[dict[str, Any]]:
    """From the maker to the road: reports of two parties, in order."""
    return [
        event("maker", "PRODUCED", 0.1, number, modelId=MODEL), event("maker", "SOLD", 3, number, buyer=FIRMS["oem"]),
        event("oem", "INSTALLED", 5, number, vin=vin(number), vehicle=CAR),
        event("oem", "VEHICLE_SOLD", 9, number, vin=vin(number), region="440300", ownerKind="PRIVATE"),
    ]  # fmt: skip


def written(tmp_path: Path, events: Sequence[Mapping[str, Any] | str]) -> Path:
    path = tmp_path / "events.ndjson"
    path.write_text("".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in events), encoding="utf-8")
    return path


async def imported(path: Path, database: Database, by: str | None = None, kind: Kind | None = None) -> ImportReport:
    return await import_file(path, kind, database, reported_by=FIRMS[by] if by else None, moment=NOW)


async def contents(database: Database) -> list[list[str]]:
    tables = ("battery.event", "battery.pack", "battery.custody", "battery.access", "enterprise.client_reference", "platform.outbox")
    return [sorted(str(row) for row in await rows(database, f"select * from {table}")) for table in tables]


def rejected(path: Path) -> list[tuple[int, str | None, str]]:
    return [(each["line"], each["field"], each["rule"]) for each in map(json.loads, rejects_path(path).read_text().splitlines())]


async def test_a_file_of_all_parties_is_their_reports_and_twice_is_once(ledger: Database, tmp_path: Path) -> None:
    path = written(tmp_path, [*life(1), *life(2)])
    report = await imported(path, ledger)
    assert (report.kind, report.lines, report.accepted, report.unchanged, report.rejected) == (Kind.EVENTS, 8, 8, 0, 0)
    assert await rows(ledger, "select distinct status from battery.pack") == [{"status": "IN_SERVICE"}]
    before = await contents(ledger)
    report = await imported(path, ledger)
    assert (report.accepted, report.unchanged, report.rejected) == (0, 8, 0)
    assert await contents(ledger) == before
    assert [str(each) for each in (await rebuild(ledger, lambda _stage, _done: None)).differences] == []


async def test_what_is_refused_stands_in_the_rejects_file_with_its_rule(ledger: Database, tmp_path: Path) -> None:
    made, sold = life(1)[:2]
    lines: list[Mapping[str, Any] | str] = [
        made, "{not json", event("recycler", "RETIRED", 2, reason="x"), {**sold, "buyer": "91350902MA2EXAMP5X"}, {**sold, "reporter": "nobody"},
        {name: value for name, value in sold.items() if name != "reporter"}, event("oem", "SOLD", 4, buyer=FIRMS["oem2"]),
        {**made, "massKg": 400}, {**sold, "price": 5}, {**sold, "occurredAt": "9999-12-31T23:59:59-14:00"}, sold,
    ]  # fmt: skip
    path = written(tmp_path, lines)
    report = await imported(path, ledger)
    assert (report.accepted, report.rejected) == (2, 9)
    assert rejected(path) == [
        (2, None, "MALFORMED_LINE"), (3, None, "BATTERY_NOT_REPORTABLE"), (4, "buyer", "CHECK"), (5, "reporter", "LENGTH"), (6, "reporter", "REQUIRED"),
        (7, None, "BATTERY_NOT_REPORTABLE"), (8, None, "CLIENT_REFERENCE_REUSED"), (9, "price", "UNKNOWN_FIELD"),
        (10, "occurredAt", "INVALID_FIELD"),
    ]  # fmt: skip
    path = written(tmp_path, [event("maker", "PRODUCED", 0.1, 2, modelId=MODEL), event("oem", "SOLD", 3, 2, buyer=FIRMS["oem2"])])
    report = await imported(path, ledger, by="maker")
    assert (report.accepted, rejected(path)) == (1, [(2, "reporter", "REPORTER")])


async def test_a_refused_event_stands_there_with_where_its_battery_stands_and_what_could_follow(ledger: Database, tmp_path: Path) -> None:
    made, sold = life(1)[:2]
    path = written(tmp_path, [made, sold, event("oem", "RETIRED", 4, reason="x"), event("oem", "RETIRED", 4, 2, reason="x"), {**sold, "price": 5}])
    report = await imported(path, ledger)
    assert (report.accepted, report.rejected) == (2, 3)
    first, hidden, malformed = map(json.loads, rejects_path(path).read_text().splitlines())
    assert (first["rule"], first["state"]) == ("ILLEGAL_TRANSITION", "SOLD")
    assert "INSTALLED" in first["allowed"]
    # Of what is not there nothing is said, nor of what could not be read.
    assert not {"state", "allowed"} & (hidden.keys() | malformed.keys())


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
async def test_a_table_with_words_of_its_own(ledger: Database, tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "events.csv"
    with path.open("w", newline="") as stream:
        table = csv.writer(stream, delimiter=delimiter)
        table.writerow(["event_type", "battery_code", "event_time", "model_id", "mass_kg", "nominal_energy_kwh", "buyer"])
        for number in (1, 2):
            table.writerow(["coded", code(number), DAY_0.isoformat(), MODEL, "421.5", "60", ""])
        table.writerow(["SOLD", code(1), (DAY_0 + timedelta(days=1)).isoformat(), "", "", "", FIRMS["oem"]])
    report = await imported(path, ledger, by="maker")
    assert (report.accepted, report.rejected) == (3, 0)
    assert await rows(ledger, "select status, mass_kg from battery.pack order by code") == [
        {"status": "SOLD", "mass_kg": 421.5}, {"status": "CODED", "mass_kg": 421.5},
    ]  # fmt: skip
    # No line named a reference: its content is one.
    report = await imported(path, ledger, by="maker")
    assert (report.accepted, report.unchanged) == (0, 3)


def test_the_words_of_other_systems() -> None:
    def said(**given: Any) -> dict[str, Any]:
        return ledgers_words(given)

    assert said(tractionBatteryCode="c", dateOfReceptionGMT="2026-05-06T08:00:00", healthStatus="good") == {
        "type": "RECEIVED", "code": "c", "occurredAt": "2026-05-06T08:00:00Z", "condition": "good"
    }  # fmt: skip
    assert said(dateOfDissamblyGMT="2026-05-06T08:00:00Z", code="c") == {"type": "DISMANTLED", "code": "c", "occurredAt": "2026-05-06T08:00:00Z"}
    slip = said(type="RECYCLED", recyclingBatchId="B-1", inputNetMass=4.5, weighingSlip="W-1", endTimestamp="2026-05-06T08:00:00Z")
    assert slip == {
        "type": "RECYCLED", "batch": "B-1", "massKg": 4.5, "evidence": [{"kind": "WEIGHING_SLIP", "reference": "W-1"}], "occurredAt": "2026-05-06T08:00:00Z"
    }  # fmt: skip
    assert said(type="cascade_utilized", code="c") == {"type": "REPROCESSED", "code": "c"}
    assert said(type="HANDED_OVER", purpose="CASCADE_UTILIZATION") == {"type": "HANDED_OVER", "purpose": "UTILIZATION"}


async def test_a_mechanical_batch_with_a_chemical_step_is_refused_of_a_file(ledger: Database, tmp_path: Path) -> None:
    await held(Book(ledger), 1)
    lines = [
        {"type": "RECYCLED", "occurredAt": (DAY_0 + timedelta(days=10)).isoformat(), "clientReference": process, **batch({1: 420.0}, "B", process=process)}
        for process in ("MECHANICAL", "HYDROMETALLURGICAL")
    ]
    path = written(tmp_path, lines)
    report = await imported(path, ledger, by="recycler")
    assert (report.accepted, rejected(path)) == (1, [(1, None, "PROCESS_STEPS")])


async def test_a_file_that_is_no_table_of_events_is_refused_before_anything_is_written(ledger: Database, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text("type,code,code,occurredAt\nSOLD,x,y,z\n")
    with pytest.raises(ImportRefused, match="HEADER"):
        await imported(path, ledger, by="maker")
    with pytest.raises(ImportRefused, match="REPORTER"):
        await import_file(path, None, ledger, reported_by="x", moment=NOW)


async def test_killed_again_and_again_it_ends_as_if_never_killed(ledger: Database, tmp_path: Path) -> None:
    path = written(tmp_path, [each for number in range(1, 151) for each in life(number)])
    seen = 0
    for batches in (1, 6, 12):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", IMPORTER, str(path), json.dumps(dict(ledger.target.connect)), str(ledger.target.admin), NOW.isoformat(),
            stdout=asyncio.subprocess.PIPE, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert process.stdout is not None
        told = [json.loads(await process.stdout.readline()) for _ in range(batches)][-1]
        await asyncio.sleep(random.uniform(0, 0.03))
        process.send_signal(signal.SIGKILL)
        assert await process.wait() == -signal.SIGKILL
        # What was told as taken is there.
        ((recorded,),) = [tuple(row.values()) for row in await rows(ledger, "select count(*) from battery.event")]
        assert recorded >= max(told[1] + told[2], seen)
        seen = recorded
    report = await imported(path, ledger)
    assert (report.lines, report.accepted + report.unchanged, report.rejected) == (600, 600, 0)
    assert await rows(ledger, "select count(*)::int as n, count(distinct (code, seq))::int as different from battery.event") == [{"n": 600, "different": 600}]
    assert await rows(ledger, "select distinct status from battery.pack") == [{"status": "IN_SERVICE"}]


@pytest.mark.parametrize("failure", [ConnectionResetError, asyncpg.InterfaceError, asyncpg.InternalClientError, KeyError])
async def test_what_ends_an_import_is_one_line_and_leaves_no_file(
    ledger: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, failure: type[Exception]
) -> None:
    """A database that goes away, or a defect of ours: one line, and no half of the rejects; the calls that led to a defect are in the log."""
    path = written(tmp_path, ["{not json", *life(1)])

    async def lost(*_given: object) -> None:
        raise failure("secret")

    @asynccontextmanager
    async def founded(*_given: object) -> AsyncIterator[SimpleNamespace]:
        yield SimpleNamespace(database=ledger)

    monkeypatch.setattr("resolvers.importing.events._take", lost)
    monkeypatch.setattr("gateway.console.founded", founded)
    monkeypatch.setattr("gateway.console.has_data", lambda _settings: True)
    defect = failure is KeyError
    told = r"KeyError ended the import; [^\n]+ again" if defect else rf"the database went away \({failure.__name__}\); [^\n]+ again once it is there"
    with pytest.raises(ConsoleRefused, match=rf"^{told}$") as failed:
        await console_import(path, Kind.EVENTS, None, Settings(), Console(quiet=True))
    assert failed.value.code == ("IMPORT_FAILED" if defect else "NOT_READY")
    assert [record.exc_info is not None for record in caplog.records if record.name == "cellgate.import"] == [True] * defect
    assert list(tmp_path.iterdir()) == [path]
