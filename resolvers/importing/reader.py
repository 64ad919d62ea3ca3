"""This module is in charge of reading a CSV or NDJSON file line by line, so that a damaged line costs itself alone and a huge one no memory.

A record is one line in both formats. A quoted line break inside a CSV cell is therefore a fault of that line: the alternative, RFC 4180's records
over many lines, lets one forgotten quote swallow the rest of the file.
"""

import codecs
import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from resolvers.importing.cells import Cell, CellFault
from resolvers.importing.fields import TABLES, Kind, Table, heading, is_unit_of

MAX_LINE: Final = 65_536
"""Bytes. No line of any of our tables comes near it."""
KEPT_OF_A_LONG_LINE: Final = 1_024
MAX_DEPTH: Final = 6
MAX_COLUMNS: Final = 500
_DELIMITERS: Final = (",", ";", "\t")
_OTHER_ENCODINGS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"\x00")


class Format(StrEnum):
    """How lines are written."""

    CSV = "csv"
    NDJSON = "ndjson"


class ImportRefused(Exception):
    """The file as a whole cannot be imported; nothing was written.

    `code` is stable: EMPTY_FILE, ENCODING, HEADER, KIND_UNKNOWN, KIND_AMBIGUOUS, MISSING_COLUMNS, DUPLICATE_COLUMNS, UNIT, REPORTER, IMPORT_RUNNING,
    REJECTS_UNWRITABLE.
    The message is safe to show: it names our fields and kinds, never what the file holds.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Line(NamedTuple):
    """One line that is not blank: its number in the file from 1, and its bytes, cut off where `cut`."""

    number: int
    raw: bytes
    cut: bool

    @property
    def original(self) -> str:
        """The line as text for the rejects file, without its line end; what is not UTF-8 is shown as U+FFFD."""
        return self.raw.rstrip(b"\r\n").decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Layout:
    """What the head of the file told: format, table, and for CSV the delimiter and the field of each column (None: not ours)."""

    format: Format
    table: Table
    delimiter: str
    columns: tuple[str | None, ...]
    ignored: tuple[str, ...]


def open_lines(stream: BinaryIO) -> Iterator[Line]:
    """The lines of a file that are not blank; a byte-order mark in front is dropped. Never holds more than MAX_LINE bytes."""
    number = 0
    while raw := stream.readline(MAX_LINE + 1):
        number += 1
        if number == 1:
            raw = raw.removeprefix(codecs.BOM_UTF8)
        cut = len(raw) > MAX_LINE and not raw.endswith(b"\n")
        if cut:
            _skip_to_line_end(stream)
            raw = raw[:KEPT_OF_A_LONG_LINE]
        if raw.strip():
            yield Line(number, raw, cut)


class Head(NamedTuple):
    """What the first line that is not blank tells of any file: its format, for CSV the delimiter, and the names in it, as they are written."""

    format: Format
    delimiter: str
    names: tuple[str, ...]


def head_of(path: Path) -> Head:
    """Look at the first line. An NDJSON line that is no object names nothing. Raises ImportRefused: EMPTY_FILE, ENCODING, HEADER."""
    with path.open("rb") as stream:
        first = next(open_lines(stream), None)
    if first is None:
        raise ImportRefused("EMPTY_FILE", "the file has no line that is not blank")
    text = _head_text(first)
    try:
        if path.suffix.lower() in {".ndjson", ".jsonl"} or text.lstrip().startswith("{"):
            return Head(Format.NDJSON, "", tuple(_flat(_json_object(text))))
        delimiter = max(_DELIMITERS, key=text.count)
        return Head(Format.CSV, delimiter, tuple(_split(text, delimiter)))
    except CellFault:
        return Head(Format.NDJSON if text.lstrip().startswith("{") else Format.CSV, ",", ())


def read_layout(path: Path, kind: Kind | None, *, reported_by: bool) -> Layout:
    """Look at the head of the file; the kind is found from it where not given. Raises ImportRefused."""
    with path.open("rb") as stream:
        lines = open_lines(stream)
        first = next(lines, None)
        if first is None:
            raise ImportRefused("EMPTY_FILE", "the file has no line that is not blank")
        text = _head_text(first)
        if path.suffix.lower() in {".ndjson", ".jsonl"} or text.lstrip().startswith("{"):
            return _ndjson_layout(text, lines, kind, reported_by=reported_by)
        return _csv_layout(text, kind, reported_by=reported_by)


def read_cells(line: Line, layout: Layout) -> Mapping[str, Cell]:
    """The cells of a line by field name, without empty ones. Raises CellFault: LINE_TOO_LONG, ENCODING, CSV, CELLS, JSON, DUPLICATE_FIELD, UNIT."""
    if line.cut:
        raise CellFault("LINE_TOO_LONG", f"a line has at most {MAX_LINE} bytes")
    try:
        text = line.raw.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise CellFault("ENCODING", f"the line is not UTF-8 at byte {error.start + 1}") from None
    match layout.format:
        case Format.CSV:
            return _csv_cells(text, layout)
        case Format.NDJSON:
            return _fields_of(_flat(_json_object(text)), layout.table)


def _skip_to_line_end(stream: BinaryIO) -> None:
    while (rest := stream.readline(MAX_LINE)) and not rest.endswith(b"\n"):
        pass


def _head_text(first: Line) -> str:
    if first.raw.startswith(_OTHER_ENCODINGS):
        raise ImportRefused("ENCODING", "the file is not UTF-8 but looks like UTF-16; save it as UTF-8")
    if first.cut:
        raise ImportRefused("HEADER", f"the first line has more than {MAX_LINE} bytes")
    try:
        text = first.raw.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise ImportRefused("ENCODING", "the first line is not UTF-8; save the file as UTF-8") from None
    if "\r" in text:
        raise ImportRefused("HEADER", "lines end with CR alone; save the file with LF or CRLF")
    return text


def _csv_layout(text: str, kind: Kind | None, *, reported_by: bool) -> Layout:
    delimiter = max(_DELIMITERS, key=text.count)
    try:
        written = _split(text, delimiter)
    except CellFault as fault:
        raise ImportRefused("HEADER", f"the first line does not name columns: {fault.message}") from None
    if len(written) > MAX_COLUMNS:
        raise ImportRefused("HEADER", f"at most {MAX_COLUMNS} columns")
    names = [heading(name) for name in written]
    table = _choose([name for name, _ in names], kind, reported_by=reported_by)
    columns = tuple(table.names.get(name) for name, _ in names)
    _check_columns(columns, names, table)
    ignored = tuple(_printable(name) for name, column in zip(written, columns, strict=True) if column is None)
    return Layout(Format.CSV, table, delimiter, columns, ignored)


def _ndjson_layout(text: str, lines: Iterator[Line], kind: Kind | None, *, reported_by: bool) -> Layout:
    if kind is not None:
        return Layout(Format.NDJSON, TABLES[kind], "", (), ())
    refused = ImportRefused("KIND_UNKNOWN", "none of the first lines is a JSON object; say which kind the file is")
    for line in [text, *(each.original for each in islice(lines, 20))]:
        try:
            names = [heading(name)[0] for name in _flat(_json_object(line))]
            return Layout(Format.NDJSON, _choose(names, None, reported_by=reported_by), "", (), ())
        except CellFault:
            continue
        except ImportRefused as told:
            refused = told
    raise refused


def _choose(names: Sequence[str], kind: Kind | None, *, reported_by: bool) -> Table:
    lacking = {
        each: [name for name in table.required(reported_by=reported_by) if name not in {table.names.get(written) for written in names}]
        for each, table in TABLES.items()
    }
    if kind is not None:
        if lacking[kind]:
            raise ImportRefused("MISSING_COLUMNS", f"a file of {kind} needs these columns, too: {', '.join(lacking[kind])}")
        return TABLES[kind]
    fitting = [each for each, missing in lacking.items() if not missing]
    if len(fitting) > 1:
        raise ImportRefused("KIND_AMBIGUOUS", f"the columns fit several kinds, say which: {', '.join(fitting)}")
    if not fitting:
        told = "; ".join(f"{each} lacks {', '.join(missing)}" for each, missing in lacking.items())
        raise ImportRefused("KIND_UNKNOWN", f"the columns fit no kind: {told}")
    return TABLES[fitting[0]]


def _check_columns(columns: Sequence[str | None], names: Sequence[tuple[str, str | None]], table: Table) -> None:
    for place, (column, (name, unit)) in enumerate(zip(columns, names, strict=True), 1):
        if column is not None and table.states_other_unit(name, unit):
            raise ImportRefused("UNIT", f"column {place} is {column}, which is in {table.fields[column].unit}; its name states another unit")
    twice = sorted({name for name in columns if name is not None and columns.count(name) > 1})
    if twice:
        raise ImportRefused("DUPLICATE_COLUMNS", f"more than one column is {', '.join(twice)}")


def _printable(name: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in name.strip()[:64])


def _csv_cells(text: str, layout: Layout) -> Mapping[str, Cell]:
    found = _split(text, layout.delimiter)
    if len(found) != len(layout.columns):
        raise CellFault("CELLS", f"the header has {len(layout.columns)} cells, this line {len(found)}")
    return {column: cell for column, cell in zip(layout.columns, found, strict=True) if column is not None and cell.strip()}


def _split(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        raise CellFault("CSV", "a quoted cell is not closed on its line, or goes on after its closing quote") from None


def _json_object(text: str) -> dict[str, object]:
    try:
        # Numbers stay the text they were written in: one set of parsers, and no float is rounded on the way.
        found = json.loads(text, object_pairs_hook=_unique, parse_float=str, parse_int=str, parse_constant=str)
    except CellFault:
        raise
    except (ValueError, RecursionError):
        raise CellFault("JSON", "the line is not a JSON object") from None
    if not isinstance(found, dict):
        raise CellFault("JSON", "the line is not a JSON object")
    return found


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise CellFault("DUPLICATE_FIELD", "a JSON object names a field twice")
    return found


def _flat(found: Mapping[str, object], prefix: str = "", depth: int = 1) -> dict[str, Cell]:
    """Nested objects as dotted names; null is left out; true and false are words."""
    if depth > MAX_DEPTH:
        raise CellFault("JSON", f"objects are nested at most {MAX_DEPTH} deep")
    flat: dict[str, Cell] = {}
    for key, value in found.items():
        if isinstance(value, Mapping):
            flat.update(_flat(value, f"{prefix}{key}.", depth + 1))
        elif isinstance(value, bool):
            flat[prefix + key] = "true" if value else "false"
        elif isinstance(value, str | list) and (value.strip() if isinstance(value, str) else value):
            flat[prefix + key] = value
    if len(flat) > MAX_COLUMNS:
        raise CellFault("JSON", f"at most {MAX_COLUMNS} fields")
    return flat


def _fields_of(flat: Mapping[str, Cell], table: Table) -> Mapping[str, Cell]:
    cells: dict[str, Cell] = {}
    for name, cell in flat.items():
        known_as, unit = heading(name)
        field = table.names.get(known_as)
        if field is None:
            continue
        if table.states_other_unit(known_as, unit):
            raise CellFault("UNIT", f"{field} is in {table.fields[field].unit}; its name in this line states another unit")
        if cells.setdefault(field, cell) != cell:
            raise CellFault("DUPLICATE_FIELD", f"two names of {field} are given, with different values")
    for name, cell in flat.items():
        _check_unit(name, cell, cells, table)
    return cells


def _check_unit(name: str, cell: Cell, cells: Mapping[str, Cell], table: Table) -> None:
    """A unit may be told beside the value, as data spaces do; the value is read in the unit of its field and in no other."""
    field = table.unit_stated_of(heading(name)[0])
    if field is None or field.name not in cells or (isinstance(cell, str) and is_unit_of(field, cell)):
        return
    stated = _printable(cell) if isinstance(cell, str) else "a list"
    raise CellFault("UNIT", f"{field.name} is read in {field.unit}; its unit in this line is {stated}")
