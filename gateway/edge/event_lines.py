"""This module is in charge of lines that hold events: NDJSON, an object a line, or CSV, whose first line names the columns.

A record is one line in both. A quoted line break inside of a cell is therefore a fault of that line: records over many lines, as
RFC 4180 has them, would let one forgotten quote swallow the rest of the stream.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from gateway.edge.lines import MAX_LINE, Line

MAX_COLUMNS: Final = 100
TYPE: Final = "type"


class BadLine(ValueError):
    """A line that holds no event; the message says why, without repeating it."""


class HeaderRefused(ValueError):
    """The first line does not name columns: nothing that follows can be read."""


class EventLines(Protocol):
    """Reads lines in order."""

    def event(self, line: Line) -> Mapping[str, Any] | None:
        """The event of the line; None for the head of a table. Raises BadLine, HeaderRefused."""
        ...


class NdjsonEvents:
    """An event is a JSON object."""

    def event(self, line: Line) -> Mapping[str, Any]:
        """The object; its values are what JSON makes of them."""
        try:
            found = msgspec.json.decode(_whole(line))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise BadLine("The line is not a JSON object in UTF-8.")
        return found


class CsvEvents:
    """An event is a row; its values are texts, which `resolvers.ledger.recording.texts` takes to what they stand for."""

    def __init__(self) -> None:
        self._columns: tuple[str, ...] | None = None

    def event(self, line: Line) -> Mapping[str, Any] | None:
        """The cells by column."""
        if self._columns is None:
            self._columns = _columns(line)
            return None
        cells = _cells(line)
        if len(cells) != len(self._columns):
            raise BadLine(f"The header has {len(self._columns)} cells, this line {len(cells)}.")
        return dict(zip(self._columns, cells, strict=True))


def _columns(line: Line) -> tuple[str, ...]:
    try:
        names = tuple([each.strip() for each in _cells(line)])
    except BadLine as bad:
        raise HeaderRefused(f"The first line does not name columns: {bad}") from None
    if TYPE not in names or len(set(names)) != len(names) or len(names) > MAX_COLUMNS:
        raise HeaderRefused(f"The first line has to name the columns, at most {MAX_COLUMNS}, each once, and one of them {TYPE}.")
    return names


def _cells(line: Line) -> Sequence[str]:
    try:
        return next(csv.reader([_whole(line).decode("utf-8")], strict=True))
    except UnicodeDecodeError:
        raise BadLine("The line is not UTF-8.") from None
    except csv.Error:
        raise BadLine("A quoted cell is not closed on its line, or goes on after its closing quote.") from None


def _whole(line: Line) -> bytes:
    if line.raw is None:
        raise BadLine(f"The line has more than {MAX_LINE} bytes.")
    return line.raw
