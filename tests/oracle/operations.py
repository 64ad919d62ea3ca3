"""This module is in charge of random operations: seeded, wide, and full of what tempts a leak (masked filters, sorts, counts, cursors, joins)."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from tests.oracle import names
from tests.oracle import vocabulary as words
from tests.oracle.asking import Arg, Field, Token, Word, field
from tests.oracle.setting import Party, World
from tests.oracle.vocabulary import Cell
from tests.oracle.world import STATES

EVENT_TYPES: Final = ("PRODUCED", "INSTALLED", "MAINTAINED", "HANDED_OVER", "GRADED")
CLOSED_BY: Final = {"composition": "B", "dismantling": "C", "vehicle": "D", "installations": "D", "recovery": "K"}
COMPARED: Final = ("eq", "gt", "gte", "lt", "lte")
OPERATORS: Final = {
    "code": ("eq", "in", "startsWith"), "chemistry": ("eq", "ne", "in"), "status": ("eq", "ne", "in"), "manufacturer": ("eq", "in"), "model": ("eq", "in"),
    "producedOn": COMPARED, "nominalEnergyKwh": COMPARED, "reprocessed": ("eq", "isNull"), "swapModel": ("eq", "isNull"),
    "productType": ("eq", "in"), "powertrain": ("eq", "ne", "in", "isNull"), "stateOfHealth": (*COMPARED, "isNull"), "cycleCount": (*COMPARED, "isNull"),
    "safetyClass": ("eq", "ne", "in", "isNull"), "custodian": ("eq", "in", "isNull"), "province": ("eq", "in", "isNull"),
}  # fmt: skip
# What a party is likely not to see, asked for more often than the rest.
TEMPTING: Final = ("stateOfHealth", "cycleCount", "safetyClass", "custodian", "province", "swapModel", "powertrain", "reporter", "counterparty")
VEHICLE_OPERATORS: Final = {
    "automaker": ("eq", "in"), "modelName": ("eq", "startsWith"), "powertrain": ("eq", "ne", "in", "isNull"), "swapModel": ("eq", "isNull"),
    "producedOn": COMPARED, "province": ("eq", "in", "isNull"),
}  # fmt: skip
EVENT_OPERATORS: Final = {
    "batteryCode": ("eq", "in", "startsWith"), "type": ("eq", "ne", "in"), "category": ("eq", "ne", "in"), "occurredAt": COMPARED, "recordedAt": COMPARED,
    "dueOn": (*COMPARED, "isNull"), "late": ("eq", "isNull"), "reporter": ("eq", "in", "isNull"), "counterparty": ("eq", "in", "isNull"),
    "province": ("eq", "in", "isNull"),
}  # fmt: skip
ENUMS: Final = {"productType", "chemistry", "status", "powertrain", "safetyClass", "type", "category"}


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing to ask. `walk` is the way of response keys to the connection that is walked page by page, if any; `keys` are
    representations to be sent straight to `subgraph`. `hidden` are the paths of fields outside the token's view, `refused` is the code
    of the refusal where the operation names something outside it in its arguments."""

    fields: tuple[Field, ...]
    walk: tuple[str, ...] = ()
    keys: tuple[dict[str, Any], ...] = ()
    subgraph: str = ""
    hidden: tuple[tuple[str, ...], ...] = ()
    refused: str = ""


def turned(fields: tuple[Field, ...], way: tuple[str, ...], args: tuple[Arg, ...]) -> tuple[Field, ...]:
    """The same selection with other page arguments at the end of the way."""
    told = []
    for each in fields:
        if each.key == way[0] and len(way) > 1:
            told.append(replace(each, children=turned(each.children, way[1:], args)))
        elif each.key == way[0]:
            kept = tuple(arg for arg in each.args if arg.name not in ("first", "after", "last", "before"))
            told.append(replace(each, args=(*kept, *args)))
        else:
            told.append(each)
    return tuple(told)


