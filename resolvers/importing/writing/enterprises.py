"""This module is in charge of writing imported enterprises, with their roles and the manufacturer codes allotted to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from resolvers.identifiers import PROVINCES
from resolvers.importing.records import Fault, Record, Terms
from resolvers.importing.writing.batch import Connection, Entry, insert_rows
from resolvers.ledger.enterprise_rows import Enterprise, EnterpriseRole
from resolvers.ledger.rows import ManufacturerCode

_STORED: Final = """
select e.uscc, e.name, e.name_en, e.region_code, e.status, e.registered_on, e.address, e.contact_phone,
  coalesce((select array_agg(distinct r.role order by r.role) from enterprise.role r where r.uscc = e.uscc), '{}') as roles,
  coalesce((select array_agg(m.code order by m.code) from battery.manufacturer_code m where m.uscc = e.uscc), '{}') as manufacturer_codes
from enterprise.enterprise e where e.uscc = any($1::text[])"""
_CODE_HOLDERS: Final = "select code, uscc from battery.manufacturer_code where code = any($1::text[])"


@dataclass(slots=True)
class Enterprises:
    """A batch of enterprises. `holders` are the manufacturer codes that are taken, by whom."""

    stored: dict[str, Entry]
    holders: dict[str, str]

    @classmethod
    async def read(cls, connection: Connection, records: Sequence[Record]) -> Self:
        """What the database holds of these lines."""
        codes = {code for record in records for code in _codes(record.values)}
        stored = await connection.fetch(_STORED, [record.key for record in records])
        holders = await connection.fetch(_CODE_HOLDERS, sorted(codes))
        return cls(
            {row["uscc"]: {**row, "roles": tuple(row["roles"]), "manufacturer_codes": tuple(row["manufacturer_codes"])} for row in stored},
            {row["code"]: row["uscc"] for row in holders},
        )

    def complete(self, record: Record, terms: Terms) -> Entry | tuple[Fault, ...]:
        """A new enterprise; its region is the credit code's where the line has none."""
        values = record.values
        region = str(values.get("region_code", record.key[2:8]))
        if region[:2] not in PROVINCES:
            return (Fault("region_code", "REQUIRED", "the State registered this enterprise, so its region has to be given"),)
        if any(self.holders.get(code, record.key) != record.key for code in _codes(values)):
            return (Fault("manufacturer_codes", "MANUFACTURER_CODE", "a manufacturer code is allotted to another enterprise"),)
        self.holders.update(dict.fromkeys(_codes(values), record.key))
        optional = dict.fromkeys(("name_en", "address", "contact_phone"))
        return {
            **optional, "status": "ACTIVE", "roles": (), "manufacturer_codes": (), **values, "region_code": region, "province": region[:2],
        }  # fmt: skip

    async def insert(self, connection: Connection, entries: Sequence[Entry], terms: Terms) -> bool:
        """Write enterprises; roles and codes count from the day of registration."""
        free = await insert_rows(connection, (_enterprise(entry, terms) for entry in entries))
        roles = (EnterpriseRole(entry["uscc"], role, entry["registered_on"], None) for entry in entries for role in entry["roles"])
        codes = (ManufacturerCode(code, entry["uscc"], entry["registered_on"], None) for entry in entries for code in _codes(entry))
        return free and await insert_rows(connection, roles) and await insert_rows(connection, codes)


def _enterprise(entry: Entry, terms: Terms) -> Enterprise:
    return Enterprise(
        entry["uscc"], entry["name"], entry["name_en"], entry["province"], entry["region_code"], entry["status"], entry["registered_on"],
        entry["address"], entry["contact_phone"], terms.moment,
    )  # fmt: skip


def _codes(values: Mapping[str, object]) -> tuple[str, ...]:
    found = values.get("manufacturer_codes", ())
    return found if isinstance(found, tuple) else ()
