"""This module is in charge of lines in a stream of bytes: however it comes in pieces, whole lines come out, and a line too long costs no memory."""

from __future__ import annotations

import codecs
from typing import Final, NamedTuple

MAX_LINE: Final = 65_536
"""Bytes. No event comes near it."""


class Line(NamedTuple):
    """One line that is not blank: its number in the stream from 1, and its bytes without its line end; None where it is longer than MAX_LINE."""

    number: int
    raw: bytes | None


class LineSplitter:
    """Takes pieces, gives the lines that are complete; a byte-order mark in front is dropped. Never holds more than a line."""

    __slots__ = ("_begun", "_number", "_rest", "_too_long")

    def __init__(self) -> None:
        self._rest = b""
        self._number = 0
        self._begun = False
        self._too_long = False

    def feed(self, piece: bytes) -> list[Line]:
        """The lines that end in this piece."""
        *ended, rest = (self._rest + piece).split(b"\n")
        if self._too_long and not ended:
            # More of a line that is given up already.
            rest = b""
        found = [line for line in map(self._line, ended) if line is not None]
        if len(rest) > MAX_LINE:
            rest, self._too_long = b"", True
        self._rest = rest
        return found

    def end(self) -> list[Line]:
        """The last line, where no line end follows it."""
        rest, self._rest = self._rest, b""
        last = self._line(rest) if rest or self._too_long else None
        return [] if last is None else [last]

    def _line(self, raw: bytes) -> Line | None:
        self._number += 1
        if not self._begun:
            self._begun = True
            raw = raw.removeprefix(codecs.BOM_UTF8)
        if self._too_long or len(raw) > MAX_LINE:
            self._too_long = False
            return Line(self._number, None)
        raw = raw.rstrip(b"\r")
        return Line(self._number, raw) if raw.strip() else None
