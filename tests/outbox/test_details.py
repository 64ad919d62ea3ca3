"""A message says all that was reported of its event, by the names of the API: nothing of it is left in the ledger alone, but the codes of cells."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest

from gateway.platform.message import line
from resolvers.database.outbox import Outbox
from resolvers.database.pool import Database
from resolvers.ledger.events import EventType
from resolvers.ledger.recording.fields import Kind
from resolvers.ledger.recording.forms import FIELDS
from tests.recording.making import MODULAR, STORE, cell, equipped, given, held, module, product
from tests.recording.world import FIRMS, NOW, Book, code, registered, vin

E = EventType
TESTED = {"method": "HPPC", "capacityAh": 150.0, "resistanceMilliohm": 70.0, "insulationMegaohm": 500.0, "grade": "B", "route": "REPROCESS_INTO_PRODUCT"}
MODULES = [{"code": module(1, place), "cellCount": 26, "massKg": 80.0} for place in range(1, 5)]
MADE = {
    "modelId": MODULAR, "massKg": 419.5, "nominalEnergyKwh": 59.5, "modules": MODULES, "otherScheme": "GB/T 45565", "otherValue": "X-1",
    "plantRegion": "350900",
}  # fmt: skip
CAR = {"modelName": "Test One", "powertrain": "BEV", "swapModel": False, "producedOn": "2026-05-06"}
DOCUMENTS = [{"kind": "CERTIFICATE", "reference": "C-1", "sha256": "0" * 64}, {"kind": "PHOTO", "reference": "P-1"}]


@pytest.fixture
async def book(database: Database) -> Book:
    await registered(database)
    return await equipped(Book(database))


async def told(database: Database) -> dict[tuple[str, str], dict[str, Any]]:
    """The messages, by code and type."""
    messages = [orjson.loads(line(each)) for each in await Outbox(database, "this process").take(NOW + timedelta(days=1), 200)]
    return {(each["code"], each["type"]): each for each in messages}


async def test_what_a_pack_and_a_vehicle_are_is_told(book: Book) -> None:
    one = code(1)
    cells = [cell(1, place) for place in range(1, 105)]
    await book.tell("maker", given(E.PRODUCED, one, 0.1, "a", **MADE, cells=cells, evidence=DOCUMENTS), given(E.SOLD, one, 1, "b", buyer=FIRMS["oem"]))
    sold = {"region": "350900", "ownerKind": "PRIVATE"}
    reports = [given(E.INSTALLED, one, 2, "c", vin=vin(1), vehicle=CAR), given(E.VEHICLE_SOLD, one, 3, "d", vin=vin(1), **sold)]
    await book.tell("oem", *reports)
    messages = await told(book.database)
    assert messages[one, "PRODUCED"]["details"] == MADE
    assert messages[one, "PRODUCED"]["evidence"] == DOCUMENTS
    assert messages[one, "SOLD"]["details"] == {"buyer": FIRMS["oem"]}
    assert messages[one, "INSTALLED"]["details"] == {"vehicle": CAR, "position": 1}
    assert messages[one, "INSTALLED"]["vin"] == vin(1)
    assert messages[one, "VEHICLE_SOLD"]["details"] == sold


async def test_measurements_have_the_units_of_the_api_and_a_product_its_sources(book: Book) -> None:
    await held(book, 2, graded=False)
    made = {
        "modelId": STORE,
        "massKg": 210.0,
        "nominalEnergyKwh": 30.0,
        "fieldOfUse": "STATIONARY_STORAGE",
        "standard": "GB/T 36276-2023",
        "testReport": "CQC-1",
    }
    reports = [given(E.GRADED, code(2), 8, "g", **TESTED), given(E.REPROCESSED, product(1), 10, "p", sourceCodes=[code(2)], **made)]
    await book.tell("recycler", *reports)
    messages = await told(book.database)
    assert messages[code(2), "GRADED"]["details"] == TESTED
    assert messages[product(1), "PRODUCED"]["details"] == {**made, "sourceCodes": [code(2)]}


def test_every_place_that_a_field_of_a_report_goes_to_is_known() -> None:
    """A field that goes to a new place of the report has to be told from there."""
    places = {rule.to for rules in FIELDS.values() for rule in rules if rule.to is not None and not rule.to.startswith(("pack.", "details."))}
    assert places == {"vin", "counterparty", "vehicle", "sources", "released", "sale.region_code", "sale.owner_kind", "province+details"}
    left_out = {rule.name for rules in FIELDS.values() for rule in rules if rule.kind is Kind.CELL_CODES}
    assert left_out == {"cells"}
