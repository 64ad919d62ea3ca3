"""This module is in charge of what memory costs to reach: what stays is put on huge pages, where the kernel can do so.

A request walks through megabytes of small objects and reads most of them once. On pages of 4 KiB much of its time goes into looking up where they
are, in a virtual machine twice as much (docs/performance.md). Linux puts memory on pages of 2 MiB when it is told to, madvise(2), MADV_COLLAPSE
since 6.1; elsewhere nothing happens. What was not there when it was told stays on small pages, so it is told again when requests have come.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

from resolvers.background import in_background

HUGE: Final = 2 << 20
# Seconds until the first operations have been prepared, mostly; until most have been; and from then on, for caches that were filled since.
PAUSES: Final = (5.0, 25.0)
PAUSE: Final = 600.0
_COLLAPSE: Final = 25
_MAPS: Final = Path("/proc/self/maps")


@contextlib.asynccontextmanager
async def on_huge_pages() -> AsyncIterator[None]:
    """While it is open, what the process keeps is put on huge pages: at once, beside the first requests, and again in pauses."""
    async with in_background("huge pages", _again):
        yield


async def _again() -> None:
    for pause in (0.0, *PAUSES):
        await asyncio.sleep(pause)
        await asyncio.to_thread(collapse)
    while True:
        await asyncio.sleep(PAUSE)
        await asyncio.to_thread(collapse)


def collapse(maps: Path = _MAPS) -> int:
    """Put the process's own memory on huge pages; gives how many bytes lie on such now. It takes about a millisecond for 2 MiB."""
    if sys.platform != "linux":
        return 0
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    try:
        lines = maps.read_text().splitlines()
    except OSError:
        return 0
    # What fails is a part that is hardly used, or a kernel that cannot; either stays as it is.
    taken: int = sum(madvise(start, HUGE, _COLLAPSE) == 0 for line in lines for start in whole_pages(line))
    return HUGE * taken


def whole_pages(line: str) -> Iterator[int]:
    """The addresses of the huge pages that lie inside of one mapping (proc_pid_maps(5)), if it is the process's own memory."""
    span, rights, _offset, _device, inode, *path = line.split()
    if rights != "rw-p" or inode != "0" or path not in ([], ["[heap]"]):
        return
    start, end = (int(each, 16) for each in span.split("-"))
    yield from range(-(-start // HUGE) * HUGE, end // HUGE * HUGE, HUGE)
