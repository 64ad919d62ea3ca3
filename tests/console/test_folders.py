"""A mistyped data folder: who may make a new database there, who must not, and whose folder is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.processes import command

OPERATION = "{ batteries(first: 1) { totalCount } }"


def refused(code: str, *arguments: str | Path) -> str:
    done = command(*arguments)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1), done
    assert done.err.startswith(code + ": ")
    return done.err


@pytest.mark.parametrize("dsn", [(), ("--dsn", "postgresql://127.0.0.1:1/nowhere")])
@pytest.mark.parametrize(
    "words",
    [
        ("query", "--as", "miit", "FILE"),
        ("plan", "--as", "miit", "FILE"),
        ("token", "--as", "miit"),
        ("subgraph", "battery", "--port", "0", "--gateway", "http://127.0.0.1:1"),
    ],
)
def test_who_only_asks_makes_nothing(data: Path, tmp_path: Path, words: tuple[str, ...], dsn: tuple[str, ...]) -> None:
    file = tmp_path / "operation.graphql"
    file.write_text(OPERATION)
    more = () if words[0] == "token" else dsn
    said = refused("NO_DATA", *(file if each == "FILE" else each for each in words), "--data", data, *more)
    assert f"no Cellgate data in {data}" in said
    assert not data.exists()


@pytest.mark.parametrize("words", [("demo", "--port", "0"), ("serve", "--port", "0"), ("migrate",), ("import", "FILE")])
def test_a_folder_of_somebody_else_is_left_alone(data: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    data.mkdir()
    (data / "thesis.txt").write_text("mine")
    (data / "data").mkdir()
    file = tmp_path / "vehicles.csv"
    file.write_text("vin,automaker,model_name,powertrain,produced_on\n")
    assert str(data) in refused("DATA_FOREIGN", *(file if each == "FILE" else each for each in words), "--data", data)
    assert sorted(each.name for each in data.iterdir()) == ["data", "thesis.txt"]


def test_a_new_database_is_announced_once(data: Path) -> None:
    (data / "lost+found").mkdir(parents=True)
    first = command("migrate", "--data", data)
    assert (first.code, first.err) == (0, "")
    assert first.out.startswith(f"making a new database in {data}\nstarting the embedded PostgreSQL in {data}\n")
    assert "making" not in command("migrate", "--data", data).out


def test_an_import_says_that_it_makes_a_database(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "vehicles.csv"
    file.write_text("vin,automaker,model_name,powertrain,produced_on\n")
    done = command("import", file, "--data", data)
    assert done.code == 0, done
    assert done.out.startswith(f"making a new database in {data}\n")
    assert "PostgreSQL" not in command("import", file, "--data", data).out
