"""Recording, by example: a life told by its parties, and what is in the tables after it."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections import Counter
from datetime import date
from typing import Any

import pytest

from resolvers.ledger.recording.judging import Docket
from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.recording.record import record
from resolvers.ledger.recording.report import Evidence, NewPack, Outcome, Recorded, Refused, Sale
from tests.recording.world import CAR, DAY_0, FIRMS, NOW, SWAP_CAR, Book, E, code, reporter, rows, vin


async def test_a_life_from_coding_to_recovered_material(book: Book) -> None:
    car = await book.in_service()
    steps = (
        ("repair", 40, E.MAINTAINED, {"vin": car, "details": {"work": "INSPECTION"}}),
        ("scrap", 100, E.VEHICLE_SCRAPPED, {"vin": car, "details": {"packFound": True}}),
        ("scrap", 102, E.PACK_DETACHED, {"vin": car, "details": {"massKg": 419.0}}),
        ("scrap", 103, E.HANDED_OVER, {"to": "recycler", "details": {"purpose": "UTILIZATION", "declaredMassKg": 419.0}}),
        ("recycler", 105, E.RECEIVED, {"details": {"measuredMassKg": 418.5}}),
        ("recycler", 110, E.DISMANTLED, {}),
        ("recycler", 120, E.RECYCLED, {"details": {"batch": "B1"}}),
    )
    for by, at, kind, more in steps:
        told = await book.one(by, at, kind, **more)
        assert isinstance(told, Recorded), (kind, told)
    (pack,) = await rows(book.database, "select * from battery.pack")
    assert (pack["status"], pack["custodian"], pack["prior_holder"], pack["vin"]) == ("RECYCLED", FIRMS["recycler"], FIRMS["scrap"], car)
    assert pack["recorded_at"] == NOW
    (vehicle,) = await rows(book.database, "select * from vehicle.vehicle")
    assert (vehicle["automaker"], vehicle["province"], str(vehicle["scrapped_on"])) == (FIRMS["oem"], "44", "2026-08-14")
    assert await rows(book.database, "select count(*) from platform.outbox where code = $1", code(1)) == [{"count": 11}]


def code_of(told: Outcome) -> str:
    return told.code if isinstance(told, Refused) else "RECORDED"


async def test_an_unknown_code_and_somebody_elses_give_the_same_answer(book: Book) -> None:
    await book.in_service()
    for by, kind, more in (
        ("recycler", E.RECEIVED, {}), ("scrap", E.RETIRED, {}), ("repair", E.MAINTAINED, {"vin": vin(7)}),
        ("oem2", E.INSTALLED, {"vin": vin(9), "vehicle": CAR}),
        ("scrap", E.VEHICLE_SCRAPPED, {"vin": vin(7)}), ("maker2", E.SOLD, {"to": "oem"}), ("recycler2", E.HANDED_OVER, {"to": "recycler"}),
    ):  # fmt: skip
        hidden, missing = await book.one(by, 20, kind, 1, **more), await book.one(by, 20, kind, 2, **more)
        assert hidden == missing == Refused("BATTERY_NOT_REPORTABLE", hidden.message), kind  # type: ignore[union-attr]


EVERYTHING = "select (select count(*) from battery.event) as e, (select count(*) from enterprise.client_reference) as r, p.* from battery.pack p"
CASES: tuple[tuple[str, str, float, E, dict[str, Any], str], ...] = (
    ("wrong role", "repair", 20, E.SOLD, {"to": "oem"}, "ROLE_MAY_NOT_REPORT"),
    ("in the future", "maker", 400, E.SOLD, {"to": "oem"}, "OCCURRED_IN_FUTURE"),
    ("not the custodian any more", "maker", 20, E.SOLD, {"to": "oem"}, "NOT_CUSTODIAN"),
    ("no counterparty", "maker", 20, E.SOLD, {}, "PARTY_UNKNOWN"),
    ("an unregistered buyer", "maker", 20, E.SOLD, {"to": "91110000600037341L"}, "PARTY_UNKNOWN"),
    ("to itself", "maker", 20, E.SOLD, {"to": "maker"}, "PARTY_ITSELF"),
    ("installed twice", "oem", 20, E.VEHICLE_SOLD, {"vin": vin(1), "sale": Sale("440300", "PRIVATE")}, "ILLEGAL_TRANSITION"),
    ("sold elsewhere", "oem", 20, E.VEHICLE_SOLD, {"vin": vin(1), "sale": Sale("110100", "PRIVATE")}, "VEHICLE_DIFFERS"),
    ("before the last event", "oem", 4, E.OWNER_CHANGED, {}, "OUT_OF_ORDER"),
    ("a code given before", "maker", 20, E.PRODUCED, {}, "DUPLICATE_CODE"),
    ("somebody else's manufacturer code", "maker2", 20, E.PRODUCED, {}, "MANUFACTURER_CODE"),
    ("a model of nobody", "maker", 20, E.PRODUCED, {"pack": NewPack("OTHER")}, "MODEL_UNKNOWN"),
    ("no pending hand-over", "oem", 20, E.RECEIVED, {}, "NOT_RECEIVER"),
    ("exported by a firm that never held it", "maker", 20, E.EXPORTED, {}, "NOT_CUSTODIAN"),
    ("correcting another's event", "maker", 20, E.SOLD, {"to": "oem", "corrects": 3}, "CORRECTION_REFUSED"),
)  # fmt: skip


# Said without a look at the battery, or to a party that has nothing to do with it.
OF_THE_REPORT = {"BATTERY_NOT_REPORTABLE", "ROLE_MAY_NOT_REPORT", "OCCURRED_IN_FUTURE", "PARTY_UNKNOWN", "PARTY_ITSELF", "MANUFACTURER_CODE"}


async def test_each_refusal_has_its_own_answer_and_changes_nothing(book: Book) -> None:
    await book.in_service()
    before = await rows(
        book.database, "select (select count(*) from battery.event) as e, (select count(*) from enterprise.client_reference) as r, p.* from battery.pack p"
    )
    for name, by, at, kind, more, expected in CASES:
        told = await book.one(by, at, kind, **more)
        assert (name, code_of(told)) == (name, expected)
        assert isinstance(told, Refused)
        if expected in OF_THE_REPORT:
            assert (told.state, told.allowed) == (None, ()), name
        else:
            moving = ("MAINTAINED", "REPLACED", "OWNER_CHANGED", "VEHICLE_SCRAPPED", "EXPORTED", "REPORTED_MISSING")
            seen = ("HEALTH_MEASURED", "SAFETY_EVENT", "RECALLED", "FOUND_ABANDONED")
            # The car is no swap model, its battery under no recall, and held by nobody on the platform, who could ask for a take-back.
            assert (told.state, told.allowed) == ("IN_SERVICE", (*moving, *seen)), name
    after = await rows(
        book.database, "select (select count(*) from battery.event) as e, (select count(*) from enterprise.client_reference) as r, p.* from battery.pack p"
    )
    assert before == after


async def test_the_same_report_is_answered_as_before_and_another_under_its_reference_is_refused(book: Book) -> None:
    first = await book.one("maker", 0.1, E.PRODUCED, reference="a", evidence=(Evidence("TEST_REPORT", "T-1", "0" * 64),))
    again = book.report(0.1, E.PRODUCED, reference="a", evidence=(Evidence("TEST_REPORT", "T-1", "0" * 64),))
    later = await book.tell("maker", again, moment=NOW.replace(hour=12))
    assert isinstance(first, Recorded)
    assert later == [first._replace(replayed=True)]
    others = (book.report(0.2, E.PRODUCED, reference="a"), book.report(0.1, E.PRODUCED, 2, reference="a"), book.report(3, E.SOLD, to="oem", reference="a"))
    assert [code_of(told) for told in await book.tell("maker", *others)] == ["CLIENT_REFERENCE_REUSED"] * 3
    # Another reporter's names are its own.
    await book.one("maker", 3, E.SOLD, to="oem")
    assert isinstance(await book.one("oem", 5, E.INSTALLED, vin=vin(1), vehicle=CAR, reference="a"), Recorded)
    assert await rows(book.database, "select number, kind, reference from battery.evidence") == [{"number": 1, "kind": "TEST_REPORT", "reference": "T-1"}]


async def test_a_batch_is_judged_in_order_and_what_is_only_tried_leaves_nothing(book: Book) -> None:
    batch = [
        book.report(3, E.SOLD, to="oem"), book.report(0.1, E.PRODUCED), book.report(3, E.SOLD, to="oem", reference="x"),
        book.report(3, E.SOLD, to="oem", reference="x"), book.report(4, E.SOLD, to="oem2"), book.report(0.1, E.PRODUCED, 2),
    ]  # fmt: skip
    expected = ["BATTERY_NOT_REPORTABLE", "RECORDED", "RECORDED", "RECORDED", "NOT_CUSTODIAN", "RECORDED"]
    tried = await book.tell("maker", *batch, validate_only=True)
    assert [code_of(told) for told in tried] == expected
    assert await rows(book.database, "select count(*) from battery.event") == [{"count": 0}]
    taken = await book.tell("maker", *batch)
    assert taken == tried
    assert [isinstance(told, Recorded) and told.replayed for told in taken] == [False, False, False, True, False, False]
    assert await rows(book.database, "select code, status from battery.pack order by code") == [
        {"code": code(1), "status": "SOLD"}, {"code": code(2), "status": "CODED"},
    ]  # fmt: skip


async def test_a_replacement_is_taken_whole_or_not_at_all(book: Book) -> None:
    car = await book.in_service()
    await book.one("maker", 20, E.PRODUCED, 2)
    both = [book.report(30, E.REPLACED, 1, vin=car, group=1), book.report(30, E.REPLACED, 2, vin=car, group=1)]
    assert [code_of(each) for each in await book.tell("repair", *both)] == ["GROUP_REFUSED", "BATTERY_NOT_REPORTABLE"]
    await book.one("maker", 22, E.SOLD, 2, to="repair")
    assert [code_of(each) for each in await book.tell("repair", *both)] == ["RECORDED", "RECORDED"]
    held = await rows(book.database, "select code, status, custodian, vin from battery.pack order by code")
    assert [(each["status"], each["custodian"], each["vin"]) for each in held] == [("REMOVED", FIRMS["repair"], car), ("IN_SERVICE", None, car)]


async def test_a_place_in_a_vehicle_holds_one_pack(book: Book) -> None:
    car = await book.in_service()
    for number in (2, 3):
        await book.one("maker", 0.1, E.PRODUCED, number)
        await book.one("maker", 3, E.SOLD, number, to="oem")
    assert code_of(await book.one("oem", 6, E.INSTALLED, 2, vin=car)) == "POSITION_OCCUPIED"
    assert code_of(await book.one("oem", 6, E.INSTALLED, 2, vin=car, details={"position": 2})) == "RECORDED"


async def test_a_vehicle_is_declared_once_by_its_maker(book: Book) -> None:
    await book.in_service()
    for number, buyer in ((2, "oem"), (3, "oem2")):
        await book.one("maker", 0.1, E.PRODUCED, number)
        await book.one("maker", 3, E.SOLD, number, to=buyer)
    assert code_of(await book.one("oem", 6, E.INSTALLED, 2, vin=vin(1), vehicle=SWAP_CAR)) == "VEHICLE_DIFFERS"
    assert code_of(await book.one("oem", 6, E.INSTALLED, 2, vin=vin(2))) == "VEHICLE_UNKNOWN"
    assert code_of(await book.one("oem2", 6, E.INSTALLED, 3, vin=vin(1), vehicle=CAR)) == "VEHICLE_UNKNOWN"
    assert await rows(book.database, "select count(*) from vehicle.vehicle") == [{"count": 1}]


async def test_packs_take_turns_in_a_swap_model(book: Book) -> None:
    car = vin(5)
    for number in (1, 2):
        await book.one("maker", 0.1, E.PRODUCED, number)
        await book.one("maker", 3, E.SOLD, number, to="oem" if number == 1 else "swap")
    await book.one("oem", 5, E.INSTALLED, vin=car, vehicle=SWAP_CAR)
    assert code_of(await book.one("oem", 6, E.VEHICLE_SOLD, vin=car, to="swap", province="44", sale=Sale("440300", "RIDE_HAILING"))) == "RECORDED"
    await book.one("swap", 6, E.POOLED, 2)
    assert code_of(await book.one("swap", 7, E.SWAP_IN, 2, vin=car)) == "POSITION_OCCUPIED"
    swap = [book.report(8, E.SWAP_OUT, 1, vin=car, group=1), book.report(8.01, E.SWAP_IN, 2, vin=car, group=1)]
    assert [code_of(each) for each in await book.tell("swap", *swap)] == ["RECORDED", "RECORDED"]
    grants = await rows(
        book.database, "select from_at, until_at from vehicle.access where relation = 'custodian' and grantee = $1 order by from_at", FIRMS["swap"]
    )
    assert [(round((each["from_at"] - DAY_0).total_seconds() / 864), each["until_at"] is None) for each in grants] == [(600, False), (801, True)]


async def test_events_of_one_moment_stand_in_the_order_in_which_they_are_told(book: Book) -> None:
    """Who knows the day alone reports a life of days: nobody holds a pack for less than no time, and one holder is left."""
    await book.one("maker", 1, E.PRODUCED)
    steps = [("maker", E.SOLD, {"to": "swap"}), ("swap", E.POOLED, {"details": {"pool": "P"}}), ("swap", E.RETIRED, {"details": {"reason": "WORN"}})]
    offer = {"details": {"purpose": "UTILIZATION", "declaredMassKg": 420.0}}
    weighed = {"details": {"measuredMassKg": 420.0}}
    for by, to in (("swap", "recycler"), ("recycler", "recycler2"), ("recycler2", "recycler")):
        steps += [(by, E.HANDED_OVER, {"to": to, **offer}), (to, E.RECEIVED, weighed)]
    for by, kind, more in steps:
        assert isinstance(await book.one(by, 1, kind, **more), Recorded), (by, kind)
    custody = await rows(book.database, "select holder, received_at = until_at as short from battery.custody where outcome = 'RECEIVED' order by seq")
    assert [(row["holder"], row["short"]) for row in custody] == [
        *((FIRMS[each], True) for each in ("maker", "swap", "recycler", "recycler2")), (FIRMS["recycler"], None)
    ]  # fmt: skip
    open_ = await rows(book.database, "select grantee from battery.access where relation in ('custodian', 'receiver') and until_at is null")
    assert [row["grantee"] for row in open_] == [FIRMS["recycler"]]
    assert (await rebuild(book.database, lambda _stage, _done: None)).differences == []
    assert code_of(await book.one("recycler", 0.9, E.HANDED_OVER, to="recycler2", **offer)) == "OUT_OF_ORDER"


async def test_two_that_work_on_a_pack_report_in_any_order(book: Book) -> None:
    """What they tell leaves it where it is, and is no measure of what moves it: each is hidden from the other."""
    car = await book.in_service()
    for by, at in (("repair", 30), ("oem", 20), ("repair", 25), ("oem", 12), ("repair", 4)):
        assert isinstance(await book.one(by, at, E.MAINTAINED, vin=car), Recorded), (by, at)
    assert code_of(await book.one("repair", -1, E.MAINTAINED, vin=car)) == "OUT_OF_ORDER", "nothing was before it was made"
    old = {"vin": car, "details": {"newCode": code(2), "receiver": FIRMS["repair"]}}
    assert isinstance(await book.one("repair", 29, E.REPLACED, **old), Recorded)
    assert isinstance(await book.one("oem", 28, E.MAINTAINED, vin=car), Recorded), "told late"
    assert (await rebuild(book.database, lambda _stage, _done: None)).differences == []


async def test_a_correction_takes_the_place_of_what_it_corrects(book: Book) -> None:
    await book.one("maker", 0.1, E.PRODUCED)
    await book.one("maker", 3, E.SOLD, to="oem")
    told = await book.one("maker", 3.5, E.SOLD, to="oem2", corrects=2)
    assert isinstance(told, Recorded)
    assert told.seq == 3
    custody = await rows(book.database, "select holder, received_at, until_at from battery.custody order by seq")
    assert [(each["holder"], each["until_at"] is None) for each in custody] == [(FIRMS["maker"], False), (FIRMS["oem2"], True)]
    assert await rows(book.database, "select count(*) from battery.access where grantee = $1", FIRMS["oem"]) == [{"count": 0}]
    assert code_of(await book.one("maker", 0.05, E.SOLD, to="oem", corrects=3)) == "OUT_OF_ORDER"
    assert code_of(await book.one("oem2", 3.2, E.INSTALLED, vin=vin(1), vehicle=CAR)) == "OUT_OF_ORDER"


async def test_what_is_late_is_taken_and_marked(book: Book) -> None:
    told = await book.one("maker", 0.1, E.PRODUCED)
    assert isinstance(told, Recorded)
    assert told.late
    assert told.due_on is not None
    assert told.due_on < date(2026, 6, 30)


async def test_two_hundred_writers_on_few_packs_lose_nothing(book: Book) -> None:
    """No lost update, no double custody, no deadlock that a client sees: of each race one wins, and the rest is told where the pack stands."""
    for number in (1, 2, 3, 4):
        await book.one("maker", 0.1, E.PRODUCED, number)

    async def sell(writer: int) -> list[Outcome]:
        packs = [1, 2, 3, 4] if writer % 2 else [4, 3, 2, 1]
        buyer = ("oem", "oem2", "swap", "repair")[writer % 4]
        batch = [book.report(3 + writer / 1000, E.SOLD, number, to=buyer) for number in packs]
        return await record(book.database, reporter("maker"), batch, NOW)

    outcomes = [told for each in await asyncio.gather(*map(sell, range(200))) for told in each]
    assert Counter(map(code_of, outcomes)) == {"RECORDED": 4, "NOT_CUSTODIAN": 796}
    held = await rows(book.database, "select code from battery.custody where outcome = 'RECEIVED' and until_at is null")
    assert len(held) == 4


async def test_one_reference_used_at_once_for_two_packs_names_one(book: Book) -> None:
    sent = [book.report(0.1, E.PRODUCED, number, reference="same") for number in range(1, 9)]
    outcomes = [told for each in await asyncio.gather(*(book.tell("maker", report) for report in sent)) for told in each]
    assert Counter(map(code_of, outcomes)) == {"RECORDED": 1, "CLIENT_REFERENCE_REUSED": 7}


async def test_what_was_read_for_a_batch_goes_with_it(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch reads thousands of lives; in a ring of objects they would wait for the collector, which comes rarely."""
    dockets: list[weakref.ref[Docket]] = []

    def made(*given: Any) -> Docket:
        docket = Docket(*given)
        dockets.append(weakref.ref(docket))
        return docket

    monkeypatch.setattr("resolvers.ledger.recording.record.Docket", made)
    gc.collect()
    gc.disable()
    try:
        await book.in_service()
        assert dockets
        assert [each for each in dockets if each() is not None] == []
    finally:
        gc.enable()


