"""This module is in charge of the compressed list of a pack's cell codes: cells become rows only when they are released."""

from __future__ import annotations

import zlib
from collections.abc import Iterable


def packed(codes: Iterable[str]) -> bytes:
    """The codes, newline-separated and compressed (zlib): what battery.cell_list keeps."""
    return zlib.compress("\n".join(codes).encode(), 1)


def unpacked(cells: bytes) -> tuple[str, ...]:
    """The codes of such a list, in their order."""
    return tuple(zlib.decompress(cells).decode().split("\n"))
