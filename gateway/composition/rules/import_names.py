"""This rule is in charge of imported names: the supergraph has one name for each directive, so the subgraphs need the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.composition.definitions import PRINTED
from gateway.composition.errors import CompositionError
from gateway.composition.merge import printed_names
from gateway.composition.subgraph import Subgraph


def import_names(subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    """LINK_IMPORT_NAME_MISMATCH for the directives that a supergraph prints."""
    here = {subgraph.name: printed_names(subgraph) for subgraph in subgraphs}
    for name in PRINTED:
        imported = {subgraph: names[name] for subgraph, names in here.items() if name in names}
        if len(set(imported.values())) > 1:
            words = ", ".join(f'"@{written}" in subgraph "{subgraph}"' for subgraph, written in imported.items())
            message = f"Federation's @{name} is imported under several names: {words}."
            yield CompositionError("LINK_IMPORT_NAME_MISMATCH", message)
