"""This module is in charge of fetches whose variables are filled from contexts (`@fromContext`): which entities are asked about with which values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from gateway.execution.representations import Entities, identity, items_at, represent
from gateway.lru import Lru
from gateway.planning.context_variables import another
from gateway.planning.plan import ContextValue, Fetch

Json = Any
_ABSENT: Final = object()
# By the fetch's id and a number; the fetch is kept, so that its id is not another's.
_variants: Final[Lru[tuple[int, int], tuple[Fetch, Fetch]]] = Lru(4096)


@dataclass(frozen=True, slots=True)
class Group:
    """What one request is about: entities whose contexts have the same values."""

    fetch: Fetch
    values: Mapping[str, Json]
    entities: Entities


@dataclass(slots=True)
class _Gathering:
    values: dict[str, Json]
    entities: Entities
    index: dict[object, int]


def groups_of(fetch: Fetch, data: dict[str, Json]) -> list[Group]:
    """The entities at the fetch's path that have a representation and all values, in the order of the data, by the values."""
    by_type = {name: each for each in fetch.requires for name in each.answers}
    only = fetch.requires[0].type if len(fetch.requires) == 1 else None
    gathered: dict[bytes, _Gathering] = {}
    for way in _ways(fetch, data):
        entity = way[-1]
        type_name = entity.get("__typename", only)
        wanted = by_type.get(type_name) if isinstance(type_name, str) else None
        representation = represent(entity, wanted.fields, {"__typename": wanted.type}) if wanted is not None else None
        values = [_value_of(way[each.above], each) for each in fetch.contexts]
        if representation is None or _ABSENT in values:
            continue
        text = orjson.dumps(values)
        group = gathered.get(text)
        if group is None:
            named = _variant(fetch, len(gathered))
            group = gathered[text] = _Gathering({each.name: value for each, value in zip(named.contexts, values)}, Entities(), {})
        _put(group, representation, entity)
    return [Group(_variant(fetch, number), group.values, group.entities) for number, group in enumerate(gathered.values())]


def _put(group: _Gathering, representation: Mapping[str, Json], entity: dict[str, Json]) -> None:
    at = group.index.setdefault(identity(representation), len(group.entities.objects))
    if at == len(group.entities.objects):
        group.entities.representations.append(representation)
        group.entities.objects.append([])
    group.entities.objects[at].append(entity)


def _ways(fetch: Fetch, data: dict[str, Json]) -> Iterator[list[dict[str, Json]]]:
    """Each object at the path with those above it, the root first."""
    ways = [[data]]
    for step in fetch.path:
        ways = [[*way, item] for way in ways for item in items_at(way[-1], step)]
    yield from ways


def _value_of(value: Json, context: ContextValue) -> Json:
    found = _below(value, context.keys)
    return _ABSENT if found is None and context.type.endswith("!") else found


def _below(value: Json, keys: tuple[str, ...]) -> Json:
    if value is _ABSENT or value is None or not keys:
        return value
    if value.__class__ is list:
        items = [_below(item, keys) for item in value]
        return _ABSENT if _ABSENT in items else items
    return _below(value.get(keys[0], _ABSENT), keys[1:]) if value.__class__ is dict else _ABSENT


def _variant(fetch: Fetch, number: int) -> Fetch:
    if number == 0:
        return fetch
    known = _variants.get((id(fetch), number))
    if known is None:
        known = fetch, another(fetch, number)
        _variants.put((id(fetch), number), known)
    return known[1]
