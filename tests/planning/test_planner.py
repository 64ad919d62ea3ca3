"""This module is in charge of the planner's laws that no printed plan shows: bounds, refusals, and plans that depend on nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from graphql import parse

from gateway.composition.supergraph import Supergraph
from gateway.errors import Refused
from gateway.operation.normalise import normalise
from gateway.operation.selection import Condition, Field, Fragment
from gateway.planning.budget import Budget
from gateway.planning.graph import PlanningGraph
from gateway.planning.planner import make_plan
from tests.planning.composing import operation_of, plan_of, supergraph_of

SHOP = 'type Query { products: [Product!]! }\ntype Product @key(fields: "id") { id: ID! name: String }\n'
STORE = 'type Product @key(fields: "id") { id: ID! stock: Int }\n'


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [error.code for error in refused.value.errors]


def closed_to_entry(supergraph: Supergraph, type_name: str) -> Supergraph:
    """The same supergraph where no subgraph can be asked for entities of the type."""
    info = supergraph.types[type_name]
    keys = {subgraph: tuple(replace(key, resolvable=False) for key in keys) for subgraph, keys in info.keys.items()}
    return replace(supergraph, types={**supergraph.types, type_name: replace(info, keys=keys)})


def test_a_field_that_no_key_leads_to_is_refused() -> None:
    supergraph = closed_to_entry(supergraph_of(shop=SHOP, store=STORE), "Product")
    with pytest.raises(Refused) as refused:
        plan_of(supergraph, "{ products { name stock } }")
    assert codes(refused) == ["FIELD_UNREACHABLE"]
    assert len(plan_of(supergraph, "{ products { name } }").fetches) == 1


def test_two_keys_that_need_each_other_are_no_way() -> None:
    part = 'type T @key(fields: "x") @key(fields: "a") @key(fields: "b") { x: ID! a: ID! @shareable b: ID! @shareable %s: Int }\n'
    supergraph = supergraph_of(one='type Query { t: T }\ntype T @key(fields: "x") { x: ID! }\n', two=part % "y", three=part % "z")
    info = supergraph.types["T"]
    # Each can be entered only by what, from here, the other alone would give.
    keys = {**info.keys} | {subgraph: tuple(key for key in info.keys[subgraph] if key.text == text) for subgraph, text in (("two", "a"), ("three", "b"))}
    closed = replace(supergraph, types={**supergraph.types, "T": replace(info, keys=keys)})
    with pytest.raises(Refused) as refused:
        plan_of(closed, "{ t { y z } }")
    assert codes(refused) == ["FIELD_UNREACHABLE"]


def test_planning_is_bounded_by_steps() -> None:
    supergraph = supergraph_of(shop=SHOP, store=STORE)
    operation = operation_of(supergraph, "{ products { " + " ".join(f"a{n}: stock" for n in range(200)) + " } }")
    graph = PlanningGraph(supergraph)
    with pytest.raises(Refused) as refused:
        make_plan(graph, operation, max_steps=300)
    assert codes(refused) == ["PLAN_BUDGET_EXCEEDED"]
    assert len(make_plan(graph, operation).fetches) == 2


def test_a_budget_is_spent_once() -> None:
    budget = Budget(2)
    budget.spend(2)
    with pytest.raises(Refused):
        budget.spend()


def maze(size: int) -> dict[str, str]:
    """Subgraphs that all know a type, each by a key that only the next one has."""
    sdl = {
        f"s{n}": f'type T @key(fields: "k{n}") @key(fields: "k{n + 1}") {{ k{n}: ID! @shareable k{n + 1}: ID! @shareable f{n}: Int }}\n' for n in range(size)
    }
    sdl["s0"] += "type Query { t: T }\n"
    return sdl


@pytest.mark.parametrize("size", [4, 12])
def test_a_long_chain_of_keys_is_found(size: int) -> None:
    supergraph = supergraph_of(**maze(size))
    plan = plan_of(supergraph, f"{{ t {{ f{size - 1} }} }}")
    assert [fetch.subgraph for fetch in plan.fetches] == [f"s{n}" for n in range(size)]


def test_a_dense_supergraph_is_planned_in_few_steps() -> None:
    # Ten subgraphs, each with every key: the number of ways is ten factorial, the number of steps is not.
    keys = " ".join(f'@key(fields: "k{n}")' for n in range(10))
    fields = " ".join(f"k{n}: ID! @shareable" for n in range(10))
    sdl = {f"s{n}": f"type T {keys} {{ {fields} f{n}: Int }}\n" for n in range(10)}
    sdl["s0"] += "type Query { t: T }\n"
    supergraph = supergraph_of(**sdl)
    operation = operation_of(supergraph, "{ t { " + " ".join(f"f{n}" for n in range(10)) + " } }")
    assert len(make_plan(PlanningGraph(supergraph), operation, max_steps=3000).fetches) == 10


MEDIA = """
type Query { media: [Media!]! }
interface Media @key(fields: "id") { id: ID! title: String }
type Book implements Media @key(fields: "id") { id: ID! title: String }
type Film implements Media @key(fields: "id") { id: ID! title: String }
"""
SLUGS = """
type Media @key(fields: "id") @interfaceObject { id: ID! rating: Int title: String @external slug: String @requires(fields: "title") }
"""


def test_what_some_objects_of_an_interface_need_is_not_asked_of_all() -> None:
    plan = plan_of(supergraph_of(library=MEDIA, slugs=SLUGS), "{ media { rating ... on Film { slug } } }")
    told = [(sorted(each.objects), [field.name for field in each.fields]) for fetch in plan.fetches for each in fetch.requires]
    assert told == [(["Book", "Film"], ["id"]), (["Film"], ["id", "title"])]


def test_what_no_object_of_an_interface_can_be_is_not_asked_for() -> None:
    pens = 'union Any = Book | Pen type Pen { ink: Int } type Query { pen: Any } type Book @key(fields: "id") { id: ID! }'
    ratings = SLUGS + "type Query { best: Media }"
    plan = plan_of(supergraph_of(library=MEDIA, slugs=ratings, pens=pens), "{ best { rating ... on Any { ... on Pen { __typename ink } } } }")
    assert [fetch.subgraph for fetch in plan.fetches] == ["slugs"]


def test_conditions_on_a_fragment_count_like_those_on_its_fields() -> None:
    supergraph = supergraph_of(shop=SHOP, store=STORE)
    operation = operation_of(supergraph, "query ($a: Boolean!) { products { name stock @include(if: $a) } }")
    products = operation.selections[0]
    assert isinstance(products, Field)
    name, stock = products.selections
    condition = Condition("a", False)
    fragment = Fragment("Product", (condition,), (replace(stock, conditions=()),))
    other = replace(operation, selections=(replace(products, selections=(name, fragment)),))
    graph = PlanningGraph(supergraph)
    assert make_plan(graph, other).fetches == make_plan(graph, operation).fetches


def test_only_the_variables_of_a_fetch_go_with_it() -> None:
    shop = SHOP.replace("products: [Product!]!", "products(first: Int): [Product!]!")
    supergraph = supergraph_of(shop=shop, store=STORE.replace("stock: Int", "stock(at: String): Int"))
    plan = plan_of(supergraph, 'query ($n: Int, $at: String = "x") { products(first: $n) { stock(at: $at) } }')
    assert [fetch.variables for fetch in plan.fetches] == [("n",), ("at",)]
    assert plan.fetches[0].document == "query($n: Int){products(first: $n){id}}"
    assert plan.fetches[1].document == (
        'query($representations: [_Any!]!, $at: String = "x"){_entities(representations: $representations){... on Product{stock(at: $at)}}}'
    )


def test_one_condition_twice_is_written_as_two_places() -> None:
    supergraph = supergraph_of(shop=SHOP)
    plan = plan_of(supergraph, "query ($a: Boolean!, $b: Boolean!) { products { id ... @include(if: $a) { name @include(if: $b) @skip(if: $a) } } }")
    assert plan.fetches[0].document == "query{products{id}}"
    plan = plan_of(supergraph, "query ($a: Boolean!, $b: Boolean!) { products { id ... @include(if: $a) { name @include(if: $b) } } }")
    assert "...@include(if: $a){name @include(if: $b)}" in plan.fetches[0].document.replace("... @", "...@")


FRAGMENTS = """
query Q($v: Boolean!) { p: products { ...F ...F ... on Product { id } ... @skip(if: false) { stock } name @include(if: false) ...G @include(if: $v) } }
fragment F on Product { id stock }
fragment G on Product { id name }
"""


def test_normalising_inlines_merges_and_decides() -> None:
    supergraph = supergraph_of(shop=SHOP, store=STORE)
    (products,) = operation_of(supergraph, FRAGMENTS).selections
    assert isinstance(products, Field)
    assert [(each.response_key, each.conditions) for each in products.selections if isinstance(each, Field)] == [
        ("id", ()),
        ("stock", ()),
        ("name", (Condition("v", False),)),
    ]


def bomb(size: int) -> str:
    parts = [f"fragment F{n} on Product {{ a: twin {{ ...F{n + 1} }} b: twin {{ ...F{n + 1} }} }}" for n in range(size)]
    return "\n".join(["{ products { ...F0 } }", *parts, f"fragment F{size} on Product {{ id }}"])


def test_a_fragment_bomb_is_refused() -> None:
    supergraph = supergraph_of(shop=SHOP.replace("name: String", "name: String twin: Product"))
    with pytest.raises(Refused) as refused:
        normalise(parse(bomb(40)), supergraph.api_schema)
    assert codes(refused) == ["LIMIT_FIELDS"]
    assert normalise(parse(bomb(5)), supergraph.api_schema).selections


def test_deep_nesting_is_refused() -> None:
    supergraph = supergraph_of(shop=SHOP.replace("name: String", "name: String twin: Product"))
    with pytest.raises(Refused) as refused:
        normalise(parse("{ products " + "{ twin " * 110 + "{ id }" + "}" * 111), supergraph.api_schema)
    assert codes(refused) == ["LIMIT_DEPTH"]


@pytest.mark.parametrize("number", ["1e999", "-" + "9" * 500])
def test_numbers_that_cannot_be_written_down_again_are_refused(number: str) -> None:
    supergraph = supergraph_of(shop=SHOP.replace("name: String", "name(of: Any): String") + "scalar Any\n")
    with pytest.raises(Refused) as refused:
        normalise(parse(f"{{ products {{ name(of: {number}) }} }}"), supergraph.api_schema)
    assert codes(refused) == ["GRAPHQL_VALIDATION_FAILED"]


def test_the_name_of_the_type_cannot_be_another_field() -> None:
    supergraph = supergraph_of(shop=SHOP)
    with pytest.raises(Refused) as refused:
        normalise(parse("{ products { __typename: name } }"), supergraph.api_schema)
    assert codes(refused) == ["GRAPHQL_VALIDATION_FAILED"]


def test_an_operation_is_chosen_by_name() -> None:
    supergraph = supergraph_of(shop=SHOP)
    text = "query A { products { id } } query B { products { name } }"
    assert operation_of(supergraph, text, "B").name == "B"
    for name in (None, "C"):
        with pytest.raises(Refused) as refused:
            normalise(parse(text), supergraph.api_schema, name)
        assert codes(refused) == ["OPERATION_NOT_FOUND"]


def test_nothing_but_typename_needs_no_fetch() -> None:
    assert plan_of(supergraph_of(shop=SHOP), "{ __typename }").fetches == ()


def test_a_mutation_is_never_made_twice_to_complete_its_answer() -> None:
    one = "type Query { x: Int }\ntype Mutation { make: Made @shareable }\ntype Made { a: Int @shareable b: Int @shareable }\n"
    two = "type Mutation { make: Made @shareable }\ntype Made { a: Int @shareable b: Int @shareable }\n"
    supergraph = supergraph_of(one=one, two=two)
    info = supergraph.types["Made"]
    parts = {name: replace(field, joins={subgraph: field.joins[subgraph]}) for (name, field), subgraph in zip(info.fields.items(), ("one", "two"))}
    parted = replace(supergraph, types={**supergraph.types, "Made": replace(info, fields=parts)})
    assert len(plan_of(parted, "mutation { make { a } }").fetches) == 1
    with pytest.raises(Refused) as refused:
        plan_of(parted, "mutation { make { a b } }")
    assert codes(refused) == ["FIELD_UNREACHABLE"]


MONEY = """
type Query { fleet: Fleet one(id: ID): Fleet }
type Fleet @key(fields: "id") @context(name: "money") { id: ID! currency: String pack: Pack }
type Pack @key(fields: "id") { id: ID! price(in: String @fromContext(field: "$money { currency }")): Int }
"""


def test_what_nothing_above_fills_is_refused_rather_than_asked_without() -> None:
    """No composition lets it come to that; a supergraph that is given may."""
    composed = supergraph_of(a=MONEY)
    assert plan_of(composed, "{ fleet { pack { price } } }").fetches
    unset = replace(composed, types={**composed.types, "Fleet": replace(composed.types["Fleet"], contexts={})})
    assert plan_of(unset, "{ fleet { pack { id } } }").fetches
    with pytest.raises(Refused) as refused:
        plan_of(unset, "{ fleet { pack { id price } } }")
    assert codes(refused) == ["FIELD_UNREACHABLE"]


def test_variables_that_are_filled_from_contexts_have_names_of_their_own() -> None:
    plan = plan_of(supergraph_of(a=MONEY), "query ($contextualArgument_1_0: ID!) { one(id: $contextualArgument_1_0) { pack { price } } }")
    assert [each.name for each in plan.fetches[-1].contexts] == ["_contextualArgument_1_0"]
    assert plan.fetches[-1].variables == ("_contextualArgument_1_0",)


def test_a_label_of_an_override_holds_where_it_is_set() -> None:
    parts = supergraph_of(
        a='type Query { item: Item } type Item @key(fields: "id") { id: ID! name: String }',
        b='type Item @key(fields: "id") { id: ID! name: String @override(from: "a", label: "moved") }',
    )
    asked = {
        labels: [fetch.subgraph for fetch in make_plan(PlanningGraph(parts, labels), operation_of(parts, "{ item { name } }")).fetches]
        for labels in (frozenset[str](), frozenset({"moved"}), frozenset({"other"}))
    }
    assert list(asked.values()) == [["a"], ["a", "b"], ["a"]]
