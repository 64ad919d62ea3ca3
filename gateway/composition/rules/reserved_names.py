"""This rule is in charge of names that a supergraph needs for itself: two types of one name would be in it, or one that is hidden from clients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.composition.errors import CompositionError
from gateway.composition.merge_directives import EXECUTABLE
from gateway.composition.merged import Merged
from gateway.composition.subgraph import Subgraph
from gateway.composition.supergraph_features import used_features


def reserved_names(merged: Merged, subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    """INVALID_GRAPHQL."""
    used = used_features(merged, subgraphs)
    specifications = {"join", "link", *used}
    for name in merged.types:
        before, found, _after = name.partition("__")
        if found and before in specifications:
            yield CompositionError("INVALID_GRAPHQL", f'The name of type "{name}" is reserved for supergraphs, which link a specification "{before}".', name)
    written = {merged.names[name] for feature in used.values() for name in feature.directives if name in merged.names}
    for subgraph in subgraphs:
        for name, node in subgraph.directives.items():
            if name in written and any(location.value in EXECUTABLE for location in node.locations):
                message = f'Subgraph "{subgraph.name}" has a directive for operations called "@{name}", which is another directive in the supergraph.'
                yield CompositionError("INVALID_GRAPHQL", message, f"@{name}", (subgraph.place(node),))
