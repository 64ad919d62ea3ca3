"""A vehicle as the ledger knew it at a past moment: what it tells, to whom, and what it refuses to tell."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest

from auth.principal import Principal
from resolvers.ledger.recording.report import Sale
from tests.door.principals import principal
from tests.recording.gateways import asked, codes
from tests.recording.test_past import DRIVEN, MINISTRY, PUBLIC, day, lived, reported, spelled
from tests.recording.world import CAR, FIRMS, NOW, SWAP_CAR, Book, E, code, vin

EVERYTHING = """asOf id vin automaker { uscc } modelName powertrain swapModel producedOn scrapped soldOn scrappedOn province { code } region { code } ownerKind
batteries(first: 20) { totalCount nodes { code } }
installations(first: 20) { totalCount nodes { id installedAt recordedAt removedAt position battery { code } vehicle { vin } } }"""
BY_VIN = f"query ($vin: Vin!, $asOf: DateTime) {{ vehicle(vin: $vin, asOf: $asOf) {{ {EVERYTHING} }} }}"
BY_ID = f"query ($id: ID!, $asOf: DateTime) {{ vehicle(id: $id, asOf: $asOf) {{ {EVERYTHING} }} }}"
ID = "query ($code: BatteryCode!) { battery(code: $code) { vehicle { id } } }"


async def then(book: Book, who: Principal, at: float | None, number: int = 1, **more: Any) -> Any:
    """What the party is told of the vehicle as of that day; None: as it is now."""
    told = await asked(book.database, who, BY_VIN, {"vin": vin(number), **({} if at is None else {"asOf": spelled(day(at))})}, **more)
    assert "errors" not in told, told
    return told["data"]["vehicle"]


async def by_id(book: Book, who: Principal, at: float | None, moment: Any = NOW, number: int = 1) -> Any:
    """The same of the vehicle that the pack leads to, by the id that the party has for it."""
    found = await asked(book.database, who, ID, {"code": code(number)}, moment)
    of = {"id": found["data"]["battery"]["vehicle"]["id"], **({} if at is None else {"asOf": spelled(day(at))})}
    told = await asked(book.database, who, BY_ID, of, moment)
    assert "errors" not in told, told
    return told["data"]["vehicle"]


def bound(told: Any) -> list[str]:
    return [each["code"] for each in told["batteries"]["nodes"]]


async def test_who_sees_everything_is_told_what_was_known_then(book: Book) -> None:
    await lived(book)
    assert await then(book, MINISTRY, 4) is None
    installed, sold, scrapped, detached, now = [await then(book, MINISTRY, at) for at in (6, 13, 101, 103, None)]
    assert (installed["asOf"], now["asOf"]) == (spelled(day(6)), None)
    assert [each["soldOn"] for each in (installed, sold, now)] == [None, "2026-05-18", "2026-05-18"]
    assert [each["ownerKind"] for each in (installed, sold)] == [None, "PRIVATE"]
    assert [each["region"] for each in (installed, sold)] == [None, {"code": "440300"}]
    assert [each["province"] for each in (installed, sold)] == [None, {"code": "440000"}]
    assert [(each["scrapped"], each["scrappedOn"]) for each in (sold, scrapped)] == [(False, None), (True, "2026-08-14")]
    assert [bound(each) for each in (installed, scrapped)] == [[code(1)], [code(1)]]
    assert [each["installations"]["nodes"][0]["removedAt"] for each in (sold, scrapped, detached)] == [None, None, spelled(day(102))]
    assert {**detached, "asOf": None} == now


async def test_a_correction_of_the_sale_is_known_from_when_it_was_recorded(book: Book) -> None:
    car = vin(1)
    await reported(
        book,
        *DRIVEN,
        ("oem", 13, E.VEHICLE_SOLD, {"vin": car, "province": "31", "sale": Sale("310000", "LEASING"), "corrects": 4, "moment": day(30)}),
    )
    before, after = await then(book, MINISTRY, 29), await then(book, MINISTRY, 31)
    assert (before["soldOn"], before["region"], before["ownerKind"], before["province"]) == ("2026-05-18", {"code": "440300"}, "PRIVATE", {"code": "440000"})
    assert (after["soldOn"], after["region"], after["ownerKind"], after["province"]) == ("2026-05-19", {"code": "310000"}, "LEASING", {"code": "310000"})


async def test_a_pack_that_was_told_into_another_vehicle_by_mistake_was_in_it_until_that_was_corrected(book: Book) -> None:
    await reported(
        book,
        ("maker", 1, E.PRODUCED, {}),
        ("maker", 3, E.SOLD, {"to": "oem"}),
        ("oem", 5, E.INSTALLED, {"vin": vin(1), "vehicle": CAR}),
        ("oem", 5, E.INSTALLED, {"vin": vin(2), "vehicle": CAR, "corrects": 3, "moment": day(20)}),
    )
    assert [bound(await then(book, MINISTRY, at)) for at in (19, 21)] == [[code(1)], []]
    assert await then(book, MINISTRY, 19, 2) is None
    assert bound(await then(book, MINISTRY, 21, 2)) == [code(1)]
    assert [(await then(book, MINISTRY, at))["installations"]["totalCount"] for at in (19, 21)] == [1, 0]


async def test_moments_and_the_present_beside_each_other_are_never_taken_for_one(book: Book) -> None:
    await lived(book)
    text = """query ($vin: Vin!, $a: DateTime!, $b: DateTime!) {
      a: vehicle(vin: $vin, asOf: $a) { ...told } b: vehicle(vin: $vin, asOf: $b) { ...told } now: vehicle(vin: $vin) { ...told }
    } fragment told on Vehicle { asOf soldOn batteries { nodes { code asOf status } } installations(first: 1) { nodes { removedAt battery { code } } } }"""
    told = (await asked(book.database, MINISTRY, text, {"vin": vin(1), "a": spelled(day(6)), "b": spelled(day(13))}))["data"]
    assert [told[each]["soldOn"] for each in ("a", "b", "now")] == [None, "2026-05-18", "2026-05-18"]
    assert [told[each]["installations"]["nodes"][0]["removedAt"] for each in ("a", "b", "now")] == [None, None, spelled(day(102))]
    # What it leads to is told as it is now, by its own law.
    assert {repr(told[each]["batteries"]) for each in told} == {repr({"nodes": [{"code": code(1), "asOf": None, "status": "GRADED"}]})}


async def test_pages_of_the_past_have_cursors_of_their_own(book: Book) -> None:
    await lived(book)
    text = """query ($vin: Vin!, $asOf: DateTime, $after: String) {
      vehicle(vin: $vin, asOf: $asOf) { batteries(first: 1, after: $after) { pageInfo { endCursor } }
        installations(first: 1, after: $after) { pageInfo { endCursor } } } }"""
    first = (await asked(book.database, MINISTRY, text, {"vin": vin(1), "asOf": spelled(day(13))}))["data"]["vehicle"]
    for place in ("batteries", "installations"):
        after = first[place]["pageInfo"]["endCursor"]
        for other in ({}, {"asOf": spelled(day(14))}):
            assert ("INVALID_CURSOR", ("vehicle", place)) in codes(await asked(book.database, MINISTRY, text, {"vin": vin(1), "after": after, **other}))


WRONG = {
    spelled(NOW + timedelta(seconds=1)): "AS_OF_OUT_OF_RANGE",
    "2018-07-31T15:59:59Z": "AS_OF_OUT_OF_RANGE",
    "2026-05-08": "INVALID_ARGUMENT",
    "2026-05-08T10:00:00": "INVALID_ARGUMENT",
}


@pytest.mark.parametrize(("as_of", "refused"), WRONG.items())
async def test_moments_that_the_ledger_cannot_tell_of_are_refused(book: Book, as_of: str, refused: str) -> None:
    await lived(book)
    answers = [await asked(book.database, MINISTRY, BY_VIN, {"vin": vin(number), "asOf": as_of}) for number in (1, 2)]
    assert answers[0] == answers[1], "what is wrong with a moment is wrong for every vehicle"
    assert codes(answers[0]) == [(refused, ("vehicle",))]


async def test_who_has_no_relation_now_is_told_nothing_of_any_moment(book: Book) -> None:
    await lived(book)
    for who in (PUBLIC, principal(FIRMS["oem2"], "OEM"), principal(FIRMS["recycler"], "CU"), principal(FIRMS["swap"], "SW")):
        answers = [await asked(book.database, who, BY_VIN, {"vin": vin(1), "asOf": spelled(day(at))}) for at in (4, 13, 101)]
        assert answers[0] == answers[1] == answers[2]
        assert answers[0]["data"] == {"vehicle": None}


async def test_a_maker_finds_out_by_its_own_packs_alone(book: Book) -> None:
    """The maker reads no day of a vehicle; that it was scrapped it is told by the events of its packs, and of nobody else's."""
    await lived(book)
    maker = principal(FIRMS["maker"], "BM")
    told = {at: await by_id(book, maker, at) for at in (6, 13, 101, 103, None)}
    assert [told[at]["scrapped"] for at in (6, 13, 101, 103, None)] == [False, False, True, True, True]
    assert {each["scrappedOn"] or each["soldOn"] or each["vin"] or each["ownerKind"] for each in told.values()} == {None}
    assert all(bound(each) == [code(1)] for each in told.values())


