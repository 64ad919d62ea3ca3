"""What a refusal says could follow can follow, and nothing else: of batteries, products and modules on random ways through their lives, for every caller."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import pytest

from resolvers.database.recording_read import read_seen
from resolvers.database.recording_write import insert
from resolvers.ledger.events import NOTICES, OBSERVATIONS, OPERATORS, EventType
from resolvers.ledger.recording.judging import BEGINNINGS, Docket
from resolvers.ledger.recording.record import record
from resolvers.ledger.recording.report import Outcome, Recorded, Refused, Report, Reporter
from resolvers.ledger.recording.seen import Whole
from resolvers.ledger.rows import Vehicle
from resolvers.ledger.take_back import ANSWERS
from tests.recording.batches import recycled
from tests.recording.making import GRADE, LAWFUL, cell, equipped, given, held, modular, module, product, reprocess, reprocessed
from tests.recording.making import dismantled as apart
from tests.recording.world import FIRMS, NOW, ROLES, SWAP_CAR, Book, E, code, rows, vin

SEEDS: Final = range(int(os.environ.get("CELLGATE_SEED", "1")), int(os.environ.get("CELLGATE_SEED", "1")) + 2)
STEPS: Final = 12
OFFICE: Final = "11100000000013039Y"
CALLERS: Final[Mapping[str, Reporter]] = {
    **{name: Reporter(FIRMS[name], frozenset({role})) for name, role in ROLES.items() if name not in ("maker2", "oem2")},
    # Of two trades: what the one may not report, the other might.
    "recycler and maker": Reporter(FIRMS["recycler"], frozenset({"CU", "BM"})),
    "swap and repair": Reporter(FIRMS["swap"], frozenset({"SW", "RS"})),
    "market": Reporter(OFFICE, frozenset({"SA"})),
    "province": Reporter(OFFICE, frozenset({"PR"}), frozenset({"44", "42", "35"})),
}
# `allowed` is of the item, by whoever may: whether its holder has the trade that an event asks for is not said. These have every trade.
ANYBODY: Final[Mapping[str, Reporter]] = {f"{name} of all trades": Reporter(FIRMS[name], OPERATORS) for name in ROLES if name not in ("maker2", "oem2")}
# Reported only with another: by itself nobody tells it.
NEVER_ALONE: Final = {E.RELEASED}
# Who reports it needs a manufacturer code, which is not where the battery stands; that is looked at before.
TAKEN: Final = {"MANUFACTURER_CODE"}
# What moves nothing is heard late, of a time before; that is not said beside where it stands now.
LATE: Final = OBSERVATIONS - ANSWERS - {E.TAKE_BACK_REQUESTED}
# What hangs on something that not everybody knows who has to do with the item: who holds it, of which model its vehicle is, what was asked of whom.
HIDDEN: Final = {*ANSWERS, E.TAKE_BACK_REQUESTED, E.SWAP_OUT, E.REPLACED, E.VEHICLE_SCRAPPED}
ENDS: Final = {E.RECYCLED, E.DISPOSED, E.EXPORTED, E.DISMANTLED, E.REPROCESSED, E.REPORTED_MISSING}
WEIGHTS: Final = {**dict.fromkeys(LATE | {E.FOUND_ABANDONED, E.OWNER_CHANGED}, 1), **dict.fromkeys(ANSWERS, 3)}
"""How often what moves nothing comes, and an answer."""
TESTED: Final = {**{name: GRADE[name] for name in ("method", "capacityAh", "grade", "route")}, "resistanceMilliohm": 70.0, "insulationMegaohm": 500.0}
CAR: Final = {"modelName": "Test One", "powertrain": "BEV", "swapModel": False, "producedOn": "2026-05-06"}
NEW_CAR, SWAP_CAR_VIN, OTHER_CAR = vin(501), vin(502), vin(503)
"""A car that nobody declared yet, a swap model that stands ready, and a car that was sold with another battery."""


@dataclass
class Item:
    """What goes through a life: its code, mass in kg, and what is to be known of it to report of it."""

    code: str
    kg: float
    day: float
    """Of its last event."""
    recalls: list[str] = field(default_factory=list)
    vin: str | None = None
    asks: str | None = None
    """Who asked for a take-back, and still holds it."""


def bodies(item: Item, by: Reporter, number: Iterator[int]) -> Iterator[tuple[EventType, Report]]:
    """Of each event the least that can be told of the item three days later, in each way in which it can be."""
    at = item.day + 3
    for kind, fields in _fields(item, by):
        yield kind, given(kind, item.code, at, f"probe {next(number)}", **fields)
    made = date(2026, 5, 16)
    yield E.REPROCESSED, reprocessed(product(900 + int(at), made=made), item.code, at=at, reference=f"probe {next(number)}", **_inside(item))
    yield E.RECYCLED, recycled({item.code: item.kg * 0.95}, f"B {next(number)}", day=at, reference=f"probe {next(number)}")


def _inside(item: Item) -> dict[str, float]:
    return {"massKg": min(210.0, item.kg), "nominalEnergyKwh": 10.0}


def _fields(item: Item, by: Reporter) -> Iterator[tuple[EventType, dict[str, Any]]]:
    others = [FIRMS[name] for name in ("swap", "oem", "recycler", "recycler2") if FIRMS[name] != by.party]
    yield from ((E.SOLD, {"buyer": each}) for each in others[:2])
    yield from ((E.INSTALLED, {"vin": NEW_CAR, "vehicle": CAR, "position": place}) for place in (1, 2))
    yield E.POOLED, {"pool": "P", "owner": by.party}
    yield E.SWAP_IN, {"vin": SWAP_CAR_VIN}
    for car in {item.vin or NEW_CAR, OTHER_CAR, SWAP_CAR_VIN}:
        yield E.VEHICLE_SOLD, {"vin": car, "region": "440300", "ownerKind": "PRIVATE"}
        yield E.SWAP_OUT, {"vin": car}
        yield E.MAINTAINED, {"vin": car, "work": "CHECK"}
        yield E.VEHICLE_SCRAPPED, {"vin": car, "certificate": "C", "packFound": True}
        yield E.REPLACED, {"vin": car, "newCode": code(700), "receiver": by.party, "workOrder": "W"}
        yield E.REPLACED, {"vin": car, "oldCode": code(700), "position": 3, "workOrder": "W"}
        yield E.REINSTALLED, {"vin": car, "reason": "back", "position": 4, "workOrder": "W"}
        yield E.HEALTH_MEASURED, {"vin": car, "stateOfHealth": 80.0, "method": "BMS"}
    yield E.REINSTALLED, {"pool": "P", "reason": "back"}
    yield E.OWNER_CHANGED, {}
    yield E.RETIRED, {"reason": "worn"}
    yield E.PACK_DETACHED, {"massKg": item.kg}
    papers = {"declaredMassKg": item.kg, "filingNumber": "F-2026-1", "approvalNumber": "A-2026-1"}
    yield from ((E.HANDED_OVER, {"receiver": each, "purpose": "UTILIZATION", **papers}) for each in others[-2:])
    yield E.RECEIVED, {"measuredMassKg": item.kg}
    yield E.REJECTED, {"reason": "full"}
    yield E.GRADED, TESTED
    yield E.DISMANTLED, {"massKg": item.kg, "released": [{"code": cell(1)}] if item.code == module(1) else None}
    sale = {**LAWFUL, "region": "440300"}
    yield from ((E.PRODUCT_SOLD, {**sale, **buyer}) for buyer in ({"buyerName": "A farm"}, {"buyer": others[0]}))
    yield E.DISPOSED, {"residueType": "BURNT", "permit": "P", "massKg": item.kg}
    yield E.EXPORTED, {"country": "DE", "hsCode": "850760", "customsDeclaration": "C"}
    yield from ((kind, {"circumstances": "so"}) for kind in (E.REPORTED_MISSING, E.FOUND))
    yield E.HEALTH_MEASURED, {"stateOfHealth": 80.0, "method": "BMS"}
    yield E.SAFETY_EVENT, {"kind": "LEAKAGE", "severity": "MINOR", "description": "drops"}
    yield E.RECALLED, {"recall": f"RC-{len(item.recalls)}", "hazard": "leaks"}
    yield from ((E.RECALL_REMEDIED, {"recall": each, "remedy": "a seal"}) for each in item.recalls or ["RC"])
    yield E.FOUND_ABANDONED, {"region": "440300", "place": "A ditch", "condition": "wet"}
    yield E.TAKE_BACK_REQUESTED, {"reason": "worn"}
    yield E.TAKE_BACK_ACCEPTED, {"collectOn": "2026-11-30", "collectAt": "Gate"}
    yield E.TAKE_BACK_REFUSED, {"reason": "none of ours"}


class Told:
    """What every caller is told of the item where it stands: of each event what it answers, and which are `allowed` beside a refusal."""

    def __init__(self) -> None:
        self.outcomes: dict[tuple[str, EventType], list[tuple[Report, Outcome]]] = {}

    async def ask(self, book: Book, item: Item, number: Iterator[int]) -> None:
        async with book.database.transaction("ledger") as connection:
            for name, by in (*CALLERS.items(), *ANYBODY.items()):
                probes = list(bodies(item, by, number))
                seen = await read_seen(connection, by, [report for _, report in probes], Whole(everything=True))
                for kind, report in probes:
                    (outcome,) = Docket(by, NOW, seen).judge([report])
                    self.outcomes.setdefault((name, kind), []).append((report, outcome))

    def takes(self, name: str, kind: EventType) -> bool:
        return any(isinstance(told, Recorded) or told.code in TAKEN for _, told in self.outcomes[name, kind])

    def lists(self, name: str, subject: str) -> set[tuple[str | None, tuple[str, ...]]]:
        """State and allowed events of the refusals to it that are of the item itself and say where it stands."""
        several = (E.REPROCESSED, E.RECYCLED)
        found = [
            told for (by, kind), all_told in self.outcomes.items() if by == name and kind not in several for report, told in all_told if report.code == subject
        ]
        return {(each.state, each.allowed) for each in found if isinstance(each, Refused) and each.state is not None}

    def refusals(self, kind: EventType) -> list[str]:
        return [
            f"{name}: {told.code} {told.message}"
            for (name, each), found in self.outcomes.items()
            if each is kind
            for _, told in found
            if isinstance(told, Refused)
        ]


async def pack(book: Book) -> Item:
    assert isinstance(await book.one("maker", 0.1, E.PRODUCED, 1), Recorded)
    return Item(code(1), 420.0, 0.1)


async def used_pack(book: Book) -> Item:
    await held(book, 1)
    return Item(code(1), 420.0, 8)


async def goods(book: Book) -> Item:
    await held(book, 1)
    assert isinstance(await reprocess(book, product(1), 1), Recorded)
    return Item(product(1), 210.0, 10)


async def released(book: Book) -> Item:
    await held(book, 1, pack=modular)
    assert isinstance((await book.tell("recycler", apart(1, module(1))))[0], Recorded)
    return Item(module(1), 80.0, 12)


async def driven(book: Book) -> Item:
    """In a swap model's car."""
    for by, at, kind, more in (("maker", 0.1, E.PRODUCED, {}), ("maker", 1, E.SOLD, {"to": "swap"}), ("swap", 2, E.POOLED, {"details": {"pool": "P"}})):
        assert isinstance(await book.one(by, at, kind, 1, **more), Recorded)
    details = {"station": "S", "stateOfCharge": 80.0, "stateOfHealth": 90.0}
    assert isinstance(await book.one("swap", 3, E.SWAP_IN, 1, vin=SWAP_CAR_VIN, details=details), Recorded)
    return Item(code(1), 420.0, 3, vin=SWAP_CAR_VIN)


