"""This module is in charge of rows as cells, whatever the format: so that what all formats hold can be compared, a batch at a time."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import orjson
import pyarrow.ipc
import pyarrow.parquet

Cells = tuple[Any, ...]
BATCH: Final = 10_000


def digest_of(format_: str, file: Path) -> tuple[int, str]:
    """How many rows the file holds, and the SHA-256 of their cells as texts: the same for the same rows in every format."""
    count, found = 0, hashlib.sha256()
    for row in READERS[format_](file):
        count += 1
        found.update("\x1f".join(map(_text, row)).encode() + b"\x1e")
    return count, found.hexdigest()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if value is True or value is False:
        return str(value).lower()
    if hasattr(value, "isoformat"):
        told: str = value.isoformat()
        return told.replace("+00:00", "Z")
    return str(value)


def _csv(file: Path) -> Iterator[Cells]:
    with file.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        next(rows)
        yield from map(tuple, rows)


def _ndjson(file: Path) -> Iterator[Cells]:
    with file.open("rb") as lines:
        for line in lines:
            yield tuple(orjson.loads(line).values())


def _json(file: Path) -> Iterator[Cells]:
    for row in orjson.loads(file.read_bytes())["rows"]:
        yield tuple(row.values())


def _arrow(file: Path) -> Iterator[Cells]:
    yield from _batches(pyarrow.ipc.open_stream(file.open("rb")))


def _parquet(file: Path) -> Iterator[Cells]:
    yield from _batches(pyarrow.parquet.ParquetFile(file).iter_batches(BATCH))


def _batches(batches: Iterable[Any]) -> Iterator[Cells]:
    for batch in batches:
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def copied(text: io.BytesIO) -> tuple[int, str]:
    """The same of what COPY wrote, which has no heading."""
    count, found = 0, hashlib.sha256()
    for row in csv.reader(io.TextIOWrapper(text, encoding="utf-8", newline="")):
        count += 1
        found.update("\x1f".join(row).encode() + b"\x1e")
    return count, found.hexdigest()


READERS: Final[dict[str, Callable[[Path], Iterator[Cells]]]] = {"csv": _csv, "ndjson": _ndjson, "json": _json, "arrow": _arrow, "parquet": _parquet}
