"""This module is in charge of merging what subgraphs say about one element: its description and its directives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple, Protocol, TypeVar

from graphql import DEFAULT_DEPRECATION_REASON

from gateway.composition.annotation_values import merged_clauses, merged_cost, merged_list_size, print_arguments, printed_uses, read_strings
from gateway.composition.definitions import CATEGORY, PRINTED
from gateway.composition.links import BUILT_IN, Element, string_value
from gateway.composition.merged import Annotations
from gateway.composition.subgraph import Applied, Subgraph, having

CATEGORY_ELEMENT: Final = Element(CATEGORY, "category")
_NO_REASON: Final = DEFAULT_DEPRECATION_REASON

_Value = TypeVar("_Value")


class Annotated(Protocol):
    """Anything of a subgraph that carries a description and directives."""

    @property
    def description(self) -> str | None: ...
    @property
    def applied(self) -> tuple[Applied, ...]: ...


class Source(NamedTuple):
    """One subgraph's say on an element."""

    subgraph: Subgraph
    element: Annotated


def merge_annotations(sources: Sequence[Source]) -> Annotations:
    """The description and directives of one element, from all subgraphs that have it; but for the composed ones."""
    everything = [use for source in sources for use in source.element.applied]
    federated = {name: having(everything, name) for name in PRINTED if name != "context"}
    return Annotations(
        description=_description([s.element.description for s in sources if s.element.description is not None]),
        inaccessible=bool(federated["inaccessible"]),
        deprecated=_built_in(everything, "deprecated", lambda use: string_value(use.arguments.get("reason")) or _NO_REASON),
        specified_by=_built_in(everything, "specifiedBy", lambda use: string_value(use.arguments.get("url")) or ""),
        one_of=_built_in(everything, "oneOf", lambda use: True) is not None,
        authenticated=bool(federated["authenticated"]),
        scopes=merged_clauses(federated["requiresScopes"], "scopes"),
        policies=merged_clauses(federated["policy"], "policies"),
        cost=merged_cost(federated["cost"]),
        list_size=merged_list_size(federated["listSize"]),
        categories=frozenset(name for use in everything for name in category_names(use)),
        federated=tuple((name, text) for name, uses in federated.items() for text in printed_uses(name, uses)),
        joined=joined(sources),
    )


def _description(given: Sequence[str]) -> str | None:
    """The description most subgraphs give; an empty one, too, is one, where there is no other."""
    return most_common(filter(None, given)) or ("" if given else None)


def most_common(values: Iterable[_Value]) -> _Value | None:
    """The value most subgraphs give; among equals the first, in subgraph order."""
    ranked = Counter(values).most_common(1)
    return ranked[0][0] if ranked else None


def _built_in(uses: Iterable[Applied], name: str, value: Callable[[Applied], _Value]) -> _Value | None:
    return most_common(value(use) for use in uses if use.element == Element(BUILT_IN, name))


def joined(sources: Iterable[Source]) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """The uses of `@cacheTag`, which says something of one subgraph's answers and so stays with the subgraphs that apply it."""
    found: dict[tuple[str, str], list[str]] = {}
    for subgraph, element in sources:
        for use in having(element.applied, "cacheTag"):
            found.setdefault(("federation__cacheTag", print_arguments(use)), []).append(subgraph.name)
    return tuple((name, text, tuple(dict.fromkeys(subgraphs))) for (name, text), subgraphs in found.items())


def category_names(use: Applied) -> tuple[str, ...]:
    """The categories a `@category` names; none for any other directive."""
    return (read_strings(use.arguments.get("names")) or ()) if use.element == CATEGORY_ELEMENT else ()
