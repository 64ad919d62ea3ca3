"""The value that later stages read: joins, members, schemas."""

from __future__ import annotations

import pytest
from graphql import print_schema, validate_schema

from gateway.composition.compose import compose
from gateway.composition.errors import CompositionFailure
from gateway.composition.printer import graph_names
from gateway.composition.supergraph import FieldJoin, FieldSetItem, Key, SubgraphSource
from tests.composition.sdl import FEDERATION, composed

BATTERY = """
    type Query { battery(code: ID!): Battery found: [Found!] }
    union Found = Battery | Depot
    type Depot { place: String }
    type Battery @key(fields: "code") @key(fields: "maker { id } serial", resolvable: false) {
      code: ID! serial: String maker: Maker secret: String @inaccessible
      capacity: Capacity @shareable
    }
    type Maker @key(fields: "id") { id: ID! }
    type Capacity @shareable { rated: Float }
"""
HEALTH = """
    union Found = Battery
    type Battery @key(fields: "code") {
      code: ID! capacity: Capacity @external health: Float! @requires(fields: "capacity { rated }")
    }
    type Capacity @shareable { rated: Float! }
    type Mutation { check(code: ID!): Battery }
"""


def test_joins_say_who_resolves_what() -> None:
    battery = composed(BATTERY, HEALTH).type_of("Battery")
    assert battery.subgraphs == {"a", "b"}
    assert battery.keys == {
        "a": (
            Key((FieldSetItem("code"),), "code"),
            Key((FieldSetItem("maker", (FieldSetItem("id"),)), FieldSetItem("serial")), "maker { id } serial", resolvable=False),
        ),
        "b": (Key((FieldSetItem("code"),), "code"),),
    }
    assert battery.fields["capacity"].joins == {"a": FieldJoin("a", "Capacity"), "b": FieldJoin("b", "Capacity", external=True)}
    assert battery.fields["health"].joins == {
        "b": FieldJoin("b", "Float!", requires=(FieldSetItem("capacity", (FieldSetItem("rated"),)),), requires_text="capacity { rated }")
    }
    assert [battery.fields["capacity"].resolvable_in(s) for s in "abc"] == [True, False, False]


def test_members_are_kept_by_subgraph() -> None:
    graph = composed(BATTERY, HEALTH)
    assert graph.types["Found"].members == {"a": frozenset({"Battery", "Depot"}), "b": frozenset({"Battery"})}
    assert graph.root_types == {"query": "Query", "mutation": "Mutation"}


def test_field_types_are_merged_and_kept() -> None:
    rated = composed(BATTERY, HEALTH).types["Capacity"].fields["rated"]
    assert (rated.type, rated.joins["a"].type, rated.joins["b"].type) == ("Float", "Float", "Float!")


def test_the_schema_holds_everything_and_the_api_schema_what_clients_may_know() -> None:
    graph = composed(BATTERY, HEALTH)
    assert "secret" in graph.schema.type_map["Battery"].fields
    assert "secret" not in graph.api_schema.type_map["Battery"].fields
    assert not validate_schema(graph.schema)
    assert not validate_schema(graph.api_schema)


def test_no_machinery_reaches_a_schema() -> None:
    graph = composed(BATTERY + "extend type Query { _service: _Service! _entities(representations: [_Any!]!): [_Entity]! }", HEALTH)
    for schema in (graph.schema, graph.api_schema):
        printed = print_schema(schema)
        for name in ("_entities", "_service", "_Any", "_Entity", "join__", "link__", "federation__", "@"):
            assert name not in printed


def test_graph_names_are_names_and_differ() -> None:
    assert graph_names(["A", "a", "a_1", "b-b", "1st", "name"]) == {
        "A": "A_1_",
        "a": "A_2",
        "a_1": "A_1",
        "b-b": "B_B",
        "1st": "_1ST",
        "name": "NAME",
    }


@pytest.mark.parametrize("name", ["", "_", 'a"', "a b", "a\n", "蓄电池"])
def test_a_subgraph_needs_a_name_that_can_be_printed(name: str) -> None:
    outcome = compose([SubgraphSource(name, "http://a.example", FEDERATION + "type Query { a: Int }")])
    assert isinstance(outcome, CompositionFailure)
    assert [error.code for error in outcome.errors] == ["INVALID_SUBGRAPH_NAME"]


@pytest.mark.parametrize("name", ["__x", "__"])
def test_a_subgraph_is_not_called_as_what_is_graphqls_own(name: str) -> None:
    outcome = compose([SubgraphSource(f"{name}1", "http://a.example", FEDERATION + "type Query { a: Int }")])
    assert isinstance(outcome, CompositionFailure)
    assert [error.code for error in outcome.errors] == ["INVALID_GRAPHQL"]


def test_names_are_given_once() -> None:
    body = FEDERATION + "type Query { a: Int @shareable }"
    outcome = compose([SubgraphSource("a", url, body) for url in ("http://one.example", "http://two.example")])
    assert isinstance(outcome, CompositionFailure)
    assert [error.code for error in outcome.errors] == ["DUPLICATE_SUBGRAPH_NAME"]
    assert isinstance(compose([]), CompositionFailure)


def test_a_directive_for_operations_takes_nothing_that_is_hidden() -> None:
    sdl = FEDERATION + "directive @trace(how: How) on FIELD type Query { a: Int } enum How @inaccessible { LOUD }"
    outcome = compose([SubgraphSource("a", "http://a.example", sdl)])
    assert isinstance(outcome, CompositionFailure)
    assert [error.code for error in outcome.errors] == ["REFERENCED_INACCESSIBLE"]


def test_an_enum_value_stands_for_itself() -> None:
    graph = composed("type Query { a(state: State = NEW): State } enum State { NEW OLD }")
    assert graph.schema.type_map["State"].values["NEW"].value == "NEW"
    assert "a(state: State = NEW): State" in print_schema(graph.api_schema)


def test_deprecation_and_specification_reach_the_schema() -> None:
    graph = composed("""
        type Query { a(old: Int @deprecated(reason: "x")): Moment @deprecated }
        scalar Moment @specifiedBy(url: "https://example.org/moment")
        input By @oneOf { id: ID code: ID }
    """)
    printed = print_schema(graph.api_schema)
    assert 'a(old: Int @deprecated(reason: "x")): Moment @deprecated' in printed
    assert 'scalar Moment @specifiedBy(url: "https://example.org/moment")' in printed
    assert "input By @oneOf" in printed
