"""This module is in charge of `cellgate bench`: it runs a comparison of the checkout as a program of its own.

The comparisons live in benchmarks/, outside of the packages: they may use what the gateway may not.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

from gateway.command_line import USAGE, complain

ROOT: Final = Path(__file__).parents[1]
NAMES: Final = ("read", "scale", "ingest", "reports", "federation", "cubes", "utility", "lives")
REFUSED: Final = 2
# The status of a comparison that could not be made: it is not that a figure does not hold.
NO_FIGURES: Final = 3
LEAST_EVENTS: Final = 10_000


def run(name: str, data: Path | None = None, events: int | None = None) -> int:
    """Run the comparison; its worlds are kept in the folder `data`, or thrown away. `events` are how many are sent, by
    ingest alone.

    0: every figure that must hold does; 1: one does not; 2: there is no such command line; 3: it could not run. Standard error says why,
    with a code.
    """
    if name not in NAMES:
        complain(f"{USAGE}: no such comparison; there are " + ", ".join(NAMES))
        return REFUSED
    if events is not None and (name != "ingest" or events < LEAST_EVENTS):
        complain(f"{USAGE}: --events is of ingest, and at least {LEAST_EVENTS:,}")
        return REFUSED
    if not (ROOT / "benchmarks" / name).is_dir():
        complain("COMPARISON_NEEDS: comparisons are a part of the source, not of the installed package; run this in a checkout")
        return NO_FIGURES
    command = [sys.executable, "-P", "-m", "benchmarks." + name]
    if data is not None:
        command += ["--data", str(data.resolve())]
    if events is not None:
        command += ["--events", str(events)]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}) as process:
        try:
            status = process.wait()
        except KeyboardInterrupt:
            # It was asked to stop as well, and has servers to stop.
            process.wait()
            return 130
    if status < 0:
        complain(f"COMPARISON_FAILED: it was ended by {signal.Signals(-status).name}")
        return NO_FIGURES
    return status
