"""This module is in charge of the directives that reach the supergraph: those composed on purpose, and executable ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from graphql import DirectiveDefinitionNode

from gateway.composition.definitions import BUILT_IN_DIRECTIVES, FEDERATION
from gateway.composition.document import is_federated
from gateway.composition.errors import CompositionError
from gateway.composition.links import Element, Feature, string_value
from gateway.composition.merge_values import InputPosition, InputSource, merge_inputs
from gateway.composition.merged import ComposedDirective, MergedDirective, MergedInput
from gateway.composition.merging import Merging
from gateway.composition.subgraph import Applied, SchemaElement, Subgraph

EXECUTABLE: Final = frozenset(
    {"QUERY", "MUTATION", "SUBSCRIPTION", "FIELD", "FRAGMENT_DEFINITION", "FRAGMENT_SPREAD", "INLINE_FRAGMENT", "VARIABLE_DEFINITION"}
)
"""The places in operations where a directive may stand."""


_COMPOSED_ANYWAY: Final = frozenset({"tag", "inaccessible", "authenticated", "requiresScopes", "policy", "context"})
"""Directives that Apollo's composition lets a subgraph ask for, although it composes them without being asked."""


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
    taken = _names_of_what_is_composed_anyway(subgraphs)
    for subgraph in subgraphs:
        for use in subgraph.composed:
            outcome = None if is_composed_anyway(subgraph, use) else _candidate(subgraph, use, taken)
            if isinstance(outcome, CompositionError):
                errors.append(outcome)
            elif outcome is not None:
                candidates.setdefault(outcome.element, []).append(outcome)
    for group in candidates.values():
        errors.extend(_disagreements(group))
    agreed = tuple(_agreed(group, subgraphs) for group in candidates.values())
    return ComposedDirectives(agreed, tuple(errors))


def hidden_arguments(directives: Iterable[ComposedDirective], subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    """DISALLOWED_INACCESSIBLE for a definition with something hidden: no client sees it in any case."""
    for directive in directives:
        for argument in directive.definition.arguments or ():
            for subgraph in subgraphs:
                own = any(node is directive.definition for node in subgraph.directives.values())
                if own and any(subgraph.links.element(use.name.value) == Element(FEDERATION, "inaccessible") for use in argument.directives or ()):
                    message = f'Argument "{argument.name.value}" of the composed directive @{directive.name} cannot be @inaccessible.'
                    yield CompositionError("DISALLOWED_INACCESSIBLE", message, f"@{directive.name}", (subgraph.place(argument),))


def is_composed_anyway(subgraph: Subgraph, use: Applied) -> bool:
    """True for what a subgraph need not compose, and may."""
    element = subgraph.links.element((string_value(use.arguments.get("name")) or "").removeprefix("@"))
    return element is not None and element.identity == FEDERATION and element.name in _COMPOSED_ANYWAY


def _candidate(subgraph: Subgraph, use: Applied, taken: Mapping[str, str]) -> _Candidate | CompositionError:
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
    if name in taken:
        return _refused(subgraph, use, f'"{written}" is what federation\'s @{taken[name]} is called in a subgraph')
    return _Candidate(subgraph, use, name, element, feature, definition)


def _names_of_what_is_composed_anyway(subgraphs: Iterable[Subgraph]) -> dict[str, str]:
    """What `@tag` and `@inaccessible` are called in any subgraph, used or not; those of Federation 1 know both by their own names."""
    found: dict[str, str] = {}
    for subgraph in subgraphs:
        for name in ("tag", "inaccessible"):
            known = (name,) if subgraph.links.federation_1 else subgraph.links.names_of(Element(FEDERATION, name))
            found |= dict.fromkeys(known, name)
    return found


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


def _agreed(group: Sequence[_Candidate], subgraphs: Sequence[Subgraph]) -> ComposedDirective:
    """The newest of the versions that are composed; of those of one age the last, whether its subgraph composes it or only links it."""
    newest = max(group, key=lambda candidate: candidate.feature.minor)
    definition = newest.definition
    for subgraph in subgraphs:
        feature = subgraph.links.feature(newest.element.identity)
        alike = feature is not None and (feature.major, feature.minor) == (newest.feature.major, newest.feature.minor)
        here = next(iter(subgraph.links.names_of(newest.element)), "") if alike else ""
        definition = subgraph.directives.get(here, definition)
    names = frozenset(candidate.subgraph.name for candidate in group)
    return ComposedDirective(newest.element, newest.name, definition, newest.feature, names)


def executable_directives(merging: Merging, composed: frozenset[str]) -> tuple[MergedDirective, ...]:
    """Directives for operations, as far as all subgraphs define them: any of them may be sent one. Those `composed` on purpose are there as they are."""
    names = sorted({name for subgraph in merging.subgraphs for name in subgraph.directives} - composed)
    merged = (_common(merging, name, [subgraph.directives.get(name) for subgraph in merging.subgraphs]) for name in names)
    return tuple(directive for directive in merged if directive is not None)


def _common(merging: Merging, name: str, defined: Sequence[DirectiveDefinitionNode | None]) -> MergedDirective | None:
    definitions = [node for node in defined if node is not None]
    if name in BUILT_IN_DIRECTIVES or not any(_locations(each) & EXECUTABLE for each in definitions):
        return None
    locations = EXECUTABLE
    for index, each in enumerate(defined):
        if each is None:
            message = f'The directive "@{name}" for operations is not in the supergraph, since not all subgraphs define it.'
            merging.hint("INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE", message, f"@{name}", ())
            return None
        locations &= _locations(each)
        if not locations and index > 0:
            message = f'The directive "@{name}" is not in the supergraph, since its definitions have no place in operations in common.'
            merging.hint("NO_EXECUTABLE_DIRECTIVE_INTERSECTION", message, f"@{name}", ())
            return None
    if any(_locations(other) & EXECUTABLE != locations for other in definitions):
        message = f'The directive "@{name}" is allowed in the supergraph only where all subgraphs allow it: {", ".join(sorted(locations))}.'
        merging.hint("INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS", message, f"@{name}", ())
    if len({definition.repeatable for definition in definitions}) > 1:
        message = f'The directive "@{name}" is not repeatable in the supergraph, since it is not in all subgraphs.'
        merging.hint("INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE", message, f"@{name}", ())
    said = [SchemaElement(node.description.value if node.description else None, ()) for node in definitions]
    annotations = merging.annotate(f"@{name}", list(zip(merging.subgraphs, said, strict=True)))
    repeatable = all(definition.repeatable for definition in definitions)
    return MergedDirective(name, annotations, _merged_arguments(merging, name), tuple(sorted(locations)), repeatable)


def _merged_arguments(merging: Merging, name: str) -> dict[str, MergedInput]:
    taken = [(subgraph, subgraph.directive_arguments[name]) for subgraph in merging.subgraphs]
    names = dict.fromkeys(argument for _, known in taken for argument in known)
    inputs = {argument: [InputSource(subgraph, known.get(argument)) for subgraph, known in taken] for argument in names}
    return merge_inputs(merging, InputPosition("argument", f"@{name}", "{coordinate}({name}:)"), inputs)


def _locations(node: DirectiveDefinitionNode) -> frozenset[str]:
    return frozenset(location.value for location in node.locations)
