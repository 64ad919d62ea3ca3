"""This rule is in charge of a subgraph's own definitions of federation directives: they may repeat the specification, not change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphql import DirectiveDefinitionNode, print_ast

from gateway.composition.annotations import CATEGORY_ELEMENT
from gateway.composition.definitions import BUILT_IN_DIRECTIVES, DIRECTIVES, FEDERATION, DirectiveShape
from gateway.composition.document import CleanDocument
from gateway.composition.errors import CompositionError, place
from gateway.composition.links import Links


def directive_definitions(subgraph: str, document: CleanDocument, links: Links) -> Iterator[CompositionError]:
    """DIRECTIVE_DEFINITION_INVALID for supported federation directives and for `@category`."""
    for feature in links.features:
        for there, here in feature.imports.items():
            if here.startswith("@") and here[1:] in BUILT_IN_DIRECTIVES:
                message = f'Subgraph "{subgraph}" imports {there} as {here}, which is a directive of GraphQL itself.'
                yield CompositionError("DIRECTIVE_DEFINITION_INVALID", message, here, (place(subgraph, feature.node),))
    for node in document.directives:
        element = links.element(node.name.value)
        problem = None
        if element is not None and element.identity == FEDERATION and element.name in DIRECTIVES:
            problem = _problem(node, DIRECTIVES[element.name])
        elif element == CATEGORY_ELEMENT:
            problem = _category_problem(node)
        if problem is not None:
            message = f'The definition of @{node.name.value} in subgraph "{subgraph}" {problem}.'
            yield CompositionError("DIRECTIVE_DEFINITION_INVALID", message, f"@{node.name.value}", (place(subgraph, node),))


def _problem(node: DirectiveDefinitionNode, shape: DirectiveShape) -> str | None:
    allowed = set(shape.locations.split(" | "))
    for location in node.locations:
        if location.value not in allowed:
            return f"has the location {location.value}, which the specification has not"
    for argument in node.arguments or ():
        if argument.name.value not in shape.arguments:
            return f'has the argument "{argument.name.value}", which the specification has not'
    missing = [name for name in _required(shape.arguments) if name not in {a.name.value for a in node.arguments or ()}]
    return f'lacks the argument "{missing[0]}"' if missing else None


def _required(arguments: Mapping[str, str]) -> Iterator[str]:
    return (name for name, type_ in arguments.items() if type_.endswith("!"))


def _category_problem(node: DirectiveDefinitionNode) -> str | None:
    arguments = {argument.name.value: print_ast(argument.type) for argument in node.arguments or ()}
    return None if arguments == {"names": "[String!]!"} else "must have the one argument names: [String!]!"
