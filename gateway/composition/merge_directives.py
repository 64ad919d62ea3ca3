"""This module is in charge of the directives that reach the supergraph: those composed on purpose, and executable ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from graphql import DirectiveDefinitionNode, NameNode, print_ast

from gateway.composition.definitions import BUILT_IN_DIRECTIVES
from gateway.composition.document import is_federated
from gateway.composition.errors import CompositionError
from gateway.composition.links import Element, Feature, string_value
from gateway.composition.merged import ComposedDirective
from gateway.composition.subgraph import Applied, Subgraph

_EXECUTABLE: Final = frozenset(
    {"QUERY", "MUTATION", "SUBSCRIPTION", "FIELD", "FRAGMENT_DEFINITION", "FRAGMENT_SPREAD", "INLINE_FRAGMENT", "VARIABLE_DEFINITION"}
)


class _Candidate(NamedTuple):
    subgraph: Subgraph
    use: Applied
    name: str
    element: Element
    feature: Feature
    definition: DirectiveDefinitionNode


class ComposedDirectives(NamedTuple):
    """What `@composeDirective` asks for, and what keeps it from being had."""

    directives: tuple[ComposedDirective, ...]
    errors: tuple[CompositionError, ...]


def composed_directives(subgraphs: Sequence[Subgraph]) -> ComposedDirectives:
    """The directives that subgraphs compose, one by element; DIRECTIVE_COMPOSITION_ERROR where one cannot be."""
    candidates: dict[Element, list[_Candidate]] = {}
    errors: list[CompositionError] = []
    for subgraph in subgraphs:
        for use in subgraph.composed:
            outcome = _candidate(subgraph, use)
            if isinstance(outcome, CompositionError):
                errors.append(outcome)
            else:
                candidates.setdefault(outcome.element, []).append(outcome)
    for group in candidates.values():
        errors.extend(_disagreements(group))
    return ComposedDirectives(tuple(_agreed(group) for group in candidates.values()), tuple(errors))


def _candidate(subgraph: Subgraph, use: Applied) -> _Candidate | CompositionError:
    written = string_value(use.arguments.get("name")) or ""
    if not written.startswith("@"):
        return _refused(subgraph, use, f'the name "{written}" must begin with "@"')
    name = written[1:]
    element = subgraph.links.element(name)
    if is_federated(element):
        return _refused(subgraph, use, f'"{written}" belongs to a specification that composition treats itself')
    definition = subgraph.directives.get(name)
    if definition is None:
        return _refused(subgraph, use, f'"{written}" is not defined')
    feature = subgraph.links.feature(element.identity) if element else None
    if element is None or feature is None:
        return _refused(subgraph, use, f'"{written}" belongs to no linked specification')
    return _Candidate(subgraph, use, name, element, feature, definition)


def _refused(subgraph: Subgraph, use: Applied, reason: str) -> CompositionError:
    message = f'Subgraph "{subgraph.name}" cannot compose a directive: {reason}.'
    return CompositionError("DIRECTIVE_COMPOSITION_ERROR", message, "", (subgraph.place(use.node),))


def _disagreements(group: Sequence[_Candidate]) -> Iterator[CompositionError]:
    places = tuple(c.subgraph.place(c.use.node) for c in group)
    identity = group[0].element.identity
    if len({c.name for c in group}) > 1:
        names = ", ".join(f'"@{c.name}" in subgraph "{c.subgraph.name}"' for c in group)
        yield CompositionError("DIRECTIVE_COMPOSITION_ERROR", f"One composed directive of {identity} has several names: {names}.", "", places)
    if len({c.feature.major for c in group}) > 1:
        message = f"The subgraphs compose directives of different major versions of {identity}."
        yield CompositionError("DIRECTIVE_COMPOSITION_ERROR", message, "", places)


def _agreed(group: Sequence[_Candidate]) -> ComposedDirective:
    newest = max(group, key=lambda candidate: candidate.feature.minor)
    names = frozenset(candidate.subgraph.name for candidate in group)
    return ComposedDirective(newest.element, newest.name, newest.definition, newest.feature, names)


def executable_directives(subgraphs: Sequence[Subgraph]) -> tuple[DirectiveDefinitionNode, ...]:
    """Directives for operations, as far as all subgraphs define them alike: any of them may be sent one."""
    first, *others = subgraphs
    merged = (_common(node, [s.directives.get(name) for s in others]) for name, node in sorted(first.directives.items()))
    return tuple(node for node in merged if node is not None)


def _common(node: DirectiveDefinitionNode, others: Iterable[DirectiveDefinitionNode | None]) -> DirectiveDefinitionNode | None:
    locations = _locations(node) & _EXECUTABLE
    for other in others:
        if other is None or _arguments(other) != _arguments(node):
            return None
        locations &= _locations(other)
    if not locations or node.name.value in BUILT_IN_DIRECTIVES:
        return None
    return replace(node, locations=tuple(NameNode(value=location) for location in sorted(locations)))


def _locations(node: DirectiveDefinitionNode) -> frozenset[str]:
    return frozenset(location.value for location in node.locations)


def _arguments(node: DirectiveDefinitionNode) -> tuple[str, ...]:
    return tuple(sorted(print_ast(argument) for argument in node.arguments or ()))
