"""This module is in charge of the compressed list of a pack's cell codes: cells become rows only when they are released.

A list is found by the heads of its codes, each of which stands for at most 1,000 codes: the cells of a pack were mostly made one after the other.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Final

HEAD: Final = 21
"""Characters of a code (GB/T 34014: 24) that are its head: all but the last three digits of its serial number."""


def packed(codes: Iterable[str]) -> bytes:
    """The codes, newline-separated and compressed (zlib): what battery.cell_list keeps."""
    return zlib.compress("\n".join(codes).encode(), 1)


def unpacked(cells: bytes) -> tuple[str, ...]:
    """The codes of such a list, in their order."""
    return tuple(zlib.decompress(cells).decode().split("\n"))


def heads(codes: Iterable[str]) -> tuple[str, ...]:
    """The heads of these codes, sorted."""
    return tuple(sorted({code[:HEAD] for code in codes}))
