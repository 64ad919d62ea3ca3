"""This module is in charge of rows as text: CSV, NDJSON and JSON, a page at a time, and the mark where a report was cut."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

import orjson

from gateway.reports.catalogue import Report
from gateway.reports.columns import Kind
from gateway.reports.columns_compiled import Cells

# Spreadsheets take a cell that begins so for a formula (OWASP, CSV injection), full-width forms included.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
CUT: Final = "#cut"
# The one cut that was asked for.
LIMIT: Final = "LIMIT"


class Cut(NamedTuple):
    """Why a report ends before its end, and where to go on: the cursor after the last row written."""

    code: str
    after: str | None


class Writer(Protocol):
    """A format. `begin`, then `rows` a page at a time, then `end`; each gives bytes to send, none is kept but what a batch needs."""

    def begin(self) -> bytes:
        """What stands before the rows."""

    def rows(self, rows: Sequence[Cells]) -> bytes:
        """One page."""

    def end(self, cut: Cut | None) -> bytes:
        """What stands after the rows, with a mark where they were cut."""


class Csv:
    """RFC 4180 in UTF-8, lines ended by CR LF. Null is empty. A text that a spreadsheet would run is preceded by an apostrophe."""

    def __init__(self, report: Report, *, bom: bool = False) -> None:
        self._columns = report.columns
        self._bom = bom
        self._read = [_CELLS.get(column.kind, cell) for column in report.columns]

    def begin(self) -> bytes:
        """The names of the columns."""
        return (b"\xef\xbb\xbf" if self._bom else b"") + _line([[column.name for column in self._columns]])

    def rows(self, rows: Sequence[Cells]) -> bytes:
        """A line for each."""
        # By the column: what a kind of value needs is decided once for all rows, and numbers need nothing.
        columns = [values if read is None else list(map(read, values)) for read, values in zip(self._read, zip(*rows))]
        return _line(zip(*columns))

    def end(self, cut: Cut | None) -> bytes:
        """One line more where it was cut; its first cell begins with #cut, which no text of a row does."""
        if cut is None:
            return b""
        after = f" after={cut.after}" if cut.after is not None else ""
        return _line([[f"{CUT} {cut.code}{after}", *("" for _ in self._columns[1:])]])


def cell(value: Any) -> Any:
    """A value of the answer as a cell."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return "'" + value if value[:1] in _FIRST and value.startswith((*FORMULA, CUT)) else value
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case list() | dict():
            return orjson.dumps(value, option=orjson.OPT_UTC_Z).decode()
        case _:
            return value


def _text(value: Any) -> Any:
    return value if value.__class__ is str and value[:1] not in _FIRST else cell(value)


def _moment(value: Any) -> Any:
    return value.isoformat().replace("+00:00", "Z") if value.__class__ is datetime else cell(value)


# The writer of the standard library writes numbers, dates and null (as nothing) as they have to be.
_FIRST: Final = frozenset({*FORMULA, CUT[0]})
_CELLS: Final[dict[Kind, Callable[[Any], Any] | None]] = {Kind.INTEGER: None, Kind.NUMBER: None, Kind.TEXT: _text, Kind.DATETIME: _moment}


def _line(cells: Iterable[Sequence[Any]]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(cells)
    return buffer.getvalue().encode()


class Ndjson:
    """An object a line, its keys the columns."""

    def __init__(self, report: Report) -> None:
        self._names = [column.name for column in report.columns]

    def begin(self) -> bytes:
        """Nothing."""
        return b""

    def rows(self, rows: Sequence[Cells]) -> bytes:
        """A line for each."""
        names, option = self._names, orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z
        return b"".join([orjson.dumps(dict(zip(names, row)), option=option) for row in rows])

    def end(self, cut: Cut | None) -> bytes:
        """One line more where it was cut, with the one key #cut."""
        return b"" if cut is None else orjson.dumps({CUT: cut._asdict()}, option=orjson.OPT_APPEND_NEWLINE)


class Json:
    """One object: the report's name and version, its rows, and whether they are all."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._names = [column.name for column in report.columns]
        self._begun = False

    def begin(self) -> bytes:
        """Up to the rows."""
        head = orjson.dumps({"report": self._report.name, "version": self._report.version})
        return head[:-1] + b',"rows":['

    def rows(self, rows: Sequence[Cells]) -> bytes:
        """An object for each."""
        names = self._names
        text = b",\n".join([orjson.dumps(dict(zip(names, row)), option=orjson.OPT_UTC_Z) for row in rows])
        lead = b",\n" if self._begun and text else b""
        self._begun = self._begun or bool(text)
        return lead + text

    def end(self, cut: Cut | None) -> bytes:
        """`complete`, and where it is false why, and where to go on."""
        told: dict[str, Any] = {"complete": cut is None} | ({} if cut is None else {"cut": cut._asdict()})
        return b"]," + orjson.dumps(told)[1:] + b"\n"
