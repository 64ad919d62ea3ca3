"""This module is in charge of the oracle: the answer to an operation over a world for a party, from the law alone.

Plain Python that imports nothing of the project. One method tells each type of the graph.
"""

from __future__ import annotations

import json
from functools import partial
from hashlib import md5
from typing import Any, Final

from tests.oracle import law
from tests.oracle import vocabulary as words
from tests.oracle.asking import Field, Token
from tests.oracle.law import Standing
from tests.oracle.listing import holds, ordered
from tests.oracle.setting import RANK_SALT, Party, World
from tests.oracle.telling import Answer, Path, Row, Telling, Unordered, instant
from tests.oracle.vocabulary import Cell

# Rows of these fields are asked for in the vehicle subgraph, by representations: there the code was not named.
BY_REPRESENTATION: Final = {"vehicle", "installations"}


def answer(world: World, party: Party, fields: tuple[Field, ...]) -> Answer:
    """The answer to a query."""
    teller = Teller(world, party)
    teller.answer.data = {each.key: teller.root(each) for each in fields}
    return teller.answer


def entities(world: World, party: Party, keys: list[Row], fields: tuple[Field, ...], *, subgraph: str) -> Answer:
    """The answer to `_entities`; `keys` are representations, `fields` the selection below, all of one type."""
    teller = Teller(world, party)
    teller.answer.data = {"_entities": [teller.entity(each, fields, subgraph) for each in keys]}
    return teller.answer


def rank(vin: str) -> str:
    """Where a vehicle stands among equals: nothing that follows from its VIN without the database's salt."""
    return md5((RANK_SALT + vin).encode()).hexdigest()


