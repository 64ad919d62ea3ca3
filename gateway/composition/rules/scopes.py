"""This rule is in charge of `@requiresScopes(scopes:)` and `@policy(policies:)`: an empty set would let everybody in, so it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.composition.annotation_values import read_clauses
from gateway.composition.errors import CompositionError
from gateway.composition.subgraph import Applied, Subgraph, SubgraphField, SubgraphType, having

_DIRECTIVES: Final = (("requiresScopes", "scopes", "EMPTY_SCOPES"), ("policy", "policies", "EMPTY_POLICIES"))


def scopes(subgraph: Subgraph) -> Iterator[CompositionError]:
    """EMPTY_SCOPES and EMPTY_POLICIES for `[]` and any `[[]]`, INVALID_GRAPHQL for anything but lists of strings."""
    for type_ in subgraph.types.values():
        elements: list[tuple[str, SubgraphType | SubgraphField]] = [(type_.name, type_)]
        elements += [(f"{type_.name}.{field.name}", field) for field in type_.fields.values()]
        for coordinate, element in elements:
            for directive, argument, code in _DIRECTIVES:
                for use in having(element.applied, directive):
                    yield from _of_use(subgraph, coordinate, use, argument, code)


def _of_use(subgraph: Subgraph, coordinate: str, use: Applied, argument: str, code: str) -> Iterator[CompositionError]:
    place = (subgraph.place(use.node),)
    start = f'@{use.node.name.value} at "{coordinate}" of subgraph "{subgraph.name}"'
    found = read_clauses(use.arguments.get(argument))
    if found is None:
        yield CompositionError("INVALID_GRAPHQL", f"{start}: {argument} must be a list of lists of strings.", coordinate, place)
    elif not found or any(not clause or not all(clause) for clause in found):
        message = f"{start}: an empty set of {argument}, or an empty name in one, asks nothing of a caller. Name them, or drop the directive."
        yield CompositionError(code, message, coordinate, place)
