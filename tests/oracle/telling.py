"""This module is in charge of what every answer of the oracle has: standing, what is shown and what is kept, connections, the registry.

Plain Python that imports nothing of the project. `Telling.cell` is the one place where a column is shown or kept, and there every use
of a right is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from tests.oracle import law
from tests.oracle import vocabulary as words
from tests.oracle.asking import Field, Token
from tests.oracle.law import Right, Standing
from tests.oracle.listing import holds, ordered, page
from tests.oracle.setting import Party, World
from tests.oracle.vocabulary import Cell

Path = tuple[str, ...]
Row = dict[str, Any]
Redaction = tuple[Path, str, str]
Tell = Callable[[Any, tuple[Field, ...], Path], Any]

CLOSED: Final = "CATEGORY_CLOSED"


class Unordered(list[Any]):
    """Rows whose order nobody promised."""


@dataclass(slots=True)
class Answer:
    """What a party has to get: data with tokens, and the redactions; and which rights were put to use on the way."""

    data: dict[str, Any] = field(default_factory=dict)
    redactions: set[Redaction] = field(default_factory=set)
    uses: Counter[Right] = field(default_factory=Counter)
    rows: int = 0


def what_it_is(code: str) -> str:
    """What a battery code is on: its fourth character says it; of the short form, for something made of used ones, the last."""
    return {"P": "PACK", "M": "MODULE", "C": "CELL"}[code[18] if len(code) == 19 else code[3]]


class Telling:
    """One answer in the making."""

    def __init__(self, world: World, party: Party) -> None:
        self.party = party
        self.answer = Answer()
        self.tables = world.tables
        self.packs = {row["code"]: {**row, "product_type": what_it_is(row["code"])} for row in self.tables["battery.pack"]}
        self.vehicles = {row["vin"]: row for row in self.tables["vehicle.vehicle"]}
        self.nobody = law.stand("battery", party, {}, [])
        self.registry = law.stand("enterprise", party, {"all": True}, [])

    # Standing

    def to_pack(self, code: str, *, named: bool = False) -> Standing:
        """The party's standing to a pack, be it there or not."""
        pack = self.packs.get(code)
        if pack is None:
            return self.nobody
        grants = [each for each in self.tables["battery.access"] if each["code"] == code]
        holding = law.pack_relations(pack, grants, self.party, named=named)
        return law.stand("battery", self.party, holding, grants, product=pack["is_product"])

    def on_pack(self, code: str, *, named: bool = False) -> Standing | None:
        """The party's standing to a pack that is there, else None."""
        found = self.to_pack(code, named=named)
        return found if found.listed or (named and found.there) else None

    def on_vehicle(self, vin: str | None) -> Standing | None:
        """The party's standing to a vehicle that is there, else None."""
        vehicle = self.vehicles.get(vin or "")
        if vehicle is None:
            return None
        grants = [each for each in self.tables["vehicle.access"] if each["vin"] == vin]
        found = law.stand("vehicle", self.party, law.vehicle_relations(vehicle, grants, self.party), grants)
        return found if found.there else None

    # What is shown and what is kept

    def use(self, standing: Standing, category: str) -> None:
        """Count the rights to that category that stand behind this row, those too that give nothing of a row."""
        self.answer.uses.update(each for each in standing.rights if each.category == category)

    def shut(self, path: Path, standing: Standing, category: str) -> None:
        """Null, and a redaction that says why."""
        self.use(standing, category)
        self.answer.redactions.add((path, CLOSED, standing.policy(category)))

    def cell(self, row: Row, cell: Cell, open_: bool, standing: Standing, each: Field, path: Path) -> Any:
        """A column, if it is open."""
        if not open_:
            return self.shut(path, standing, cell.category)
        self.use(standing, cell.category)
        return self.value(row[cell.column], cell.kind, each, path)

    def value(self, value: Any, kind: str, each: Field, path: Path) -> Any:
        """A value as the graph shows it."""
        if value is None:
            return None
        match kind:
            case "day":
                return value.isoformat()
            case "instant":
                return instant(value)
            case "enterprise":
                return self.enterprise(value, each.children, path)
            case "province":
                return self.region(value + "0000", each.children, path)
            case "region":
                return self.region(value, each.children, path)
            case "vehicle":
                return self.vehicle(value, each.children, path)
            case "pack":
                return self.pack(value, each.children, path)
        return value

    def listed(self, asked: Field, path: Path, rows: list[Any], name: Callable[[Any], Any], tell: Tell) -> Row:
        """A connection over rows in their order; `name` tells them apart."""
        what = (path, *((arg.name, repr(arg.value)) for arg in asked.args if arg.name not in ("first", "last", "after", "before")))

        def cursor(row: Any) -> Token:
            return Token("cursor", (self.party.uscc, what, name(row)))

        found = page(rows, asked, cursor)
        told: Row = {}
        for each in asked.children:
            here = (*path, each.key)
            match each.name:
                case "nodes":
                    told[each.key] = [tell(row, each.children, here) for row in found.rows]
                case "edges":
                    told[each.key] = [self.edge(row, each, here, cursor, tell) for row in found.rows]
                case "pageInfo":
                    ends: list[Token | None] = [cursor(row) for row in found.rows[:1] + found.rows[-1:]] or [None, None]
                    info = {"hasNextPage": found.after, "hasPreviousPage": found.before, "startCursor": ends[0], "endCursor": ends[-1]}
                    told[each.key] = {below.key: info[below.name] for below in each.children}
                case "totalCount":
                    told[each.key] = found.total
                case "totalCountCapped":
                    told[each.key] = False
        return told

    def edge(self, row: Any, asked: Field, path: Path, cursor: Callable[[Any], Token], tell: Tell) -> Row:
        """One edge."""
        return {each.key: cursor(row) if each.name == "cursor" else tell(row, each.children, (*path, each.key)) for each in asked.children}

    def pack(self, code: str, fields: tuple[Field, ...], path: Path) -> Row | None:
        """A pack; one that the party may not see is one that is not there."""
        raise NotImplementedError

    def vehicle(self, vin: str | None, fields: tuple[Field, ...], path: Path) -> Row | None:
        """A vehicle; one that the party may not see is one that is not there."""
        raise NotImplementedError

    def pack_list(self, asked: Field, path: Path, codes: list[str]) -> Row:
        """Packs that are there without being named."""
        raise NotImplementedError

    def vehicle_list(self, asked: Field, path: Path, vins: list[str]) -> Row:
        """Vehicles that are there."""
        raise NotImplementedError

    # The registry

    def enterprise(self, uscc: str, fields: tuple[Field, ...], path: Path) -> Row | None:
        """An enterprise of the registry: everybody sees it."""
        row = next((each for each in self.tables["enterprise.enterprise"] if each["uscc"] == uscc), None)
        if row is None or not self.registry.there:
            return None
        self.answer.rows += 1
        return {each.key: self.enterprise_field(row, each, (*path, each.key)) for each in fields}

    def enterprise_field(self, row: Row, each: Field, path: Path) -> Any:
        match each.name:
            case "batteries":
                return self.pack_list(each, path, [code for code, pack in self.packs.items() if pack["maker"] == row["uscc"]])
            case "vehicles":
                return self.vehicle_list(each, path, [vin for vin, vehicle in self.vehicles.items() if vehicle["automaker"] == row["uscc"]])
            case "outlets":
                return self.outlets(row["uscc"], each, path)
            case "roles":
                return self.entries("enterprise.role", words.ROLE, row["uscc"], each, path)
            case "licences":
                return self.entries("enterprise.licence", words.LICENCE, row["uscc"], each, path)
        return self.registered(words.ENTERPRISE, row, each, path)

    def registered(self, cells: dict[str, Cell], row: Row, each: Field, path: Path) -> Any:
        cell = cells[each.name]
        return self.cell(row, cell, self.registry.sees(*cell.opens), self.registry, each, path)

    def entries(self, table: str, cells: dict[str, Cell], uscc: str, asked: Field, path: Path) -> Unordered:
        rows = [each for each in self.tables[table] if each["uscc"] == uscc]
        return Unordered([{each.key: self.registered(cells, row, each, (*path, each.key)) for each in asked.children} for row in rows])

    def outlets(self, uscc: str, asked: Field, path: Path) -> Unordered:
        province = asked.arg("province")
        rows = [each for each in self.tables["enterprise.outlet"] if each["uscc"] == uscc and province in (None, each["province"] + "0000")]
        return Unordered([{each.key: self.registered(words.OUTLET, row, each, (*path, each.key)) for each in asked.children} for row in rows])

    def region(self, code: str, fields: tuple[Field, ...], path: Path) -> Row | None:
        row = next((each for each in self.tables["enterprise.region"] if each["code"] == code), None)
        return None if row is None else {each.key: self.registered(words.REGION, row, each, (*path, each.key)) for each in fields}

    def enterprise_list(self, asked: Field, path: Path) -> Row:
        """The registry, filtered and sorted."""
        wanted, order = dict(asked.arg("filter") or {}), asked.arg("orderBy") or {"field": "USCC"}
        role = wanted.pop("role", None)
        rows = [each for each in self.tables["enterprise.enterprise"] if holds(wanted, partial(registered_value, each))]
        if role is not None:
            having = {each["uscc"] for each in self.tables["enterprise.role"] if holds({"role": role}, each.__getitem__)}
            rows = [each for each in rows if each["uscc"] in having]
        by = order["field"].lower()
        rows = ordered(rows, lambda row: row[by], lambda row: row["uscc"], down=order.get("direction") == "DESC")
        tell = lambda row, fields, here: self.enterprise(row["uscc"], fields, here)  # noqa: E731
        return self.listed(asked, path, rows, lambda row: row["uscc"], tell)


def registered_value(row: Row, name: str) -> Any:
    """A filtered column of the registry."""
    return row["province"] + "0000" if name == "province" else row[name]


def instant(value: datetime) -> str:
    """RFC 3339 in UTC."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
