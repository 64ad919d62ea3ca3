"""A vehicle that came to be scrapped without the pack that is bound to it, told of that pack alone: nobody gets what it has not got."""

from __future__ import annotations

from typing import Any

import pytest

from resolvers.database.recording_write import insert
from resolvers.ledger.recording.fields import BadReport
from resolvers.ledger.recording.inputs import read_report
from resolvers.ledger.recording.record import record
from resolvers.ledger.recording.record_together import record_together
from resolvers.ledger.recording.refusals import SCRAPPED_BEFORE, VEHICLE_UNKNOWN
from resolvers.ledger.recording.report import Outcome, Part, Recorded, Refused, Reporter
from resolvers.ledger.recording.together import read_scrapping
from resolvers.ledger.rows import Vehicle
from tests.recording.world import FIRMS, NOW, SWAP_CAR, Book, E, code, reporter, rows, vin

STANDS = "select status, custodian, vin from battery.pack where code = $1"
OPEN = "select count(*) from battery.access where grantee = $1"
FOUND = "select rule from battery.finding where code = $1 order by rule"
OTHER_YARD = Reporter(FIRMS["repair"], frozenset({"SD"}))
ABSENT: list[dict[str, Any]] = [{"packFound": False}, {"packFound": False, "codeFound": code(9)}, {"packFound": True, "codeFound": code(9)}]


def rule(told: Outcome) -> str | None:
    return told.code if isinstance(told, Refused) else None


async def stands(book: Book, number: int = 1) -> tuple[str, str | None, str | None]:
    (row,) = await rows(book.database, STANDS, code(number))
    return row["status"], row["custodian"], row["vin"]


async def scraps(book: Book, car: str, details: dict[str, Any], at: float = 100, number: int = 1, **more: Any) -> Outcome:
    return await book.one("scrap", at, E.VEHICLE_SCRAPPED, number, vin=car, details={"certificate": "C", **details}, **more)


async def swapped(book: Book) -> str:
    """A pack in a car of a swap model; its VIN."""
    car = vin(1)
    row = Vehicle(car, FIRMS["oem"], SWAP_CAR.model_name, "BEV", True, SWAP_CAR.produced_on, None, None, None, None, None, (FIRMS["oem"],), NOW)
    async with book.database.transaction("ledger") as connection:
        await insert(connection, [row])
    for by, at, kind, more in (
        ("maker", 0.1, E.PRODUCED, {}), ("maker", 3, E.SOLD, {"to": "swap"}), ("swap", 4, E.POOLED, {}), ("swap", 10, E.SWAP_IN, {"vin": car}),
    ):  # fmt: skip
        assert isinstance(await book.one(by, at, kind, **more), Recorded)
    return car


@pytest.mark.parametrize("details", ABSENT)
async def test_who_says_that_it_was_not_there_gets_nothing(book: Book, details: dict[str, Any]) -> None:
    car = await book.in_service()
    assert isinstance(await scraps(book, car, details), Recorded)
    assert await stands(book) == ("IN_SERVICE", None, car)
    assert await rows(book.database, OPEN, FIRMS["scrap"]) == [{"count": 0}]
    assert await rows(book.database, FOUND, code(1)) == [{"rule": "R01"}]
    assert rule(await book.one("scrap", 102, E.PACK_DETACHED, vin=car, details={"massKg": 419.0})) == "BATTERY_NOT_REPORTABLE"
    assert isinstance(await scraps(book, car, {"packFound": True, "codeFound": code(1)}, 110), Recorded), "it turned up"
    assert await stands(book) == ("IN_SCRAP_VEHICLE", FIRMS["scrap"], car)
    assert rule(await scraps(book, car, details, 111)) == "ILLEGAL_TRANSITION", "it is in the yard"


async def test_the_operator_keeps_the_pack_of_a_swap_car(book: Book) -> None:
    car = await swapped(book)
    assert isinstance(await scraps(book, car, {"packFound": False}), Recorded)
    assert await stands(book) == ("IN_SERVICE", FIRMS["swap"], car)
    assert isinstance(await book.one("swap", 99, E.SWAP_OUT, vin=car), Recorded), "before or after the vehicle was taken in"
    assert await rows(book.database, FOUND, code(1)) == []


