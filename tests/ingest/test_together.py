"""Vehicles that are scrapped and days of swap pools in lines: one path with the mutations, one result a line, whatever comes before and after."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from resolvers.database.pool import Database
from resolvers.database.recording_write import insert
from resolvers.importing.load import import_file
from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.rows import Vehicle
from tests.ingest.test_ledger import event, send, send_csv, told
from tests.recording.least import STATION
from tests.recording.world import CAR, FIRMS, MODEL, NOW, SWAP_CAR, Book, E, code, registered, rows, vin

SCRAP = {"vin": vin(1), "occurredAt": "2026-08-20T08:00:00Z", "certificate": "C-1"}


@pytest.fixture
async def ledger(database: Database) -> AsyncIterator[Database]:
    await registered(database)
    yield database
    assert [str(each) for each in (await rebuild(database, lambda _stage, _done: None)).differences] == []


def scrapping(reference: str, *found: int, **more: Any) -> dict[str, Any]:
    return {"type": "VEHICLE_SCRAPPING", **SCRAP, "clientReference": reference, "codesFound": [code(each) for each in found], **more}


def move(number: int, hour: int, direction: str, **more: Any) -> dict[str, Any]:
    return {"code": code(number), "vin": vin(9), **STATION, "movedAt": f"2026-06-10T{hour:02}:00:00Z", "direction": direction, **more}


async def bus(ledger: Database, *numbers: int) -> None:
    book = Book(ledger)
    for place, number in enumerate(numbers, 1):
        await book.one("maker", 0.1, E.PRODUCED, number)
        await book.one("maker", 3, E.SOLD, number, to="oem")
        await book.one("oem", 5, E.INSTALLED, number, vin=vin(1), vehicle=CAR, details={"position": place})
    for number in numbers:
        await book.one("oem", 12, E.VEHICLE_SOLD, number, vin=vin(1), province="44")


async def pooled(ledger: Database, *numbers: int) -> None:
    row = Vehicle(vin(9), FIRMS["oem"], SWAP_CAR.model_name, "BEV", True, SWAP_CAR.produced_on, None, None, None, None, None, (FIRMS["oem"],), NOW)
    async with ledger.transaction("ledger") as connection:
        await insert(connection, [row])
    book = Book(ledger, itertools.count(1000))
    for number in numbers:
        await book.one("maker", 0.1, E.PRODUCED, number)
        await book.one("maker", 3, E.SOLD, number, to="swap")
        await book.one("swap", 4, E.POOLED, number, details={"pool": "P-1"})


async def test_a_vehicle_in_a_line_between_reports_of_its_batteries(ledger: Database) -> None:
    await bus(ledger, 1, 2)
    detached = [event("PACK_DETACHED", 110, f"d{number}", number, vin=vin(1)) for number in (1, 2)]
    lines = (detached[0] | {"clientReference": "early"}, scrapping("s", 1, 2), *detached)
    answer = await send(ledger, "scrap", *lines)
    assert told(answer) == ["BATTERY_NOT_REPORTABLE", "RECORDED", "RECORDED", "RECORDED"], "in the order of the lines"
    assert [(each["code"], each["type"], each["status"], each["match"]) for each in answer[1]["results"]] == [
        (code(number), "VEHICLE_SCRAPPED", "RECORDED", "FOUND") for number in (1, 2)
    ]
    assert answer[-1]["summary"] == {"REFUSED": 1, "RECORDED": 3}
    again = await send(ledger, "scrap", *lines[1:])
    assert told(again) == ["DUPLICATE"] * 3
    assert [each["match"] for each in again[0]["results"]] == ["FOUND", "FOUND"], "as the first time"
    assert told(await send(ledger, "scrap", scrapping("s", 1))) == ["CLIENT_REFERENCE_REUSED"]


async def test_what_is_wrong_with_a_vehicle_is_said_as_of_any_line(ledger: Database) -> None:
    await bus(ledger, 1)
    wrong = [
        scrapping("a", 1, vin=vin(7)), scrapping("b", 1, colour="red"), scrapping("c", 1, 1), {**scrapping("d"), "codesFound": None},
        scrapping("e", 1, occurredAt="2028-01-01T00:00:00Z"), scrapping("end", 1, occurredAt="9999-12-31T23:59:59-14:00"),
    ]  # fmt: skip
    answer = await send(ledger, "scrap", *wrong)
    assert told(answer) == ["VEHICLE_UNKNOWN", "UNKNOWN_FIELD", "INVALID_FIELD", "REQUIRED", "OCCURRED_IN_FUTURE", "INVALID_FIELD"]
    assert [each["error"].get("field") for each in answer[1:4]] == ["colour", "codesFound", "codesFound"]
    assert told(await send(ledger, "oem", scrapping("f", 1))) == ["ROLE_MAY_NOT_REPORT"]
    assert await rows(ledger, "select status from battery.pack") == [{"status": "IN_SERVICE"}]
    assert told(await send(ledger, "scrap", scrapping("g", 1), query=b"validateOnly=true")) == ["VALID"]
    assert told(await send(ledger, "scrap", scrapping("g", 1))) == ["RECORDED"]


async def test_asking_tells_no_pack_of_a_vehicle_that_was_not_read_off_it(ledger: Database) -> None:
    """Whoever takes vehicles in could have learned the pack of any VIN by asking, and left no event."""
    await bus(ledger, 1, 2)
    (answer, *_) = await send(ledger, "scrap", scrapping("a", 2), query=b"validateOnly=true")
    assert sorted(each.get("code", "") for each in answer["results"]) == ["", code(2)]
    assert code(1) not in json.dumps(answer)
    (refused, *_) = await send(ledger, "maker", scrapping("b", 2))
    assert code(1) not in json.dumps(refused)
    (recorded, *_) = await send(ledger, "scrap", scrapping("a", 2))
    assert sorted(each["code"] for each in recorded["results"]) == [code(1), code(2)], "what is recorded is answered for"


async def test_vehicles_are_asked_about_a_few_at_a_time(ledger: Database) -> None:
    await bus(ledger, 1)
    lines = [scrapping(f"v{number}", 1, vin=vin(100 + number)) for number in range(70)]
    assert told(await send(ledger, "scrap", *lines, query=b"validateOnly=true")) == ["VEHICLE_UNKNOWN"] * 60 + ["TOO_MANY_REQUESTS"] * 10


async def test_a_table_of_vehicles(ledger: Database) -> None:
    await bus(ledger, 1, 2)
    columns = ("type", "vin", "occurredAt", "clientReference", "certificate", "codesFound", "evidence.kind", "evidence.reference")
    both = ("VEHICLE_SCRAPPING", vin(1), SCRAP["occurredAt"], "t1", "C-1", f"{code(1)} {code(2)}", "PHOTO", "P-1")
    assert told(await send_csv(ledger, "scrap", columns, both)) == ["RECORDED"]
    await Book(ledger, itertools.count(2000)).in_service(5, vin(2))
    row = ("VEHICLE_SCRAPPING", vin(2), SCRAP["occurredAt"], "t2", "C-2", "", "", "")
    (answer, *_) = await send_csv(ledger, "scrap", columns, row)
    assert [each["match"] for each in answer["results"]] == ["MISSING"], "an empty cell is a vehicle without a battery"


async def test_a_day_of_a_swap_pool_is_a_line(ledger: Database) -> None:
    await pooled(ledger, 1, 2)
    moves = [move(1, 9, "INTO_POOL"), move(2, 10, "INTO_VEHICLE"), move(1, 8, "INTO_VEHICLE", stateOfHealth=91), move(3, 11, "INTO_VEHICLE")]
    day = {"type": "SWAP_DAY", "day": "2026-06-10", "clientReference": "day-1", "moves": moves}
    (answer, *_) = await send(ledger, "swap", day)
    assert answer["status"] == "PARTIAL"
    assert [(each["code"], each["type"], each["status"]) for each in answer["results"]] == [
        (code(1), "SWAP_OUT", "RECORDED"), (code(2), "SWAP_IN", "RECORDED"), (code(1), "SWAP_IN", "RECORDED"), (code(3), "SWAP_IN", "REFUSED"),
    ]  # fmt: skip
    assert answer["results"][3]["error"]["code"] == "BATTERY_NOT_REPORTABLE"
    await Book(ledger, itertools.count(2000)).one("maker", 0.1, E.PRODUCED, 3)
    (answer, *_) = await send(ledger, "swap", day)
    assert (answer["status"], {each["status"] for each in answer["results"]}) == ("PARTIAL", {"DUPLICATE", "REFUSED"})
    refused = await send(ledger, "swap", {**day, "moves": [*moves, {}]}, {**day, "day": "2026-06-11", "clientReference": "day-2"}, {**day, "moves": moves[:1]})
    assert [(each["error"]["code"], each["error"].get("field")) for each in refused[:-1]] == [
        ("REQUIRED", "moves[4].code"), ("OTHER_DAY", "moves[2].movedAt"), ("CLIENT_REFERENCE_REUSED", None),
    ]  # fmt: skip
    assert not any("results" in each for each in refused[:-1]), "refused as a whole"


async def test_a_file_of_both_is_taken_twice_as_once(ledger: Database, tmp_path: Path) -> None:
    await bus(ledger, 1, 2)
    await pooled(ledger, 3)
    day = {"type": "SWAP_DAY", "day": "2026-06-10", "moves": [move(3, 9, "INTO_VEHICLE")], "reporter": FIRMS["swap"]}
    produced = {**event("PRODUCED", 0.1, "p", 8, modelId=MODEL), "reporter": FIRMS["maker"]}
    scrap = {"reporter": FIRMS["scrap"]}
    lines = [scrapping("s", 1, 2, **scrap), day, produced, scrapping("u", 9, vin=vin(6), **scrap)]
    path = tmp_path / "together.ndjson"
    path.write_text("".join(json.dumps(each) + "\n" for each in lines), encoding="utf-8")
    first = await import_file(path, None, ledger, reported_by=None, moment=NOW)
    assert (first.accepted, first.unchanged, first.rejected, dict(first.rules)) == (3, 0, 1, {"VEHICLE_UNKNOWN": 1})
    second = await import_file(path, None, ledger, reported_by=None, moment=NOW + timedelta(hours=1))
    assert (second.accepted, second.unchanged, second.rejected) == (0, 3, 1)
    assert {row["status"] for row in await rows(ledger, "select status from battery.pack where code = any($1::text[])", [code(1), code(2)])} == {
        "IN_SCRAP_VEHICLE",
    }  # fmt: skip