async def test_others_are_served_while_a_long_batch_is_judged(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """Corrections are judged by the whole life of their battery: many of them would hold the process, and whoever asks it for something else."""
    monkeypatch.setattr("resolvers.ledger.recording.record.TURN_S", 0.0)
    await book.in_service()
    said = [book.report(20 + each, E.HEALTH_MEASURED, details={"stateOfHealth": 90.0, "method": "BMS"}) for each in range(30)]
    first = [told.seq for told in await book.tell("oem", *said) if isinstance(told, Recorded)]
    turns, done = 0, False

    async def other() -> None:
        nonlocal turns
        while not done:
            turns += judging
            await asyncio.sleep(0)

    judging = False
    judge = Docket._together

    def seen(docket: Docket, group: Any) -> list[Outcome]:
        nonlocal judging
        judging = True
        return judge(docket, group)

    monkeypatch.setattr(Docket, "_together", seen)
    beside = asyncio.create_task(other())
    again = [book.report(20 + each, E.HEALTH_MEASURED, corrects=seq, details={"stateOfHealth": 91.0, "method": "BMS"}) for each, seq in enumerate(first)]
    told = await book.tell("oem", *again, validate_only=True)
    done = True
    await beside
    assert all(isinstance(each, Recorded) for each in told)
    assert turns >= len(told)
