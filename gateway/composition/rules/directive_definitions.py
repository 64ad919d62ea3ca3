"""This rule is in charge of a subgraph's own definitions of federation directives: they may repeat the specification, not change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphql import DirectiveDefinitionNode, InputValueDefinitionNode, parse_type, print_ast, specified_scalar_types

from gateway.composition.annotations import CATEGORY_ELEMENT
from gateway.composition.definitions import BUILT_IN_DIRECTIVES, DIRECTIVES, FEDERATION, FEDERATION_1_CHECKED, LINK, LINK_ARGUMENTS, DirectiveShape
from gateway.composition.document import CleanDocument, is_passed_over, scalar_names
from gateway.composition.errors import CompositionError, place
from gateway.composition.links import Element, Links
from gateway.composition.types import NonNull, named_type, read_type


def directive_definitions(subgraph: str, document: CleanDocument, links: Links) -> Iterator[CompositionError]:
    """DIRECTIVE_DEFINITION_INVALID for supported federation directives, `@link` and for `@category`."""
    for feature in links.features:
        for there, here in feature.imports.items():
            if here.startswith("@") and here[1:] in BUILT_IN_DIRECTIVES:
                message = f'Subgraph "{subgraph}" imports {there} as {here}, which is a directive of GraphQL itself.'
                yield CompositionError("DIRECTIVE_DEFINITION_INVALID", message, here, (place(subgraph, feature.node),))
    for node in document.directives:
        element = links.element(node.name.value)
        problem = None
        if element == Element(LINK, "link") and not links.federation_1:
            problem = _problem(node, _link_shape(links), links, document)
        elif element is not None and element.identity == FEDERATION and element.name in DIRECTIVES:
            problem = None if is_passed_over(node, links) else _problem(node, _shape_of(node.name.value, element.name, links), links, document)
        elif element is None and links.federation_1 and node.name.value in FEDERATION_1_CHECKED:
            problem = _problem(node, _of_minor(DIRECTIVES[node.name.value], 0), links, document)
        elif element == CATEGORY_ELEMENT:
            problem = _category_problem(node)
        if problem is not None:
            message = f'The definition of @{node.name.value} in subgraph "{subgraph}" {problem}.'
            yield CompositionError("DIRECTIVE_DEFINITION_INVALID", message, f"@{node.name.value}", (place(subgraph, node),))


def _link_shape(links: Links) -> DirectiveShape:
    arguments = {name: type_.format(prefix=links.link_name) for name, type_ in LINK_ARGUMENTS.items()}
    return DirectiveShape(0, arguments, "SCHEMA", repeatable=True)


def _shape_of(written: str, name: str, links: Links) -> DirectiveShape:
    """What the linked version of federation lets the directive be; a specification that is linked by itself has its own versions."""
    federation = links.feature(FEDERATION)
    alone = links.minor_alone(written) is not None
    return DIRECTIVES[name] if federation is None or alone else _of_minor(DIRECTIVES[name], federation.minor)


def _of_minor(shape: DirectiveShape, minor: int) -> DirectiveShape:
    arguments = {name: type_ for name, type_ in shape.arguments.items() if shape.newer.get(name, 0) <= minor}
    locations = [location for location in shape.locations.split(" | ") if shape.newer.get(location, 0) <= minor]
    return shape._replace(arguments=arguments, locations=" | ".join(locations), repeatable=shape.repeatable and minor >= shape.repeatable_since)


def _problem(node: DirectiveDefinitionNode, shape: DirectiveShape, links: Links, document: CleanDocument) -> str | None:
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
        problem = _argument_problem(argument, written, links, document)
        if problem is not None:
            return f'{problem} of the argument "{argument.name.value}", where the specification has "{written}"'
    missing = [name for name in _required(shape.arguments) if name not in {a.name.value for a in node.arguments or ()}]
    return f'lacks the argument "{missing[0]}"' if missing else None


def _argument_problem(node: InputValueDefinitionNode, written: str, links: Links, document: CleanDocument) -> str | None:
    """What is another than in the specification: a scalar of one's own in place of one of its scalars, any other type, or a default."""
    type_, _, default = written.partition(" = ")
    given, expected = read_type(node.type), read_type(parse_type(type_, no_location=True))
    bare = given.of if isinstance(given, NonNull) and not isinstance(expected, NonNull) else given
    name, wanted = named_type(bare), named_type(expected)
    is_scalar = wanted in {*scalar_names(links).values(), f"{links.link_name}__Import"}
    no_own_scalar = name in specified_scalar_types or any(n.name.value == name and not n.kind.startswith("scalar") for n in document.types)
    stands_in = is_scalar and no_own_scalar and str(bare).replace(name, wanted) == str(expected)
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
