"""This module is in charge of texts that ask for the same: a document without what means nothing in it, under aliases of the gateway's own.

Clients that put a comment, a number or a timestamp into their texts, or number their aliases (`pack17: battery(...)`), send another text each time and
ask for the same. Their texts have one canonical text, by which what was prepared before is found without parsing; the answer gets the client's aliases
when all is done.

Two texts with the same canonical text are valid alike and mean the same, but for the names of aliases. That holds because
* the parts that are cut here end where tokens of GraphQL end, whatever stands between them, so equal parts are equal tokens (what is none stays);
* an alias is given another name only where that name is no other name of the document, each its own: response keys are equal where they were equal before.
What was found valid is known by its canonical text; what was not is never known, so every refusal speaks of the text that was sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from gateway.operation.selection import Field, Selection

Json = Any

# What GraphQL passes over (spec, section 2.1), then a part. Numbers run as far as anything that must not follow one; strings stand in one line.
# What was passed over is never looked at again (++), or the end of a comment would be taken for a part.
_PARTS: Final = re.compile(
    r"""(?:[\ \t\r\n,\ufeff]++|\#[^\r\n]*+)*+
    ([_A-Za-z][_0-9A-Za-z]*|\.\.\.|"(?:[^"\\\r\n]|\\[^\r\n])*+"|"[^\r\n]*+|-?[0-9][-+.0-9A-Za-z_]*|[^\ \t\r\n,\ufeff\#]|\Z)""",
    re.VERBOSE,
)
# Whoever sends a longer one has time; one that is only long is refused by the parser, before it is read to its end.
_LONGEST: Final = 50_000
_BETWEEN: Final = "\n"
_NAME: Final = re.compile("[_A-Za-z]").match
_OPENING: Final = "("
_CLOSING: Final = ")"


class Canonical(NamedTuple):
    """A canonical text, and the names that stand in it for aliases of the client's (by the client's)."""

    text: str
    names: Mapping[str, str]


def canonical(text: str, comments: int) -> Canonical | None:
    """The canonical text; None where a text has to be read as it is: a very long one, one with block strings, which hold line breaks,
    or with more than so many comments."""
    if len(text) > _LONGEST or '"""' in text or text.count("#") > comments:
        return None
    parts = _PARTS.findall(text)
    while parts and not parts[-1]:
        parts.pop()
    if ":" not in text:
        return Canonical(_BETWEEN.join(parts), {})
    places = _aliases(parts)
    if not places:
        return Canonical(_BETWEEN.join(parts), {})
    standing = set(places)
    others = {part for at, part in enumerate(parts) if at not in standing}
    names: dict[str, str] = {}
    number = 0
    for at in places:
        alias = parts[at]
        # Names with two underscores mean something to the gateway, and to GraphQL.
        if alias in others or alias.startswith("__"):
            continue
        if alias not in names:
            while f"_{number}" in others:
                number += 1
            names[alias] = f"_{number}"
            number += 1
        parts[at] = names[alias]
    return Canonical(_BETWEEN.join(parts), names)


def _aliases(parts: list[str]) -> list[int]:
    """Where aliases stand: before a colon, outside of arguments and of definitions of variables."""
    found = []
    depth = 0
    for at, part in enumerate(parts):
        if part == ":":
            if depth == 0 and at and _NAME(parts[at - 1]):
                found.append(at - 1)
        elif part == _OPENING:
            depth += 1
        elif part == _CLOSING:
            depth -= 1
    return found


@dataclass(frozen=True, slots=True)
class Places:
    """Where in an answer renamed keys stand, at this level or below: the levels below by their canonical keys."""

    below: Mapping[str, Places]


def places_of(selections: Iterable[Selection], renamed: Iterable[str]) -> Places | None:
    """The places of these canonical keys in the answer to a selection; None where there are none."""
    return _places([tuple(selections)], frozenset(renamed))


def _places(sources: list[tuple[Selection, ...]], renamed: frozenset[str]) -> Places | None:
    below: dict[str, list[tuple[Selection, ...]]] = {}
    waiting, found = sources, False
    while waiting:
        following: list[tuple[Selection, ...]] = []
        for each in (each for source in waiting for each in source):
            if not isinstance(each, Field):
                following.append(each.selections)
                continue
            found = found or each.response_key in renamed
            if each.selections:
                below.setdefault(each.response_key, []).append(each.selections)
        waiting = following
    kept = {key: places for key, sources in below.items() if (places := _places(sources, renamed)) is not None}
    return Places(kept) if found or kept else None


class Aliases:
    """One text's own names for its canonical keys. `left` is how many more uses it has before the text is worth a plan and a projection of its own."""

    __slots__ = ("_names", "_places", "left")

    def __init__(self, names: Mapping[str, str], places: Places, left: int) -> None:
        self._names = names
        self._places = places
        self.left = left

    def __len__(self) -> int:
        """How many names."""
        return len(self._names)

    def answer(self, data: dict[str, Json]) -> dict[str, Json]:
        """The data under the client's names, in the same order; what is given is not changed."""
        renamed: dict[str, Json] = self._renamed(data, self._places, {})
        return renamed

    def path(self, path: tuple[Any, ...]) -> tuple[Any, ...]:
        """A path in the answer under the client's names; indices stay."""
        names = self._names
        return tuple([names.get(step, step) for step in path])

    def _renamed(self, value: Json, places: Places, done: dict[tuple[int, int], Json]) -> Json:
        if value.__class__ is list:
            return [self._renamed(each, places, done) for each in value]
        if value.__class__ is not dict:
            return value
        # One object may stand at many places.
        own = (id(value), id(places))
        answer = done.get(own)
        if answer is None:
            names, below = self._names, places.below
            answer = done[own] = {
                names.get(key, key): self._renamed(each, below[key], done) if key in below else each for key, each in value.items()
            }  # fmt: skip
        return answer
