"""This module is in charge of what a supergraph links beside its own machinery, and of what the specifications are called there.

Names that agree in each subgraph may still meet in the supergraph: of two specifications, or of one and a directive of another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from graphql import DirectiveNode, NameNode

from gateway.composition.definitions import BUILT_IN_DIRECTIVES, LINK, SUPERGRAPH_FEATURES
from gateway.composition.errors import CompositionError
from gateway.composition.links import Feature
from gateway.composition.merged import ComposedDirective
from gateway.composition.rules.link_conflicts import clashes
from gateway.composition.subgraph import Subgraph

_ALIAS: Final = re.compile(r"(?!.*__)[A-Za-z_](\w*[A-Za-z0-9])?", flags=re.ASCII)
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass
class _Taken:
    """What the directives of one specification are called reads as, so that nothing else may be called so: not itself, and no other."""

    itself: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)


def supergraph_links(subgraphs: Sequence[Subgraph], composed: Sequence[ComposedDirective]) -> tuple[Feature, ...]:
    """The specifications of federation's directives that subgraphs apply, then those of composed ones; `prefix` is what each is called."""
    wanted = [*_applied(subgraphs), *_composed(composed)]
    taken = {feature.identity: _taken_by(feature) for feature in wanted}
    aliases = {"link", "join"}
    free = _free_prefix(subgraphs, wanted)
    found: list[Feature] = []
    for feature in wanted:
        alias = feature.name
        if alias in aliases or not _ALIAS.fullmatch(alias) or any(alias in (t.itself if i == feature.identity else t.others) for i, t in taken.items()):
            index = sum(each.prefix != each.name for each in found)
            alias = f"{free}{index}{''.join(char for char in feature.name if char in _LETTERS)}"
        aliases.add(alias)
        found.append(replace(feature, prefix=alias))
    return tuple(found)


def link_clashes(subgraphs: Sequence[Subgraph], composed: Sequence[ComposedDirective]) -> Iterator[CompositionError]:
    """INVALID_LINK_DIRECTIVE_USAGE where one name would stand for two things in the supergraph."""
    machinery = [_feature(LINK, "link", {}), _feature(identity_of("join"), "join", {})]
    for feature, reason in clashes(machinery, supergraph_links(subgraphs, composed)):
        places = tuple(subgraph.place(other.node) for subgraph in subgraphs if (other := subgraph.links.feature(feature.identity)) is not None)
        yield CompositionError("INVALID_LINK_DIRECTIVE_USAGE", f"The supergraph cannot link what its subgraphs use: {reason}.", "", places)


def identity_of(feature: str) -> str:
    """The URL, without a version, of a specification of Apollo's."""
    return f"https://specs.apollo.dev/{feature}"


def aliases_of(links: Sequence[Feature]) -> dict[str, str]:
    """What the specifications are called that cannot be called by their names, by identity."""
    return {feature.identity: feature.prefix for feature in links if feature.prefix != feature.name}


def _applied(subgraphs: Sequence[Subgraph]) -> Iterator[Feature]:
    named = {name: here for subgraph in reversed(subgraphs) for name, here in subgraph.mentioned.items()}
    for name, feature in SUPERGRAPH_FEATURES.items():
        imports = {f"@{directive}": f"@{named[directive]}" for directive in feature.directives if directive in named}
        if imports:
            yield _feature(identity_of(name), name, imports)


def _composed(composed: Sequence[ComposedDirective]) -> Iterator[Feature]:
    groups: dict[str, list[ComposedDirective]] = {}
    for directive in composed:
        groups.setdefault(directive.element.identity, []).append(directive)
    for identity, group in groups.items():
        yield _feature(identity, group[0].feature.name, {f"@{each.element.name}": f"@{each.name}" for each in group})


def _feature(identity: str, name: str, imports: Mapping[str, str]) -> Feature:
    return Feature(identity, name, 0, 0, name, imports, "", DirectiveNode(name=NameNode(value="link")), tuple(imports.items()))


def _taken_by(feature: Feature) -> _Taken:
    taken = _Taken()
    for there, here in feature.imports.items():
        prefix, found, rest = here[1:].partition("__")
        if found:
            taken.others.add(prefix)
            taken.itself |= {prefix} if rest != there[1:] else set()
        taken.others.add(here[1:])
        taken.itself |= {here[1:]} if there[1:] != feature.name else set()
    return taken


def _free_prefix(subgraphs: Sequence[Subgraph], wanted: Sequence[Feature]) -> str:
    """The first, shortest text with which no name begins that stands anywhere in the graph."""
    names = {"link", "join", *BUILT_IN_DIRECTIVES, *(feature.name for feature in wanted)}
    names |= {here[1:] for feature in wanted for here in feature.imports.values()}
    for subgraph in subgraphs:
        names |= {*subgraph.types, *subgraph.directives, *subgraph.mentioned.values()}
    starts = [""]
    while True:
        chars = f"_{_LETTERS}" if starts == [""] else f"{_LETTERS}0123456789"
        starts = [start + char for start in starts for char in chars]
        begun = {name[: len(starts[0])] for name in names}
        if (free := next((start for start in starts if start not in begun), None)) is not None:
            return free
