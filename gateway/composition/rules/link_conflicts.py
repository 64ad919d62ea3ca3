"""This rule is in charge of the links of one subgraph beside each other: whatever is written there, a name says one thing (link spec v1.0, "Naming")."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from graphql import DirectiveNode, NameNode

from gateway.composition.definitions import LINK
from gateway.composition.errors import CompositionError, place
from gateway.composition.links import Feature, Links

_ALIAS: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*", flags=re.ASCII)

_ALIASES_OF_FEDERATION: Final = frozenset((f"https://specs.apollo.dev/{name}", f"federation__{name}") for name in ("tag", "inaccessible"))
"""What other composers write for directives of federation's that stand in a supergraph, and which therefore may stand in a subgraph."""


@dataclass
class _Known:
    """What the links before have taken."""

    identities: set[str] = field(default_factory=set)
    aliases: dict[str, Feature] = field(default_factory=dict)
    imported: dict[str, tuple[Feature, str]] = field(default_factory=dict)  # name here -> feature, name there
    prefixes: dict[str, tuple[Feature, str]] = field(default_factory=dict)  # prefix of a name here -> feature, name here


def link_conflicts(subgraph: str, links: Links) -> Iterator[CompositionError]:
    """INVALID_LINK_DIRECTIVE_USAGE, and UNKNOWN_LINK_VERSION: the first thing that is wrong with each link, which then takes no names from others."""
    itself = links.feature(LINK)
    if itself is not None and (itself.major, itself.minor) != (1, 0):
        first = itself is links.written[0]
        message = f'Subgraph "{subgraph}" links version {itself.major}.{itself.minor} of the link specification; version 1.0 is known.'
        yield CompositionError("UNKNOWN_LINK_VERSION" if first else "INVALID_LINK_DIRECTIVE_USAGE", message, "", (place(subgraph, itself.node),))
        return
    known = _Known()
    if itself is None:
        # Who links anything has linked that, whether it is written or not.
        known.aliases["link"] = Feature(LINK, "link", 1, 0, "link", {}, "", DirectiveNode(name=NameNode(value="link")))
    # Where no federation is linked, other composers read nothing of the links, unless that of the link specification is among them.
    whole = not links.federation_1 or itself is not None
    for feature in sorted(links.written, key=lambda feature: feature is not itself):
        reason = _conflict(feature, known) if whole or feature.identity in known.identities else None
        if reason is None:
            _take(feature, known)
        else:
            message = f'A @link of subgraph "{subgraph}" cannot be used: {reason}.'
            yield CompositionError("INVALID_LINK_DIRECTIVE_USAGE", message, "", (place(subgraph, feature.node),))


def clashes(taken: Iterable[Feature], features: Iterable[Feature]) -> Iterator[tuple[Feature, str]]:
    """The features that take a name of one before, with the reason."""
    known = _Known()
    for feature in taken:
        _take(feature, known)
    for feature in features:
        reason = _conflict(feature, known)
        if reason is None:
            _take(feature, known)
        else:
            yield feature, reason


def _conflict(feature: Feature, known: _Known) -> str | None:
    if feature.identity in known.identities:
        return f"{feature.identity} is linked twice"
    return _of_alias(feature, known) or next(filter(None, _of_imports(feature, known)), None)


def _of_alias(feature: Feature, known: _Known) -> str | None:
    alias = feature.prefix
    excused = (feature.identity, alias) in _ALIASES_OF_FEDERATION and not feature.imported
    if not _ALIAS.fullmatch(alias) or alias.endswith("_") or ("__" in alias and not excused):
        return f'{feature.identity} cannot be called "{alias[:100]}": that must be a name without "__" in it or "_" at its end; say another with "as"'
    if alias in known.aliases:
        return f'{feature.identity} is called "{alias}", and so is {known.aliases[alias].identity}; say another name with "as"'
    for taken, name in ((known.prefixes.get(alias), ""), (known.imported.get(f"@{alias}"), f"@{alias}")):
        if taken is not None:
            return f'{feature.identity} is called "{alias}", which what is imported from {taken[0].identity} as "{name or taken[1]}" can be confused with'
    return None


def _of_imports(feature: Feature, known: _Known) -> Iterator[str | None]:
    own: dict[str, str] = {}  # name there -> name here
    taken: dict[str, str] = {}  # name here -> name there
    for there, here in feature.imported:
        if own.setdefault(there, here) != here:
            yield f'"{there}" is imported as "{own[there]}" and as "{here}"'
        elif taken.setdefault(here, there) != there:
            yield f'"{taken[here]}" and "{there}" are both imported as "{here}"'
        elif here in known.imported:
            yield f'"{here}" is imported from {known.imported[here][0].identity} as well; say another name with "as"'
        else:
            yield _confused(feature, there, here, known)


def _confused(feature: Feature, there: str, here: str, known: _Known) -> str | None:
    """Why the import reads as a name that has a prefix: of this feature, or of another."""
    name = here.removeprefix("@")
    prefix, found, rest = name.partition("__")
    if found and prefix == feature.prefix and rest != there.removeprefix("@"):
        return f'"{there}" is imported as "{here}", which is what "{rest}" of that feature is called without an import'
    if found and prefix in known.aliases:
        return f'"{there}" is imported as "{here}", which is a name of {known.aliases[prefix].identity}'
    if here.startswith("@") and name == feature.prefix and there[1:] != feature.name:
        return f'"{there}" is imported as "{here}", which is what "@{feature.name}" of that feature is called'
    if here.startswith("@") and name != feature.prefix and name in known.aliases:
        return f'"{there}" is imported as "{here}", which is what {known.aliases[name].identity} is called'
    return None


def _take(feature: Feature, known: _Known) -> None:
    known.identities.add(feature.identity)
    known.aliases[feature.prefix] = feature
    for there, here in feature.imported:
        known.imported.setdefault(here, (feature, there))
        prefix, found, _rest = here.removeprefix("@").partition("__")
        if found and prefix != feature.prefix:
            known.prefixes.setdefault(prefix, (feature, here))
