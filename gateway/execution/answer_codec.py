"""This module is in charge of reading a subgraph's answer by its type: a decoder made from what was asked, which checks everything while it reads.

What it gives is what `remote_answer.judge` would have given. Where an answer does not fit (a wrong type, a field that is missing, an error, an
extension) it gives nothing, and the exact way is gone; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, NotRequired, Required, TypedDict

import msgspec

from gateway.execution.remote_answer import Expected
from gateway.execution.repeats import Seen, Turn, read_once
from gateway.execution.subgraph import Keys, SubgraphRequest, SubgraphResult
from gateway.lru import CODE_BYTES, Lru
from gateway.planning.printer import together_key

Json = Any
# The results of the requests that one call was for; None where the exact way has to be gone.
Codec = Callable[[bytes, Sequence[SubgraphRequest]], list[SubgraphResult] | None]

# Beyond these, readers of JSON differ in what they make of a number.
_INT32: Final = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
_INT53: Final = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
_NUMBER: Final = _INT53 | float | None
_LEAVES: Final[Mapping[str, Any]] = {
    "String": str | None,
    # An ID may be a number; then it has to be made a text, which is the exact way's affair.
    "ID": str | None,
    "Boolean": bool | None,
    "Int": _INT32 | None,
    "Float": _NUMBER,
}
# An enum, or a scalar that GraphQL does not know, is mostly one of these.
_OTHER: Final = str | bool | _INT53 | float | None
_TYPENAME: Final = "__typename"
# The last but one is of what was left unread, and is not there; the last of what is nested too deeply to be read by types.
_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, KeyError, RecursionError)
# Bytes that a type, and a decoder, takes at most usually.
_TYPE: Final = 4_000

_types: Final[Lru[tuple[tuple[str, Any], ...], Any]] = Lru(CODE_BYTES, "types")
_decoders: Final[Lru[Any, Callable[[bytes], Any]]] = Lru(CODE_BYTES, "decoders")


class _Unfit(Exception):
    """There is no such type."""


def codec_of(requests: Sequence[SubgraphRequest], expected: Sequence[Expected]) -> Codec | None:
    """The codec for a call of these requests; None where what is expected depends on the types of objects."""
    try:
        plain = _codec_of(requests, expected, [frozenset() for _ in requests])
        repeats = [each.repeats for each in requests]
        return _sparing(_codec_of(requests, expected, repeats), plain) if any(repeats) else plain.read
    except _Unfit:
        return None


def _codec_of(requests: Sequence[SubgraphRequest], expected: Sequence[Expected], repeats: Sequence[frozenset[Keys]]) -> _Counting:
    return _entities(requests, expected, repeats) if requests[0].fetch.is_entity else _root(expected[0], repeats[0])


@dataclass(frozen=True, slots=True)
class _Counting:
    """A codec, and how often what it reads is repeated."""

    read: Codec
    seen: Seen


def _sparing(once: _Counting, plain: _Counting) -> Codec:
    """Reads what is repeated once, while there are repeats."""
    seen = once.seen

    def read(answer: bytes, requests: Sequence[SubgraphRequest]) -> list[SubgraphResult] | None:
        return once.read(answer, requests) if seen.is_worth else plain.read(answer, requests)

    return read


def _root(expected: Expected, repeats: frozenset[Keys]) -> _Counting:
    decode = _decoder(_object(expected, repeats))
    turns, seen = _turns(expected, repeats), Seen()

    def read(answer: bytes, _requests: Sequence[SubgraphRequest]) -> list[SubgraphResult] | None:
        try:
            found = decode(answer)
            read_once((found.data,), turns, seen)
        except _UNREADABLE:
            return None
        return None if _is_more(found) else [SubgraphResult(found.data)]

    return _Counting(read, seen)


def _entities(requests: Sequence[SubgraphRequest], expected: Sequence[Expected], repeats: Sequence[frozenset[Keys]]) -> _Counting:
    keys = ["_entities"] if len(requests) == 1 else [together_key(number) for number in range(len(requests))]
    told = [_TYPENAME in each.keys for each in expected]
    typed = {key: Required[_list(_entity(each, request, once))] for key, each, request, once in zip(keys, expected, requests, repeats, strict=True)}
    decode = _decoder(_typed(typed))
    turns = [_turns(each, once) for each, once in zip(expected, repeats, strict=True)]
    parts, seen = list(zip(keys, told, turns, strict=True)), Seen()

    def read(answer: bytes, requests: Sequence[SubgraphRequest]) -> list[SubgraphResult] | None:
        try:
            found = decode(answer)
            for key, _, below in parts:
                read_once(found.data[key], below, seen)
        except _UNREADABLE:
            return None
        if _is_more(found):
            return None
        data, results = found.data, []
        for (key, is_told, _), request in zip(parts, requests):
            entities = data[key]
            if len(entities) != len(request.representations) or not _are_as_asked(entities, request, is_told):
                return None
            results.append(SubgraphResult(None, tuple(entities)))
        return results

    return _Counting(read, seen)


def _are_as_asked(entities: Sequence[Mapping[str, Json] | None], request: SubgraphRequest, is_told: bool) -> bool:
    """Whether every entity is of the type that was asked about; one that says its type unasked is looked at more closely."""
    if not is_told:
        return not any(each is not None and _TYPENAME in each for each in entities)
    answers = {each.type: each.answers for each in request.fetch.requires}
    said = zip(entities, request.representations)
    return all(each is None or each[_TYPENAME] in answers[asked[_TYPENAME]] for each, asked in said)


def _is_more(found: Any) -> bool:
    return found.errors is not msgspec.UNSET or found.extensions is not msgspec.UNSET


def _decoder(data: Any) -> Callable[[bytes], Any]:
    decode = _decoders.get(data)
    if decode is None:
        decode = _made_decoder(data)
        _decoders.put(data, decode, _TYPE)
    return decode


def _made_decoder(data: Any) -> Callable[[bytes], Any]:
    fields: list[tuple[str, Any, Any] | tuple[str, Any]] = [
        ("data", data),
        *((name, msgspec.Raw | msgspec.UnsetType, msgspec.UNSET) for name in ("errors", "extensions")),
    ]
    return msgspec.json.Decoder(msgspec.defstruct("Answer", fields, gc=False)).decode


def _turns(expected: Expected, repeats: frozenset[Keys]) -> tuple[Turn, ...]:
    """The ways to what is read once; none where nothing is."""
    return tuple([_turn(key, below, _under(key, repeats)) for key, below in expected.keys.items() if _under(key, repeats)])


def _turn(key: str, expected: Expected, repeats: frozenset[Keys]) -> Turn:
    decode = msgspec.json.Decoder(_object(expected, repeats)).decode if () in repeats else None
    return Turn(key, expected.lists, decode, _turns(expected, repeats))


def _under(key: str, repeats: frozenset[Keys]) -> frozenset[Keys]:
    return frozenset(each[1:] for each in repeats if each[:1] == (key,))


def _entity(expected: Expected, request: SubgraphRequest, repeats: frozenset[Keys]) -> Any:
    # What an entity is is asked for with it.
    fields = _fields(expected, repeats, frozenset(each.type for each in request.fetch.requires))
    return _typed(fields if _TYPENAME in fields else {**fields, _TYPENAME: NotRequired[Any]})


def _object(expected: Expected, repeats: frozenset[Keys]) -> Any:
    return _typed(_fields(expected, repeats))


def _fields(expected: Expected, repeats: frozenset[Keys], types: frozenset[str] | None = None) -> dict[str, Any]:
    """The fields, all of which have to be there on objects of these types (None: of whatever type)."""
    if not expected.keys or any(below.types is not None and (types is None or not types <= below.types) for below in expected.keys.values()):
        raise _Unfit
    return {key: _field(below, _under(key, repeats)) for key, below in expected.keys.items()}


def _field(expected: Expected, repeats: frozenset[Keys]) -> Any:
    # What has to be there is never left unread (msgspec 0.19): whether it is there is found when it is read.
    return NotRequired[msgspec.Raw] if () in repeats else Required[_value(expected, repeats)]


def _value(expected: Expected, repeats: frozenset[Keys]) -> Any:
    type_: Any = _LEAVES.get(expected.named, _OTHER) if expected.is_leaf else _object(expected, repeats)
    for _ in range(expected.lists):
        type_ = _list(type_)
    return type_ | None


def _list(type_: Any) -> Any:
    return list[type_ | None]


def _typed(fields: dict[str, Any]) -> Any:
    # A class is a ring of objects that only the collector frees, and answers mostly hold what other answers held.
    key = tuple(fields.items())
    made = _types.get(key)
    if made is None:
        typed: Any = TypedDict
        made = typed("Object", fields)
        _types.put(key, made, _TYPE)
    return made
