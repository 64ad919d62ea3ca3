"""This module is in charge of rows from `/graphql` by Accept: the same as the graph's own answer, and refused where there are none."""

from __future__ import annotations

import csv
import io
import json
from typing import Any, NamedTuple

import pyarrow
import pyarrow.parquet
import pytest

from tests.reports.conftest import Desk

FIELDS = "code chemistry massKg producedOn manufacturer { name }"
QUERY = f"{{ batteries(first: 7) {{ nodes {{ {FIELDS} }} pageInfo {{ hasNextPage endCursor }} }} }}"
CSV, NDJSON, ARROW, PARQUET = "text/csv", "application/x-ndjson", "application/vnd.apache.arrow.stream", "application/vnd.apache.parquet"


class Rows(NamedTuple):
    """An answer."""

    status: int
    media: str
    body: bytes
    closed: str | None

    @property
    def code(self) -> str:
        """The first error's code."""
        return str(json.loads(self.body)["errors"][0]["extensions"]["code"])


async def rows(desk: Desk, party: str, accept: str, query: str, **more: Any) -> Rows:
    headers = {"authorization": "Bearer " + await desk.token(party), "accept": accept}
    async with desk.pages.client.post(desk.pages.url + "/graphql", json={"query": query, **more}, headers=headers) as response:
        return Rows(response.status, response.headers["content-type"], await response.read(), response.headers.get("x-cellgate-closed"))


async def test_every_format_holds_the_answer_s_rows(desk: Desk) -> None:
    page = (await desk.ask("miit", QUERY, {}))["data"]["batteries"]
    makers = [node.pop("manufacturer")["name"] for node in page["nodes"]]
    wanted = [{**node, "manufacturer.name": maker} for node, maker in zip(page["nodes"], makers)]
    found = {accept: await rows(desk, "miit", accept, QUERY) for accept in (CSV, NDJSON, ARROW, PARQUET)}
    assert {accept: each.media for accept, each in found.items()} == {CSV: CSV + "; charset=utf-8", NDJSON: NDJSON, ARROW: ARROW, PARQUET: PARQUET}
    lines = list(csv.reader(io.StringIO(found[CSV].body.decode(), newline="")))
    assert lines[0] == list(wanted[0])
    assert lines[1:-1] == [[str(value) for value in row.values()] for row in wanted]
    assert lines[-1][0].startswith("#cut LIMIT after=")
    told = [json.loads(line) for line in found[NDJSON].body.splitlines()]
    assert told[:-1] == wanted
    assert told[-1]["#cut"]["code"] == "LIMIT"
    arrow = pyarrow.ipc.open_stream(found[ARROW].body).read_all()
    assert arrow.equals(pyarrow.parquet.read_table(io.BytesIO(found[PARQUET].body)))
    assert arrow.column("code").to_pylist() == [row["code"] for row in wanted]


async def test_a_list_below_one_object_is_a_table_fragments_and_aliases_included(desk: Desk) -> None:
    code = (await desk.ask("miit", "{ batteries(first: 1) { nodes { code } } }", {}))["data"]["batteries"]["nodes"][0]["code"]
    fragment = "fragment F on Battery { what: events(first: 3) { edges { node { kind: type } } } }"
    query = "query One($code: BatteryCode!) { pack: battery(code: $code) { ...F } } " + fragment
    told = await rows(desk, "miit", CSV, query, variables={"code": code})
    events = (await desk.ask("miit", query, {"code": code}))["data"]["pack"]["what"]["edges"]
    assert told.body.decode().split("\r\n") == ["kind", *(each["node"]["kind"] for each in events), ""]


@pytest.mark.parametrize(
    ("query", "told_of"),
    [
        ("{ batteries(first: 0) { nodes { code } } }", "INVALID_PAGE"),
        ('{ batteries(first: 1, after: "x") { nodes { code } } }', "INVALID_CURSOR"),
    ],
)
async def test_where_there_are_no_rows_the_errors_say_why(desk: Desk, query: str, told_of: str) -> None:
    told = await rows(desk, "miit", CSV, query)
    errors = json.loads(told.body)["errors"]
    assert (told.status, [each["extensions"]["code"] for each in errors]) == (406, ["NOT_ACCEPTABLE", told_of])
    assert errors[1:] == (await desk.ask("miit", query, {}))["errors"]


async def test_a_closed_column_is_empty_and_named(desk: Desk) -> None:
    told = await rows(desk, "battery-maker", CSV, "{ batteries(first: 3) { nodes { code stateOfHealth } } }")
    assert told.closed == "stateOfHealth"
    assert all(line.endswith(",") for line in told.body.decode().split("\r\n")[1:-1])


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("{ a: batteries(first: 1) { nodes { code } } b: batteries(first: 1) { nodes { code } } }", 406, "NOT_ACCEPTABLE"),
        ('{ battery(code: "Z00PB000000A3GG2D0000023") { code } }', 406, "NOT_ACCEPTABLE"),
        ("{ batteries(first: 1) { totalCount } }", 406, "NOT_ACCEPTABLE"),
        ("{ __typename }", 406, "NOT_ACCEPTABLE"),
        ("{ __schema { types { name } } }", 406, "NOT_ACCEPTABLE"),
        ('{ __type(name: "Query") { fields { name } } }', 406, "NOT_ACCEPTABLE"),
        ("{ batteries(first: 1) @skip(if: true) { nodes { code } } }", 406, "NOT_ACCEPTABLE"),
        ("{ batteries(first: 1) { nodes @include(if: false) { code } } }", 406, "NOT_ACCEPTABLE"),
        ("{ batteries(first: 1) { edges { node @skip(if: true) { code } } } }", 406, "NOT_ACCEPTABLE"),
        ("{ batteries(first: 999) { nodes { code } } }", 400, "LIMIT_PAGE_SIZE"),
        ("{ nothing { nodes { code } } }", 400, None),
        ("{ batteries(first: 1) { nodes { ...F } } } fragment F on Battery { ...F }", 400, None),
        ("mutation { __typename }", 405, "METHOD_NOT_ALLOWED"),
        ("{", 400, None),
    ],
)
async def test_what_is_no_table_is_refused(desk: Desk, query: str, status: int, code: str | None) -> None:
    told = await rows(desk, "miit", CSV, query)
    assert told.status == status
    assert told.media.startswith("application/json")
    assert code is None or told.code == code


async def test_who_takes_json_gets_json(desk: Desk) -> None:
    for accept in ("text/csv, application/json", "text/csv, */*", "*/*"):
        assert (await rows(desk, "miit", accept, QUERY)).media.startswith("application/json")
    for accept in ("text/html", "text/csv;q=0", "text/csv ; q=0.000", "text/csv;header=present;Q=0"):
        assert (await rows(desk, "miit", accept, QUERY)).code == "NOT_ACCEPTABLE", accept
    assert (await rows(desk, "miit", "text/csv;q=0, application/x-ndjson;q=0.1", QUERY)).media == NDJSON
