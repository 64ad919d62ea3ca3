"""The command `compose`: subgraphs in files, the supergraph to stdout, hints and errors to stderr."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.commands import app
from gateway.composition.supergraph_joins import SupergraphRefused
from gateway.composition.supergraph_reader import read_supergraph
from gateway.subgraph_files import sources_in

CASES = Path(__file__).parent / "cases"


def test_files_become_a_supergraph_and_hints() -> None:
    folder = CASES / "override"
    done = CliRunner().invoke(
        app, ["compose", str(folder / "a.graphql"), str(folder / "b.graphql"), "--url", "a=http://a.example", "--url", "b=http://b.example"]
    )
    assert done.exit_code == 0, done.stderr
    assert done.stdout == (folder / "supergraph.graphql").read_text()
    assert done.stderr == (folder / "hints.txt").read_text()
    assert read_supergraph(done.stdout).subgraphs.keys() == {"a", "b"}


def test_errors_are_told_and_nothing_is_printed() -> None:
    folder = CASES / "keys"
    done = CliRunner().invoke(app, ["compose", str(folder / "a.graphql")])
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", (folder / "errors.txt").read_text())


def test_a_list_may_name_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "pack.graphql").write_text("type Query { a: Int }")
    listed = [{"name": "one", "url": "http://one.example", "file": "pack.graphql"}, {"name": "two", "url": "http://two.example", "sdl": "type A { b: Int }"}]
    (tmp_path / "all.json").write_text(json.dumps(listed))
    found = sources_in([tmp_path / "all.json"], {"two": "http://elsewhere.example"})
    assert [(source.name, source.url, source.sdl) for source in found] == [
        ("one", "http://one.example", "type Query { a: Int }"),
        ("two", "http://elsewhere.example", "type A { b: Int }"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.json", b"{", "it is not JSON"),
        ("a.json", b'["x"]', "not of the form"),
        ("a.json", b'[{"name": "x", "url": "http://x"}]', "neither"),
        ("a.json", b'[{"name": "x", "url": "http://x", "file": "none"}]', "No such file"),
        ("a.graphql", b"\xff", "not UTF-8"),
    ],
)
def test_a_file_that_is_none_is_named(tmp_path: Path, name: str, content: bytes, problem: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SupergraphRefused, match=problem):
        sources_in([tmp_path / name])


def test_a_url_of_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.graphql").write_text("type Query { a: Int }")
    with pytest.raises(SupergraphRefused, match="no such subgraph"):
        sources_in([tmp_path / "a.graphql"], {"b": "http://b.example"})