async def test_naming_a_vehicle_that_it_was_in_once_proves_nothing(book: Book) -> None:
    car = await book.in_service()
    assert isinstance(await book.one("repair", 40, E.REPLACED, vin=car, details={"workOrder": "W"}), Recorded)
    for name in (car, vin(7)):
        assert rule(await scraps(book, name, {"packFound": False})) == "BATTERY_NOT_REPORTABLE"


def test_a_battery_that_was_not_found_has_no_code_that_was_read_off() -> None:
    given: dict[str, Any] = {"code": code(1), "vin": vin(1), "occurredAt": "2026-08-20T08:00:00Z", "clientReference": "x", "certificate": "C"}
    given |= {"packFound": False, "codeFound": code(1)}
    with pytest.raises(BadReport) as wrong:
        read_report(E.VEHICLE_SCRAPPED, given)
    assert (wrong.value.field, wrong.value.code) == ("codeFound", "INVALID_FIELD")
    assert read_report(E.VEHICLE_SCRAPPED, given, as_once=True).details["codeFound"] == code(1), "what was taken once is known when it is sent again"
    assert read_report(E.VEHICLE_SCRAPPED, {**given, "codeFound": code(2)}).details["packFound"] is False


@pytest.mark.parametrize("details", ABSENT)
async def test_what_was_told_as_found_may_be_corrected_until_it_was_gone_by(book: Book, details: dict[str, Any]) -> None:
    car = await book.in_service()
    first = await scraps(book, car, {"packFound": True})
    assert isinstance(first, Recorded)
    second = await scraps(book, car, details, corrects=first.seq)
    assert isinstance(second, Recorded)
    assert await stands(book) == ("IN_SERVICE", None, car)
    third = await scraps(book, car, {"packFound": True}, corrects=second.seq)
    assert isinstance(third, Recorded)
    assert await stands(book) == ("IN_SCRAP_VEHICLE", FIRMS["scrap"], car)
    measured = await book.one("scrap", 101, E.HEALTH_MEASURED, details={"stateOfHealth": 80.0, "method": "BMS"})
    assert isinstance(measured, Recorded)
    for kind, more in ((E.PACK_DETACHED, {"vin": car}), (E.HANDED_OVER, {"to": "recycler"})):
        told = await scraps(book, car, details, corrects=third.seq)
        assert isinstance(told, Refused)
        assert (told.code, told.message[:21]) == ("CORRECTION_REFUSED", "packFound, codeFound:")
        assert isinstance(await book.one("scrap", 102, kind, **more), Recorded)
    assert rule(await scraps(book, car, details, corrects=third.seq)) == "CORRECTION_REFUSED"
    assert isinstance(await scraps(book, car, {"packFound": True, "certificate": "C-2"}, corrects=third.seq), Recorded), "the certificate may be said right"


async def test_it_is_told_once_by_each_firm(book: Book) -> None:
    """A second time it would be a second finding; that another firm told it is not said."""
    car = await book.in_service()
    first = await scraps(book, car, {"packFound": False})
    assert isinstance(first, Recorded)
    for details in ABSENT:
        again = await scraps(book, car, details, 101)
        assert isinstance(again, Refused)
        assert (again.code, again.message, again.state) == ("VEHICLE_SCRAPPED", SCRAPPED_BEFORE.message, None), "the yard has nothing to do with the pack"
    whole = read_scrapping({"vin": car, "occurredAt": "2026-08-20T08:00:00Z", "clientReference": "whole", "certificate": "C", "codesFound": [code(1)]})
    for who, refused in ((reporter("scrap"), SCRAPPED_BEFORE), (OTHER_YARD, VEHICLE_UNKNOWN)):
        assert (await record_together(book.database, who, whole, NOW)).parts == (Part(None, refused),)
    assert isinstance(await scraps(book, car, {"packFound": False, "certificate": "C-2"}, corrects=first.seq), Recorded)
    assert rule(await scraps(book, car, {"packFound": False}, 101)) == "VEHICLE_SCRAPPED", "what was corrected is told still"
    alone = book.report(103, E.VEHICLE_SCRAPPED, vin=car, details={"certificate": "D", "packFound": False})
    assert [type(each) for each in await record(book.database, OTHER_YARD, [alone], NOW)] == [Recorded]
    assert [each["rule"] for each in await rows(book.database, FOUND, code(1))] == ["R01"] * 2, "one on each firm"


