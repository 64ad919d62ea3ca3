"""Lists as long as their forms say, by every way that reports come: the cells of a pack, the moves of a day."""

from __future__ import annotations

import json
import zlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from resolvers.database.recording_write import insert
from resolvers.identifiers import BatteryType, ProductType, make_battery_code
from resolvers.importing import import_file, rejects_path
from resolvers.ledger.recording.fields import FieldRule, Kind
from resolvers.ledger.recording.forms import FIELDS
from resolvers.ledger.recording.inputs import MOST_CELLS, MOST_SOURCES
from resolvers.ledger.recording.inputs_together import MOST_MOVES, SWAP_DAY
from resolvers.ledger.rows import Model
from schema.reporting import INPUTS
from schema.sizes import LONG_LISTS
from tests.conftest import Databases
from tests.recording.least import MADE, STATION
from tests.recording.world import DAY_0, FIRMS, NOW, code, rows, vin
from tests.reporting.serving import Parties, parties_of

MODEL = "REC-2170"
CELLS = 4_400
PRODUCED = "mutation ($i: ProducedInput!) { told: reportProduced(input: $i, validateOnly: false) { outcome rule message } }"
MANY = "mutation ($all: [LifecycleEventInput!]!) { told: reportLifecycleEvents(events: $all) { outcome rule message } }"
DAY = "mutation ($i: SwapDayInput!) { told: reportSwapDay(input: $i) { outcome rule } }"
LENGTHS: Mapping[Kind, int] = {
    Kind.CELL_CODES: MOST_CELLS, Kind.RELEASED: MOST_CELLS, Kind.CODES: MOST_SOURCES, Kind.INPUTS: MOST_SOURCES, Kind.MOVES: MOST_MOVES,
}  # fmt: skip


@pytest.fixture(scope="module")
async def parties(databases: Databases) -> AsyncIterator[Parties]:
    database = await databases.make()
    async with parties_of(database) as found:
        async with database.transaction("ledger") as connection:
            day = date(2020, 1, 1)
            model = Model(MODEL, FIRMS["maker"], "Small cells", "LFP", "CYLINDRICAL", 60.0, 180.0, 333.0, 420.0, 0, CELLS, day, None, NOW)
            await insert(connection, [model])
        yield found
    await databases.drop(database)


def cell(pack: int, number: int) -> str:
    return make_battery_code(
        "0R1",
        ProductType.CELL,
        BatteryType.LITHIUM_IRON_PHOSPHATE,
        "3K",
        date(2026, 5, 6),
        number,
        traceability_code=f"00021B{pack}",
    )


def made(pack: int, count: int = CELLS) -> dict[str, Any]:
    at = (DAY_0 + timedelta(days=0.1)).isoformat()
    return {
        **MADE,
        "code": code(pack),
        "occurredAt": at,
        "clientReference": f"p{pack}",
        "modelId": MODEL,
        "cells": [cell(pack, n) for n in range(1, count + 1)],
    }


def line(event: str, given: Mapping[str, Any]) -> bytes:
    return json.dumps({"type": event, **given}).encode() + b"\n"


async def sent(parties: Parties, by: str, body: bytes, media: str = "application/x-ndjson") -> list[Any]:
    headers = {"Authorization": "Bearer " + await parties.token(by), "Content-Type": media}
    async with parties.http.post(parties.url + "/ingest", data=body, headers=headers) as response:
        return [json.loads(each) for each in (await response.text()).splitlines()]


def moves(count: int) -> list[dict[str, Any]]:
    start = DAY_0 + timedelta(days=20)
    return [
        {
            "code": code(9),
            "vin": vin(9),
            **STATION,
            "direction": "INTO_POOL" if n % 2 else "INTO_VEHICLE",
            "movedAt": (start + timedelta(seconds=n)).isoformat(),
        }
        for n in range(count)
    ]


def swap_day(reference: str, count: int) -> dict[str, Any]:
    return {"day": (DAY_0 + timedelta(days=20)).date().isoformat(), "clientReference": reference, "moves": moves(count)}


