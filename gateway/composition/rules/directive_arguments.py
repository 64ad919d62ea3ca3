"""This rule is in charge of the arguments of directives in a subgraph's SDL: their values fit the types that the definitions give them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphql import parse_type

from gateway.composition.definitions import DIRECTIVES, FEDERATION
from gateway.composition.errors import CompositionError
from gateway.composition.literals import fits
from gateway.composition.subgraph import Applied, Subgraph
from gateway.composition.types import TypeRef, read_type


def directive_arguments(subgraph: Subgraph) -> Iterator[CompositionError]:
    """INVALID_GRAPHQL."""
    for coordinate, use in ((coordinate, use) for coordinate, applied in subgraph.elements() for use in applied):
        types = _argument_types(subgraph, use)
        for name, value in use.arguments.items():
            if name in types and not fits(subgraph.types, types[name], value):
                message = f'Subgraph "{subgraph.name}": the value of "@{use.node.name.value}({name}:)" is not of type "{types[name]}".'
                yield CompositionError("INVALID_GRAPHQL", message, coordinate, (subgraph.place(use.node),))


def _argument_types(subgraph: Subgraph, use: Applied) -> Mapping[str, TypeRef]:
    if use.element is not None and use.element.identity == FEDERATION:
        shape = DIRECTIVES.get(use.element.name)
        written = shape.arguments if shape is not None else {}
        scalars = {"F": "FieldSet", "S": "Scope", "P": "Policy", "C": "ContextFieldValue"}  # all of them take any literal
        return {name: read_type(parse_type(type_.format(**scalars).partition(" =")[0], no_location=True)) for name, type_ in written.items()}
    definition = subgraph.directives.get(use.node.name.value)
    arguments = definition.arguments or () if definition is not None else ()
    return {argument.name.value: read_type(argument.type) for argument in arguments}
