"""Every way to ask a process to stop ends its server, too, whatever it was doing."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from gateway.listening import Stoppable
from tests.console.conftest import READY
from tests.end_to_end.processes import running, servers_of, until

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
