"""This module is in charge of `cellgate bench`: it runs a comparison of the checkout as a program of its own.

The comparisons live in benchmarks/, outside of the packages: they may use what the gateway may not.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from gateway.command_line import USAGE

ROOT: Final = Path(__file__).parents[1]
NAMES: Final = ("read", "scale", "ingest", "reports", "federation", "cubes", "utility", "lives")
REFUSED: Final = 2
LEAST_EVENTS: Final = 10_000


def run(name: str, data: Path | None = None, events: int | None = None) -> int:
    """Run the comparison; its worlds are kept in the folder `data`, or thrown away. `events` are how many are sent, by
    ingest alone.

    0: every figure that must hold does; 1: one does not; 2: it could not run, and standard error says why.
    """
    if name not in NAMES:
        print(f"{USAGE}: no such comparison; there are " + ", ".join(NAMES), file=sys.stderr)
        return REFUSED
    if events is not None and (name != "ingest" or events < LEAST_EVENTS):
        print(f"{USAGE}: --events is of ingest, and at least {LEAST_EVENTS:,}", file=sys.stderr)
        return REFUSED
    command = [sys.executable, "-P", "-m", "benchmarks." + name]
    if data is not None:
        command += ["--data", str(data.resolve())]
    if events is not None:
        command += ["--events", str(events)]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return subprocess.run(command, check=False, env={**os.environ, "PYTHONPATH": path}).returncode
