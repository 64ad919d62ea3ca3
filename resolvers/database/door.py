"""This module is in charge of the door: the one list of ways in which a request reaches lifecycle rows.

Each is a batch resolver; each builds its SQL from the caller's policy (standing.py), so none can be called without it.
Nothing else in the project reads these tables for a request, and a test holds that nothing else imports the parts.
"""

from __future__ import annotations

from typing import Any

from resolvers.batching import Batch, Page, Shut
from resolvers.database.acceptance import acceptance
from resolvers.database.cases import case_by_id, case_events, case_findings, cases, cases_of_finding
from resolvers.database.changes import changes
from resolvers.database.documents import composition, dismantling, recovery, recovery_assays, recovery_elements, recovery_materials, recovery_steps
from resolvers.database.event_list import lifecycle_events
from resolvers.database.facts import (
    CUSTODY_LEGS,
    EVENTS,
    FINDINGS,
    GRADINGS,
    HEALTH_RECORDS,
    INSTALLATIONS,
    MODULES,
    PAST_TAKE_BACKS,
    SAFETY_EVENTS,
    TAKE_BACKS,
    events_by_seq,
    fact_pages,
)
from resolvers.database.findings import findings
from resolvers.database.lineage import lineage
from resolvers.database.notices import notices
from resolvers.database.obligations import enterprise_obligations
from resolvers.database.packs import models, packs, packs_of_maker
from resolvers.database.packs import pack_by_code as pack_now
from resolvers.database.packs import packs_of_vehicle as packs_of_vehicle_now
from resolvers.database.past import check_moment
from resolvers.database.past_packs import past_pack_by_code, past_vehicle_of_pack
from resolvers.database.past_vehicles import past_installations_of_vehicle, past_packs_of_vehicle, past_vehicle_by_vin
from resolvers.database.reading import Reading
from resolvers.database.recovery_rates import recovery_rates
from resolvers.database.registry import enterprise_by_uscc, enterprises, licences, outlets, regions, roles
from resolvers.database.standards import standards
from resolvers.database.statistics import (
    CUSTODY_FLOWS,
    LATE_REPORTS,
    PRODUCTION,
    REPROCESSING,
    RETIREMENTS,
    SALES,
    STOCK,
    answering,
    recovery_statistics,
    statistics,
)
from resolvers.database.statistics import FINDINGS as COUNTED_FINDINGS
from resolvers.database.statistics import TAKE_BACKS as COUNTED_TAKE_BACKS
from resolvers.database.statistics_derived import expected_retirements, outlet_coverage
from resolvers.database.statistics_published import published
from resolvers.database.vehicles import installations_of_vehicle as installations_of_vehicle_now
from resolvers.database.vehicles import vehicle_by_vin as vehicle_by_vin_now
from resolvers.database.vehicles import vehicle_of_pack as vehicle_now
from resolvers.database.vehicles import vehicles, vehicles_of_maker
from resolvers.database.view_counts import view_counts


async def pack_by_code(reading: Reading, batch: Batch) -> list[Any]:
    """A row or None per code, as it is or as the ledger knew it at a past moment."""
    return await (pack_now if batch.as_of is None else past_pack_by_code)(reading, batch)


async def vehicle_of_pack(reading: Reading, batch: Batch) -> list[Any]:
    """The vehicle that each pack is, or was last, bound to, now or then; None; or Shut where the pack's binding is closed."""
    return await (vehicle_now if batch.as_of is None else past_vehicle_of_pack)(reading, batch)


async def vehicle_by_vin(reading: Reading, batch: Batch) -> list[Any]:
    """A row or None per VIN, as it is or as the ledger knew it at a past moment."""
    return await (vehicle_by_vin_now if batch.as_of is None else past_vehicle_by_vin)(reading, batch)


async def packs_of_vehicle(reading: Reading, batch: Batch) -> list[Page | Shut]:
    """The packs that are, or were last, in each vehicle (VINs), now or then; Shut where the vehicle's binding is closed."""
    return await (packs_of_vehicle_now if batch.as_of is None else past_packs_of_vehicle)(reading, batch)


async def installations_of_vehicle(reading: Reading, batch: Batch) -> list[Page | Shut]:
    """Which packs were in each vehicle (VINs), from when to when; Shut where the vehicle's binding is closed."""
    return await (installations_of_vehicle_now if batch.as_of is None else past_installations_of_vehicle)(reading, batch)


