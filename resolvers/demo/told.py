"""This module is in charge of what the demo's events say beside who, when and where: the details that a report of each kind has to have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from resolvers.demo.lives import Block, Car, Life
from resolvers.demo.registry import Firm
from resolvers.ledger.deadlines import local_day
from resolvers.ledger.fold import safety_class
from resolvers.ledger.take_back import ANSWER, ANSWER_DUE

SOUND: Final = "housing sound, dry"
DAMAGED: Final = "housing damaged or opened, kept apart"
# What work puts in; other work leaves every part where it was.
PARTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({
    "HOUSING_SEAL": ("DEMO-SEAL-01",), "COOLANT_AND_SEAL": ("DEMO-SEAL-01",), "CONNECTOR": ("DEMO-HV-PLUG-02",),
})  # fmt: skip


def worked(work: str) -> dict[str, Any]:
    """Of MAINTAINED."""
    return {"work": work, "parts": list(PARTS.get(work, ()))}


def looks(life: Life) -> dict[str, Any]:
    """How it is, as one sees it."""
    return {"condition": DAMAGED if life.safety else SOUND}


def retired(life: Life) -> dict[str, Any]:
    """Of RETIRED."""
    return {"reason": "WORN", "stateOfHealth": life.soh, "safetyClass": safety_class(life.safety), **looks(life)}


def pooled(operator: Firm) -> dict[str, Any]:
    """Of POOLED."""
    return {"pool": f"POOL-{operator.province}-{operator.rank:02}", "owner": operator.uscc}


def at_station(life: Life, station: str, *, charged: bool) -> dict[str, Any]:
    """Of SWAP_IN, charged, and of SWAP_OUT; percent."""
    charge = 96.0 if charged else 11.0 + (life.number + len(life.events)) % 17
    return {"station": station, "stateOfCharge": charge, "stateOfHealth": life.soh}


def came_out(new: Life | str, receiver: Firm, order: str) -> dict[str, Any]:
    """Of REPLACED, of the battery that was taken out."""
    return {"newCode": new if isinstance(new, str) else new.code, "reason": "CAPACITY", "receiver": receiver.uscc, "workOrder": order}


def went_in(old: Life, order: str) -> dict[str, Any]:
    """Of REPLACED, of the battery that was put in."""
    return {"oldCode": old.code, "reason": "CAPACITY", "workOrder": order}


def repaired(old: Life, workshop: Firm) -> dict[str, Any]:
    """Of REINSTALLED: what was taken out is a spare from now on."""
    return {"pool": f"SPARES-{workshop.province}-{workshop.rank:03}", "reason": "REPAIRED", "stateOfHealth": old.soh}


def changed_hands(car: Car) -> dict[str, Any]:
    """Of OWNER_CHANGED."""
    return {"region": car.region, "ownerKind": car.owner_kind}


def exported(life: Life) -> dict[str, Any]:
    """Of EXPORTED."""
    return {"country": "DE", "hsCode": "850760", "customsDeclaration": f"DEMO-X-{life.number:07}"}


def recalled(life: Life) -> dict[str, Any]:
    """Of RECALLED: a number for each maker."""
    return {"recall": f"DEMO-RC-{life.design.manufacturer_code}-1", "hazard": "a seal of the housing may let water in (fictional)"}


def remedied(life: Life) -> dict[str, Any]:
    """Of RECALL_REMEDIED."""
    return {"recall": recalled(life)["recall"], "remedy": "seal replaced, housing tested for leaks"}


def asked_back(block: Block, at: datetime, holder: Firm) -> dict[str, Any]:
    """Of TAKE_BACK_REQUESTED; the day by which it is to be answered is kept with it."""
    due = block.deadlines.due_on(ANSWER, "", local_day(at))
    told = {"reason": "no room, no recycler near", "region": holder.row.region_code, "place": "gate 2"}
    return told if due is None else {**told, ANSWER_DUE: due.isoformat()}


def taken_back(at: datetime) -> dict[str, Any]:
    """Of TAKE_BACK_ACCEPTED."""
    return {"collectOn": local_day(at + timedelta(days=12)).isoformat(), "collectAt": "gate 2"}


def declined() -> dict[str, Any]:
    """Of TAKE_BACK_REFUSED."""
    return {"reason": "not from our series, by the label"}


def sold(life: Life, field: str, province: str) -> dict[str, Any]:
    """Of PRODUCT_SOLD."""
    invoice = f"{life.number * 2654435761 % 2**32:08x}"
    return {"fieldOfUse": field, "region": province + "0000", "buyerName": f"Fictional buyer {life.number:07}", "invoiceHash": invoice}
