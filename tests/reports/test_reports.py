"""This module is in charge of who may read which report, what a request for one may say, and how one ends before its end."""

from __future__ import annotations

import asyncio
import base64
import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from gateway.foundation import Foundation
from tests.reports.conftest import Desk
from tests.web.pages import Page, pages_over


def code_of(page: Page) -> str:
    code: str = json.loads(page.text)["errors"][0]["extensions"]["code"]
    return code


async def test_each_party_is_told_of_its_own_reports(desk: Desk) -> None:
    listed = {party: [each["name"] for each in json.loads((await desk.read(party, "")).text)["reports"]] for party in ("recycler", "miit", "public")}
    assert listed == {"recycler": ["packs", "events", "secret"], "miit": ["packs", "events"], "public": []}


async def test_what_is_not_for_the_caller_is_not_there(desk: Desk) -> None:
    answers = [await desk.read("miit", file) for file in ("/secret.csv", "/nothing.csv", "/packs.exe", "/packs", "/secret.csv?x=1")]
    assert {each.status for each in answers} == {404}
    assert len({each.body for each in answers}) == 1


async def test_columns_follow_the_selection_fragments_and_aliases_included(desk: Desk) -> None:
    page = await desk.read("recycler", "/secret.csv?in=LFP&in=NCM811")
    lines = list(csv.reader(io.StringIO(page.text, newline="")))
    assert lines[0] == ["kind", "maker.nameEn", "id"]
    query = "{ batteries(filter: {chemistry: {in: [LFP, NCM811]}}) { totalCount } }"
    assert len(lines) - 1 == (await desk.ask("recycler", query, {}))["data"]["batteries"]["totalCount"] > 1
    assert {line[0] for line in lines[1:]} == {"Battery"}


async def test_a_variable_narrows_the_rows_as_in_the_graph(desk: Desk) -> None:
    page = await desk.read("miit", '/packs.json?filter={"chemistry":{"eq":"LFP"}}')
    rows = json.loads(page.text)["rows"]
    assert {row["chemistry"] for row in rows} == {"LFP"}
    counted = await desk.ask("miit", "{ batteries(filter: {chemistry: {eq: LFP}}) { totalCount } }", {})
    assert len(rows) == counted["data"]["batteries"]["totalCount"]


async def test_a_closed_column_is_empty_and_named(desk: Desk) -> None:
    page = await desk.read("battery-maker", "/packs.json")
    closed = page.headers["x-cellgate-closed"].split(", ")
    assert "stateOfHealth" in closed
    assert {row[name] for row in json.loads(page.text)["rows"] for name in closed if "." not in name} <= {None}
    assert "x-cellgate-closed" not in (await desk.read("miit", "/packs.json?limit=1")).headers


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("limit=0", 400, "MALFORMED_REQUEST"),
        ("limit=-1", 400, "MALFORMED_REQUEST"),
        ("limit=%D9%A3", 400, "MALFORMED_REQUEST"),
        ("limit=99999999999999", 400, "MALFORMED_REQUEST"),
        ("limit=1&limit=2", 400, "MALFORMED_REQUEST"),
        ("bom=yes", 400, "MALFORMED_REQUEST"),
        ("first=5", 400, "MALFORMED_REQUEST"),
        ("nothing=1", 400, "MALFORMED_REQUEST"),
        ("filter={}&filter={}", 400, "MALFORMED_REQUEST"),
        ("filter=x", 400, "VARIABLE_INVALID"),
        ('filter={"chemistry":{"eq":"GOLD"}}', 400, "VARIABLE_INVALID"),
        ("after=nonsense", 422, "INVALID_CURSOR"),
        ("&".join(["x=1"] * 1001), 400, "MALFORMED_REQUEST"),
        ("access_token=x", 400, "INVALID_REQUEST"),
    ],
)
async def test_wrong_parameters_are_refused_before_a_row(desk: Desk, query: str, status: int, code: str) -> None:
    page = await desk.read("miit", "/packs.csv?" + query)
    assert (page.status, code_of(page)) == (status, code)
    assert page.headers["content-type"] == "application/json"


async def test_a_cursor_is_of_its_party(desk: Desk) -> None:
    cut = json.loads((await desk.read("miit", "/packs.json?limit=1")).text)["cut"]
    assert cut["code"] == "LIMIT"
    assert code_of(await desk.read("province", "/packs.json?after=" + cut["after"])) == "INVALID_CURSOR"


