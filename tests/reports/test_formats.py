"""This module is in charge of the rows of reports: the same in every format as in the graph's own answer, as the tools read them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import duckdb
import pandas
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.reports.writers import CUT, FORMULA, cell
from tests.reports.conftest import EXAMPLES, Desk

QUERY = (EXAMPLES / "packs.graphql").read_text(encoding="utf-8")
PARTIES = ["miit", "recycler", "battery-maker", "province"]
LEAVES = ["code", "status", "chemistry", "producedOn", "nominalEnergyKwh", "massKg", "cellCount", "reprocessed", "stateOfHealth", "conditionAt"]
NESTED = ["model.name", "manufacturer.uscc", "manufacturer.name", "custodian.uscc", "custodian.name", "province.code", "province.name"]
COLUMNS = [*LEAVES, *NESTED, "composition"]


def flattened(node: dict[str, Any]) -> dict[str, Any]:
    """A row by the documented rule, written down once more for this one report."""
    flat = {name: node[name] for name in COLUMNS if "." not in name}
    for name in COLUMNS:
        outer, _, inner = name.partition(".")
        if inner:
            flat[name] = None if node[outer] is None else node[outer][inner]
    return {name: flat[name] for name in COLUMNS}


async def from_the_graph(desk: Desk, party: str) -> list[dict[str, Any]]:
    """What the party's client would read by itself, page by page."""
    rows: list[dict[str, Any]] = []
    after = None
    while True:
        page = (await desk.ask(party, QUERY, {"first": 100, "after": after}))["data"]["batteries"]
        rows += map(flattened, page["nodes"])
        if not page["pageInfo"]["hasNextPage"]:
            return rows
        after = page["pageInfo"]["endCursor"]


@pytest.mark.parametrize("party", PARTIES)
async def test_every_format_holds_the_graph_s_rows(desk: Desk, party: str) -> None:
    wanted = await from_the_graph(desk, party)
    assert len(wanted) > 23 or party in {"recycler", "province"}
    read = {format_: await desk.read(party, "/packs." + format_) for format_ in ("json", "ndjson", "csv", "arrow", "parquet")}
    assert {page.status for page in read.values()} == {200}
    whole = json.loads(read["json"].text)
    assert (whole["report"], whole["version"], whole["complete"]) == ("packs", 1, True)
    assert whole["rows"] == wanted
    assert [json.loads(line) for line in read["ndjson"].text.splitlines()] == wanted
    lines = list(csv.reader(io.StringIO(read["csv"].text, newline="")))
    assert lines[0] == COLUMNS
    assert lines[1:] == [[as_csv(value) for value in row.values()] for row in wanted]
    arrow = pyarrow.ipc.open_stream(read["arrow"].body).read_all()
    parquet = pyarrow.parquet.read_table(io.BytesIO(read["parquet"].body))
    assert arrow.equals(parquet)
    assert [as_json(row) for row in arrow.to_pylist()] == [row | {"composition": row["composition"]} for row in wanted]


