"""This module is in charge of reading a CSV or NDJSON file line by line, so that a damaged line costs itself alone and a huge one no memory.

A record is one line in both formats. A quoted line break inside a CSV cell is therefore a fault of that line: the alternative, RFC 4180's records
over many lines, lets one forgotten quote swallow the rest of the file.
"""

import codecs
import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from resolvers.importing.cells import Cell, CellFault
from resolvers.importing.fields import TABLES, Field, Kind, Table, heading, is_unit_of
from resolvers.ledger.recording.lines import MAX_LINE as LONGEST_EVENT

MAX_LINE: Final = 65_536
"""Bytes of a line of our tables; none comes near it. Events are read by rules of their own (resolvers/ledger/recording/lines.py)."""
KEPT_OF_A_LONG_LINE: Final = 1_024
MAX_DEPTH: Final = 6
MAX_LOOKED_AT: Final = 20
"""Lines of NDJSON of which the first that is an object tells what the file holds."""
MAX_COLUMNS: Final = 500
MAX_UNREAD: Final = 20
"""Names of an NDJSON file that are none of ours and are told; each line may have others."""
# How a JSON array begins, whether it is written in one line or over many; a column may be a unit in brackets.
_JSON_ARRAY: Final = re.compile(r"\s*\[\s*(\{|\]?\s*$)")
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
    """What the head of the file told: format, table, and for CSV the delimiter and the field of each column (None: not ours). `units` are the places of
    columns that state the unit of a field's values, and the fields."""

    format: Format
    table: Table
    delimiter: str
    columns: tuple[str | None, ...]
    ignored: tuple[str, ...]
    units: tuple[tuple[int, Field], ...] = ()