async def test_nobody_reads_without_a_token(desk: Desk) -> None:
    for path in ("/reports", "/reports/packs.csv"):
        page = await desk.pages.get(path)
        assert (page.status, code_of(page)) == (401, "UNAUTHENTICATED")
    assert (await desk.pages.get("/reports/packs.csv", "POST")).status == 405


def basic(client: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client}:{secret}".encode()).decode()


async def test_http_basic_is_for_reports_and_for_clients_that_were_named(desk: Desk) -> None:
    secrets = json.loads((desk.base / "keys" / "clients.json").read_text())
    good, other = basic("miit", secrets["miit"]["secret"]), basic("recycler", secrets["recycler"]["secret"])
    page = await desk.pages.get("/reports/packs.csv?limit=2", authorization=good)
    assert page.status == 200
    assert page.body == (await desk.read("miit", "/packs.csv?limit=2")).body
    for wrong in (other, basic("miit", "wrong"), basic("nobody", "x"), "Basic ", "Basic %%%"):
        refused = await desk.pages.get("/reports/packs.csv", authorization=wrong)
        assert refused.status == 401, wrong
        assert "Basic realm" in ", ".join(value for name, value in refused.headers.items() if name == "www-authenticate")
    async with desk.pages.client.post(desk.pages.url + "/graphql", json={"query": "{ __typename }"}, headers={"authorization": good}) as response:
        assert response.status == 401


class Clock:
    """Time that leaps by an hour after so many looks at it."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def __call__(self) -> datetime:
        self.looks -= 1
        return datetime.now(UTC) + (timedelta(hours=1) if self.looks < 0 else timedelta())


async def test_a_token_that_ends_midway_cuts_the_report_and_says_so(small_demo: Foundation, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(1_000_000)
    monkeypatch.setattr("gateway.app.clock", clock)
    async with pages_over(small_demo, reports=str(folder)) as pages:
        desk = Desk(pages, small_demo.base)
        whole = [row["code"] for row in json.loads((await desk.read("miit", "/packs.json")).text)["rows"]]

        async def cut(format_: str) -> bytes:
            # One look to authenticate, one for each page.
            clock.looks = 4
            page = await desk.read("miit", "/packs." + format_)
            clock.looks = 1_000_000
            assert page.status == 200
            return page.body

        told = json.loads(await cut("json"))
        assert (told["complete"], told["cut"]["code"]) == (False, "INVALID_TOKEN")
        # One page, two as one, four as one.
        assert [row["code"] for row in told["rows"]] == whole[: (1 + 2 + 2) * 23]
        rest = json.loads((await desk.read("miit", "/packs.json?after=" + told["cut"]["after"])).text)
        assert [row["code"] for row in told["rows"] + rest["rows"]] == whole
        last = list(csv.reader(io.StringIO((await cut("csv")).decode(), newline="")))[-1]
        assert last[0] == f"#cut INVALID_TOKEN after={told['cut']['after']}"
        assert json.loads((await cut("ndjson")).splitlines()[-1]) == {"#cut": told["cut"]}
        arrow, parquet = await cut("arrow"), await cut("parquet")
        for body in (arrow, parquet):
            assert body.endswith(f"#cut INVALID_TOKEN after={told['cut']['after']}".encode())
        with pytest.raises((pyarrow.ArrowInvalid, OSError)):
            pyarrow.ipc.open_stream(arrow).read_all()
        with pytest.raises(pyarrow.ArrowInvalid):
            pyarrow.parquet.read_table(io.BytesIO(parquet))


async def test_every_page_is_written_down_for_the_audit(desk: Desk, small_demo: Foundation) -> None:
    page = await desk.read("miit", "/packs.csv?limit=60", x_request_id="report-audit-test-1")
    assert page.status == 200
    found: list[tuple[str, str]] = []
    for _ in range(100):
        async with small_demo.database.reading(role="system") as session:
            rows = await session.fetch("select client_id, outcome from audit.access where request_id = 'report-audit-test-1'")
        found = [tuple(row.values()) for row in rows]
        if len(found) == 3:
            break
        await asyncio.sleep(0.1)
    assert found == [("miit", "answered")] * 3
