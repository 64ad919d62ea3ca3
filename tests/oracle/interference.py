"""This module is in charge of worlds that a party cannot tell apart: everything that the law hides from it is changed, and nothing else.

What is hidden is judged by the oracle's law. The two worlds then have to give the same bytes to the same operations.
"""

from __future__ import annotations

import random
from typing import Any, Final

from tests.oracle import law, names
from tests.oracle import vocabulary as words
from tests.oracle.asking import Field
from tests.oracle.law import Standing
from tests.oracle.operations import Operation
from tests.oracle.oracle import Teller
from tests.oracle.setting import MOMENT, Party, Rows, World
from tests.oracle.world import DAY, FUTURE, HEALTHS, STATES, readers

CHANGED: Final = {
    "swap_model": (None, True, False), "powertrain": (None, "BEV", "PHEV"), "state_of_health": HEALTHS, "cycle_count": (None, 7, 5000),
    "remaining_energy_kwh": (None, 1.5), "condition_at": (None, MOMENT - DAY), "safety_class": (None, "NORMAL", "ATTENTION", "HAZARDOUS"),
    "custodian": (None, *names.COMPANIES), "prior_holder": (None, *names.COMPANIES), "origin_province": (None, *names.PROVINCES),
    "province": (None, *names.PROVINCES), "status_since": (MOMENT - DAY, MOMENT - 99 * DAY),
}  # fmt: skip
VEHICLE_CHANGED: Final = {
    "sold_on": (None,), "scrapped_on": (None,), "province": (None, *names.PROVINCES), "region_code": (None, "350100"), "owner_kind": (None, "FLEET"),
}  # fmt: skip
FACTS: Final = {name: told[0] for name, told in words.FACTS.items()}
BELOW: Final = ("battery.module", "battery.recovery_input", "battery.access", "battery.custody", *FACTS.values())


def other_world(world: World, party: Party, operations: list[Operation], rng: random.Random) -> World:
    """A world that differs from this one only in what the party may not see. The operations name what has to stay nameable."""
    return _Other(world, party, operations, rng).made()


