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
