"""This module is in charge of the folder of reports: what is taken, and how what is not is told to the operator."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.composition.supergraph import SubgraphSource
from gateway.reloading import composed
from gateway.reports.catalogue import ReportsRefused, read_reports
from gateway.reports.columns import Kind
from schema.graph import load_graphs
from tests.reports.conftest import EXAMPLES, entry

SCHEMA = composed(tuple(SubgraphSource(name, "in-process", graph.sdl) for name, graph in sorted(load_graphs().items()))).api_schema
GOOD = "query ($first: Int, $after: String) { batteries(first: $first, after: $after) { pageInfo { hasNextPage endCursor } nodes { code } } }"


def written(folder: Path, text: str, manifest: str | None = None) -> Path:
    (folder / "one.graphql").write_text(text)
    (folder / "reports.toml").write_text(manifest if manifest is not None else "[reports.one]\n" + entry(text, roles=["MI"]))
    return folder


def test_the_examples_are_taken() -> None:
    reports = read_reports(EXAMPLES, SCHEMA).reports
    assert set(reports) == {"packs", "events"}
    kinds = {column.name: column.kind for column in reports["packs"].columns}
    assert kinds["producedOn"] is Kind.DATE
    assert kinds["conditionAt"] is Kind.DATETIME
    assert kinds["cellCount"] is Kind.INTEGER
    assert kinds["massKg"] is Kind.NUMBER
    assert kinds["reprocessed"] is Kind.BOOLEAN
    assert kinds["composition"] is Kind.JSON


def test_a_connection_below_the_row_is_one_column(tmp_path: Path) -> None:
    text = GOOD.replace("nodes { code }", "nodes { code custody(first: 2) { nodes { sender { name } } } ... { code } }")
    columns = read_reports(written(tmp_path, text), SCHEMA).reports["one"].columns
    assert [(column.name, column.kind) for column in columns] == [("code", Kind.TEXT), ("custody", Kind.JSON)]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("code", "nothing", "Cannot query field"),
        ("nodes { code }", "nodes { code", "Syntax Error"),
        ("(first: $first", "(last: $first", "paged by first: $first"),
        ("pageInfo { hasNextPage endCursor }", "", "select pageInfo"),
        ("endCursor", "cursor: endCursor", "select pageInfo"),
        ("nodes { code }", "edges { cursor }", "the rows are nodes"),
        ("nodes { code }", "rows: nodes { code }", "the rows are nodes"),
        ("nodes { code }", "nodes { code } edges { node { code } }", "the rows are nodes"),
        ("query (", "query ($limit: String, ", "limit"),
        ("} }", "} } again: enterprises { nodes { uscc } } }", "one list at the root"),
        ("{ batteries(first: $first, after: $after) {", "{ batteries(first: $first, after: $after) @skip(if: false) {", "without conditions"),
        ("pageInfo {", "pageInfo @include(if: true) {", "select pageInfo"),
        ("endCursor }", "endCursor @skip(if: false) }", "select pageInfo"),
        ("nodes {", "nodes @skip(if: false) {", "the rows are nodes"),
        ("query (", "query Other { batteries { totalCount } } query Q (", "one query"),
    ],
)
def test_a_document_that_makes_no_rows_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = GOOD.replace(old, new, 1) if old != "} }" else GOOD[:-1] + " again: enterprises { nodes { uscc } } }"
    with pytest.raises(ReportsRefused, match="report one: ") as refused:
        read_reports(written(tmp_path, text), SCHEMA)
    assert words in str(refused.value)


def test_what_the_graph_tells_of_itself_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(ReportsRefused, match="paged by first"):
        read_reports(written(tmp_path, "{ __schema { types { name } } }"), SCHEMA)


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ("x", "cannot be read"),
        ("other = 1", "and nothing else"),
        ("reports = 1", "and nothing else"),
        ("basic = 1", "basic is a list of texts"),
        ("[reports.One]\n" + entry(GOOD, roles=["MI"]), "a name has small letters"),
        ("[reports.one]\n" + entry(GOOD), "who may read it"),
        ("[reports.one]\n" + entry(GOOD, roles="MI"), "roles is a list"),
        ("[reports.one]\n" + entry(GOOD, roles=["MI"], version=0), "version is a whole number"),
        ("[reports.one]\n" + entry(GOOD, roles=["MI"], sha256="0" * 64), "sha256 is not that of one.graphql"),
        ("[reports.one]\n" + entry(GOOD, roles=["MI"], owner="x"), "and nothing else"),
        ("[reports.two]\n" + entry(GOOD, roles=["MI"]), "cannot be read"),
    ],
)
def test_a_manifest_that_does_not_say_it_all_is_refused(tmp_path: Path, manifest: str, words: str) -> None:
    with pytest.raises(ReportsRefused) as refused:
        read_reports(written(tmp_path, GOOD, manifest), SCHEMA)
    assert words in str(refused.value)


def test_a_text_that_was_changed_after_its_approval_is_not_read(tmp_path: Path) -> None:
    folder = written(tmp_path, GOOD)
    read_reports(folder, SCHEMA)
    (folder / "one.graphql").write_text(GOOD.replace("{ code }", "{ code status }"))
    with pytest.raises(ReportsRefused, match="sha256"):
        read_reports(folder, SCHEMA)
