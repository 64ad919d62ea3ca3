"""This module is in charge of a worker's share of a world: some blocks, told and written as lines for COPY, so that only bytes are passed on."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, get_type_hints

import msgspec
import orjson

from resolvers.demo.blocks import tell_block
from resolvers.demo.options import WorldOptions
from resolvers.demo.world import readers
from resolvers.ledger.rows import TABLES, Pack


class Chunk(NamedTuple):
    """The lines of each table, how many packs that is, and the readers of each model's documents."""

    lines: Mapping[type[Any], bytes]
    packs: int
    readers: Mapping[str, frozenset[str]]


def prepare_worker() -> None:
    """For a process that makes chunks and nothing else: rows are trees, and looking for cycles among them costs a tenth of the time."""
    gc.disable()


def make_chunk(options: WorldOptions, first: int, count: int) -> Chunk:
    """Blocks `first` to `first + count - 1` of the world."""
    told = [tell_block(options, index) for index in range(first, first + count)]
    gathered: dict[type[Any], list[Any]] = {}
    for block in told:
        for kind, rows in block.rows.items():
            gathered.setdefault(kind, []).extend(rows)
    return Chunk({kind: encode(kind, rows) for kind, rows in gathered.items() if rows}, sum(pack.parent is None for pack in gathered[Pack]), readers(told))


def encode(kind: type[Any], rows: Iterable[Sequence[Any]]) -> bytes:
    """The rows as lines for COPY (bulk.Bulk.copy): JSON arrays without their brackets. ValueError for a control character in a text.

    Such a line is CSV whose quotes are escaped by a backslash and whose null is a bare `null`; and the JSON encoder writes
    times and numbers many times faster than csv does. Only JSON's escapes for control characters mean nothing to CSV.
    """
    special = SPECIAL[kind]
    lines: bytes = _ENCODER.encode_lines([_plain(row, special) for row in rows] if special else rows)
    # Without the pairs of backslashes and the escaped quotes no backslash may be left. Most often there are none but those of quotes, which is told by
    # counting.
    if lines.count(b"\\") != lines.count(b'\\"') and b"\\" in lines.replace(b"\\\\", b"").replace(b'\\"', b""):
        raise ValueError(f"a text of {kind.__name__} has a control character")
    # A line break inside a text would be written as an escape, so these can only be the ends of rows.
    return lines.replace(b"]\n[", b"\n")[1:-2] + b"\n" if lines else b""


def _plain(row: Sequence[Any], special: Sequence[tuple[int, Callable[[Any], str | None]]]) -> list[Any]:
    values = list(row)
    for place, written in special:
        values[place] = written(values[place])
    return values


def _array(values: tuple[str, ...]) -> str:
    if not values:
        return "{}"
    # Backslash and quote are the only characters that mean something inside the quotes of an array literal.
    return '{"' + '","'.join([value.replace("\\", "\\\\").replace('"', '\\"') for value in values]) + '"}'


def _numbers(values: tuple[int, ...]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


def _json(value: Mapping[str, Any]) -> str:
    return orjson.dumps(value if type(value) is dict else dict(value)).decode() if value else "{}"


def _json_or_null(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else _json(value)


def _bytea(value: bytes) -> str:
    return "\\x" + value.hex()


_ENCODER: Final = msgspec.json.Encoder()
_WRITTEN: Final[Mapping[Any, Callable[[Any], str | None]]] = {
    tuple[str, ...]: _array,
    tuple[int, ...]: _numbers,
    Mapping[str, Any] | None: _json_or_null,
    Mapping[str, Any]: _json,
    bytes: _bytea,
}
SPECIAL: Final[Mapping[type[Any], tuple[tuple[int, Callable[[Any], str | None]], ...]]] = {
    kind: tuple((place, _WRITTEN[hint]) for place, hint in enumerate(get_type_hints(kind).values()) if hint in _WRITTEN) for kind in TABLES
}
