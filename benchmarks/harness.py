"""This module is in charge of a comparison: servers pinned to one core, load from another, rounds in turn, medians and ratios."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

ROOT: Final = Path(__file__).parents[1]
SERVER_CORE: Final = "0"
LOAD_CORE: Final = "1"
CONNECTIONS: Final = 50
START_S: Final = 60.0
JSON: Final = {"Content-Type": "application/json", "Accept": "application/json"}
_NO_NAME: Final = str.maketrans(" /@,", "----")
PACKAGES: Final = {"wrk": "wrk", "taskset": "util-linux"}


class Missing(Exception):
    """The machine lacks something that the comparison needs; the message says what to do."""

    code = "COMPARISON_NEEDS"


class Broken(Exception):
    """The comparison came to no end: a server did not start, broke off or answered otherwise than it must; the message says which."""

    code = "COMPARISON_FAILED"


@dataclass(frozen=True, slots=True)
class Contender:
    """One server to compare: how it is started ({port} stands for its port), and where it answers."""

    name: str
    command: tuple[str, ...]
    path: str = "/graphql"
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Running:
    """A started contender."""

    contender: Contender
    process: subprocess.Popen[bytes]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.contender.path}"


@dataclass(frozen=True, slots=True)
class Load:
    """What a contender is sent in turn, with which headers. In a body, `@@` stands for what is new in each request."""

    bodies: Sequence[bytes]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Round:
    """One load: requests per second, latency in ms, answers that were not 2xx or did not come, the cores the server's process
    used, and the most memory it ever held, in MiB."""

    rps: float
    p50: float
    p95: float
    p99: float
    errors: int
    cpu: float
    memory: float = 0.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a comparison takes: seconds of warm-up and of each round, and rounds."""

    warmup: int = 3
    seconds: int = 6
    rounds: int = 3


def require(*programs: str, cores: int = 1) -> None:
    """Missing unless the programs are on the PATH and so many cores may be used."""
    absent = [each for each in programs if shutil.which(each) is None]
    if absent:
        packages = " ".join(PACKAGES[each] for each in absent)
        raise Missing(f"{' and '.join(absent)} not found. Install it: apt-get install {packages} (Debian, Ubuntu), or your system's package of that name.")
    if not {str(core) for core in os.sched_getaffinity(0)} >= {str(core) for core in range(cores)}:
        raise Missing(f"the first {cores} cores are needed: one for the server, one for the load")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@contextlib.contextmanager
def started(contender: Contender, logs: Path, *, pinned: bool = True, core: str = SERVER_CORE) -> Iterator[Running]:
    """The contender, answering; killed with all its children at the end."""
    port = free_port()
    command = [part.replace("{port}", str(port)) for part in contender.command]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **contender.environment}
    log = logs / (contender.name.translate(_NO_NAME) + ".log")
    with log.open("wb") as out:
        prefix = ["taskset", "-c", core] if pinned else []
        process = subprocess.Popen([*prefix, *command], stdout=out, stderr=subprocess.STDOUT, start_new_session=True, env=environment, cwd=ROOT)
    try:
        running = Running(contender, process, port)
        _await_answer(running, log)
        yield running
    finally:
        _stop(process)


def _await_answer(running: Running, log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if running.process.poll() is not None:
            break
        try:
            post(running, b'{"query":"{__typename}"}')
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
            continue
        return
    raise Broken(f"{running.contender.name} does not answer; the end of its log:\n" + log.read_text(errors="replace")[-2000:])


def _stop(process: subprocess.Popen[bytes]) -> None:
    for number, patience in ((signal.SIGTERM, 15), (signal.SIGKILL, 5)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return


def post(running: Running, body: bytes, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    """One request: status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)
    try:
        connection.request("POST", running.contender.path, body, {**JSON, **(headers or {})})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def answer(running: Running, load: Load, body: bytes) -> Any:
    """The `data` of an answer without errors."""
    status, raw = post(running, body, load.headers)
    found = orjson.loads(raw)
    if status != 200 or found.get("errors"):
        raise Broken(f"{running.contender.name} answered {status}: {raw[:500]!r}")
    return found["data"]


def press(running: Running, load: Load, seconds: int) -> Round:
    """Load one contender for so many seconds with wrk, 50 connections, one thread on its own core."""
    with tempfile.NamedTemporaryFile("wb", suffix=".txt") as requests:
        headers = [f"{name}: {value}".encode() for name, value in {**JSON, **load.headers}.items()]
        requests.write(b"\n".join([*headers, b"", *load.bodies]) + b"\n")
        requests.flush()
        wrk = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "20s", "-s", str(ROOT / "benchmarks/posting.lua"), running.url]
        before = _cpu(running.process.pid)
        told = subprocess.run(["taskset", "-c", LOAD_CORE, *wrk, "--", requests.name], capture_output=True, text=True, check=True).stdout
        used = _cpu(running.process.pid) - before
    found = orjson.loads(next(line for line in told.splitlines() if line.startswith("RESULT ")).removeprefix("RESULT "))
    rps, memory = found["requests"] / found["seconds"], _memory(running.process.pid)
    return Round(rps, found["p50"], found["p95"], found["p99"], found["errors"], used / found["seconds"], memory)


def _cpu(pid: int) -> float:
    """CPU seconds of the process so far (Linux)."""
    fields = Path("/proc", str(pid), "stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> float:
    """The most resident memory that the process ever had, in MiB (Linux)."""
    status = Path("/proc", str(pid), "status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def compare(loads: Mapping[str, Load], running: Mapping[str, Running], pace: Pace) -> dict[str, list[Round]]:
    """Rounds of each contender, in an order that turns from round to round; only one has load at a time."""
    for name, load in loads.items():
        press(running[name], load, pace.warmup)
    found: dict[str, list[Round]] = {name: [] for name in loads}
    names = list(loads)
    for number in range(pace.rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            found[name].append(press(running[name], loads[name], pace.seconds))
            print(f"  round {number + 1}: {name} {found[name][-1].rps:.0f} requests/s", flush=True)
    return found


def median(rounds: Sequence[Round], name: str = "rps") -> float:
    """The median of one figure over the rounds."""
    return float(statistics.median(getattr(each, name) for each in rounds))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, aligned for a terminal."""
    widths = [max(len(row[n]) for row in [head, *rows]) for n in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that must hold: at least, or at most, a bound."""

    name: str
    value: float
    bound: float
    at_least: bool = False

    @property
    def holds(self) -> bool:
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def __str__(self) -> str:
        word = "at least" if self.at_least else "at most"
        return f"{'holds' if self.holds else 'DOES NOT HOLD'}: {self.name}: {self.value:.2f}, {word} {self.bound:g}"


def verdict(figures: Sequence[Figure]) -> int:
    """Print the figures; 1 when one does not hold."""
    print("\n" + "\n".join(map(str, figures)), flush=True)
    return 0 if all(each.holds for each in figures) else 1
