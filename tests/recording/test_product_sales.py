"""Sales of products: refused for a prohibited field, without a buyer, and without a standard in force; what was meant may be a finding."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from resolvers.ledger.recording.report import Outcome, Recorded, Refused, Report
from tests.recording.making import equipped, held, product, reprocess
from tests.recording.world import DAY_0, Book, E, rows

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
