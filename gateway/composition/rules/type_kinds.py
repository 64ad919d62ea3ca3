"""This rule is in charge of types being of one kind everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.composition.errors import CompositionError
from gateway.composition.subgraph import Subgraph


def type_kinds(subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    """TYPE_KIND_MISMATCH."""
    for name in dict.fromkeys(name for subgraph in subgraphs for name in subgraph.types):
        holders = [subgraph for subgraph in subgraphs if name in subgraph.types]
        if len({subgraph.types[name].merged_kind for subgraph in holders}) > 1:
            kinds = ", ".join(f'{s.types[name].merged_kind} in subgraph "{s.name}"' for s in holders)
            places = tuple(s.place(s.types[name].node) for s in holders)
            yield CompositionError("TYPE_KIND_MISMATCH", f'Type "{name}" is of several kinds: {kinds}.', name, places)
