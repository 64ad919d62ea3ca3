"""This module is in charge of the demonstration as a user has it: an empty folder, one command, what it prints, and every way that it ends."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from resolvers.demo.clients import PARTS
from tests.end_to_end.conftest import READY
from tests.end_to_end.processes import ROOT, Running, ask, command, environment, get, running, servers_of, token, until

LIST_QUERY = "{ batteries(first: 5) { totalCount edges { node { code stateOfHealth } } } }"
STOPPED_WELL = {0, 130}
# Nothing is made at a second start; the bound leaves room for a busy machine.
SECOND_START_S = 15.0


def curls(demo: Running) -> dict[str, str]:
    """The printed requests by party."""
    lines = [line for line in demo.text.splitlines() if line.startswith("curl ")]
    return {re.search(r"--as (\S+)", line)[1]: line for line in lines}  # type: ignore[index]


def test_every_party_has_a_request(demo: Running) -> None:
    assert curls(demo).keys() == PARTS.keys()


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this host")
@pytest.mark.parametrize("party", PARTS)
def test_the_printed_request_is_answered(demo: Running, party: str) -> None:
    done = subprocess.run(["bash", "-c", curls(demo)[party]], cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60, check=False)
    answer = json.loads(done.stdout)
    assert "errors" not in answer or {each["extensions"]["code"] for each in answer["errors"]} == {"UNAUTHORIZED_FIELD_OR_TYPE"}
    found = answer["data"]["battery"] if party == "public" else answer["data"]["batteries"]
    assert found["code"] if party == "public" else found["totalCount"] >= len(found["edges"]) > 0


def test_one_list_three_answers(demo: Running, demo_data: Path) -> None:
    answers = [ask(demo.url, token(party, demo_data), LIST_QUERY) for party in ("recycler", "automaker", "miit")]
    assert [each.status for each in answers] == [200, 200, 200]
    assert len({json.dumps(each.body["data"]) for each in answers}) == 3
    assert ask(demo.url, None, LIST_QUERY).status == 401


def test_it_is_healthy(demo: Running) -> None:
    assert get(demo.url + "/health").status == get(demo.url + "/ready").status == 200


def test_its_pages_offer_the_parties_tokens(demo: Running) -> None:
    asked = urllib.request.Request(demo.url + "/demo/tokens/recycler", b"", {"x-cellgate-demo": "1"})
    with urllib.request.urlopen(asked, timeout=30) as response:
        given = json.loads(response.read())["access_token"]
    assert ask(demo.url, given, LIST_QUERY).body["data"]["batteries"]["totalCount"] > 0
    with urllib.request.urlopen(demo.url + "/", timeout=30) as response:
        assert b'content="demo"' in response.read()


def test_the_documented_client_signs_in_with_its_key(demo: Running, demo_data: Path) -> None:
    told = (ROOT / "docs" / "tokens.md").read_text(encoding="utf-8")
    program = re.findall(r"```python\n(.*?)```", told, re.DOTALL)[0]
    program = program.replace("http://127.0.0.1:4000", demo.url).replace('"keys/', f'"{demo_data}/keys/')
    given = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True).stdout.strip()
    assert ask(demo.url, given, LIST_QUERY).body["data"]["batteries"]["totalCount"] > 0


def test_its_log_is_readable(demo: Running) -> None:
    get(demo.url + "/health")
    until(lambda: re.search(r"^\d\d:\d\d:\d\d  GET /health 200 [\d.]+ ms [0-9a-f]{24}$", demo.text, re.MULTILINE) is not None, 5)
    assert "Traceback" not in demo.text


@pytest.mark.parametrize("host", ["a\\u0000b", "é..x"])
def test_an_address_that_is_none_is_said_in_one_line(data: Path, tmp_path: Path, host: str) -> None:
    (tmp_path / "cellgate.toml").write_text(f'[server]\nhost = "{host}"\n', encoding="utf-8")
    done = command("demo", "--data", data, "--port", "0", folder=tmp_path)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert done.err.startswith("ADDRESS_REFUSED: ")


@pytest.mark.parametrize("url", ["nope", "ftp://x", "https://", "http://gateway.example", "http://127.0.0.1:99999", "https://u:p@h/"])
def test_a_gateway_that_no_subgraph_can_trust_is_said_in_one_line(data: Path, url: str) -> None:
    done = command("subgraph", "vehicle", "--gateway", url, "--data", data, "--port", "0")
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert done.err.startswith("GATEWAY_UNKNOWN: ")


def test_a_port_in_use_is_said_in_one_line(demo: Running, data: Path) -> None:
    done = command("demo", "--data", data, "--port", demo.url.rpartition(":")[2])
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert done.err.startswith("ADDRESS_REFUSED: ")
    assert not data.exists()


@pytest.mark.parametrize("held", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_it_leaves_nothing_behind(data: Path, held: signal.Signals) -> None:
    with running("demo", "--data", data, "--port", "0", "--packs", "40", ready=READY) as demo:
        assert len(servers_of(data)) == 1
        assert get(demo.url + "/health").status == 200
        demo.process.send_signal(held)
        assert demo.process.wait(30) in STOPPED_WELL
        until(lambda: demo.text.rstrip().endswith("stopped"), 5)
    until(lambda: not servers_of(data), 10)
    assert not list(data.glob("demo-*.json"))
    assert "Traceback" not in demo.text


def test_stopped_while_it_loads_it_leaves_nothing_half_made(data: Path) -> None:
    with running("demo", "--data", data, "--port", "0", "--packs", "20000", ready="migrations applied") as demo:
        time.sleep(0.5)
        assert demo.stop() in STOPPED_WELL
        assert "Traceback" not in demo.text
    until(lambda: not servers_of(data), 10)
    with running("demo", "--data", data, "--port", "0", "--packs", "40", ready=READY) as again:
        assert "40 synthetic batteries" in again.text


def test_a_second_start_takes_the_data_as_it_is(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running("demo", "--data", data, "--port", "0", "--packs", "300", ready=READY) as first:
        before = ask(first.url, token("miit", data), LIST_QUERY)
        assert first.stop() in STOPPED_WELL
    with running("demo", "--data", data, "--port", "0", "--packs", "77", "--seed", "5", ready=READY) as second:
        took = second.wait_for(READY)
        assert "300 synthetic batteries" in second.text
        assert ask(second.url, token("miit", data), LIST_QUERY) == before
    with capsys.disabled():
        print(f"[second start: {took:.1f} s]", end=" ")
    assert took < SECOND_START_S


def is_ready(url: str) -> bool:
    try:
        return get(url + "/ready").status == 200
    except urllib.error.HTTPError as refused:
        assert refused.code == 503
        return False


def test_its_database_killed_it_serves_again_by_itself(data: Path) -> None:
    with running("demo", "--data", data, "--port", "0", "--packs", "40", ready=READY) as demo:
        bearer = token("miit", data)
        before = ask(demo.url, bearer, LIST_QUERY)
        os.kill(int((data / "data/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        until(lambda: not is_ready(demo.url), 30)
        until(lambda: is_ready(demo.url), 60)
        assert ask(demo.url, bearer, LIST_QUERY) == before
        assert demo.stop() in STOPPED_WELL
    until(lambda: not servers_of(data), 10)


def test_killed_it_starts_again(data: Path) -> None:
    with running("demo", "--data", data, "--port", "0", "--packs", "300", ready=READY) as first:
        before = ask(first.url, token("miit", data), LIST_QUERY)
        first.kill()
    with running("demo", "--data", data, "--port", "0", ready=READY) as second:
        assert ask(second.url, token("miit", data), LIST_QUERY) == before
        assert len(servers_of(data)) == 1
    until(lambda: not servers_of(data), 10)


def test_its_server_killed_it_starts_again(data: Path) -> None:
    with running("demo", "--data", data, "--port", "0", "--packs", "100", ready=READY) as first:
        before = ask(first.url, token("miit", data), LIST_QUERY)
        for pid in servers_of(data):
            os.kill(pid, signal.SIGKILL)
        first.kill()
    with running("demo", "--data", data, "--port", "0", ready=READY) as second:
        assert ask(second.url, token("miit", data), LIST_QUERY) == before


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--packs", "3"), 2, "40 to"),
        (("--port", "70000"), 2, "--port"),
        (("--dsn", "postgresql://somebody:hunter2@127.0.0.1:1/nowhere"), 1, "DATABASE_UNREACHABLE: "),
        (("--dsn", "nonsense"), 1, "SETTINGS_REFUSED: "),
    ],
)
def test_what_cannot_be_is_said(data: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = command("demo", "--data", data, *(arguments if "--port" in arguments else ("--port", "0", *arguments)))
    assert done.code == code
    assert said in done.err
    assert "Traceback" not in done.err
    assert "hunter2" not in done.out + done.err
