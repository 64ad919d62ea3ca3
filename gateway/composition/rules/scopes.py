"""This rule is in charge of `@requiresScopes(scopes:)`: an empty set would let everybody in, so it is refused."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.composition.annotations import read_scopes
from gateway.composition.errors import CompositionError
from gateway.composition.subgraph import Applied, Subgraph, SubgraphField, SubgraphType, having


def scopes(subgraph: Subgraph) -> Iterator[CompositionError]:
    """EMPTY_SCOPES for `[]` and any `[[]]`, INVALID_GRAPHQL for anything but lists of strings."""
    for type_ in subgraph.types.values():
        elements: list[tuple[str, SubgraphType | SubgraphField]] = [(type_.name, type_)]
        elements += [(f"{type_.name}.{field.name}", field) for field in type_.fields.values()]
        for coordinate, element in elements:
            for use in having(element.applied, "requiresScopes"):
                yield from _of_use(subgraph, coordinate, use)


def _of_use(subgraph: Subgraph, coordinate: str, use: Applied) -> Iterator[CompositionError]:
    place = (subgraph.place(use.node),)
    start = f'@{use.node.name.value} at "{coordinate}" of subgraph "{subgraph.name}"'
    found = read_scopes(use.arguments.get("scopes"))
    if found is None:
        yield CompositionError("INVALID_GRAPHQL", f"{start}: scopes must be a list of lists of strings.", coordinate, place)
    elif not found or any(not clause or not all(clause) for clause in found):
        message = f"{start}: an empty set of scopes, or an empty scope, asks nothing of a caller. Name the scopes, or drop the directive."
        yield CompositionError("EMPTY_SCOPES", message, coordinate, place)
