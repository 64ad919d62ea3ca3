"""This module is in charge of JSON that can be read in one way only: no object names a key twice, no number is beyond what is kept of numbers.

RFC 8259 leaves both to the parser. What stands before the gateway may read another value than it does, and then judges a request that is not the one
that is answered.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final, Literal

import orjson

LONGEST_KEY: Final = 60
# Of what orjson finds wrong, in its words; a test pins them.
_OUT_OF_RANGE: Final = "number is infinity"
_TOO_DEEP: Final = "depth limit"
# What says where keys stand in a text that is JSON: its strings, and what is between them but for other values.
_MARKS: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]')


class BadJson(ValueError):
    """Bytes that are not JSON of this kind; the message is a sentence that is safe to send: of what was sent it has the beginning of a key, at most.
    `rule` is what MALFORMED_JSON breaks, and where, to be said of what it was found in."""

    def __init__(self, code: Literal["MALFORMED_JSON", "DUPLICATE_KEY", "NUMBER_OUT_OF_RANGE"], message: str, rule: str = "") -> None:
        super().__init__(message or f"This {rule}.")
        self.code = code
        self.rule = rule


def read_json(given: bytes | str) -> Any:
    """The value. Raises BadJson MALFORMED_JSON, DUPLICATE_KEY, NUMBER_OUT_OF_RANGE (beyond a double)."""
    try:
        value = orjson.loads(given)
        # orjson keeps the last of two equal keys without a word: what may have had two is read a second time.
        if not _is_written_again(value, given):
            _ONCE.decode(_text(given))
    except orjson.JSONDecodeError as wrong:
        if str(wrong).startswith(_OUT_OF_RANGE):
            raise BadJson("NUMBER_OUT_OF_RANGE", f"A number is beyond what a double can hold, at line {wrong.lineno}, column {wrong.colno}.") from None
        raise BadJson("MALFORMED_JSON", "", _broken(wrong, given)) from None
    except _KeyTwice:
        raise _twice(_text(given)) from None
    except RecursionError:
        raise BadJson("MALFORMED_JSON", "", f"is nested too deeply, at {_deepest(_text(given))}") from None
    return value


def _text(given: bytes | str) -> str:
    return given if isinstance(given, str) else str(given, "utf-8")


def _broken(wrong: orjson.JSONDecodeError, given: bytes | str) -> str:
    """Which rule is broken, and where: lines and columns, which count characters from 1, or bytes where these are no characters."""
    if not given.strip():
        return "is empty, which is not JSON"
    if wrong.msg.startswith(_TOO_DEEP):
        return f"is nested too deeply, at line {wrong.lineno}, column {wrong.colno}"
    try:
        text = given if isinstance(given, str) else str(given, "utf-8")
        text.encode()
    except UnicodeDecodeError as foreign:
        return f"is not UTF-8 at byte {foreign.start + 1}"
    except UnicodeEncodeError as foreign:
        return f"is not UTF-8 at character {foreign.start + 1}"
    ends = "ends too early" if wrong.pos >= len(text) else "breaks off"
    return f"is not JSON: it {ends} at line {wrong.lineno}, column {wrong.colno}"


def _is_written_again(value: Any, given: bytes | str) -> bool:
    """Whether orjson writes byte for byte what was given, as it does with most of what programs send."""
    try:
        return orjson.dumps(value) == given
    except orjson.JSONEncodeError:
        # It reads what is nested more deeply than it writes, and integers that it does not write.
        return False


class _KeyTwice(Exception):
    """An object has a key twice; where, is looked for only now."""


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _KeyTwice
    return found


def _twice(text: str) -> BadJson:
    """What is said of the first key in the text that its object has already."""
    keys: list[set[str] | None] = []
    is_key = False
    for mark in _MARKS.finditer(text):
        said = mark[0]
        if said[0] != '"':
            if said in "{[":
                keys.append(set() if said == "{" else None)
            elif said in "}]":
                keys.pop()
            is_key = said in "{," and keys[-1] is not None
            continue
        known = keys[-1] if is_key else None
        if known is None:
            continue
        key = orjson.loads(said)
        if key in known:
            told = json.dumps(key[:LONGEST_KEY])
            return BadJson("DUPLICATE_KEY", f"An object has the key {told} twice, the second time at {_place(text, mark.start())}.")
        known.add(key)
    raise AssertionError("no key is there twice")


def _deepest(text: str) -> str:
    depth, most, at = 0, 0, 0
    for mark in _MARKS.finditer(text):
        depth += (mark[0] in "{[") - (mark[0] in "}]")
        if depth > most:
            most, at = depth, mark.start()
    return _place(text, at)


def _place(text: str, at: int) -> str:
    return f"line {text.count(chr(10), 0, at) + 1}, column {at - text.rfind(chr(10), 0, at)}"


# Whole numbers as floats: the values are not used, and the digits of a whole number may be more than Python takes.
_ONCE: Final = json.JSONDecoder(object_pairs_hook=_object, parse_int=float)
