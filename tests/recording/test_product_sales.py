"""Sales of products: refused for a prohibited field, without a buyer, and without a standard in force; what was meant may be a finding."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from resolvers.database.recording_write import insert
from resolvers.identifiers import BatteryType, ProductType, make_battery_code
from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.recording.record import record
from resolvers.ledger.recording.report import Outcome, Recorded, Refused, Report, Reporter
from resolvers.ledger.rows import Model
from tests.recording.making import cell, dismantled, equipped, given, held, modular, module, product, refused, reprocess
from tests.recording.world import DAY_0, FIRMS, NOW, Book, E, rows

PRODUCT = product(1)
LAWFUL = {"fieldOfUse": "STATIONARY_STORAGE", "standard": "GB/T 36276-2023", "buyerName": "A farm"}


@pytest.fixture
async def made(book: Book) -> Book:
    """A product of the recycler's."""
    await held(await equipped(book), 1)
    told = await reprocess(book, PRODUCT, 1)
    assert isinstance(told, Recorded), told
    return book


async def sell(book: Book, reference: str = "sold", **details: Any) -> Outcome:
    given = {name: value for name, value in {**LAWFUL, **details}.items() if value is not None}
    return (await book.tell("recycler", Report(E.PRODUCT_SOLD, PRODUCT, DAY_0 + timedelta(days=19), reference, given)))[0]


async def test_a_lawful_sale(made: Book) -> None:
    assert isinstance(await sell(made), Recorded)
    assert await rows(made.database, "select * from battery.finding where code = $1", PRODUCT) == []


@pytest.mark.parametrize(
    ("details", "code", "findings"),
    [
        ({"fieldOfUse": "E_BICYCLE"}, "FIELD_OF_USE_PROHIBITED", ["R13"]),
        ({"fieldOfUse": "POWER_BANK"}, "NO_STANDARD_IN_FORCE", []),
        ({"standard": "GB/T 36276-2018"}, "STANDARD_NOT_IN_FORCE", []),
        ({"fieldOfUse": None}, "FIELD_OF_USE_MISSING", []),
        ({"buyerName": None}, "BUYER_MISSING", []),
        # What is wrong with the field comes first, so that the rule sees it.
        ({"fieldOfUse": "E_BICYCLE", "buyerName": None}, "FIELD_OF_USE_PROHIBITED", ["R13"]),
        ({"fieldOfUse": None, "buyerBusiness": "E_BICYCLE_RENTAL"}, "FIELD_OF_USE_MISSING", ["R13"]),
    ],
)
async def test_a_sale_that_is_refused(made: Book, details: dict[str, Any], code: str, findings: list[str]) -> None:
    told = await sell(made, **details)
    assert isinstance(told, Refused)
    assert told.code == code
    assert [row["rule"] for row in await rows(made.database, "select rule from battery.finding where code = $1", PRODUCT)] == findings
    assert isinstance(await sell(made, "again"), Recorded), "what was refused changed nothing"


async def maker_too(book: Book, *reports: Report) -> list[Outcome]:
    """Told by the recycler, which makes new batteries as well."""
    return await record(book.database, Reporter(FIRMS["recycler"], frozenset({"CU", "BM"})), reports, NOW)


async def found(book: Book, subject: str) -> list[tuple[str, str | None, str]]:
    """The findings on it: their rule, how it is broken, and what the attempt was refused for."""
    told = await rows(book.database, "select rule, figures::text, attempt::text from battery.finding where code = $1 order by rule", subject)
    return [(row["rule"], json.loads(row["figures"]).get("reason"), json.loads(row["attempt"])["refused"]) for row in told]


@pytest.mark.parametrize(("level", "findings"), [(ProductType.PACK, []), (ProductType.CELL, [("R13", "NO_FIELD", "IS_A_PRODUCT")])])
async def test_a_product_is_not_sold_as_if_it_were_new(book: Book, level: ProductType, findings: list[tuple[str, str, str]]) -> None:
    """SOLD names no field of use: who makes products and new batteries would sell used cells for anything."""
    await held(await equipped(book), 1)
    head = ("0R2", ProductType.PACK, BatteryType.LITHIUM_IRON_PHOSPHATE, "3K")
    goods = make_battery_code(*head, date(2026, 5, 16), 1, reused_level=level)
    assert isinstance(await reprocess(book, goods, 1), Recorded)
    told = (await maker_too(book, given(E.SOLD, goods, 19, "as new", buyer=FIRMS["swap"])))[0]
    assert isinstance(told, Refused)
    assert (told.code, told.state, {"SOLD", "PRODUCT_SOLD"} & set(told.allowed)) == ("IS_A_PRODUCT", "CODED", {"PRODUCT_SOLD"})
    assert await found(book, goods) == findings


