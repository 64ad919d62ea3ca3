"""This module is in charge of a wide federated world: all that federation knows, over data that are a function of an object's identity.

An object is its type and its id; a value is a digest of the field's name, the id and the arguments. A field that requires
others is a digest of what it is told, so that a wrong representation gives a wrong answer. Nothing is written down twice: the
monolith and the subgraphs have one resolver, and differ in what they may know.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLNamedType,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_interface_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    is_union_type,
    parse,
    validate,
)

from gateway.composition.supergraph import Supergraph
from tests.planning.composing import supergraph_of

CATALOG: Final = """
type Query {
  nodes(first: Int): [Node!]! node(code: ID!): Node alpha: Alpha @shareable mixed: [Mixed!] grid: [[Mixed]!] things: [Thing]
}
type Mutation { makeAlpha(name: String): Alpha }
interface Node @key(fields: "id") { id: ID! name: String }
interface Thing { id: ID! box: Box }
union Mixed = Alpha | Beta
type Alpha implements Node & Thing @key(fields: "id") {
  id: ID! name: String size(unit: String = "kg"): Int box: Box @shareable next: Beta kind: Kind @shareable
}
type Beta implements Node & Thing @key(fields: "id") @key(fields: "code") {
  id: ID! code: ID! name: String box: Box @shareable peers: [Node!]! hidden: Int @inaccessible
}
type Gamma implements Node @key(fields: "id") { id: ID! name: String owner: Owner moved: Int }
type Box { width: Int @shareable depth: Int lid: Lid @shareable }
type Lid { color: String @shareable }
type Owner @key(fields: "id") { id: ID! }
enum Kind { A B C }
"""
RATINGS: Final = """
type Query { best: Node rated(first: Int): [Node] }
type Mutation { rate(code: ID!): Node }
type Node @key(fields: "id") @interfaceObject {
  id: ID! name: String @external tag(prefix: String): String score: Int @requires(fields: "name") similar: [Node!]! maker: Owner
}
type Owner @key(fields: "id") { id: ID! title: String @shareable rank: Int }
"""
WEIGHTS: Final = """
type Query { alpha: Alpha @shareable }
type Alpha @key(fields: "id") { id: ID! size(unit: String = "kg"): Int @external heavy: String @requires(fields: "size(unit: \\"g\\")") }
"""
STORE: Final = """
type Query { stock(first: Int): [Offer!]! deals: [Deal] }
type Mutation { reserve(code: ID!): Offer }
interface Priced { price(unit: String): Int }
union Deal = Offer | Alpha | Gamma
type Offer implements Priced @key(fields: "id") {
  id: ID! price(unit: String): Int item: Alpha @provides(fields: "kind") pair: Deal owner: Owner
}
type Alpha implements Priced @key(fields: "id") {
  id: ID! kind: Kind @external price(unit: String): Int
  box: Box @shareable offers(first: Int): [Offer!]!
}
type Beta @key(fields: "code") { code: ID! aisle: Int count: Int box: Box @shareable }
type Gamma implements Priced @key(fields: "id") { id: ID! price(unit: String): Int moved: Int @override(from: "catalog") }
type Box { width: Int @shareable height: Int lid: Lid @shareable }
type Lid { color: String @shareable weight: Int }
type Owner @key(fields: "id") { id: ID! title: String @shareable debt: Int }
enum Kind { A B C }
"""
LABELS: Final = """
type Alpha @key(fields: "id") {
  id: ID! size(unit: String = "kg"): Int @external kind: Kind @external heavy: String @external
  label(prefix: String): String @requires(fields: "size kind") note: String @requires(fields: "heavy")
}
type Beta @key(fields: "id") {
  id: ID! aisle: Int @external count: Int @external place: String @requires(fields: "aisle") total: Int @requires(fields: "count aisle")
}
type Offer @key(fields: "id") {
  id: ID! pair: Deal @external
  story: String @requires(fields: "pair { ... on Offer { id } ... on Alpha { id } ... on Gamma { id } }")
}
union Deal = Offer | Alpha | Gamma
type Gamma @key(fields: "id") { id: ID! name: String @external shout: String @requires(fields: "name") }
enum Kind { A B C }
"""
MONOLITH: Final = """
type Query {
  nodes(first: Int): [Node!]! node(code: ID!): Node alpha: Alpha mixed: [Mixed!] grid: [[Mixed]!] things: [Thing] best: Node rated(first: Int): [Node]
  stock(first: Int): [Offer!]! deals: [Deal]
}
type Mutation { makeAlpha(name: String): Alpha rate(code: ID!): Node reserve(code: ID!): Offer }
interface Node { id: ID! name: String tag(prefix: String): String score: Int similar: [Node!]! maker: Owner }
interface Thing { id: ID! box: Box }
interface Priced { price(unit: String): Int }
union Mixed = Alpha | Beta
union Deal = Offer | Alpha | Gamma
type Alpha implements Node & Thing & Priced {
  id: ID! name: String size(unit: String = "kg"): Int box: Box next: Beta kind: Kind tag(prefix: String): String score: Int similar: [Node!]! maker: Owner
  heavy: String price(unit: String): Int offers(first: Int): [Offer!]! label(prefix: String): String note: String
}
type Beta implements Node & Thing {
  id: ID! code: ID! name: String box: Box peers: [Node!]! tag(prefix: String): String score: Int similar: [Node!]! maker: Owner aisle: Int count: Int
  place: String total: Int
}
type Gamma implements Node & Priced {
  id: ID! name: String owner: Owner moved: Int tag(prefix: String): String score: Int similar: [Node!]! maker: Owner price(unit: String): Int shout: String
}
type Box { width: Int depth: Int lid: Lid height: Int }
type Lid { color: String weight: Int }
type Owner { id: ID! title: String rank: Int debt: Int }
type Offer implements Priced { id: ID! price(unit: String): Int item: Alpha pair: Deal owner: Owner story: String }
enum Kind { A B C }
"""
SUBGRAPHS: Final = {"catalog": CATALOG, "ratings": RATINGS, "weights": WEIGHTS, "store": STORE, "labels": LABELS}
REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "score": ("name",),
    "heavy": ("size",),
    "label": ("size", "kind"),
    "note": ("heavy",),
    "place": ("aisle",),
    "total": ("count", "aisle"),
    "story": ("pair",),
    "shout": ("name",),
}
# What a required field is required with, and what is told of the object that it is.
ARGUMENTS: Final[Mapping[tuple[str, str], Mapping[str, Any]]] = {("heavy", "size"): {"unit": "g"}, ("label", "size"): {"unit": "kg"}}
PARTS: Final = {"Offer": "id", "Alpha": "id", "Gamma": "id"}
NAMES: Final = ("Alpha", "Beta", "Gamma")
IDS: Final = 5


def wide() -> Supergraph:
    """The supergraph of the parts."""
    return supergraph_of(**SUBGRAPHS)


def digest(*parts: Any) -> int:
    """A number that is the same in every run."""
    return zlib.crc32(repr(parts).encode())


def identity(type_name: str, number: int) -> dict[str, Any]:
    """An object. Of a node the id tells the type."""
    return {"__typename": type_name, "id": f"{type_name}-{number % IDS}"}


def leaf(name: str, of: str, arguments: Mapping[str, Any], type_: GraphQLNamedType) -> Any:
    """The value of a leaf that requires nothing."""
    number = digest(name, of, sorted(arguments.items()))
    if name == "id":
        return of
    if name == "code":
        return f"code of {of}"
    return {"Int": number % 1000, "Kind": "ABC"[number % 3]}.get(type_.name, f"{name} {number % 1000}")


@dataclass(slots=True)
class WideService:
    """The monolith, or a subgraph that knows of an object what it was told."""

    schema: GraphQLSchema
    is_subgraph: bool
    asked: list[str] = field(default_factory=list)

    def ask(self, query: str, variables: Mapping[str, Any], *, is_valid: bool = False) -> ExecutionResult:
        """Answer a document that has to be valid."""
        self.asked.append(query)
        document = parse(query)
        assert is_valid or validate(self.schema, document) == [], (query, validate(self.schema, document))
        result = execute_sync(self.schema, document, variable_values=dict(variables), field_resolver=self._resolve, type_resolver=self._type)
        assert isinstance(result, ExecutionResult)
        return result

    def _type(self, value: Any, _info: GraphQLResolveInfo, _type: Any) -> str:
        name: str = value["__typename"]
        return name

    def _resolve(self, source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        name = info.field_name
        if name == "_entities":
            return [self._entity(each) for each in arguments["representations"]]
        of = source["id"] if source else "root"
        if name in REQUIRED:
            return self._computed(source, name, arguments)
        return self._value(name, of, arguments, info.return_type)

    def _entity(self, representation: Mapping[str, Any]) -> dict[str, Any]:
        id_ = representation.get("id") or representation["code"].removeprefix("code of ")
        name = representation["__typename"]
        told = id_.partition("-")[0] if is_interface_type(self.schema.type_map[name]) else name
        return {"__typename": told, "id": id_, "told": representation}

    def _computed(self, source: Mapping[str, Any], name: str, arguments: Mapping[str, Any]) -> Any:
        if self.is_subgraph:
            missing = [each for each in REQUIRED[name] if each not in source.get("told", {})]
            if missing:
                raise GraphQLError(f"{name} was asked for without {missing}")
            given = [source["told"][each] for each in REQUIRED[name]]
        else:
            given = [self._required(source, name, each) for each in REQUIRED[name]]
        number = digest(name, given, sorted(arguments.items()))
        return number % 1000 if name in ("score", "total") else f"{name} {number % 1000}"

    def _required(self, source: Mapping[str, Any], name: str, wanted: str) -> Any:
        type_ = self.schema.type_map[source["__typename"]]
        assert is_object_type(type_)
        arguments = dict(ARGUMENTS.get((name, wanted), {}))
        if wanted in REQUIRED:
            return self._computed(source, wanted, arguments)
        value = self._value(wanted, source["id"], arguments, type_.fields[wanted].type)
        if wanted != "pair" or value is None:
            return value
        part = PARTS[value["__typename"]]
        below = self.schema.type_map[value["__typename"]]
        assert is_object_type(below)
        return {"__typename": value["__typename"], part: self._value(part, value["id"], {}, below.fields[part].type)}

    def _value(self, name: str, of: str, arguments: Mapping[str, Any], type_: Any) -> Any:
        if is_non_null_type(type_):
            return self._present(name, of, arguments, type_.of_type)
        if name not in ("id", "code", "alpha") and digest("null", name, of) % 7 == 0:
            return None
        return self._present(name, of, arguments, type_)

    def _present(self, name: str, of: str, arguments: Mapping[str, Any], type_: Any) -> Any:
        if is_list_type(type_):
            count = digest("count", name, of) % 4
            count = count if arguments.get("first") is None else min(count, arguments["first"])
            return [self._value(f"{name}", f"{of}/{index}", {}, type_.of_type) for index in range(count)]
        named = get_named_type(type_)
        if not is_composite_type(named):
            return leaf(name, of, arguments, named)
        return self._object(name, of, arguments, named)

    def _object(self, name: str, of: str, arguments: Mapping[str, Any], type_: GraphQLNamedType) -> dict[str, Any]:
        number = digest("object", name, of, sorted((key, str(value)) for key, value in arguments.items() if key != "first"))
        possible = POSSIBLE.get(type_.name, (type_.name,))
        type_name = possible[number % len(possible)]
        made = identity(type_name, digest(number))
        if type_name in ("Box", "Lid"):
            made["id"] = f"{type_name} of {of}"
        # Who knows a node as an object does not know what it is.
        known = self.schema.type_map.get(type_.name)
        return {**made, "__typename": type_.name} if is_object_type(known) and type_.name == "Node" else made


POSSIBLE: Final[Mapping[str, tuple[str, ...]]] = {
    "Node": NAMES,
    "Thing": ("Alpha", "Beta"),
    "Mixed": ("Alpha", "Beta"),
    "Deal": ("Offer", "Alpha", "Gamma"),
    "Priced": ("Offer", "Alpha", "Gamma"),
}
ENTITIES: Final = "\nscalar _Any\nunion _Entity = {members}\nextend type Query {{ _entities(representations: [_Any!]!): [_Entity]! }}\n"
DIRECTIVES: Final = """
directive @key(fields: String!) repeatable on OBJECT | INTERFACE
directive @external on FIELD_DEFINITION
directive @inaccessible on FIELD_DEFINITION
directive @interfaceObject on OBJECT
directive @override(from: String!) on FIELD_DEFINITION
directive @requires(fields: String!) on FIELD_DEFINITION
directive @provides(fields: String!) on FIELD_DEFINITION
directive @shareable on OBJECT | FIELD_DEFINITION
"""


def wide_monolith() -> WideService:
    """All of it in one schema: the oracle."""
    return WideService(build_schema(MONOLITH), is_subgraph=False)


def wide_subgraphs() -> dict[str, WideService]:
    """The parts, each with `_entities`."""
    return {name: WideService(_with_entities(sdl), is_subgraph=True) for name, sdl in SUBGRAPHS.items()}


def _with_entities(sdl: str) -> GraphQLSchema:
    bare = build_schema(DIRECTIVES + sdl + ("" if "type Query" in sdl else "type Query { nothing: Int }"))
    members = sorted(
        name
        for name, type_ in bare.type_map.items()
        if is_object_type(type_) and type_.ast_node and any(each.name.value == "key" for each in type_.ast_node.directives or ())
    )
    empty = "" if "type Query" in sdl else "type Query { nothing: Int }"
    assert not any(is_abstract_type(bare.type_map[name]) or is_interface_type(bare.type_map[name]) or is_union_type(bare.type_map[name]) for name in members)
    return build_schema(DIRECTIVES + sdl + empty + ENTITIES.format(members=" | ".join(members)))
