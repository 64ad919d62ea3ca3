"""This module is in charge of R16 PHANTOM_VEHICLE: a pack was bound to a vehicle that cannot have it."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from resolvers.identifiers import IdentifierError, parse_vin
from resolvers.ledger.events import EventType
from resolvers.ledger.findings.case import Case
from resolvers.ledger.findings.finding import Found
from resolvers.ledger.states import Status

BINDS: Final = frozenset({EventType.INSTALLED, EventType.VEHICLE_SOLD, EventType.SWAP_IN, EventType.REINSTALLED})


def phantom_vehicle(case: Case) -> Found | None:
    """The VIN breaks the law of VINs, is not in the certificate register, or is that of a vehicle that was scrapped before.

    A Chinese VIN with another check digit is refused as it is read, and comes here as what was tried (`CHECK`).
    The check digit of a foreign VIN is not held against it (GB 16735-2019 binds Chinese ones).
    """
    vin = case.event.vin
    if vin is None or not _binds(case):
        return None
    if (broken := _broken_rule(vin)) is not None:
        return Found({"reason": "INVALID_VIN", "rule": broken})
    vehicle = case.known.vehicles.get(vin)
    if vehicle is None:
        return Found({"reason": "NOT_REGISTERED"})
    if vehicle.scrapped_at is not None and vehicle.scrapped_at < case.event.occurred_at:
        return Found({"reason": "SCRAPPED", "scrappedAt": vehicle.scrapped_at.isoformat()})
    return None


@lru_cache(maxsize=1024)
def _broken_rule(vin: str) -> str | None:
    """The rule of VINs that it breaks. Of one vehicle several events tell soon after one another."""
    try:
        parse_vin(vin)
    except IdentifierError as error:
        return error.code
    return None


def _binds(case: Case) -> bool:
    new = case.kind is EventType.REPLACED and case.before is not None and case.before.status is Status.SOLD
    return new or case.kind in BINDS