async def modules(reading: Reading, batch: Batch) -> list[Page | Shut]:
    """The modules of each pack."""
    return await fact_pages(reading, batch, MODULES)


async def health(reading: Reading, batch: Batch) -> list[Page | Shut]:
    """The health records of each pack, oldest first."""
    return await fact_pages(reading, batch, HEALTH_RECORDS)


async def safety_events(reading: Reading, batch: Batch) -> list[Page | Shut]:
    """Accidents and safety events of each pack, oldest first."""
    return await fact_pages(reading, batch, SAFETY_EVENTS)


async def gradings(reading: Reading, batch: Batch) -> list[Page | Shut]:
    """Test and grading results of each pack, oldest first."""
    return await fact_pages(reading, batch, GRADINGS)


async def custody(reading: Reading, batch: Batch) -> list[Page | Shut]:
    """The hand-overs of each pack, in order."""
    return await fact_pages(reading, batch, CUSTODY_LEGS)


async def take_backs(reading: Reading, batch: Batch) -> list[Page | Shut]:
    """Requests to take each pack back, and their answers, in order."""
    return await fact_pages(reading, batch, TAKE_BACKS if batch.as_of is None else PAST_TAKE_BACKS)


async def events(reading: Reading, batch: Batch) -> list[Page | Shut]:
    """The lifecycle events of each pack, oldest first; argument `types` narrows them."""
    return await fact_pages(reading, batch, EVENTS)


async def event_by_seq(reading: Reading, batch: Batch) -> list[Any]:
    """The lifecycle event of each (battery code, seq); None where the caller may not see it."""
    return await events_by_seq(reading, batch)


async def findings_of_pack(reading: Reading, batch: Batch) -> list[Page | Shut]:
    """What the rules have found on each pack, oldest first."""
    return await fact_pages(reading, batch, FINDINGS)


async def sources(reading: Reading, batch: Batch) -> list[Page | Shut]:
    """What each product was made of."""
    return await lineage(reading, batch, "SOURCE")


async def products(reading: Reading, batch: Batch) -> list[Page | Shut]:
    """The product that each item went into."""
    return await lineage(reading, batch, "PRODUCT")


async def installations(reading: Reading, batch: Batch) -> list[Page | Shut]:
    """In which vehicles each pack was, oldest first."""
    return await fact_pages(reading, batch, INSTALLATIONS)


production = answering(PRODUCTION)
sales = answering(SALES)
retirements = answering(RETIREMENTS)
reprocessing = answering(REPROCESSING)
custody_flows = answering(CUSTODY_FLOWS)
stock = answering(STOCK)
late_reports = answering(LATE_REPORTS)
counted_findings = answering(COUNTED_FINDINGS)
counted_take_backs = answering(COUNTED_TAKE_BACKS)

__all__ = [
    "acceptance",
    "case_by_id",
    "case_events",
    "case_findings",
    "cases",
    "cases_of_finding",
    "changes",
    "check_moment",
    "composition",
    "counted_findings",
    "counted_take_backs",
    "custody",
    "custody_flows",
    "dismantling",
    "enterprise_by_uscc",
    "enterprise_obligations",
    "enterprises",
    "event_by_seq",
    "events",
    "expected_retirements",
    "findings",
    "findings_of_pack",
    "gradings",
    "health",
    "installations",
    "installations_of_vehicle",
    "late_reports",
    "licences",
    "lifecycle_events",
    "models",
    "modules",
    "notices",
    "outlet_coverage",
    "outlets",
    "pack_by_code",
    "packs",
    "packs_of_maker",
    "packs_of_vehicle",
    "production",
    "products",
    "published",
    "recovery",
    "recovery_assays",
    "recovery_elements",
    "recovery_materials",
    "recovery_rates",
    "recovery_statistics",
    "recovery_steps",
    "regions",
    "reprocessing",
    "retirements",
    "roles",
    "safety_events",
    "sales",
    "sources",
    "standards",
    "statistics",
    "stock",
    "take_backs",
    "vehicle_by_vin",
    "vehicle_of_pack",
    "vehicles",
    "vehicles_of_maker",
    "view_counts",
]
