"""This module is in charge of the other commands as processes: token, query, plan, import, migrate, compose, settings, and what they refuse."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from graphql import parse

from gateway.settings import Settings
from tests.end_to_end.processes import ROOT, Finished, Running, ask, command, script, token

EXAMPLES = ROOT / "examples"
IN_ORDER = ("enterprises.csv", "models.csv", "packs.csv", "packs-data-space.ndjson", "vehicles.csv")
LIST_QUERY = "{ batteries(first: 5) { totalCount edges { node { code stateOfHealth } } } }"
MADE_BY = """query($maker: CreditCode!) {
  batteries(filter: {manufacturer: {eq: $maker}}) { totalCount edges { node { code status massKg model { name } manufacturer { name } } } }
}"""
MAKER = {"maker": "91350902MA2EXAMP5J"}


def in_one_line(done: Finished, code: str) -> None:
    """A refusal of the operator: its code, and nothing of how the program looks inside."""
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1), done
    assert done.err.startswith(code + ": ")


@pytest.fixture
def operation(tmp_path: Path) -> Path:
    """A file with the list query."""
    file = tmp_path / "list.graphql"
    file.write_text(LIST_QUERY)
    return file


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory, demo: Running, demo_data: Path) -> Path:
    """A copy of the example files, all of them imported; rejects files are written beside the files."""
    assert demo.url
    copied = tmp_path_factory.mktemp("imports") / "examples"
    shutil.copytree(EXAMPLES, copied, ignore=shutil.ignore_patterns("*.rejects.ndjson"))
    for name in IN_ORDER:
        done = command("import", copied / name, "--data", demo_data)
        assert done.code == 0, done.err
        assert " 0 rejected" in done.out
    return copied


def test_query_gives_what_the_server_gives(demo: Running, demo_data: Path, operation: Path) -> None:
    for party in ("recycler", "miit"):
        done = command("query", "--as", party, operation, "--data", demo_data)
        assert done.code == 0, done.err
        assert json.loads(done.out)["data"] == ask(demo.url, token(party, demo_data), LIST_QUERY).body["data"]


def test_query_takes_variables(demo_data: Path, demo: Running, tmp_path: Path) -> None:
    assert demo.url
    file = tmp_path / "some.graphql"
    file.write_text("query($n: Int) { batteries(first: $n) { edges { node { code } } } }")
    done = script("query", "--as", "miit", file, "--data", demo_data, "--variables", '{"n": 2}')
    assert len(json.loads(done.out)["data"]["batteries"]["edges"]) == 2


def test_plan_prints_plan_and_statements(demo_data: Path, demo: Running, operation: Path) -> None:
    assert demo.url
    done = command("plan", "--as", "recycler", operation, "--data", demo_data)
    assert done.code == 0, done.err
    assert done.out.startswith("query\n  0 battery\n")
    assert "-- statement 1: " in done.out
    assert '"battery"."pack"' in done.out


def test_token_takes_scope_and_purpose(demo: Running, demo_data: Path) -> None:
    narrow = token("miit", demo_data, "--scope", "battery:identity")
    answer = ask(demo.url, narrow, LIST_QUERY)
    assert {each["extensions"]["code"] for each in answer.body["errors"]} == {"UNAUTHORIZED_FIELD_OR_TYPE"}
    safety = token("recycler", demo_data, "--purpose", "safety")
    assert ask(demo.url, safety, LIST_QUERY).status == 200


def test_compose_prints_a_supergraph() -> None:
    done = script("compose")
    assert done.code == 0, done.err
    assert {"Battery", "Vehicle", "Enterprise"} <= {each.name.value for each in parse(done.out).definitions if hasattr(each, "name") and each.name}  # type: ignore[union-attr]
    assert done.out.count("join__Graph") > 0


def test_settings_prints_every_section(tmp_path: Path) -> None:
    (tmp_path / "cellgate.toml").write_text("[server]\nport = 4444\n")
    done = command("settings", folder=tmp_path, extra={"CELLGATE_LIMITS_DEPTH": "9"})
    assert done.code == 0, done.err
    assert "port = 4444" in done.out
    assert "depth = 9" in done.out
    assert all(f"[{name}]" in done.out for name in Settings.__dataclass_fields__ if name not in ("subgraphs", "budgets"))


def test_unknown_settings_are_refused(tmp_path: Path) -> None:
    (tmp_path / "cellgate.toml").write_text("[server]\nprot = 4444\n")
    in_one_line(command("settings", folder=tmp_path), "SETTINGS_REFUSED")


def test_migrate_says_that_all_is_there(demo: Running, demo_data: Path) -> None:
    assert demo.url
    done = command("migrate", "--data", demo_data)
    assert (done.code, done.out.splitlines()[-1]) == (0, "the database is up to date")


def test_imported_packs_are_in_the_graph(demo: Running, demo_data: Path, examples: Path) -> None:
    assert examples
    found = ask(demo.url, token("miit", demo_data), MADE_BY, MAKER).body["data"]["batteries"]
    assert found["totalCount"] >= 10
    first = found["edges"][0]["node"]
    assert first["code"] == "0X1PB3K00021A5G410000001"
    assert (first["massKg"], first["model"]["name"], first["manufacturer"]["name"]) == (428.6, "Example 60 blade", "示例电芯（宁德）有限公司")
    assert ask(demo.url, token("battery-maker", demo_data), MADE_BY, MAKER).body["data"]["batteries"] == {"totalCount": 0, "edges": []}


def test_a_file_imported_again_changes_nothing(demo_data: Path, examples: Path) -> None:
    done = command("import", examples / "packs.csv", "--data", demo_data)
    assert "10 lines of packs: 0 new, 10 known, 0 rejected" in done.out


def test_the_walk_through_of_the_readme(demo: Running, demo_data: Path, examples: Path, tmp_path: Path) -> None:
    assert demo.url
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    steps = re.findall(r"^    \./cellgate import (examples/\S+)$", readme, re.MULTILINE)
    assert [Path(each).name for each in steps[:-1]] == list(IN_ORDER)
    assert command("import", examples.parent / steps[-1], "--data", demo_data).code == 0
    operation = tmp_path / "imported.graphql"
    operation.write_text(re.findall(r"```graphql\n(.*?)```", readme, re.DOTALL)[1])
    done = command("query", "--as", "miit", operation, "--data", demo_data)
    assert json.loads(done.out) == json.loads(re.findall(r"```json\n(.*?)```", readme, re.DOTALL)[1])


def test_malformed_lines_are_rejected_each_with_its_reason(demo_data: Path, examples: Path) -> None:
    done = command("import", examples / "malformed" / "packs.csv", "--data", demo_data)
    assert re.search(r"28 lines of packs: (3 new, 1|0 new, 4) known, 24 rejected", done.out)
    rejects = [json.loads(line) for line in (examples / "malformed" / "packs.csv.rejects.ndjson").read_text(encoding="utf-8").splitlines()]
    assert len(rejects) == 24
    assert all(each["line"] > 1 and each["rule"] and each["message"] for each in rejects)
    done = command("import", examples / "malformed" / "vehicles.ndjson", "--data", demo_data)
    assert "23 lines of vehicles: 4 new, 0 known, 19 rejected" in done.out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("token", "--as", "nobody"), "DEMO_PARTY_UNKNOWN"),
        (("token", "--as", "miit", "--purpose", "gossip"), "TOKEN_REFUSED"),
        (("token", "--as", "miit", "--scope", "everything"), "TOKEN_REFUSED"),
        (("query", "--as", "nobody", "{operation}"), "CLIENT_UNKNOWN"),
        (("query", "--as", "miit", "absent.graphql"), "FILE_UNREADABLE"),
        (("query", "--as", "miit", "{operation}", "--variables", "[]"), "VARIABLES_MALFORMED"),
        (("import", "absent.csv"), "FILE_UNREADABLE"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(demo: Running, demo_data: Path, operation: Path, arguments: tuple[str, ...], code: str) -> None:
    assert demo.url
    in_one_line(command(*(str(operation) if each == "{operation}" else each for each in arguments), "--data", demo_data), code)


def test_a_token_needs_a_running_demonstration(data: Path) -> None:
    in_one_line(script("token", "--as", "miit", "--data", data), "NO_DATA")


def test_a_wrong_operation_is_answered_not_raised(demo: Running, demo_data: Path, tmp_path: Path) -> None:
    assert demo.url
    file = tmp_path / "wrong.graphql"
    file.write_text("{ batteries { nothing } }")
    for name in ("query", "plan"):
        done = command(name, "--as", "miit", file, "--data", demo_data)
        assert "Traceback" not in done.err
        assert "Cannot query field 'nothing'" in done.out + done.err