async def test_a_past_custodian_is_not_told_when_a_vehicle_was_scrapped(book: Book) -> None:
    await lived(book)
    scrap, within = principal(FIRMS["scrap"], "SD"), day(110)
    assert (await asked(book.database, scrap, BY_VIN, {"vin": vin(1)}, within))["data"]["vehicle"] is None, "the VIN opens nothing any more"
    holder = await by_id(book, scrap, 103, day(104))
    assert (holder["vin"], holder["scrapped"], holder["scrappedOn"]) == (vin(1), True, "2026-08-14")
    of = {"id": holder["id"]}
    seen = [(await asked(book.database, scrap, BY_ID, {**of, "asOf": spelled(day(at))}, within))["data"]["vehicle"] for at in (13, 99, 100.5, 103, 109)]
    # In its window it reads the events of the pack that it knew, the scrapping among them.
    assert [each["scrapped"] for each in seen] == [False, False, True, True, True]
    assert {each["scrappedOn"] for each in seen} == {None}
    assert {each["batteries"] is None and each["installations"] is None for each in seen} == {True}


async def test_who_had_one_of_its_packs_is_not_told_when_it_was_scrapped_with_another(book: Book) -> None:
    car = await book.in_service(1)
    await reported_of(book, 2, ("maker", 0.1, E.PRODUCED, {}), ("maker", 3, E.SOLD, {"to": "repair"}))
    replaced = {"vin": car, "details": {"workOrder": "W"}, "group": "swap"}
    told = await book.tell("repair", book.report(20, E.REPLACED, 1, **replaced), book.report(20, E.REPLACED, 2, **replaced), moment=day(20.1))
    assert not any(hasattr(each, "message") for each in told), told
    of = await by_id(book, principal(FIRMS["repair"], "RS"), 21, day(22))
    await reported_of(book, 1, ("repair", 23, E.RETIRED, {"details": {"reason": "worn"}}),
                      ("repair", 24, E.HANDED_OVER, {"to": "recycler", "details": {"purpose": "UTILIZATION", "declaredMassKg": 400.0}}),
                      ("recycler", 25, E.RECEIVED, {"details": {"measuredMassKg": 400.0}}))  # fmt: skip
    await reported_of(book, 2, ("scrap", 50, E.VEHICLE_SCRAPPED, {"vin": car, "details": {"packFound": True}}))
    seen = []
    for who in (principal(FIRMS["repair"], "RS"), principal(FIRMS["scrap"], "SD")):
        mine = of if who.party == FIRMS["repair"] else await by_id(book, who, 51, day(60), 2)
        for at in (49, 51):
            (found,) = [(await asked(book.database, who, BY_ID, {"id": mine["id"], "asOf": spelled(day(at))}, day(60)))["data"]["vehicle"]]
            seen.append(found["scrapped"])
    assert seen == [False, False, False, True]
    now = await asked(book.database, principal(FIRMS["repair"], "RS"), BY_ID, {"id": of["id"]}, day(60))
    assert now["data"]["vehicle"]["scrapped"] is True, "today it is told, without the day"


