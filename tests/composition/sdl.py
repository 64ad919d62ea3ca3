"""Builds subgraph sources for the tests of composition."""

from __future__ import annotations

from gateway.composition.compose import compose
from gateway.composition.errors import CompositionFailure
from gateway.composition.supergraph import SubgraphSource, Supergraph

FEDERATION = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
    "@key", "@external", "@requires", "@provides", "@shareable", "@override", "@interfaceObject", "@context", "@fromContext", "@inaccessible",
    "@requiresScopes", "@authenticated", "@composeDirective"]) @link(url: "https://cellgate.dev/category/v1.0", import: ["@category"])
  @composeDirective(name: "@category")

directive @category(names: [String!]!) repeatable on FIELD_DEFINITION | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE
"""


def sources(*bodies: str) -> list[SubgraphSource]:
    """Subgraphs a, b, … of these bodies, each with the usual links."""
    return [SubgraphSource(name, f"http://{name}.example", FEDERATION + body) for name, body in zip("abcdef", bodies, strict=False)]


def composed(*bodies: str) -> Supergraph:
    """Their supergraph."""
    outcome = compose(sources(*bodies))
    assert isinstance(outcome, Supergraph), str(outcome)
    return outcome


def codes(*bodies: str) -> list[str]:
    """The codes of why there is none, with their coordinates."""
    outcome = compose(sources(*bodies))
    assert isinstance(outcome, CompositionFailure), outcome.sdl
    return [f"{error.code} {error.coordinate}" for error in outcome.errors]
