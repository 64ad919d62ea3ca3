"""What is told late of a pack, after it moved on or its life ended: taken of who had the right then, whatever others told since; and what that leads to."""

from __future__ import annotations

from datetime import date
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from resolvers.ledger import kept
from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.recording.record import record
from resolvers.ledger.recording.report import Outcome, Recorded, Refused, Report
from tests.recording.making import module
from tests.recording.test_dismantling import apart, of, told_of, yard
from tests.recording.test_observations import OFFICE
from tests.recording.world import FIRMS, NOW, Book, E, code, rows, vin

__all__ = ["yard"]

SOH = {"stateOfHealth": 81.5, "method": "BMS"}
FIRE = {"kind": "FIRE", "severity": "SERIOUS", "description": "In the workshop"}
RECALL = {"recall": "RC-1", "hazard": "Seal"}
REMEDY = {"recall": "RC-1", "remedy": "New seal"}
HELD = "select safety_class, recalled from battery.pack where code = $1"
SEEN: dict[E, dict[str, Any]] = {E.HEALTH_MEASURED: SOH, E.SAFETY_EVENT: FIRE, E.RECALLED: RECALL}


def rule(told: Outcome) -> str:
    return told.code if isinstance(told, Refused) else "RECORDED"


async def sound(book: Book) -> None:
    assert not (await rebuild(book.database, lambda _stage, _done: None)).differences


async def at_its_end(book: Book, end: E) -> str:
    """A pack that was driven, scrapped, detached and handed to a recycler, and its life over by day 130; its VIN."""
    car = await book.in_service()
    life: list[tuple[str, float, E, dict[str, Any]]] = [
        ("scrap", 100, E.VEHICLE_SCRAPPED, {"vin": car, "details": {"packFound": True}}), ("scrap", 102, E.PACK_DETACHED, {"vin": car}),
        ("scrap", 103, E.HANDED_OVER, {"to": "recycler", "details": {"purpose": "UTILIZATION", "declaredMassKg": 420.0}}),
        ("recycler", 110, E.RECEIVED, {"details": {"measuredMassKg": 420.0}}), ("recycler", 130, end, {}),
    ]  # fmt: skip
    for by, at, kind, more in life:
        assert rule(await book.one(by, at, kind, **more)) == "RECORDED", kind
    return car


@pytest.mark.parametrize("end", [E.DISMANTLED, E.DISPOSED])
async def test_what_was_seen_before_the_end_may_be_told_after_it(book: Book, end: E) -> None:
    car = await at_its_end(book, end)
    told = [
        ("scrap", 101, E.HEALTH_MEASURED, {"details": SOH}), ("scrap", 102.5, E.SAFETY_EVENT, {"details": FIRE}),
        ("recycler", 120, E.HEALTH_MEASURED, {"details": {**SOH, "stateOfHealth": 70.0}}), ("repair", 40, E.SAFETY_EVENT, {"vin": car, "details": FIRE}),
        ("oem", 60, E.HEALTH_MEASURED, {"details": SOH}), ("maker", 50, E.RECALLED, {"details": RECALL}),
        ("repair", 70, E.RECALL_REMEDIED, {"vin": car, "details": REMEDY}),
    ]  # fmt: skip
    for by, at, kind, more in told:
        assert rule(await book.one(by, at, kind, **more)) == "RECORDED", (by, kind)
    (pack,) = await rows(book.database, "select status, custodian, state_of_health, safety_class, recalled from battery.pack")
    assert pack == {"status": str(end), "custodian": FIRMS["recycler"], "state_of_health": 70.0, "safety_class": "HAZARDOUS", "recalled": False}
    late = await rows(book.database, "select late from battery.event where type = 'SAFETY_EVENT'")
    assert late == [{"late": True}] * 2
    await sound(book)


