"""This module is in charge of lines that hold events: NDJSON, an object a line, or CSV, whose first line names the columns.

A record is one line in both. A quoted line break inside of a cell is therefore a fault of that line: records over many lines, as
RFC 4180 has them, would let one forgotten quote swallow the rest of the stream.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from resolvers.ledger.recording.lines import MAX_LINE, Line
from resolvers.strict_json import BadJson, read_json

MAX_COLUMNS: Final = 100
TYPE: Final = "type"


class BadLine(ValueError):
    """A line that holds no event; the message says why, without repeating it. `code` is MALFORMED_LINE, but for JSON that could be read in several ways."""

    def __init__(self, message: str, code: str = "MALFORMED_LINE") -> None:
        super().__init__(message)
        self.code = "MALFORMED_LINE" if code == "MALFORMED_JSON" else code


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
            found = read_json(_whole(line))
        except BadJson as bad:
            raise BadLine(f"The line {bad.rule}." if bad.rule else str(bad), bad.code) from None
        if not isinstance(found, dict):
            raise BadLine("The line is not a JSON object in UTF-8.")
        return found


class CsvEvents:
    """An event is a row; its values are texts, which `resolvers.ledger.recording.texts` takes to what they stand for. `name` gives the field of a column
    as it is written; without `typed` no column has to be the type."""

    def __init__(self, delimiter: str = ",", name: Callable[[str], str] = str, *, typed: bool = True) -> None:
        self._delimiter, self._name, self._typed = delimiter, name, typed
        self._columns: tuple[str, ...] | None = None

    def event(self, line: Line) -> Mapping[str, Any] | None:
        """The cells by column."""
        if self._columns is None:
            self._columns = self._head(line)
            return None
        cells = _cells(line, self._delimiter)
        if len(cells) != len(self._columns):
            raise BadLine(f"The header has {len(self._columns)} cells, this line {len(cells)}.")
        return dict(zip(self._columns, cells, strict=True))

    def _head(self, line: Line) -> tuple[str, ...]:
        try:
            names = tuple([self._name(each.strip()) for each in _cells(line, self._delimiter)])
        except BadLine as bad:
            raise HeaderRefused(f"The first line does not name columns: {bad}") from None
        twice = next((n for n, each in enumerate(names) if each in names[:n]), None)
        if len(names) > MAX_COLUMNS:
            raise HeaderRefused(f"The first line names {len(names)} columns; {MAX_COLUMNS} are the most.")
        if twice is not None:
            raise HeaderRefused(f"The first line names one column twice: its columns {names.index(names[twice]) + 1} and {twice + 1} are the same field.")
        if self._typed and TYPE not in names:
            columns = "one column" if len(names) == 1 else f"{len(names)} columns"
            raise HeaderRefused(f"The first line has to name the columns, and one of them {TYPE}; parted by {self._delimiter!r} it names {columns}, none so.")
        return names


def _cells(line: Line, delimiter: str) -> Sequence[str]:
    try:
        return next(csv.reader([_whole(line).decode("utf-8")], delimiter=delimiter, strict=True))
    except UnicodeDecodeError:
        raise BadLine("The line is not UTF-8.") from None
    except csv.Error:
        raise BadLine("A quoted cell is not closed on its line, or goes on after its closing quote.") from None


def _whole(line: Line) -> bytes:
    if line.raw is None:
        raise BadLine(f"The line has more than {MAX_LINE} bytes.")
    return line.raw
