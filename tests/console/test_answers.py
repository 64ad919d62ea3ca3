"""What `plan`, `query`, `token` and `import` say and how they end: errors a line each with their code, exit 1 without data."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gateway.console import OperationRefused
from tests.console.conftest import READY
from tests.end_to_end.processes import Finished, Running, ask, command, running, token, until

COUNT = "{ batteries(first: 1) { totalCount } }"
FIRST = "query($n: Int!) { batteries(first: $n) { totalCount } }"


def in_lines(done: Finished, *codes: str) -> None:
    """Nothing on standard output, one line of standard error for each of these codes."""
    assert (done.code, done.out) == (1, ""), done
    assert [line.partition(": ")[0] for line in done.err.splitlines()] == list(codes)


@pytest.mark.parametrize("verb", ["plan", "query"])
@pytest.mark.parametrize(
    ("document", "variables", "code"),
    [
        ("{ batteries(first: 1) {", "{}", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "{}", "GRAPHQL_VALIDATION_FAILED"),
        (FIRST, "{}", "VARIABLE_INVALID"),
        (FIRST, '{"n": "x"}', "VARIABLE_INVALID"),
        (COUNT, "{", "VARIABLES_MALFORMED"),
        (COUNT, "[]", "VARIABLES_MALFORMED"),
        (FIRST, '{"n": 1, "n": 3}', "VARIABLES_MALFORMED"),
    ],
)
def test_what_cannot_be_answered(demo: Running, demo_data: Path, tmp_path: Path, verb: str, document: str, variables: str, code: str) -> None:
    assert demo.url
    file = tmp_path / "operation.graphql"
    file.write_text(document)
    in_lines(command(verb, "--as", "miit", file, "--data", demo_data, "--variables", variables), code)


def test_which_of_the_two_cannot_be_read_is_said(demo: Running, demo_data: Path, tmp_path: Path) -> None:
    assert demo.url
    file = tmp_path / "latin.graphql"
    file.write_bytes(b"{ a # \xff")
    for wrong in (file, tmp_path, tmp_path / "absent.graphql"):
        done = command("query", "--as", "miit", wrong, "--data", demo_data)
        in_lines(done, "FILE_UNREADABLE")
        assert str(wrong) in done.err
        assert "--variables" not in done.err


def test_errors_beside_data_are_said_too(demo: Running, demo_data: Path, tmp_path: Path) -> None:
    assert demo.url
    file = tmp_path / "operation.graphql"
    file.write_text('{ batteries(first: 1) { totalCount } battery(code: "short") { code } }')
    for verb in ("plan", "query"):
        done = command(verb, "--as", "miit", file, "--data", demo_data)
        assert done.code == 0, done
        assert done.out.startswith("{" if verb == "query" else "query\n")
        assert re.fullmatch(r"INVALID_IDENTIFIER: .+ \(battery.*\)\n", done.err), done


def test_errors_are_lines_with_their_place() -> None:
    errors = [{"message": "It\nfails.", "path": ["a", 0], "locations": [{"line": 2, "column": 3}], "extensions": {"code": "SOME_CODE"}}]
    assert str(OperationRefused(errors)) == "SOME_CODE: It fails. (a.0; line 2 column 3)"


def test_two_demonstrations_on_one_folder(demo: Running, demo_data: Path) -> None:
    with running("demo", "--data", demo_data, "--port", "0", ready=READY) as other:
        assert "joining the embedded PostgreSQL" in other.text
        assert "starting the embedded" not in other.text
        for each in (demo, other):
            port = each.url.rpartition(":")[2]
            assert f"--port {port})" in each.text
            assert ask(each.url, token("miit", demo_data, "--port", port), COUNT).status == 200
        assert other.stop() in {0, 130}
    assert ask(demo.url, token("miit", demo_data), COUNT).status == 200
    in_lines(command("token", "--as", "miit", "--data", demo_data, "--port", "1"), "DEMO_NOT_RUNNING")


def test_the_address_of_a_killed_demonstration_is_not_believed(demo: Running, demo_data: Path) -> None:
    stale = demo_data / "demo-999999999.json"
    stale.write_text(json.dumps({"url": "http://127.0.0.1:1", "port": 1}))
    assert ask(demo.url, token("miit", demo_data), COUNT).status == 200
    assert not stale.exists()


def test_other_packs_and_seed_than_the_kept_are_said(demo: Running, demo_data: Path) -> None:
    assert demo.url
    with running("demo", "--data", demo_data, "--port", "0", "--packs", "77", "--seed", "5", ready=READY) as other:
        assert "taken as they are: 40 packs, seed 73" in other.text


def test_the_log_names_request_client_and_outcome(demo: Running, demo_data: Path) -> None:
    ask(demo.url, token("recycler", demo_data), "{ nothing }")
    ask(demo.url, None, COUNT)
    line = r"^\d\d:\d\d:\d\d  POST /graphql %s [\d.]+ ms [0-9a-f]{24} %s$"
    for status, rest in ((400, "recycler GRAPHQL_VALIDATION_FAILED"), (401, "UNAUTHENTICATED")):
        until(lambda told=line % (status, rest): re.search(told, demo.text, re.MULTILINE) is not None, 5)  # type: ignore[misc]


def test_an_import_that_takes_nothing_fails(demo: Running, demo_data: Path, tmp_path: Path) -> None:
    assert demo.url
    file = tmp_path / "vehicles.csv"
    file.write_text("vin,automaker,model_name,powertrain,produced_on\nX,Y,Z,BEV,2025-01-01\n")
    done = command("import", file, "--data", demo_data)
    assert done.code == 1
    assert "1 rejected" in done.out
    (tmp_path / "empty.csv").write_text("\n")
    done = command("import", tmp_path / "empty.csv", "--data", demo_data)
    in_lines(done, "EMPTY_FILE")
    assert done.err.count("EMPTY_FILE") == 1


def test_a_malformed_reporter_is_refused_before_anything_is_made(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "vehicles.csv"
    file.write_text("vin,automaker,model_name,powertrain,produced_on\n")
    done = command("import", file, "--data", data, "--reported-by", "zz")
    in_lines(done, "REPORTER")
    assert "18 characters" in done.err
    assert not data.exists()


def test_an_empty_address_is_not_the_embedded_database(tmp_path: Path) -> None:
    """As of a variable that is not set."""
    done = command("migrate", "--dsn", "", "--data", str(tmp_path))
    in_lines(done, "SETTINGS_REFUSED")
    assert not list(tmp_path.iterdir())