STARTS: Final = (pack, used_pack, goods, released, driven)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("start", STARTS)
async def test_what_is_allowed_is_taken_and_nothing_else(book: Book, start: Any, seed: int) -> None:
    """It stands for whom it may be: one of the callers can report what is listed, and nobody who is told a list can report what is not in it."""
    await equipped(book)
    row = Vehicle(SWAP_CAR_VIN, FIRMS["oem"], SWAP_CAR.model_name, "BEV", True, SWAP_CAR.produced_on, None, None, None, None, None, (FIRMS["oem"],), NOW)
    async with book.database.transaction("ledger") as connection:
        await insert(connection, [row])
    await book.in_service(700, OTHER_CAR)
    item, dice, number = await start(book), random.Random(f"{start.__name__} {seed}"), itertools.count()
    for _ in range(STEPS):
        told = Told()
        await told.ask(book, item, number)
        check(told, item)
        if not await goes_on(book, told, item, dice):
            break


def check(told: Told, item: Item) -> None:
    kinds = {kind for _, kind in told.outcomes}
    assert kinds == set(EventType) - NOTICES - BEGINNINGS - NEVER_ALONE
    for name in CALLERS:
        lists = told.lists(name, item.code)
        assert len(lists) < 2, f"{name} is told one thing, whatever it is refused for: {lists}"
        for state, allowed in lists:
            listed = {EventType(each) for each in allowed}
            for kind in listed:
                assert any(told.takes(by, kind) for by in (*CALLERS, *ANYBODY)), (name, state, kind, told.refusals(kind))
            unsaid = {kind for kind in kinds if told.takes(name, kind)} - listed - LATE
            assert not unsaid, (name, state, unsaid)
            hidden = {kind for kind in kinds if any(told.takes(by, kind) for by in CALLERS)} - listed - LATE - HIDDEN
            assert not hidden, (name, state, hidden)
            # Who asked knows that it did, and holds the battery as long as an answer is due.
            asked = {kind for kind in ANSWERS if any(told.takes(by, kind) for by in CALLERS)}
            assert CALLERS[name].party != item.asks or listed & ANSWERS == asked, (name, state, asked)


