"""This module is in charge of a small federated world: one set of data, served whole by a monolith and in three parts by subgraphs.

Required fields are computed from what the representation brings, so that a wrong representation gives a wrong answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from graphql import ExecutionResult, GraphQLError, GraphQLResolveInfo, GraphQLSchema, build_schema, execute_sync, parse, validate

from auth.principal import Principal
from gateway.composition.supergraph import Supergraph
from gateway.execution.context import RequestContext
from gateway.execution.subgraph import SubgraphError, SubgraphRequest, SubgraphResult
from gateway.planning.printer import representations_variable
from tests.planning.composing import supergraph_of

BATTERY: Final = """
type Query {
  batteries: [Battery!]! battery(code: ID!): Battery things: [Thing!]! matrix: [[Thing]!] first: Battery @shareable badged: [Badged!]!
}
type Mutation { rename(code: ID!, name: String): Battery }
interface Named { name: String }
interface Badged { name: String }
union Thing = Battery | Vehicle
enum Grade { A B C }
type Battery implements Named & Badged @key(fields: "code") {
  code: ID!
  name: String @shareable
  soh: Float
  serial: String!
  weight(unit: String = "kg"): Int
  cells(first: Int): [Int!]
  grade: Grade
  parent: Battery
  related: [Battery!]!
  plant: Plant @shareable
}
type Vehicle @key(fields: "vin") { vin: ID! batteries: [Battery]! }
type Plant { city: String @shareable line: Int }
"""
VEHICLE: Final = """
type Query { vehicles(first: Int): [Vehicle!]! first: Battery @shareable makers: [Enterprise] }
type Mutation { recall(vin: ID!): Vehicle }
interface Named { name: String }
interface Badged { badge: String }
type Battery implements Badged @key(fields: "code") {
  code: ID!
  name: String @shareable
  badge: String @requires(fields: "grade")
  vehicle: Vehicle
  weight(unit: String = "kg"): Int @external
  grade: Grade @external
  heavy: Boolean @requires(fields: "weight")
  label(prefix: String): String @requires(fields: "grade weight plant { line }")
  plant: Plant @shareable
}
type Plant { city: String @shareable country: String line: Int @external }
enum Grade { A B C }
type Vehicle implements Named & Badged @key(fields: "vin") { vin: ID! name: String badge: String range: Int maker: Enterprise }
type Enterprise @key(fields: "id") { id: ID! }
"""
ENTERPRISE: Final = """
type Query { owners: [Owner] enterprise(credit: ID!): Enterprise }
interface Named { name: String }
union Owner = Enterprise | Person
type Enterprise implements Named @key(fields: "id") @key(fields: "credit country { code }") {
  id: ID! credit: ID! name: String country: Country! fleet: [Vehicle!] rating: Float
}
type Country @shareable { code: ID! name: String }
type Person implements Named { name: String friend: Owner }
type Vehicle @key(fields: "vin") {
  vin: ID! range: Int @external owner: Owner far: String @requires(fields: "range") }
