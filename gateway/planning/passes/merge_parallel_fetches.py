"""This module is in charge of one pass: two fetches of one subgraph that are both told what others require become one.

They are about the same objects, and neither needs the other. The one waits for what each of them waited for, and spares a
request. A fetch that needs nothing but a key is left alone: what is plain must not wait, or fail, with what is not.
"""

from __future__ import annotations

from gateway.planning.draft import Draft, DraftFetch


def merge_parallel_fetches(draft: Draft) -> None:
    """Merge until nothing can be merged: what comes after two fetches that have become one can often be merged, too."""
    groups: dict[object, list[DraftFetch]] = {}
    for fetch in draft.fetches:
        if fetch.requiring:
            groups.setdefault((fetch.subgraph, fetch.path, fetch.jump_conditions, fetch.contexts), []).append(fetch)
    merged = False
    for group in groups.values():
        kept: list[DraftFetch] = []
        for fetch in group:
            into = next((each for each in kept if _fits(draft, each, fetch)), None)
            if into is None:
                kept.append(fetch)
            else:
                _join(draft, into, fetch)
                merged = True
    if merged:
        draft.sort()


def _fits(draft: Draft, kept: DraftFetch, other: DraftFetch) -> bool:
    if not all(kept.accepts(name, tuple(needs.values()), other.objects[name]) for name, needs in other.needs.items()):
        return False
    return kept.id not in draft.before(other) and other.id not in draft.before(kept)


def _join(draft: Draft, kept: DraftFetch, other: DraftFetch) -> None:
    kept.root.absorb(other.root)
    for type_name, needs in other.needs.items():
        kept.need(type_name, tuple(needs.values()), other.objects[type_name])
    kept.waits_for |= other.waits_for
    draft.replace(other, kept)