def test_the_gateway_lets_through_what_each_form_takes() -> None:
    forms: dict[str, Sequence[FieldRule]] = {"SwapDayInput": SWAP_DAY}
    forms |= {INPUTS[event].__name__: FIELDS[event] for event in INPUTS}
    found = {f"{name}.{rule.name}": LENGTHS[rule.kind] for name, rules in forms.items() for rule in rules if rule.kind in LENGTHS}
    assert dict(LONG_LISTS) == found


async def test_a_pack_of_many_small_cells_is_reported_by_every_way(parties: Parties, tmp_path: Path) -> None:
    one = (await parties.ask("maker", PRODUCED, {"i": made(1)}))["data"]["told"]
    many = (await parties.ask("maker", MANY, {"all": [{"produced": made(2)}]}))["data"]["told"]
    told = {**made(3), "cells": "CELLS"}
    literal = json.dumps(told["cells"])
    fields = " ".join(f"{name}: {json.dumps(value)}" for name, value in told.items()).replace(literal, json.dumps(made(3)["cells"]))
    written = (await parties.ask("maker", f"mutation {{ told: reportProduced(input: {{ {fields} }}) {{ outcome rule message }} }}"))["data"]["told"]
    recorded = {"outcome": "RECORDED", "rule": None, "message": None}
    assert (one, many, written) == (recorded, [recorded], recorded)
    assert [each["status"] for each in (await sent(parties, "maker", line("PRODUCED", made(4))))[:-1]] == ["RECORDED"]
    head, row = made(5).keys(), [" ".join(value) if isinstance(value, list) else str(value) for value in made(5).values()]
    table = f"type,{','.join(head)}\nPRODUCED,{','.join(row)}\n".encode()
    assert [each["status"] for each in (await sent(parties, "maker", table, "text/csv"))[:-1]] == ["RECORDED"]
    path = tmp_path / "packs.ndjson"
    path.write_bytes(line("PRODUCED", made(6)))
    report = await import_file(path, None, parties.database, reported_by=FIRMS["maker"], moment=NOW)
    assert (report.accepted, report.rejected) == (1, 0)
    kept = await rows(parties.database, "select code, cells from battery.cell_list order by code")
    assert [len(zlib.decompress(each["cells"]).split()) for each in kept] == [CELLS] * 6


async def test_a_day_of_more_than_a_thousand_moves_is_one_report(parties: Parties) -> None:
    told = (await parties.ask("swap", DAY, {"i": swap_day("d1", 1_200)}))["data"]["told"]
    assert [each["outcome"] for each in told] == ["REFUSED"] * 1_200, "of a battery that is none of theirs"
    (result, _) = await sent(parties, "swap", line("SWAP_DAY", swap_day("d2", 1_200)))
    assert len(result["results"]) == 1_200


async def test_more_than_the_form_takes_is_refused(parties: Parties) -> None:
    body = await parties.ask("swap", DAY, {"i": swap_day("d3", MOST_MOVES + 1)})
    assert [each["message"] for each in body["errors"]] == ["Variable $i.moves has 5001 items; it takes 5000."]
    refused, _ = await sent(parties, "maker", line("PRODUCED", made(7, MOST_CELLS + 1)))
    assert (refused["error"]["code"], refused["error"]["field"]) == ("INVALID_FIELD", "cells")


async def test_a_first_line_that_is_too_long_is_rejected_alone(parties: Parties, tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(b'{"x": "' + b"x" * 8_000_000 + b'"}\n' + line("PRODUCED", made(8)))
    report = await import_file(path, None, parties.database, reported_by=FIRMS["maker"], moment=NOW)
    assert (report.accepted, report.rejected) == (1, 1)
    (reject,) = [json.loads(each) for each in rejects_path(path).read_text().splitlines()]
    assert (reject["line"], reject["rule"], reject["message"]) == (1, "MALFORMED_LINE", "The line has more than 8000000 bytes.")
