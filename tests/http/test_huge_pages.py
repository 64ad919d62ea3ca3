"""What stays lies on huge pages where the kernel has them, and nothing but the process's own memory is touched."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from gateway import huge_pages
from gateway.huge_pages import HUGE, collapse, whole_pages

# Of a process: a file's data, its heap, memory of its own that begins and ends within a page, one that is shared, and one too small.
MAPS = f"""\
{0x200000:x}-{0x800000:x} rw-p 00000000 fe:00 1234 /usr/lib/libthing.so
{0xA00000:x}-{0xE00000:x} rw-p 00000000 00:00 0    [heap]
{0x1000000 + 4096:x}-{0x1800000 - 4096:x} rw-p 00000000 00:00 0
{0x2000000:x}-{0x2800000:x} rw-s 00000000 00:01 77 /dev/zero (deleted)
{0x3000000:x}-{0x3100000:x} rw-p 00000000 00:00 0
{0x4000000:x}-{0x4800000:x} r--p 00000000 00:00 0
{0x5000000:x}-{0x5800000:x} rw-p 00000000 00:00 0    [stack]
"""
# Whether a kernel has huge pages to give is not ours to say: what it gave is what the answer says, and the memory holds what it held.
TOLD = """
from gateway.huge_pages import collapse
held = [(number, str(number)) for number in range(400_000)]
given = collapse()
assert all(text == str(number) for number, text in held)
told = sum(int(line.split()[1]) * 1024 for line in open("/proc/self/smaps_rollup") if line.startswith("AnonHugePages"))
print(given, told)
"""


def test_only_whole_pages_of_the_processs_own_memory_are_named() -> None:
    found = [start for line in MAPS.splitlines() for start in whole_pages(line)]
    assert found == [0xA00000, 0xC00000, 0x1200000, 0x1400000]
    assert all(start % HUGE == 0 for start in found)


def test_what_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    assert collapse(tmp_path / "maps") == 0


def test_what_the_kernel_gave_is_told_and_the_memory_holds_what_it_held() -> None:
    given, told = map(int, subprocess.run([sys.executable, "-c", TOLD], capture_output=True, text=True, check=True, timeout=60).stdout.split())
    assert given % HUGE == 0
    assert given <= told


async def test_it_is_told_again_when_requests_have_come(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    monkeypatch.setattr(huge_pages, "collapse", lambda: told.append(1))
    monkeypatch.setattr(huge_pages, "PAUSES", (0.0, 0.0))
    async with huge_pages.on_huge_pages():
        async with asyncio.timeout(5):
            while len(told) < 3:
                await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(told) == 3
