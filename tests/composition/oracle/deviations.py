"""This module is in charge of the differences from the other composer that are meant, each with its reason.

A case of which one of these holds is left out of the rates. The list is as short as the reasons are good.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from gateway.composition.supergraph import SubgraphSource
from tests.composition.oracle.comparison import Comparison

_PROVIDING_EXTERNAL: Final = re.compile(r'@provides\(fields: "[^"]*"\) @external|@external @provides\(')


class Deviation(NamedTuple):
    """One way in which we mean to differ; `holds` tells whether a comparison shows it."""

    name: str
    reason: str
    holds: Callable[[Comparison], bool]


def _ours_says(code: str) -> Callable[[Comparison], bool]:
    return lambda comparison: code in comparison.ours.codes


def _loading_error(comparison: Comparison) -> str:
    return str((comparison.loaded or {}).get("error", ""))


def _loads(comparison: Comparison) -> bool:
    """False where we print what it cannot read: whatever is wrong, it has to be refused."""
    return comparison.loaded is None or bool(comparison.loaded["ok"])


def _is_ours(comparison: Comparison, url: str) -> bool:
    return any(url in source.sdl for source in comparison.case.sources)


def _links_federation(source: SubgraphSource) -> bool:
    return "specs.apollo.dev/federation/v2" in source.sdl


DEVIATIONS: tuple[Deviation, ...] = (
    Deviation(
        "the judge breaks",
        "It throws what is no composition error, so that it gives no verdict to agree with; or it refuses, without a code, what it has printed itself.",
        lambda comparison: not comparison.judged or ("NONE" in comparison.theirs and _loads(comparison)),
    ),
    Deviation(
        "empty scopes or policies",
        "`scopes: []`, `[[]]` and the like read as a protection and protect nothing: whoever wrote them meant something else. We refuse them.",
        lambda comparison: bool(comparison.ours.codes & {"EMPTY_SCOPES", "EMPTY_POLICIES"}),
    ),
    Deviation(
        "empty policies",
        "The same of `policies: []`: nothing has to hold, so everybody gets in. We refuse them (EMPTY_POLICIES).",
        _ours_says("EMPTY_POLICIES"),
    ),
    Deviation(
        "an impossible default",
        "A default that its type cannot take (`ID = A`, an input object without its required field, or within itself) Apollo lets pass; it fails when used; "
        "we refuse it.",
        lambda comparison: any("has invalid default value" in message or "Invalid circular reference" in message for _code, message in comparison.ours.errors),
    ),
    Deviation(
        "`extend schema` of Federation 1 with a renamed root",
        "Apollo prints what it has read in a form that it cannot parse itself; the SDL is right.",
        lambda comparison: any('found Name "extend"' in message for message in comparison.apollo.get("messages", ())),
    ),
    Deviation(
        "a link to nowhere",
        "Apollo passes over a `@link` whose URL cannot be read, where a subgraph links no federation; what it was to bind would stand open. We refuse it.",
        _ours_says("INVALID_LINK_IDENTIFIER"),
    ),
    Deviation(
        "links that contradict themselves, without federation",
        "Where a subgraph links no federation, Apollo reads nothing of its other links; what they were to bind would stand open. We refuse what cannot "
        "be read, and what is linked twice.",
        lambda comparison: (
            comparison.ours.codes == {"INVALID_LINK_DIRECTIVE_USAGE"}
            and bool(comparison.apollo["ok"])
            and not all(map(_links_federation, comparison.case.sources))
        ),
    ),
    Deviation(
        "values of a scalar of GraphQL's own that is told again",
        "`scalar Int` says nothing, and 2 is an Int still; for Apollo it is a scalar of the subgraph's own then, and no argument of a directive takes one.",
        lambda comparison: (
            bool(comparison.ours.sdl)
            and any(re.search(r"\bscalar (Int|Float|String|ID|Boolean)\b", source.sdl) for source in comparison.case.sources)
            and any("Invalid value for " in message for message in comparison.apollo.get("messages", ()))
        ),
    ),
    Deviation(
        "an argument twice",
        "GraphQL forbids two arguments of one name; Apollo takes the last.",
        lambda comparison: any("can only be defined once" in message for _code, message in comparison.ours.errors),
    ),
    Deviation(
        "a provided way taken for another",
        "Where a value is reached through a field that provides something and through another that does not, Apollo may look at the one alone, by the order "
        "of root fields. What we refuse its own planner then fails to plan.",
        lambda comparison: bool(comparison.ours.unplanned) and comparison.apollo.get("unplanned") == [*comparison.ours.unplanned],
    ),
    Deviation(
        "a deprecation whose reason is null",
        "GraphQL takes a string there; Apollo's supergraph has it as it is written.",
        lambda comparison: any("'reason' has invalid value" in message for _code, message in comparison.ours.errors),
    ),
    Deviation(
        "a type of a name that supergraphs have",
        "Apollo composes it into the supergraph's own, hides it from clients, or reports that it is inaccessible; we refuse it.",
        lambda comparison: any("is reserved for supergraphs" in message for _code, message in comparison.ours.errors),
    ),
    Deviation(
        "a specification by itself, with a scalar",
        "Where a subgraph links the specification of @policy, @requiresScopes or @context by itself, Apollo tells clients of its scalar, "
        "which is nothing to them; and what stands under a name of one's own it may lose, which we keep.",
        lambda comparison: (
            any(
                f"specs.apollo.dev/{name}/" in source.sdl
                for source in comparison.case.sources
                for name in ("policy", "requiresScopes", "context", "authenticated")
            )
            and (
                comparison.both_compose
                or "AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE" in comparison.ours.codes
                or any(message.startswith("Unknown directive") for message in comparison.apollo.get("messages", ()))
            )
        ),
    ),
    Deviation(
        "categories",
        "`@category` is ours: all categories of all subgraphs are kept, and one that would be lost, or says nothing, is refused.",
        lambda comparison: bool(comparison.ours.codes & {"INVALID_CATEGORY", "CATEGORY_NOT_COMPOSED"}) or _is_ours(comparison, "https://cellgate.dev/category"),
    ),
    Deviation(
        "@oneOf",
        "Apollo's composition does not know it.",
        lambda comparison: any('directive "@oneOf"' in message for message in (*comparison.apollo.get("messages", ()), _loading_error(comparison))),
    ),
    Deviation(
        "what a field that is taken away would have provided",
        "An external field of Federation 1 that nobody uses is no field of that subgraph's; Apollo takes it away too, and counts what it provided "
        "as resolved there all the same, without sharing it. Without the field it composes.",
        lambda comparison: (
            bool(comparison.ours.sdl)
            and comparison.theirs == {"INVALID_FIELD_SHARING"}
            and any(_PROVIDING_EXTERNAL.search(source.sdl) and "/federation/v2" not in source.sdl for source in comparison.case.sources)
        ),
    ),
    Deviation(
        "two subgraphs of one name",
        "Apollo's composition throws what is no composition error; we refuse with a code (DUPLICATE_SUBGRAPH_NAME).",
        _ours_says("DUPLICATE_SUBGRAPH_NAME"),
    ),
)


def deviation_of(comparison: Comparison) -> Deviation | None:
    """The first that holds of a comparison that differs; None where it agrees, or differs without a reason."""
    if comparison.judged and not comparison.differences():
        return None
    return next((deviation for deviation in DEVIATIONS if deviation.holds(comparison)), None)
