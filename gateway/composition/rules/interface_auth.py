"""This rule is in charge of keeping authorisation off interfaces and interface objects: what they ask follows from their implementers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from gateway.composition.errors import CompositionError
from gateway.composition.subgraph import Applied, Subgraph, having

_AUTH: Final = ("authenticated", "requiresScopes", "policy")


def interface_auth(subgraph: Subgraph) -> Iterator[CompositionError]:
    """AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE."""
    for type_ in subgraph.types.values():
        if type_.merged_kind != "INTERFACE":
            continue
        yield from _at(subgraph, type_.name, type_.applied)
        for field in type_.fields.values() if not type_.interface_object else ():
            yield from _at(subgraph, f"{type_.name}.{field.name}", field.applied)


def _at(subgraph: Subgraph, coordinate: str, applied: Iterable[Applied]) -> Iterator[CompositionError]:
    uses = tuple(applied)
    for use in (use for name in _AUTH for use in having(uses, name)):
        message = (
            f'@{use.node.name.value} stands at "{coordinate}" of subgraph "{subgraph.name}": an interface and its fields '
            "ask what their implementations ask, so it belongs there."
        )
        yield CompositionError("AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE", message, coordinate, (subgraph.place(use.node),))
