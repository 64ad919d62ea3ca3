"""This module is in charge of one pass: an entity fetch made under a condition joins one that is made anyhow for the same objects."""

from __future__ import annotations

from gateway.planning.draft import Draft, DraftFetch


def merge_conditional_twins(draft: Draft) -> None:
    """Its fields keep their conditions, so that nothing more is resolved; one request less is made."""
    plain: dict[object, list[DraftFetch]] = {}
    for fetch in draft.fetches:
        if fetch.needs and not fetch.jump_conditions:
            plain.setdefault((fetch.subgraph, fetch.path, fetch.contexts), []).append(fetch)
    for fetch in list(draft.fetches):
        if fetch.jump_conditions and fetch.needs:
            others = plain.get((fetch.subgraph, fetch.path, fetch.contexts), ())
            twin = next((each for each in others if _is_twin(each, fetch)), None)
            if twin is not None:
                _join(twin, fetch)
                draft.replace(fetch, twin)


def _is_twin(other: DraftFetch, fetch: DraftFetch) -> bool:
    same = (other.subgraph, other.path, other.waits_for) == (fetch.subgraph, fetch.path, fetch.waits_for)
    return same and bool(other.needs) and not other.jump_conditions and all(_covers(other, fetch, type_name) for type_name in fetch.needs)


def _covers(other: DraftFetch, fetch: DraftFetch, type_name: str) -> bool:
    """No representation of the other fetch may come to need what is fetched under a condition."""
    wanted, present = fetch.needs[type_name], other.needs.get(type_name)
    if present is not None and not fetch.objects[type_name] <= other.objects[type_name]:
        return False
    return present is None or all(present.get(name) == each for name, each in wanted.items())


def _join(twin: DraftFetch, fetch: DraftFetch) -> None:
    twin.root.absorb(fetch.root)
    for type_name, needs in fetch.needs.items():
        twin.need(type_name, tuple(needs.values()), fetch.objects[type_name])
