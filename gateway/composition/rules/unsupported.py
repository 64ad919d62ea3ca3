"""This rule is in charge of refusing federation directives that composition does not treat: ignoring one would change its meaning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from graphql import DirectiveNode

from gateway.composition.definitions import BUILT_IN_DIRECTIVES, FEDERATION, LINK, SUPPORTED
from gateway.composition.document import CleanDocument, is_federated
from gateway.composition.errors import CompositionError, place
from gateway.composition.links import Element, Links


def unsupported_directives(subgraph: str, document: CleanDocument, links: Links) -> Iterator[CompositionError]:
    """UNSUPPORTED_DIRECTIVE for each use of a specified directive outside the supported ones."""
    for coordinate, directive in _uses(document):
        element = links.element(directive.name.value)
        if not is_federated(element) or _is_supported(element):
            continue
        message = f'Subgraph "{subgraph}" applies @{directive.name.value} at "{coordinate or "schema"}", which is not supported.'
        yield CompositionError("UNSUPPORTED_DIRECTIVE", message, coordinate, (place(subgraph, directive),))


def _is_supported(element: Element | None) -> bool:
    if element is None:
        return True
    known = {FEDERATION: SUPPORTED.keys(), LINK: {"link"}}.get(element.identity)
    return element.name in (known if known is not None else BUILT_IN_DIRECTIVES)


def _uses(document: CleanDocument) -> Iterator[tuple[str, DirectiveNode]]:
    for directive in document.schema_directives:
        yield "", directive
    for type_ in document.types:
        yield from _at(type_.name.value, type_)
        for member in (*_parts(type_, "fields"), *_parts(type_, "values")):
            coordinate = f"{type_.name.value}.{member.name.value}"
            yield from _at(coordinate, member)
            for argument in _parts(member, "arguments"):
                yield from _at(f"{coordinate}({argument.name.value}:)", argument)


def _parts(node: Any, name: str) -> Iterable[Any]:
    return getattr(node, name, None) or ()


def _at(coordinate: str, node: Any) -> Iterator[tuple[str, DirectiveNode]]:
    return ((coordinate, directive) for directive in node.directives or ())
