"""What was found on arrival, after the event was corrected: closed where its cause is gone, open where it is there, and of any past moment as it stood."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from resolvers.database.sweep_write import change
from resolvers.ledger import kept
from resolvers.ledger.cases.acts import Actor, Decide
from resolvers.ledger.cases.record import Noted, Open, act_in_case, open_case
from resolvers.ledger.findings.finding import CAUSE_BACK, CAUSE_GONE, State
from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.recording.report import Recorded
from tests.recording.test_past import DRIVEN, MINISTRY, day, reported
from tests.recording.test_past_below import findings
from tests.recording.world import FIRMS, NOW, Book, E, code, rows, vin
from tests.sweep.bench import replayed

FOUND = "select rule, state, evidence from battery.finding order by rule, recorded_at, id"
STATES = """select f.rule, s.number, s.state, s.reason, s.actor from battery.finding_state s join battery.finding f on f.code = s.code and f.id = s.id
order by f.rule, s.number"""
OFFER = {"purpose": "UTILIZATION", "declaredMassKg": 419.0}
FILED = {**OFFER, "filingNumber": "F-1"}


async def of(book: Book, statement: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in await rows(book.database, statement)]


async def told(book: Book, by: str, at: float, kind: E, number: int = 1, **more: Any) -> int:
    """The number of the event, which is recorded a day after it happened, or when it is said."""
    outcome = await book.one(by, at, kind, number, moment=day(more.pop("recorded", at + 1)), **more)
    assert isinstance(outcome, Recorded), outcome
    return outcome.seq


async def proved(book: Book) -> None:
    """What is stored follows from the events, findings as they are counted among it; another rebuild finds nothing either."""
    for _ in range(2):
        assert not (await rebuild(book.database, lambda _stage, _done: None, write=True)).differences


async def scrapped(book: Book, **details: Any) -> tuple[str, int]:
    """A car that was scrapped on day 100, and the number of that event."""
    await reported(book, *DRIVEN)
    car = vin(1)
    return car, await told(book, "scrap", 100, E.VEHICLE_SCRAPPED, vin=car, details=details)


async def handed_over(book: Book) -> int:
    """A pack that is handed over into another province, unfiled, to who has no licence; nobody has answered yet."""
    car, _ = await scrapped(book, packFound=True)
    await told(book, "scrap", 102, E.PACK_DETACHED, vin=car, details={"massKg": 419.0})
    return await told(book, "scrap", 110, E.HANDED_OVER, to="recycler", details=OFFER)


async def test_what_a_correction_takes_the_cause_of_is_closed_and_what_is_still_so_stays(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """The filing's number was left out; that the receiver has no licence is so with it as well."""
    monkeypatch.setattr(kept, "EVERY", 3)
    sent = await handed_over(book)
    assert await of(book, FOUND) == [("R04", "OPEN", [sent]), ("R19", "OPEN", [sent])]
    right = await told(book, "scrap", 110, E.HANDED_OVER, recorded=120, to="recycler", details=FILED, corrects=sent)
    assert await of(book, FOUND) == [("R04", "OPEN", [sent]), ("R19", "CLOSED", [sent])]
    assert await of(book, STATES) == [("R19", 1, "CLOSED", CAUSE_GONE, None)]
    await proved(book)
    # The past is as it stood, asked for by the pack and by the sweep of then.
    for at, state in ((111, "OPEN"), (119.9, "OPEN"), (120, "CLOSED")):
        assert {each["rule"]: each["state"] for each in await findings(book, MINISTRY, at)} == {"R04": "OPEN", "R19": state}, at
        stood = [(each.rule, each.state) for each in await replayed(book.database, day(at)) if each.found == "ARRIVAL"]
        assert stood == [("R04", "OPEN"), ("R19", state)], at
    # And back: it is the same finding, which has its cause again.
    await told(book, "scrap", 110, E.HANDED_OVER, recorded=130, to="recycler", details=OFFER, corrects=right)
    assert await of(book, FOUND) == [("R04", "OPEN", [sent]), ("R19", "OPEN", [sent])]
    assert await of(book, STATES) == [("R19", 1, "CLOSED", CAUSE_GONE, None), ("R19", 2, "OPEN", CAUSE_BACK, None)]
    assert [each.state for each in await replayed(book.database, day(125)) if each.rule == "R19"] == ["CLOSED"]
    await proved(book)


