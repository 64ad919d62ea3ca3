"""This module is in charge of the lock by itself: what the login that reads gets of each table, whatever the door would ask."""

from __future__ import annotations

from typing import Any, Final

from resolvers.database.sql import Statement, text
from tests.oracle import law
from tests.oracle.harness import Difference, Gateway
from tests.oracle.setting import MOMENT, Party, World

KEYS: Final[dict[str, Statement]] = {
    "battery.pack": text("select code as key from battery.pack").compile(),
    "battery.health": text("select code as key from battery.health").compile(),
    "battery.safety_event": text("select code as key from battery.safety_event").compile(),
    "battery.grading": text("select code as key from battery.grading").compile(),
    "battery.event": text("select code as key from battery.event").compile(),
    "battery.custody": text("select code as key from battery.custody").compile(),
    "battery.take_back": text("select code as key from battery.take_back").compile(),
    "battery.installation": text("select code as key from battery.installation").compile(),
    "battery.finding": text("select code as key from battery.finding").compile(),
    "battery.finding_reader": text("select grantee as key from battery.finding_reader").compile(),
    "enterprise.case_file": text("select case_id as key from enterprise.case_file").compile(),
    "enterprise.case_event": text("select case_id as key from enterprise.case_event").compile(),
    "enterprise.case_finding": text("select case_id as key from enterprise.case_finding").compile(),
    "enterprise.case_reader": text("select grantee as key from enterprise.case_reader").compile(),
    "battery.lineage": text("select code as key from battery.lineage").compile(),
    "battery.module": text("select code as key from battery.module").compile(),
    "battery.recovery_input": text("select code as key from battery.recovery_input").compile(),
    "battery.recovery_batch": text("select id as key from battery.recovery_batch").compile(),
    "battery.recovery_output": text("select batch_id as key from battery.recovery_output").compile(),
    "battery.recovery_step": text("select batch_id as key from battery.recovery_step").compile(),
    "battery.recovery_assay": text("select batch_id as key from battery.recovery_assay").compile(),
    "battery.recovery_material": text("select batch_id as key from battery.recovery_material").compile(),
    "battery.model_material": text("select model_id as key from battery.model_material").compile(),
    "battery.model_dismantling": text("select model_id as key from battery.model_dismantling").compile(),
    "battery.access": text("select code as key from battery.access").compile(),
    "vehicle.vehicle": text("select vin as key from vehicle.vehicle").compile(),
    "vehicle.access": text("select vin as key from vehicle.access").compile(),
}


async def check_rows(gateway: Gateway, world: World, party: Party) -> None:
    """Difference unless the lock gives the party every row that it or one of its provinces was ever granted, and no other."""
    reading = gateway.reading(gateway.principal(party), MOMENT)
    try:
        for table, statement in KEYS.items():
            found = sorted(row["key"] for row in await reading.fetch(statement, {}))
            expected = sorted(_expected(world, party, table))
            if found != expected:
                raise Difference(f"the lock: {table} gives {found}, and should give {expected}, for {party} in world {world.seed}")
    finally:
        reading.close()


def _expected(world: World, party: Party, table: str) -> list[Any]:
    names = {party.uscc, *law.provinces(party)}
    rows = world.tables[table]
    key = "id" if table == "battery.recovery_batch" else next(iter(each for each in ("batch_id", "code", "vin", "model_id") if rows and each in rows[0]), "")
    if table == "battery.recovery_input":
        key = "code"
    if table.startswith("enterprise.case_"):
        key = "case_id"
    if table.endswith("_reader"):
        key = "grantee"
    if table.endswith(".access"):
        return [row[key] for row in rows if row["grantee"] in names]
    everything = bool(law.stand("battery", party, {"all": True}, []).relations or law.stand("vehicle", party, {"all": True}, []).relations)
    if table.startswith("enterprise.case_") and not table.endswith("_reader"):
        # Whoever may read everything reads of a case by its readers, too; one without any is nobody's.
        read = {row["case_id"] for row in world.tables["enterprise.case_reader"] if everything or row["grantee"] in names}
        return [row[key] for row in rows if row[key] in read]
    if everything:
        return [row[key] for row in rows]
    if table.endswith("_reader"):
        return [row[key] for row in rows if row["grantee"] in names]
    if rows and "readers" in rows[0]:
        return [row[key] for row in rows if names & set(row["readers"])]
    packs = {row["code"] for row in world.tables["battery.pack"] if names & set(row["readers"])}
    if table == "battery.lineage":
        return [row["code"] for row in rows if {row["code"], row["other"]} <= packs]
    if table == "battery.finding":
        read = {(row["code"], row["id"]) for row in world.tables["battery.finding_reader"] if row["grantee"] in names}
        return [row["code"] for row in rows if row["code"] in packs or (row["code"], row["id"]) in read]
    if key == "code":
        return [row[key] for row in rows if row[key] in packs]
    batches = {row["batch_id"] for row in world.tables["battery.recovery_input"] if row["code"] in packs}
    return [row[key] for row in rows if row[key] in batches]
