"""This rule is in charge of what an `@external` field may say: what is merged is said where the field is resolved."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from gateway.composition.definitions import CATEGORY, FEDERATION, PRINTED
from gateway.composition.errors import CompositionError
from gateway.composition.links import BUILT_IN, Element, string_value
from gateway.composition.subgraph import Applied, Subgraph

_MERGED = frozenset({Element(BUILT_IN, "deprecated"), *(Element(FEDERATION, name) for name in PRINTED)})


def external_annotations(subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    """MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL; of composed directives those that the subgraph of the field's own name composes, as Apollo's
    composition has it, which takes the one name for the other: what others compose is passed over."""
    composed_by: dict[str, set[str | None]] = {subgraph.name: {string_value(use.arguments.get("name")) for use in subgraph.composed} for subgraph in subgraphs}
    for subgraph in subgraphs:
        for type_ in subgraph.types.values():
            for field in (field for field in type_.fields.values() if field.external):
                composed = composed_by.get(field.name, set())
                for use in (use for use in field.applied if use.element in _MERGED or _is_composed(use, composed)):
                    coordinate = f"{type_.name}.{field.name}"
                    message = (
                        f'@{use.node.name.value} stands on the @external field "{coordinate}" of subgraph "{subgraph.name}"; '
                        "it belongs where the field is resolved."
                    )
                    yield CompositionError("MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL", message, coordinate, (subgraph.place(use.node),))


def _is_composed(use: Applied, composed: Container[str | None]) -> bool:
    # A category repeated where the field is only named keeps its requirement beside the requirement's reader: that can only close more.
    return f"@{use.node.name.value}" in composed and use.element != Element(CATEGORY, "category")