async def test_what_a_correction_gives_is_raised_and_closed_by_the_next(book: Book) -> None:
    car, told_first = await scrapped(book, packFound=True)
    assert await of(book, FOUND) == []
    wrong = await told(book, "scrap", 100, E.VEHICLE_SCRAPPED, recorded=105, vin=car, details={"packFound": False}, corrects=told_first)
    assert await of(book, FOUND) == [("R01", "OPEN", [3, wrong])]
    other = await told(book, "scrap", 100, E.VEHICLE_SCRAPPED, recorded=106, vin=car, details={"packFound": False}, corrects=wrong)
    assert await of(book, FOUND) == [("R01", "OPEN", [3, wrong])], "that it was corrected again changes nothing of it"
    await told(book, "scrap", 100, E.VEHICLE_SCRAPPED, recorded=107, vin=car, details={"packFound": True}, corrects=other)
    assert await of(book, FOUND) == [("R01", "CLOSED", [3, wrong])]
    assert [[each["state"] for each in await findings(book, MINISTRY, at)] for at in (104, 105, 106, 107)] == [[], ["OPEN"], ["OPEN"], ["CLOSED"]]
    await proved(book)


async def test_an_order_that_was_left_out_closes_what_was_found_on_both_ends(book: Book) -> None:
    car = await book.in_service()
    await told(book, "maker", 20, E.PRODUCED, 2)
    await told(book, "maker", 22, E.SOLD, 2, to="repair")
    old = await told(book, "repair", 30, E.REPLACED, vin=car)
    await told(book, "repair", 30, E.REPLACED, 2, vin=car)
    assert [each[:2] for each in await of(book, FOUND)] == [("R14", "OPEN")]
    await told(book, "repair", 30, E.REPLACED, recorded=40, vin=car, details={"workOrder": "W"}, corrects=old)
    assert [each[:2] for each in await of(book, FOUND)] == [("R14", "CLOSED")]
    await proved(book)


async def test_what_is_found_on_another_event_is_known_since_the_correction(book: Book) -> None:
    """The battery that was found in the car is the one that was replaced, by what the repair firm told of it and takes back."""
    await reported(book, *DRIVEN)
    await told(book, "maker", 20, E.PRODUCED, 2)
    await told(book, "maker", 22, E.SOLD, 2, to="repair")
    order = {"workOrder": "W"}
    await told(book, "repair", 30, E.REPLACED, vin=vin(1), details=order)
    new = await told(book, "repair", 30, E.REPLACED, 2, vin=vin(1), details={**order, "oldCode": code(1)})
    taken_in = await told(book, "scrap", 100, E.VEHICLE_SCRAPPED, 2, vin=vin(1), details={"packFound": True, "codeFound": code(1)})
    assert await of(book, FOUND) == []
    right = await told(book, "repair", 30, E.REPLACED, 2, recorded=120, vin=vin(1), details=order, corrects=new)
    assert await of(book, FOUND) == [("R01", "OPEN", [taken_in, right])]
    assert [row["party"] for row in await rows(book.database, "select party from battery.finding")] == [FIRMS["scrap"]]
    for at, expected in ((119.9, []), (120, ["R01"])):
        assert [each.rule for each in await replayed(book.database, day(at)) if each.found == "ARRIVAL"] == expected
    await told(book, "repair", 30, E.REPLACED, 2, recorded=130, vin=vin(1), details={**order, "oldCode": code(1)}, corrects=right)
    assert await of(book, FOUND) == [("R01", "CLOSED", [taken_in, right])]
    await proved(book)


async def test_what_says_something_else_is_another_finding(book: Book) -> None:
    """Whom it was handed to is in what is said of it; so is where, and who reads it for that."""
    sent = await handed_over(book)
    other = await told(book, "scrap", 110, E.HANDED_OVER, recorded=120, to="recycler2", details=FILED, corrects=sent)
    assert await of(book, FOUND) == [("R04", "CLOSED", [sent]), ("R04", "OPEN", [other]), ("R19", "CLOSED", [sent])]
    grantees = "select array_agg(grantee order by grantee) from battery.finding_reader group by code, id having bool_or(grantee = 'province:36')"
    assert len(await of(book, grantees)) == 1
    await proved(book)


