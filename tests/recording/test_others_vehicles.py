"""A VIN of somebody else's vehicle, and one that no vehicle has, get one answer: of every event, in every state of the battery, to parties of every kind.

They are told apart where the ledger cannot help it: who has a new battery in hand may declare the vehicle that it goes into, unless that is there already.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest

from resolvers.ledger.events import OPERATORS, EventType
from resolvers.ledger.recording.forms import FIELDS
from resolvers.ledger.recording.given import Given, take_of
from resolvers.ledger.recording.inputs import read_report
from resolvers.ledger.recording.inputs_together import Together
from resolvers.ledger.recording.record import record
from resolvers.ledger.recording.report import Recorded, Refused, Report, Reporter, Sale, Several
from tests.recording.least import least
from tests.recording.making import GRADE, refused
from tests.recording.test_forms import filled
from tests.recording.test_past_pages import swap_vehicles
from tests.recording.world import CAR, DAY_0, FIRMS, NOW, SWAP_CAR, Book, E, code, reporter, rows, vin

OWN, OWN_SWAP, TAKEN, TAKEN_SWAP, TAKEN_SCRAPPED, TAKEN_OLD = (vin(number) for number in range(1, 7))
MISSING: Final = vin(99)
OTHERS: Final = (TAKEN, TAKEN_SWAP, TAKEN_SCRAPPED, TAKEN_OLD)
NAMING: Final = tuple(event for event, rules in FIELDS.items() if any(rule.name == "vin" for rule in rules))
STATION: Final = {"station": "S-1", "stateOfCharge": 80.0, "stateOfHealth": 90.0}
OFFER: Final = {"purpose": "UTILIZATION", "declaredMassKg": 420.0}
REPLACED: Final = {"newCode": code(2), "receiver": FIRMS["repair"], "reason": "Worn"}
CALLERS: Final = ("maker", "oem", "swap", "repair", "scrap", "recycler", "maker2")

Step = tuple[str, float, EventType, dict[str, Any]]
CAR_LIFE: Final[tuple[Step, ...]] = (
    ("maker", 0.1, E.PRODUCED, {}), ("maker", 3, E.SOLD, {"to": "oem"}), ("oem", 5, E.INSTALLED, {"vin": OWN, "vehicle": CAR}),
    ("oem", 12, E.VEHICLE_SOLD, {"vin": OWN, "province": "44", "sale": Sale("440300", "PRIVATE")}),
    ("repair", 20, E.MAINTAINED, {"vin": OWN, "details": {"work": "SEAL", "parts": []}}),
    ("maker", 21, E.RECALLED, {"details": {"recall": "RC-1", "hazard": "Seal"}}),
    ("repair", 30, E.REPLACED, {"vin": OWN, "details": REPLACED}), ("repair", 40, E.REINSTALLED, {"vin": OWN, "details": {"reason": "Sound"}}),
    ("scrap", 50, E.VEHICLE_SCRAPPED, {"vin": OWN, "details": {"packFound": True}}), ("scrap", 51, E.PACK_DETACHED, {}),
    ("scrap", 52, E.HANDED_OVER, {"to": "recycler", "details": OFFER}), ("recycler", 53, E.RECEIVED, {"details": {"measuredMassKg": 420.0}}),
    ("recycler", 54, E.GRADED, {"details": GRADE}), ("recycler", 55, E.DISPOSED, {}),
)  # fmt: skip
SWAP_LIFE: Final[tuple[Step, ...]] = (
    ("maker", 0.1, E.PRODUCED, {}), ("maker", 3, E.SOLD, {"to": "swap"}), ("swap", 5, E.POOLED, {"details": {"pool": "P"}}),
    ("swap", 10, E.SWAP_IN, {"vin": OWN_SWAP, "details": STATION}), ("swap", 20, E.SWAP_OUT, {"vin": OWN_SWAP, "details": STATION}),
    ("swap", 30, E.RETIRED, {"details": {"reason": "Worn"}}),
)  # fmt: skip
NEW_LIFE: Final[tuple[Step, ...]] = (("maker", 0.1, E.PRODUCED, {}), ("maker", 3, E.SOLD, {"to": "repair"}))
LIVES: Final = {"car": CAR_LIFE, "swap": SWAP_LIFE, "new": NEW_LIFE}


async def others_vehicles(book: Book) -> None:
    """Vehicles of another maker: sold, of a swap model, scrapped, and with nothing in it any more; and one of a swap model whose pack came from ours."""
    for number, (car, kind, to) in enumerate(
        ((TAKEN, CAR, None), (TAKEN_SWAP, SWAP_CAR, "recycler2"), (TAKEN_SCRAPPED, CAR, None), (TAKEN_OLD, CAR, None), (OWN_SWAP, SWAP_CAR, "swap")), 51
    ):
        maker = "oem" if car == OWN_SWAP else "oem2"
        for by, at, event, more in (
            ("maker2", 0.1, E.PRODUCED, {}), ("maker2", 1, E.SOLD, {"to": maker}), (maker, 2, E.INSTALLED, {"vin": car, "vehicle": kind}),
            (maker, 3, E.VEHICLE_SOLD, {"vin": car, "to": to, "province": "50", "sale": Sale("500101", "PRIVATE")}),
        ):  # fmt: skip
            who = Reporter(FIRMS["maker"], OPERATORS) if by == "maker2" else reporter(by)
            (told,) = await record(book.database, who, [book.report(at, event, number, **more)], NOW)
            assert isinstance(told, Recorded), (car, event, told)
    yard = Reporter(FIRMS["recycler2"], frozenset({"SD", "RS"}))
    gone = book.report(8, E.REPLACED, 54, vin=TAKEN_OLD, details={"newCode": code(59), "receiver": FIRMS["recycler2"], "reason": "Worn"})
    scrapped = book.report(9, E.VEHICLE_SCRAPPED, 53, vin=TAKEN_SCRAPPED, details={"packFound": True})
    assert all(isinstance(each, Recorded) for each in await record(book.database, yard, [gone, scrapped], NOW))
    assert isinstance(await book.one("swap", 4, E.SWAP_OUT, 55, vin=OWN_SWAP, details=STATION), Recorded)


VEHICLE: Final = {"modelName": "Theirs", "powertrain": "BEV", "swapModel": False, "producedOn": "2026-05-06"}
OLD: Final[dict[str, Any]] = {"newCode": None, "receiver": None}
SHAPES: Final[dict[EventType, tuple[dict[str, Any], ...]]] = {
    E.INSTALLED: ({}, {"vehicle": {**VEHICLE, "producedOn": "2027-01-01"}}),
    E.REPLACED: ({"newCode": code(2)}, {**OLD, "oldCode": code(2)}),
    E.REINSTALLED: ({"pool": None},),
    E.VEHICLE_SCRAPPED: ({"packFound": True}, {"packFound": False}),
    E.PACK_DETACHED: ({"massKg": 420.0}, {"massKg": 5000.0}),
    E.RECALL_REMEDIED: ({"recall": "RC-1"}, {"recall": "RC-2"}),
}


def said(event: EventType, at: float, car: str, name: str, shape: dict[str, Any], number: int = 1) -> Report:
    """The least that the event takes, with that VIN."""
    when = (DAY_0 + timedelta(days=at)).isoformat()
    fields = {**least(event, filled(event)), "code": code(number), "occurredAt": when, "clientReference": name, "vin": car, **shape}
    return read_report(event, {key: each for key, each in fields.items() if each is not None})


def everything(at: float, car: str, corrects: dict[EventType, int]) -> list[tuple[str, Report]]:
    """What can name a vehicle, in all its shapes, and as a correction of what was told."""
    made = []
    for event in NAMING:
        for place, shape in enumerate(SHAPES.get(event, ({},))):
            made.append((f"{event} {place}", said(event, at, car, f"{event} {place} {car}", shape)))
            if event in corrects:
                again = replace(said(event, at, car, f"{event} {place} {car} again", shape), corrects=corrects[event])
                made.append((f"{event} {place} again", again))
    return made


async def compared(book: Book, who: Reporter, at: float) -> None:
    """All of it by the party, of each vehicle of others and of one that is not there."""
    told = await rows(book.database, "select type, max(seq) as seq from battery.event where code = $1 and reporter = $2 group by 1", code(1), who.party)
    corrects = {EventType(row["type"]): row["seq"] for row in told}
    sets = {car: everything(at, car, corrects) for car in (*OTHERS, MISSING)}
    outcomes = iter(await record(book.database, who, [each for several in sets.values() for _name, each in several], NOW, validate_only=True))
    answers = {car: {name: next(outcomes) for name, _report in several} for car, several in sets.items()}
    for car in OTHERS:
        differing = {name: (each, answers[MISSING][name]) for name, each in answers[car].items() if each != answers[MISSING][name]}
        assert differing == {}, (car, at, who.party)
    assert [name for name, each in answers[MISSING].items() if isinstance(each, Recorded)] == []


@pytest.mark.parametrize("life", LIVES)
async def test_a_vehicle_of_others_is_answered_as_one_that_is_not_there(book: Book, life: str) -> None:
    await others_vehicles(book)
    for by, at, event, more in LIVES[life]:
        told = await book.one(by, at, event, **more)
        assert isinstance(told, Recorded), (event, told)
        for party in CALLERS:
            for who in (reporter(party), Reporter(FIRMS[party], OPERATORS)):
                for day in (at - 0.05, 60.0):
                    await compared(book, who, day)


async def new_pack(book: Book, number: int, to: str) -> None:
    for at, event, more in ((0.1, E.PRODUCED, {}), (3, E.SOLD, {"to": to})):
        assert isinstance(await book.one("maker", at, event, number, **more), Recorded)


async def test_who_has_no_new_battery_in_hand_learns_nothing_by_declaring_a_vehicle(book: Book) -> None:
    """The ledger cannot take a vehicle that is there a second time: who has a battery for it finds that. Whatever else is wrong is told first."""
    await others_vehicles(book)
    declared = {"vehicle": VEHICLE}
    for by, at, event, more in CAR_LIFE[:5]:
        assert isinstance(await book.one(by, at, event, **more), Recorded)
        for party in CALLERS:
            who = Reporter(FIRMS[party], OPERATORS)
            for day in (at - 0.05, 60.0):
                told = [said(E.INSTALLED, day, car, f"{party} {day} {at} {car}", declared) for car in (TAKEN, TAKEN_SCRAPPED, MISSING)]
                told += [replace(each, client_reference=f"{each.client_reference} again", corrects=3) for each in told if event is not E.PRODUCED]
                outcomes = [(await record(book.database, who, [each], NOW, validate_only=True))[0] for each in told]
                for taken, scrapped, missing in zip(outcomes[::3], outcomes[1::3], outcomes[2::3], strict=True):
                    assert taken == scrapped
                    if isinstance(missing, Recorded):
                        assert party == "oem"
                        assert event in (E.SOLD, E.INSTALLED)
                        assert refused(taken) == "VEHICLE_UNKNOWN"
                    else:
                        assert taken == missing


async def test_a_maker_names_no_other_vehicle_than_the_one_that_its_battery_is_in(book: Book) -> None:
    await others_vehicles(book)
    car = await book.in_service(car=OWN)
    told = {"kind": "THERMAL", "severity": "MINOR", "description": "Warm"}
    answers = [await book.one("maker", 20, E.SAFETY_EVENT, vin=each, details=told) for each in (TAKEN, MISSING)]
    assert answers[0] == answers[1]
    assert isinstance(answers[0], Refused)
    assert (answers[0].code, answers[0].state) == ("VEHICLE_UNKNOWN", "IN_SERVICE")
    for more in ({}, {"vin": car}):
        assert isinstance(await book.one("maker", 20, E.SAFETY_EVENT, details=told, **more), Recorded)


async def test_a_battery_goes_into_vehicles_that_its_holder_has_to_do_with(book: Book) -> None:
    """One that it made, held a battery of, worked on, or of which it names the battery that was in it."""
    await others_vehicles(book)
    for number in (1, 2, 3):
        await new_pack(book, number, "swap" if number == 1 else "repair")
    await book.in_service(9, OWN)
    assert isinstance(await book.one("swap", 5, E.POOLED, 1), Recorded)
    assert refused(await book.one("swap", 20, E.SWAP_IN, 1, vin=TAKEN_SWAP, details=STATION)) == "VEHICLE_UNKNOWN"
    assert isinstance(await book.one("swap", 20, E.SWAP_IN, 1, vin=OWN_SWAP, details=STATION), Recorded), "a pack of its came in it"
    await swap_vehicles(book, vin(7))
    await new_pack(book, 4, "swap")
    assert isinstance(await book.one("swap", 5, E.POOLED, 4), Recorded)
    assert isinstance(await book.one("swap", 20, E.SWAP_IN, 4, vin=vin(7), details=STATION), Recorded), "an import told of it, and of no battery"
    names = {"vin": OWN, "details": {"oldCode": code(9), "reason": "Worn"}}
    assert refused(await book.one("repair", 20, E.REPLACED, 2, **(names | {"details": {"oldCode": code(1)}}))) == "VEHICLE_UNKNOWN"
    old = {"vin": OWN, "details": {"newCode": code(2), "receiver": FIRMS["repair"], "reason": "Worn"}}
    assert isinstance(await book.one("repair", 20, E.REPLACED, 9, **old), Recorded)
    assert isinstance(await book.one("repair", 20, E.REPLACED, 2, **names), Recorded)
    assert refused(await book.one("repair", 25, E.REINSTALLED, 9, vin=TAKEN, details={"reason": "Sound"})) == "VEHICLE_UNKNOWN"
    assert isinstance(await book.one("repair", 25, E.MAINTAINED, 51, vin=TAKEN, details={"work": "SEAL", "parts": []}), Recorded)
    assert isinstance(await book.one("repair", 25, E.REINSTALLED, 9, vin=TAKEN, details={"position": 2, "reason": "Sound"}), Recorded), "it worked on it"


FOUND: Final = "select rule, party, figures ->> 'reason' as reason from battery.finding where code = $1 order by 1, 3"
CLAIMS: Final = "select type, refused from battery.claim where code = $1"


async def test_the_rules_see_what_the_reporter_is_not_told(book: Book) -> None:
    """A vehicle that is not there is R16's; one of others is none of its, nor shown to who named it."""
    await others_vehicles(book)
    await book.in_service(car=OWN)
    await new_pack(book, 2, "oem")
    sale = {"province": "44", "sale": Sale("440300", "PRIVATE")}
    for number, event, more in ((1, E.VEHICLE_SOLD, sale), (2, E.INSTALLED, {})):
        assert refused(await book.one("oem", 20, event, number, vin=TAKEN, **more)) in ("NOT_AUTOMAKER", "VEHICLE_UNKNOWN")
        assert await rows(book.database, FOUND, code(number)) == []
        assert refused(await book.one("oem", 20, event, number, vin=MISSING, **more)) in ("NOT_AUTOMAKER", "VEHICLE_UNKNOWN")
        assert await rows(book.database, FOUND, code(number)) == [{"rule": "R16", "party": FIRMS["oem"], "reason": "NOT_REGISTERED"}]
    assert await rows(book.database, "select from battery.finding_reader where grantee = $1", FIRMS["oem"]) == []
    assert await rows(book.database, CLAIMS, code(2)) == []
    who = Reporter(FIRMS["maker"], OPERATORS)
    for car in (TAKEN, MISSING):
        (told,) = await record(book.database, who, [said(E.MAINTAINED, 20, car, f"work on {car}", {})], NOW)
        assert refused(told) == "VEHICLE_UNKNOWN"
    assert {"type": "MAINTAINED", "refused": "NOT_IN_VEHICLE"} in await rows(book.database, CLAIMS, code(1))


async def test_by_every_way_a_vehicle_that_is_not_known_is_a_miss(book: Book) -> None:
    await others_vehicles(book)
    await new_pack(book, 1, "swap")
    assert isinstance(await book.one("swap", 5, E.POOLED), Recorded)
    for car in (TAKEN_SWAP, MISSING):
        move = {"code": code(1), "movedAt": "2026-06-01T08:00:00+08:00", "vin": car, "direction": "INTO_VEHICLE", **STATION}
        single = {"code": code(1), "occurredAt": "2026-06-01T08:00:00+08:00", "vin": car, "clientReference": "s " + car, **STATION}
        day = {"day": "2026-06-01", "clientReference": "d " + car, "moves": [move]}
        for only in (True, False):
            told = await take_of(book.database, reporter("swap"), [Given(E.SWAP_IN, single), Given(Together.SWAP_DAY, day)], NOW, validate_only=only)
            assert told.misses == 2
            single_answer, whole = told.outcomes
            assert isinstance(whole, Several)
            assert whole.parts[0].outcome == single_answer
            assert isinstance(single_answer, Refused)
            assert (single_answer.code, single_answer.state) == ("VEHICLE_UNKNOWN", "SWAP_POOL")
