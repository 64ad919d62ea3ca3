"""This rule is in charge of where `@provides` stands: on a field whose values have fields."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.composition.errors import CompositionError
from gateway.composition.rules.provides_fields import gives_composite
from gateway.composition.subgraph import Subgraph


def provides_target(subgraph: Subgraph) -> Iterator[CompositionError]:
    """PROVIDES_ON_NON_OBJECT_FIELD."""
    for type_ in subgraph.types.values():
        for field in type_.fields.values():
            if field.provides is not None and not gives_composite(subgraph, field):
                coordinate = f"{type_.name}.{field.name}"
                message = f'Field "{coordinate}" of subgraph "{subgraph.name}" has @provides, but its type "{field.type}" has no fields.'
                yield CompositionError("PROVIDES_ON_NON_OBJECT_FIELD", message, coordinate, (subgraph.place(field.provides.applied.node),))