class _Other:
    def __init__(self, world: World, party: Party, operations: list[Operation], rng: random.Random) -> None:
        self.world = World(world.seed, {name: [dict(row) for row in rows] for name, rows in world.tables.items()}, world.parties)
        self.tables = self.world.tables
        self.party = party
        self.random = rng
        self.before = Teller(world, party)
        self.named = {code for each in operations for code in named_codes(each.fields)}
        self.kept = {(row["code"], row["id"]) for case in self.before.cases() for row in self.before.findings_of(case["case_id"])}
        self.mine = {party.uscc, *law.provinces(party)}

    def made(self) -> World:
        self.hidden_packs()
        for pack in self.tables["battery.pack"]:
            self.pack(pack)
        for vehicle in list(self.tables["vehicle.vehicle"]):
            self.vehicle(vehicle)
        self.documents()
        self.batches()
        self.links()
        self.cases()
        self.grants("battery.access", "code", [row["code"] for row in self.tables["battery.pack"]])
        self.grants("vehicle.access", "vin", [row["vin"] for row in self.tables["vehicle.vehicle"]])
        self.copies()
        readers(self.tables)
        return self.world

    def hit(self, share: float = 0.6) -> bool:
        return self.random.random() < share

    def keep(self, table: str, wanted: Any) -> None:
        self.tables[table] = [row for row in self.tables[table] if wanted(row)]

    # Packs

    def hidden_packs(self) -> None:
        """Packs that no list has and nobody names: some go, and one comes."""
        packs = self.tables["battery.pack"]
        hidden = {row["code"] for row in packs if row["code"] not in self.named and self.before.on_pack(row["code"]) is None}
        hidden -= {code for code, _ in self.kept}
        gone = {code for code in hidden if self.hit()}
        for table in ("battery.pack", *BELOW):
            self.keep(table, lambda row: row["code"] not in gone)
        if packs and self.party.roles and not self.sees_everything() and names.CODES[-1] not in self.named:
            others = [each for each in names.COMPANIES if each != self.party.uscc]
            packs = self.tables["battery.pack"]
            packs.append({**self.world_pack(), "code": names.CODES[-1], "maker": self.random.choice(others)})

    def world_pack(self) -> dict[str, Any]:
        return dict(self.random.choice(list(self.before.packs.values())))

    def sees_everything(self) -> bool:
        return bool(law.stand("battery", self.party, {"all": True}, []).relations)

    def pack(self, pack: dict[str, Any]) -> None:
        """Columns that are closed, and facts that do not pass, of a pack that stays."""
        code = pack["code"]
        standing = self.before.to_pack(code, named=code in self.named)
        for cell in words.PACK.values():
            if cell.column in CHANGED and not standing.sees(*cell.opens) and self.hit():
                pack[cell.column] = self.random.choice(CHANGED[cell.column])
        if not standing.sees("D", "D:pseudonym") and self.is_unseen(pack["vin"]) and self.hit():
            unseen = [vin for vin in self.before.vehicles if self.is_unseen(vin)]
            pack["vin"] = self.random.choice((None, *unseen))
        if pack["parent"] is not None and self.before.on_pack(pack["parent"]) is None and self.hit():
            pack["parent"] = self.random.choice((None, names.MISSING[1]))
        for list_, table in FACTS.items():
            kept: Rows = []
            for row in self.tables[table]:
                if row["code"] != code or self.fact(list_, row, standing):
                    kept.append(row)
            self.tables[table] = kept
        if not standing.finds("H") and not standing.finds("H:own"):
            self.keep("battery.custody", lambda row: row["code"] != code or not self.hit(0.3))

    def is_unseen(self, vin: str | None) -> bool:
        """The vehicle does not show the party its packs."""
        standing = self.before.on_vehicle(vin)
        return standing is None or not standing.sees("D", "D:pseudonym")

    def fact(self, list_: str, row: dict[str, Any], standing: Standing) -> bool:
        """Change what of the fact is hidden; False when the fact is to go."""
        if list_ == "findings" and (row["code"], row["id"]) in self.kept:
            # Told in a case that the party reads.
            return True
        if not law.passes(list_, row, standing, self.party):
            self.rewrite(row)
            return self.hit(0.5)
        me, hidden_h = self.party.uscc, not standing.finds("H")
        if list_ == "events" and hidden_h and not law.names_me(row, standing, me):
            row["province"] = self.random.choice((None, *names.PROVINCES))
            other = self.random.choice([each for each in names.COMPANIES if each != me])
            row["reporter"] = me if row["reporter"] == me else other
            row["counterparty"] = None
        bound = standing.finds("D", "D:pseudonym") or standing.knew("D", row.get("occurred_at"), row.get("recorded_at"))
        if list_ == "events" and row["category"] == "D" and not bound:
            # Its own report, of which the vehicle is closed to it.
            row["vin"] = next(each for each in (*self.before.vehicles, None) if each != row["vin"])
        if list_ == "events" and row["category"] != "D":
            row["vin"] = self.random.choice((None, *self.before.vehicles))
        if list_ == "custody" and hidden_h and row["until_at"] is not None:
            row["until_at"] += DAY
        if list_ == "installations" and not standing.finds("D", "D:pseudonym"):
            self.removal(row, standing)
        return True

    def rewrite(self, row: dict[str, Any]) -> None:
        grave = ("INFO", "MEDIUM") if "rule" in row else ("MINOR", "FATAL")
        for column, values in (("state_of_health", (1.0, 99.0)), ("grade", ("A", "Z")), ("description", ("?", "!")), ("severity", grave)):
            if column in row:
                row[column] = self.random.choice(values)

    def removal(self, row: dict[str, Any], standing: Standing) -> None:
        """The removal after the party's time: it may have been otherwise, or not yet."""
        if not standing.knew("D", row["removed_at"], row["removal_recorded_at"]):
            at = self.random.choice((None, MOMENT))
            row["removed_at"] = row["removal_recorded_at"] = at

    # Vehicles

    def vehicle(self, vehicle: dict[str, Any]) -> None:
        standing = self.before.on_vehicle(vehicle["vin"])
        if standing is None:
            others = [each for each in names.COMPANIES if each != self.party.uscc]
            vehicle.update(automaker=self.random.choice(others), model_name="Other", swap_model=self.hit(), produced_on=self.random.choice(words_of_days()))
            if self.hit(0.3):
                self.tables["vehicle.vehicle"].remove(vehicle)
                self.keep("vehicle.access", lambda row: row["vin"] != vehicle["vin"])
        if standing is None or not standing.sees("D"):
            for column, values in VEHICLE_CHANGED.items():
                vehicle[column] = self.random.choice(values)

    # Recovery

    def batches(self) -> None:
        """Batches of which the party sees a share at most: masses; all of those of which it sees nothing."""
        taken = self.tables["battery.recovery_input"]
        for batch in self.tables["battery.recovery_batch"]:
            packs = [each["code"] for each in taken if each["batch_id"] == batch["id"]]
            standings = [self.before.to_pack(code, named=code in self.named) for code in packs if code in self.before.packs]
            if any(law.batch_is_whole(batch, each, self.party) for each in standings):
                continue
            factor = self.random.choice((1.0, 2.0, 4.0))
            batch["input_mass_kg"] *= factor
            batch["energy_kwh"] = None
            shared = any(each.finds("K:share") for each in standings)
            for output in self.tables["battery.recovery_output"]:
                if output["batch_id"] == batch["id"]:
                    output["input_kg"] *= factor
                    output["recovered_kg"] *= factor if shared else 0.5
            self.plant(batch["id"], factor)

    def plant(self, batch: str, factor: float) -> None:
        """What was done in a plant of which the party sees nothing: other masses, and the last of each is not there."""
        for table, column in (("battery.recovery_step", "input_kg"), ("battery.recovery_assay", "recovered_kg"), ("battery.recovery_material", "mass_kg")):
            rows = [row for row in self.tables[table] if row["batch_id"] == batch]
            for row in rows:
                row[column] *= factor
            for row in rows[-1:]:
                self.tables[table].remove(row)

    def links(self) -> None:
        """What hangs together where the party does not see one of the ends."""
        there = {code for code in self.before.packs if self.before.on_pack(code)}
        self.keep("battery.lineage", lambda row: (row["other"] in there and row["code"] in there | self.named) or self.hit())
        links = {(each["code"], each["relation"], each["other"]) for each in self.tables["battery.lineage"]}
        for code in self.before.packs:
            for other in [each for each in self.before.packs if each != code and each not in there and self.hit(0.2)]:
                link = {"code": code, "relation": self.random.choice(("SOURCE", "PRODUCT")), "other": other, "number": 1}
                self.tables["battery.lineage"] += [link] if (code, link["relation"], other) not in links else []

    def cases(self) -> None:
        """Cases that others read: otherwise, or not there; and who else reads those that the party reads."""
        mine, seen = law.finders(self.party), {row["case_id"] for row in self.before.cases()}
        for row in list(self.tables["enterprise.case_file"]):
            if row["case_id"] in seen:
                if not self.before.as_authority(row):
                    row.update(owners=self.random.choice((["MI"], ["ME", "MI"], ["SA"])), provinces=self.random.sample(names.PROVINCES, 1))
                continue
            row.update(title="Other", state=self.random.choice(STATES), party=self.random.choice(names.COMPANIES))
            if self.hit():
                for table in ("case_file", "case_event", "case_finding", "case_reader"):
                    self.keep(f"enterprise.{table}", lambda each, gone=row["case_id"]: each["case_id"] != gone)
        self.keep("enterprise.case_finding", lambda row: row["case_id"] in seen or self.hit())
        for table in ("enterprise.case_reader", "battery.finding_reader"):
            self.keep(table, lambda row: row["grantee"] in mine or self.hit(0.5))

    def documents(self) -> None:
        """Documents of models of which no pack opens them."""
        for table, category in (("battery.model_material", "B"), ("battery.model_dismantling", "C")):
            opening = [code for code in self.before.packs if self.before.to_pack(code, named=code in self.named).sees(category)]
            models = {self.before.packs[code]["model_id"] for code in opening}
            self.keep(table, lambda row, models=models: row["model_id"] in models or self.hit())

    # Grants

    def grants(self, table: str, key: str, keys: list[str]) -> None:
        """Others' grants, in any number; and one of the party's own that has not begun."""
        self.keep(table, lambda row: row["grantee"] in self.mine or self.hit(0.5))
        strangers = [each for each in (*names.COMPANIES, "province:11") if each not in self.mine]
        for each in keys:
            self.grant(table, key, each, self.random.choice(strangers), MOMENT - 77 * DAY)
            if self.hit(0.2):
                self.grant(table, key, each, self.party.uscc, FUTURE[1] + DAY)

    def grant(self, table: str, key: str, value: str, grantee: str, start: Any) -> None:
        relation = self.random.choice(("custodian", "receiver", "automaker", "maker"))
        copied = {"code": {"state_of_health": None}, "vin": {}}[key]
        self.tables[table].append({"grantee": grantee, "relation": relation, "from_at": start, "until_at": None, key: value, "produced_on": None, **copied})

    def copies(self) -> None:
        """What grants copy of their root."""
        packs = {row["code"]: row for row in self.tables["battery.pack"]}
        vehicles = {row["vin"]: row for row in self.tables["vehicle.vehicle"]}
        for row in self.tables["battery.access"]:
            row["produced_on"], row["state_of_health"] = packs[row["code"]]["produced_on"], packs[row["code"]]["state_of_health"]
        for row in self.tables["vehicle.access"]:
            row["produced_on"] = vehicles[row["vin"]]["produced_on"]


def words_of_days() -> tuple[Any, ...]:
    """Days on which a vehicle may have been made."""
    return ((MOMENT - 300 * DAY).date(), (MOMENT - 900 * DAY).date())


def named_codes(fields: tuple[Field, ...]) -> set[str]:
    """The battery codes that an operation names."""
    found: set[str] = set()
    for each in fields:
        for arg in each.args:
            if arg.name == "code":
                found.add(arg.value)
            elif arg.name == "codes":
                found.update(arg.value)
        found |= named_codes(each.children)
    return found