async def test_a_stranger_is_answered_of_a_pack_in_a_yard_as_if_it_had_found_it(book: Book) -> None:
    car = await book.in_service()
    assert isinstance(await scraps(book, car, {"packFound": True}), Recorded)
    for details in (*ABSENT, {"packFound": True}):
        report = book.report(103, E.VEHICLE_SCRAPPED, vin=car, details={"certificate": "D", **details})
        (told,) = await record(book.database, OTHER_YARD, [report], NOW)
        assert isinstance(told, Refused)
        assert (told.code, told.message, told.state) == ("ILLEGAL_TRANSITION", "VEHICLE_SCRAPPED cannot follow IN_SCRAP_VEHICLE.", "IN_SCRAP_VEHICLE")


async def test_of_a_pack_that_is_missing(book: Book) -> None:
    car = await book.in_service()
    lost: dict[str, Any] = {"details": {"circumstances": "stolen"}}
    assert isinstance(await book.one("oem", 80, E.REPORTED_MISSING, **lost), Recorded)
    told = await scraps(book, car, {"packFound": False})
    assert isinstance(told, Recorded)
    assert await stands(book) == ("MISSING", None, car)
    wrong = await scraps(book, car, {"packFound": True}, corrects=told.seq)
    assert isinstance(wrong, Refused)
    assert (wrong.code, wrong.message, wrong.state) == ("ILLEGAL_TRANSITION", "VEHICLE_SCRAPPED cannot follow MISSING.", "MISSING")
    assert isinstance(await scraps(book, car, {"packFound": False, "codeFound": code(9)}, corrects=told.seq), Recorded)
    assert isinstance(await book.one("oem", 110, E.FOUND, details={"circumstances": "in the yard"}), Recorded)
    assert isinstance(await scraps(book, car, {"packFound": True}, 111), Recorded)
    # Lost in the yard it was in the vehicle all the same.
    assert isinstance(await book.one("scrap", 112, E.REPORTED_MISSING, **lost), Recorded)
    assert rule(await scraps(book, car, {"packFound": False}, 113)) == "ILLEGAL_TRANSITION"


async def test_who_reported_it_missing_since_goes_by_that_it_was_not_there(book: Book) -> None:
    car = await book.in_service()
    told = await scraps(book, car, {"packFound": False})
    assert isinstance(told, Recorded)
    assert isinstance(await book.one("oem", 101, E.REPORTED_MISSING, details={"circumstances": "stolen"}), Recorded)
    assert rule(await scraps(book, car, {"packFound": True}, corrects=told.seq)) == "CORRECTION_REFUSED"
    assert await stands(book) == ("MISSING", None, car)


async def test_only_what_was_in_it_is_counted_as_scrapped(book: Book) -> None:
    counted = """select kind, sum(n)::int as n, sum(mass_g)::int as g from statistics.change where cube = $1 and kind = 'VEHICLE_SCRAPPED'
        group by kind having sum(n) <> 0"""
    told = [await scraps(book, await book.in_service(number), {"packFound": number == 1}, number=number) for number in (1, 2)]
    assert await rows(book.database, counted, "life") == [{"kind": "VEHICLE_SCRAPPED", "n": 1, "g": 420_000}]
    assert await rows(book.database, counted, "report") == [{"kind": "VEHICLE_SCRAPPED", "n": 2, "g": 0}]
    assert isinstance(told[0], Recorded)
    assert isinstance(await scraps(book, vin(1), {"packFound": False}, corrects=told[0].seq), Recorded)
    assert await rows(book.database, counted, "life") == []


WORK: list[tuple[Any, dict[str, Any]]] = [(E.MAINTAINED, {"details": {"work": "INSPECTION"}}), (E.REPLACED, {"details": {"workOrder": "W"}})]
OFFICE = "11100000000013039Y"
MOVED: dict[str, Any] = {"details": {"region": "440100", "ownerKind": "PRIVATE"}}


