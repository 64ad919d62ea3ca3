"""This rule is in charge of extensions: somewhere there must be the type that they extend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.composition.document import ROOTS
from gateway.composition.errors import CompositionError
from gateway.composition.subgraph import Subgraph


def extensions(subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    """EXTENSION_WITH_NO_BASE; root types need no base."""
    for name in dict.fromkeys(name for subgraph in subgraphs for name in subgraph.types):
        everywhere = [subgraph for subgraph in subgraphs if name in subgraph.types]
        # A type of another kind than the first is no base of it; that it is of another kind is told beside.
        holders = [subgraph for subgraph in everywhere if subgraph.types[name].merged_kind == everywhere[0].types[name].merged_kind]
        if name not in ROOTS.values() and all(subgraph.types[name].extension for subgraph in holders):
            places = tuple(s.place(s.types[name].node) for s in holders)
            yield CompositionError("EXTENSION_WITH_NO_BASE", f'Type "{name}" is extended, but no subgraph defines it.', name, places)
