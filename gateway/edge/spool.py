"""This module is in charge of results on their way out: written by who makes them at its own pace, read by who sends them at the client's.

Many clients send a whole body before they read a byte of the answer. Were the maker of results to wait for such a client,
both would wait for ever; were results kept in memory, a client's pace would decide how much. So they wait in a file.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from typing import Final

PIECE: Final = 65_536
# Bytes that wait in memory before a file is made.
IN_MEMORY: Final = 262_144


class Spool:
    """A pipe of bytes without a bound but the disk's; one writer, one reader."""

    def __init__(self, folder: str | None = None) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, dir=folder)  # noqa: SIM115
        self._written = self._read = 0
        self._closed = False
        self._more = asyncio.Event()

    def write(self, piece: bytes) -> None:
        """Append; never waits for the reader."""
        if self._read == self._written:
            # All is sent: what waits begins anew, so that a client that keeps up needs no more than a piece.
            self._file.seek(0)
            self._file.truncate()
            self._read = self._written = 0
        self._file.seek(self._written)
        self._file.write(piece)
        self._written += len(piece)
        self._more.set()

    def finish(self) -> None:
        """Nothing more comes."""
        self._closed = True
        self._more.set()

    async def read(self) -> bytes:
        """The next piece; empty when all was read and nothing more comes."""
        while self._read == self._written:
            if self._closed:
                return b""
            self._more.clear()
            await self._more.wait()
        self._file.seek(self._read, os.SEEK_SET)
        piece = self._file.read(min(PIECE, self._written - self._read))
        self._read += len(piece)
        return piece

    def close(self) -> None:
        """Give the file up."""
        self._file.close()