class Unread:
    """The names in a file that are none of ours, each once; of those that its lines have, MAX_UNREAD at most. `more` where there were others."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self._names = dict.fromkeys(names)
        self.more = False

    @property
    def names(self) -> tuple[str, ...]:
        """In the order in which they came."""
        return tuple(self._names)

    def note(self, name: str) -> None:
        """A line has this name."""
        told = _printable(name)
        if told in self._names:
            return
        if len(self._names) < MAX_UNREAD:
            self._names[told] = None
        else:
            self.more = True


def open_lines(stream: BinaryIO, most: int = MAX_LINE) -> Iterator[Line]:
    """The lines of a file that are not blank; a byte-order mark in front is dropped. Never holds more than `most` bytes."""
    number = 0
    while raw := stream.readline(most + 1):
        number += 1
        if number == 1:
            raw = raw.removeprefix(codecs.BOM_UTF8)
        cut = len(raw) > most and not raw.endswith(b"\n")
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
    """Look at the first line, of NDJSON at the first that is an object: each that is none is refused by itself. Where there is none, nothing is named.
    Raises ImportRefused: EMPTY_FILE, ENCODING, HEADER."""
    with path.open("rb") as stream:
        # Whether it is a file of events, whose lines may be longer, is found here.
        lines = open_lines(stream, LONGEST_EVENT)
        first = next(lines, None)
        if first is None:
            raise ImportRefused("EMPTY_FILE", "the file has no line that is not blank")
        text = _head_text(first, path, LONGEST_EVENT)
        if _is_ndjson(path, text):
            return Head(Format.NDJSON, "", _first_names(text, lines))
    delimiter = max(_DELIMITERS, key=text.count)
    try:
        return Head(Format.CSV, delimiter, tuple(_split(text, delimiter)))
    except CellFault:
        return Head(Format.CSV, ",", ())


def _first_names(text: str, lines: Iterator[Line]) -> tuple[str, ...]:
    for line in (text, *(each.original for each in islice(lines, MAX_LOOKED_AT) if not each.cut)):
        try:
            return tuple(_flat(_json_object(line)))
        except CellFault:
            continue
    return ()


def _is_ndjson(path: Path, text: str) -> bool:
    return path.suffix.lower() in {".ndjson", ".jsonl"} or text.lstrip().startswith("{")


def read_layout(path: Path, kind: Kind | None, *, reported_by: bool) -> Layout:
    """Look at the head of the file; the kind is found from it where not given. Raises ImportRefused."""
    with path.open("rb") as stream:
        lines = open_lines(stream)
        first = next(lines, None)
        if first is None:
            raise ImportRefused("EMPTY_FILE", "the file has no line that is not blank")
        text = _head_text(first, path, MAX_LINE)
        if _is_ndjson(path, text):
            return _ndjson_layout(text, lines, kind, reported_by=reported_by)
        if _JSON_ARRAY.match(text):
            raise ImportRefused("HEADER", "the file is a JSON array; of JSON one object a line is read (NDJSON), without brackets and commas around them")
        return _csv_layout(text, kind, reported_by=reported_by)


def read_cells(line: Line, layout: Layout, unread: Unread | None = None) -> Mapping[str, Cell]:
    """The cells of a line by field name, without empty ones; names of an NDJSON line that are none of ours go to `unread`.

    Raises CellFault: LINE_TOO_LONG, ENCODING, CSV, CELLS, JSON, DUPLICATE_FIELD, SHAPE, UNIT.
    """
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
            return _fields_of(_json_object(text), layout.table, unread or Unread())


def _skip_to_line_end(stream: BinaryIO) -> None:
    while (rest := stream.readline(MAX_LINE)) and not rest.endswith(b"\n"):
        pass


def _head_text(first: Line, path: Path, most: int) -> str:
    """The first line. NDJSON has no head: one of it that is too long is no reason to refuse the others, and its beginning stands for it."""
    if first.raw.startswith(_OTHER_ENCODINGS):
        raise ImportRefused("ENCODING", "the file is not UTF-8 but looks like UTF-16; save it as UTF-8")
    if first.cut and _is_ndjson(path, first.original):
        return first.original
    if first.cut:
        raise ImportRefused("HEADER", f"the first line has more than {most} bytes")
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
    stated = [table.unit_stated_of(name) if column is None else None for (name, _), column in zip(names, columns, strict=True)]
    ignored = tuple(_printable(name) for name, column, unit in zip(written, columns, stated, strict=True) if column is None and unit is None)
    units = tuple((place, field) for place, field in enumerate(stated) if field is not None)
    return Layout(Format.CSV, table, delimiter, columns, ignored, units)


def _ndjson_layout(text: str, lines: Iterator[Line], kind: Kind | None, *, reported_by: bool) -> Layout:
    if kind is not None:
        return Layout(Format.NDJSON, TABLES[kind], "", (), ())
    refused = ImportRefused("KIND_UNKNOWN", "none of the first lines is a JSON object; say which kind the file is")
    for line in [text, *(each.original for each in islice(lines, MAX_LOOKED_AT))]:
        try:
            found = _json_object(line)
            # An object in the place of a value is a fault of its line: the file is of the kind that the name says.
            names = [heading(name)[0] for name in (*_flat(found), *dict(_objects(found)))]
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
            raise ImportRefused("UNIT", f"column {place} is {column}, which is in {table.fields[column].unit}; {_other_unit(unit)}")
    twice = sorted({name for name in columns if name is not None and columns.count(name) > 1})
    if twice:
        raise ImportRefused("DUPLICATE_COLUMNS", f"more than one column is {', '.join(twice)}")


def _other_unit(stated: str | None) -> str:
    return "its name has empty brackets where a unit stands" if stated == "" else "its name states another unit"


def _printable(name: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in name.strip()[:64])


def _csv_cells(text: str, layout: Layout) -> Mapping[str, Cell]:
    found = _split(text, layout.delimiter)
    if len(found) != len(layout.columns):
        raise CellFault("CELLS", f"the header has {len(layout.columns)} cells, this line {len(found)}")
    cells = {column: cell for column, cell in zip(layout.columns, found, strict=True) if column is not None and cell.strip()}
    for place, field in layout.units:
        if found[place].strip():
            _check_unit(field, found[place], cells)
    return cells


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
    """Nested objects as dotted names, each of which is there once; null is left out; true and false are words."""
    if depth > MAX_DEPTH:
        raise CellFault("JSON", f"objects are nested at most {MAX_DEPTH} deep")
    flat: dict[str, Cell] = {}
    for key, value in found.items():
        told: dict[str, Cell] = {}
        if isinstance(value, Mapping):
            told = _flat(value, f"{prefix}{key}.", depth + 1)
        elif isinstance(value, bool):
            told = {prefix + key: "true" if value else "false"}
        elif isinstance(value, str | list) and (value.strip() if isinstance(value, str) else value):
            told = {prefix + key: value}
        if not flat.keys().isdisjoint(told):
            raise CellFault("DUPLICATE_FIELD", "a JSON object names a field twice, once in an object and once with a dot")
        flat.update(told)
    if len(flat) > MAX_COLUMNS:
        raise CellFault("JSON", f"at most {MAX_COLUMNS} fields")
    return flat


def _objects(found: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, Mapping[str, object]]]:
    """The objects in one, which is nested no deeper than `_flat` takes, by their dotted names."""
    for key, value in found.items():
        if isinstance(value, Mapping):
            yield prefix + key, value
            yield from _objects(value, f"{prefix}{key}.")


def _fields_of(found: Mapping[str, object], table: Table, unread: Unread) -> Mapping[str, Cell]:
    flat = _flat(found)
    cells: dict[str, Cell] = {}
    others: list[str] = []
    for name, cell in flat.items():
        known_as, unit = heading(_whole(name, flat, table))
        field = table.names.get(known_as)
        if field is None:
            others.append(name)
            continue
        if table.states_other_unit(known_as, unit):
            raise CellFault("UNIT", f"{field} is in {table.fields[field].unit}; {_other_unit(unit)}", field)
        if cells.setdefault(field, cell) != cell:
            raise CellFault("DUPLICATE_FIELD", f"two names of {field} are given, with different values", field)
    units = {name: stated for name in others if (stated := table.unit_stated_of(heading(name)[0])) is not None}
    for name, stated in units.items():
        _check_unit(stated, flat[name], cells)
    not_read = dict.fromkeys(name for name in others if name not in units)
    if not_read:
        _check_objects(found, flat, not_read.keys(), table)
    for name in not_read:
        unread.note(name)
    return cells


def _whole(name: str, flat: Mapping[str, Cell], table: Table) -> str:
    """The name of the object where this one is the value of {value, unit}, which any field of a unit may be: `mass` of `mass.value`."""
    whole, _, last = name.rpartition(".")
    if last.casefold() != "value" or heading(name)[0] in table.names:
        return name
    field = table.names.get(heading(whole)[0])
    beside = f"{whole}.unit".casefold()
    return whole if field is not None and table.fields[field].unit and any(each.casefold() == beside for each in flat) else name


def _check_unit(field: Field, cell: Cell, cells: Mapping[str, Cell]) -> None:
    """A unit may be told beside the value, as data spaces do; the value is read in the unit of its field and in no other."""
    if field.name not in cells or (isinstance(cell, str) and is_unit_of(field, cell)):
        return
    stated = _printable(cell) if isinstance(cell, str) else "a list"
    raise CellFault("UNIT", f"{field.name} is read in {field.unit}; its unit in this line is {stated}", field.name)


def _check_objects(found: Mapping[str, object], flat: Mapping[str, Cell], not_read: Set[str], table: Table) -> None:
    """An object in the place of a value, of which nothing was read, says something of the field that would be lost without a word."""
    for path, value in _objects(found):
        field = table.names.get(heading(path)[0])
        inside = _flat(value, f"{path}.").keys() if field is not None else set()
        if field is not None and inside & not_read and not any(heading(_whole(name, flat, table))[0] in table.names for name in inside):
            shape = "one value, or an object of value and unit" if table.fields[field].unit else "a value, not an object"
            raise CellFault("SHAPE", shape, field)
