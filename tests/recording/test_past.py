"""A battery as the ledger knew it at a past moment: what it tells, to whom, and what it refuses to tell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from auth.principal import Principal
from gateway.rations import MissRation
from resolvers.ledger.recording.report import Recorded, Sale
from tests.door.principals import principal
from tests.recording.gateways import asked, codes
from tests.recording.world import CAR, DAY_0, FIRMS, NOW, Book, E, code, vin

OFFICE = "11100000000013039Y"
MINISTRY, MARKET, PUBLIC = principal(OFFICE, "MI"), principal(OFFICE, "SA"), principal(OFFICE, "PB")
FACTS = """
events(first: 50) { totalCount nodes { id type occurredAt recordedAt corrects reporter { uscc } counterparty { uscc } province { code } } }
healthRecords(first: 50) { nodes { id stateOfHealth recordedAt } }
safetyEvents(first: 50) { nodes { id kind severity } }
gradings(first: 50) { nodes { id grade route recordedAt reporter { uscc } } }
custody(first: 50) { totalCount nodes { id holder { uscc } outcome receivedAt until discrepancies recordedAt } }
installations(first: 50) { nodes { id installedAt recordedAt removedAt vehicle { vin } } }
takeBacks(first: 50) { nodes { id outcome unanswered } }
modules(first: 50) { nodes { code } }
sources(first: 50) { nodes { code } }
products(first: 50) { totalCount nodes { code } }
findings(first: 50) { totalCount nodes { id rule state party { uscc } evidence figures { name value } firstSeen recordedAt } }
composition { material massKg }
dismantling { manual steps }
recovery { id packMassKg elements { element rate } steps { name } assays { element } materials { material } }
"""
EVERYTHING = (
    """
