"""This hint is in charge of specifications that subgraphs link: in versions that have nothing to do with one another, or that federation brought later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from gateway.composition.definitions import FEDERATION, LINK
from gateway.composition.errors import CompositionHint
from gateway.composition.subgraph import Subgraph

_SINCE: Final = {"https://specs.apollo.dev/authenticated": 5, "https://specs.apollo.dev/cost": 9}
"""The minor version of federation 2 with which a specification came, of those that say so."""


def features(subgraphs: Sequence[Subgraph]) -> Iterator[CompositionHint]:
    """DIRECTIVE_COMPOSITION_INFO, where at most one subgraph composes them (else it is an error), and IMPLICITLY_UPGRADED_FEDERATION_VERSION."""
    yield from _of_versions(subgraphs)
    for subgraph in subgraphs:
        federation = subgraph.links.feature(FEDERATION)
        brought = max((_SINCE.get(feature.identity, 0) for feature in subgraph.links.features), default=0)
        if federation is not None and not subgraph.links.federation_1 and federation.minor < brought:
            message = f'Subgraph "{subgraph.name}" links a specification of federation v2.{brought}, and v2.{federation.minor} of federation itself.'
            yield CompositionHint("IMPLICITLY_UPGRADED_FEDERATION_VERSION", message, "", (subgraph.place(federation.node),))


def _of_versions(subgraphs: Sequence[Subgraph]) -> Iterator[CompositionHint]:
    # Where neither federation nor the link specification itself is linked, other composers read nothing of the links.
    reading = [subgraph for subgraph in subgraphs if not subgraph.links.federation_1 or subgraph.links.feature(LINK) is not None]
    for identity in dict.fromkeys(feature.identity for subgraph in reading for feature in subgraph.links.written):
        linking = [(subgraph, feature) for subgraph in reading if (feature := subgraph.links.feature(identity)) is not None]
        if len({feature.major for _subgraph, feature in linking}) > 1:
            versions = ", ".join(f'v{feature.major}.{feature.minor} in subgraph "{subgraph.name}"' for subgraph, feature in linking)
            message = f"{identity} is linked in several major versions, of which at most one is composed: {versions}."
            yield CompositionHint("DIRECTIVE_COMPOSITION_INFO", message, "", tuple(subgraph.place(feature.node) for subgraph, feature in linking))