async def test_it_is_judged_by_who_had_the_right_at_its_own_time(book: Book) -> None:
    car = await at_its_end(book, E.DISMANTLED)
    tried = (("scrap", 111, {}), ("scrap", 99, {}), ("recycler", 109, {}), ("recycler", 130, {}), ("recycler", 131, {}), ("repair", 40, {"vin": vin(7)}))
    for by, at, more in tried:
        told = rule(await book.one(by, at, E.HEALTH_MEASURED, details=SOH, **more))
        assert told in ("NOT_CUSTODIAN", "ILLEGAL_TRANSITION", "VEHICLE_UNKNOWN", "BATTERY_NOT_REPORTABLE"), (by, at)
    # Of a code that nobody reported it is the same, and so it is where it is a plant that tries out vehicles.
    hidden, unknown = [await book.one("recycler2", 40, E.HEALTH_MEASURED, number, vin=car, details=SOH) for number in (1, 77)]
    assert hidden == unknown
    assert rule(await book.one("recycler", 40, E.HEALTH_MEASURED, vin=car, details=SOH)) == "VEHICLE_UNKNOWN"


async def test_when_it_ended_is_not_found_by_trying_out_moments(book: Book) -> None:
    """Neither by its maker nor by that of its car: the hour of an end is category H."""
    await at_its_end(book, E.DISMANTLED)
    for by in ("maker", "oem"):
        answers = {rule(await book.one(by, at, E.SAFETY_EVENT, details=FIRE, validate_only=True)) for at in (1, 50, 129, 130, 131, 190)}
        assert answers == {"RECORDED"}, by


async def test_a_missing_pack_is_measured_by_nobody_who_says_that_it_is_missing(book: Book) -> None:
    await book.in_service()
    await book.one("oem", 20, E.REPORTED_MISSING, details={"circumstances": "Stolen"})
    assert rule(await book.one("oem", 20, E.HEALTH_MEASURED, details=SOH)) == "ILLEGAL_TRANSITION"
    assert rule(await book.one("oem", 19, E.HEALTH_MEASURED, details=SOH)) == "RECORDED"
    await book.one("oem", 22, E.FOUND, details={"circumstances": "Found"})
    assert rule(await book.one("oem", 21, E.HEALTH_MEASURED, details=SOH)) == "RECORDED", "what moves nothing is not held to what is over"


LYING = {"place": "Behind a hall", "condition": "Opened"}


@pytest.mark.parametrize("end", [E.DISMANTLED, E.DISPOSED])
async def test_that_it_was_found_before_its_end_may_be_told_after_it(book: Book, end: E) -> None:
    """By whoever came upon it, and as late as its deadline says; who has it is as it was."""
    await at_its_end(book, end)
    (before,) = await rows(book.database, "select * from battery.pack")
    custody = await rows(book.database, "select * from battery.custody")
    (told,) = await book.tell("recycler2", book.report(50, E.FOUND_ABANDONED, details=LYING, province="62"))
    assert isinstance(told, Recorded), told
    assert told.late
    (after,) = await rows(book.database, "select * from battery.pack")
    moved = {name for name in before if before[name] != after[name]}
    assert moved <= {"readers", "recorded_at"}, moved
    assert await rows(book.database, "select * from battery.custody") == custody
    grants = await rows(book.database, "select relation, until_at from battery.access where grantee = 'province:62'")
    assert grants == [{"relation": "jurisdiction", "until_at": None}], "where it lay sees it"
    assert await rows(book.database, "select from battery.access where grantee = $1", FIRMS["recycler2"]) == []
    assert await rows(book.database, "select rule from battery.finding where rule = 'R17'") == []
    await sound(book)


async def test_a_battery_that_is_found_after_its_end_is_shown_to_the_rules(book: Book) -> None:
    """Whoever found it does not know of the end, and is not told; who told the end itself cannot have found it since."""
    await at_its_end(book, E.DISMANTLED)
    assert rule(await book.one("recycler", 140, E.FOUND_ABANDONED, details=LYING, province="62")) == "ILLEGAL_TRANSITION"
    of_order = "select party, evidence from battery.finding where rule = 'R17'"
    before = await rows(book.database, of_order)
    answers = {rule(await book.one("recycler2", at, E.FOUND_ABANDONED, details=LYING, province="62", validate_only=True)) for at in (1, 129, 130, 131, 190)}
    assert answers == {"RECORDED"}
    assert rule(await book.one("recycler2", 140, E.FOUND_ABANDONED, details=LYING, province="62")) == "RECORDED"
    (found,) = [each for each in await rows(book.database, of_order) if each not in before]
    assert found["party"] == FIRMS["recycler2"]


