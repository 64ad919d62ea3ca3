"""This program is in charge of comparing reports over HTTP with a plain COPY of the same rows, and of the memory they take.

A million lifecycle events as the national authority, in every format, over a world of 10,000 told packs that were copied to 100,000; COPY writes the
same columns as the same texts, in the same order. The rows of all formats are compared cell by cell with what COPY wrote. Exit 1 when a figure that
must hold does not.

    python -m benchmarks.reports [--data FOLDER] [--packs 100000]
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import io
import os
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import Final

from benchmarks.harness import ROOT, Contender, Figure, Running, require, started, table, verdict
from benchmarks.program import ended
from benchmarks.reports.rows import copied, digest_of
from benchmarks.scale.growth import ALL, grown
from benchmarks.worlds import BY_REQUEST_ALONE, BenchWorld, demo_command, kept_in, world
from resolvers.demo.clients import fetch_demo_token

TOLD: Final = 10_000
PEAK_MIB: Final = 200.0
CSV_RATIO: Final = 0.3
EVENTS: Final = 1_000_000
FORMATS: Final = ("csv", "ndjson", "json", "arrow", "parquet")
REPORT: Final = (ROOT / "examples" / "reports" / "events.graphql").read_text(encoding="utf-8")
# The texts that the report has: RFC 3339, and provinces as six digits.
COPIED: Final = """
select code, type, category,
  to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
  due_on, case when late then 'true' else 'false' end, reporter, counterparty, province || '0000'
from battery.event order by recorded_at, code, seq"""
# The same rows as the database writes them by itself: what a dump would cost.
PLAIN: Final = """
select code, type, category, occurred_at, recorded_at, due_on, late, reporter, counterparty, province from battery.event order by recorded_at, code, seq"""


@dataclass(frozen=True, slots=True)
class Reading:
    """One report, read to its end: seconds, bytes, the most memory that the gateway's process held meanwhile, in MiB, and the seconds it was on a core."""

    seconds: float
    size: int
    peak: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Rows:
    """What the report and COPY came to: seconds of COPY of the same texts, and of the columns as they are; how many rows, and their digest."""

    texts: float
    plain: float
    count: int
    digest: str


async def main(data: Path | None, packs: int) -> int:
    """The whole comparison."""
    require("taskset", cores=2)
    with kept_in(data) as folder, tempfile.TemporaryDirectory() as logs:
        async with world(folder / f"world-{packs}", TOLD) as made:
            await grown(made, packs, ALL)
            expected = await copy(made)
            environment = {**BY_REQUEST_ALONE, "CELLGATE_REPORTS_FOLDER": str(saved(Path(logs))), "PYTHONPATH": without_pandas(Path(logs))}
            contender = Contender("cellgate", tuple(demo_command(sys.executable, made.folder, made.options.packs)), environment=environment)
            with started(contender, Path(logs)) as running:
                token = await fetch_demo_token(f"http://127.0.0.1:{running.port}", made.folder, "miit")
                found = {each: await asyncio.to_thread(better, running, token, each, Path(logs, each)) for each in FORMATS}
            # After all of them: the process that compares would take the gateway's core.
            same = {each: digest_of(each, Path(logs, each)) == (expected.count, expected.digest) for each in FORMATS}
    return told(found, expected, same)


def saved(folder: Path) -> Path:
    """A folder with the one report, for the ministry."""
    made = folder / "reports"
    made.mkdir()
    (made / "rows.graphql").write_text(REPORT)
    digest = hashlib.sha256(REPORT.encode()).hexdigest()
    (made / "reports.toml").write_text(f'[reports.rows]\nversion = 1\nsha256 = "{digest}"\nroles = ["MI"]\n')
    return made


def without_pandas(folder: Path) -> str:
    """A path for modules on which there is neither pandas nor numpy: the extra bi brings neither, and pyarrow would load them (60 MiB) because the
    tests' tools have brought them."""
    absent = folder / "absent"
    absent.mkdir()
    for each in ("pandas", "numpy"):
        (absent / f"{each}.py").write_text('raise ImportError("not a part of the extra bi")\n')
    return os.pathsep.join([str(absent), str(ROOT)])


