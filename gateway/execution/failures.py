"""This module is in charge of telling the client where a fetch went wrong: errors of a subgraph with paths in the client's answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, Final

from gateway.errors import CODES, ClientError
from gateway.execution.conditions import are_met
from gateway.execution.representations import Entities, Place, placed_objects
from gateway.execution.subgraph import MAX_PLACES, SubgraphError
from gateway.operation.document import MAX_MESSAGE
from gateway.operation.selection import Field, Selection
from gateway.planning.plan import Fetch, Path, Plan

Json = Any

# What a code of a wrong argument speaks of: these, or, where none are named, any but, mostly, those of pages.
_PAGE: Final = frozenset({"first", "after", "last", "before"})
_MEANT: Final[Mapping[str, frozenset[str]]] = {
    "INVALID_PAGE": _PAGE,
    "LIMIT_PAGE_SIZE": frozenset({"first", "last"}),
    "INVALID_CURSOR": frozenset({"after", "before"}),
    "INVALID_FILTER": frozenset({"filter"}),
    **dict.fromkeys(("INVALID_ARGUMENT", "INVALID_IDENTIFIER", "INVALID_PROVINCE", "INVALID_LOOKUP", "TOO_MANY_CODES"), frozenset[str]()),
}
_ROOT: Final[tuple[Place, ...]] = ((),)


def told_of(subgraph: str, code: str) -> str:
    """The gateway's own words for what a subgraph said or did: its name is no secret, its text is never passed on."""
    info = CODES[code]
    return info.advice or info.meaning.replace("A subgraph", f"Subgraph {subgraph}", 1)


def told_of_argument(fetch: Fetch, code: str, path: Place) -> str:
    """The same, begun with the arguments of the field at the path that the code can speak of, by the plan."""
    told = told_of(fetch.subgraph, code)
    meant = _MEANT.get(code)
    if meant is None or not path:
        return told
    level: list[Field] = []
    below: tuple[Selection, ...] = fetch.operation.selections
    for key in (step for step in path if isinstance(step, str)):
        level = [each for each in _fields(below) if each.response_key == key]
        below = tuple(chain.from_iterable(each.selections for each in level))
    given = [name for each in level for name, _ in each.arguments]
    named = dict.fromkeys(name for name in given if (name in meant if meant else name not in _PAGE or code == "INVALID_ARGUMENT"))
    whole = f"{' or '.join(named)}: {told}"
    return whole if named and len(whole) <= MAX_MESSAGE else told


def _fields(selections: tuple[Selection, ...]) -> Iterator[Field]:
    for each in selections:
        if isinstance(each, Field):
            yield each
        else:
            yield from _fields(each.selections)