@pytest.mark.parametrize("state", ["CONFIRMED", "CLOSED"])
async def test_what_an_authority_decided_a_correction_leaves(book: Book, state: str) -> None:
    sent = await handed_over(book)
    async with book.database.transaction("ledger") as connection:
        keys = [tuple(row.values()) for row in await connection.fetch("select code, id from battery.finding")]
        await change(connection, keys, state, "decided", "an authority", day(115))
    right = await told(book, "scrap", 110, E.HANDED_OVER, recorded=120, to="recycler", details=FILED, corrects=sent)
    await told(book, "scrap", 110, E.HANDED_OVER, recorded=121, to="recycler", details=OFFER, corrects=right)
    assert [each[:2] for each in await of(book, FOUND)] == [("R04", state), ("R19", state)]
    assert {each[1:] for each in await of(book, STATES)} == {(1, state, "decided", "an authority")}


async def test_what_registers_say_since_closes_nothing(book: Book) -> None:
    """Else whoever sent it would wait until the receiver has its licence, and correct whatever it likes."""
    sent = await handed_over(book)
    async with book.database.transaction("ledger") as connection:
        await connection.execute("delete from rule.rule where name = 'licence.required'")
    await told(book, "scrap", 110, E.HANDED_OVER, recorded=120, to="recycler", details=FILED, corrects=sent)
    assert await of(book, FOUND) == [("R04", "OPEN", [sent]), ("R19", "CLOSED", [sent])]


async def test_events_of_other_packs_and_attempts_are_left(book: Book) -> None:
    await handed_over(book)
    await book.one("oem", 115, E.EXPORTED, details={"country": "DE"})
    sent = (await of(book, f"select max(seq) from battery.event where code = '{code(1)}'"))[0][0]
    await told(book, "scrap", 110, E.HANDED_OVER, recorded=120, to="recycler", details=FILED, corrects=sent)
    assert [each[:2] for each in await of(book, FOUND)] == [("R04", "OPEN"), ("R19", "CLOSED"), ("R22", "OPEN")]


async def test_a_correction_that_is_only_tried_changes_nothing(book: Book) -> None:
    sent = await handed_over(book)
    report = book.report(110, E.HANDED_OVER, to="recycler", details=FILED, corrects=sent)
    assert isinstance((await book.tell("scrap", report, moment=day(120), validate_only=True))[0], Recorded)
    assert [each[:2] for each in await of(book, FOUND)] == [("R04", "OPEN"), ("R19", "OPEN")]


PROVINCE = Actor("11100000000013039Y", frozenset({"PR"}), frozenset({"43"}))


async def test_a_decision_at_the_same_time_is_before_the_correction_or_after_it(book: Book) -> None:
    """Neither is lost, nor fails; what was decided stands in the end."""
    numbers = range(1, 9)
    for number in numbers:
        car = await book.in_service(number)
        details = {"packFound": True}
        for at, kind, more in ((100, E.VEHICLE_SCRAPPED, {"vin": car, "details": details}), (102, E.PACK_DETACHED, {"vin": car, "details": {"massKg": 419.0}})):
            assert isinstance(await book.one("scrap", at, kind, number, **more), Recorded)
        assert isinstance(await book.one("scrap", 110, E.HANDED_OVER, number, to="recycler", details=OFFER), Recorded)
    ids = [(row["code"], row["id"]) for row in await rows(book.database, "select code, id from battery.finding where rule = 'R19' order by code")]
    cases = [await open_case(book.database, PROVINCE, Open((each,), "Unfiled", None), f"open {each}", NOW) for _code, each in ids]
    decide = Decide(State.CONFIRMED, "So it is.")
    decided = [act_in_case(book.database, PROVINCE, each.case_id, decide, f"decide {each.case_id}", NOW) for each in cases if isinstance(each, Noted)]
    assert len(decided) == len(numbers)
    corrected = [book.one("scrap", 110, E.HANDED_OVER, number, to="recycler", details=FILED, corrects=7) for number in numbers]
    for told in await asyncio.gather(*[each for both in zip(decided, corrected, strict=True) for each in both]):
        assert isinstance(told, Noted | Recorded), told
    assert await of(book, "select distinct state from battery.finding where rule = 'R19'") == [("CONFIRMED",)]
    states = await of(book, "select code, array_agg(state order by number) from battery.finding_state group by code")
    assert len(states) == len(numbers)
    assert all(each in (["CONFIRMED"], ["CLOSED", "CONFIRMED"]) for _code, each in states)
    await proved(book)