async def copy(made: BenchWorld) -> Rows:
    """PostgreSQL's own COPY of the same rows to this process, the better of two."""
    took: dict[str, list[float]] = {COPIED: [], PLAIN: []}
    async with made.foundation.database.transaction("admin") as connection:
        for statement in (*took, *took):
            began, output = time.monotonic(), io.BytesIO()
            await connection.copy_from_query(statement, output=output, format="csv")
            took[statement].append(time.monotonic() - began)
            if statement is COPIED:
                written = output
    written.seek(0)
    return Rows(min(took[COPIED]), min(took[PLAIN]), *copied(written))


def better(running: Running, token: str, format_: str, file: Path) -> Reading:
    """The better of two, as COPY is; the peak is that of both."""
    both = [read(running, token, format_, file) for _ in range(2)]
    return replace(min(both, key=attrgetter("seconds")), peak=max(each.peak for each in both))


def read(running: Running, token: str, format_: str, file: Path) -> Reading:
    """One report into a file, and the gateway's peak of memory while it was read."""
    Path("/proc", str(running.process.pid), "clear_refs").write_text("5")
    asked = urllib.request.Request(f"http://127.0.0.1:{running.port}/reports/rows.{format_}", headers={"Authorization": "Bearer " + token})
    began, worked = time.monotonic(), cpu(running)
    with urllib.request.urlopen(asked, timeout=600) as response, file.open("wb") as output:
        for part in parts(response):
            output.write(part)
            last = part[-400:]
    if b"#cut" in last:
        raise RuntimeError(f"{format_} was cut: {last[-200:]!r}")
    return Reading(time.monotonic() - began, file.stat().st_size, peak(running), cpu(running) - worked)


def parts(response: object) -> Iterator[bytes]:
    """What comes, as it comes."""
    while part := response.read1(1 << 16):  # type: ignore[attr-defined]
        yield part


def peak(running: Running) -> float:
    """The most resident memory of the gateway's process since it was last cleared, in MiB (Linux)."""
    status = Path("/proc", str(running.process.pid), "status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1]) / 1024


def cpu(running: Running) -> float:
    """The seconds that the gateway's process has been on a core (Linux)."""
    fields = Path("/proc", str(running.process.pid), "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def told(found: dict[str, Reading], expected: Rows, same: dict[str, bool]) -> int:
    """The table, and whether what must hold does."""
    rows = expected.count
    lines = [
        [
            *(name, f"{each.seconds:.1f}", f"{rows / each.seconds:,.0f}", f"{expected.texts / each.seconds:.2f}", f"{expected.plain / each.seconds:.2f}"),
            *(f"{each.cpu:.1f}", f"{each.size / 1e6:.1f}", f"{each.peak:.0f}", "yes" if same[name] else "NO"),
        ]
        for name, each in found.items()
    ]
    print(f"\n{rows:,} events of 10 columns; COPY of the same texts took {expected.texts:.2f} s, of the columns as they are {expected.plain:.2f} s\n")
    heads = ("format", "seconds", "rows/s", "of COPY's rate", "of the plain one's", "own CPU s", "MB", "peak MiB", "same rows")
    print(table(heads, lines), flush=True)
    ratio = Figure("csv: of a plain COPY's rate", expected.plain / found["csv"].seconds, CSV_RATIO, at_least=True)
    whole = [Figure(f"{name}: the same rows as COPY's", float(each), 1.0, at_least=True) for name, each in same.items()]
    peaks = [Figure(f"{name}: peak memory in MiB", each.peak, PEAK_MIB) for name, each in found.items()]
    return verdict([Figure("rows", float(rows), EVENTS, at_least=True), ratio, *whole, *peaks])


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.reports", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--packs", type=int, default=100_000)
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    ended(lambda: asyncio.run(main(given.data, given.packs)))
