"""This module is in charge of JSON that a reader of JSON refuses for the sake of one value: numbers beyond a double, halves of surrogates, nesting without end.

The value is lost, and not the answer that it stands in: what cannot be read as it is, or could not be written again, is read as something that no type
fits, so that `remote_answer.judge` nulls it at its place. Bodies that are not JSON stay refused, and so are long ones, for reading them again takes time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

import orjson

from gateway.execution.remote_answer import MAX_VALUE_DEPTH, Beyond, Inexact, Numbers, is_text

Json = Any
T = TypeVar("T")

# Bytes that are read again.
MAX_AGAIN: Final = 1_000_000
# Levels of a whole answer; the standard reader takes some more.
_LEVELS: Final = 200
_TOO_DEEP: Final = "[" * (MAX_VALUE_DEPTH + 2) + "]" * (MAX_VALUE_DEPTH + 2)
_MISFIT: Final = json.loads(_TOO_DEEP)
# A string that does not end goes to the end: otherwise each quote in it would be a beginning.
_TOKEN: Final = re.compile(r'"(?:[^"\\]+|\\.)*+"?|[\[\]{}]', re.DOTALL)
_INT_CHARS: Final = 20


def judged(answer: bytes, judge: Callable[[Json, Numbers], T]) -> T:
    """What `judge` makes of an answer, and of how its numbers were read; raises orjson.JSONDecodeError where it is not JSON, and what `judge` raises."""
    try:
        return judge(orjson.loads(answer), "unsure")
    except Inexact:
        return judge(_tolerant(answer), "exact") if len(answer) <= MAX_AGAIN else judge(orjson.loads(answer), "lost")
    except orjson.JSONDecodeError:
        if len(answer) > MAX_AGAIN:
            raise
        try:
            body = _tolerant(answer)
        except (ValueError, RecursionError):
            body = None
        if body is None:
            raise
    return judge(body, "exact")


def shallower(text: bytes) -> bytes:
    """JSON that every reader takes, in which no type fits what it could not take; raises ValueError where it is not JSON, or long."""
    if len(text) > MAX_AGAIN:
        raise ValueError("too long to be read again")
    try:
        return json.dumps(_spelt(_tolerant(text))).encode("ascii")
    except RecursionError as deep:
        raise ValueError("nested too deeply") from deep


def _spelt(value: Json) -> Json:
    if value.__class__ is dict:
        return {key: _spelt(below) for key, below in value.items()} if all(map(is_text, value)) else _MISFIT
    if value.__class__ is list:
        return [_spelt(below) for below in value]
    return _MISFIT if value.__class__ is Beyond or (value.__class__ is str and not is_text(value)) else value


def _tolerant(answer: bytes) -> Json:
    # Bytes that are not UTF-8 become halves of surrogates, which are no text either.
    return _DECODER.decode(_cut(answer.decode("utf-8", "surrogateescape")))


def _cut(text: str) -> str:
    """The text with whatever is nested too deeply replaced by something shorter that is as well."""
    pieces: list[str] = []
    depth = kept = 0
    for found in _TOKEN.finditer(text):
        token = found.group()
        if token in "[{":
            depth += 1
            if depth == _LEVELS:
                pieces.append(text[kept : found.start()])
        elif token in "]}":
            if depth == _LEVELS:
                pieces.append(_TOO_DEEP)
                kept = found.end()
            depth -= 1
    return "".join((*pieces, text[kept:]))


def _int(digits: str) -> int | Beyond:
    if len(digits) <= _INT_CHARS:
        number = int(digits)
        if -(2**63) <= number < 2**64:
            return number
    return Beyond(digits)


def _float(digits: str) -> float:
    number = float(digits)
    return number if -1.8e308 < number < 1.8e308 else Beyond(digits)


# NaN and Infinity are no JSON, and are written by many.
_DECODER: Final = json.JSONDecoder(parse_int=_int, parse_float=_float, parse_constant=Beyond)