def as_csv(value: Any) -> str:
    """As RFC 4180 and the documentation have it; no text of the demonstration's begins as a formula does."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if isinstance(value, list) else str(value)


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    """A typed row as the graph has it."""
    stated = dict(row)
    stated["producedOn"] = row["producedOn"].isoformat()
    stated["conditionAt"] = None if row["conditionAt"] is None else row["conditionAt"].isoformat(timespec="auto").replace("+00:00", "Z")
    stated["composition"] = None if row["composition"] is None else json.loads(row["composition"])
    return stated


async def test_pandas_duckdb_and_pyarrow_read_them(desk: Desk, tmp_path: Path) -> None:
    rows = await from_the_graph(desk, "miit")
    for format_ in ("csv", "parquet", "ndjson", "arrow"):
        (tmp_path / f"packs.{format_}").write_bytes((await desk.read("miit", "/packs." + format_)).body)
    mass = sum(row["massKg"] for row in rows)
    frames = [
        pandas.read_csv(tmp_path / "packs.csv", parse_dates=["producedOn"]),
        pandas.read_parquet(tmp_path / "packs.parquet"),
        pandas.read_json(tmp_path / "packs.ndjson", lines=True),
        pyarrow.ipc.open_stream((tmp_path / "packs.arrow").read_bytes()).read_pandas(),
    ]
    for frame in frames:
        assert list(frame.columns) == COLUMNS
        assert len(frame) == len(rows)
        assert frame["massKg"].sum() == pytest.approx(mass)
        assert frame["stateOfHealth"].count() == sum(row["stateOfHealth"] is not None for row in rows)
    for source in ("packs.csv", "packs.parquet", "packs.ndjson"):
        reader = "read_json" if source.endswith("ndjson") else "read_csv" if source.endswith("csv") else "read_parquet"
        count, total, healthy = duckdb.sql(f"select count(*), sum(massKg), count(stateOfHealth) from {reader}('{tmp_path / source}')").fetchall()[0]
        assert (count, healthy) == (len(rows), sum(row["stateOfHealth"] is not None for row in rows))
        assert total == pytest.approx(mass)


@pytest.mark.parametrize("format_", ["json", "ndjson", "csv", "arrow", "parquet"])
async def test_a_report_may_be_read_in_pieces(desk: Desk, format_: str) -> None:
    whole = [row["code"] for row in json.loads((await desk.read("miit", "/packs.json")).text)["rows"]]
    found: list[str] = []
    query = "?limit=70"
    while True:
        codes, after = piece(format_, (await desk.read("miit", f"/packs.{format_}{query}")).body)
        found += codes
        if after is None:
            break
        assert len(codes) == 70
        query = "?limit=70&after=" + after
    assert found == whole


def piece(format_: str, body: bytes, column: str = "code") -> tuple[list[str], str | None]:
    """The codes in a piece, and where the next one begins."""
    if format_ == "json":
        read = json.loads(body)
        return [row[column] for row in read["rows"]], read.get("cut", {}).get("after")
    if format_ == "ndjson":
        rows = [json.loads(line) for line in body.splitlines()]
        return [row[column] for row in rows if CUT not in row], next((row[CUT]["after"] for row in rows if CUT in row), None)
    if format_ == "csv":
        first = [line[0] for line in csv.reader(io.StringIO(body.decode(), newline=""))][1:]
        mark = first.pop() if first[-1].startswith(CUT) else None
        return first, None if mark is None else mark.partition("after=")[2]
    if format_ == "parquet":
        file = pyarrow.parquet.ParquetFile(io.BytesIO(body))
        after = (file.metadata.metadata or {}).get(b"cellgate.after")
        return file.read()[column].to_pylist(), after.decode() if after else None
    batches = list(pyarrow.ipc.open_stream(body).iter_batches_with_custom_metadata())
    noted = [each.custom_metadata[b"cellgate.after"].decode() for each in batches if each.custom_metadata]
    return [code for each in batches for code in each.batch[column].to_pylist()], noted[0] if noted else None


async def test_excel_is_told_that_it_is_utf_8(desk: Desk) -> None:
    assert (await desk.read("miit", "/packs.csv?bom=1&limit=1")).body.startswith(b"\xef\xbb\xbfcode,")


@given(
    st.text(st.sampled_from(" \u00a0\u3000\ufeff\u200b\0"), max_size=2),
    st.one_of(st.text(), st.sampled_from([*FORMULA, "=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "\uff1d1", "#cut X after=y"])),
)
def test_no_text_is_a_formula_or_a_mark_and_none_is_lost(blanks: str, formula: str) -> None:
    text = blanks + formula
    written = cell(text)
    assert not written.lstrip(" \u00a0\u3000\ufeff\u200b\0").startswith((*FORMULA, CUT))
    assert text in (written, written[1:])
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow([written, ""])
    assert next(csv.reader(io.StringIO(buffer.getvalue(), newline="")))[0] == written


@given(st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none()))
def test_numbers_are_left_as_they_are(value: Any) -> None:
    assert cell(value) in (value, "", "true", "false")
