"""This module is in charge of what goes wrong: an anomaly for each rule that is decided when an event arrives, and refusals that are none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from tests.life.script import CAR, MASS, PACKS, TO_RECYCLER, Step, driven, made, scrapped, step
from tests.recording.making import product
from tests.recording.world import FIRMS, MODEL, code, vin

FIRST: Final = PACKS + 1
SEEDED: Final = {
    "R01": FIRST, "R02": FIRST + 1, "R04": FIRST + 2, "R14": FIRST + 3, "R16": FIRST + 4, "R17": FIRST + 5, "R19": FIRST + 6, "R22": FIRST + 7,
}  # fmt: skip
"""Which pack each rule is to be found on, but R13: that is on the product of pack 6."""
ORDINARY: Final = FIRST + 8
FORBIDDEN: Final = product(6, made=date(2026, 7, 5))


def planted() -> Iterator[Step]:
    """The lives with an anomaly each."""
    yield from driven(SEEDED["R01"])
    yield step(100, "scrap", "VEHICLE_SCRAPPED", SEEDED["R01"], vin=vin(SEEDED["R01"]), certificate="R", packFound=False)
    yield from made(SEEDED["R02"], "oem")
    yield step(4, "maker", "PRODUCED", SEEDED["R02"], "DUPLICATE_CODE", modelId=MODEL)
    yield from made(SEEDED["R04"], "swap")
    yield step(6, "swap", "POOLED", SEEDED["R04"], pool="P")
    yield step(7, "swap", "RETIRED", SEEDED["R04"], reason="worn")
    stays = {"fromRegion": "440300", "toRegion": "440100"}
    yield step(8, "swap", "HANDED_OVER", SEEDED["R04"], receiver=FIRMS["repair"], purpose="UTILIZATION", declaredMassKg=MASS, **stays)
    yield from driven(SEEDED["R14"])
    other = {"newCode": code(SEEDED["R16"]), "receiver": FIRMS["repair"]}
    yield step(50, "repair", "REPLACED", SEEDED["R14"], vin=vin(SEEDED["R14"]), **other)
    yield from made(SEEDED["R16"], "oem")
    # The car of pack 1 was scrapped on day 100.
    yield step(110, "oem", "INSTALLED", SEEDED["R16"], "VEHICLE_SCRAPPED", vin=vin(1), vehicle=CAR)
    yield from made(SEEDED["R17"], "oem")
    yield step(6, "oem", "SOLD", SEEDED["R17"], "ILLEGAL_TRANSITION", buyer=FIRMS["oem2"])
    yield from driven(SEEDED["R19"])
    yield from scrapped(SEEDED["R19"])
    yield step(105, "scrap", "HANDED_OVER", SEEDED["R19"], **{**TO_RECYCLER, "filingNumber": None})
    yield from driven(SEEDED["R22"])
    yield from scrapped(SEEDED["R22"])
    yield step(106, "oem", "EXPORTED", SEEDED["R22"], "NOT_CUSTODIAN", country="DE", hsCode="850760", customsDeclaration="E")
    yield step(61, "recycler", "PRODUCT_SOLD", 6, "FIELD_OF_USE_PROHIBITED", code=FORBIDDEN, fieldOfUse="E_BICYCLE", buyerName="A shop")


def refusals() -> Iterator[Step]:
    """What is refused, and is nobody's finding."""
    yield from made(ORDINARY, "oem")
    yield step(4, "recycler", "RETIRED", ORDINARY, "BATTERY_NOT_REPORTABLE", reason="not mine")
    yield step(4, "recycler", "RETIRED", ORDINARY + 500, "BATTERY_NOT_REPORTABLE", reason="nobody's")
    yield step(4, "recycler", "SOLD", ORDINARY, "ROLE_MAY_NOT_REPORT", buyer=FIRMS["oem"])
    yield step(4.1, "maker", "SOLD", ORDINARY, "NOT_CUSTODIAN", buyer=FIRMS["oem2"])
    yield step(4.2, "oem", "SOLD", ORDINARY, "PARTY_UNKNOWN", buyer="91110000600037341L")
    yield step(4.3, "oem", "SOLD", ORDINARY, "CHECK", buyer="91350902MA2EXAMP5X")
    yield step(4.4, "oem", "SOLD", ORDINARY, "REQUIRED")
    yield step(4.5, "oem", "SOLD", ORDINARY, "UNKNOWN_FIELD", buyer=FIRMS["oem2"], price=5)
    yield step(4.6, "maker", "PRODUCED", ORDINARY, "CLIENT_REFERENCE_REUSED", modelId=MODEL, massKg=1.0, reference=f"PRODUCED-{ORDINARY}-0.1")
    yield step(400, "oem", "SOLD", ORDINARY, "OCCURRED_IN_FUTURE", buyer=FIRMS["oem2"])