async def test_nobody_takes_or_asks_to_have_taken_back_what_is_no_more(book: Book) -> None:
    await at_its_end(book, E.DISMANTLED)
    (told,) = await record(book.database, OFFICE, [book.report(50, E.FOUND_ABANDONED, to="recycler2", details=LYING, province="43")], NOW)
    assert rule(told) in ("BATTERY_NOT_REPORTABLE", "OUT_OF_ORDER", "ILLEGAL_TRANSITION")
    assert rule(await book.one("recycler", 120, E.TAKE_BACK_REQUESTED, to="maker", details={"reason": "Worn"})) == "ILLEGAL_TRANSITION"


async def test_a_late_recall_and_a_late_accident_reach_what_came_out_of_it(yard: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "EVERY", 3)
    assert isinstance(await apart(yard, 1, module(1), module(1, 2)), Recorded)
    assert isinstance(await told_of(yard, module(1, 2), 20, E.DISPOSED), Recorded)
    assert [await of(yard, HELD, module(1, place)) for place in (1, 2)] == [[("NORMAL", False)]] * 2
    recalled = await yard.one("maker", 9, E.RECALLED, details=RECALL)
    assert isinstance(recalled, Recorded)
    assert rule(await yard.one("recycler", 8.2, E.SAFETY_EVENT, details=FIRE)) == "RECORDED"
    assert [await of(yard, HELD, each) for each in (code(1), module(1), module(1, 2))] == [[("HAZARDOUS", True)]] * 3
    assert rule(await told_of(yard, module(1), 14, E.RECALL_REMEDIED, by="maker", details=REMEDY)) == "RECORDED"
    assert [await of(yard, HELD, module(1, place)) for place in (1, 2)] == [[("HAZARDOUS", False)], [("HAZARDOUS", True)]]
    assert rule(await yard.one("maker", 10, E.RECALL_REMEDIED, details=REMEDY)) == "RECORDED"
    assert [await of(yard, HELD, each) for each in (code(1), module(1), module(1, 2))] == [[("HAZARDOUS", False)]] * 3
    await sound(yard)


async def asked(book: Book) -> None:
    """The scrapping firm asked the automaker at day 110, and gave the pack to a recycler by day 131, who asked the maker at day 140."""
    car = await book.in_service()
    await book.one("scrap", 100, E.VEHICLE_SCRAPPED, vin=car, details={"packFound": True})
    await book.one("scrap", 102, E.PACK_DETACHED, vin=car)
    for by, at, kind, more in (
        ("scrap", 110, E.TAKE_BACK_REQUESTED, {"details": {"reason": "Worn"}}),
        ("scrap", 130, E.HANDED_OVER, {"to": "recycler", "details": {"purpose": "UTILIZATION", "declaredMassKg": 420.0}}),
        ("recycler", 131, E.RECEIVED, {"details": {"measuredMassKg": 420.0}}),
        ("recycler", 140, E.TAKE_BACK_REQUESTED, {"to": "maker", "details": {"reason": "Worn"}}),
    ):  # fmt: skip
        assert rule(await book.one(by, at, kind, **more)) == "RECORDED", kind


