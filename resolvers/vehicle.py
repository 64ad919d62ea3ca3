"""This module is in charge of the vehicle subgraph's batch resolvers: vehicles, and the binding between them and packs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from resolvers.batching import BadArgument, Batch, BatchResolver
from resolvers.battery import representation_moment
from resolvers.database import door
from resolvers.database.reading import Reading
from resolvers.opaque import NotOurs

vehicle_by_vin: Final[BatchResolver] = door.vehicle_by_vin
vehicles: Final[BatchResolver] = door.vehicles
vehicles_of_maker: Final[BatchResolver] = door.vehicles_of_maker
vehicle_of_pack: Final[BatchResolver] = door.vehicle_of_pack
packs_of_vehicle: Final[BatchResolver] = door.packs_of_vehicle
installations_of_vehicle: Final[BatchResolver] = door.installations_of_vehicle
installations_of_pack: Final[BatchResolver] = door.installations


async def named_vehicles(reading: Reading, batch: Batch) -> list[Any]:
    """A row or None per VIN of a look-up. BadArgument AS_OF_OUT_OF_RANGE for a moment that the ledger cannot tell of."""
    if batch.as_of is not None:
        await door.check_moment(reading, batch.as_of)
    return await door.vehicle_by_vin(reading, batch)


def vehicle_id(reading: Reading, row: Any) -> str:
    """`Vehicle.id` for the party that reads; the row's key is the VIN."""
    return reading.opaque.vehicle_id(reading.principal.party, row["key"])


def vin_of(reading: Reading, text: object) -> str | None:
    """The VIN behind a vehicle id; None for every text that is not one of this party's ids, so that both look alike."""
    if not isinstance(text, str):
        return None
    try:
        return reading.opaque.vin_of(reading.principal.party, text)
    except NotOurs:
        return None


def named_vehicle(reading: Reading, arguments: Mapping[str, Any]) -> list[str | None]:
    """The key of `vehicle(id:, vin:)`; BadArgument INVALID_LOOKUP unless exactly one of them is given."""
    given = arguments.keys() & {"id", "vin"}
    if len(given) != 1:
        raise BadArgument("INVALID_LOOKUP", "id", "vehicle takes exactly one of id and vin")
    return [arguments["vin"] if "vin" in given else vin_of(reading, arguments["id"])]


def representation_vin(reading: Reading, representation: Mapping[str, Any]) -> str | None:
    """The key of a Vehicle among representations; of a malformed moment there is none."""
    try:
        representation_moment(representation)
    except ValueError:
        return None
    return vin_of(reading, representation.get("id"))
