"""This module is in charge of the uses of composed directives: which of them the supergraph keeps of one element, and whether they are valid there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from graphql import DirectiveNode, NonNullTypeNode, NullValueNode, print_ast

from gateway.composition.annotation_values import print_arguments
from gateway.composition.annotations import CATEGORY_ELEMENT, Source, category_names
from gateway.composition.errors import CompositionError, CompositionHint
from gateway.composition.links import Element
from gateway.composition.literals import fits
from gateway.composition.merged import ComposedDirective, MergedTypes
from gateway.composition.subgraph import Applied, Subgraph
from gateway.composition.types import read_type

Composed = Mapping[Element, ComposedDirective]


class _Use(NamedTuple):
    subgraph: Subgraph
    applied: Applied

    def meaning(self) -> str:
        """The use with whatever else its own subgraph's definition takes: by this two are the same, however they are written."""
        defined = self.subgraph.directive_arguments.get(self.applied.node.name.value, {})
        defaults = {name: item.default or NullValueNode() for name, item in defined.items()}
        return print_arguments(replace(self.applied, arguments=defaults | dict(self.applied.arguments)))


class KeptUses(NamedTuple):
    """What the supergraph keeps of one composed directive on one element: `uses` one by one, or for a category all of them as one.

    `others` say something else, and are not kept, since the directive may stand there once.
    """

    coordinate: str
    directive: ComposedDirective
    uses: tuple[_Use, ...]
    others: tuple[_Use, ...] = ()

    def hints(self) -> Iterator[CompositionHint]:
        """INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS."""
        if self.others:
            text = next(self.printed())
            message = f'@{self.directive.name} on "{self.coordinate}" differs; the supergraph has it as {text}.'
            places = tuple(use.subgraph.place(use.applied.node) for use in self.others)
            yield CompositionHint("INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS", message, self.coordinate, places)

    def printed(self) -> Iterator[str]:
        """The uses as the supergraph has them."""
        if _is_one_category(self.directive):
            yield _print_category(self.directive.name, (name for use in self.uses for name in category_names(use.applied)))
        else:
            yield from (_print_use(use.applied) for use in self.uses)


def kept_uses(coordinate: str, sources: Sequence[Source], composed: Composed) -> Iterator[KeptUses]:
    """Where one subgraph that composes a directive applies it, those of all others count as well, whether they compose it or not."""
    everything = [_Use(source.subgraph, use) for source in sources for use in source.element.applied]
    found: dict[str, ComposedDirective] = {}
    for subgraph, use in everything:
        directive = composed.get(use.element) if use.element is not None else None
        if directive is not None and subgraph.name in directive.subgraphs:
            found[directive.name] = directive
    for name, directive in found.items():
        yield _kept(coordinate, directive, [use for use in everything if use.applied.node.name.value == name])


def _kept(coordinate: str, directive: ComposedDirective, uses: Sequence[_Use]) -> KeptUses:
    if _is_one_category(directive):
        return KeptUses(coordinate, directive, tuple(uses))
    first = {use.meaning(): use for use in reversed(uses)}
    if directive.definition.repeatable:
        return KeptUses(coordinate, directive, tuple(first[meaning] for meaning in dict.fromkeys(use.meaning() for use in uses)))
    meant = Counter(use.meaning() for use in uses).most_common(1)[0][0]
    return KeptUses(coordinate, directive, (first[meant],), tuple(use for use in uses if use.meaning() != meant))


def _is_one_category(directive: ComposedDirective) -> bool:
    # A category lost in merging would open what a subgraph closed: all names stay, in one use.
    return directive.element == CATEGORY_ELEMENT and not directive.definition.repeatable


def _print_use(use: Applied) -> str:
    node = use.node
    if use.element == CATEGORY_ELEMENT:
        return _print_category(node.name.value, category_names(use))
    arguments = tuple(sorted(node.arguments or (), key=lambda argument: argument.name.value))
    return print_ast(DirectiveNode(name=node.name, arguments=arguments))


def _print_category(name: str, categories: Iterable[str]) -> str:
    quoted = ", ".join(f'"{category}"' for category in sorted(set(categories)))
    return f"@{name}(names: [{quoted}])"


def misfits(kept: Iterable[KeptUses], types: MergedTypes) -> Iterator[CompositionError]:
    """What the supergraph would keep and could not be read there: each fitted the definition of its own subgraph, but not the newest.

    DIRECTIVE_COMPOSITION_ERROR for places and arguments, INVALID_GRAPHQL for values, as GraphQL's validation has it.
    """
    for each in kept:
        directive, coordinate = each.directive, each.coordinate
        place_name = _place_of(coordinate, types)
        if place_name is None:
            continue
        for subgraph, use in each.uses:
            place = (subgraph.place(use.node),)
            if not _is_taken(directive, place_name, use):
                message = (
                    f'@{directive.name} at "{coordinate}" of subgraph "{subgraph.name}" does not fit the newest definition of the directive, '
                    "which the supergraph takes."
                )
                yield CompositionError("DIRECTIVE_COMPOSITION_ERROR", message, coordinate, place)
            for argument in directive.definition.arguments or ():
                name, type_ = argument.name.value, read_type(argument.type)
                if name in use.arguments and not fits(types, type_, use.arguments[name]):
                    message = f'Subgraph "{subgraph.name}": the value of "@{directive.name}({name}:)" is not of type "{type_}", which it has in the supergraph.'
                    yield CompositionError("INVALID_GRAPHQL", message, coordinate, place)


def _is_taken(directive: ComposedDirective, place_name: str, use: Applied) -> bool:
    arguments = directive.definition.arguments or ()
    required = {each.name.value for each in arguments if isinstance(each.type, NonNullTypeNode) and each.default_value is None}
    places = {each.value for each in directive.definition.locations}
    known = {each.name.value for each in arguments}
    return required <= use.arguments.keys() <= known and place_name in places


def _place_of(coordinate: str, types: MergedTypes) -> str | None:
    """The GraphQL name of the kind of place that this element is in the supergraph; None for a value that is not there."""
    if not coordinate:
        return "SCHEMA"
    if coordinate.endswith(":)"):
        return "ARGUMENT_DEFINITION"
    type_name, _, part = coordinate.partition(".")
    type_ = types[type_name]
    if not part:
        return type_.kind
    left_out = type_.kind == "ENUM" and part not in type_.values
    return None if left_out else _PARTS.get(type_.kind, "FIELD_DEFINITION")


_PARTS: Final = {"ENUM": "ENUM_VALUE", "INPUT_OBJECT": "INPUT_FIELD_DEFINITION"}
