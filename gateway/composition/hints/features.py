"""This hint is in charge of specifications that the subgraphs link in versions that have nothing to do with one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.composition.errors import CompositionHint
from gateway.composition.subgraph import Subgraph


def features(subgraphs: Sequence[Subgraph]) -> Iterator[CompositionHint]:
    """DIRECTIVE_COMPOSITION_INFO; where two subgraphs compose them, it is an error, which is told instead."""
    for identity in dict.fromkeys(feature.identity for subgraph in subgraphs for feature in subgraph.links.features if feature.url):
        linking = [(subgraph, feature) for subgraph in subgraphs if (feature := subgraph.links.feature(identity)) is not None and feature.url]
        if len({feature.major for _subgraph, feature in linking}) > 1:
            versions = ", ".join(f'v{feature.major}.{feature.minor} in subgraph "{subgraph.name}"' for subgraph, feature in linking)
            message = f"{identity} is linked in several major versions, of which at most one is composed: {versions}."
            yield CompositionHint("DIRECTIVE_COMPOSITION_INFO", message, "", tuple(subgraph.place(feature.node) for subgraph, feature in linking))
