"""This rule is in charge of a subgraph's own definitions of federation directives: they may repeat the specification, not change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphql import DirectiveDefinitionNode, InputValueDefinitionNode, parse_type, print_ast, specified_scalar_types

from gateway.composition.annotations import CATEGORY_ELEMENT
from gateway.composition.definitions import BUILT_IN_DIRECTIVES, DIRECTIVES, FEDERATION, DirectiveShape
from gateway.composition.document import CleanDocument, is_passed_over, scalar_names
from gateway.composition.errors import CompositionError, place
from gateway.composition.links import Links
from gateway.composition.types import NonNull, named_type, read_type


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
            problem = None if is_passed_over(node, links) else _problem(node, DIRECTIVES[element.name], links)
        elif element == CATEGORY_ELEMENT:
            problem = _category_problem(node)
        if problem is not None:
            message = f'The definition of @{node.name.value} in subgraph "{subgraph}" {problem}.'
            yield CompositionError("DIRECTIVE_DEFINITION_INVALID", message, f"@{node.name.value}", (place(subgraph, node),))


def _problem(node: DirectiveDefinitionNode, shape: DirectiveShape, links: Links) -> str | None:
    if node.repeatable and not shape.repeatable:
        return "is repeatable, which that of the specification is not"
    allowed = set(shape.locations.split(" | "))
    for location in node.locations:
        if location.value not in allowed:
            return f"has the location {location.value}, which the specification has not"
    for argument in node.arguments or ():
        if argument.name.value not in shape.arguments:
            return f'has the argument "{argument.name.value}", which the specification has not'
        written = shape.arguments[argument.name.value].format(**scalar_names(links))
        problem = _argument_problem(argument, written, links)
        if problem is not None:
            return f'{problem} of the argument "{argument.name.value}", where the specification has "{written}"'
    missing = [name for name in _required(shape.arguments) if name not in {a.name.value for a in node.arguments or ()}]
    return f'lacks the argument "{missing[0]}"' if missing else None


def _argument_problem(node: InputValueDefinitionNode, written: str, links: Links) -> str | None:
    """What is another than in the specification: a type that is none of GraphQL's own in place of a scalar of federation's, or a default."""
    type_, _, default = written.partition(" = ")
    given, expected = read_type(node.type), read_type(parse_type(type_, no_location=True))
    is_scalar = named_type(expected) in scalar_names(links).values()
    stands_in = is_scalar and named_type(given) in specified_scalar_types and str(given).replace(named_type(given), named_type(expected)) == str(expected)
    bare = given.of if isinstance(given, NonNull) and not isinstance(expected, NonNull) else given
    if bare != expected and not stands_in:
        return f'has the type "{given}"'
    if not isinstance(given, NonNull) and (print_ast(node.default_value) if node.default_value else "") != default:
        return "has another default"
    return None


def _required(arguments: Mapping[str, str]) -> Iterator[str]:
    return (name for name, type_ in arguments.items() if type_.endswith("!"))


def _category_problem(node: DirectiveDefinitionNode) -> str | None:
    arguments = {argument.name.value: print_ast(argument.type) for argument in node.arguments or ()}
    return None if arguments == {"names": "[String!]!"} else "must have the one argument names: [String!]!"
