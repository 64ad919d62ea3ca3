"""This module is in charge of what an answer repeats: where objects that are spelled alike may be one object, and reading each spelling once.

Reviews by one author hold that author as often as there are reviews. Read once he is one object in the tree, which is collected, merged and projected once.
Two objects that are the same stay the same unless something is written to them by way of what holds them; `repeats_of` says where that cannot be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from gateway.execution.subgraph import Keys
from gateway.operation.selection import Field, Selection
from gateway.planning.plan import Fetch, Plan

Json = Any
# Bytes of one value, and what they say; raises what the reader of the whole raises.
Decode = Callable[[bytes], Json]

# Where fewer objects than this for each spelling are met, looking for repeats costs more than it saves, and is left alone for so many answers.
_WORTH: Final = 1.5
_PAUSE: Final = 200
# Of so many objects it is clear whether they are repeated.
_ENOUGH: Final = 200
_NOWHERE: Final[frozenset[Keys]] = frozenset()


def repeats_of(fetch: Fetch, plan: Plan) -> frozenset[Keys]:
    """Where in the fetch's answer (response keys below its root, or below an entity) objects that are spelled alike may be one object.

    Only where there is something below them: a key alone is read as quickly as it is compared.
    """
    known: frozenset[Keys] | None = fetch.made.get("repeats")
    if known is None:
        known = fetch.made["repeats"] = _found_in(fetch, plan)
    return known


def _found_in(fetch: Fetch, plan: Plan) -> frozenset[Keys]:
    if plan.is_contextual or fetch.renames:
        return _NOWHERE
    above = tuple([step.key for step in fetch.path])
    others = [each for each in plan.fetches if each is not fetch]
    return frozenset(
        keys
        for keys in _objects_below(fetch.operation.selections, (), in_list=fetch.is_entity)
        if is_alike(plan, (*above, *keys)) and not any(writes_at(each, (*above, *keys)) for each in others)
    )


def _objects_below(selections: Iterable[Selection], above: Keys, *, in_list: bool) -> Iterator[Keys]:
    """The objects, in no list of their own and with objects below, of which there may be many."""
    for each in selections:
        if not isinstance(each, Field):
            yield from _objects_below(each.selections, above, in_list=in_list)
        elif each.selections:
            keys = (*above, each.response_key)
            is_list = "[" in each.type
            if in_list and not is_list and any(_fields(each.selections, of_objects=True)):
                yield keys
            yield from _objects_below(each.selections, keys, in_list=in_list or is_list)


def _fields(selections: Iterable[Selection], *, of_objects: bool = False) -> Iterator[Field]:
    for each in selections:
        if not isinstance(each, Field):
            yield from _fields(each.selections, of_objects=of_objects)
        elif each.selections or not of_objects:
            yield each


def is_alike(plan: Plan, keys: Keys) -> bool:
    """Whether what is fetched for an object there, or for what is below it, follows from that object alone."""
    return not plan.is_contextual and not any(_depends_above(plan.fetches[each], len(keys)) for each in plan.below.get(keys, ()))


def _depends_above(fetch: Fetch, length: int) -> bool:
    """Whether what is fetched depends on the type of an object above: then two objects may be the same and become different."""
    return any(step.type_conditions for step in fetch.path[: length - 1])


def is_written_later(plan: Plan, fetch: Fetch) -> bool:
    """Whether something is written to the fetch's objects by way of what holds them that need not be there when it begins."""
    keys = tuple([step.key for step in fetch.path])
    before: set[int] = set()
    left = [fetch.id]
    while left:
        after = [each for each in plan.fetches[left.pop()].depends_on if each not in before]
        before.update(after)
        left += after
    return any(each.id not in before and writes_at(each, keys) for each in plan.fetches)


def writes_at(fetch: Fetch, keys: Keys) -> bool:
    """Whether the fetch writes to objects at that path by way of objects above them."""
    above = tuple([step.key for step in fetch.path])
    if len(above) >= len(keys) or keys[: len(above)] != above:
        return False
    if fetch.renames:
        # Its keys are not those of the tree.
        return True
    level: list[Selection] = list(fetch.operation.selections)
    for key in keys[len(above) :]:
        level = [below for each in _fields(level) if each.response_key == key for below in each.selections]
    return bool(level)


@dataclass(slots=True)
class Seen:
    """How many objects were met, and how many spellings of them."""

    objects: int = 0
    spellings: int = 0
    pause: int = 0

    @property
    def is_worth(self) -> bool:
        """Whether the next answer is to be looked at; where nothing was repeated it is not, for a while."""
        if self.pause:
            self.pause -= 1
            return False
        if self.objects > _ENOUGH:
            if self.objects < _WORTH * self.spellings:
                self.pause = _PAUSE
            self.objects = self.spellings = 0
        return True


@dataclass(frozen=True, slots=True)
class Turn:
    """Where to go from an object: to what stands under `key`, in so many lists; `decode` where that was left unread."""

    key: str
    lists: int
    decode: Decode | None = None
    below: tuple[Turn, ...] = ()


def read_once(objects: Sequence[Json], turns: tuple[Turn, ...], seen: Seen) -> None:
    """Read what was left unread below these objects, nulls among them, each spelling once."""
    for turn in turns:
        below = _unread(objects, turn.key, turn.decode, seen) if turn.decode is not None else _beneath(objects, turn)
        if turn.below:
            read_once(below, turn.below, seen)


def _beneath(objects: Sequence[Json], turn: Turn) -> list[Json]:
    key = turn.key
    below = [each[key] for each in objects if each is not None]
    for _ in range(turn.lists):
        below = [item for each in below if each is not None for item in each]
    return below


def _unread(objects: Sequence[Json], key: str, decode: Decode, seen: Seen) -> list[Json]:
    """Put what the texts under a key say in their place; what was read."""
    read: list[Json] = []
    found: dict[bytes, Json] = {}
    # What was met last of each length: texts are compared more quickly than they are hashed, and mostly that is enough.
    last: dict[int, tuple[msgspec.Raw, Json]] = {}
    for each in objects:
        if each is None:
            continue
        text = each[key]
        near = last.get(len(text))
        if near is not None and near[0] == text:
            each[key] = near[1]
            continue
        spelled = bytes(text)
        if spelled in found:
            value = found[spelled]
        else:
            value = found[spelled] = None if spelled == b"null" else decode(spelled)
            read.append(value)
        last[len(text)] = (text, value)
        each[key] = value
    seen.objects += len(objects)
    seen.spellings += len(read)
    return read
