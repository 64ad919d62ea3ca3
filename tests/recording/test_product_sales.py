"""Sales of products: refused for a prohibited field, without a buyer, and without a standard in force; what was meant may be a finding."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.recording.report import Outcome, Recorded, Refused, Report
from tests.recording.making import equipped, given, held, product, refused, reprocess
from tests.recording.world import DAY_0, FIRMS, Book, E, rows

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
    ],
)
async def test_a_sale_that_is_refused(made: Book, details: dict[str, Any], code: str, findings: list[str]) -> None:
    told = await sell(made, **details)
    assert isinstance(told, Refused)
    assert told.code == code
    assert [row["rule"] for row in await rows(made.database, "select rule from battery.finding where code = $1", PRODUCT)] == findings
    assert isinstance(await sell(made, "again"), Recorded), "what was refused changed nothing"


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