async def test_swapped_packs_of_several_operators_show_each_its_own(book: Book) -> None:
    car = vin(7)
    for number in (1, 2):
        await reported_of(book, number, ("maker", 1, E.PRODUCED, {}), ("maker", 3, E.SOLD, {"to": "swap" if number == 1 else "oem"}))
    await reported_of(book, 2, ("oem", 5, E.INSTALLED, {"vin": car, "vehicle": SWAP_CAR}))
    # The operator has had nothing to do with the vehicle: that it has it before it, it proves by the pack that is in it.
    await reported_of(book, 2, ("swap", 6, E.HEALTH_MEASURED, {"vin": car, "details": {"stateOfHealth": 99.0, "method": "BMS"}}))
    await reported_of(book, 1, ("swap", 6, E.POOLED, {}), ("swap", 7, E.SWAP_IN, {"vin": car, "details": {"position": 2}}))
    everything = [await then(book, MINISTRY, at, 7) for at in (6, 8)]
    assert [each["installations"]["totalCount"] for each in everything] == [1, 2]
    own = [await then(book, principal(FIRMS["swap"], "SW"), at, 7) for at in (6, 8)]
    assert [each["installations"]["totalCount"] for each in own] == [0, 1]
    assert [bound(each) for each in own] == [[], [code(1)]]


async def reported_of(book: Book, number: int, *life: tuple[str, float, E, dict[str, Any]]) -> None:
    for by, at, kind, more in life:
        told = await book.one(by, at, kind, number, **{"moment": day(at + 1 / 24), **more})
        assert not hasattr(told, "message"), told


async def test_between_two_reports_nothing_changes(book: Book) -> None:
    await lived(book)
    for who in (MINISTRY, principal(FIRMS["maker"], "BM"), principal(FIRMS["oem"], "OEM"), principal("11100000000013039Y", "PR", jurisdiction=("44",))):
        for at, other in itertools.pairwise((5.1, 11, 12.1, 99, 100.1, 101.9)):
            told = [await by_id(book, who, each) for each in (at, other)]
            if (at, other) in ((5.1, 11), (12.1, 99), (100.1, 101.9)):
                assert {**told[0], "asOf": None} == {**told[1], "asOf": None}
