"""This module is in charge of Cellgate's commands as processes of their own: started, read, asked over HTTP, and stopped."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
CELLGATE: Final = str(ROOT / "cellgate")
START_S: Final = 90.0
COMMAND_S: Final = 90.0
URL: Final = re.compile(r"http://127\.0\.0\.1:\d+")


@dataclass(frozen=True, slots=True)
class Finished:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered."""

    status: int
    body: Any


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The tests' own environment without settings of somebody's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CELLGATE_")}
    return {**kept, **(extra or {})}


def script(*arguments: str | Path) -> Finished:
    """Run one command to its end, by the script that a user calls."""
    done = subprocess.run([CELLGATE, *map(str, arguments)], cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=COMMAND_S, check=False)
    return Finished(done.returncode, done.stdout, done.stderr)


@cache
def nursery() -> subprocess.Popen[str]:
    """The process that commands are forks of; it ends with this one."""
    words = [sys.executable, "-P", "-m", "tests.end_to_end.nursery"]
    return subprocess.Popen(words, cwd=ROOT, env={**environment(), "PYTHONPATH": str(ROOT)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def command(*arguments: str | Path, folder: Path = ROOT, extra: Mapping[str, str] | None = None) -> Finished:
    """Run one command to its end, from a folder: a process of its own, spared the imports, which are most of what `script` takes."""
    forking = nursery()
    assert forking.stdin is not None
    assert forking.stdout is not None
    with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
        told = {"arguments": [*map(str, arguments)], "folder": str(folder), "environment": environment(extra), "out": out.name, "err": err.name}
        forking.stdin.write(json.dumps(told) + "\n")
        forking.stdin.flush()
        if not select.select([forking.stdout], [], [], COMMAND_S)[0]:
            # Its answer would be taken for the next one's.
            forking.kill()
            nursery.cache_clear()
            raise AssertionError(f"{arguments} does not end")
        code = int(forking.stdout.readline())
        return Finished(code, out.read().decode(), err.read().decode())


@dataclass(slots=True)
class Running:
    """A server of ours as a process; `lines` is what it has written, both streams together."""

    process: subprocess.Popen[str]
    began: float
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All that it has written."""
        return "".join(self.lines)

    @property
    def url(self) -> str:
        """Where it says that it serves."""
        found = URL.search(self.text)
        assert found is not None, self.text
        return found[0]

    def read(self) -> None:
        """Keep what it writes, so that it never waits for a reader."""
        assert self.process.stdout is not None
        self.lines.extend(self.process.stdout)

    def wait_for(self, words: str) -> float:
        """Until it has written these words; the seconds since it was started."""
        until(lambda: words in self.text or self.process.poll() is not None, START_S)
        assert words in self.text, self.text
        return time.monotonic() - self.began

    def stop(self) -> int:
        """As Ctrl-C does; how it ended."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)

    def kill(self) -> None:
        """As nobody should."""
        self.process.kill()
        self.process.wait(10)


@contextmanager
def running(*arguments: str | Path, folder: Path = ROOT, extra: Mapping[str, str] | None = None, ready: str) -> Iterator[Running]:
    """A server that has said that it is ready, stopped at the end."""
    began = time.monotonic()
    process = subprocess.Popen(
        [CELLGATE, *map(str, arguments)], cwd=folder, env=environment(extra), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    server = Running(process, began)
    reader = threading.Thread(target=server.read, daemon=True)
    reader.start()
    try:
        server.wait_for(ready)
        yield server
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
        reader.join(5)


def until(happened: Callable[[], bool], seconds: float) -> None:
    """Wait for something to happen."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def ask(url: str, token: str | None, query: str, variables: Mapping[str, Any] | None = None, timeout_s: float = 30) -> Reply:
    """One GraphQL request over HTTP."""
    body = json.dumps({"query": query, "variables": dict(variables or {})}).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/graphql-response+json"}
    if token is not None:
        headers["Authorization"] = "Bearer " + token
    request = urllib.request.Request(url + "/graphql", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as response:
            return Reply(response.status, json.loads(response.read()))
    except urllib.error.HTTPError as refused:
        return Reply(refused.code, json.loads(refused.read()))


def get(url: str) -> Reply:
    """A document."""
    with urllib.request.urlopen(url, timeout=30) as response:
        return Reply(response.status, json.loads(response.read()))


def token(party: str, data: Path, *more: str) -> str:
    """A token for that party of the demonstration that is served from that folder."""
    done = command("token", "--as", party, "--data", data, *more)
    assert done.code == 0, done.err
    return done.out.strip()


def servers_of(data: Path) -> Sequence[int]:
    """Servers of PostgreSQL over that data folder; a process that one of them has just forked still bears its command line."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if words[0].endswith(b"postgres") and str(data / "data").encode() in words:
                found[int(entry.name)] = parent
    return [pid for pid, parent in found.items() if parent not in found]
