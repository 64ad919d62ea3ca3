"""This module is in charge of testing that a foreign subgraph shows nothing by saying nothing."""

from __future__ import annotations

import pytest

from gateway.composition.supergraph import SubgraphSource, Supergraph
from gateway.foreign import ForeignRefused, guarded
from gateway.operation.views import Views
from gateway.reloading import composed
from tests.operation.world import HEAD, READER, principal

OURS = 'type Query { battery(code: ID!): Battery } type Battery @key(fields: "id") { id: ID! @shareable label: String }'
THEIRS = """
type Query { theirs: Int  open: Int @category(names: ["A"]) }
type Battery @key(fields: "id") {
  id: ID! @shareable
  charge: Float
  told: Float @category(names: ["A"])
  shut: Float @category(names: ["F"])
  more: More @category(names: ["A"])
}
type More { a: Int  b: Int @category(names: ["A"]) }
"""


@pytest.fixture(scope="module")
def world() -> Supergraph:
    return guarded(composed((SubgraphSource("ours", "in-process", HEAD + OURS), SubgraphSource("theirs", "http://a", HEAD + THEIRS))), {"ours"})


def test_what_has_no_category_is_closed_to_everybody(world: Supergraph) -> None:
    everything = principal(READER | {"battery:condition"})
    assert Views(world).of(everything).closed == {"Query.theirs", "Query.open", "Battery.charge", "More.a"}
    assert Views(world).of(principal(READER)).closed == {"Query.theirs", "Query.open", "Battery.charge", "More.a", "Battery.shut"}


def test_what_is_ours_stays_as_it_is(world: Supergraph) -> None:
    alone = composed((SubgraphSource("ours", "in-process", HEAD + OURS),))
    assert guarded(alone, {"ours"}) is alone
    assert "Battery.label" not in world.requirements
    assert "Battery.id" not in world.requirements


def test_what_is_ours_is_not_taken_over() -> None:
    link = HEAD.replace('"@shareable", ', '"@shareable", "@override", ')
    theirs = 'type Battery @key(fields: "id") { id: ID! @shareable label: String @override(from: "ours") @category(names: ["A"]) }'
    taken = composed((SubgraphSource("ours", "in-process", HEAD + OURS), SubgraphSource("theirs", "http://a", link + theirs)))
    with pytest.raises(ForeignRefused, match=r"theirs takes Battery\.label over from ours"):
        guarded(taken, {"ours"})


@pytest.mark.parametrize(
    ("ours", "theirs", "told"),
    [
        ('type Enterprise @key(fields: "id") { id: ID! }', 'type Enterprise @key(fields: "id") { id: ID! @shareable risk: Int @category(names: ["F", "L"]) }',
         r"^subgraph theirs gives Enterprise\.risk the category F: it may be of L$"),
        ('type Vehicle @key(fields: "id") { id: ID! }', 'type Vehicle @key(fields: "id") { id: ID! @shareable health: Int @category(names: ["F"]) }',
         r"^subgraph theirs gives Vehicle\.health the category F: it may be of A, D$"),
        ('type Region @key(fields: "id") { id: ID! }', 'type Region @key(fields: "id") { id: ID! @shareable mood: Int @category(names: ["A"]) }',
         r"^subgraph theirs gives Region\.mood the category A: nobody has a relation to a Region$"),
        ('type Battery @key(fields: "id") { id: ID! }', 'type Battery @key(fields: "id") { id: ID! @shareable rate: Int @category(names: ["N"]) }',
         r"^subgraph theirs gives Battery\.rate the category N: it may be of A, B, C, D, F, G, H, J, K"),
    ],
)  # fmt: skip
def test_what_no_relation_could_open_is_refused(ours: str, theirs: str, told: str) -> None:
    sources = (SubgraphSource("ours", "in-process", HEAD + ours + " type Query { a: Int }"), SubgraphSource("theirs", "http://a", HEAD + theirs))
    with pytest.raises(ForeignRefused, match=told):
        guarded(composed(sources), {"ours"})


def test_a_type_of_their_own_may_be_of_any_category() -> None:
    theirs = 'type Battery @key(fields: "id") { id: ID! @shareable own: Own @category(names: ["F"]) } type Own { n: Int @category(names: ["N"]) }'
    sources = (SubgraphSource("ours", "in-process", HEAD + OURS), SubgraphSource("theirs", "http://a", HEAD + theirs))
    assert guarded(composed(sources), {"ours"}).requirements["Own.n"].categories == {"N"}
