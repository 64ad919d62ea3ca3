"""This module is in charge of reading vehicles as the ledger knew them at a past moment, and the packs that were in them then."""

from __future__ import annotations

from typing import Any, Final

from resolvers.batching import Batch, Page, Shut
from resolvers.database.facts import visible_events
from resolvers.database.keys import key_list
from resolvers.database.packs import packs_of_vehicle
from resolvers.database.past import THEN, PastVehicle, moment_of, past_rows, past_vehicles, record_set, written
from resolvers.database.reading import Reading
from resolvers.database.standing import past
from resolvers.database.tables import INSTALLATION
from resolvers.database.vehicles import by_vin, installation_pages, named
from resolvers.ledger.past import is_scrapped

_VEHICLES: Final = record_set("vehicle", "vehicle")
_PACKS: Final = record_set("battery", "pack")
_INSTALLATIONS: Final = record_set("battery", "installation")


async def past_vehicle_by_vin(reading: Reading, batch: Batch) -> list[Any]:
    """A row or None per VIN: None also where the ledger did not know the vehicle then."""
    policy = past(reading.policy("vehicle"))
    if not policy.relations:
        return [None] * len(batch.keys)
    found = await past_vehicles(reading, batch.keys, moment_of(batch))
    scrapped = await _seen_scrapped(reading, batch, found) if "scrapped" in batch.columns else frozenset()
    rows = written({**each.row._asdict(), "scrapped": vin in scrapped} for vin, each in found.items())
    return named(batch, await reading.fetch(by_vin(policy, batch.columns, _VEHICLES), {**reading.values(), "keys": key_list(batch.keys), THEN: rows}))


async def _seen_scrapped(reading: Reading, batch: Batch, found: dict[str, PastVehicle]) -> frozenset[str]:
    """The vehicles (VINs) of which the caller sees an event that took them in for scrapping."""
    if not (below := _below(batch, found)).keys:
        return frozenset()
    seen = await visible_events(reading, below)
    return frozenset(vin for vin, each in found.items() if is_scrapped(event for event in each.events if (event.code, event.seq) in seen))


def _below(batch: Batch, found: dict[str, PastVehicle]) -> Batch:
    """The packs that were ever in these vehicles, to be asked about as of the same moment."""
    return Batch(sorted({code for each in found.values() for code in each.packs}), (), as_of=batch.as_of)


async def past_packs_of_vehicle(reading: Reading, batch: Batch) -> list[Page | Shut]:
    """The packs that were, or had been last, in each vehicle (VINs), as the packs are now; Shut where the vehicle's binding is closed."""
    found = await past_vehicles(reading, batch.keys, moment_of(batch))
    packs = {code: each.rows.pack for vehicle in found.values() for code, each in vehicle.packs.items()}
    return await packs_of_vehicle(reading, batch, _PACKS, written(each._asdict() for each in packs.values()))


async def past_installations_of_vehicle(reading: Reading, batch: Batch) -> list[Page | Shut]:
    """Which packs had been in each vehicle (VINs) by then; Shut where the vehicle's binding is closed."""
    below = _below(batch, await past_vehicles(reading, batch.keys, moment_of(batch)))
    visible = await visible_events(reading, below) if below.keys else frozenset()
    rows = await past_rows(reading, below, INSTALLATION.name, visible)
    return await installation_pages(reading, batch, past(reading.policy("battery")), _INSTALLATIONS, rows)