class Asker:
    """Makes operations for one party in one world; of some `kinds` (names of its methods) alone, when there are any."""

    def __init__(self, rng: random.Random, world: World, party: Party, kinds: tuple[str, ...] = ()) -> None:
        self.random = rng
        self.kinds = kinds
        self.tables = world.tables
        self.party = party
        self.codes: list[str] = [row["code"] for row in self.tables["battery.pack"]]
        mine = {row["code"] for row in self.tables["battery.access"] if row["grantee"] == party.uscc}
        self.near = [code for code in self.codes if code in mine] or self.codes
        self.vins = [row["vin"] for row in self.tables["vehicle.vehicle"]]

    def operation(self) -> Operation:
        """One operation."""
        kinds: tuple[tuple[Callable[[], Operation], int], ...] = (
            (self.list_of_packs, 8), (self.walk_of_packs, 4), (self.named_pack, 6), (self.named_packs, 3), (self.walk_of_facts, 3), (self.vehicles, 4),
            (self.list_of_events, 2), (self.walk_of_events, 1),
            (self.one_vehicle, 3), (self.registry, 2), (self.makers, 2), (self.packs_by_key, 3), (self.vehicles_by_key, 2),
            (self.bindings_by_key, 1), (self.outside, 1 if len(self.party.categories) > 9 else 8),
            (self.list_of_cases, 2), (self.walk_of_cases, 1), (self.named_case, 1),
        )  # fmt: skip
        likely = [weight if not self.kinds or make.__name__ in self.kinds else 0 for make, weight in kinds]
        return self.random.choices([each for each, _ in kinds], likely)[0]()

    def some(self, cells: dict[str, Cell], least: int, most: int) -> list[tuple[str, Cell]]:
        """A few of the fields whose category the token has."""
        open_ = [(name, cell) for name, cell in cells.items() if cell.category in self.party.categories]
        return self.random.sample(open_, min(len(open_), self.random.randint(least, most)))

    def flip(self, share: float = 0.5) -> bool:
        return self.random.random() < share

    def code(self) -> str:
        """A battery code: more often than not of a pack that the party once had to do with."""
        return self.random.choice(self.near if self.flip(0.6) else self.codes)

    # Roots

    def named_pack(self) -> Operation:
        code = self.code() if self.flip(0.93) else self.random.choice(names.MISSING)
        asked = self.argued("battery", Arg("code", "BatteryCode!", code, self.flip()), children=self.pack(2, 6, 12))
        return Operation((replace(asked, alias="found" if self.flip(0.2) else None),))

    def named_packs(self) -> Operation:
        codes = [*self.random.sample(self.codes, self.random.randint(1, 5)), self.random.choice(names.MISSING)]
        self.random.shuffle(codes)
        return Operation((self.argued("batteriesByCode", Arg("codes", "[BatteryCode!]!", codes, self.flip()), children=self.pack(2, 3, 8)),))

    def list_of_packs(self) -> Operation:
        args = (*self.pack_filter(), *self.pack_order(), *self.page(8))
        return Operation((Field("batteries", self.connection(self.pack(2, 4, 10)), args),))

    def walk_of_packs(self) -> Operation:
        inner = self.edges(self.pack(1, 2, 4))
        if self.flip(0.7):
            return Operation((Field("batteries", inner, (*self.pack_filter(), *self.pack_order(), *self.start())),), ("batteries",))
        maker = self.argued("enterprise", Arg("uscc", "CreditCode!", self.maker()))
        return Operation((replace(maker, children=(Field("batteries", inner, (*self.pack_order(), *self.start())),)),), ("enterprise", "batteries"))

    def walk_of_facts(self) -> Operation:
        lists = [name for name, told in words.FACTS.items() if told[2] in self.party.categories]
        name = self.random.choice([*lists, *(["gradings", "gradings"] if "gradings" in lists else [])])
        below = Field(name, self.edges(self.fact(name, 0)), self.start())
        asked = self.argued("battery", Arg("code", "BatteryCode!", self.code()), children=(field("code"), below))
        return Operation((asked,), ("battery", name))

    def list_of_events(self) -> Operation:
        return Operation((Field("lifecycleEvents", self.connection(self.fact("events", 1)), (*self.event_arguments(), *self.page(8))),))

    def walk_of_events(self) -> Operation:
        return Operation((Field("lifecycleEvents", self.edges(self.fact("events", 0)), (*self.event_arguments(), *self.start())),), ("lifecycleEvents",))

    def list_of_cases(self) -> Operation:
        if "M" not in self.party.categories:
            return Operation((field("cases", field("nodes", field("id"))),), hidden=(("cases",),))
        states = (Arg("states", "[CaseState!]", [Word(each) for each in self.random.sample(STATES, 2)], self.flip()),) if self.flip() else ()
        return Operation((Field("cases", self.connection(self.case(1)), (*states, *self.page(4))),))

    def walk_of_cases(self) -> Operation:
        if "M" not in self.party.categories:
            return self.list_of_cases()
        return Operation((Field("cases", self.edges(self.case(0)), self.start()),), ("cases",))

    def named_case(self) -> Operation:
        there = [row["case_id"] for row in self.tables["enterprise.case_file"]]
        case = self.random.choice(there) if there and self.flip(0.9) else "no-such-case"
        if "M" not in self.party.categories:
            return Operation((self.argued("case", Arg("id", "ID!", case), children=(field("id"),)),), hidden=(("case",),))
        return Operation((self.argued("case", Arg("id", "ID!", case, self.flip()), children=self.case(1)),))

    def vehicles(self) -> Operation:
        args = [*self.vehicle_filter(), Arg("first", "Int", 50)]
        if self.flip():
            args.append(Arg("orderBy", "VehicleOrder", {"field": Word("PRODUCED_ON"), "direction": self.direction()}))
        return Operation((Field("vehicles", self.connection(self.vehicle(2)), tuple(args)),))

    def one_vehicle(self) -> Operation:
        vin = self.random.choice(self.vins) if self.flip(0.9) else names.VINS[-1]
        binds = "D" in self.party.categories
        if binds and self.flip():
            arg = Arg("vin", "Vin", vin, self.flip())
        else:
            owner = self.party.uscc if self.flip(0.85) else names.COMPANIES[1]
            arg = Arg("id", "ID", Token("vehicle", (owner, vin)) if self.flip(0.95) else "no-such-id")
        # A look-up names its vehicle: without D the whole field is outside the view.
        return Operation((self.argued("vehicle", arg, children=self.vehicle(2)),), hidden=() if binds else (("vehicle",),))

    def registry(self) -> Operation:
        args = list(self.page(6))
        if self.flip():
            operator, role = self.random.choice((("eq", Word("SW")), ("in", [Word("CU"), Word("BM")])))
            args.append(Arg("filter", "EnterpriseFilter", {"role": {operator: role}}))
        if self.flip():
            args.append(Arg("orderBy", "EnterpriseOrder", {"field": Word(self.random.choice(("USCC", "NAME"))), "direction": self.direction()}))
        return Operation((Field("enterprises", self.connection(self.enterprise(2)), tuple(args)),))

    def makers(self) -> Operation:
        children = (Field("batteries", self.connection(self.pack(1, 3, 8)), (*self.pack_filter(), *self.page(6))), *self.enterprise(1))
        return Operation((self.argued("enterprise", Arg("uscc", "CreditCode!", self.maker()), children=self.distinct(children)),))

    def packs_by_key(self) -> Operation:
        keys = [{"__typename": "Battery", "code": code} for code in (*self.random.sample(self.codes, 5), names.MISSING[0])]
        return Operation(self.pack(1, 3, 9, crossing=False), keys=tuple(keys), subgraph="battery")

    def vehicles_by_key(self) -> Operation:
        owners = [self.party.uscc, self.party.uscc, names.COMPANIES[1]]
        keys = [{"__typename": "Vehicle", "id": Token("vehicle", (self.random.choice(owners), vin))} for vin in (*self.vins, names.VINS[-1])]
        keys.append({"__typename": "Vehicle", "id": "no-such-id"})
        return Operation(self.vehicle(0, crossing=False), keys=tuple(keys), subgraph="vehicle")

    def bindings_by_key(self) -> Operation:
        keys = [{"__typename": "Battery", "code": code} for code in (*self.random.sample(self.codes, 4), names.MISSING[0])]
        if "D" not in self.party.categories:
            return self.packs_by_key()
        installations = Field("installations", self.connection(self.fact("installations", 0, crossing=False)))
        return Operation((field("vehicle", *self.vehicle(0, crossing=False)), installations), keys=tuple(keys), subgraph="vehicle")

    def outside(self) -> Operation:
        """What the token has no category for: a field is null with an error, an argument refuses the whole."""
        closed = [name for name, cell in words.PACK.items() if cell.category not in self.party.categories and name != "province"]
        plain = (field("code"), field("status"))
        if not closed:
            return self.list_of_packs()
        name = self.random.choice(closed)
        if self.flip() and name in OPERATORS and name not in ENUMS and "isNull" in OPERATORS[name]:
            wanted = self.random.choice(({name: {"isNull": False}}, {"or": [{"not": {name: {"isNull": True}}}]}))
            args = (Arg("filter", "BatteryFilter", wanted, self.flip()),)
            return Operation((Field("batteries", (field("nodes", *plain),), args),), refused="UNAUTHORIZED_INPUT")
        if "F" not in self.party.categories and self.flip():
            order = Arg("orderBy", "BatteryOrder", {"field": Word("STATE_OF_HEALTH"), "direction": self.direction()}, self.flip())
            return Operation((Field("batteries", (field("nodes", *plain),), (order,)),), refused="UNAUTHORIZED_INPUT")
        leaf = self.leaf(name, words.PACK[name], 0)
        return Operation((field("batteries", field("nodes", *plain, leaf)),), hidden=(("batteries", "nodes", leaf.key),))

    def maker(self) -> str:
        return str(self.random.choice(self.tables["battery.pack"])["maker"])

    # Selections

    def argued(self, name: str, *args: Arg, children: tuple[Field, ...] = ()) -> Field:
        return Field(name, children, args)

    def distinct(self, fields: tuple[Field, ...]) -> tuple[Field, ...]:
        return tuple({each.key: each for each in fields}.values())

    def leaf(self, name: str, cell: Cell, depth: int, *, crossing: bool = True) -> Field:
        """The field of a cell, with what is to be selected of what it leads to."""
        match cell.kind:
            case "enterprise":
                wide = crossing and self.flip(0.4)
                return field(name, field("uscc"), *((field("name"), field("address")) if wide else ()))
            case "province" | "region":
                return field(name, field("code"), *((field("nameEn"),) if crossing and self.flip(0.3) else ()))
            case "vehicle":
                return field(name, *(self.vehicle(depth) if crossing else (field("id"),)))
            case "pack":
                return field(name, *(self.pack(depth, 2, 6) if crossing else (field("code"),)))
        return Field(name, alias="its" + name if self.flip(0.05) else None)

    def pack(self, depth: int, least: int, most: int, *, crossing: bool = True) -> tuple[Field, ...]:
        """Fields of a pack; `crossing`: also those of other subgraphs."""
        told = [self.leaf(name, cell, depth - 1, crossing=crossing) for name, cell in self.some(words.PACK, least, most)]
        if depth > 0:
            lists = [name for name, of in words.FACTS.items() if of[2] in self.party.categories]
            lists += [name for name, category in CLOSED_BY.items() if category in self.party.categories and name != "installations"]
            lists += [each for each in ("gradings", "gradings", "gradings", "safetyEvents") if each in lists]
            lists += ["model", "otherCode", "sources", "products", *(["takeBackOutlets"] if crossing else [])]
            wanted = self.random.sample(lists, min(len(lists), self.random.randint(2, 5)))
            told += [self.below_pack(name, depth - 1, crossing) for name in wanted if crossing or name not in ("vehicle", "installations")]
        return self.distinct((field("code"), *told))

    def below_pack(self, name: str, depth: int, crossing: bool) -> Field:
        match name:
            case "otherCode":
                return field(name, field("scheme"), field("value"))
            case "model":
                return field(name, *self.distinct((field("id"), *(self.leaf(each, cell, 0, crossing=crossing) for each, cell in self.some(words.MODEL, 1, 4)))))
            case "vehicle":
                return field(name, *self.vehicle(depth))
            case "composition":
                return field(name, *(field(each) for each, _ in self.some(words.MATERIAL, 2, 4)))
            case "dismantling":
                return field(name, *(field(each) for each, _ in self.some(words.DISMANTLING, 2, 5)))
            case "recovery":
                inner = [self.leaf(each, cell, 0, crossing=crossing) for each, cell in self.some(words.RECOVERY, 1, 5)]
                # Not drawn which: whoever asks for a batch asks for all that hangs below it.
                plant = [field(each, *map(field, cells)) for each, (_, cells, _) in words.PLANT.items()]
                return field(name, *inner, field("elements", *(field(each) for each in words.ELEMENT)), *plant)
            case "sources" | "products":
                return Field(name, self.connection(self.pack(depth, 2, 5, crossing=crossing)), self.page(2))
            case "takeBackOutlets":
                province = self.random.choice(names.PROVINCES) + "0000"
                return Field(name, (field("name"), field("address")), (Arg("province", "RegionCode!", province),))
        args = [*self.page(4)]
        if name == "events" and self.flip(0.3):
            args.append(Arg("types", "[EventType!]", [Word(each) for each in self.random.sample(EVENT_TYPES, 3)], self.flip()))
        return Field(name, self.connection(self.fact(name, depth, crossing=crossing)), tuple(args))

    def fact(self, name: str, depth: int, *, crossing: bool = True) -> tuple[Field, ...]:
        cells = self.some(words.FACTS[name][1], 2, 5)
        told = [self.leaf(each, cell, depth - 1, crossing=crossing) for each, cell in cells]
        if name == "findings" and crossing and any(each == "message" for each, _ in cells):
            # Not drawn whether: what is drawn after it stays what it was.
            told.append(field("cases", field("id"), field("title"), field("state")))
        return self.distinct((*told, field("removedAt")) if name == "installations" and self.flip() else tuple(told))

    def case(self, depth: int) -> tuple[Field, ...]:
        told = [field("id"), *(self.leaf(name, cell, 0) for name, cell in self.some(words.CASE, 2, 7))]
        if self.flip(0.7):
            told.append(Field("events", self.connection(self.case_event()), self.page(3)))
        if self.flip(0.7):
            told.append(field("findings", *self.fact("findings", depth)))
        return self.distinct(tuple(told))

    def case_event(self) -> tuple[Field, ...]:
        below = {"documents": tuple(field(each) for each in words.CASE_DOCUMENT)}
        cells = self.some(words.CASE_EVENT, 3, 8)
        return tuple([field(name, *below[name]) if name in below else self.leaf(name, cell, 0) for name, cell in cells])

    def vehicle(self, depth: int, *, crossing: bool = True) -> tuple[Field, ...]:
        told = [field("id"), *(self.leaf(name, cell, 0, crossing=crossing) for name, cell in self.some(words.VEHICLE, 2, 7))]
        if depth > 0 and "D" in self.party.categories:
            if self.flip(0.6):
                told.append(Field("batteries", self.connection(self.pack(depth - 1, 2, 6)), self.page(4)))
            if self.flip():
                told.append(Field("installations", self.connection(self.fact("installations", depth)), self.page(4)))
        return self.distinct(tuple(told))

    def enterprise(self, depth: int) -> tuple[Field, ...]:
        told = [self.leaf(name, cell, 0) for name, cell in self.some(words.ENTERPRISE, 2, 6)]
        told += [field("licences", *(field(each) for each in words.LICENCE)), field("address")]
        if self.flip(0.4):
            told.append(field("roles", *(field(each) for each in words.ROLE)))
        if self.flip(0.4):
            told.append(field("outlets", *(self.leaf(each, cell, 0) for each, cell in self.some(words.OUTLET, 2, 4))))
        if depth > 1 and self.flip(0.4):
            told.append(Field("batteries", self.connection(self.pack(0, 2, 5)), (Arg("first", "Int", 3),)))
        if depth > 1 and self.flip(0.3):
            told.append(Field("vehicles", self.connection(self.vehicle(0)), (Arg("first", "Int", 50),)))
        return self.distinct(tuple(told))

    # Lists

    def connection(self, node: tuple[Field, ...]) -> tuple[Field, ...]:
        told = [field("nodes", *node)] if self.flip(0.8) else [field("edges", field("cursor"), field("node", *node))]
        if self.flip():
            told.append(field("totalCount"))
        if self.flip(0.3):
            told.append(field("pageInfo", field("hasNextPage"), field("hasPreviousPage"), field("startCursor")))
        return tuple(told)

    def edges(self, node: tuple[Field, ...]) -> tuple[Field, ...]:
        info = field("pageInfo", *(field(each) for each in ("hasNextPage", "hasPreviousPage", "startCursor", "endCursor")))
        return (field("edges", field("cursor"), field("node", *node)), info, *((field("totalCount"),) if self.flip(0.3) else ()))

    def page(self, most: int) -> tuple[Arg, ...]:
        if self.flip(0.3):
            return ()
        return (Arg("first" if self.flip(0.7) else "last", "Int", self.random.randint(1, most), self.flip()),)

    def start(self) -> tuple[Arg, ...]:
        return (Arg(self.random.choice(("first", "last")), "Int", self.random.randint(1, 3)),)

    def direction(self) -> Word:
        return Word(self.random.choice(("ASC", "DESC")))

    def pack_order(self) -> tuple[Arg, ...]:
        fields = ["CODE", "PRODUCED_ON", *(["STATE_OF_HEALTH"] * 3 if "F" in self.party.categories else [])]
        if self.flip(0.35):
            return ()
        return (Arg("orderBy", "BatteryOrder", {"field": Word(self.random.choice(fields)), "direction": self.direction()}, self.flip()),)

    def pack_filter(self) -> tuple[Arg, ...]:
        if self.flip(0.45):
            return ()
        return (Arg("filter", "BatteryFilter", self.condition(OPERATORS, "battery.pack", words.PACK, 2), self.flip()),)

    def event_arguments(self) -> tuple[Arg, ...]:
        args = []
        if self.flip(0.7):
            args.append(Arg("filter", "LifecycleEventFilter", self.condition(EVENT_OPERATORS, "battery.event", words.EVENT, 2), self.flip()))
        if self.flip(0.6):
            order = {"field": Word(self.random.choice(("RECORDED_AT", "CODE"))), "direction": self.direction()}
            args.append(Arg("orderBy", "LifecycleEventOrder", order, self.flip()))
        return tuple(args)

    def vehicle_filter(self) -> tuple[Arg, ...]:
        if self.flip():
            return ()
        return (Arg("filter", "VehicleFilter", self.condition(VEHICLE_OPERATORS, "vehicle.vehicle", words.VEHICLE, 1), self.flip()),)

    def condition(self, operators: dict[str, tuple[str, ...]], table: str, cells: dict[str, Cell], depth: int) -> dict[str, Any]:
        if depth and self.flip(0.4):
            inner = [self.condition(operators, table, cells, depth - 1) for _ in range(self.random.randint(1, 2))]
            return self.random.choice(({"and": inner}, {"or": inner}, {"not": inner[0]}, {"or": inner, **inner[0]}))
        allowed = [name for name in operators if name == "model" or cells[name].category in self.party.categories]
        tempting = [name for name in allowed if name in TEMPTING]
        name = self.random.choice(tempting if tempting and self.flip() else allowed)
        return {name: self.comparison(name, self.random.choice(operators[name]), table, cells)}

    def comparison(self, name: str, operator: str, table: str, cells: dict[str, Cell]) -> dict[str, Any]:
        if operator == "isNull":
            return {operator: self.flip()}
        cell = Cell("model_id", "plain", ("A",)) if name == "model" else cells[name]
        values = [value for row in self.tables[table] if (value := row[cell.column]) is not None]
        if not values:
            return {} if operator == "in" else {"isNull": True} if "isNull" in OPERATORS.get(name, ()) else {}
        if operator == "in" and self.flip(0.05):
            return {operator: []}
        if operator == "in":
            return {operator: [self.operand(name, cell, each) for each in self.random.sample(values, min(2, len(values)))]}
        value = self.operand(name, cell, self.random.choice(values))
        return {operator: value[: self.random.randint(1, len(value))] if operator == "startsWith" else value}

    def operand(self, name: str, cell: Cell, value: Any) -> Any:
        if name in ENUMS:
            return Word(value)
        if cell.kind == "day":
            return value.isoformat()
        if cell.kind == "instant":
            return value.isoformat().replace("+00:00", "Z")
        return value + "0000" if cell.kind == "province" else value