code productType status statusSince recalled swapModel powertrain stateOfHealth cycleCount remainingEnergyKwh conditionAt safetyClass
custodian { uscc } priorHolder { uscc } originProvince { code } province { code }
model { id } manufacturer { uscc name } vehicle { modelName vin }
"""
    + FACTS
)
THEN = f"query ($code: BatteryCode!, $asOf: DateTime) {{ battery(code: $code, asOf: $asOf) {{ {EVERYTHING} }} }}"
STATUS = "query ($code: BatteryCode!, $asOf: DateTime) { battery(code: $code, asOf: $asOf) { status } }"
GRADE = {"method": "M", "capacityAh": 100.0, "resistanceMohm": 1.0, "insulationMohm": 1.0, "grade": "B", "route": "REUSE"}


def day(at: float) -> datetime:
    return DAY_0 + timedelta(days=at)


def spelled(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


async def then(book: Book, who: Principal, at: float | None, text: str = THEN, number: int = 1, **more: Any) -> Any:
    """What the party is told of the pack as of that day; None: as it is now."""
    told = await asked(book.database, who, text, {"code": code(number), **({} if at is None else {"asOf": spelled(day(at))})}, **more)
    assert "errors" not in told, told
    return told["data"]["battery"]


async def reported(book: Book, *life: tuple[str, float, E, Mapping[str, Any]]) -> None:
    """Events of the pack, each reported an hour after it happened."""
    for by, at, kind, more in life:
        told = await book.one(by, at, kind, **{"moment": day(at + 1 / 24), **more})
        assert isinstance(told, Recorded), told


# How many a life of a pack begins: it is made, and sold in a car.
DRIVEN: tuple[tuple[str, float, E, Mapping[str, Any]], ...] = (
    ("maker", 1, E.PRODUCED, {}),
    ("maker", 3, E.SOLD, {"to": "oem"}),
    ("oem", 5, E.INSTALLED, {"vin": vin(1), "vehicle": CAR}),
    ("oem", 12, E.VEHICLE_SOLD, {"vin": vin(1), "province": "44", "sale": Sale("440300", "PRIVATE")}),
)


async def lived(book: Book) -> None:
    """A pack that goes into a car, comes out at a scrapping firm, and is with a recycler at the end."""
    car = vin(1)
    await reported(
        book,
        *DRIVEN,
        ("scrap", 100, E.VEHICLE_SCRAPPED, {"vin": car, "details": {"packFound": True}}),
        ("scrap", 102, E.PACK_DETACHED, {"vin": car, "details": {"massKg": 400.0}}),
        ("scrap", 103, E.HANDED_OVER, {"to": "recycler", "details": {"purpose": "UTILIZATION", "declaredMassKg": 400.0}}),
        ("recycler", 105, E.RECEIVED, {"details": {"measuredMassKg": 380.0}}),
        ("recycler", 106, E.HEALTH_MEASURED, {"details": {"stateOfHealth": 71.5, "method": "BMS"}}),
        ("recycler", 107, E.GRADED, {"details": GRADE}),
    )


STATES = (
    (2, "CODED"), (4, "SOLD"), (6, "INSTALLED"), (13, "IN_SERVICE"), (101, "IN_SCRAP_VEHICLE"), (102.5, "RETIRED"), (104, "IN_TRANSIT"), (105.5, "STORED"),
    (108, "GRADED"),
)  # fmt: skip


async def test_who_sees_everything_is_told_what_was_known_then(book: Book) -> None:
    await lived(book)
    for at, status in STATES:
        told = await then(book, MINISTRY, at)
        assert told["status"] == status, at
        # Whoever asked at that moment was told by grants of that moment what this is told by those of now.
        assert told["events"]["totalCount"] == len(told["events"]["nodes"])
        assert all(each["recordedAt"] <= spelled(day(at)) for each in told["events"]["nodes"])
    assert await then(book, MINISTRY, 0.5) is None
    before, after = await then(book, MINISTRY, 104), await then(book, MINISTRY, 105.5)
    assert [each["outcome"] for each in before["custody"]["nodes"]][-1] == "PENDING"
    assert [each["until"] for each in before["custody"]["nodes"]][-2] is None
    assert after["custody"]["nodes"][-1]["outcome"] == "RECEIVED"
    assert after["custody"]["nodes"][-1]["discrepancies"] == ["MASS"]
    assert before["custodian"]["uscc"] == after["priorHolder"]["uscc"] == FIRMS["scrap"]
    assert after["stateOfHealth"] is None
    assert (await then(book, MINISTRY, 106.5))["stateOfHealth"] == 71.5
    installed = await then(book, MINISTRY, 13)
    assert installed["installations"]["nodes"][0]["removedAt"] is None
    assert installed["vehicle"] == {"modelName": "Test One", "vin": vin(1)}
    assert (await then(book, MINISTRY, 4))["vehicle"] is None


async def test_what_is_reported_late_is_not_known_before(book: Book) -> None:
    await reported(book, ("maker", 1, E.PRODUCED, {}), ("maker", 3, E.SOLD, {"to": "oem", "moment": day(50)}))
    assert (await then(book, MINISTRY, 49))["status"] == "CODED"
    told = await then(book, MINISTRY, 51)
    assert (told["status"], told["statusSince"]) == ("SOLD", spelled(day(3)))
    # To the microsecond: what was recorded at the moment is known, and a microsecond before it is not.
    exactly = {"code": code(1), "asOf": spelled(day(50))}
    assert (await asked(book.database, MINISTRY, STATUS, exactly))["data"]["battery"]["status"] == "SOLD"
    assert (await asked(book.database, MINISTRY, STATUS, {**exactly, "asOf": spelled(day(50) - timedelta(microseconds=1))}))["data"]["battery"] == {
        "status": "CODED"
    }


async def test_a_correction_is_known_from_when_it_was_recorded(book: Book) -> None:
    await reported(
        book,
        ("maker", 1, E.PRODUCED, {}),
        ("maker", 3, E.SOLD, {"to": "oem2"}),
        ("maker", 3.5, E.SOLD, {"to": "oem", "corrects": 2, "moment": day(20)}),
    )
    for at, holder, known in ((19, "oem2", 2), (21, "oem", 3)):
        told = await then(book, MINISTRY, at)
        assert told["custodian"]["uscc"] == FIRMS[holder]
        assert told["events"]["totalCount"] == known, "the corrected event stays on record beside the one that corrects it"
        assert [each["holder"]["uscc"] for each in told["custody"]["nodes"]] == [FIRMS["maker"], FIRMS[holder]]
    # Who was named by mistake has no relation to the pack now, and so none to its past; who holds it learns of it when that was reported.
    for firm, states in (("oem2", ["CODED", "CODED", "CODED"]), ("oem", ["CODED", "CODED", "SOLD"])):
        holder_then = principal(FIRMS[firm], "OEM")
        assert [(await then(book, holder_then, at, STATUS))["status"] for at in (2, 19, 21)] == states


async def test_a_correction_of_a_correction_that_is_hidden_stands_in_the_first_ones_place(book: Book) -> None:
    offered = {"details": {"purpose": "UTILIZATION", "declaredMassKg": 420.0}}
    await reported(
        book,
        ("maker", 1, E.PRODUCED, {}), ("maker", 3, E.SOLD, {"to": "swap"}), ("swap", 4, E.POOLED, {"details": {"pool": "P"}}),
        ("swap", 5, E.RETIRED, {"details": {"reason": "WORN"}}), ("swap", 6, E.HANDED_OVER, {"to": "recycler", **offered}),
        ("swap", 6, E.HANDED_OVER, {"to": "scrap", "corrects": 5, "moment": day(7), **offered}),
        ("swap", 6, E.HANDED_OVER, {"to": "recycler", "corrects": 6, "moment": day(8), **offered}),
        ("recycler", 9, E.REJECTED, {"details": {"reason": "no room"}}),
    )  # fmt: skip
    recycler = principal(FIRMS["recycler"], "CU")
    told = [(await then(book, recycler, at))["status"] for at in (5.5, 6.5, 7.5, 8.5, 10)]
    assert told == ["CODED", "IN_TRANSIT", "IN_TRANSIT", "IN_TRANSIT", "CODED"], "it is back where it was before the one offer, whoever that was told to go to"
    assert (await then(book, MINISTRY, 10))["status"] == "RETIRED"


async def test_moments_and_the_present_beside_each_other_are_never_taken_for_one(book: Book) -> None:
    await lived(book)
    text = """query ($code: BatteryCode!, $a: DateTime!, $b: DateTime!, $none: DateTime) {
      first: battery(code: $code, asOf: $a) { ...told } second: battery(code: $code, asOf: $b) { ...told } again: battery(code: $code, asOf: $a) { ...told }
      null: battery(code: $code, asOf: $none) { ...told } now: battery(code: $code) { ...told }
    } fragment told on Battery { asOf code status events { totalCount } installations { totalCount } vehicle { vin } custody { totalCount } }"""
    told = (await asked(book.database, MINISTRY, text, {"code": code(1), "a": "2026-05-08T16:00:00+08:00", "b": spelled(day(13))}))["data"]
    assert (told["first"]["asOf"], told["first"]["status"], told["first"]["installations"]["totalCount"]) == (spelled(day(2)), "CODED", 0)
    assert (told["second"]["asOf"], told["second"]["status"], told["second"]["events"]["totalCount"]) == (spelled(day(13)), "IN_SERVICE", 4)
    assert (told["now"]["asOf"], told["now"]["status"], told["now"]["events"]["totalCount"]) == (None, "GRADED", 10)
    assert told["again"] == told["first"]
    assert told["null"] == told["now"]
    assert told["first"]["vehicle"] is None
    assert told["second"]["vehicle"] == told["now"]["vehicle"] == {"vin": vin(1)}


async def test_pages_of_the_past_have_cursors_of_their_own(book: Book) -> None:
    await lived(book)
    text = """query ($code: BatteryCode!, $asOf: DateTime, $after: String) {
      battery(code: $code, asOf: $asOf) { events(first: 2, after: $after) { nodes { type } pageInfo { hasNextPage endCursor } } } }"""
    seen, after = [], None
    for _ in range(9):
        page = (await asked(book.database, MINISTRY, text, {"code": code(1), "asOf": spelled(day(13)), "after": after}))["data"]["battery"]["events"]
        seen += [each["type"] for each in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == ["PRODUCED", "SOLD", "INSTALLED", "VEHICLE_SOLD"]
    for other in ({}, {"asOf": spelled(day(14))}):
        assert codes(await asked(book.database, MINISTRY, text, {"code": code(1), "after": after, **other})) == [("INVALID_CURSOR", ("battery", "events"))]


WRONG: Mapping[object, str] = {
    spelled(NOW + timedelta(seconds=1)): "AS_OF_OUT_OF_RANGE",
    "2018-07-31T15:59:59Z": "AS_OF_OUT_OF_RANGE",
    "0001-01-01T00:00:00Z": "AS_OF_OUT_OF_RANGE",
    "9999-12-31T23:59:59Z": "AS_OF_OUT_OF_RANGE",
    "2026-05-08": "INVALID_ARGUMENT",
    "2026-05-08T10:00:00": "INVALID_ARGUMENT",
    "2026-02-30T10:00:00Z": "INVALID_ARGUMENT",
    "0001-01-01T00:00:00+14:00": "INVALID_ARGUMENT",
    20260508: "INVALID_ARGUMENT",
}


async def test_moments_that_the_ledger_cannot_tell_of_are_refused(book: Book) -> None:
    await lived(book)
    for as_of, refused in WRONG.items():
        answers = [await asked(book.database, PUBLIC, STATUS, {"code": code(number), "asOf": as_of}) for number in (1, 2)]
        assert answers[0] == answers[1], "what is wrong with a moment is wrong for every code"
        ((found, path),) = codes(answers[0])
        assert (found, path) == (refused, ("battery",)), answers
        assert answers[0]["errors"][0]["message"].startswith("asOf: ")


async def test_what_has_no_past_is_refused_by_name(book: Book) -> None:
    await lived(book)
    fields = {"takeBackOutlets": '(province: "440000") { name }'}
    for name, below in fields.items():
        text = f"query ($code: BatteryCode!, $asOf: DateTime) {{ battery(code: $code, asOf: $asOf) {{ code told: {name} {below} }} }}"
        told = await asked(book.database, MINISTRY, text, {"code": code(1), "asOf": spelled(day(13))})
        assert codes(told) == [("AS_OF_UNSUPPORTED", ("battery", "told"))], name
        assert told["errors"][0]["message"].startswith(name + " cannot be told as of a past moment: ")
        assert told["data"]["battery"] == {"code": code(1), "told": None}
        assert "errors" not in await asked(book.database, MINISTRY, text, {"code": code(1)}), "of the present it is told"


async def test_a_pack_that_was_not_known_then_is_an_unknown_pack_and_as_dear(book: Book) -> None:
    await lived(book)
    for who in (MINISTRY, PUBLIC, principal(FIRMS["maker"], "BM")):
        dear = []
        for number, at in ((1, 0.5), (2, 0.5), (2, 50)):
            ration = MissRation(1)
            told = await asked(book.database, who, STATUS, {"code": code(number), "asOf": spelled(day(at))}, misses=ration, both=False)
            assert told == {"data": {"battery": None}}
            dear.append(ration.wait("client", "", NOW))
        assert dear == [dear[0]] * 3
        assert bool(dear[0]) is (who is not MINISTRY)


PARTS = """query ($code: BatteryCode!, $asOf: DateTime) { battery(code: $code, asOf: $asOf) {
  status statusSince stateOfHealth safetyClass custodian { uscc } priorHolder { uscc } originProvince { code } province { code } swapModel
  events { nodes { type } } healthRecords { totalCount } custody { nodes { holder { uscc } until } }
  takeBacks { totalCount } installations { totalCount } } }"""


async def parts(book: Book, who: Principal, at: float | None, moment: datetime = NOW) -> tuple[Any, Mapping[str, str]]:
    """What the party is told, and by which field it is told that something is closed to it."""
    told = await asked(book.database, who, PARTS, {"code": code(1), **({} if at is None else {"asOf": spelled(day(at))})}, moment)
    return told["data"]["battery"], {each["path"][-1]: each["policyId"] for each in told.get("extensions", {}).get("redactions", ())}


async def test_who_has_lost_its_relation_learns_of_the_time_when_it_had_it_no_more_than_of_now(book: Book) -> None:
    await lived(book)
    scrap = principal(FIRMS["scrap"], "SD")
    long_after = day(105) + timedelta(days=91)
    for moment in (NOW, long_after):
        told, closed = await parts(book, scrap, 102.5, moment)
        assert (told["stateOfHealth"], told["custodian"], told["originProvince"], told["safetyClass"]) == (None, None, None, None)
        assert {"stateOfHealth", "custodian", "originProvince", "safetyClass"} <= closed.keys()
        (leg,) = told["custody"]["nodes"]
        assert (leg["holder"]["uscc"], leg["until"]) == (FIRMS["scrap"], None)
    # In its window it reads of the bindings that it knew; after it only what it took part in itself is left.
    within, _ = await parts(book, scrap, 102.5, day(110))
    assert within["status"] == "RETIRED"
    after, closed = await parts(book, scrap, 102.5, long_after)
    assert after["status"] == "RETIRED"
    assert [each["type"] for each in after["events"]["nodes"]] == ["PRODUCED", "VEHICLE_SCRAPPED", "PACK_DETACHED"]
    assert closed["installations"] == "D:none", "another subgraph joins the battery, and there is no relation by which"


async def test_who_holds_it_now_learns_of_before_what_it_may_know_now_and_nothing_that_is_of_now_alone(book: Book) -> None:
    await lived(book)
    recycler = principal(FIRMS["recycler"], "CU")
    now, _ = await parts(book, recycler, None)
    assert (now["custodian"]["uscc"], now["originProvince"]["code"], now["swapModel"]) == (FIRMS["recycler"], "430000", False)
    told, closed = await parts(book, recycler, 104)
    assert (told["custodian"], told["priorHolder"], told["originProvince"], told["swapModel"]) == (None, None, None, None)
    assert {closed[each] for each in ("custodian", "priorHolder", "originProvince")} == {"H:custodian+took_part+exact_code"}
    assert (told["status"], [each["type"] for each in told["events"]["nodes"]]) == ("IN_TRANSIT", ["PRODUCED", "HANDED_OVER"])
    assert (await parts(book, recycler, 103))[0]["status"] == "CODED", "what came before the offer to it is not its own"
    assert told["healthRecords"]["totalCount"] == 0
    assert (await parts(book, recycler, 106.5))[0]["stateOfHealth"] == 71.5


async def test_a_pending_offer_opens_nothing_of_the_past(book: Book) -> None:
    await lived(book)
    recycler, pending = principal(FIRMS["recycler"], "CU"), day(104)
    now, _ = await parts(book, recycler, None, pending)
    told, closed = await parts(book, recycler, 103.9, pending)
    assert (now["safetyClass"], told["safetyClass"]) == ("NORMAL", None)
    assert closed["safetyClass"] == "G:took_part+exact_code"
    assert [each["holder"]["uscc"] for each in told["custody"]["nodes"]] == [FIRMS["recycler"]], "the leg that is offered to it is its own"


async def test_whoever_knows_the_code_alone_is_not_told_when_anything_happened(book: Book) -> None:
    await lived(book)
    await reported(book, ("maker", 110, E.RECALLED, {"details": {"recall": "R1", "hazard": "Fire"}}))
    seen = [await then(book, PUBLIC, at, "query ($code: BatteryCode!, $asOf: DateTime) { battery(code: $code, asOf: $asOf) { status recalled } }")
            for at in (2, 4, 13, 50, 104, 109, 111)]  # fmt: skip
    assert seen == [{"status": "CODED", "recalled": False}] * 6 + [{"status": "CODED", "recalled": True}]
    assert (await then(book, MARKET, 111, STATUS)) == {"status": "CODED"}
