"""What is seen of a pack and moves nothing: measurements, safety events, recalls; and packs that somebody comes upon."""

from __future__ import annotations

from typing import Any

import pytest

from resolvers.ledger import kept
from resolvers.ledger.recording.fields import BadReport
from resolvers.ledger.recording.inputs import read_report
from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.recording.record import record
from resolvers.ledger.recording.report import Outcome, Recorded, Refused, Reporter
from resolvers.ledger.recording.texts import plain_values
from tests.recording.world import FIRMS, NOW, Book, E, code, rows, vin

SOH = {"stateOfHealth": 81.5, "method": "BMS"}
CRASH = {"kind": "COLLISION", "severity": "SERIOUS", "description": "Side impact"}
RECALL = {"recall": "SAMR-2026-7", "hazard": "Cells of one lot short-circuit"}
REMEDY = {"recall": "SAMR-2026-7", "remedy": "Lot replaced"}
LYING = {"region": "430100", "place": "Lay-by at kilometre 12", "condition": "Open"}
OFFICE = Reporter("11100000000013039Y", frozenset({"PR"}), frozenset({"43"}))
ELSEWHERE = OFFICE._replace(jurisdiction=frozenset({"11"}))
MARKET = Reporter("11100000000013039Y", frozenset({"SA"}))


async def by(book: Book, reporter: Reporter, at: float, kind: Any, number: int = 1, **more: Any) -> Outcome:
    return (await record(book.database, reporter, [book.report(at, kind, number, **more)], NOW))[0]


def rule(told: Outcome) -> str | None:
    return told.code if isinstance(told, Refused) else None


async def pack(book: Book) -> dict[str, Any]:
    (row,) = await rows(book.database, "select status, custodian, state_of_health, safety_class, recalled, province from battery.pack where code = $1", code(1))
    return row


async def test_a_measurement_may_come_after_later_events_and_moves_nothing(book: Book) -> None:
    car = await book.in_service(until=12)
    assert isinstance(await book.one("repair", 40, E.MAINTAINED, vin=car, details={"work": "INSPECTION"}), Recorded)
    for at, soh in ((30, 81.5), (35, 80.0), (20, 84.0)):
        told = await book.one("repair", at, E.HEALTH_MEASURED, vin=car, details={**SOH, "stateOfHealth": soh})
        assert isinstance(told, Recorded), told
    found = await pack(book)
    assert (found["state_of_health"], found["status"]) == (80.0, "IN_SERVICE"), "the newest measurement counts, whenever it came"
    assert len(await rows(book.database, "select 1 from battery.health")) == 3
    told_by = await rows(book.database, "select distinct until_at is null as holds, state_of_health from battery.access order by holds")
    assert told_by == [{"holds": False, "state_of_health": None}, {"holds": True, "state_of_health": 80.0}]
    assert rule(await book.one("repair", -1, E.HEALTH_MEASURED, vin=car, details=SOH)) == "OUT_OF_ORDER", "nothing was before it was made"
    assert isinstance(await book.one("repair", 40.5, E.MAINTAINED, vin=car, details={"work": "X"}), Recorded), "they do not hold back what moves"


def test_a_row_of_a_table_and_a_line_are_read_alike() -> None:
    given = {"code": code(1), "occurredAt": "2026-06-01T08:00:00Z", "clientReference": "x", "vin": vin(1), "method": "BMS"}
    line = read_report(E.HEALTH_MEASURED, {**given, "stateOfHealth": 81.5, "temperatureMaxC": -12.5, "cycleCount": 40})
    assert line == read_report(E.HEALTH_MEASURED, plain_values(E.HEALTH_MEASURED, {
        **given, "stateOfHealth": "81.5", "temperatureMaxC": "-12.5", "cycleCount": "40", "remainingEnergyKwh": "",
    }))  # fmt: skip
    for name, value in (("stateOfHealth", 100.1), ("stateOfHealth", True), ("stateOfHealth", float("nan")), ("temperatureMaxC", -101), ("cycleCount", 1.5)):
        with pytest.raises(BadReport) as wrong:
            read_report(E.HEALTH_MEASURED, {**given, "stateOfHealth": 81.5, name: value})
        assert (wrong.value.field, wrong.value.code) == (name, "INVALID_FIELD")


async def test_a_measurement_is_corrected_by_another(book: Book) -> None:
    car = await book.in_service()
    told = await book.one("repair", 30, E.HEALTH_MEASURED, vin=car, details=SOH)
    assert isinstance(told, Recorded)
    await book.one("repair", 30, E.HEALTH_MEASURED, vin=car, details={**SOH, "stateOfHealth": 71.5}, corrects=told.seq)
    assert (await pack(book))["state_of_health"] == 71.5
    assert await rows(book.database, "select state_of_health from battery.health") == [{"state_of_health": 71.5}]


