"""This module is in charge of one pass: fields that one subgraph gives in different shapes under one response key get keys of their own.

Types that merge in the supergraph may differ in nullability in a subgraph (`ID` and `ID!` in two members of a union), and the
subgraph's own validation refuses that (GraphQL spec, SameResponseShape). The plan says how the keys are undone.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.planning.draft import Branch, Draft, DraftFetch, Entry


def part_conflicting_fields(draft: Draft) -> None:
    """Give an alias to every field whose type conflicts with one before it."""
    for fetch in draft.fetches:
        _part(fetch, [fetch.root], ())


def _part(fetch: DraftFetch, branches: list[Branch], path: tuple[str, ...]) -> None:
    by_key: dict[str, list[Entry]] = {}
    for entry in (entry for branch in branches for each in branch.every_branch() for entry in each.fields.values()):
        by_key.setdefault(entry.key, []).append(entry)
    for key, entries in by_key.items():
        for asked, group in _groups(key, entries, by_key).items():
            if asked != key:
                fetch.renames.append(((*path, asked), key))
                for entry in group:
                    entry.asked = asked
            below = [entry.below for entry in group if entry.below is not None]
            if below:
                _part(fetch, below, (*path, asked))


def _groups(key: str, entries: list[Entry], taken: Iterable[str]) -> dict[str, list[Entry]]:
    """The entries by the key they are asked for under: one for each shape."""
    shapes: dict[str, str] = {}
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        shape = entry.type if entry.below is None else entry.type.translate(_LETTERS_GONE)
        if shape not in shapes:
            shapes[shape] = key if not shapes else _free(key, len(shapes), taken)
        groups.setdefault(shapes[shape], []).append(entry)
    return groups


def _free(key: str, count: int, taken: Iterable[str]) -> str:
    asked = f"_{key}_as_{count}"
    while asked in taken:
        asked = f"_{asked}"
    return asked


class _OnlyWrapping(dict[int, int | None]):
    """Composite types conflict in their lists and nulls, never in their names: what is below them is compared by itself."""

    def __missing__(self, letter: int) -> int | None:
        return letter if chr(letter) in "[]!" else None


_LETTERS_GONE = _OnlyWrapping()
