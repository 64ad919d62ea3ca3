"""This hint is in charge of `@composeDirective` where it says nothing, and of names that stand in its way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.composition.errors import CompositionHint
from gateway.composition.links import string_value
from gateway.composition.merge_directives import is_composed_anyway
from gateway.composition.subgraph import Subgraph


def composing(subgraphs: Sequence[Subgraph]) -> Iterator[CompositionHint]:
    """DIRECTIVE_COMPOSITION_INFO for what is composed without being asked for, DIRECTIVE_COMPOSITION_WARN for a name that differs where none asks."""
    for subgraph in subgraphs:
        for use in subgraph.composed:
            name = (string_value(use.arguments.get("name")) or "").removeprefix("@")
            if is_composed_anyway(subgraph, use):
                message = f'@{name} is composed anyway; subgraph "{subgraph.name}" need not ask for it.'
                yield CompositionHint("DIRECTIVE_COMPOSITION_INFO", message, "", (subgraph.place(use.node),))
            else:
                yield from _named_otherwise(subgraph, name, subgraphs)


def _named_otherwise(composing_subgraph: Subgraph, name: str, subgraphs: Sequence[Subgraph]) -> Iterator[CompositionHint]:
    element = composing_subgraph.links.element(name)
    for subgraph in subgraphs if element is not None else ():
        feature = subgraph.links.feature(element.identity) if element is not None else None
        there = feature.imports.get(f"@{element.name}") if feature is not None and element is not None else None
        if feature is not None and element is not None and there is not None and there != f"@{name}" and element.name not in _composed_by(subgraph):
            message = (
                f'The directive that is composed as @{name} is called {there} in subgraph "{subgraph.name}": where it is to be composed it needs one name.'
            )
            yield CompositionHint("DIRECTIVE_COMPOSITION_WARN", message, "", (subgraph.place(feature.node),))


def _composed_by(subgraph: Subgraph) -> frozenset[str]:
    """The names that the directives a subgraph composes have in their specifications."""
    elements = (subgraph.links.element((string_value(use.arguments.get("name")) or "").removeprefix("@")) for use in subgraph.composed)
    return frozenset(element.name for element in elements if element is not None)
