"""This module is in charge of one pass: two fetches of one subgraph that are both told what others require become one.

They are about the same objects, and neither needs the other. The one waits for what each of them waited for, and spares a
request. A fetch that needs nothing but a key is left alone: what is plain must not wait, or fail, with what is not.
"""

from __future__ import annotations

from gateway.planning.draft import Draft, DraftFetch


def merge_parallel_fetches(draft: Draft) -> None:
    """Merge until nothing can be merged: what comes after two fetches that have become one can often be merged, too."""
    while True:
        pair = _pair(draft)
        if pair is None:
            return
        kept, other = pair
        kept.root.absorb(other.root)
        for type_name, needs in other.needs.items():
            kept.need(type_name, tuple(needs.values()), other.objects[type_name])
        kept.waits_for |= other.waits_for
        draft.replace(other, kept)
        draft.sort()


def _pair(draft: Draft) -> tuple[DraftFetch, DraftFetch] | None:
    groups: dict[object, list[DraftFetch]] = {}
    for fetch in draft.fetches:
        if fetch.requiring:
            groups.setdefault((fetch.subgraph, fetch.path, fetch.jump_conditions), []).append(fetch)
    if all(len(group) == 1 for group in groups.values()):
        return None
    ancestors = draft.ancestors()
    for group in groups.values():
        for index, kept in enumerate(group):
            for other in group[index + 1 :]:
                apart = kept.id not in ancestors[other.id] and other.id not in ancestors[kept.id]
                if apart and all(kept.accepts(name, tuple(needs.values()), other.objects[name]) for name, needs in other.needs.items()):
                    return kept, other
    return None
