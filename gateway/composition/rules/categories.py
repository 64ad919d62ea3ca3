"""This rule is in charge of `@category`: it names categories, and it is composed, or what it closes would stand open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gateway.composition.annotation_values import read_strings
from gateway.composition.annotations import CATEGORY_ELEMENT
from gateway.composition.errors import CompositionError
from gateway.composition.subgraph import Subgraph

_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]*")


def categories(subgraph: Subgraph) -> Iterator[CompositionError]:
    """INVALID_CATEGORY for names that are none, CATEGORY_NOT_COMPOSED where @composeDirective does not carry the directive."""
    uses = [(at, use) for at, applied in subgraph.elements() for use in applied if use.element == CATEGORY_ELEMENT]
    if uses and not _is_composed(subgraph):
        coordinate, use = uses[0]
        message = (
            f'Subgraph "{subgraph.name}" applies @{use.node.name.value} at "{coordinate}" without '
            f'@composeDirective(name: "@{use.node.name.value}"): its categories would be lost.'
        )
        yield CompositionError("CATEGORY_NOT_COMPOSED", message, coordinate, (subgraph.place(use.node),))
    for coordinate, use in uses:
        names = read_strings(use.arguments.get("names"))
        if not names or not all(_NAME.fullmatch(name) for name in names):
            message = f'@{use.node.name.value} at "{coordinate}" of subgraph "{subgraph.name}" must name at least one category, in capitals.'
            yield CompositionError("INVALID_CATEGORY", message, coordinate, (subgraph.place(use.node),))


def _is_composed(subgraph: Subgraph) -> bool:
    names = (name for use in subgraph.composed for name in read_strings(use.arguments.get("name")) or ())
    return any(subgraph.links.element(name.removeprefix("@")) == CATEGORY_ELEMENT for name in names)
