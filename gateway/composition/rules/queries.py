"""This rule is in charge of there being something to ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.composition.errors import CompositionError
from gateway.composition.subgraph import Subgraph


def queries(subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    """NO_QUERIES."""
    if not any("Query" in subgraph.types and subgraph.types["Query"].fields for subgraph in subgraphs):
        yield CompositionError("NO_QUERIES", "No subgraph has a query field.", "Query")
