"""When what is hidden from a reporter happened is not found by trying out moments: neither by corrections, nor by work on a pack whose vehicle it names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from resolvers.database.tables import PACK
from resolvers.ledger.facts import Known
from resolvers.ledger.fold import Fold
from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.recording.report import Outcome, Recorded, Refused
from resolvers.ledger.recording.visible import is_visible
from resolvers.ledger.rows import Event
from tests.ledger.book import DAY_0, FACTS
from tests.recording.world import CAR, FIRMS, Book, E, code, reporter, rows, vin

WORK = {"work": "SEAL", "parts": []}
SOH = {"stateOfHealth": 81.5, "method": "BMS"}
OFFER = {"purpose": "UTILIZATION", "declaredMassKg": 420.0}
MOMENTS = (0.2, 1, 2.5, 2.9, 3.1, 4, 6, 20, 30, 49, 51, 90, 120, 190)
FOUND = "select rule, party, attempt from battery.finding where rule = 'R17'"
READERS = "select grantee from battery.finding_reader join battery.finding using (code, id) where rule = 'R17'"


def told(outcome: Outcome) -> str | Refused:
    return outcome if isinstance(outcome, Refused) else "RECORDED"


def rule(outcome: Outcome) -> str:
    return outcome.code if isinstance(outcome, Refused) else "RECORDED"


async def tried(book: Book, by: str, kind: E, number: int, **more: Any) -> list[str | Refused]:
    return [told(await book.one(by, at, kind, number, validate_only=True, **more)) for at in MOMENTS]


@pytest.mark.parametrize("at", [5, 50])
async def test_a_sale_s_time_does_not_find_what_its_buyer_did(book: Book, at: float) -> None:
    """The maker does not see that a swap operator took it into a pool, and when."""
    await book.one("maker", 0.1, E.PRODUCED)
    await book.one("maker", 3, E.SOLD, to="swap")
    assert isinstance(await book.one("swap", at, E.POOLED, details={"pool": "P"}), Recorded)
    answers = await tried(book, "maker", E.SOLD, 1, to="swap", corrects=2)
    assert answers[:4] == ["RECORDED"] * 4, "to be earlier it may be said, down to what it told itself before"
    later = {each.message if isinstance(each, Refused) else each for each in answers[4:]}
    assert later == {"occurredAt: Others reported what came after this event; it may be said to be earlier, and not later."}
    assert rule(await book.one("maker", 0.05, E.SOLD, to="swap", corrects=2)) == "OUT_OF_ORDER"


async def test_what_a_party_may_see_is_in_the_way_where_it_stands(book: Book) -> None:
    """That it was put into a car is told to its maker, under a pseudonym of the car."""
    await book.in_service()
    for at, expected in ((4.9, "RECORDED"), (5, "RECORDED"), (5.1, "Others reported since")):
        answer = told(await book.one("maker", at, E.SOLD, to="oem", corrects=2, validate_only=True))
        assert (answer.message if isinstance(answer, Refused) else answer).startswith(expected), at
    own = told(await book.one("oem", 12.5, E.INSTALLED, vin=vin(1), corrects=3, validate_only=True))
    assert isinstance(own, Refused)
    assert own.message.startswith("What you reported since stands against it: VEHICLE_SOLD of ")


@pytest.mark.parametrize("sold", [12, 30])
async def test_a_replacement_s_time_does_not_find_when_the_car_was_sold(book: Book, sold: float) -> None:
    """While the workshop has the pack it may read that, and afterwards no more."""
    car = await book.in_service(until=sold)
    replaced = {"vin": car, "details": {"newCode": code(2), "receiver": FIRMS["repair"], "reason": "Worn"}}
    assert isinstance(await book.one("repair", 40, E.REPLACED, **replaced), Recorded)
    assert rule(await book.one("repair", 35, E.REPLACED, corrects=5, validate_only=True, **replaced)) == "RECORDED"
    for by, at, kind, more in (
        ("repair", 45, E.RETIRED, {"details": {"reason": "Worn"}}), ("repair", 46, E.HANDED_OVER, {"to": "recycler", "details": OFFER}),
        ("recycler", 47, E.RECEIVED, {"details": {"measuredMassKg": 420.0}}),
    ):  # fmt: skip
        assert isinstance(await book.one(by, at, kind, **more), Recorded), kind
    earlier = [told(await book.one("repair", at, E.REPLACED, corrects=5, validate_only=True, **replaced)) for at in (1, 11, 13, 29, 31, 39)]
    assert {each.message if isinstance(each, Refused) else each for each in earlier} == {
        "occurredAt: Others reported what came before this event; it may be said to be later, and not earlier."
    }
    assert rule(await book.one("repair", 44, E.REPLACED, corrects=5, **replaced)) == "RECORDED"
    assert not (await rebuild(book.database, lambda _stage, _done: None)).differences


@pytest.mark.parametrize("at", [30, 50])
async def test_work_does_not_find_when_the_pack_came_into_the_car_and_left_it(book: Book, at: float) -> None:
    car = await book.in_service(until=at / 3)
    assert await tried(book, "repair", E.MAINTAINED, 1, vin=car, details=WORK) == ["RECORDED"] * len(MOMENTS)
    await book.one("scrap", at, E.VEHICLE_SCRAPPED, vin=car, details={"packFound": True})
    await book.one("scrap", at + 1, E.PACK_DETACHED, vin=car)
    assert await tried(book, "repair", E.MAINTAINED, 1, vin=car, details=WORK) == ["RECORDED"] * len(MOMENTS)
    hidden, unknown = [await tried(book, "repair", E.MAINTAINED, number, vin=vin(7), details=WORK) for number in (1, 77)]
    assert hidden == unknown


async def test_a_pack_that_was_in_no_service_yet_is_not_worked_on(book: Book) -> None:
    """Its state is for everybody who knows the code, and the same at all moments."""
    assert PACK.column("status").categories == ("A",)
    for by, at, kind, more in (("maker", 0.1, E.PRODUCED, {}), ("maker", 3, E.SOLD, {"to": "oem"})):
        await book.one(by, at, kind, **more)
    await book.one("oem", 5, E.INSTALLED, vin=vin(1), vehicle=CAR)
    assert {rule(await book.one("repair", at, E.MAINTAINED, vin=vin(1), details=WORK)) for at in (4, 6, 20)} == {"ILLEGAL_TRANSITION"}


async def test_what_cannot_have_been_so_is_shown_to_the_rules_and_not_to_who_told_it(book: Book) -> None:
    car = await book.in_service()
    for by, at, kind, more in (
        ("scrap", 100, E.VEHICLE_SCRAPPED, {"vin": car, "details": {"packFound": True}}), ("scrap", 102, E.PACK_DETACHED, {"vin": car}),
        ("repair", 60, E.MAINTAINED, {"vin": car, "details": WORK}), ("scrap", 103, E.HANDED_OVER, {"to": "recycler", "details": OFFER}),
        ("recycler", 110, E.RECEIVED, {"details": {"measuredMassKg": 420.0}}), ("recycler", 130, E.DISPOSED, {}),
        ("oem", 60, E.HEALTH_MEASURED, {"details": SOH}), ("maker", 140, E.RECALLED, {"details": {"recall": "RC-1", "hazard": "Seal"}}),
    ):  # fmt: skip
        assert isinstance(await book.one(by, at, kind, **more), Recorded), kind
    assert await rows(book.database, FOUND) == [], "told late it is nothing else than late"
    assert await rows(book.database, "select from battery.claim") == []
    assert isinstance(await book.one("repair", 115, E.MAINTAINED, vin=car, details=WORK), Recorded)
    assert [row["refused"] for row in await rows(book.database, "select refused from battery.claim")] == ["NOT_IN_VEHICLE"]
    assert isinstance(await book.one("oem", 140, E.HEALTH_MEASURED, details=SOH), Recorded)
    (found,) = await rows(book.database, FOUND)
    assert (found["party"], json.loads(found["attempt"])["type"]) == (FIRMS["oem"], "HEALTH_MEASURED")
    assert FIRMS["oem"] not in [row["grantee"] for row in await rows(book.database, READERS)]
    assert not (await rebuild(book.database, lambda _stage, _done: None)).differences


def test_what_is_visible_is_what_the_matrix_opens() -> None:
    fold = Fold(FACTS._replace(maker=FIRMS["maker"]), Known({}, {}))
    fold.begin(FIRMS["repair"], "custodian", DAY_0)
    fold.begin(FIRMS["oem"], "automaker", DAY_0)
    event = Event("PACK", 1, "X", "H", DAY_0, DAY_0, FIRMS["swap"], FIRMS["recycler"], None, None, None, False, None, {})
    seen = {name: [category for category in "DHJ" if is_visible(event._replace(category=category), fold, reporter(name))] for name in FIRMS}
    everything = ["D", "H", "J"]
    assert seen == {
        "maker": ["D", "J"], "oem": ["D", "J"], "repair": ["D"], "swap": everything, "recycler": everything,
        "maker2": [], "oem2": [], "scrap": [], "recycler2": [],
    }  # fmt: skip
