"""This module is in charge of representations: from the objects at a path to what an entity fetch sends, each entity once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson
from msgspec import Struct

from gateway.planning.plan import Path, PathStep, RequiredField, Requires

Json = Any
Place = tuple[str | int, ...]

# A value that is not there, told apart from null.
_ABSENT: Final = object()


class Entities(Struct):
    """What an entity fetch is about: `representations` without repeats, and for each of them the objects it stands for."""

    representations: list[Mapping[str, Json]] = []
    objects: list[list[dict[str, Json]]] = []


def objects_at(data: Json, path: Path) -> list[dict[str, Json]]:
    """Every object at the path, in the order of the answer; nulls and what is no object are passed over."""
    level: list[Json] = [data]
    for step in path:
        if step.lists or step.type_conditions:
            level = _step(level, step)
        else:
            key = step.key
            level = [value for each in level if (value := each.get(key)).__class__ is dict]
    return level


def _step(level: list[Json], step: PathStep) -> list[Json]:
    key = step.key
    found = [value for each in level if (value := each.get(key)) is not None]
    for _ in range(step.lists):
        found = [item for value in found if value.__class__ is list for item in value if item is not None]
    kept = [value for value in found if value.__class__ is dict]
    if step.type_conditions:
        return [value for value in kept if value.get("__typename") in step.type_conditions or "__typename" not in value]
    return kept


def items_at(value: dict[str, Json], step: PathStep) -> list[dict[str, Json]]:
    """The objects one step below an object, as `objects_at` finds them."""
    return [item for item in _step([value], step) if item.__class__ is dict]


def placed_objects(data: Json, path: Path) -> Iterator[tuple[Place, dict[str, Json]]]:
    """The same objects with their place in the answer; made only when an error has to name one."""
    return _placed((), data, path, 0)


def _placed(place: Place, value: dict[str, Json], path: Path, index: int) -> Iterator[tuple[Place, dict[str, Json]]]:
    if index == len(path):
        yield place, value
        return
    step = path[index]
    for where, item in _items((*place, step.key), value.get(step.key), step.lists):
        if item.__class__ is dict and (not step.type_conditions or item.get("__typename", _ABSENT) in (*step.type_conditions, _ABSENT)):
            yield from _placed(where, item, path, index + 1)


def _items(place: Place, value: Json, lists: int) -> Iterator[tuple[Place, Json]]:
    if lists == 0:
        yield place, value
    elif value.__class__ is list:
        for index, item in enumerate(value):
            yield from _items((*place, index), item, lists - 1)


def entities_of(data: Json, path: Path, requires: tuple[Requires, ...]) -> Entities:
    """The representations of all objects at the path that have one."""
    if len(requires) == 1 and requires[0].only is not None:
        found = _by_plain_key(objects_at(data, path), requires[0], requires[0].only)
        if found is not None:
            return found
    found = Entities()
    index: dict[object, int] = {}
    by_type = {name: each for each in requires for name in each.answers}
    only = requires[0].type if len(requires) == 1 else None
    for each in objects_at(data, path):
        type_name = each.get("__typename", only)
        wanted = by_type.get(type_name) if type_name.__class__ is str else None
        representation = represent(each, wanted.fields, {"__typename": wanted.type}) if wanted is not None else None
        if representation is None:
            continue
        own = identity(representation)
        at = index.get(own)
        if at is None:
            index[own] = len(found.objects)
            found.representations.append(representation)
            found.objects.append([each])
        else:
            found.objects[at].append(each)
    return found


def _by_plain_key(objects: list[dict[str, Json]], wanted: Requires, field: RequiredField) -> Entities | None:
    """The representations of entities of one type that are known by one text; None where some key is no text, and the long way is needed."""
    by_key: dict[str, list[dict[str, Json]]] = {}
    answers, type_name, name = wanted.answers, wanted.type, field.key
    for each in objects:
        is_a = each.get("__typename", type_name)
        if is_a.__class__ is not str or is_a not in answers:
            continue
        key = each.get(name)
        if key.__class__ is str:
            group = by_key.get(key)
            if group is None:
                by_key[key] = [each]
            else:
                group.append(each)
        elif key is not None:
            return None
    sent = field.name
    return Entities([{"__typename": type_name, sent: key} for key in by_key], [*by_key.values()])


def identity(representation: Mapping[str, Json]) -> object:
    """What two representations have in common that are the same."""
    if len(representation) == 2:
        # The usual one: a type and its key. A text equals no value of another kind.
        (_, type_name), (name, key) = representation.items()
        if key.__class__ is str:
            return type_name, name, key
    # JSON tells 1 from "1" and from true, which tuples of Python values do not.
    return orjson.dumps(representation)


def represent(value: dict[str, Json], fields: tuple[RequiredField, ...], into: dict[str, Json]) -> dict[str, Json] | None:
    """The representation of an object; None when a field is missing that it cannot do without."""
    for each in fields:
        if each.types and value.get("__typename") not in each.types:
            continue
        found = value.get(each.key, _ABSENT)
        if found is _ABSENT or (found is None and not each.nullable):
            return None
        if each.children and found is not None:
            found = _represent_below(found, each.children)
            if found is _ABSENT:
                return None
        into[each.name] = found
    return into


def _represent_below(value: Json, fields: tuple[RequiredField, ...]) -> Json:
    if value.__class__ is list:
        items = [None if item is None else _represent_below(item, fields) for item in value]
        return _ABSENT if _ABSENT in items else items
    if value.__class__ is not dict:
        return _ABSENT
    below = represent(value, fields, {})
    return _ABSENT if below is None else below