type Battery @key(fields: "code") { code: ID! heavy: Boolean @external recycler: Enterprise cost: Int @requires(fields: "heavy") }
"""
MONOLITH: Final = """
type Query {
  batteries: [Battery!]! battery(code: ID!): Battery things: [Thing!]! matrix: [[Thing]!] first: Battery vehicles(first: Int): [Vehicle!]!
  makers: [Enterprise] owners: [Owner] enterprise(credit: ID!): Enterprise badged: [Badged!]!
}
type Mutation { rename(code: ID!, name: String): Battery recall(vin: ID!): Vehicle }
interface Named { name: String }
interface Badged { name: String badge: String }
union Thing = Battery | Vehicle
union Owner = Enterprise | Person
enum Grade { A B C }
type Battery implements Named & Badged {
  code: ID! name: String soh: Float serial: String! weight(unit: String = "kg"): Int cells(first: Int): [Int!] grade: Grade parent: Battery
  related: [Battery!]! plant: Plant vehicle: Vehicle heavy: Boolean label(prefix: String): String recycler: Enterprise cost: Int badge: String
}
type Plant { city: String line: Int country: String }
type Vehicle implements Named & Badged { vin: ID! name: String badge: String range: Int maker: Enterprise batteries: [Battery]! owner: Owner far: String }
type Enterprise implements Named { id: ID! credit: ID! name: String country: Country! fleet: [Vehicle!] rating: Float }
type Country { code: ID! name: String }
type Person implements Named { name: String friend: Owner }
"""
ENTITIES: Final = "\nscalar _Any\nunion _Entity = {members}\nextend type Query {{ _entities(representations: [_Any!]!): [_Entity]! }}\n"
DIRECTIVES: Final = """
directive @key(fields: String!) repeatable on OBJECT
directive @external on FIELD_DEFINITION
directive @requires(fields: String!) on FIELD_DEFINITION
directive @shareable on OBJECT | FIELD_DEFINITION
"""
Record = dict[str, Any]


def records() -> dict[str, Record]:
    """Everything there is, by "Type:key"; other records are named by that string."""
    plant = {"__typename": "Plant", "city": "Ningde", "line": 3, "country": "CN"}
    return {
        "Battery:b1": _battery("b1", weight=450, grade="A", parent=None, related=["Battery:b2", "Battery:b3"], plant=plant, vehicle="Vehicle:v1"),
        "Battery:b2": _battery("b2", weight=None, grade="B", parent="Battery:b1", related=[], plant=None, vehicle=None, serial=None),
        "Battery:b3": _battery("b3", weight=90, grade=None, parent="Battery:b2", related=["Battery:b1"], plant=plant, vehicle="Vehicle:v2"),
        "Vehicle:v1": _vehicle("v1", range=520, maker="Enterprise:e1", batteries=["Battery:b1", None, "Battery:b1"], owner="Person:Li"),
        "Vehicle:v2": _vehicle("v2", range=None, maker=None, batteries=["Battery:b3"], owner="Enterprise:e2"),
        "Enterprise:e1": _enterprise("e1", fleet=["Vehicle:v1", "Vehicle:v2"], rating=4.5),
        "Enterprise:e2": _enterprise("e2", fleet=None, rating=None),
        "Person:Li": {"__typename": "Person", "name": "Li", "friend": "Enterprise:e1"},
    }


def _battery(code: str, **more: Any) -> Record:
    fixed = {"name": f"pack {code}", "soh": 91.5, "serial": f"s-{code}", "cells": [4, 5, 6], "recycler": "Enterprise:e2"}
    return {"__typename": "Battery", "code": code, **fixed, **more}


def _vehicle(vin: str, **more: Any) -> Record:
    return {"__typename": "Vehicle", "vin": vin, "name": f"car {vin}", **more}


def _enterprise(number: str, **more: Any) -> Record:
    country = {"__typename": "Country", "code": "CN", "name": "China"}
    return {"__typename": "Enterprise", "id": number, "credit": f"c-{number}", "name": f"firm {number}", "country": country, **more}


def roots(name: str, arguments: Mapping[str, Any]) -> Any:
    """What the root fields give, as names of records."""
    match name:
        case "batteries" | "badged":
            return ["Battery:b1", "Battery:b3"]
        case "battery" | "rename":
            return f"Battery:{arguments['code']}"
        case "recall":
            return f"Vehicle:{arguments['vin']}"
        case "things":
            return ["Battery:b1", "Vehicle:v1", "Battery:b3"]
        case "matrix":
            return [["Battery:b1", None], ["Vehicle:v2", "Battery:b3"], []]
        case "first":
            return "Battery:b1"
        case "vehicles":
            return ["Vehicle:v1", "Vehicle:v2"][: arguments.get("first")]
        case "makers":
            return ["Enterprise:e1", None, "Enterprise:e2"]
        case "owners":
            return ["Person:Li", None, "Enterprise:e2"]
        case _:
            return f"Enterprise:{arguments['credit'].removeprefix('c-')}"


def computed(record: Mapping[str, Any], name: str, arguments: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    """Fields that are computed: `given` are the values they are computed from."""
    match name:
        case "weight":
            weight = record["weight"]
            return weight if weight is None or arguments["unit"] == "kg" else weight * 1000
        case "cells":
            return record["cells"][: arguments.get("first")]
        case "badge":
            return f"badge {given['grade']}" if record["__typename"] == "Battery" else "badge of a car"
        case "heavy":
            return given["weight"] is not None and given["weight"] > 100
        case "label":
            line = (given["plant"] or {}).get("line")
            return f"{arguments.get('prefix')}/{given['grade']}/{given['weight']}/{line}"
        case "far":
            return f"far {given['range']}"
        case "cost":
            return 7 if given["heavy"] else 3
        case _:
            return record.get(name)


COMPUTED_FROM: Final = {"badge": ("grade",), "heavy": ("weight",), "label": ("grade", "weight", "plant"), "far": ("range",), "cost": ("heavy",)}


@dataclass(slots=True)
class Service:
    """A GraphQL service over the records: the monolith, or a subgraph that trusts representations for what it does not own."""

    schema: GraphQLSchema
    is_subgraph: bool
    records: dict[str, Record] = field(default_factory=records)
    mutations: list[str] = field(default_factory=list)

    def ask(self, query: str, variables: Mapping[str, Any]) -> ExecutionResult:
        """Answer a document that has to be valid."""
        document = parse(query)
        assert validate(self.schema, document) == [], (query, validate(self.schema, document))
        result = execute_sync(self.schema, document, variable_values=dict(variables), field_resolver=self._resolve, type_resolver=self._type)
        assert isinstance(result, ExecutionResult)
        return result

    def _resolve(self, source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        name = info.field_name
        if name == "_entities":
            return [self._entity(each) for each in arguments["representations"]]
        if source is None:
            if info.parent_type.name == "Mutation":
                self.mutations.append(f"{name} {sorted(arguments.items())}")
            return self._named(roots(name, arguments))
        if name in COMPUTED_FROM and (name, source["__typename"]) != ("badge", "Vehicle"):
            return computed(source, name, arguments, self._given(source, name))
        return self._named(computed(source, name, arguments, {}))

    def _given(self, source: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        if self.is_subgraph:
            missing = [each for each in COMPUTED_FROM[name] if each not in source["_given"]]
            if missing:
                raise GraphQLError(f"{name} was asked for without {missing}")
            given: Mapping[str, Any] = source["_given"]
            return given
        return {each: computed(source, each, {"unit": "kg"}, source) for each in COMPUTED_FROM[name]}

    def _entity(self, representation: Mapping[str, Any]) -> Any:
        wanted = representation["__typename"]
        for record in self.records.values():
            keys = ("code", "vin", "id") if "credit" not in representation else ("credit",)
            if record["__typename"] == wanted and any(key in representation and record.get(key) == representation[key] for key in keys):
                return {**record, "_given": representation}
        return None

    def _named(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._named(each) for each in value]
        found = self.records.get(value, value) if isinstance(value, str) else value
        missing = isinstance(value, str) and found is value and value.partition(":")[0] in ("Battery", "Vehicle", "Enterprise")
        return None if missing else {"_given": {}, **found} if isinstance(found, dict) else found

    def _type(self, value: Any, _info: GraphQLResolveInfo, _type: Any) -> str:
        name: str = value["__typename"]
        return name


def monolith() -> Service:
    """All of it in one schema: the oracle."""
    return Service(build_schema(MONOLITH), is_subgraph=False)


def subgraph(sdl: str, members: str) -> Service:
    """One part of it, with `_entities`."""
    return Service(build_schema(DIRECTIVES + sdl + ENTITIES.format(members=members)), is_subgraph=True)


SUPERGRAPH: Final = {"battery": BATTERY, "vehicle": VEHICLE, "enterprise": ENTERPRISE}
MEMBERS: Final = {"battery": "Battery | Vehicle", "vehicle": "Battery | Vehicle | Enterprise", "enterprise": "Battery | Vehicle | Enterprise"}


def world() -> Supergraph:
    """The supergraph of the three parts."""
    return supergraph_of(**SUPERGRAPH)


@dataclass(slots=True)
class FakeSubgraph:
    """A subgraph in memory that remembers what it was asked, as (document, representations)."""

    in_turn = False

    service: Service
    asked: list[tuple[str, tuple[Mapping[str, Any], ...]]] = field(default_factory=list)

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResult:
        """Answer by running the document."""
        fetch = request.fetch
        self.asked.append((fetch.document, request.representations))
        variables = dict(request.variables)
        if fetch.is_entity:
            variables[representations_variable(fetch.variables)] = list(request.representations)
        result = self.service.ask(fetch.document, variables)
        skipped = 1 if fetch.is_entity else 0
        errors = tuple(SubgraphError("reported", "SUBGRAPH_ERROR", tuple(each.path or ())[skipped:]) for each in result.errors or ())
        if fetch.is_entity:
            return SubgraphResult(entities=tuple((result.data or {}).get("_entities", ())), errors=errors)
        return SubgraphResult(data=result.data, errors=errors)


SERVICES: Final = {name: subgraph(sdl, MEMBERS[name]) for name, sdl in SUPERGRAPH.items()}


def subgraphs() -> dict[str, FakeSubgraph]:
    """The three parts, in memory, which have been asked nothing yet."""
    return {name: FakeSubgraph(service) for name, service in SERVICES.items()}


def context(deadline: float) -> RequestContext:
    """A request of nobody in particular; `deadline` is on the loop's clock."""
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    principal = Principal("91350900587527783P", frozenset(), frozenset(), frozenset(), "", "test", "token-1", moment)
    return RequestContext(principal, moment, deadline, "request-1")