async def goes_on(book: Book, told: Told, item: Item, dice: random.Random) -> bool:
    """Record one of the reports that would be taken, and say so; of those that end a life few."""
    could: dict[EventType, list[tuple[str, Report]]] = {}
    for (name, kind), found in sorted(told.outcomes.items(), key=lambda each: (each[0][1], each[0][0])):
        could.setdefault(kind, []).extend((name, report) for report, outcome in found if isinstance(outcome, Recorded) and name in CALLERS)
    could = {kind: found for kind, found in could.items() if found}
    if not could:
        return False
    kinds = sorted(could)
    kind = dice.choices(kinds, [1 if each in ENDS else WEIGHTS.get(each, 12) for each in kinds])[0]
    name, report = dice.choice(could[kind])
    (outcome,) = await record(book.database, CALLERS[name], [report], NOW)
    assert isinstance(outcome, Recorded), (name, kind, outcome)
    item.day += 3
    asks = "(select t.holder from battery.take_back t where t.code = p.code and t.outcome = 'PENDING') as asks"
    (now,) = await rows(book.database, f"select p.vin, {asks} from battery.pack p where p.code = $1", item.code)
    item.vin, item.asks = now["vin"], now["asks"]
    if kind is E.RECALLED:
        item.recalls.append(report.details["recall"])
    return True
