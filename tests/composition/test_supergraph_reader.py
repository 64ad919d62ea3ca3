"""This module is in charge of supergraph SDL that is read: what our own composer prints comes back as it was, and older forms are understood."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from graphql import print_schema

from gateway.composition.compose import compose
from gateway.composition.supergraph import SubgraphSource, Supergraph, TypeInfo
from gateway.composition.supergraph_joins import SupergraphRefused
from gateway.composition.supergraph_reader import read_supergraph
from gateway.subgraphs import graphs
from tests.composition.test_federation_suites import SUITES, sources
from tests.execution.world import world


def own() -> Supergraph:
    composed = compose([SubgraphSource(name, f"http://{name}.example/graphql", each.sdl) for name, each in sorted(graphs().items())])
    assert isinstance(composed, Supergraph)
    return composed


def comparable(info: TypeInfo) -> Any:
    fields = {name: replace(each, joins=dict(each.joins)) for name, each in info.fields.items()}
    return replace(info, fields=fields, members=dict(info.members), implements=dict(info.implements), values=dict(info.values), keys=dict(info.keys))


def assert_read_as_composed(composed: Supergraph) -> None:
    read = read_supergraph(composed.sdl)
    assert {name: comparable(each) for name, each in read.types.items()} == {name: comparable(each) for name, each in composed.types.items()}
    assert print_schema(read.api_schema) == print_schema(composed.api_schema)
    assert print_schema(read.schema) == print_schema(composed.schema)
    assert (read.requirements, read.root_types, read.fingerprint) == (composed.requirements, composed.root_types, composed.fingerprint)
    assert {name: each.url for name, each in read.subgraphs.items()} == {name: each.url for name, each in composed.subgraphs.items()}


def test_our_own_graph_is_read_as_it_was_composed() -> None:
    assert_read_as_composed(own())


def test_a_small_graph_is_read_as_it_was_composed() -> None:
    assert_read_as_composed(world())


@pytest.mark.skipif(not SUITES.is_dir(), reason="the federation suites are not beside this repository")
def test_every_public_supergraph_is_read() -> None:
    for suite in sorted(SUITES.iterdir()):
        read = read_supergraph((suite / "supergraph.graphql").read_text())
        assert set(read.subgraphs) == {each.name for each in sources(suite)}
        assert read.api_schema.query_type is not None
        assert "join__" not in print_schema(read.schema)


FIRST = """
schema @core(feature: "https://specs.apollo.dev/core/v0.1"), @core(feature: "https://specs.apollo.dev/join/v0.1") { query: Query }
directive @core(feature: String!) repeatable on SCHEMA
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet) on FIELD_DEFINITION
directive @join__type(graph: join__Graph!, key: join__FieldSet) repeatable on OBJECT | INTERFACE
directive @join__owner(graph: join__Graph!) on OBJECT | INTERFACE
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
scalar join__FieldSet
enum join__Graph {
  SHOP @join__graph(name: "shop" url: "http://shop.example/")
  STORE @join__graph(name: "store" url: "http://store.example/")
}
type Query { products: [Product!] @join__field(graph: SHOP) }
type Product @join__owner(graph: SHOP) @join__type(graph: SHOP, key: "id") @join__type(graph: STORE, key: "id") {
  id: ID! @join__field(graph: SHOP)
  size: Size @join__field(graph: SHOP)
  name: String
  stock: Int @join__field(graph: STORE, requires: "size { width }")
}
type Size { width: Int unit: Unit }
enum Unit { MM CM }
"""


def test_the_first_form_is_read() -> None:
    read = read_supergraph(FIRST)
    product, size = read.types["Product"], read.types["Size"]
    joins = {name: sorted(each.joins) for name, each in product.fields.items()}
    assert joins == {
        "id": ["shop", "store"],
        "size": ["shop"],
        "name": ["shop"],
        "stock": ["store"],
    }
    assert product.fields["stock"].joins["store"].requires_text == "size { width }"
    # A value type is where it can be reached from.
    assert size.subgraphs == {"shop"}
    assert set(size.fields["width"].joins) == {"shop"}
    assert set(read.types) == {"Query", "Product", "Size", "Unit"}


def test_names_that_a_link_changes_are_followed() -> None:
    text = world().sdl.replace("join__", "j__").replace('join/v0.5", for', 'join/v0.5", as: "j", for')
    assert {name: sorted(each.fields) for name, each in read_supergraph(text).types.items()} == {
        name: sorted(each.fields) for name, each in world().types.items()
    }


SECRET = """
schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/inaccessible/v0.2", import: [{name: "@inaccessible", as: "@gone"}]) @link(url: "https://specs.apollo.dev/tag/v0.3")
{ query: Query }
enum join__Graph { A @join__graph(name: "a", url: "http://a.example/") }
type Query @join__type(graph: A) {
  a: Open hidden: Secret @gone kinds: [Kind] found(by: String other: Filter @gone): Found @tag(name: "x")
}
type Open @join__type(graph: A) { id: ID name: String @gone }
type Secret @join__type(graph: A) @gone { id: ID }
enum Kind @join__type(graph: A) { A B @gone }
union Found @join__type(graph: A) = Open | Secret
input Filter @join__type(graph: A) @gone { text: String }
"""


def test_what_is_inaccessible_is_not_in_the_api_schema() -> None:
    read = read_supergraph(SECRET)
    assert set(read.api_schema.type_map) & {"Secret", "Filter"} == set()
    assert list(read.api_schema.type_map["Kind"].values) == ["A"]  # type: ignore[attr-defined]
    assert [each.name for each in read.api_schema.type_map["Found"].types] == ["Open"]  # type: ignore[attr-defined]
    assert set(read.api_schema.query_type.fields) == {"a", "kinds", "found"}  # type: ignore[union-attr]
    assert set(read.schema.query_type.fields) == {"a", "kinds", "found", "hidden"}  # type: ignore[union-attr]
    assert read.types["Secret"].inaccessible


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("type Query { a: Int }", "no join specification"),
        ("type Query {", "does not parse"),
        (FIRST.replace("join/v0.1", "join/v9.1"), "v9.1 is not known"),
        (FIRST.replace("enum join__Graph", "enum Other"), "no enum join__Graph"),
        (FIRST.replace("graph: STORE, requires", "graph: NOWHERE, requires"), "Product.stock"),
        (FIRST.replace("size { width }", "size { width"), "Product.stock"),
        (FIRST.replace("unit: Unit", "unit: Missing"), "the schema is not valid"),
        (FIRST.replace("type Query { products", "type Other { products"), "the schema is not valid"),
        (world().sdl.replace("schema\n", 'schema @link(url: "https://specs.example/locks/v1.0", for: SECURITY)\n'), "for SECURITY, which is not known"),
        (FIRST.replace('name: "store"', 'name: "shop"'), "a name of its own"),
    ],
)
def test_what_is_no_supergraph_is_refused_with_the_reason(text: str, told: str) -> None:
    with pytest.raises(SupergraphRefused, match=re.escape(told)):
        read_supergraph(text)