async def test_of_several_measurements_of_one_moment_the_last_told_counts(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """A correction has the place of what it corrects; so it is whether the life is judged whole or goes on from a kept state."""
    monkeypatch.setattr(kept, "EVERY", 4)
    car = await book.in_service()
    counts = "select state_of_health, cycle_count, remaining_energy_kwh from battery.pack where code = $1"
    for soh, cycles in ((60.0, 300), (61.0, 301), (59.0, 299)):
        told = await book.one("repair", 30, E.HEALTH_MEASURED, vin=car, details={**SOH, "stateOfHealth": soh, "cycleCount": cycles})
        assert isinstance(told, Recorded)
        assert [tuple(row.values()) for row in await rows(book.database, counts, code(1))] == [(soh, cycles, None)]
    again = {**SOH, "stateOfHealth": 62.0, "cycleCount": 302}
    assert isinstance(await book.one("repair", 30, E.HEALTH_MEASURED, vin=car, details=again, corrects=told.seq - 1), Recorded)
    assert [tuple(row.values()) for row in await rows(book.database, counts, code(1))] == [(59.0, 299, None)], "the corrected one was not the last"
    assert isinstance(await book.one("repair", 30, E.HEALTH_MEASURED, vin=car, details={**SOH, "stateOfHealth": 58.0}), Recorded)
    assert [tuple(row.values()) for row in await rows(book.database, counts, code(1))] == [(58.0, 299, None)], "it counted no cycles"
    retired = {"reason": "WORN", "stateOfHealth": 75.0, "condition": "worn", "safetyClass": "NORMAL"}
    assert isinstance(await book.one("repair", 30, E.REPLACED, vin=car, details={"reason": "WORN"}), Recorded)
    assert isinstance(await book.one("repair", 30, E.RETIRED, details=retired), Recorded)
    assert [tuple(row.values()) for row in await rows(book.database, counts, code(1))] == [(75.0, 299, None)]
    assert not (await rebuild(book.database, lambda _stage, _done: None)).differences


async def test_who_measures_and_tells_of_accidents(book: Book) -> None:
    car = await book.in_service()
    assert isinstance(await book.one("maker", 1, E.HEALTH_MEASURED, details=SOH), Recorded), "it had the pack then"
    assert rule(await book.one("maker", 30, E.HEALTH_MEASURED, details=SOH)) == "NOT_CUSTODIAN"
    assert isinstance(await book.one("oem", 30, E.HEALTH_MEASURED, details=SOH), Recorded)
    for number in (1, 2):
        assert rule(await book.one("recycler", 30, E.HEALTH_MEASURED, number, details=SOH)) == "BATTERY_NOT_REPORTABLE"
        assert rule(await book.one("repair", 30, E.SAFETY_EVENT, number, vin=vin(77), details=CRASH)) == "BATTERY_NOT_REPORTABLE"
    for firm, more in (("maker", {}), ("oem", {}), ("repair", {"vin": car})):
        assert isinstance(await book.one(firm, 31, E.SAFETY_EVENT, details=CRASH, **more), Recorded)
    assert (await pack(book))["safety_class"] == "HAZARDOUS"


async def test_who_made_a_vehicle_names_it_whether_the_pack_is_in_it_or_was(book: Book) -> None:
    car = await book.in_service()
    for at in (6, 20):
        assert isinstance(await book.one("oem", at, E.HEALTH_MEASURED, vin=car, details=SOH), Recorded)
    assert isinstance(await book.one("repair", 40, E.REPLACED, vin=car, details={"reason": "WORN"}), Recorded)
    for kind, told in ((E.HEALTH_MEASURED, SOH), (E.SAFETY_EVENT, CRASH)):
        assert isinstance(await book.one("oem", 21, kind, vin=car, details=told), Recorded), "what was read off it then is told late"
    other = await book.in_service(2)
    assert rule(await book.one("oem", 21, E.HEALTH_MEASURED, vin=other, details=SOH)) == "NOT_CUSTODIAN", "it was never in that one"
    assert rule(await book.one("oem2", 21, E.HEALTH_MEASURED, vin=car, details=SOH)) is None, "or who names a vehicle that it was in"


async def test_a_recall_is_open_until_its_remedy(book: Book) -> None:
    car = await book.in_service()
    assert rule(await book.one("repair", 20, E.RECALLED, vin=car, details=RECALL)) == "ROLE_MAY_NOT_REPORT"
    assert rule(await book.one("maker2", 20, E.RECALLED, details=RECALL)) == "BATTERY_NOT_REPORTABLE"
    assert rule(await book.one("maker", 21, E.RECALL_REMEDIED, details=REMEDY)) == "RECALL_UNKNOWN"
    assert isinstance(await by(book, MARKET, 20, E.RECALLED, details=RECALL), Recorded)
    assert isinstance(await book.one("oem", 22, E.RECALLED, details={**RECALL, "recall": "OEM-1"}), Recorded)
    assert isinstance(await book.one("repair", 25, E.RECALL_REMEDIED, vin=car, details=REMEDY), Recorded)
    assert (await pack(book))["recalled"], "one of two is open"
    assert isinstance(await book.one("repair", 26, E.RECALL_REMEDIED, vin=car, details={**REMEDY, "recall": "OEM-1"}), Recorded)
    assert not (await pack(book))["recalled"]


async def test_a_missing_pack_is_recalled_and_found_again(book: Book) -> None:
    car = await book.in_service()
    await book.one("oem", 20, E.REPORTED_MISSING, details={"circumstances": "Stolen"})
    assert isinstance(await book.one("maker", 21, E.RECALLED, details=RECALL), Recorded)
    assert isinstance(await book.one("oem", 22, E.FOUND, details={"circumstances": "Found"}), Recorded)
    assert (await pack(book))["status"] == "IN_SERVICE"
    assert car


async def test_a_stranger_that_comes_upon_a_pack_moves_nothing_and_learns_nothing(book: Book) -> None:
    await book.in_service()
    before = await pack(book)
    told = await book.one("recycler2", 30, E.FOUND_ABANDONED, details=LYING, province="43")
    assert isinstance(told, Recorded)
    assert await pack(book) == before
    grants = await rows(book.database, "select relation from battery.access where grantee = $1", FIRMS["recycler2"])
    assert grants == [], "or packs could be claimed by saying that one found them"
    assert await rows(book.database, "select 1 from battery.access where grantee = 'province:43'") != [], "the province where it lies sees it"
    for number in (1, 2):
        taking = await book.one("recycler2", 31, E.FOUND_ABANDONED, number, to="recycler", details=LYING, province="43")
        assert rule(taking) == "BATTERY_NOT_REPORTABLE"


async def test_no_refusal_depends_on_a_pack_that_was_found_where_the_reporter_cannot_see_it(book: Book) -> None:
    tried = ((20, "repair", E.MAINTAINED, {"details": {"work": "INSPECTION"}}), (22, "scrap", E.VEHICLE_SCRAPPED, {"details": {"packFound": True}}),
             (4, "repair", E.MAINTAINED, {"details": {"work": "INSPECTION"}}))  # fmt: skip
    answers = []
    for number in (1, 2):
        car = await book.in_service(number)
        if number == 1:
            assert isinstance(await book.one("recycler2", 30, E.FOUND_ABANDONED, number, details=LYING, province="43"), Recorded)
        told = [await book.one(who, at, kind, number, vin=car, **more) for at, who, kind, more in tried]
        answers.append([each if isinstance(each, Refused) else "RECORDED" for each in told])
    assert answers[0] == answers[1]
    assert answers[0] == ["RECORDED"] * 3


async def test_where_a_pack_stood_is_not_found_by_the_moments_at_which_it_may_be_found(book: Book) -> None:
    await book.in_service()
    for at in (29, 11, 6, 4, 2):
        assert isinstance(await book.one("recycler2", at, E.FOUND_ABANDONED, details=LYING, province="43"), Recorded), at


@pytest.mark.parametrize("state", ["IN_SERVICE", "MISSING", "IN_TRANSIT"])
async def test_an_authority_of_the_place_says_who_takes_it(book: Book, state: str) -> None:
    car = await book.in_service()
    if state == "MISSING":
        await book.one("oem", 20, E.REPORTED_MISSING, details={"circumstances": "Stolen"})
    if state == "IN_TRANSIT":
        await book.one("scrap", 20, E.VEHICLE_SCRAPPED, vin=car, details={"packFound": True})
        await book.one("scrap", 21, E.PACK_DETACHED, vin=car)
        await book.one("scrap", 22, E.HANDED_OVER, to="recycler2", details={"purpose": "UTILIZATION", "declaredMassKg": 400.0})
    given: dict[str, Any] = {"to": "recycler", "details": LYING, "province": "43"}
    assert rule(await by(book, ELSEWHERE, 30, E.FOUND_ABANDONED, **given)) == "BATTERY_NOT_REPORTABLE"
    assert isinstance(await by(book, OFFICE, 30, E.FOUND_ABANDONED, **given), Recorded)
    found = await pack(book)
    assert (found["status"], found["custodian"], found["province"]) == ("STORED", FIRMS["recycler"], "42")
    running = await rows(book.database, "select grantee, relation from battery.access where until_at is null and relation in ('custodian', 'receiver')")
    assert running == [{"grantee": FIRMS["recycler"], "relation": "custodian"}]
    assert await rows(book.database, "select 1 from battery.installation where removed_at is null") == []
    if state == "IN_TRANSIT":
        assert rule(await book.one("recycler2", 31, E.RECEIVED, details={"measuredMassKg": 400.0})) == "NOT_RECEIVER"
    assert isinstance(await book.one("recycler", 40, E.DISMANTLED), Recorded)
    assert rule(await by(book, OFFICE, 50, E.FOUND_ABANDONED, **{**given, "to": "recycler2"})) == "ILLEGAL_TRANSITION"
