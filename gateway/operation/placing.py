"""This module is in charge of where in a client's text that stands which was found to be wrong without it.

What is prepared once is used for many texts, under other aliases and with other spaces: the text at hand is parsed again, which only a refusal pays for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    get_location,
    parse,
)

from gateway.errors import ClientError, Location, Refused


class WrongVariable(Refused):
    """The value of this variable is refused; where it is for how large a page it asks for, as that argument."""

    def __init__(self, *errors: ClientError, variable: str, argument: str | None = None) -> None:
        super().__init__(*errors)
        self.variable = variable
        self.argument = argument


class Placed(Refused):
    """A refusal whose places are those of the client's own text."""


def placed(refusal: WrongVariable, text: str, name: str | None) -> Placed:
    """The refusal with its place in the valid text, of which this operation was to be answered: the argument that asks for too large a page, with
    the path of its field, as of a literal; otherwise the variable's definition."""
    document = parse(text)
    for operation in _operations(document):
        if name is not None and (operation.name is None or operation.name.value != name):
            continue
        path, node = _place(document, operation, refusal)
        where = () if node is None else location_of(node)
        return Placed(*(replace(each, path=path, locations=where) for each in refusal.errors))
    return Placed(*refusal.errors)


def _place(document: DocumentNode, operation: OperationDefinitionNode, refusal: WrongVariable) -> tuple[tuple[str, ...], Node | None]:
    if refusal.argument is not None:
        for path, argument in arguments_in(document, [operation]):
            value = argument.value
            if argument.name.value == refusal.argument and isinstance(value, VariableNode) and value.name.value == refusal.variable:
                return path or (), argument
    definitions = operation.variable_definitions or ()
    return (), next((each for each in definitions if each.variable.name.value == refusal.variable), None)


def location_of(node: Node) -> tuple[Location, ...]:
    """Where it begins; nothing of what was parsed without places."""
    return () if node.loc is None else (Location(*get_location(node.loc.source, node.loc.start)),)


def _operations(document: DocumentNode) -> Iterator[OperationDefinitionNode]:
    return (each for each in document.definitions if isinstance(each, OperationDefinitionNode))


def arguments_in(document: DocumentNode, operations: Iterable[OperationDefinitionNode] | None = None) -> Iterator[tuple[tuple[str, ...] | None, ArgumentNode]]:
    """The arguments of fields, each with the response keys of its field: of these operations, or of the whole document. A fragment is gone over where
    it is first spread, so that this is linear, too; one that is not spread has no path."""
    bodies = {node.name.value: node.selection_set for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    stack: list[tuple[tuple[str, ...] | None, SelectionSetNode]] = [(None, body) for body in bodies.values()] if operations is None else []
    wanted = list(_operations(document) if operations is None else operations)
    stack.extend(((), node.selection_set) for node in reversed(wanted))
    seen: set[int] = set()
    while stack:
        path, selection_set = stack.pop()
        if id(selection_set) in seen:
            continue
        seen.add(id(selection_set))
        for node in selection_set.selections:
            here, below = path, _below(node, bodies)
            if isinstance(node, FieldNode):
                here = None if path is None else (*path, (node.alias or node.name).value)
                yield from ((here, argument) for argument in node.arguments or ())
            if below is not None:
                stack.append((here, below))


def _below(node: SelectionNode, bodies: Mapping[str, SelectionSetNode]) -> SelectionSetNode | None:
    if isinstance(node, FragmentSpreadNode):
        return bodies.get(node.name.value)
    return node.selection_set if isinstance(node, (FieldNode, InlineFragmentNode)) else None