@pytest.mark.parametrize("related", [False, True])
@pytest.mark.parametrize(("kind", "more"), WORK)
async def test_nothing_is_done_to_a_vehicle_after_the_day_on_which_it_was_scrapped(book: Book, kind: Any, more: dict[str, Any], related: bool) -> None:
    """What was done until then is told late: that is what explains that it came without its pack."""
    car = await book.in_service()
    if related:
        removed = await book.one("repair", 20, E.REPLACED, vin=car, details={"workOrder": "W"})
        assert isinstance(removed, Recorded)
        assert isinstance(await book.one("repair", 21, E.REINSTALLED, vin=car, details={"reason": "SPARE"}), Recorded)
    assert isinstance(await scraps(book, car, {"packFound": False}), Recorded)
    late, nowhere = [await book.one("repair", 110, kind, vin=name, **more) for name in (car, vin(99))]
    # Who has nothing to do with the pack is answered as of a vehicle that the pack is not in; who has, as of one that is not there.
    assert isinstance(late, Refused)
    assert late == nowhere
    assert late.code == ("VEHICLE_UNKNOWN" if related else "BATTERY_NOT_REPORTABLE")
    own = await book.one("oem", 110, kind, vin=car, **more)
    assert (rule(own), getattr(own, "message", "")[:11]) == ("VEHICLE_SCRAPPED", "occurredAt:")
    for at in (99, 100.3):
        assert isinstance(await book.one("repair", at, kind, vin=car, validate_only=True, **more), Recorded), "the hours of a day are not held against it"
    told = await book.one("repair", 99, kind, vin=car, **more)
    assert isinstance(told, Recorded)
    moved = await book.one("repair", 110, kind, vin=car, corrects=told.seq, **more)
    assert isinstance(moved, Refused)
    assert moved.code == "VEHICLE_UNKNOWN"
    assert isinstance(await book.one("repair", 98, kind, vin=car, corrects=told.seq, **more), Recorded)


async def test_a_vehicle_that_was_scrapped_has_no_other_owner(book: Book) -> None:
    car = await book.in_service()
    assert isinstance(await scraps(book, car, {"packFound": False}), Recorded)
    there, elsewhere = Reporter(OFFICE, frozenset({"PR"}), frozenset({"44"})), Reporter(OFFICE, frozenset({"PR"}), frozenset({"35"}))
    for who, expected in ((reporter("oem"), "VEHICLE_SCRAPPED"), (there, "VEHICLE_SCRAPPED"), (elsewhere, "NOT_CUSTODIAN")):
        (told,) = await record(book.database, who, [book.report(110, E.OWNER_CHANGED, province="44", **MOVED)], NOW)
        assert rule(told) == expected
        (told,) = await record(book.database, who, [book.report(99, E.OWNER_CHANGED, province="44", **MOVED)], NOW, validate_only=True)
        assert isinstance(told, Recorded)


async def test_what_was_told_of_a_scrapped_vehicle_before_it_was_so_stands_on_its_day(book: Book) -> None:
    """The scrapping is told after it, of a day before."""
    car = await book.in_service()
    moved = await book.one("oem", 110, E.OWNER_CHANGED, province="44", **MOVED)
    assert isinstance(moved, Recorded)
    assert isinstance(await scraps(book, car, {"packFound": False}), Recorded)
    again = {"details": {**MOVED["details"], "ownerKind": "COMPANY"}}
    assert isinstance(await book.one("oem", 110, E.OWNER_CHANGED, province="44", corrects=moved.seq, **again), Recorded)


async def test_a_swap_operator_changes_hands_of_a_pack_whose_vehicle_was_scrapped(book: Book) -> None:
    car = await swapped(book)
    assert isinstance(await scraps(book, car, {"packFound": False}), Recorded)
    assert isinstance(await book.one("swap", 110, E.OWNER_CHANGED, province="44", **MOVED), Recorded), "the pack's own owner"
    assert rule(await book.one("repair", 111, E.REPLACED, vin=car, details={"workOrder": "W"})) == "BATTERY_NOT_REPORTABLE"
    assert isinstance(await book.one("swap", 112, E.SWAP_OUT, vin=car), Recorded), "it has it again"
