"""This module is in charge of rows as columns: Arrow streams and Parquet files, in batches, by pyarrow where the extra `bi` is installed.

A report that a limit ends has the cursor to go on from in its metadata. One that was cut against the reader's will ends in bytes that
no reader takes for an end, so that a tool fails instead of showing a part for the whole; the last of them say why, and the cursor.
"""

from __future__ import annotations

import importlib
import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, Final

import orjson

from gateway.reports.catalogue import Report
from gateway.reports.columns import Kind
from gateway.reports.columns_compiled import Table
from gateway.reports.writers import CUT, LIMIT, Cut
from resolvers.database.moments import Moments

INSTALLED: Final = importlib.util.find_spec("pyarrow") is not None
# Rows of a record batch or row group: a page of the graph would be too few to be worth their head. As many as a report reads at once by column
# (reading.MOST_PAGES_BY_COLUMN), so that nothing waits for a second reading: with 5,000 two of them were held and put together, 5 MiB at the peak.
BATCH_ROWS: Final = 4_000
AFTER: Final = "cellgate.after"
_LENGTH: Final = 1 << 20


@cache
def _arrow(module: str = "pyarrow") -> Any:
    """pyarrow, loaded with the first report that needs it: it takes 40 MiB of memory. Its own allocators would keep what the process has given back."""
    loaded = importlib.import_module(module)
    if module == "pyarrow":
        loaded.set_memory_pool(loaded.system_memory_pool())
    return loaded


class _Sink:
    """A file that gives away what was written to it."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: Any) -> int:
        """Keep it until it is taken."""
        self._parts.append(bytes(part))
        return len(part)

    def taken(self) -> bytes:
        """All that was written since."""
        parts, self._parts = self._parts, []
        return b"".join(parts)

    def readable(self) -> bool:
        """No."""
        return False

    def writable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """No."""
        return False

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing to close."""


class _Batched(ABC):
    """A writer of record batches: columns become arrays as they come, and are written when there are enough of them."""

    def __init__(self, report: Report) -> None:
        self._columns = report.columns
        about = {"cellgate.report": report.name, "cellgate.version": str(report.version)}
        self._schema = _arrow().schema([(column.name, _type(column.kind)) for column in report.columns], metadata=about)
        self._waiting: list[Any] = []
        self._rows = 0
        self._sink = _Sink()
        self._writer = self._opened()

    @abstractmethod
    def _opened(self) -> Any:
        """The writer of the format, over the sink."""

    @abstractmethod
    def _note(self, key: str, value: str) -> None:
        """Keep a word in what the format tells of itself."""

    def begin(self) -> bytes:
        """The schema, or the magic bytes."""
        return self._sink.taken()

    def rows(self, table: Table) -> bytes:
        """Nothing until there is a batch."""
        if table.size:
            arrays = [_array(column.kind, values) for column, values in zip(self._columns, table.columns, strict=True)]
            self._waiting.append(_arrow().record_batch(arrays, schema=self._schema))
            self._rows += table.size
        if self._rows >= BATCH_ROWS:
            self._write()
        return self._sink.taken()

    def end(self, cut: Cut | None) -> bytes:
        """What waited, and the end; where it was cut no end at all."""
        if self._waiting:
            self._write()
        if cut is None or cut.code == LIMIT:
            if cut is not None:
                self._note(AFTER, cut.after or "")
            self._writer.close()
            return self._sink.taken()
        # A message that is announced and does not come (Arrow IPC), a footer that is none (Parquet).
        return self._sink.taken() + b"\xff\xff\xff\xff" + _LENGTH.to_bytes(4, "little") + f"{CUT} {cut.code} after={cut.after}".encode()

    def _write(self) -> None:
        whole = _arrow().Table.from_batches(self._waiting).combine_chunks()
        self._waiting, self._rows = [], 0
        for batch in whole.to_batches():
            self._writer.write_batch(batch)


class Arrow(_Batched):
    """The Arrow IPC streaming format."""

    def _opened(self) -> Any:
        return _arrow().ipc.new_stream(_arrow().PythonFile(self._sink, mode="w"), self._schema)

    def _note(self, key: str, value: str) -> None:
        self._writer.write_batch(_arrow().record_batch([[] for _ in self._schema], schema=self._schema), custom_metadata={key: value})


class Parquet(_Batched):
    """Parquet, compressed by zstd."""

    def _opened(self) -> Any:
        return _arrow("pyarrow.parquet").ParquetWriter(_arrow().PythonFile(self._sink, mode="w"), self._schema, compression="zstd")

    def _note(self, key: str, value: str) -> None:
        self._writer.add_key_value_metadata({key: value})


def _type(kind: Kind) -> Any:
    match kind:
        case Kind.INTEGER:
            return _arrow().int64()
        case Kind.NUMBER:
            return _arrow().float64()
        case Kind.BOOLEAN:
            return _arrow().bool_()
        case Kind.DATE:
            return _arrow().date32()
        case Kind.DATETIME:
            return _arrow().timestamp("us", tz="UTC")
        case Kind.TEXT | Kind.JSON:
            return _arrow().string()


def _array(kind: Kind, values: Sequence[Any]) -> Any:
    if kind is Kind.DATETIME and isinstance(values, Moments):
        # Looked at as what they are: a cast would load Arrow's functions, which take 10 MiB.
        return _arrow().array(values.microseconds(), _arrow().int64()).view(_type(kind))
    read = _READ.get(kind)
    return _arrow().array(values if read is None else [None if value is None else read(value) for value in values], _type(kind))


_READ: Final[dict[Kind, Callable[[Any], Any]]] = {
    # Dates of ours are dates already; those of a remote subgraph are text.
    Kind.DATE: lambda value: date.fromisoformat(value) if value.__class__ is str else value,
    Kind.DATETIME: lambda value: datetime.fromisoformat(value) if value.__class__ is str else value,
    Kind.JSON: lambda value: orjson.dumps(value, option=orjson.OPT_UTC_Z).decode(),
}
