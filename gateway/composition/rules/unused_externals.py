"""This rule is in charge of types of Federation 1 subgraphs of which nothing is left: all of their fields are external, and nothing uses them."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.composition.errors import CompositionError
from gateway.composition.subgraph import Subgraph
from gateway.composition.types import named_type


def unused_externals(as_written: Subgraph, as_meant: Subgraph) -> Iterator[CompositionError]:
    """TYPE_WITH_ONLY_UNUSED_EXTERNAL, where something in the subgraph still is of the type."""
    referred = {named_type(field.type) for type_ in as_meant.types.values() for field in type_.fields.values()}
    referred |= {member for type_ in as_meant.types.values() for member in type_.members}
    for name, type_ in as_written.types.items():
        if name not in as_meant.types and name in referred:
            message = f'All fields of type "{name}" in subgraph "{as_written.name}" are @external, and no @key, @requires or @provides there uses them.'
            yield CompositionError("TYPE_WITH_ONLY_UNUSED_EXTERNAL", message, name, (as_written.place(type_.node),))
