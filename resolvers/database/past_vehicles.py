"""This module is in charge of reading vehicles as the ledger knew them at a past moment, and the packs that were in them then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from resolvers.batching import Batch, Page, Shut
from resolvers.database.facts import visible_events
from resolvers.database.keys import key_list
from resolvers.database.packs import packs_of_vehicle
from resolvers.database.past import THEN, PastVehicle, installations_then, moment_of, past_vehicles, pasts_of_page, record_set, written
from resolvers.database.past_pages import Found, filled, packs_that_may_be_in, paged, stays_that_may_be
from resolvers.database.reading import Reading
from resolvers.database.standing import past
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
    taken_in = sorted({event.code for each in found.values() for event in each.events if is_scrapped([event])})
    if not taken_in:
        return frozenset()
    seen = await visible_events(reading, Batch(taken_in, (), as_of=batch.as_of))
    return frozenset(vin for vin, each in found.items() if is_scrapped(event for event in each.events if (event.code, event.seq) in seen))


async def past_packs_of_vehicle(reading: Reading, batch: Batch) -> list[Page | Shut]:
    """The packs that were, or had been last, in each vehicle (VINs), as the packs are now; Shut where the vehicle's binding is closed.
    BadArgument AS_OF_TOO_MUCH."""
    # Whether the binding is open comes first: of a vehicle whose packs are not the caller's to know, nothing tells how many there were.
    told = await packs_of_vehicle(reading, batch, _PACKS, written(()))
    if not (vins := _open(batch, told)):
        return told

    async def pages(found: Found) -> list[Page | Shut]:
        packs = [each.rows.pack for each in (await pasts_of_page(reading, found.codes, moment_of(batch), paged(batch))).values()]
        return await packs_of_vehicle(reading, batch, _PACKS, written(each._asdict() for each in packs if (each.vin, each.code) in found.places))

    return await filled(batch, vins, lambda most: packs_that_may_be_in(reading, batch, vins, most), pages)


async def past_installations_of_vehicle(reading: Reading, batch: Batch) -> list[Page | Shut]:
    """Which packs had been in each vehicle (VINs) by then; Shut where the vehicle's binding is closed. BadArgument AS_OF_TOO_MUCH."""
    policy = past(reading.policy("battery"))
    told = await installation_pages(reading, batch, policy, _INSTALLATIONS, written(()))
    if not (vins := _open(batch, told)):
        return told

    async def pages(found: Found) -> list[Page | Shut]:
        packs = await pasts_of_page(reading, found.codes, moment_of(batch), paged(batch))
        visible = await visible_events(reading, Batch(sorted(packs), (), as_of=batch.as_of)) if packs else frozenset()
        rows = installations_then(packs.values(), visible)
        there = written(each for each in rows if (each["vin"], each["code"], each["occurred_at"]) in found.places)
        return await installation_pages(reading, batch, policy, _INSTALLATIONS, there)

    return await filled(batch, vins, lambda most: stays_that_may_be(reading, batch, vins, most), pages)


def _open(batch: Batch, told: Sequence[Page | Shut]) -> list[str]:
    """The vehicles (VINs) whose binding is open to the caller."""
    return [vin for vin, each in zip(batch.keys, told, strict=True) if isinstance(each, Page)]
