"""This module is in charge of lines in a stream of bytes: however it comes in pieces, whole lines come out, and a line too long costs no memory."""

from __future__ import annotations

import codecs
from typing import Final, NamedTuple

MAX_LINE: Final = 8_000_000
"""Bytes. The largest event that the forms allow, a day of 5,000 moves, has fewer, with every text in Chinese. A body of the graph has as many by default."""
BATCH_BYTES: Final = 2_000_000
"""Bytes of lines that are read together: the line that makes them as many is the last."""


class Line(NamedTuple):
    """One line that is not blank: its number in the stream from 1, and its bytes without its line end; None where it is longer than lines may be."""

    number: int
    raw: bytes | None


class LineSplitter:
    """Takes pieces, gives the lines that are complete; a byte-order mark in front is dropped. Never holds more than a line."""

    __slots__ = ("_begun", "_most", "_number", "_rest", "_too_long")

    def __init__(self, most: int = MAX_LINE) -> None:
        self._most = most
        self._rest = bytearray()
        self._number = 0
        self._begun = False
        self._too_long = False

    def feed(self, piece: bytes) -> list[Line]:
        """The lines that end in this piece."""
        first, *others = piece.split(b"\n")
        self._hold(first)
        if not others:
            return []
        *whole, rest = others
        found = [line for line in (self._ended(), *map(self._line, whole)) if line is not None]
        self._hold(rest)
        return found

    def end(self) -> list[Line]:
        """The last line, where no line end follows it."""
        last = self._ended() if self._rest or self._too_long else None
        return [] if last is None else [last]

    def _hold(self, part: bytes) -> None:
        if len(self._rest) + len(part) > self._most:
            # It is given up, and what comes of it takes no room.
            self._too_long = True
            self._rest.clear()
        if not self._too_long:
            self._rest += part

    def _ended(self) -> Line | None:
        line = self._line(None if self._too_long else bytes(self._rest))
        self._rest.clear()
        self._too_long = False
        return line

    def _line(self, raw: bytes | None) -> Line | None:
        self._number += 1
        if raw is None or len(raw) > self._most:
            self._begun = True
            return Line(self._number, None)
        if not self._begun:
            self._begun = True
            raw = raw.removeprefix(codecs.BOM_UTF8)
        raw = raw.rstrip(b"\r")
        return Line(self._number, raw) if raw.strip() else None