@dataclass(frozen=True, slots=True)
class Failures:
    """Finds the places of errors, when all fetches are done, in what they brought."""

    plan: Plan
    variables: Mapping[str, Json]
    data: dict[str, Json]
    _by_id: dict[Path, dict[int, list[Place]]] = field(default_factory=dict)

    def all_located(self, failed: Iterable[tuple[SubgraphError, Fetch, Entities | None]]) -> Iterator[ClientError]:
        """All of them, one thing that is wrong at no more places than one error has."""
        told: dict[object, int] = {}
        for error, fetch, entities in failed:
            alike = (fetch.id, error.code, error.message, tuple(step for step in error.path if isinstance(step, str)))
            left = MAX_PLACES - told.get(alike, 0)
            for count, each in enumerate(islice(self.located(error, fetch, entities), left), 1):
                told[alike] = MAX_PLACES - left + count
                yield each

    def located(self, error: SubgraphError, fetch: Fetch, entities: Entities | None) -> Iterator[ClientError]:
        """The error once for each place of the answer that it speaks of."""
        places = self._places(error.path, fetch, entities)
        yield from (ClientError(error.code, error.message, path=place) for place in islice(places, MAX_PLACES))

    def places_of(self, fetch: Fetch, meant: frozenset[int] | None = None) -> Iterator[Place]:
        """The client's fields that are null because the fetch failed, its own and those of fetches that needed it; where
        there are none, the objects it is about. `meant` are the ids of these objects, None for all at the fetch's path."""
        objects = [(place, each) for place, each in placed_objects(self.data, fetch.path) if meant is None or id(each) in meant]
        about = frozenset(place for place, _ in objects)
        lost = chain(self._lost(fetch, objects), *(self._lost_below(each, about) for each in self._dependents(fetch)))
        first = next(lost, None)
        if first is not None:
            yield first
            yield from lost
        elif fetch.path:
            nowhere: list[Place] = [(fetch.path[0].key,)]
            yield from (place for place, _ in objects) if objects else nowhere
        else:
            yield from (_as_merged((each.response_key,), fetch) for each in self._on(fetch.operation.selections)) if objects else _ROOT

    def _places(self, path: Place, fetch: Fetch, entities: Entities | None) -> Iterator[Place]:
        if entities is None and path:
            below = _as_merged(path, fetch)
            yield from ((*place, *below) for place, _ in placed_objects(self.data, fetch.path))
        elif entities is None:
            yield from self.places_of(fetch)
        elif not path or not isinstance(path[0], int) or not 0 <= path[0] < len(entities.objects):
            yield from self.places_of(fetch, frozenset(id(each) for objects in entities.objects for each in objects))
        else:
            meant = dict.fromkeys(id(each) for each in entities.objects[path[0]])
            below = _as_merged(path[1:], fetch)
            if below:
                placed = self._placed_at(fetch.path)
                yield from ((*place, *below) for each in meant for place in placed.get(each, ()))
            else:
                yield from self.places_of(fetch, frozenset(meant))

    def _placed_at(self, path: Path) -> dict[int, list[Place]]:
        """The places at the path by the ids of the objects there: many errors ask for them."""
        known = self._by_id.get(path)
        if known is None:
            known = self._by_id[path] = {}
            for place, each in placed_objects(self.data, path):
                known.setdefault(id(each), []).append(place)
        return known

    def _lost_below(self, fetch: Fetch, about: frozenset[Place]) -> Iterator[Place]:
        length = len(next(iter(about), ()))
        return self._lost(fetch, ((place, each) for place, each in placed_objects(self.data, fetch.path) if place[:length] in about))

    def _lost(self, fetch: Fetch, objects: Iterable[tuple[Place, dict[str, Json]]]) -> Iterator[Place]:
        asked = self._asked_at(fetch.path)
        for place, each in objects:
            name = each.get("__typename")
            others = frozenset(wanted.type for wanted in fetch.requires if name is not None and name not in wanted.answers)
            fields = self._on(fetch.operation.selections, others)
            keys = dict.fromkeys(_as_merged((field.response_key,), fetch)[0] for field in fields)
            yield from ((*place, key) for key in keys if key in asked and each.get(key) is None)

    def _asked_at(self, path: Path) -> frozenset[str]:
        """The response keys of the client at the path; all others are the planner's."""
        level = list(self._on(self.plan.selections))
        for step in path:
            level = [below for each in level if each.response_key == step.key for below in self._on(each.selections)]
        return frozenset(each.response_key for each in level)

    def _on(self, selections: tuple[Selection, ...], others: frozenset[str] = frozenset()) -> Iterator[Field]:
        """The fields at this level that conditions let through, without those of the `others` among the types."""
        for each in selections:
            if not are_met(each.conditions, self.variables):
                continue
            if isinstance(each, Field):
                yield each
            elif each.type_condition not in others:
                yield from self._on(each.selections, others)

    def _dependents(self, fetch: Fetch) -> Iterator[Fetch]:
        """The entity fetches that wait, near or far, for what the fetch brings; root fetches only wait for their turn."""
        waiting = {fetch.id}
        for each in self.plan.fetches:
            if each.is_entity and not waiting.isdisjoint(each.depends_on):
                waiting.add(each.id)
                yield each


def _as_merged(path: Place, fetch: Fetch) -> Place:
    """The path in the merged data: response keys that the planner invented become the client's again."""
    if not fetch.renames:
        return path
    renames = dict(fetch.renames)
    asked: tuple[str, ...] = ()
    merged: list[str | int] = []
    for step in path:
        if isinstance(step, str):
            asked = (*asked, step)
            step = renames.get(asked, step)
        merged.append(step)
    return tuple(merged)


def keys_as_merged(path: tuple[str, ...], fetch: Fetch) -> tuple[str, ...]:
    """A path of response keys below a fetch, from the root of the answer."""
    return (*(step.key for step in fetch.path), *(str(step) for step in _as_merged(path, fetch)))
