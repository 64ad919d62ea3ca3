"""This module is in charge of rows as text: CSV, NDJSON and JSON, a page at a time, and the mark where a report was cut."""

from __future__ import annotations

import csv
import io
import re
import string
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

import orjson

from gateway.reports.catalogue import Report
from gateway.reports.columns import Kind
from gateway.reports.columns_compiled import Table
from resolvers.database.moments import Moments
from resolvers.database.texts import BETWEEN, Texts

# Spreadsheets take a cell that begins so for a formula (OWASP, CSV injection), full-width forms included.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# What nobody sees in front of it, and some spreadsheets take away.
BLANK: Final = " \x00\x0b\x0c\x85\u00a0\u1680\u2000-\u200f\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
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

    def rows(self, table: Table) -> bytes:
        """One page."""

    def end(self, cut: Cut | None) -> bytes:
        """What stands after the rows, with a mark where they were cut."""


class Csv:
    """RFC 4180 in UTF-8, lines ended by CR LF. Null is empty. A text that a spreadsheet would run is preceded by an apostrophe."""

    def __init__(self, report: Report, *, bom: bool = False) -> None:
        self._columns = report.columns
        self._bom = bom

    def begin(self) -> bytes:
        """The names of the columns."""
        return (b"\xef\xbb\xbf" if self._bom else b"") + _line([[column.name for column in self._columns]])

    def rows(self, table: Table) -> bytes:
        """A line for each."""
        if not table.size:
            return b""
        columns = [_COLUMNS.get(column.kind, _cells)(values) for column, values in zip(self._columns, table.columns, strict=True)]
        if len(columns) == 1:
            # A line without a character would be no row.
            columns = [[each or '""' for each in columns[0]]]
        return ("\r\n".join(map(",".join, zip(*columns, strict=True))) + "\r\n").encode()

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
            return "'" + value if _STARTS.match(value) else value
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case list() | dict():
            return orjson.dumps(value, option=orjson.OPT_UTC_Z).decode()
        case _:
            return value


# By the column: what a kind of value needs is decided once for all rows. That takes half the time of the standard library's writer.
def _cells(values: Sequence[Any]) -> Sequence[str]:
    return [_quoted(str(cell(value))) for value in values]


def _numbers(values: Sequence[Any]) -> Sequence[str]:
    return ["" if value is None else repr(value) for value in values]


def _tied(values: Texts) -> Sequence[str]:
    """A column that came tied, asked as a whole."""
    joined = values.joined
    if values.plain or _are_harmless(joined.encode("utf-8", "surrogatepass"), len(values) - 1):
        return joined.split(BETWEEN)
    return _texts(list(values))


def _few(values: Sequence[Any]) -> Sequence[str]:
    if isinstance(values, Texts):
        return _tied(values)
    # There are fewer days, and truth values, than rows.
    written = {value: _quoted(str(cell(value))) for value in set(values)}
    return [written[value] for value in values]


def _texts(values: Sequence[Any]) -> Sequence[str]:
    if isinstance(values, Texts):
        return _tied(values)
    plain = ["" if value is None else value for value in values] if None in values else values
    try:
        joined = BETWEEN.join(plain)
    except TypeError:
        # A scalar that is no text, or a moment that is one yet.
        return _cells(values)
    if _are_harmless(joined.encode("utf-8", "surrogatepass"), len(plain) - 1):
        return plain
    return plain if joined.count(BETWEEN) == len(plain) - 1 and not _CAREFUL.search(joined) else _cells(values)


def _moments(values: Sequence[Any]) -> Sequence[str]:
    # Made of digits here, a page at a time: nothing in them can need quotes. Whatever else a moment came from is looked at as a text is.
    if isinstance(values, Moments):
        return ["" if value is None else value for value in values] if None in values else list(values)
    return _texts(values)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def _are_harmless(joined: bytes, breaks: int) -> bool:
    """Whether texts are made of characters that nothing is ever done about, but for what stands between them. In bytes: that takes a tenth of the time
    of looking for the others."""
    if joined.translate(None, _HARMLESS) != _BETWEEN * breaks or joined[:1] in _HIDING:
        return False
    return b"\x1f-" not in joined and b"\x1f " not in joined


_HARMLESS: Final = (string.ascii_letters + string.digits + " .:_-").encode()
# Of the harmless those that a formula may begin with.
_HIDING: Final = frozenset({b"-", b" "})
_STARTS: Final = re.compile(f"[{BLANK}]*(?:{'|'.join(map(re.escape, (*FORMULA, CUT)))})")
_QUOTED: Final = re.compile(r'[",\r\n]')
_BETWEEN: Final = BETWEEN.encode()
# Of texts with what stands between them: whether any has to be quoted, or begins as a formula does.
_CAREFUL: Final = re.compile(r'[",\r\n]|(?:\A|\x1f)' + _STARTS.pattern)
_COLUMNS: Final[dict[Kind, Callable[[Sequence[Any]], Sequence[str]]]] = {
    Kind.INTEGER: _numbers,
    Kind.NUMBER: _numbers,
    Kind.BOOLEAN: _few,
    Kind.DATE: _few,
    Kind.DATETIME: _moments,
    Kind.TEXT: _texts,
}


def _line(cells: Sequence[Sequence[Any]]) -> bytes:
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

    def rows(self, table: Table) -> bytes:
        """A line for each."""
        names, option = self._names, orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z
        return b"".join([orjson.dumps(dict(zip(names, row)), option=option) for row in zip(*table.columns, strict=True)])

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

    def rows(self, table: Table) -> bytes:
        """An object for each."""
        names = self._names
        text = b",\n".join([orjson.dumps(dict(zip(names, row)), option=orjson.OPT_UTC_Z) for row in zip(*table.columns, strict=True)])
        lead = b",\n" if self._begun and text else b""
        self._begun = self._begun or bool(text)
        return lead + text

    def end(self, cut: Cut | None) -> bytes:
        """`complete`, and where it is false why, and where to go on."""
        told: dict[str, Any] = {"complete": cut is None} | ({} if cut is None else {"cut": cut._asdict()})
        return b"]," + orjson.dumps(told)[1:] + b"\n"
