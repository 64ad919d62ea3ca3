"""This module is in charge of merging: the answers of fetches into the one tree of data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

Json = Any


def merge_into(target: dict[str, Json], source: dict[str, Json]) -> None:
    """Put the fields of `source` into `target`. What both have is merged level by level; a null gives way to a value."""
    for key, value in source.items():
        present = target.get(key)
        if present is None:
            target[key] = value
        elif value.__class__ is dict and present.__class__ is dict:
            if value is not present:
                merge_into(present, value)
        elif value.__class__ is list and present.__class__ is list:
            target[key] = _merged_list(present, value)


def _merged_list(present: list[Json], value: list[Json]) -> list[Json]:
    # Subgraphs that share a field answer it alike; where one does not, the first answer stands.
    if len(present) != len(value):
        return present
    for index, item in enumerate(value):
        own = present[index]
        if own is None:
            present[index] = item
        elif own.__class__ is dict and item.__class__ is dict:
            if own is not item:
                merge_into(own, item)
        elif own.__class__ is list and item.__class__ is list:
            present[index] = _merged_list(own, item)
    return present


def copy_of(answer: Mapping[str, Json]) -> dict[str, Json]:
    """A tree of its own; what has nothing below it is copied by hand."""
    flat = not any(value.__class__ is dict or value.__class__ is list for value in answer.values())
    copied: dict[str, Json] = dict(answer) if flat else orjson.loads(orjson.dumps(answer))
    return copied


def undo_rename(data: Json, path: tuple[str, ...], key: str) -> None:
    """Give the value at a path of response keys another key, in every object that has it."""
    if data.__class__ is list:
        for item in data:
            undo_rename(item, path, key)
    elif data.__class__ is dict:
        if len(path) == 1:
            _rename(data, path[0], key)
        else:
            undo_rename(data.get(path[0]), path[1:], key)


def _rename(data: dict[str, Json], asked: str, key: str) -> None:
    if asked in data:
        value = data.pop(asked)
        if data.get(key) is None:
            data[key] = value