class Teller(Telling):
    """Tells one answer."""

    # Query

    def root(self, asked: Field) -> Any:
        """A field of Query."""
        path = (asked.key,)
        match asked.name:
            case "battery":
                return self.pack(asked.arg("code"), asked.children, path, named=True)
            case "batteriesByCode":
                return [self.pack(code, asked.children, path, named=True) for code in asked.arg("codes")]
            case "batteries":
                return self.pack_list(asked, path, list(self.packs))
            case "lifecycleEvents":
                return self.event_list(asked, path)
            case "cases" | "case" if "M" not in self.party.categories:
                return None
            case "cases":
                return self.case_list(asked, path)
            case "case":
                found = next((row for row in self.cases() if row["case_id"] == asked.arg("id")), None)
                return None if found is None else self.case(found, asked.children, path)
            case "vehicle" if "D" not in self.party.categories:
                return None
            case "vehicle":
                vin = self.vin(asked.arg("id")) if asked.arg("id") else self.readable(asked.arg("vin"))
                return self.vehicle(vin, asked.children, path)
            case "vehicles":
                return self.vehicle_list(asked, path, list(self.vehicles))
            case "enterprise":
                return self.enterprise(asked.arg("uscc"), asked.children, path)
            case "enterprises":
                return self.enterprise_list(asked, path)
        raise AssertionError(asked.name)

    def readable(self, vin: str | None) -> str | None:
        """A VIN that somebody named, if its vehicle's VIN is open to the party; else trying out VINs would tell pseudonyms apart."""
        standing = self.on_vehicle(vin)
        return vin if standing is not None and standing.sees("D") else None

    def vin(self, given: Any) -> str | None:
        """The VIN behind a vehicle id, if it is this party's."""
        ours = isinstance(given, Token) and given.inner[0] == self.party.uscc
        return given.inner[1] if ours else None

    def entity(self, key: Row, fields: tuple[Field, ...], subgraph: str) -> Any:
        """One entity by a representation, which anybody may have made up."""
        path = ("_entities",)
        match key["__typename"], subgraph:
            case "Battery", "battery":
                return self.pack(key["code"], fields, path)
            case "Vehicle", "vehicle":
                return self.vehicle(self.vin(key["id"]), fields, path)
            case "Battery", "vehicle":
                return self.pack_fields(key["code"], fields, path, named=False)
            case "Enterprise", _:
                return self.enterprise(key["uscc"], fields, path)
        raise AssertionError(key)

    # Packs

    def pack(self, code: str, fields: tuple[Field, ...], path: Path, *, named: bool = False) -> Row | None:
        """A pack; one that the party may not see is one that is not there."""
        if self.on_pack(code, named=named) is None:
            return None
        self.answer.rows += 1
        return self.pack_fields(code, fields, path, named=named)

    def pack_fields(self, code: str, fields: tuple[Field, ...], path: Path, *, named: bool) -> Row:
        told = {}
        for each in fields:
            # By a representation, a pack that no list has is a pack that is not there, even to one who took part in it.
            standing = self.on_pack(code, named=named and each.name not in BY_REPRESENTATION) or self.nobody
            told[each.key] = self.pack_field(code, standing, each, (*path, each.key))
        return told

    def pack_field(self, code: str, standing: Standing, each: Field, path: Path) -> Any:
        from_pack = self.packs.get(code, {})
        if each.name in words.PACK:
            cell = words.PACK[each.name]
            if cell.category not in self.party.categories:
                return None  # the token's view lacks it, whatever the row: an error says so, and no redaction
            return self.cell(from_pack, cell, standing.sees(*cell.opens), standing, each, path)
        if each.name in words.FACTS:
            return self.facts(code, standing, each, path)
        match each.name:
            case "otherCode":
                self.use(standing, "A")
                other = {"scheme": from_pack["other_scheme"], "value": from_pack["other_value"]}
                return None if other["scheme"] is None else {below.key: other[below.name] for below in each.children}
            case "model":
                self.use(standing, "A")
                return self.model(from_pack["model_id"], standing, each.children, path)
            case "vehicle":
                if not standing.sees("D", "D:pseudonym"):
                    return self.shut(path, standing, "D")
                self.use(standing, "D")
                return self.vehicle(from_pack["vin"], each.children, path)
            case "composition":
                return self.documents("battery.model_material", words.MATERIAL, "B", from_pack, standing, each, path)
            case "dismantling":
                found = self.documents("battery.model_dismantling", words.DISMANTLING, "C", from_pack, standing, each, path)
                return found[0] if found else None
            case "recovery":
                return self.recovery(code, standing, each, path)
            case "sources" | "products":
                if not standing.sees("A"):
                    return self.shut(path, standing, "A")
                self.use(standing, "A")
                links = [row for row in self.tables["battery.lineage"] if (row["code"], row["relation"] + "S") == (code, each.name.upper())]
                return self.pack_list(each, path, [row["other"] for row in links if row["other"] in self.packs])
            case "takeBackOutlets":
                return self.outlets(from_pack["maker"], each, path)
        raise AssertionError(each.name)

    def pack_list(self, asked: Field, path: Path, codes: list[str]) -> Row:
        """Packs that are there without being named, filtered and sorted by what the party sees of them."""
        there = {code: standing for code in codes if (standing := self.on_pack(code))}
        wanted, order = asked.arg("filter") or {}, asked.arg("orderBy") or {"field": "CODE"}
        found = [code for code in there if holds(wanted, partial(self.seen_of_pack, code, there[code]))]
        by = {"CODE": "code", "PRODUCED_ON": "producedOn", "STATE_OF_HEALTH": "stateOfHealth"}[order["field"]]
        rows = ordered(found, lambda code: self.seen_of_pack(code, there[code], by), lambda code: code, down=order.get("direction") == "DESC")
        return self.listed(asked, path, rows, lambda code: code, lambda code, fields, here: self.pack(code, fields, here))

    def seen_of_pack(self, code: str, standing: Standing, name: str) -> Any:
        """What a filter or a sort sees of a column: the same as the party."""
        cell = words.PACK["manufacturer"] if name == "manufacturer" else Cell("model_id", "plain", ("A",)) if name == "model" else words.PACK[name]
        if not standing.sees(*cell.opens):
            return None
        value = self.packs[code][cell.column]
        return value + "0000" if cell.kind == "province" and value is not None else value

    def model(self, model: str, standing: Standing, fields: tuple[Field, ...], path: Path) -> Row | None:
        """A model: category A, there for whoever sees a pack of it."""
        row = next((each for each in self.tables["battery.model"] if each["id"] == model), None)
        if row is None:
            return None
        return {each.key: self.cell(row, words.MODEL[each.name], True, standing, each, (*path, each.key)) for each in fields}

    def documents(self, table: str, cells: dict[str, Cell], category: str, pack: Row, standing: Standing, asked: Field, path: Path) -> Any:
        """Documents of the pack's model: all of them or none."""
        if not standing.sees(category):
            return self.shut(path, standing, category)
        self.use(standing, category)
        rows = [each for each in self.tables[table] if each["model_id"] == pack["model_id"]]
        return Unordered([self.cells(cells, each, standing, asked.children, path) for each in rows])

    def cells(self, cells: dict[str, Cell], row: Row, standing: Standing, fields: tuple[Field, ...], path: Path) -> Row:
        """Columns of a row all of which is open."""
        return {each.key: self.cell(row, cells[each.name], True, standing, each, (*path, each.key)) for each in fields}

    # Facts below a pack

    def facts(self, code: str, standing: Standing, asked: Field, path: Path) -> Any:
        """A list of facts: shut, or those of its rows that pass."""
        table, _, category, gate, order = words.FACTS[asked.name]
        if not standing.finds(*gate) and category not in standing.windows:
            return self.shut(path, standing, category)
        self.use(standing, category)
        types = asked.arg("types")
        below = [each for each in self.tables[table] if each["code"] == code and (types is None or each["type"] in types)]
        rows = [each for each in below if law.passes(asked.name, each, standing, self.party)]
        rows.sort(key=lambda row: tuple(row[each] for each in order))
        tell = lambda row, fields, here: self.fact(asked.name, row, standing, fields, here)  # noqa: E731
        return self.listed(asked, path, rows, lambda row: (code, row.get("seq"), row.get("module_code") or row.get("id")), tell)

    def event_list(self, asked: Field, path: Path) -> Row:
        """What happened to packs that are there without being named, as far as it would be told below each of them."""
        there = {code: standing for code in self.packs if (standing := self.on_pack(code))}
        rows = [row for row in self.tables["battery.event"] if row["code"] in there]
        rows = [row for row in rows if law.passes("events", row, there[row["code"]], self.party)]
        wanted, order = asked.arg("filter") or {}, asked.arg("orderBy") or {"field": "RECORDED_AT"}
        rows = [row for row in rows if holds(wanted, partial(self.seen_of_event, row, there[row["code"]]))]
        first = {"RECORDED_AT": ("recorded_at",), "CODE": ()}[order["field"]]
        rows.sort(key=lambda row: tuple(row[each] for each in (*first, "code", "seq")), reverse=order.get("direction") == "DESC")
        tell = lambda row, fields, here: self.fact("events", row, there[row["code"]], fields, here)  # noqa: E731
        return self.listed(asked, path, rows, lambda row: (row["code"], row["seq"]), tell)

    def seen_of_event(self, row: Row, standing: Standing, name: str) -> Any:
        """What a filter sees of a column of an event that passed: who was there, and where, where that is open or the party was there itself."""
        cell = words.EVENT[name]
        if cell.category == "H" and not standing.finds("H") and not law.names_me(row, standing, self.party.uscc):
            return None
        value = row[cell.column]
        if value is None or cell.kind not in ("province", "instant"):
            return value
        return value + "0000" if cell.kind == "province" else instant(value)

    def fact(self, list_: str, row: Row, standing: Standing, fields: tuple[Field, ...], path: Path) -> Row:
        """One fact that passed; some of its columns may yet be closed."""
        cells = words.FACTS[list_][1]
        told: Row = {}
        for each in fields:
            here = (*path, each.key)
            if each.name == "cases":
                told[each.key] = [self.case(case, each.children, here) for case in self.cases(row)]
                continue
            cell = cells[each.name]
            if cell.kind == "fact":
                self.use(standing, cell.category)
                told[each.key] = None if row[cell.column] is None else Token("fact", (self.party.uscc, list_, row["code"], row[cell.column]))
            elif cell.kind == "events":
                self.use(standing, cell.category)
                told[each.key] = [Token("fact", (self.party.uscc, "events", row["code"], seq)) for seq in row[cell.column]]
            elif list_ == "installations":
                told[each.key] = self.installation(row, cell, standing, each, here)
            elif list_ == "events":
                told[each.key] = self.event(row, cell, standing, each, here)
            else:
                whole = list_ != "custody" or standing.finds(*cell.opens)
                told[each.key] = self.cell(row, cell, whole, standing, each, here)
        return told

    def event(self, row: Row, cell: Cell, standing: Standing, each: Field, path: Path) -> Any:
        if cell.category == "H":
            return self.cell(row, cell, standing.finds("H") or law.names_me(row, standing, self.party.uscc), standing, each, path)
        if cell.category == "D":
            binding = row["category"] == "D"
            openly = standing.finds("D", "D:pseudonym") or standing.knew("D", row["occurred_at"], row["recorded_at"])
            shown = {**row, "vin": row["vin"] if binding and openly else None}
            # With a window on D, of what binds only the party's own reports may lie beyond it; nothing else has a vehicle that could be closed.
            return self.cell(shown, cell, standing.finds("D", "D:pseudonym") or "D" in standing.windows, standing, each, path)
        return self.cell(row, cell, True, standing, each, path)

    def installation(self, row: Row, cell: Cell, standing: Standing, each: Field, path: Path) -> Any:
        # The end of an installation is a fact of its own: it may lie beyond the window that shows the beginning.
        unknown = not standing.finds("D", "D:pseudonym") and not standing.knew("D", row["removed_at"], row["removal_recorded_at"])
        shown = {**row, "removed_at": None} if unknown else row
        return self.cell(shown, cell, True, standing, each, path)

    def recovery(self, code: str, standing: Standing, asked: Field, path: Path, then: dict[str, list[Row]] | None = None) -> Any:
        """The batches that took the pack in, by the tables of `then` or those of now, as it stood there; who has but a share of what came out sees rates."""
        if not standing.finds("K", "K:own", "K:plant", "K:share"):
            return self.shut(path, standing, "K")
        self.use(standing, "K")
        told = Unordered()
        batches = {each["id"]: each for each in self.tables["battery.recovery_batch"]}
        tables = self.tables if then is None else then
        corrected = {each["id"] for each in tables["battery.recovery_batch"] if each["superseded_at"] is not None}
        for taken in tables["battery.recovery_input"]:
            if taken["batch_id"] in corrected:
                continue
            # A correction is the same batch to whoever reads of it.
            batch = {**batches[taken["batch_id"]], "id": taken["batch_id"].partition("#")[2] or taken["batch_id"]}
            batch |= {"version": taken["batch_id"], "pack_mass_kg": taken["mass_kg"]}
            whole = law.batch_is_whole(batch, standing, self.party)
            if taken["code"] == code and (whole or standing.finds("K:share")):
                told.append({each.key: self.batch(batch, whole, standing, each, (*path, each.key)) for each in asked.children})
        return told

    def batch(self, batch: Row, whole: bool, standing: Standing, each: Field, path: Path) -> Any:
        if each.name in words.PLANT:
            return self.plant(batch, whole, standing, each, path)
        if each.name != "elements":
            return self.cell(batch, words.RECOVERY[each.name], whole, standing, each, path)
        told = Unordered()
        for output in self.tables["battery.recovery_output"]:
            if output["batch_id"] == batch["version"]:
                row = {**output, "rate": output["recovered_kg"] / output["input_kg"]}
                told.append({})
                for below in each.children:
                    cell = words.ELEMENT[below.name]
                    told[-1][below.key] = self.cell(row, cell, whole or "K:share" in cell.opens, standing, below, (*path, below.key))
        return told

    def plant(self, batch: Row, whole: bool, standing: Standing, asked: Field, path: Path) -> Any:
        """What was done in the plant, and weighed there, in order: all of it, or shut."""
        if not whole:
            return self.shut(path, standing, "K")
        self.use(standing, "K")
        table, cells, order = words.PLANT[asked.name]
        rows = [each for each in self.tables[table] if each["batch_id"] == batch["version"]]
        rows.sort(key=lambda row: tuple(row[each] for each in order))
        return [self.cells(cells, each, standing, asked.children, path) for each in rows]

    # Cases

    def reads(self, table: str, key: dict[str, Any]) -> bool:
        """Whether the party is among the readers of what has that key."""
        mine = law.finders(self.party)
        return any(row["grantee"] in mine and all(row[name] == value for name, value in key.items()) for row in self.tables[table])

    def cases(self, finding: Row | None = None) -> list[Row]:
        """The cases that the party reads, the first one first; those on a finding if one is given."""
        on = {row["case_id"] for row in self.tables["enterprise.case_finding"] if finding and (row["code"], row["id"]) == (finding["code"], finding["id"])}
        rows = [row for row in self.tables["enterprise.case_file"] if self.reads("enterprise.case_reader", {"case_id": row["case_id"]})]
        return sorted([row for row in rows if finding is None or row["case_id"] in on], key=lambda row: (row["opened_at"], row["case_id"]))

    def case_list(self, asked: Field, path: Path) -> Row:
        """The latest change first."""
        states = asked.arg("states")
        rows = [row for row in self.cases() if states is None or row["state"] in states]
        rows.sort(key=lambda row: (row["changed_at"], row["case_id"]), reverse=True)
        return self.listed(asked, path, rows, lambda row: row["case_id"], self.case)

    def case(self, row: Row, fields: tuple[Field, ...], path: Path) -> Row:
        """A case that the party reads: all of it, but of its findings those that are the party's to read."""
        self.answer.rows += 1
        told: Row = {}
        for each in fields:
            here = (*path, each.key)
            match each.name:
                case "events":
                    events = [one for one in self.tables["enterprise.case_event"] if one["case_id"] == row["case_id"]]
                    events.sort(key=lambda one: one["number"])
                    told[each.key] = self.listed(each, here, events, lambda one: (one["case_id"], one["number"]), self.case_event)
                case "findings":
                    told[each.key] = [self.fact("findings", one, self.nobody, each.children, here) for one in self.findings_of(row["case_id"])]
                case _:
                    cell = words.CASE[each.name]
                    told[each.key] = self.value(self.of_case(row, cell.column), cell.kind, each, here)
        return told

    def of_case(self, row: Row, column: str) -> Any:
        """A column of a case. Who reads it as an enterprise is told owners and provinces of the findings alone that it reads."""
        if column not in {"owners", "provinces"} or self.as_authority(row):
            return row[column]
        return sorted({each for finding in self.findings_of(row["case_id"]) for each in finding[column]})

    def as_authority(self, case: Row) -> bool:
        """Whether the party reads the case under the name of an authority."""
        names = set(law.finders(self.party)) - {self.party.uscc}
        return any(row["case_id"] == case["case_id"] and row["grantee"] in names for row in self.tables["enterprise.case_reader"])

    def findings_of(self, case: str) -> list[Row]:
        """The findings of a case that are the party's to read, in order."""
        on = {(row["code"], row["id"]) for row in self.tables["enterprise.case_finding"] if row["case_id"] == case}
        rows = [row for row in self.tables["battery.finding"] if (row["code"], row["id"]) in on]
        rows = [row for row in rows if self.reads("battery.finding_reader", {"code": row["code"], "id": row["id"]})]
        return sorted(rows, key=lambda row: (row["first_seen"], row["id"]))

    def case_event(self, row: Row, fields: tuple[Field, ...], path: Path) -> Row:
        told: Row = {}
        for each in fields:
            cell = words.CASE_EVENT[each.name]
            match cell.kind:
                case "documents":
                    told[each.key] = [{below.key: one[below.name] for below in each.children} for one in json.loads(row["documents"])]
                case "events":
                    named = zip(row["evidence_codes"], row["evidence"], strict=True)
                    told[each.key] = [Token("fact", (self.party.uscc, "events", code, seq)) for code, seq in named]
                case _:
                    told[each.key] = self.value(row[cell.column], cell.kind, each, (*path, each.key))
        return told

    # Vehicles

    def vehicle(self, vin: str | None, fields: tuple[Field, ...], path: Path) -> Row | None:
        """A vehicle; one that the party may not see is one that is not there."""
        standing = self.on_vehicle(vin)
        if standing is None or vin is None:
            return None
        self.answer.rows += 1
        return {each.key: self.vehicle_field(vin, standing, each, (*path, each.key)) for each in fields}

    def vehicle_field(self, vin: str, standing: Standing, each: Field, path: Path) -> Any:
        if each.name == "id":
            self.use(standing, "A")
            return Token("vehicle", (self.party.uscc, vin))
        if each.name in words.VEHICLE:
            cell = words.VEHICLE[each.name]
            return self.cell(self.vehicles[vin], cell, standing.sees(*cell.opens), standing, each, path)
        if not standing.sees("D", "D:pseudonym"):
            return self.shut(path, standing, "D")
        self.use(standing, "D")
        if each.name == "batteries":
            return self.pack_list(each, path, [code for code, pack in self.packs.items() if pack["vin"] == vin])
        return self.installed_in(vin, each, path)

    def installed_in(self, vin: str, asked: Field, path: Path) -> Row:
        """Installations in a vehicle: of packs that are there by themselves, as far as their own D reaches."""
        there = {code: standing for code in self.packs if (standing := self.on_pack(code))}
        rows = [each for each in self.tables["battery.installation"] if each["vin"] == vin and each["code"] in there]
        rows = [each for each in rows if law.passes("installations", each, there[each["code"]], self.party)]
        rows.sort(key=lambda row: (row["occurred_at"], row["code"], row["seq"]))
        tell = lambda row, fields, here: self.fact("installations", row, there[row["code"]], fields, here)  # noqa: E731
        return self.listed(asked, path, rows, lambda row: (row["code"], row["seq"]), tell)

    def vehicle_list(self, asked: Field, path: Path, vins: list[str]) -> Row:
        """Vehicles that are there, filtered and sorted by what the party sees of them."""
        there = {vin: standing for vin in vins if (standing := self.on_vehicle(vin))}
        wanted, order = asked.arg("filter") or {}, asked.arg("orderBy") or {}
        found = [vin for vin in there if holds(wanted, partial(self.seen_of_vehicle, vin, there[vin]))]
        rows = ordered(found, lambda vin: self.vehicles[vin]["produced_on"] if order else 0, rank, down=order.get("direction") == "DESC")
        return self.listed(asked, path, rows, lambda vin: vin, lambda vin, fields, here: self.vehicle(vin, fields, here))

    def seen_of_vehicle(self, vin: str, standing: Standing, name: str) -> Any:
        cell = words.VEHICLE[name]
        if not standing.sees(*cell.opens):
            return None
        value = self.vehicles[vin][cell.column]
        return value + "0000" if cell.kind == "province" and value is not None else value
