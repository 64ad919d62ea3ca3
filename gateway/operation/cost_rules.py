"""This module is in charge of what a supergraph says about costs: `@cost` and `@listSize`, by whatever names its links give them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    BooleanValueNode,
    ConstDirectiveNode,
    DocumentNode,
    FloatValueNode,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    IntValueNode,
    ListValueNode,
    ObjectTypeDefinitionNode,
    StringValueNode,
    TypeDefinitionNode,
    ValueNode,
    parse,
)

from gateway.composition.definitions import FEDERATION
from gateway.composition.links import Element, argument_values, read_links

SPECIFICATION: Final = "specs.apollo.dev/cost/"
COST: Final = Element(FEDERATION, "cost")
LIST_SIZE: Final = Element(FEDERATION, "listSize")


@dataclass(frozen=True, slots=True)
class ListSize:
    """One `@listSize`: how long a list is where no slicing argument says it, the paths of those arguments, the fields of the
    returned object that are meant, and whether exactly one argument has to be given."""

    assumed: float | None
    slicing: tuple[tuple[str, ...], ...] = ()
    sized: frozenset[str] = frozenset()
    one_needed: bool = True


@dataclass(frozen=True, slots=True)
class CostRules:
    """`weights` by coordinate ("Type", "Type.field", "Type.field(argument:)", "Input.field"), `lists` by the coordinate of a field."""

    weights: Mapping[str, float] = field(default_factory=dict)
    lists: Mapping[str, ListSize] = field(default_factory=dict)

    @property
    def prices_inputs(self) -> bool:
        """Whether anything beside objects may have a price where it is given."""
        return bool(self.weights)


def read_cost_rules(sdl: str) -> CostRules:
    """The rules in a supergraph's SDL; what is not of the directives' form is left out, for composition has judged it."""
    if SPECIFICATION not in sdl:
        return CostRules()
    document = parse(sdl, no_location=True)
    links = read_links("supergraph", document)
    weights: dict[str, float] = {}
    lists: dict[str, ListSize] = {}
    for coordinate, node in _applied(document):
        element = links.element(node.name.value)
        if element == COST and (weight := _weight(argument_values(node).get("weight"))) is not None:
            weights[coordinate] = weight
        elif element == LIST_SIZE:
            lists[coordinate] = _list_size(argument_values(node))
    return CostRules(weights, lists)


def _applied(document: DocumentNode) -> Iterator[tuple[str, ConstDirectiveNode]]:
    for definition in document.definitions:
        if isinstance(definition, TypeDefinitionNode):
            name = definition.name.value
            yield from ((name, each) for each in definition.directives or ())
            yield from _applied_to_fields(name, definition)


def _applied_to_fields(name: str, definition: TypeDefinitionNode) -> Iterator[tuple[str, ConstDirectiveNode]]:
    if isinstance(definition, InputObjectTypeDefinitionNode):
        yield from _placed(name, definition.fields or ())
    if isinstance(definition, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
        yield from _placed(name, definition.fields or ())
        for each in definition.fields or ():
            for argument in each.arguments or ():
                yield from ((f"{name}.{each.name.value}({argument.name.value}:)", use) for use in argument.directives or ())


def _placed(name: str, parts: Iterable[Any]) -> Iterator[tuple[str, ConstDirectiveNode]]:
    return ((f"{name}.{part.name.value}", use) for part in parts for use in part.directives or ())


def _weight(node: ValueNode | None) -> float | None:
    """Text in IBM's form of the directive, a number in Apollo's."""
    if not isinstance(node, StringValueNode | IntValueNode | FloatValueNode):
        return None
    try:
        weight = float(node.value)
    except ValueError:
        return None
    return weight if math.isfinite(weight) else None


def _list_size(arguments: Mapping[str, ValueNode]) -> ListSize:
    assumed, needed = arguments.get("assumedSize"), arguments.get("requireOneSlicingArgument")
    return ListSize(
        assumed=float(assumed.value) if isinstance(assumed, IntValueNode) else None,
        slicing=tuple(tuple(path.split(".")) for path in _texts(arguments.get("slicingArguments"))),
        sized=frozenset(_texts(arguments.get("sizedFields"))),
        one_needed=not isinstance(needed, BooleanValueNode) or needed.value,
    )


def _texts(node: ValueNode | None) -> tuple[str, ...]:
    items = node.values if isinstance(node, ListValueNode) else (node,)
    return tuple(item.value for item in items if isinstance(item, StringValueNode))