async def test_used_cells_are_not_sold_as_they_were_taken_out(book: Book) -> None:
    await held(await equipped(book), 1, pack=modular)
    (apart,) = await book.tell("recycler", dismantled(1, cell(1, 1), cell(1, 2), module(1, 2)))
    assert isinstance(apart, Recorded), apart
    sale = {"fieldOfUse": None, "buyerName": "A shop"}
    told = await book.tell("recycler", *(given(E.PRODUCT_SOLD, each, 14, "s" + each, **sale) for each in (cell(1, 1), module(1, 2))))
    assert [refused(each) for each in told] == ["NOT_A_PRODUCT"] * 2
    assert refused((await maker_too(book, given(E.SOLD, cell(1, 2), 14, "as new", buyer=FIRMS["swap"])))[0]) == "ILLEGAL_TRANSITION"
    assert await found(book, cell(1, 1)) == [("R13", "NO_FIELD", "NOT_A_PRODUCT")]
    assert await found(book, cell(1, 2)) == [("R13", "NO_FIELD", "ILLEGAL_TRANSITION")]
    assert await found(book, module(1, 2)) == []


async def test_new_cells_that_are_told_of_as_a_product_are_no_finding(book: Book) -> None:
    """They are not used, and may be sold for any field."""
    await equipped(book)
    async with book.database.transaction("ledger") as connection:
        await insert(connection, [Model("CELL-1", FIRMS["recycler"], "Cell", "LFP", "PRISMATIC", 0.5, 150.0, 3.2, 3.5, 0, 1, date(2020, 1, 1), None, NOW)])
    new = make_battery_code("0R2", ProductType.CELL, BatteryType.LITHIUM_IRON_PHOSPHATE, "3C", date(2026, 5, 16), 1, traceability_code="00021A5")
    made = given(E.PRODUCED, new, 10.1, "new", modelId="CELL-1", massKg=3.5, nominalEnergyKwh=0.5)
    told = await maker_too(book, made, given(E.PRODUCT_SOLD, new, 14, "sold", buyerName="A shop"))
    assert isinstance(told[0], Recorded), told
    assert refused(told[1]) == "NOT_A_PRODUCT"
    assert await found(book, new) == []


async def test_a_sale_into_another_field_than_it_was_made_for(made: Book) -> None:
    """It is held to the standards of the field that it is sold into, by the product's own where it names none."""
    other = {"fieldOfUse": "TELECOM_BACKUP"}
    assert refused(await sell(made, "by the product's own", standard=None, **other)) == "STANDARD_NOT_IN_FORCE"
    assert isinstance(await sell(made, "by its own", standard="YD/T 2344.1-2011", **other), Recorded)


async def test_who_sold_it_to_somebody_outside_answers_for_it_until_it_is_back(made: Book) -> None:
    """A farm can report nothing. Its seller tells of it and takes it back; nobody else can."""
    assert isinstance(await sell(made), Recorded)
    (held_by,) = await rows(made.database, "select status, custodian from battery.pack where code = $1", PRODUCT)
    assert held_by == {"status": "IN_SERVICE", "custodian": FIRMS["recycler"]}
    assert [row["until_at"] for row in await rows(made.database, "select until_at from battery.custody where code = $1", PRODUCT)] == [None]
    (stranger,) = await made.tell("recycler2", given(E.RETIRED, PRODUCT, 30, "s", reason="worn"))
    assert refused(stranger) == "BATTERY_NOT_REPORTABLE"
    told = await made.tell(
        "recycler",
        given(E.SAFETY_EVENT, PRODUCT, 30, "a", kind="FIRE", severity="MINOR", description="Smoke"),
        given(E.RETIRED, PRODUCT, 40, "b", reason="worn"),
        given(E.HANDED_OVER, PRODUCT, 41, "c", receiver=FIRMS["recycler2"], purpose="UTILIZATION", declaredMassKg=200.0, filingNumber="F-2026-1"),
    )
    assert all(isinstance(each, Recorded) for each in told), told
    assert isinstance((await made.tell("recycler2", given(E.RECEIVED, PRODUCT, 42, "d", measuredMassKg=200.0)))[0], Recorded)
    legs = await rows(made.database, "select holder, until_at is null as holds from battery.custody where code = $1 order by seq", PRODUCT)
    assert [(row["holder"], row["holds"]) for row in legs] == [(FIRMS["recycler"], False), (FIRMS["recycler2"], True)]
    assert (await rebuild(made.database, lambda _stage, _done: None)).differences == []


async def test_a_product_that_a_buyer_lost_is_reported_missing_by_its_seller(made: Book) -> None:
    assert isinstance(await sell(made), Recorded)
    told = await made.tell("recycler", given(E.REPORTED_MISSING, PRODUCT, 30, "m", circumstances="The barn is empty"))
    assert isinstance(told[0], Recorded), told
