"""This module is in charge of testing what operations cost: examples of the rules, and a second reading of them over random operations."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest
from graphql import build_schema, parse
from hypothesis import given
from hypothesis import strategies as st

from gateway.composition.compose import compose
from gateway.composition.supergraph import SubgraphSource, Supergraph
from gateway.errors import Refused
from gateway.operation.cost import CostModel
from gateway.operation.cost_rules import CostRules, ListSize, read_cost_rules
from gateway.operation.normalise import normalise

ASSUMED = 7
SDL = """
schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@cost", "@listSize"]) {
  query: Query
  mutation: Mutation
}
directive @link(url: String, as: String, import: [String]) repeatable on SCHEMA
directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
type Query {
  item: Item
  items(first: Int, last: Int, after: Item_Input): Page @listSize(slicingArguments: ["first", "last"], sizedFields: ["nodes", "names"])
  page(first: Int = 3): Page
  listed: [Item!] @listSize(assumedSize: 5)
  sliced(by: Slice, n: Int): [Item] @listSize(slicingArguments: ["by.first", "n"], assumedSize: 4, requireOneSlicingArgument: false)
  plain(page: Int): [Item]
  many(first: Int): [Item]
  grid: [[Item]]
  thing: Thing
  priced(filter: Filter, at: Money @cost(weight: 6)): Int
  money: Money
}
type Mutation { make(filter: Filter): Item }
interface Thing { id: ID dear: Int }
type Item implements Thing { id: ID dear: Int @cost(weight: 9) kind: Kind sub: Item subs(first: Int): [Item] heavy: Heavy free: Item @cost(weight: 0) }
type Heavy @cost(weight: 50) { id: ID }
type Page { nodes: [Item] names: [String] others: [Item] total: Int }
enum Kind @cost(weight: 2) { A B }
scalar Money @cost(weight: 4)
input Slice { first: Int }
input Item_Input { id: ID }
input Filter { any: [Filter] dear: Int @cost(weight: 3) plain: Int }
"""
SCHEMA = build_schema(SDL)
RULES = read_cost_rules(SDL)
MODEL = CostModel(SCHEMA, RULES, ASSUMED)


def cost(text: str, values: Mapping[str, Any] | None = None, model: CostModel = MODEL) -> float:
    return model.of(normalise(parse(text), SCHEMA)).of(values or {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ __typename }", 0),
        ("{ item { id } }", 1),
        ("{ item { id sub { id } } }", 2),
        ("{ item { kind } }", 3),
        ("{ item { dear } }", 10),
        ("{ item { heavy { id } } }", 51),
        ("{ item { free { id } } }", 1),
        ("{ money }", 4),
        ("mutation { make { id } }", 11),
        ("{ listed { id sub { id } } }", 10),
        ("{ plain { id } }", ASSUMED),
        ("{ plain(page: 3) { id } }", ASSUMED),
        ("{ grid { id } }", ASSUMED * ASSUMED),
        # Undeclared pages are sized by first and last.
        ("{ many(first: 3) { id } }", 3),
        ("{ many { id } }", ASSUMED),
        ("{ page { nodes { id } } }", 1 + 3),
        ("{ page(first: 2) { nodes { id } others { id } total names } }", 1 + 2 + 2),
        ("{ items(first: 2) { nodes { id } } }", 1 + 2),
        ("{ items(last: 4) { nodes { id } others { id } names } }", 1 + 4 + ASSUMED),
        ("{ items(first: -4) { nodes { id } } }", 1),
        ("{ sliced(by: {first: 3}) { id } }", 4),  # an input object costs 1
        ("{ sliced { id } }", 4),
        ("{ sliced(by: {first: 3}, n: 9) { id } }", 10),
        # Through an interface the dearest implementer answers.
        ("{ thing { dear } }", 10),
        ("{ thing { ... on Item { sub { id } } } }", 2),
        ("{ priced }", 0),
        ("{ priced(filter: {}) }", 1),
        ("{ priced(filter: {dear: 1, plain: 2, any: [{dear: 2}, {}]}) }", 1 + 3 + (1 + 3) + 1),
        ("{ priced(at: 5) }", 6),
        ("{ priced(at: null) }", 0),
        ("{ a: item { id } b: item { id } }", 2),
        ("{ item { id } ...f } fragment f on Query { item { sub { id } } }", 2),
        ("{ item @skip(if: true) { id } }", 0),
        ("{ __schema { types { fields { name } } } }", 1),
    ],
)
def test_examples(text: str, expected: float) -> None:
    assert cost(text) == expected


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("query($n: Int) { items(first: $n) { nodes { id } } }", {"n": 6}, 7),
        ("query($n: Int) { many(first: $n) { sub { id } } }", {"n": 6}, 12),
        ("query($n: Int) { many(first: $n) { id } }", {}, ASSUMED),
        ("query($n: Int) { many(first: $n) { id } }", {"n": None}, ASSUMED),
        ("query($n: Int, $m: Int) { many(first: $n) { subs(first: $m) { id } } }", {"n": 5, "m": 4}, 25),
        ("query($s: Slice) { sliced(by: $s) { id } }", {"s": {"first": 8}}, 9),
        ("query($n: Int) { sliced(by: {first: $n}) { id } }", {"n": 8}, 9),
        ("query($f: Filter) { priced(filter: $f) }", {"f": {"any": [{"dear": 1}, None], "dear": 2}}, 1 + 3 + 1 + 3),
        ("query($f: [Filter]) { priced(filter: {any: $f}) }", {"f": [{"dear": 1}]}, 1 + 1 + 3),
        ("query($m: Money) { priced(at: $m) }", {"m": "1"}, 6),
        ("query($m: Money) { priced(at: $m) }", {}, 0),
        ("query($yes: Boolean!) { item @include(if: $yes) { sub { id } } money }", {"yes": False}, 4),
        ("query($yes: Boolean!) { item @include(if: $yes) { sub { id } } money }", {"yes": True}, 6),
    ],
)
def test_variables(text: str, values: dict[str, Any], expected: float) -> None:
    assert cost(text, values) == expected


@pytest.mark.parametrize(
    ("text", "values", "given"),
    [
        ("{ items { nodes { id } } }", {}, 0),
        ("{ items(first: 1, last: 1) { nodes { id } } }", {}, 2),
        ("query($n: Int) { items(first: $n) { nodes { id } } }", {}, 0),
        ("query($n: Int) { items(first: 1, last: $n) { nodes { id } } }", {"n": 1}, 2),
    ],
)
def test_exactly_one_slicing_argument(text: str, values: dict[str, Any], given: int) -> None:
    with pytest.raises(Refused) as refused:
        cost(text, values)
    assert refused.value.errors[0].code == "COST_SLICING_ARGUMENT"
    assert refused.value.errors[0].message == f"Field Query.items needs exactly one of its arguments first, last; {given} are given."


@pytest.mark.parametrize(
    "link",
    [
        'import: ["@listSize", {name: "@cost", as: "@price"}]',
        'as: "demand"',
        "",
    ],
)
def test_directives_are_known_by_their_link(link: str) -> None:
    names = {'as: "demand"': ("@demand__cost", "@demand__listSize"), "": ("@cost", "@cost__listSize")}.get(link, ("@price", "@listSize"))
    sdl = f"""schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/cost/v0.1", {link}) {{ query: Query }}
    type Query {{ a: Int {names[0]}(weight: "2.5") b: [Int] {names[1]}(assumedSize: 3) c: Int @weigh(weight: 9) }}"""
    assert read_cost_rules(sdl) == CostRules({"Query.a": 2.5}, {"Query.b": ListSize(3)})


def test_without_the_link_there_are_no_rules() -> None:
    assert read_cost_rules("type Query { a: Int @cost(weight: 3) }") == CostRules()


def test_what_is_not_of_the_form_is_left_out() -> None:
    sdl = """schema @link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@cost", "@listSize"]) { query: Query }
    type Query { a: Int @cost b: Int @cost(weight: "x") c: Int @cost(weight: "nan") d: [Int] @listSize(assumedSize: "3", slicingArguments: [1]) }"""
    assert read_cost_rules(sdl) == CostRules({}, {"Query.d": ListSize(None)})


# A second reading: the document as text is expanded for values, and added up naively.

FIELDS: Mapping[str, list[tuple[str, str | None]]] = {
    "Query": [("item", "Item"), ("listed", "Item"), ("plain", "Item"), ("many", "Item"), ("money", None), ("items", "Page"), ("page", "Page")],
    "Item": [("id", None), ("dear", None), ("kind", None), ("sub", "Item"), ("subs", "Item"), ("heavy", "Heavy"), ("free", "Item")],
    "Page": [("nodes", "Item"), ("names", None), ("others", "Item"), ("total", None)],
    "Heavy": [("id", None)],
}
WEIGHT = {"dear": 9.0, "kind": 2.0, "money": 4.0, "heavy": 50.0, "free": 0.0}


@dataclasses.dataclass(frozen=True)
class Picked:
    name: str
    first: int | None
    variable: bool
    below: tuple[Picked, ...]

    def text(self, number: list[int], values: dict[str, int]) -> str:
        number[0] += 1
        alias = f"a{number[0]}"
        arguments = ""
        if self.first is not None:
            written = str(self.first)
            if self.variable:
                values[f"v{number[0]}"], written = self.first, f"$v{number[0]}"
            arguments = f"(first: {written})"
        below = " { " + " ".join(each.text(number, values) for each in self.below) + " }" if self.below else ""
        return f"{alias}: {self.name}{arguments}{below}"

    def cost(self, page: int | None = None) -> float:
        sizes = {"listed": 5, "plain": ASSUMED, "grid": 49, "names": page, "nodes": page, "others": page if page is not None else ASSUMED}
        times = self.first if self.name in ("many", "subs") else sizes.get(self.name, 1)
        shown = {"items": self.first, "page": self.first if self.first is not None else 3}.get(self.name)
        own = WEIGHT.get(self.name, 1.0 if self.below else 0.0)
        below = 0.0
        for each in self.below:
            # What `items` declares leaves `others` out; an undeclared page means all its lists.
            below += each.cost(ASSUMED if self.name == "items" and each.name == "others" else shown)
        return (ASSUMED if times is None else times) * (own + below)


def picked(type_name: str, depth: int) -> st.SearchStrategy[tuple[Picked, ...]]:
    fields = [each for each in FIELDS[type_name] if depth > 1 or each[1] is None] or FIELDS[type_name]

    @st.composite
    def one(draw: st.DrawFn) -> Picked:
        name, below = draw(st.sampled_from(fields))
        first = draw(st.integers(0, 9)) if name in ("many", "subs", "items", "page") else None
        return Picked(name, first, draw(st.booleans()), draw(picked(below, depth - 1)) if below else ())

    return st.lists(one(), min_size=1, max_size=3).map(tuple)


@given(picked("Query", 4).filter(lambda all_: all(each.below or each.name == "money" for each in all_)))
def test_a_second_reading_of_the_rules_agrees(fields: tuple[Picked, ...]) -> None:
    values: dict[str, int] = {}
    number = [0]
    body = " ".join(each.text(number, values) for each in fields)
    head = "(" + ", ".join(f"${name}: Int" for name in values) + ")" if values else ""
    assert cost(f"query{head} {{ {body} }}", values) == pytest.approx(sum(each.cost() for each in fields))


def test_the_rules_come_through_composition() -> None:
    head = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@cost", {name: "@listSize", as: "@long"}])\n'
    shop = 'type Query { items(n: Int): [Item] @long(slicingArguments: ["n"]) } type Item @key(fields: "id") @cost(weight: 5) { id: ID }'
    made = compose([SubgraphSource("shop", "http://shop", head + shop), SubgraphSource("store", "http://store", head + STORE)])
    assert isinstance(made, Supergraph), made
    rules = read_cost_rules(made.sdl)
    assert rules == CostRules({"Item": 5.0, "Item.stock": 2.0}, {"Query.items": ListSize(None, (("n",),))})
    model = CostModel(made.api_schema, rules, ASSUMED)
    assert model.of(normalise(parse("{ items(n: 3) { id stock } }"), made.api_schema)).of({}) == 3 * (5 + 2)


STORE = 'type Item @key(fields: "id") { id: ID stock: Int @cost(weight: 2) }'