@pytest.mark.parametrize("every", [1, 64])
async def test_an_answer_may_be_told_after_the_pack_left_who_asked(book: Book, monkeypatch: pytest.MonkeyPatch, every: int) -> None:
    monkeypatch.setattr(kept, "EVERY", every)
    await asked(book)
    where = {"collectOn": date(2026, 11, 1), "collectAt": "Gate 2"}
    assert rule(await book.one("oem", 109, E.TAKE_BACK_ACCEPTED, details=where)) == "OUT_OF_ORDER", "nobody had asked"
    assert rule(await book.one("oem2", 120, E.TAKE_BACK_REFUSED, details={"reason": "No"})) == "BATTERY_NOT_REPORTABLE"
    # When it left is not for who was asked to know: its answer is heard of any time since it was asked.
    for at in (130.5, 131.5, 145):
        assert rule(await book.one("oem", at, E.TAKE_BACK_REFUSED, details={"reason": "No"}, validate_only=True)) == "RECORDED", at
    told = await book.one("oem", 112, E.TAKE_BACK_REFUSED, details={"reason": "No room"})
    assert isinstance(told, Recorded)
    assert (told.late, told.due_on) == (True, date(2026, 9, 7)), "as late as the request says"
    assert rule(await book.one("oem", 113, E.TAKE_BACK_REFUSED, details={"reason": "No"})) == "NO_TAKE_BACK_PENDING"
    found = await rows(book.database, "select obliged, outcome, refusal from battery.take_back order by seq")
    assert found == [
        {"obliged": FIRMS["oem"], "outcome": "REFUSED", "refusal": "No room"}, {"obliged": FIRMS["maker"], "outcome": "PENDING", "refusal": None},
    ]  # fmt: skip
    assert rule(await book.one("recycler", 150, E.DISMANTLED)) == "RECORDED"
    assert rule(await book.one("maker", 145, E.TAKE_BACK_REFUSED, details={"reason": "No"})) == "RECORDED"
    await sound(book)


late = st.lists(
    st.tuples(st.sampled_from(sorted(SEEN)), st.sampled_from(("maker", "oem", "swap", "repair", "scrap", "recycler", "recycler2")), st.integers(-2, 150)),
    min_size=1, max_size=12,
)  # fmt: skip


@pytest.mark.parametrize("end", [E.DISMANTLED, E.DISPOSED, None])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(late, st.booleans())
async def test_the_ledger_takes_of_the_past_what_a_plain_reading_takes(book: Book, end: E | None, told: list[tuple[E, str, int]], keeps: bool) -> None:
    """By a reading of its own: who held the pack on which days, and who made what; in any order, and the rows are those of a rebuild."""
    base = 10 * len(await rows(book.database, "select from battery.pack")) + 1
    held = {"scrap": (100, 110), "recycler": (110, 999), "maker": (0, 3), "oem": (3, 12)}
    await lived(book, base, end)
    for place, (kind, by, at) in enumerate(told):
        start, until = held.get(by, (0, 0))
        right = {
            E.HEALTH_MEASURED: start <= at < until or by == "oem", E.SAFETY_EVENT: start <= at < until or by in ("oem", "maker"),
            E.RECALLED: by in ("oem", "maker"),
        }[kind] and at >= 0 and not (by == "recycler" and end is not None and at >= 130)  # fmt: skip
        may = kind is not E.RECALLED or by in ("maker", "oem")
        outcome = await book.one(by, at + 0.2, kind, base, details={**SEEN[kind], **({"recall": f"RC-{place}"} if kind is E.RECALLED else {})})
        assert isinstance(outcome, Recorded) == (right and may), (kind, by, at, outcome)
    if keeps:
        await sound(book)


async def lived(book: Book, number: int, end: E | None) -> None:
    car = await book.in_service(number)
    offer = {"purpose": "UTILIZATION", "declaredMassKg": 420.0}
    steps: list[tuple[str, Report]] = [
        ("scrap", book.report(100, E.VEHICLE_SCRAPPED, number, vin=car, details={"packFound": True})),
        ("scrap", book.report(102, E.PACK_DETACHED, number, vin=car)),
        ("scrap", book.report(103, E.HANDED_OVER, number, to="recycler", details=offer)),
        ("recycler", book.report(110, E.RECEIVED, number, details={"measuredMassKg": 420.0})),
        *([("recycler", book.report(130, end, number))] if end is not None else []),
    ]  # fmt: skip
    for by, report in steps:
        (told,) = await book.tell(by, report)
        assert isinstance(told, Recorded), told
