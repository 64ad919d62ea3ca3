"""This rule is in charge of where `@provides` stands: on a field that the subgraph resolves, whose values have fields."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.composition.errors import CompositionError
from gateway.composition.rules.provides_fields import gives_composite
from gateway.composition.subgraph import Subgraph


def provides_target(subgraph: Subgraph) -> Iterator[CompositionError]:
    """PROVIDES_ON_NON_OBJECT_FIELD and EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE."""
    for type_ in subgraph.types.values():
        for field in type_.fields.values():
            if field.provides is None:
                continue
            coordinate = f"{type_.name}.{field.name}"
            place = (subgraph.place(field.provides.applied.node),)
            if field.external:
                message = f'Field "{coordinate}" of subgraph "{subgraph.name}" is @external, so that what it @provides is never resolved there.'
                yield CompositionError("EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE", message, coordinate, place)
            elif not gives_composite(subgraph, field):
                message = f'Field "{coordinate}" of subgraph "{subgraph.name}" has @provides, but its type "{field.type}" has no fields.'
                yield CompositionError("PROVIDES_ON_NON_OBJECT_FIELD", message, coordinate, place)
