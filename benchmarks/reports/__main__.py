"""This program is in charge of comparing a report over HTTP with a plain COPY of the same rows, and of the memory it takes.

One report of seven columns as the national authority, in every format, over a world of 10,000 told packs that were copied to 100,000.
Exit 1 when a figure that must hold does not.

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
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.harness import ROOT, Contender, Figure, Missing, Running, require, started, table, verdict
from benchmarks.scale.growth import grown
from benchmarks.worlds import QUIET, BenchWorld, demo_command, kept_in, world
from resolvers.demo.clients import fetch_demo_token

TOLD: Final = 10_000
PEAK_MIB: Final = 200.0
FORMATS: Final = ("csv", "ndjson", "json", "arrow", "parquet")
REPORT: Final = """query ($first: Int, $after: String) {
  batteries(first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { code status chemistry producedOn nominalEnergyKwh massKg stateOfHealth }
  }
}
"""
COPIED: Final = "select code, status, chemistry, produced_on, nominal_energy_kwh, mass_kg, state_of_health from battery.pack order by code"


@dataclass(frozen=True, slots=True)
class Reading:
    """One report, read to its end: seconds, bytes, and the most memory that the gateway's process held meanwhile, in MiB."""

    seconds: float
    size: int
    peak: float
    rows: int | None


async def main(data: Path | None, packs: int) -> int:
    """The whole comparison."""
    require("taskset", cores=2)
    with kept_in(data) as folder, tempfile.TemporaryDirectory() as logs:
        async with world(folder / f"world-{packs}", TOLD) as made:
            await grown(made, packs)
            copied = min([await copy(made) for _ in range(3)])
            environment = {**QUIET, "CELLGATE_REPORTS_FOLDER": str(saved(Path(logs))), "PYTHONPATH": without_pandas(Path(logs))}
            contender = Contender("cellgate", tuple(demo_command(sys.executable, made.folder, made.options.packs)), environment=environment)
            with started(contender, Path(logs)) as running:
                token = await fetch_demo_token(f"http://127.0.0.1:{running.port}", made.folder, "miit")
                found = {each: await asyncio.to_thread(read, running, token, each) for each in FORMATS}
    return told(found, copied, packs)


def saved(folder: Path) -> Path:
    """A folder with the one report, for the ministry."""
    made = folder / "reports"
    made.mkdir()
    (made / "rows.graphql").write_text(REPORT)
    digest = hashlib.sha256(REPORT.encode()).hexdigest()
    (made / "reports.toml").write_text(f'[reports.rows]\nversion = 1\nsha256 = "{digest}"\nroles = ["MI"]\n')
    return made


def without_pandas(folder: Path) -> str:
    """A path for modules on which there is no pandas: the extra bi does not bring it, and pyarrow would load it (50 MiB) because the tests' tools do."""
    absent = folder / "absent"
    absent.mkdir()
    (absent / "pandas.py").write_text('raise ImportError("not a part of the extra bi")\n')
    return os.pathsep.join([str(absent), str(ROOT)])


async def copy(made: BenchWorld) -> float:
    """Seconds of PostgreSQL's own COPY of the same columns, in order of the code, to this process."""
    async with made.foundation.database.transaction("admin") as connection:
        began = time.monotonic()
        await connection.copy_from_query(COPIED, output=io.BytesIO(), format="csv")
        return time.monotonic() - began


def read(running: Running, token: str, format_: str) -> Reading:
    """One report, and the gateway's peak of memory while it was read."""
    Path("/proc", str(running.process.pid), "clear_refs").write_text("5")
    asked = urllib.request.Request(f"http://127.0.0.1:{running.port}/reports/rows.{format_}", headers={"Authorization": "Bearer " + token})
    began, size, lines = time.monotonic(), 0, 0
    with urllib.request.urlopen(asked, timeout=600) as response:
        for part in parts(response):
            size += len(part)
            lines += part.count(b"\n")
            last = part[-400:]
    if b"#cut" in last:
        raise RuntimeError(f"{format_} was cut: {last[-200:]!r}")
    rows = {"csv": lines - 1, "ndjson": lines}.get(format_)
    return Reading(time.monotonic() - began, size, peak(running), rows)


def parts(response: object) -> Iterator[bytes]:
    """What comes, as it comes."""
    while part := response.read1(1 << 16):  # type: ignore[attr-defined]
        yield part


def peak(running: Running) -> float:
    """The most resident memory of the gateway's process since it was last cleared, in MiB (Linux)."""
    status = Path("/proc", str(running.process.pid), "status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1]) / 1024


def told(found: dict[str, Reading], copied: float, packs: int) -> int:
    """The table, and whether what must hold does."""
    lines = [
        [name, f"{each.seconds:.1f}", f"{packs / each.seconds:,.0f}", f"{copied / each.seconds:.3f}", f"{each.size / 1e6:.1f}", f"{each.peak:.0f}"]
        for name, each in found.items()
    ]
    print(f"\n{packs:,} rows of 7 columns; COPY of the same took {copied:.2f} s\n")
    print(table(("format", "seconds", "rows/s", "of COPY's rate", "MB", "peak MiB"), lines), flush=True)
    whole = [Figure(f"{name}: rows", float(each.rows), packs, at_least=True) for name, each in found.items() if each.rows is not None]
    return verdict([*whole, *(Figure(f"{name}: peak memory in MiB", each.peak, PEAK_MIB) for name, each in found.items())])


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.reports", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--packs", type=int, default=100_000)
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    try:
        sys.exit(asyncio.run(main(given.data, given.packs)))
    except Missing as missing:
        print(missing, file=sys.stderr)
        sys.exit(2)
