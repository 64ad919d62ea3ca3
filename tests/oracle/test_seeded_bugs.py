"""Every seeded bug is caught: each patch in bugs/ is put into a copy of the project, and a short slice over it has to find a difference."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from resolvers.database import embedded
from tests.oracle.apart import ROOT, slice_apart

BUGS = sorted((Path(__file__).parent / "bugs").glob("*.patch"))
# Head lines of a patch: who sees the bug soonest, doing what; and the first world in which that was so.
SEEN_BY = "Seen by: "
FROM_WORLD = "From world: "
SEED = 20_261_120
WORLDS = 60
TOGETHER = 2
PARTS = ("auth", "resolvers", "schema", "gateway", "tests/oracle")


def copied(bug: Path, to: Path) -> None:
    """The project with that bug. What was compiled comes along, as it is good for the very moment and size of its source, which a patch changes."""
    for part in PARTS:
        shutil.copytree(ROOT / part, to / part, ignore=shutil.ignore_patterns("bugs"))
    done = subprocess.run(["patch", "-p1", "-s", "-N", "-F3", "-i", str(bug)], cwd=to, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{bug.name} does not fit any more: {done.stdout}"


def hint(bug: Path, name: str) -> list[str]:
    """The words of that head line; none where it is not there."""
    lines = [line for line in bug.read_text().splitlines() if line.startswith(name)]
    return lines[0].removeprefix(name).split() if lines else []


async def caught(bug: Path, server: embedded.Server, turn: asyncio.Semaphore) -> str:
    """What the slice says: "" when it caught the bug."""
    async with turn:
        folder = Path(tempfile.mkdtemp(prefix="cellgate-bug-", dir="/tmp"))
        try:
            copied(bug, folder)
            name = "bug_" + bug.stem.replace("-", "_")
            seed = int((hint(bug, FROM_WORLD) or [str(SEED)])[0])
            found = await slice_apart(server, name, seed, WORLDS, 20, folder, tuple(hint(bug, SEEN_BY)))
        except AssertionError as failed:
            return f"{bug.name}: {failed}"
        finally:
            shutil.rmtree(folder)
    return "" if found.kind in ("Difference", "Interference") else f"{bug.name}: {found.kind or 'not caught'} {found.text[:1000]}"


def test_there_are_bugs_of_every_kind() -> None:
    kinds = {bug.name.partition("-")[0] for bug in BUGS}
    assert {"door", "window", "masks", "grants", "lock", "variables", "cursors", "past"} <= kinds
    assert len(BUGS) >= 12


@pytest.mark.skipif(shutil.which("patch") is None, reason="needs patch")
async def test_every_bug_is_caught(server: embedded.Server) -> None:
    turn = asyncio.Semaphore(TOGETHER)
    assert [each for each in await asyncio.gather(*(caught(bug, server, turn) for bug in BUGS)) if each] == []
