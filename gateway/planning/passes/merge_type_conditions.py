"""This module is in charge of one pass: fetches that differ only in the types at one step of their path become one fetch."""

from __future__ import annotations

from dataclasses import replace

from gateway.planning.draft import Draft, DraftFetch
from gateway.planning.plan import Path


def merge_type_conditions(draft: Draft) -> None:
    """What is below different types is often asked of the same subgraph in the same words."""
    groups: dict[object, list[DraftFetch]] = {}
    for fetch in list(draft.fetches):
        kept = groups.setdefault(_likeness(fetch), [])
        for earlier in kept:
            draft.budget.spend()
            path = _common_path(earlier.path, fetch.path)
            if path is not None and _says_the_same(earlier, fetch):
                earlier.path = path
                for type_name, objects in fetch.objects.items():
                    earlier.objects[type_name] |= objects
                draft.replace(fetch, earlier)
                break
        else:
            kept.append(fetch)


def _likeness(fetch: DraftFetch) -> object:
    """What two fetches have in common that may become one."""
    path = tuple((step.key, step.lists) for step in fetch.path)
    return fetch.subgraph, fetch.waits_for, fetch.jump_conditions, path, frozenset(fetch.needs), fetch.contexts


def _says_the_same(one: DraftFetch, other: DraftFetch) -> bool:
    return (
        (one.subgraph, one.waits_for, one.jump_conditions, one.needs) == (other.subgraph, other.waits_for, other.jump_conditions, other.needs)
        and bool(one.needs)
        and one.root.selections() == other.root.selections()
    )


def _common_path(one: Path, other: Path) -> Path | None:
    """The path that leads to the objects of both and to no others; None where there is none."""
    if len(one) != len(other) or any((a.key, a.lists) != (b.key, b.lists) for a, b in zip(one, other)):
        return None
    apart = [index for index, (a, b) in enumerate(zip(one, other)) if a.type_conditions != b.type_conditions]
    if len(apart) != 1:
        return None
    step, twin = one[apart[0]], other[apart[0]]
    # No types at all means every type.
    types = step.type_conditions | twin.type_conditions if step.type_conditions and twin.type_conditions else frozenset[str]()
    return (*one[: apart[0]], replace(step, type_conditions=types), *one[apart[0] + 1 :])
