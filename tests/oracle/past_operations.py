"""This module is in charge of random questions about the past: batteries by code and vehicles by VIN, as of one moment, with what of them has a past."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Final

from tests.oracle import names
from tests.oracle import vocabulary as words
from tests.oracle.asking import Arg, Field, field
from tests.oracle.setting import Party, World
from tests.oracle.telling import instant
from tests.oracle.vocabulary import Cell

LISTS: Final = ("healthRecords", "safetyEvents", "gradings", "custody", "takeBacks", "events", "installations", "findings")
DOCUMENTS: Final = (("composition", "B", words.MATERIAL), ("dismantling", "C", words.DISMANTLING))
# Ids are not told apart by moments, and what a row leads to is told as it is now, which other operations ask for.
LEFT_OUT: Final = ("fact", "events", "pack", "documents")
BELOW: Final = {
    "enterprise": (field("uscc"), field("name")),
    "province": (field("code"),),
    "region": (field("code"),),
    "vehicle": (field("id"), field("modelName")),
}


class PastAsker:
    """Draws questions of one party as of one moment."""

    def __init__(self, rng: random.Random, now: World, as_of: datetime, party: Party) -> None:
        self.random, self.party = rng, party
        self.codes = [row["code"] for row in now.tables["battery.pack"]]
        self.vins = [row["vin"] for row in now.tables["vehicle.vehicle"]] or list(names.VINS[:1])
        self.found = [row["code"] for row in now.tables["battery.finding"]]
        self.as_of = Arg("asOf", "DateTime", instant(as_of))

    def operation(self) -> tuple[Field, ...]:
        """Some batteries, now and then a vehicle."""
        told = [self.battery(f"b{place}") for place in range(self.random.randint(1, 3))]
        if "D" in self.party.categories and self.random.random() < 0.5:
            told.append(Field("vehicle", self.vehicle(), (Arg("vin", "Vin", self.random.choice(self.vins)), self.as_of), "v"))
        return tuple(told)

    def battery(self, alias: str) -> Field:
        """A battery with some of its fields and lists."""
        below = [field("asOf"), field("status"), *(self.leaf(name, cell) for name, cell in self.some(words.PACK, 3, 8) if name != "status")]
        below += [self.facts(each) for each in self.random.sample(LISTS, 3) if words.FACTS[each][2] in self.party.categories]
        code = self.random.choice(self.codes)
        if "M" in self.party.categories and self.found and self.random.random() < 0.4:
            code = self.random.choice(self.found)
            below = [each for each in below if each.name != "findings"] + [self.facts("findings")]
        if "D" in self.party.categories and self.random.random() < 0.4:
            below.append(field("vehicle", *BELOW["vehicle"]))
        for name, category, cells in DOCUMENTS:
            if category in self.party.categories and self.random.random() < 0.3:
                below.append(field(name, *(self.leaf(each, cell) for each, cell in self.some(cells, 2, 4))))
        for name in ("sources", "products"):
            if self.random.random() < 0.3:
                below.append(field(name, field("nodes", field("code"), field("status")), field("totalCount")))
        if "K" in self.party.categories and self.random.random() < 0.5:
            below.append(field("recovery", *self.recovery()))
        return Field("battery", tuple(below), (Arg("code", "BatteryCode!", code), self.as_of), alias)

    def recovery(self) -> tuple[Field, ...]:
        """A batch with all that hangs below it."""
        plant = (field(each, *map(field, cells)) for each, (_, cells, _) in words.PLANT.items())
        return (*(self.leaf(each, cell) for each, cell in self.some(words.RECOVERY, 1, 5)), field("elements", *map(field, words.ELEMENT)), *plant)

    def vehicle(self) -> tuple[Field, ...]:
        """Fields and lists of a vehicle."""
        below = [field("asOf"), *(self.leaf(name, cell) for name, cell in self.some(words.VEHICLE, 3, 8))]
        if self.random.random() < 0.6:
            below.append(Field("batteries", (field("nodes", field("code")), *self.counted()), self.page()))
        return (*below, self.facts("installations"))

    def facts(self, name: str) -> Field:
        """A page of facts, oldest or newest first."""
        cells = {each: cell for each, cell in words.FACTS[name][1].items() if cell.kind not in LEFT_OUT}
        children = (field("nodes", *(self.leaf(each, cell) for each, cell in self.some(cells, 2, 6))), *self.counted())
        return Field(name, children, self.page())

    def counted(self) -> tuple[Field, ...]:
        """How many there are is asked for or not: what a vehicle had in it is read in another way for who counts it."""
        return (field("totalCount"),) if self.random.random() < 0.6 else ()

    def page(self) -> tuple[Arg, ...]:
        """The first or last few, or what there is by itself."""
        return (Arg(self.random.choice(("first", "last")), "Int", self.random.randint(1, 6)),) if self.random.random() < 0.5 else ()

    def some(self, cells: dict[str, Cell], least: int, most: int) -> list[tuple[str, Cell]]:
        """Fields that the party's token may ask for."""
        able = [each for each in cells.items() if each[1].category in self.party.categories and each[1].kind not in LEFT_OUT]
        return self.random.sample(able, min(len(able), self.random.randint(least, most)))

    def leaf(self, name: str, cell: Cell) -> Field:
        """A field, with what has to be asked below it."""
        return field(name, *BELOW.get(cell.kind, ()))
