"""This module is in charge of the hints about descriptions and directives on which the subgraphs of an element do not agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from gateway.composition.annotation_values import MERGED_ARGUMENTS, print_arguments
from gateway.composition.annotations import Source, most_common
from gateway.composition.definitions import FEDERATION
from gateway.composition.errors import CompositionHint, Place, in_words
from gateway.composition.links import BUILT_IN, Element
from gateway.composition.subgraph import Applied

_SINGLE: Final = (Element(BUILT_IN, "specifiedBy"), Element(BUILT_IN, "deprecated"))


def annotation_hints(coordinate: str, sources: Sequence[Source]) -> Iterator[CompositionHint]:
    """INCONSISTENT_DESCRIPTION, INCONSISTENT_ and MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS."""
    if len(sources) < 2:
        return
    descriptions = [source.element.description for source in sources if source.element.description]
    if len(set(descriptions)) > 1:
        kept = most_common(descriptions)
        others = in_words(s.subgraph.name for s in sources if s.element.description not in {"", None, kept})
        message = f'"{coordinate or "schema"}" has several descriptions; that of {others} is not in the supergraph.'
        yield CompositionHint("INCONSISTENT_DESCRIPTION", message, coordinate, _places(sources))
    for element in _SINGLE:
        uses = _uses(sources, element)
        if len(set(uses.values())) > 1:
            message = f'@{element.name} on "{coordinate}" differs; the supergraph has it with {most_common(uses.values()) or "no arguments"}.'
            yield CompositionHint("INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS", message, coordinate, _places(sources))
    for name, how in MERGED_ARGUMENTS.items():
        if len(set(_uses(sources, Element(FEDERATION, name)).values())) > 1:
            message = f'@{name} on "{coordinate}" differs; the supergraph has {how}.'
            yield CompositionHint("MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS", message, coordinate, _places(sources))


def _uses(sources: Sequence[Source], element: Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for subgraph, said in sources:
        use: Applied | None = next((use for use in said.applied if use.element == element), None)
        if use is not None:
            found[subgraph.name] = print_arguments(use)
    return found


def _places(sources: Sequence[Source]) -> tuple[Place, ...]:
    nodes = ((subgraph, getattr(said, "node", None)) for subgraph, said in sources)
    return tuple(subgraph.place(node) for subgraph, node in nodes)
