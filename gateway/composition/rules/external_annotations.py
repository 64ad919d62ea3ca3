"""This rule is in charge of what an `@external` field may say: what is merged is said where the field is resolved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.composition.definitions import FEDERATION, PRINTED
from gateway.composition.errors import CompositionError
from gateway.composition.links import BUILT_IN, Element
from gateway.composition.subgraph import Subgraph

_MERGED = frozenset({Element(BUILT_IN, "deprecated"), *(Element(FEDERATION, name) for name in PRINTED)})


def external_annotations(subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    """MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL."""
    for subgraph in subgraphs:
        for type_ in subgraph.types.values():
            for field in (field for field in type_.fields.values() if field.external):
                for use in (use for use in field.applied if use.element in _MERGED):
                    coordinate = f"{type_.name}.{field.name}"
                    message = (
                        f'@{use.node.name.value} stands on the @external field "{coordinate}" of subgraph "{subgraph.name}"; '
                        "it belongs where the field is resolved."
                    )
                    yield CompositionError("MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL", message, coordinate, (subgraph.place(use.node),))
