"""Corrections: who reported an event says it right, once, and takes nothing from others who went by it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from resolvers.ledger.recording.report import NewModule, NewPack, Outcome, Recorded, Refused, Sale
from tests.recording.making import LAWFUL, equipped, given, held, module, product, reprocessed
from tests.recording.world import CAR, DAY_0, FIRMS, MODEL, NOW, Book, E, rows, vin

HELD = "select holder from battery.custody where until_at is null and outcome = 'RECEIVED'"
OFFER = {"purpose": "UTILIZATION", "declaredMassKg": 424.0, "condition": "Good", "fromRegion": "430100", "toRegion": "420100", "filingNumber": "F-1"}


def why(told: Outcome) -> str:
    return f"{told.code}: {told.message}" if isinstance(told, Refused) else "RECORDED"


async def sold(book: Book) -> None:
    assert isinstance(await book.one("maker", 0.1, E.PRODUCED), Recorded)
    assert isinstance(await book.one("maker", 3, E.SOLD, to="oem"), Recorded)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (E.INSTALLED, {"vin": vin(1), "vehicle": CAR}),
        (E.HEALTH_MEASURED, {"details": {"stateOfHealth": 99.0, "method": "TEST_BENCH"}}),
        (E.DISPOSED, {}),
        (E.REPORTED_MISSING, {"details": {"circumstances": "Theft"}}),
    ],
)
async def test_a_sale_is_not_corrected_away_from_a_buyer_who_has_acted(book: Book, kind: E, more: dict[str, Any]) -> None:
    await sold(book)
    by = "oem" if kind is not E.DISPOSED else "recycler"
    if kind is E.DISPOSED:
        await book.one("maker", 3.5, E.SOLD, to="recycler", corrects=2)
    assert isinstance(await book.one(by, 5, kind, **more), Recorded)
    last = 2 if by == "oem" else 3
    assert why(await book.one("maker", 2.9, E.SOLD, to="repair", corrects=last)).startswith("CORRECTION_REFUSED: Others")
    # The day of the same sale may be said right; later only where its seller may see what came next.
    later = await book.one("maker", 3.6, E.SOLD, to=by, corrects=last)
    assert why(later).startswith("CORRECTION_REFUSED: occurredAt: Others" if kind in (E.DISPOSED, E.REPORTED_MISSING) else "RECORDED"), later
    last = later.seq if isinstance(later, Recorded) else last
    assert isinstance(await book.one("maker", 2.8, E.SOLD, to=by, corrects=last), Recorded)


async def test_a_pack_in_service_or_at_its_end_stays_with_whom_it_is(book: Book) -> None:
    car = await book.in_service()
    assert "Others" in why(await book.one("maker", 3, E.SOLD, to="oem2", corrects=2))
    assert "Others" in why(await book.one("maker", 3, E.SOLD, to="repair", corrects=2))
    await book.one("scrap", 100, E.VEHICLE_SCRAPPED, vin=car, details={"packFound": True})
    assert await rows(book.database, HELD) == [{"holder": FIRMS["scrap"]}]
    # Its automaker may not say now that it was in another car.
    told = await book.one("oem", 5, E.INSTALLED, vin=vin(2), vehicle=CAR, corrects=3)
    assert why(told).startswith("CORRECTION_REFUSED: What you reported since stands against it: VEHICLE_SOLD of 2026-05-18T16:00:00+08:00 would be NOT_AUTO")
    assert await rows(book.database, "select vin from vehicle.vehicle") == [{"vin": car}], "nor is the other car declared by that"
    assert why(await book.one("maker", 3, E.SOLD, to="repair", corrects=2)).startswith("CORRECTION_REFUSED")
    assert await rows(book.database, HELD) == [{"holder": FIRMS["scrap"]}]
    assert await rows(book.database, "select 1 from battery.access where grantee = any($1::text[])", [FIRMS["repair"], FIRMS["oem2"]]) == []


async def test_what_only_somebody_came_upon_hinders_no_correction(book: Book) -> None:
    """Nor does it tell the reporter that there was such a thing."""
    await sold(book)
    await book.one("repair", 4, E.FOUND_ABANDONED, details={"place": "A yard", "condition": "Wet"}, province="44")
    await book.one("maker", 4.2, E.RECALLED, details={"recall": "R-1", "hazard": "Fire"})
    assert isinstance(await book.one("maker", 3, E.SOLD, to="oem2", corrects=2), Recorded)


async def test_a_correction_is_judged_as_the_event_was(book: Book) -> None:
    car = await book.in_service()
    await book.one("repair", 40, E.MAINTAINED, vin=car, details={"work": "SEAL", "parts": []})
    assert why(await book.one("repair", 40, E.MAINTAINED, vin=vin(7), details={"work": "SEAL", "parts": []}, corrects=5)).startswith("VEHICLE_UNKNOWN")
    await book.in_service(2)
    assert why(await book.one("repair", 40, E.MAINTAINED, vin=vin(2), details={"work": "SEAL", "parts": []}, corrects=5)).startswith("VEHICLE_UNKNOWN")
    assert isinstance(await book.one("repair", 40, E.MAINTAINED, vin=car, details={"work": "PUMP", "parts": []}, corrects=5), Recorded)


async def test_one_event_is_corrected_once_and_its_correction_again(book: Book) -> None:
    await sold(book)
    assert isinstance(await book.one("maker", 3.1, E.SOLD, to="oem2", corrects=2), Recorded)
    assert "was corrected before" in why(await book.one("maker", 3.2, E.SOLD, to="repair", corrects=2))
    assert isinstance(await book.one("maker", 3.2, E.SOLD, to="repair", corrects=3), Recorded)
    assert await rows(book.database, HELD) == [{"holder": FIRMS["repair"]}]
    batch = [book.report(3.3, E.SOLD, to=to, corrects=4) for to in ("oem", "oem2")]
    assert [isinstance(told, Recorded) for told in await book.tell("maker", *batch)] == [True, False]


async def handed(book: Book) -> None:
    car = await book.in_service()
    await book.one("scrap", 100, E.VEHICLE_SCRAPPED, vin=car, details={"packFound": True})
    await book.one("scrap", 102, E.PACK_DETACHED, vin=car, details={"massKg": 424.0})
    assert isinstance(await book.one("scrap", 103, E.HANDED_OVER, to="recycler", details=OFFER), Recorded)


async def test_what_was_declared_with_a_hand_over_stands_once_it_was_answered(book: Book) -> None:
    await handed(book)
    assert isinstance(await book.one("scrap", 103, E.HANDED_OVER, to="recycler2", details={**OFFER, "declaredMassKg": 420.0}, corrects=7), Recorded)
    assert isinstance(await book.one("scrap", 103, E.HANDED_OVER, to="recycler", details=OFFER, corrects=8), Recorded), "nobody answered yet"
    await book.one("recycler", 105, E.RECEIVED, details={"measuredMassKg": 300.0, "condition": "Burnt"})
    of = "select declared_mass_kg, declared_condition, discrepancies from battery.custody where sender = $1"
    leg = [{"declared_mass_kg": 424.0, "declared_condition": "Good", "discrepancies": ["MASS", "CONDITION"]}]
    assert await rows(book.database, of, FIRMS["scrap"]) == leg
    wrong: dict[str, Any] = {"declaredMassKg": 300.0, "condition": "Burnt", "purpose": "STORAGE", "toRegion": "360100", "fromRegion": "430200"}
    for name, value in wrong.items():
        told = await book.one("scrap", 103, E.HANDED_OVER, to="recycler", details={**OFFER, name: value}, corrects=9)
        assert why(told).startswith(f"CORRECTION_REFUSED: {name}"), name
    without = {name: value for name, value in OFFER.items() if name != "condition"}
    assert "condition" in why(await book.one("scrap", 103, E.HANDED_OVER, to="recycler", details=without, corrects=9))
    assert await rows(book.database, of, FIRMS["scrap"]) == leg
    # A number that was mistyped is none of what the receiver answered to.
    assert isinstance(await book.one("scrap", 103, E.HANDED_OVER, to="recycler", details={**OFFER, "filingNumber": "F-2"}, corrects=9), Recorded)
    assert await rows(book.database, of, FIRMS["scrap"]) == leg


async def modular(book: Book) -> NewPack:
    """A model of two modules; what is said of a pack of it."""
    async with book.database.transaction("ledger") as connection:
        await connection.execute("update battery.model set module_count = 2, cell_count = 104 where id = $1", MODEL)
    return NewPack(MODEL, mass_kg=421.0, nominal_energy_kwh=60.0, modules=(NewModule(module(1, 1), 52, 190.0), NewModule(module(1, 2), 52, 190.0)))


async def test_a_correction_does_not_make_another_battery_of_it(book: Book) -> None:
    new = await modular(book)
    assert isinstance(await book.one("maker", 0.1, E.PRODUCED, pack=new), Recorded)
    otherwise = {
        "massKg": {"mass_kg": 500.0}, "nominalEnergyKwh": {"nominal_energy_kwh": 61.0}, "otherValue": {"other_scheme": "GS1", "other_value": "X"},
        "modules": {"modules": (new.modules[0], NewModule(module(1, 3), 52, 190.0))},
    }  # fmt: skip
    for name, change in otherwise.items():
        told = why(await book.one("maker", 0.1, E.PRODUCED, pack=NewPack(**{**as_given(new), **change}), corrects=1))
        assert told.startswith("CORRECTION_REFUSED: " + ("otherScheme" if name == "otherValue" else name)), (name, told)
    assert "occurredAt" in why(await book.one("maker", 1.5, E.PRODUCED, pack=new, corrects=1)), "the day that it was made"
    assert why(await book.one("maker", 0.1, E.PRODUCED, pack=NewPack("OTHER"), corrects=1)).startswith("MODEL_UNKNOWN")
    # Where it was made, and at which hour, may be said right.
    assert isinstance(await book.one("maker", 0.2, E.PRODUCED, pack=new, province="32", corrects=1), Recorded)
    assert await rows(book.database, "select mass_kg, status from battery.pack") == [{"mass_kg": 421.0, "status": "CODED"}]
    batch = [book.report(0.1, E.PRODUCED, 2, pack=NewPack(**{**as_given(new), "modules": ()})), book.report(0.1, E.PRODUCED, 2, pack=new, corrects=1)]
    assert [why(each).partition(" W")[0] for each in await book.tell("maker", *batch)] == ["RECORDED", "CORRECTION_REFUSED: modules:"]


def as_given(new: NewPack) -> dict[str, Any]:
    return {name: getattr(new, name) for name in new.__slots__}


async def test_a_correction_is_as_late_as_what_was_told_first(book: Book) -> None:
    """In time it was told, in time it stays, if a year passes until it is said right; and what happened earlier than was said was told late."""
    moment = DAY_0 + timedelta(days=4)
    await book.one("maker", 0.1, E.PRODUCED, moment=moment)
    first = await book.one("maker", 3, E.SOLD, to="oem", moment=moment)
    again = await book.one("maker", 3.1, E.SOLD, to="oem", corrects=2, moment=NOW)
    assert isinstance(first, Recorded)
    assert isinstance(again, Recorded)
    assert first.due_on is not None
    assert (first.late, again.late, again.due_on) == (False, False, first.due_on)
    car = await book.in_service(2)
    told = await book.one("repair", 60, E.MAINTAINED, 2, vin=car, details={"work": "SEAL", "parts": []}, moment=DAY_0 + timedelta(days=70))
    earlier = await book.one("repair", 13, E.MAINTAINED, 2, vin=car, details={"work": "SEAL", "parts": []}, corrects=5)
    later = await book.one("repair", 60, E.MAINTAINED, 2, vin=car, details={"work": "SEAL", "parts": []}, corrects=6)
    assert [each.late for each in (told, earlier, later) if isinstance(each, Recorded)] == [False, True, False]
    sale = Sale("440300", "PRIVATE")
    late = await book.one("oem", 12, E.VEHICLE_SOLD, 2, vin=car, province="44", sale=sale, corrects=4)
    assert isinstance(late, Recorded)
    assert late.late, "told late it stays late"


async def test_what_its_reporter_told_later_is_judged_anew(book: Book) -> None:
    """A product that a farm bought is its seller's to retire; one that another firm bought is not, and so neither was retired by it."""
    await held(await equipped(book), 6)
    goods, sale = product(6), {"fieldOfUse": LAWFUL["fieldOfUse"], "standard": LAWFUL["standard"]}
    reports = [
        reprocessed(goods, 6), given(E.PRODUCT_SOLD, goods, 12, "sale", buyerName="A farm", **sale), given(E.RETIRED, goods, 40, "end", reason="WORN"),
        given(E.PRODUCT_SOLD, goods, 12, "to a firm", buyer=FIRMS["swap"], corrects="sale", **sale),
    ]  # fmt: skip
    *before, told = await book.tell("recycler", *reports)
    assert all(isinstance(each, Recorded) for each in before), before
    assert isinstance(told, Refused)
    assert why(told) == (
        "CORRECTION_REFUSED: What you reported since stands against it: RETIRED of 2026-06-15T16:00:00+08:00 would be NOT_CUSTODIAN, "
        "Only the custodian of the battery reports this."
    )
    assert await rows(book.database, "select custodian, status from battery.pack where code = $1", goods) == [
        {"custodian": FIRMS["recycler"], "status": "RETIRED"}
    ]  # fmt: skip
    (other,) = await book.tell("recycler", given(E.PRODUCT_SOLD, goods, 13, "to a park", buyerName="A park", corrects="sale", **sale))
    assert isinstance(other, Recorded)


async def test_what_others_answered_is_not_corrected_away(book: Book) -> None:
    """Nor is it said what would be wrong with their answer."""
    await handed(book)
    await book.one("recycler", 105, E.RECEIVED, details={"measuredMassKg": 424.0})
    asked = await book.one("recycler", 110, E.TAKE_BACK_REQUESTED, to="oem", details={"reason": "Worn"})
    assert isinstance(asked, Recorded)
    assert isinstance(await book.one("oem", 111, E.TAKE_BACK_REFUSED, details={"reason": "No"}), Recorded)
    assert "Others" in why(await book.one("recycler", 110, E.TAKE_BACK_REQUESTED, to="maker", details={"reason": "Worn"}, corrects=asked.seq))
    assert isinstance(await book.one("recycler", 110, E.TAKE_BACK_REQUESTED, to="oem", details={"reason": "Very worn"}, corrects=asked.seq), Recorded)
