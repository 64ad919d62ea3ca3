"""Figures that no battery can have are refused, with a code and the field, and change nothing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from auth.entitlements import load_matrix
from resolvers.database.recording_write import insert
from resolvers.database.tables import PACK
from resolvers.ledger.enterprise_rows import EnterpriseRole
from resolvers.ledger.events import EVENTS
from resolvers.ledger.recording.plausible import WEIGHED
from resolvers.ledger.recording.report import Recorded, Refused, Sale
from tests.recording.batches import recycled, steps
from tests.recording.making import equipped, given, held, product, refused, reprocessed
from tests.recording.world import CAR, DAY_0, FIRMS, MODEL, NOW, Book, E, code, vin


@pytest.fixture
async def yard(book: Book) -> Book:
    await held(await equipped(book), 1, 2)
    return book


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"massKg": 1.0, "nominalEnergyKwh": 5000.0}, "IMPLAUSIBLE_ENERGY"),
        ({"massKg": 1.0, "nominalEnergyKwh": 0.5}, "MODEL_DIFFERS"),
        ({"massKg": 631.0}, "MODEL_DIFFERS"),
        ({"nominalEnergyKwh": 91.0}, "MODEL_DIFFERS"),
        ({"massKg": 630.0, "nominalEnergyKwh": 90.0}, None),
        ({"massKg": 210.0, "nominalEnergyKwh": 30.0}, None),
    ],
)
async def test_a_pack_and_its_model(book: Book, more: dict[str, Any], rule: str | None) -> None:
    (told,) = await book.tell("maker", given(E.PRODUCED, code(1), 0.1, "p", modelId=MODEL, **more))
    assert isinstance(told, Recorded) if rule is None else refused(told) == rule


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"massKg": 1e8}, "PRODUCT_MASS"),
        ({"massKg": 0.0001, "nominalEnergyKwh": 1e-5}, "IMPLAUSIBLE_MASS"),
        ({"nominalEnergyKwh": 9e8}, "PRODUCT_ENERGY"),
        ({"nominalEnergyKwh": 31.0}, None),
    ],
)
async def test_a_product_and_what_it_is_made_of(yard: Book, more: dict[str, Any], rule: str | None) -> None:
    (told,) = await yard.tell("recycler", reprocessed(product(1), 1, **more))
    assert isinstance(told, Recorded) if rule is None else refused(told) == rule


NO_PACK = "massKg: No pack weighs that; it has to be from 1 to 100,000 kg."


@pytest.mark.parametrize(
    ("kg", "words"),
    [
        (525.5, "massKg: 525.5 kg of a battery of 420 kg; 25% more is tolerated."),
        (99_999.0, "massKg: 99999 kg of a battery of 420 kg; 25% more is tolerated."),
        (1e6, NO_PACK),
        (0.0001, NO_PACK),
        (0.99, NO_PACK),
        (1.0, None),
        (524.5, None),
    ],
)
async def test_what_is_disposed_of(yard: Book, kg: float, words: str | None) -> None:
    (told,) = await yard.tell("recycler", given(E.DISPOSED, code(1), 12, "d", residueType="BURNT", permit="P", massKg=kg))
    assert isinstance(told, Recorded) if words is None else (refused(told), getattr(told, "message", "")) == ("IMPLAUSIBLE_MASS", words)


async def test_what_is_taken_apart(yard: Book) -> None:
    (told,) = await yard.tell("recycler", given(E.DISMANTLED, code(1), 12, "a", massKg=0.0001))
    assert (refused(told), getattr(told, "message", "")) == ("IMPLAUSIBLE_MASS", NO_PACK)


def test_whoever_reports_reads_what_a_battery_weighs() -> None:
    """A refusal tells the mass; it is of category A, which every reporter has to be able to read, and opens by the code alone."""
    assert PACK.column("mass_kg").categories == ("A",)
    matrix = load_matrix()
    for role in sorted({role for event in WEIGHED for role in EVENTS[event].reporters}):
        assert any(each.role == role and each.category == "A" and each.relation in {"exact_code", "all"} and each.entity == "battery" for each in matrix), role


@pytest.mark.parametrize(("on", "rule"), [("9999-12-31", "COLLECTION_DAY"), ("2026-05-01", "COLLECTION_DAY"), ("2026-06-01", None)])
async def test_the_day_of_a_take_back(yard: Book, on: str, rule: str | None) -> None:
    asked, early = await yard.tell("recycler", given(E.TAKE_BACK_REQUESTED, code(1), 9, "ask", reason="none"), given(E.RETIRED, code(1), 9.5, "x", reason="r"))
    assert isinstance(asked, Recorded)
    assert isinstance(early, Refused)
    assert {"TAKE_BACK_ACCEPTED", "TAKE_BACK_REFUSED"} <= set(early.allowed), "it knows that it asked"
    told, wrong = await yard.tell(
        "maker", given(E.TAKE_BACK_ACCEPTED, code(1), 10, "yes", collectOn=on, collectAt="Gate"), given(E.SOLD, code(1), 11, "s", buyer=FIRMS["oem"])
    )
    assert isinstance(told, Recorded) if rule is None else refused(told) == rule
    assert isinstance(wrong, Refused)
    assert ("TAKE_BACK_REFUSED" in wrong.allowed) is (rule is not None), "while it is asked"


async def test_a_vehicle_of_tomorrow(book: Book) -> None:
    await book.tell("maker", book.report(0.1, E.PRODUCED), book.report(3, E.SOLD, to="oem"))
    told = await book.one("oem", 5, E.INSTALLED, vin=vin(1), vehicle=CAR.__class__("T", "BEV", False, NOW.date() + timedelta(days=2)))
    assert refused(told) == "VEHICLE_IN_FUTURE"


async def test_a_vehicle_is_put_together_and_sold_on_its_day_or_later(book: Book) -> None:
    await book.tell("maker", book.report(0.1, E.PRODUCED), book.report(3, E.SOLD, to="oem"))
    made = CAR.__class__("T", "BEV", False, (DAY_0 + timedelta(days=6)).date())
    early = await book.one("oem", 5, E.INSTALLED, vin=vin(1), vehicle=made)
    assert refused(early) == "VEHICLE_NOT_MADE"
    assert isinstance(early, Refused)
    assert early.message.startswith("occurredAt: ")
    installed = await book.one("oem", 6, E.INSTALLED, vin=vin(1), vehicle=made)
    assert isinstance(installed, Recorded), installed
    assert refused(await book.one("oem", 5, E.INSTALLED, vin=vin(1), vehicle=made, corrects=installed.seq)) == "VEHICLE_NOT_MADE"
    sale = {"vin": vin(1), "province": "44", "sale": Sale("440300", "PRIVATE")}
    assert refused(await book.one("oem", 5, E.VEHICLE_SOLD, **sale)) == "VEHICLE_NOT_MADE"
    assert refused(await book.one("oem2", 5, E.VEHICLE_SOLD, **sale)) == "BATTERY_NOT_REPORTABLE", "the day is its maker's"
    assert isinstance(await book.one("oem", 7, E.VEHICLE_SOLD, **sale), Recorded)


async def test_an_authority_takes_no_batteries(book: Book) -> None:
    await book.one("maker", 0.1, E.PRODUCED)
    async with book.database.transaction("ledger") as connection:
        await insert(connection, [EnterpriseRole(FIRMS["repair"], "PR", date(2020, 1, 1), None)])
    assert refused(await book.one("maker", 3, E.SOLD, to="repair")) == "PARTY_UNKNOWN"


async def test_elements_weigh_no_more_than_what_they_came_in(yard: Book) -> None:
    heavy = steps(410.0)
    heavy[1]["assays"] = [{"element": "Li", "inputKg": 60_000.0, "recoveredKg": 59_000.0, "residueKg": 1000.0}]
    (told,) = await yard.tell("recycler", recycled({1: 410.0}, steps=heavy))
    assert refused(told) == "ASSAY_MASS"


@pytest.mark.parametrize("material", ["LITHIUM_CARBONATE", " lithium carbonate"])
async def test_a_compound_comes_of_a_chemical_step(yard: Book, material: str) -> None:
    out = [{"material": material, "massKg": 300.0}]
    (told,) = await yard.tell("recycler", recycled({1: 410.0}, steps=steps(410.0)[:1], outputs=out, process="MECHANICAL"))
    assert refused(told) == "MATERIAL_WITHOUT_STEP"
    out = [{**out[0], "material": "BLACK_MASS"}]
    (told,) = await yard.tell("recycler", recycled({2: 410.0}, "B-2", steps=steps(410.0)[:1], outputs=out, process="MECHANICAL"))
    assert isinstance(told, Recorded)
