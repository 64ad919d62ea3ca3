"""This module is in charge of R01 MISSING_AT_SCRAP: a vehicle came to be scrapped without its pack, or with another one."""

from __future__ import annotations

from resolvers.ledger.events import EventType
from resolvers.ledger.findings.case import Case
from resolvers.ledger.findings.finding import Found


def missing_at_scrap(case: Case) -> Found | None:
    """The scrapped vehicle, not a swap model, was without the pack bound to it, and no reported replacement explains what was found.

    `packFound` false says that there was none; `codeFound` is the code of another. A swap model is exempt by law.
    """
    if case.kind is not EventType.VEHICLE_SCRAPPED or _is_swap_model(case):
        return None
    found = case.event.details.get("codeFound")
    another = found is not None and found != case.event.code and not _replaced_by(case, found)
    nothing = case.event.details.get("packFound") is False and found is None
    if not (nothing or another):
        return None
    bound = case.last(EventType.INSTALLED, EventType.REINSTALLED, EventType.SWAP_IN, EventType.REPLACED)
    evidence = (bound.seq,) if bound is not None else ()
    return Found({"packFound": not nothing, "codeFound": found}, evidence)


def _is_swap_model(case: Case) -> bool:
    vehicle = case.known.vehicles.get(case.event.vin) if case.event.vin is not None else None
    if vehicle is not None:
        return vehicle.facts.swap_model
    return case.before is not None and bool(case.before.swap_model)


def _replaced_by(case: Case, code: str) -> bool:
    return any(each.type == EventType.REPLACED and code in (each.details.get("newCode"), each.details.get("oldCode")) for each in case.all_earlier())
