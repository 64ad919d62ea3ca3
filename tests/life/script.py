"""This module is in charge of the script of a thousand lives: who reports what of which pack on which day, every type of event among it.

Days count from DAY_0. What is reported on one day by one party is one stream; parties take turns in the order of the days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from tests.recording.batches import batch
from tests.recording.least import least
from tests.recording.making import LAWFUL, MODULAR, MODULE_KG, STORE, cell, module, product
from tests.recording.world import DAY_0, FIRMS, MODEL, E, code, vin

PACKS: Final = 1000
MASS: Final = 420.0
CAR: Final = {"modelName": "Test One", "powertrain": "BEV", "swapModel": False, "producedOn": "2026-05-06"}
SWAP_CAR: Final = {**CAR, "modelName": "Test Swap", "swapModel": True}
GRADE: Final = {
    "method": "GB/T 34015-2017", "capacityAh": 150.0, "resistanceMilliohm": 70.0, "insulationMegaohm": 500.0, "grade": "B", "route": "RECYCLE_INTO_MATERIAL",
}  # fmt: skip
TO_RECYCLER: Final = {"receiver": FIRMS["recycler"], "purpose": "UTILIZATION", "declaredMassKg": MASS, "filingNumber": "F-2026-1"}


class Step(NamedTuple):
    """One report, and what it is to be answered: the code of its refusal, or "" where it is recorded."""

    day: float
    by: str
    event: Mapping[str, Any]
    refused: str = ""


def step(day: float, by: str, event: str, number: int, refused: str = "", /, **fields: Any) -> Step:
    """A step of the pack of that number; `code` among the fields names another."""
    at = (DAY_0 + timedelta(days=day)).isoformat()
    reference = fields.pop("reference", f"{event}-{number}-{day:g}")
    given = {"type": event, "code": code(number), "occurredAt": at, "clientReference": reference}
    return Step(day, by, least(event, {**given, **fields}), refused)


def comes_apart(number: int) -> bool:
    """Whether modules and cells of the pack go ways of their own, in the end."""
    return number % 10 == 1 and number <= PACKS


def inside(number: int) -> dict[str, Any]:
    """What its maker says of such a pack."""
    modules = [{"code": module(number, place), "cellCount": 26, "massKg": MODULE_KG} for place in range(1, 5)]
    return {"modelId": MODULAR, "modules": modules, "cells": [cell(number, place) for place in range(1, 105)]}


def made(number: int, buyer: str) -> Iterator[Step]:
    """From the plant to the first buyer."""
    yield step(0.1, "maker", "PRODUCED", number, massKg=MASS, **(inside(number) if comes_apart(number) else {"modelId": MODEL}))
    yield step(3, "maker", "SOLD", number, buyer=FIRMS[buyer])


def driven(number: int, **sold: Any) -> Iterator[Step]:
    """Into a car, and onto the road; `sold` may name who holds the battery of a swap model."""
    yield from made(number, "oem")
    yield step(5, "oem", "INSTALLED", number, vin=vin(number), vehicle=SWAP_CAR if sold else CAR, conformityCertificate=f"C-{number}")
    yield step(9, "oem", "VEHICLE_SOLD", number, vin=vin(number), region="440300", ownerKind="COMPANY" if sold else "PRIVATE", **sold)


def scrapped(number: int, day: float = 100) -> Iterator[Step]:
    """The car is taken in with its battery, which is taken out and handed to the recycler."""
    yield step(day, "scrap", "VEHICLE_SCRAPPED", number, vin=vin(number), certificate=f"R-{number}", packFound=True, codeFound=code(number))
    yield step(day + 2, "scrap", "PACK_DETACHED", number, vin=vin(number), massKg=MASS)


def handed(number: int, day: float, by: str) -> Iterator[Step]:
    yield step(day, by, "HANDED_OVER", number, **TO_RECYCLER)
    yield step(day + 2, "recycler", "RECEIVED", number, measuredMassKg=MASS)


def recycled(number: int, day: float) -> Iterator[Step]:
    """Taken apart, and dissolved; from some modules and cells come out, which go ways of their own."""
    if comes_apart(number):
        yield from released(number, day)
        return
    yield step(day, "recycler", "DISMANTLED", number, massKg=MASS)
    yield step(day + 3, "recycler", "RECYCLED", number, **batch({number: MASS}, f"B-{number}", day=day + 3))


def released(number: int, day: float) -> Iterator[Step]:
    """Of four modules one is made into a product, one handed on, one dissolved with the rest of the pack; of the fourth two cells were taken."""
    modules, cells = [module(number, place) for place in (1, 2, 3)], [cell(number, place) for place in (79, 80)]
    told = [*({"code": each, "massKg": MODULE_KG} for each in modules), *({"code": each, "massKg": 3.0} for each in cells)]
    yield step(day, "recycler", "DISMANTLED", number, massKg=MASS, modules=3, released=told)
    own, on, rest = modules
    yield step(day + 1, "recycler", "RELEASED", number, "UNKNOWN_EVENT_TYPE", code=cells[0], reference=f"by itself {number}")
    yield step(day + 1, "recycler", "GRADED", number, "BATTERY_NOT_REPORTABLE", code=module(number, 4), reference=f"never out {number}", **GRADE)
    yield step(day + 2, "recycler", "GRADED", number, code=own, reference=f"graded {own}", **{**GRADE, "route": "REPROCESS_INTO_PRODUCT"})
    goods = product(PACKS + number, made=(DAY_0 + timedelta(days=day + 4)).date())
    yield step(day + 4, "recycler", "REPROCESSED", number, code=goods, nominalEnergyKwh=15.0, sourceCodes=[own], modelId=STORE, testReport="CQC-1", **LAWFUL)
    yield step(day + 6, "recycler", "PRODUCT_SOLD", number, code=goods, fieldOfUse=LAWFUL["fieldOfUse"], standard=LAWFUL["standard"], buyerName="A farm")
    offer = {**TO_RECYCLER, "receiver": FIRMS["recycler2"], "declaredMassKg": MODULE_KG}
    yield step(day + 2, "recycler", "HANDED_OVER", number, code=on, reference=f"on {on}", **offer)
    yield step(day + 4, "recycler2", "RECEIVED", number, code=on, reference=f"here {on}", measuredMassKg=MODULE_KG)
    # It takes the module apart in turn: its cells are the 27th to the 52nd of the pack.
    stolen = [{"code": cell(number, 53)}]
    yield step(day + 4.5, "recycler2", "DISMANTLED", number, "RELEASED_UNKNOWN", code=on, reference=f"not its own {on}", released=stolen)
    yield step(day + 5, "recycler2", "DISMANTLED", number, code=on, reference=f"apart {on}", released=[{"code": cell(number, 27)}])
    yield step(day + 6, "recycler2", "DISPOSED", number, code=cell(number, 27), reference=f"gone {on}", residueType="burnt cell", massKg=3.0, permit="D-2")
    yield step(day + 3, "recycler", "DISPOSED", number, code=cells[1], reference=f"gone {cells[1]}", residueType="burnt cell", massKg=3.0, permit="D-1")
    left = {number: MASS - 3 * MODULE_KG - 6.0, rest: MODULE_KG, cells[0]: 3.0}
    yield step(day + 3, "recycler", "RECYCLED", number, **batch(left, f"B-{number}", day=day + 3))


def car(number: int) -> Iterator[Step]:
    """The common life."""
    yield from driven(number)
    if number % 3 == 0:
        yield step(30, "oem", "HEALTH_MEASURED", number, vin=vin(number), stateOfHealth=97.5, method="BMS", cycleCount=12)
        yield step(40, "oem", "OWNER_CHANGED", number, ownerKind="LEASING")
    if number % 12 == 1:
        yield step(32, "repair", "SAFETY_EVENT", number, vin=vin(number), kind="COLLISION", severity="MINOR", description="parked")
        yield step(34, "maker", "RECALLED", number, recall="RC-1", hazard="a seal")
        yield step(36, "repair", "RECALL_REMEDIED", number, vin=vin(number), recall="RC-1", remedy="a new seal")
    yield from scrapped(number)
    if number % 20 in (2, 12):
        yield step(103, "scrap", "TAKE_BACK_REQUESTED", number, reason="no room", place="yard 2")
        if number % 20 == 2:
            yield step(104, "oem", "TAKE_BACK_REFUSED", number, reason="not ours")
        else:
            yield step(104, "oem", "TAKE_BACK_ACCEPTED", number, collectOn="2026-09-01", collectAt="yard 2")
    yield from handed(number, 105, "scrap")
    yield step(110, "recycler", "GRADED", number, **GRADE)
    yield from recycled(number, 112)


def repaired(number: int) -> Iterator[Step]:
    """An old battery comes out and the next number goes in; the old one is offered twice, and made into a product."""
    old, new = number, number + 1
    yield from driven(old)
    yield from made(new, "repair")
    yield step(50, "repair", "REPLACED", old, vin=vin(old), workOrder=f"W-{old}", newCode=code(new), receiver=FIRMS["repair"])
    yield step(50.5, "repair", "REPLACED", new, vin=vin(old), workOrder=f"W-{old}", oldCode=code(old))
    yield step(70, "repair", "MAINTAINED", new, vin=vin(old), work="balanced", workOrder=f"M-{old}")
    if old % 20 == 6:
        yield step(51, "repair", "REINSTALLED", old, pool="P-2", reason="spare")
    yield step(52, "repair", "RETIRED", old, reason="worn")
    yield step(54, "repair", "HANDED_OVER", old, **TO_RECYCLER)
    yield step(55, "recycler", "REJECTED", old, reason="no room")
    yield from handed(old, 56, "repair")
    yield step(59, "recycler", "GRADED", old, **{**GRADE, "route": "REPROCESS_INTO_PRODUCT"})
    goods = product(number, made=date(2026, 7, 5))
    yield step(60, "recycler", "REPROCESSED", old, code=goods, sourceCodes=[code(old)], modelId=STORE, testReport="CQC-1", **LAWFUL)
    yield step(62, "recycler", "PRODUCT_SOLD", old, code=goods, fieldOfUse=LAWFUL["fieldOfUse"], standard=LAWFUL["standard"], buyerName="A farm")


def swapped(number: int) -> Iterator[Step]:
    """Out of a swap car, and the next number into it."""
    out, into = number, number + 1
    yield from driven(out, buyer=FIRMS["swap"])
    yield step(20, "swap", "SWAP_OUT", out, vin=vin(out), station="S-1")
    yield from made(into, "swap")
    yield step(6, "swap", "POOLED", into, pool="P-1")
    yield step(21, "swap", "SWAP_IN", into, vin=vin(out), station="S-1")
    yield step(30, "swap", "RETIRED", out, reason="worn")
    yield from ENDS[number // 10 % len(ENDS)](out)


def lost_and_found(number: int) -> Iterator[Step]:
    yield step(31, "swap", "REPORTED_MISSING", number, circumstances="not on its shelf", report="P-9")
    yield step(33, "swap", "FOUND", number, circumstances="on another")
    yield from handed(number, 34, "swap")
    yield step(37, "recycler", "DISPOSED", number, residueType="burnt pack", massKg=MASS, permit="D-1")


def abandoned(number: int) -> Iterator[Step]:
    yield step(31, "repair", "FOUND_ABANDONED", number, region="440300", place="behind a station", condition="dry")
    yield from handed(number, 34, "swap")
    yield step(37, "recycler", "GRADED", number, **GRADE)
    yield step(39, "recycler", "RECYCLED", number, **batch({number: MASS}, f"B-{number}", day=39))


ENDS: Final = (lost_and_found, abandoned)


def abroad(number: int) -> Iterator[Step]:
    """Brought in, and sent on unused."""
    yield step(0.1, "maker", "IMPORTED", number, modelId=MODEL, massKg=MASS, customsDeclaration=f"I-{number}", originCountry="KR")
    yield step(8, "maker", "EXPORTED", number, country="DE", hsCode="850760", customsDeclaration=f"E-{number}")


def _told_before(_number: int) -> Iterator[Step]:
    yield from ()


def of_none() -> Iterator[Step]:
    """What is of no battery: codes are filed, and a yard is seen."""
    for number in range(20):
        yield of(0.05, "maker", "CODE_FILED", number, manufacturerCode="0R1", traceabilityCode=f"{number:07}", meaning="A line of the plant")
        where = {"region": "440300", "place": f"Yard {number}", "activity": "DISMANTLING"}
        yield of(50 + number, "repair", "UNLICENSED_SITE_SEEN", number, circumstances="Cells in the open", **where)
    yield of(60, "maker", "CODE_FILED", 99, "FILED_BEFORE", manufacturerCode="0R1", traceabilityCode="0000001", meaning="Another")
    yield of(60, "maker2", "CODE_FILED", 98, "MANUFACTURER_CODE", manufacturerCode="0R1", traceabilityCode="0000098", meaning="Another")


def of(day: float, by: str, event: str, number: int, refused: str = "", /, **fields: Any) -> Step:
    """A step of no battery."""
    at = (DAY_0 + timedelta(days=day)).isoformat()
    return Step(day, by, {"type": event, "occurredAt": at, "clientReference": f"{event}-{number}", **fields}, refused)


LIVES: Final = {6: repaired, 7: _told_before, 8: swapped, 9: _told_before}


def lawful() -> list[Step]:
    """All lives of which nothing is to be found."""
    steps: list[Step] = [*of_none()]
    for number in range(1, PACKS + 1):
        # The numbers on 7 and 9 are the second halves of those before them.
        steps += LIVES.get(number % 10, car)(number) if number % 100 else abroad(number)
    # The script may be ahead of the register by a type, never behind it: test_life.py holds the two against each other.
    return [each for each in steps if each.event["type"] in E.__members__]
