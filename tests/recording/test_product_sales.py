"""Sales of products: refused for a prohibited field, without a buyer, and without a standard in force; what was meant may be a finding."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from resolvers.database.recording_write import insert
from resolvers.identifiers import BatteryType, ProductType, make_battery_code
from resolvers.ledger.recording.report import NewPack, Outcome, Recorded, Refused, Report
from resolvers.ledger.rows import ManufacturerCode, Model
from tests.recording.world import DAY_0, FIRMS, NOW, Book, E, rows

PRODUCT = make_battery_code("0R2", ProductType.PACK, BatteryType.LITHIUM_IRON_PHOSPHATE, "3K", date(2026, 5, 6), 1, traceability_code="00021A5")
LAWFUL = {"fieldOfUse": "STATIONARY_STORAGE", "standard": "GB/T 36276-2023", "buyerName": "A farm"}


@pytest.fixture
async def made(book: Book) -> Book:
    """A product, coded by the recycler."""
    day = date(2020, 1, 1)
    async with book.database.transaction("ledger") as connection:
        await insert(connection, [ManufacturerCode("0R2", FIRMS["recycler"], day, None)])
        await insert(connection, [Model("STORE-30", FIRMS["recycler"], "Store", "LFP", "PRISMATIC", 30.0, 90.0, 333.0, 210.0, 0, 52, day, None, NOW)])
    (told,) = await book.tell("recycler", Report(E.PRODUCED, PRODUCT, DAY_0 + timedelta(days=0.1), "made", pack=NewPack("STORE-30")))
    assert isinstance(told, Recorded), told
    return book


async def sell(book: Book, reference: str = "sold", **details: Any) -> Outcome:
    given = {name: value for name, value in {**LAWFUL, **details}.items() if value is not None}
    return (await book.tell("recycler", Report(E.PRODUCT_SOLD, PRODUCT, DAY_0 + timedelta(days=9), reference, given)))[0]


async def test_a_lawful_sale(made: Book) -> None:
    assert isinstance(await sell(made), Recorded)
    assert await rows(made.database, "select * from battery.finding") == []


@pytest.mark.parametrize(
    ("details", "code", "findings"),
    [
        ({"fieldOfUse": "E_BICYCLE"}, "FIELD_OF_USE_PROHIBITED", ["R13"]),
        ({"fieldOfUse": "SUBMARINE"}, "NO_STANDARD_IN_FORCE", []),
        ({"standard": "GB/T 36276-2018"}, "STANDARD_NOT_IN_FORCE", []),
        ({"standard": None}, "STANDARD_NOT_IN_FORCE", []),
        ({"fieldOfUse": None}, "FIELD_OF_USE_MISSING", []),
        ({"buyerName": None}, "BUYER_MISSING", []),
    ],
)
async def test_a_sale_that_is_refused(made: Book, details: dict[str, Any], code: str, findings: list[str]) -> None:
    told = await sell(made, **details)
    assert isinstance(told, Refused)
    assert told.code == code
    assert [row["rule"] for row in await rows(made.database, "select rule from battery.finding")] == findings
    assert isinstance(await sell(made, "again"), Recorded), "what was refused changed nothing"
