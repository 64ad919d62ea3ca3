"""This module is in charge of writing imported vehicles, with the grant of the province that registered a sold one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from resolvers.importing.records import Fault, Record, Terms
from resolvers.importing.writing.batch import Connection, Entry, insert_rows, midnight
from resolvers.ledger.rows import Vehicle, VehicleAccess

_STORED: Final = """
select vin, automaker, model_name, powertrain, swap_model, produced_on, sold_on, region_code, owner_kind
from vehicle.vehicle where vin = any($1::text[])"""
_AUTOMAKERS: Final = "select uscc from enterprise.enterprise where uscc = any($1::text[])"


@dataclass(slots=True)
class Vehicles:
    """A batch of vehicles. `automakers` are the automakers named that are registered."""

    stored: dict[str, Entry]
    automakers: frozenset[str]

    @classmethod
    async def read(cls, connection: Connection, records: Sequence[Record]) -> Self:
        """What the database holds of these lines."""
        stored = await connection.fetch(_STORED, [record.key for record in records])
        automakers = await connection.fetch(_AUTOMAKERS, sorted({str(record.values["automaker"]) for record in records}))
        return cls({row["vin"]: dict(row) for row in stored}, frozenset(row["uscc"] for row in automakers))

    def complete(self, record: Record, terms: Terms) -> Entry | tuple[Fault, ...]:
        """A new vehicle, if its automaker is registered; the province is the one that registered it."""
        values = record.values
        if values["automaker"] not in self.automakers:
            return (Fault("automaker", "ENTERPRISE_UNKNOWN", "no enterprise with this credit code is registered"),)
        province = str(values["region_code"])[:2] if "region_code" in values else None
        return {"swap_model": False, "sold_on": None, "region_code": None, "owner_kind": None, **values, "province": province}

    async def insert(self, connection: Connection, entries: Sequence[Entry], terms: Terms) -> bool:
        """Write vehicles and the grants of those that are sold."""
        free = await insert_rows(connection, (_vehicle(entry, terms) for entry in entries))
        return free and await insert_rows(connection, (_grant(entry) for entry in entries if entry["sold_on"] is not None))


def _vehicle(entry: Entry, terms: Terms) -> Vehicle:
    # readers is the superset without windows that the lock compares with: the automaker, and the province once the vehicle is registered there.
    readers = (entry["automaker"],) if entry["province"] is None else (entry["automaker"], "province:" + entry["province"])
    return Vehicle(**entry, scrapped_on=None, readers=readers, recorded_at=terms.moment)


def _grant(entry: Entry) -> VehicleAccess:
    return VehicleAccess(entry["vin"], "province:" + entry["province"], "jurisdiction", midnight(entry["sold_on"]), None, entry["produced_on"])
