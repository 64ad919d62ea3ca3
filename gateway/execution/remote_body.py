"""This module is in charge of reading an answer: no more of it than is wanted, packed or not."""

from __future__ import annotations

import zlib
from typing import Final, Protocol

import aiohttp

_CHUNK: Final = 65_536
# gzip and zlib are told apart by zlib itself; some servers send deflate without its head.
_GZIP: Final = 16 + zlib.MAX_WBITS
_RAW: Final = -zlib.MAX_WBITS

ACCEPTED: Final = "gzip, deflate"


class Unusable(Exception):
    """The answer is refused, for the reason of one code; `cause` is for the log. `again` where another attempt may help, `wait_s` what the
    other side asked to wait before it, `its_fault` where the service failed and not only this question."""

    def __init__(self, code: str, cause: str, *, again: bool = False, wait_s: float = 0.0, its_fault: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.cause = cause
        self.again = again
        self.wait_s = wait_s
        self.its_fault = its_fault


async def read_body(response: aiohttp.ClientResponse, encoding: str, max_bytes: int) -> bytes:
    """The body, unpacked; Unusable where it is longer than is read or not packed as it says. A bomb is not unpacked to its end."""
    if (response.content_length or 0) > max_bytes:
        raise Unusable("SUBGRAPH_TOO_LARGE", "Content-Length")
    unpack = unpacker_of(encoding)
    answer = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        answer += unpack.take(chunk, max_bytes - len(answer) + 1)
        if len(answer) > max_bytes:
            raise Unusable("SUBGRAPH_TOO_LARGE", f"more than {max_bytes} bytes")
    unpack.end()
    return bytes(answer)


class Unpacker(Protocol):
    """Takes the pieces of a body as they come; both raise Unusable for what is not packed as it says."""

    def take(self, chunk: bytes, most: int) -> bytes: ...
    def end(self) -> None: ...


class _Plain:
    def take(self, chunk: bytes, most: int) -> bytes:
        return chunk

    def end(self) -> None:
        return


class _Packed:
    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._inner = zlib.decompressobj(_GZIP if gzip else zlib.MAX_WBITS)
        self._began = False

    def take(self, chunk: bytes, most: int) -> bytes:
        try:
            unpacked = self._inner.decompress(chunk, most)
        except zlib.error as broken:
            if self._gzip or self._began:
                raise Unusable("SUBGRAPH_MALFORMED", "not packed as it says") from broken
            self._inner = zlib.decompressobj(_RAW)
            self._began = True
            return self.take(chunk, most)
        self._began = True
        if self._inner.unused_data:
            raise Unusable("SUBGRAPH_MALFORMED", "bytes after the packed answer")
        # What does not fit is left in the unpacker: then there are `most` bytes, which is more than is wanted.
        return unpacked

    def end(self) -> None:
        if not self._inner.eof:
            raise Unusable("SUBGRAPH_MALFORMED", "the packed answer has no end")


def unpacker_of(encoding: str) -> Unpacker:
    """What unpacks a body of that encoding: identity, gzip, x-gzip or deflate."""
    return _Plain() if encoding == "identity" else _Packed(gzip=encoding != "deflate")
