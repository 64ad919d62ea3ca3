"""Every way to ask a process to stop ends its server, too, whatever it was doing."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest

from gateway.listening import Stoppable
from resolvers.database.statistics_write import FOLDING
from tests.console.conftest import READY
from tests.end_to_end.processes import ROOT, get, running, servers_of, until

STOPPED_WELL = {0, 130}


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_the_server_stops_with_its_last_user(data: Path, sent: signal.Signals) -> None:
    with (
        running("demo", "--data", data, "--port", "0", "--packs", "40", ready=READY) as first,
        running("demo", "--data", data, "--port", "0", ready=READY) as second,
    ):
        first.process.send_signal(sent)
        assert first.process.wait(30) in STOPPED_WELL
        assert len(servers_of(data)) == 1
        second.process.send_signal(sent)
        assert second.process.wait(30) in STOPPED_WELL
        assert servers_of(data) == []
        assert not list(data.glob("*demo-*.json"))


def test_a_server_that_is_starting_is_stopped(data: Path) -> None:
    with running("demo", "--data", data, "--port", "0", "--packs", "40", ready="starting") as demo:
        until(lambda: bool(servers_of(data)), 30)
        demo.process.send_signal(signal.SIGTERM)
        assert demo.process.wait(30) in STOPPED_WELL
    until(lambda: not servers_of(data), 5)


def test_the_second_signal_forces_the_exit() -> None:
    server = Stoppable.__new__(Stoppable)
    server.should_exit = server.force_exit = False
    server.handle_exit(signal.SIGTERM, None)
    assert (server.should_exit, server.force_exit) == (True, False)
    server.handle_exit(signal.SIGTERM, None)
    assert (server.should_exit, server.force_exit) == (True, True)


async def test_a_server_that_publishes_answers_and_stops(data: Path) -> None:
    """What publishing waits for, here the lock of another publisher, nobody else does; and its process does not outlive the server."""
    silent = {"CELLGATE_PUBLISH_EVERY_S": "0"}
    with running("demo", "--data", data, "--port", "0", "--packs", "40", ready=READY, extra=silent):
        held = await asyncpg.connect(host=str(data / "run"), user="cellgate_admin", database="cellgate", ssl=False)
        await held.execute(f"select pg_advisory_lock({FOLDING})")
        with running("demo", "--data", data, "--port", "0", ready=READY) as server:
            end = time.monotonic() + 30
            while not await held.fetchval("select exists (select from pg_locks where locktype = 'advisory' and not granted)"):
                assert time.monotonic() < end, server.text
                await asyncio.sleep(0.1)
            publishers = children_of(server.process.pid)
            assert len(publishers) == 1
            assert get(server.url + "/ready").status == 200
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(10) in STOPPED_WELL
            assert not [each for each in publishers if Path(f"/proc/{each}").exists()]
        await held.close()


def children_of(pid: int) -> list[int]:
    """Processes that this one started."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(entry.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(entry.parent.name))
    return found


def test_it_is_stopped_too_where_a_shell_had_put_it_into_the_background() -> None:
    """There SIGINT is ignored from the start, and SIGTERM becomes one."""
    program = (
        "import asyncio, os, signal, sys, typer\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from gateway.command_line import run\n"
        "async def work():\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    await asyncio.sleep(50)\n"
        "try:\n"
        "    run(work())\n"
        "except typer.Exit as ended:\n"
        "    sys.exit(ended.exit_code)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=40, check=False).returncode == 130
