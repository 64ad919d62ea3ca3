"""This rule is in charge of what an `@external` field may say: what is merged is said where the field is resolved."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

from gateway.composition.definitions import CATEGORY, FEDERATION, PRINTED
from gateway.composition.errors import CompositionError
from gateway.composition.links import BUILT_IN, Element, string_value
from gateway.composition.merging import abstracted, memberships
from gateway.composition.subgraph import Applied, Subgraph

_MERGED = frozenset({Element(BUILT_IN, "deprecated"), *(Element(FEDERATION, name) for name in PRINTED)})


def external_annotations(subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    """MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL; of composed directives those that the subgraph of the field's own name composes, as Apollo's
    composition has it, which takes the one name for the other: what others compose is passed over."""
    composed_by: dict[str, set[str | None]] = {subgraph.name: {string_value(use.arguments.get("name")) for use in subgraph.composed} for subgraph in subgraphs}
    members = memberships(subgraphs)
    first = {name: type_.merged_kind for subgraph in reversed(subgraphs) for name, type_ in subgraph.types.items()}
    for subgraph in subgraphs:
        for type_ in (type_ for type_ in subgraph.types.values() if type_.merged_kind == first[type_.name]):
            for field in (field for field in type_.fields.values() if field.external and _is_resolved(subgraphs, members, type_.name, field.name)):
                composed = composed_by.get(field.name, set())
                for use in (use for use in field.applied if use.element in _MERGED or _is_composed(use, composed)):
                    coordinate = f"{type_.name}.{field.name}"
                    message = (
                        f'@{use.node.name.value} stands on the @external field "{coordinate}" of subgraph "{subgraph.name}"; '
                        "it belongs where the field is resolved."
                    )
                    yield CompositionError("MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL", message, coordinate, (subgraph.place(use.node),))


def _is_resolved(subgraphs: Sequence[Subgraph], members: Mapping[str, frozenset[str]], type_name: str, name: str) -> bool:
    """Whether there is a place where it belongs; that there is none is told instead."""
    types = [other.types[type_name] for other in subgraphs if type_name in other.types]
    declared = (type_.fields[name] for type_ in types if name in type_.fields and type_.merged_kind == types[0].merged_kind)
    return any(not known.external for known in declared) or any(True for _ in abstracted(subgraphs, members, type_name, name))


def _is_composed(use: Applied, composed: Container[str | None]) -> bool:
    # A category repeated where the field is only named keeps its requirement beside the requirement's reader: that can only close more.
    return f"@{use.node.name.value}" in composed and use.element != Element(CATEGORY, "category")
