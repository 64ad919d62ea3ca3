"""This module is in charge of the past in the oracle's words: what a party has to be told of a battery or vehicle as of a moment.

What was there then is what the tables of the world held when all that was recorded by the moment had been recorded, and nothing more: no fold of events
stands behind it. Who sees it is decided by what holds now. Plain Python that imports nothing of the project.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from tests.oracle import law
from tests.oracle import vocabulary as words
from tests.oracle.asking import Field
from tests.oracle.law import Right, Standing
from tests.oracle.oracle import Teller
from tests.oracle.setting import Party, World
from tests.oracle.telling import Answer, Path, Row, instant

OF_NOW: Final = frozenset({"D:model", "H:holder", "H:prior", "H:origin", "K:share"})
"""Parts that are open of the present alone."""
LEADS: Final = {
    "PRODUCED": "CODED", "IMPORTED": "CODED", "RELEASED": "STORED", "SOLD": "SOLD", "INSTALLED": "INSTALLED", "VEHICLE_SOLD": "IN_SERVICE",
    "POOLED": "SWAP_POOL", "SWAP_IN": "IN_SERVICE", "SWAP_OUT": "SWAP_POOL", "RETIRED": "RETIRED", "VEHICLE_SCRAPPED": "IN_SCRAP_VEHICLE",
    "PACK_DETACHED": "RETIRED", "HANDED_OVER": "IN_TRANSIT", "RECEIVED": "STORED", "GRADED": "GRADED", "DISMANTLED": "DISMANTLED", "RECYCLED": "RECYCLED",
    "REPROCESSED": "REPROCESSED", "DISPOSED": "DISPOSED", "EXPORTED": "EXPORTED", "REPORTED_MISSING": "MISSING", "PRODUCT_SOLD": "IN_SERVICE",
}  # fmt: skip
"""Where an event leads that always leads to one state, by section 3 of the domain reference."""
NEW: Final = (None, "CODED", "SOLD")


def answer(now: World, then: World, as_of: datetime, party: Party, fields: tuple[Field, ...]) -> Answer:
    """The answer to a query whose fields all have that `asOf`."""
    teller = PastTeller(now, then, as_of, party)
    teller.answer.data = {each.key: teller.root(each) for each in fields}
    return teller.answer


def as_told(events: dict[int, Row], seen: set[int]) -> list[Row]:
    """Those of a battery's events, by their numbers, that are seen, as they were told last: each correction where that was told which it leads back to,
    through whatever was told of it in between, seen or not; and of several of one place the last."""
    last: dict[int, Row] = {}
    for number in sorted(seen):
        place = number
        while events[place]["corrects"] is not None:
            place = events[place]["corrects"]
        last[place] = events[number]
    return [last[place] for place in sorted(last)]


def stood(events: Iterable[Row]) -> tuple[str | None, datetime | None]:
    """Where a battery stands by these events alone, in their order, and since when."""
    status = since = before_transit = before_missing = None
    for event in events:
        kind, was = event["type"], status
        if kind == "REJECTED":
            status = before_transit or status
        elif kind == "FOUND":
            status, before_missing = before_missing or status, None
        elif kind == "REPLACED":
            status = "IN_SERVICE" if status in NEW else "REMOVED"
        elif kind == "REINSTALLED":
            status = "IN_SERVICE" if event["vin"] is not None else "SWAP_POOL"
        else:
            status = LEADS.get(kind, status)
        if kind == "HANDED_OVER":
            before_transit = was
        if kind == "REPORTED_MISSING":
            before_missing = was
        if status != was:
            since = event["occurred_at"]
    return status, since


class PastTeller(Teller):
    """Tells one answer of the past: standing and everything that it leads to by `now`, rows by `then`."""

    def __init__(self, now: World, then: World, as_of: datetime, party: Party) -> None:
        super().__init__(now, party)
        self.then, self.as_of = then.tables, as_of
        self.packs_then = {row["code"]: {**row, "product_type": self.packs[row["code"]]["product_type"]} for row in self.then["battery.pack"]}
        self.vehicles_then = {row["vin"]: row for row in self.then["vehicle.vehicle"]}

    def root(self, asked: Field) -> Any:
        """battery(code, asOf) or vehicle(vin, asOf)."""
        path = (asked.key,)
        if asked.name == "battery":
            code = asked.arg("code")
            if code not in self.packs_then or self.past_of_pack(code, named=True) is None:
                return None
            self.answer.rows += 1
            return {each.key: self.pack_then(code, each, (*path, each.key)) for each in asked.children}
        vin = self.readable(asked.arg("vin")) if "D" in self.party.categories else None
        standing = self.on_vehicle(vin)
        if vin not in self.vehicles_then or standing is None:
            return None
        self.answer.rows += 1
        return {each.key: self.vehicle_then(vin, standing, each, (*path, each.key)) for each in asked.children}

    # Standing

    def past_of_pack(self, code: str, *, named: bool = False) -> Standing | None:
        """The party's standing to the past of a pack: without what an offer gives while it is pending, and what is open of the present alone."""
        pack = self.packs.get(code)
        if pack is None:
            return None
        grants = [each for each in self.tables["battery.access"] if each["code"] == code]
        holding = {**law.pack_relations(pack, grants, self.party, named=named), "receiver": False}
        found = law.stand("battery", self.party, holding, grants, product=pack["is_product"])
        rights: tuple[Right, ...] = tuple(each for each in found.rights if each.opening not in OF_NOW)
        found = replace(found, rights=rights, columns=found.columns - OF_NOW, facts=found.facts - OF_NOW)
        return found if found.listed or (named and found.there) else None

    def seen(self, code: str, standing: Standing) -> list[Row]:
        """The events of then that pass in the party's list, in the order in which they were told."""
        rows = sorted((row for row in self.then["battery.event"] if row["code"] == code), key=lambda row: row["seq"])
        return [row for row in rows if law.passes("events", row, standing, self.party)]

    # Packs

    def pack_then(self, code: str, each: Field, path: Path) -> Any:
        """A field of a pack of then."""
        listed = each.name in ("vehicle", "installations")
        standing = self.past_of_pack(code, named=not listed) or self.nobody
        row = self.packs_then[code]
        if each.name == "asOf":
            return instant(self.as_of)
        if each.name in ("status", "statusSince"):
            row = self.standing_then(code, standing)
        if each.name in words.PACK:
            cell = words.PACK[each.name]
            return self.cell(row, cell, standing.sees(*cell.opens), standing, each, path)
        if each.name in words.FACTS:
            return self.facts_then(code, standing, each, path)
        match each.name:
            case "composition":
                return self.documents("battery.model_material", words.MATERIAL, "B", row, standing, each, path)
            case "dismantling":
                found = self.documents("battery.model_dismantling", words.DISMANTLING, "C", row, standing, each, path)
                return found[0] if found else None
            case "recovery":
                return self.recovery(code, standing, each, path, self.then)
            case "sources" | "products":
                return self.lineage_then(code, standing, each, path)
        if not standing.sees("D", "D:pseudonym"):
            return self.shut(path, standing, "D")
        self.use(standing, "D")
        return self.vehicle(row["vin"], each.children, path)

    def lineage_then(self, code: str, standing: Standing, asked: Field, path: Path) -> Any:
        """What it was made of; what came of it by an event that the party sees: the one that released that, or made it."""
        if not standing.sees("A"):
            return self.shut(path, standing, "A")
        self.use(standing, "A")
        links = [row["other"] for row in self.then["battery.lineage"] if (row["code"], row["relation"] + "S") == (code, asked.name.upper())]
        if asked.name == "products":
            seen = {row["type"] for row in self.seen(code, standing)}
            links = [each for each in links if ("DISMANTLED" if self.packs[each]["parent"] == code else "REPROCESSED") in seen]
        return self.pack_list(asked, path, links)

    def standing_then(self, code: str, standing: Standing) -> Row:
        """That it is there is open to all, and so where it began."""
        events = {row["seq"]: row for row in self.then["battery.event"] if row["code"] == code}
        seen = {row["seq"] for row in self.seen(code, standing)}
        status, since = stood(as_told(events, seen | {1}))
        return {"status": status, "status_since": since}

    def facts_then(self, code: str, standing: Standing, asked: Field, path: Path) -> Any:
        """A list of facts of then."""
        table, _, category, gate, order = words.FACTS[asked.name]
        # When a request lapsed is of the chain of custody.
        if not standing.finds(*(("H",) if asked.name == "takeBacks" else gate)) and category not in standing.windows:
            return self.shut(path, standing, category)
        self.use(standing, category)
        rows = [row for row in self.then[table] if row["code"] == code and law.passes(asked.name, row, standing, self.party)]
        rows.sort(key=lambda row: tuple(row[each] for each in order))
        tell = lambda row, fields, here: self.fact(asked.name, self.fact_then(asked.name, row, standing), standing, fields, here)  # noqa: E731
        return self.listed(asked, path, rows, lambda row: (code, row.get("seq") or row["id"]), tell)

    def fact_then(self, list_: str, row: Row, standing: Standing) -> Row:
        """The row; of an installation without its end, unless the event that ended it is the party's to see."""
        if list_ != "installations" or row["removed_at"] is None:
            return row
        seen = {each["seq"] for each in self.seen(row["code"], standing)}
        ends = [
            each
            for each in self.then["battery.event"]
            if (each["code"], each["occurred_at"], each["recorded_at"]) == (row["code"], row["removed_at"], row["removal_recorded_at"])
        ]
        return row if all(each["seq"] in seen for each in ends) else {**row, "removed_at": None, "removal_recorded_at": None}

    # Vehicles

    def vehicle_then(self, vin: str, standing: Standing, each: Field, path: Path) -> Any:
        """A field of a vehicle of then."""
        if each.name == "asOf":
            return instant(self.as_of)
        if each.name in words.VEHICLE:
            cell = words.VEHICLE[each.name]
            row = {**self.vehicles_then[vin], "scrapped": self.taken_in(vin)}
            return self.cell(row, cell, standing.sees(*cell.opens), standing, each, path)
        if not standing.sees("D", "D:pseudonym"):
            return self.shut(path, standing, "D")
        self.use(standing, "D")
        if each.name == "batteries":
            codes = [code for code, pack in self.packs_then.items() if pack["vin"] == vin and self.binds(code)]
            return self.pack_list(each, path, codes)
        there = {code: found for code in self.packs_then if (found := self.past_of_pack(code))}
        rows = [row for row in self.then["battery.installation"] if row["vin"] == vin and row["code"] in there]
        rows = [row for row in rows if law.passes("installations", row, there[row["code"]], self.party)]
        rows.sort(key=lambda row: (row["occurred_at"], row["code"], row["seq"]))
        tell = lambda row, fields, here: self.fact(  # noqa: E731
            "installations", self.fact_then("installations", row, there[row["code"]]), there[row["code"]], fields, here
        )
        return self.listed(each, path, rows, lambda row: (row["code"], row["seq"]), tell)

    def binds(self, code: str) -> bool:
        """Whether the party sees now to which vehicle the pack is bound."""
        standing = self.on_pack(code)
        return standing is not None and standing.sees("D", "D:pseudonym")

    def taken_in(self, vin: str) -> bool:
        """Whether the party sees an event that took it in for scrapping."""
        codes = {code for code in self.packs_then if self.past_of_pack(code)}
        return any(
            row["type"] == "VEHICLE_SCRAPPED" and row["vin"] == vin
            for code in codes
            for row in self.seen(code, self.past_of_pack(code) or self.nobody)
        )  # fmt: skip
