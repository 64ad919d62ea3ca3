"""This module is in charge of attacks on reports: cursors that are somebody else's, rows that come while a report is read, names that are formulas,
tokens that are revoked in the middle, and credentials that are nearly right."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import csv
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import aiohttp
import pandas
import pyarrow
import pyarrow.parquet
import pytest

from gateway.foundation import Foundation
from gateway.operation.document import GraphQLRequest
from gateway.pipeline import GraphQLResponse, run
from resolvers.demo.clients import fetch_demo_token
from tests.reports.conftest import Desk
from tests.reports.test_formats import piece
from tests.reports.test_reports import basic, code_of

FORMATS = ("csv", "ndjson", "json", "arrow", "parquet")
# What a spreadsheet would run, in quotes, behind blanks, and in the forms of another keyboard; and what only looks like it.
NAMES = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "\rx", '"=1+1', "\uff1d1", "\uff0b1", "\uff0d1", "\uff201", " =1+1", " -1",
         "\u3000\uff1d1", "'=1", "a=1", "\x1f=1", "\x1e")  # fmt: skip


async def cursor(desk: Desk, party: str, file: str) -> str:
    """Where the first row of a report ends."""
    return str(json.loads((await desk.read(party, file)).text)["cut"]["after"])


async def test_a_cursor_is_of_its_party_its_list_its_order_and_its_filter(desk: Desk) -> None:
    good = await cursor(desk, "miit", "/packs.json?limit=1")
    others = [
        ("province", "packs", ""),
        ("recycler", "packs", ""),
        ("miit", "events", ""),
        ("miit", "packs", '&filter={"chemistry":{"eq":"LFP"}}'),
    ]
    for format_ in FORMATS:
        for party, name, more in others:
            page = await desk.read(party, f"/{name}.{format_}?after={good}{more}")
            assert (page.status, code_of(page), page.headers["content-type"]) == (422, "INVALID_CURSOR", "application/json"), (party, name, more)
    assert (await desk.read("miit", f"/packs.csv?limit=1&after={good}")).status == 200
    event = await cursor(desk, "miit", "/events.json?limit=1")
    for order in ('{"field":"RECORDED_AT","direction":"DESC"}', '{"field":"CODE"}'):
        assert code_of(await desk.read("miit", f"/events.csv?after={event}&orderBy={order}")) == "INVALID_CURSOR"


async def test_a_cursor_that_was_tampered_with_says_the_same_as_one_that_never_was(desk: Desk) -> None:
    good = await cursor(desk, "miit", "/events.json?limit=1")
    never = await desk.read("miit", "/events.csv?after=nonsense")
    tampered = [good[:n] + ("A" if good[n] != "A" else "B") + good[n + 1 :] for n in range(0, len(good) - 1, 5)]
    for each in (*tampered, good[:-4], good + "AAAA", good * 9, "A" * 600, quote("é"), "A", ""):
        page = await desk.read("miit", "/events.csv?after=" + each)
        assert (page.status, page.body) == (never.status, never.body), each


@contextlib.asynccontextmanager
async def recorded(foundation: Foundation, places: tuple[int, ...]) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Records two events behind each of these places of the list, in its order, at once when asked; they are gone in the end."""
    taken: list[tuple[str, int]] = []

    async def add() -> None:
        async with foundation.database.transaction("admin") as connection:
            known = await connection.fetch("select code, seq from battery.event order by recorded_at, code, seq")
            for place in places:
                for seq in (30_000, 30_001):
                    code = known[place]["code"]
                    await connection.execute(
                        "insert into battery.event select (jsonb_populate_record(e, jsonb_build_object('seq', $3::int))).* from battery.event e"
                        " where code = $1 and seq = $2",
                        code,
                        known[place]["seq"],
                        seq,
                    )
                    taken.append((code, seq))

    try:
        yield add
    finally:
        async with foundation.database.transaction("admin") as connection:
            for code, seq in taken:
                await connection.execute("delete from battery.event where code = $1 and seq = $2", code, seq)


@pytest.mark.parametrize("format_", FORMATS)
async def test_rows_that_come_between_pages_are_read_once_or_not_at_all(desk: Desk, small_demo: Foundation, format_: str) -> None:
    whole = json.loads((await desk.read("miit", "/events.json")).text)["rows"]
    first, after = piece(format_, (await desk.read("miit", f"/events.{format_}?limit=100")).body, "batteryCode")
    async with recorded(small_demo, (40, 400)) as add:
        await add()
        rest, end = piece(format_, (await desk.read("miit", f"/events.{format_}?after={after}")).body, "batteryCode")
        now = json.loads((await desk.read("miit", "/events.json")).text)["rows"]
    assert end is None
    assert len(now) == len(whole) + 4
    # Those before the cursor are not read, those behind it are, each where it stands; what was there is there once.
    behind = now[102:]
    assert first == [row["batteryCode"] for row in whole[:100]]
    assert rest == [row["batteryCode"] for row in behind]


@contextlib.asynccontextmanager
async def named(foundation: Foundation, name: str) -> AsyncIterator[None]:
    """Every enterprise by that name."""
    async with foundation.database.transaction("admin") as connection:
        before = await connection.fetch("select uscc, name from enterprise.enterprise")
        await connection.execute("update enterprise.enterprise set name = $1", name)
    try:
        yield
    finally:
        async with foundation.database.transaction("admin") as connection:
            await connection.executemany("update enterprise.enterprise set name = $2 where uscc = $1", [tuple(row) for row in before])


@pytest.mark.parametrize("name", NAMES)
async def test_no_name_is_a_formula_in_csv_and_every_name_is_itself_elsewhere(desk: Desk, small_demo: Foundation, name: str) -> None:
    async with named(small_demo, name):
        read = {format_: (await desk.read("miit", f"/packs.{format_}?limit=60")).body for format_ in FORMATS}
    heads, *lines, _cut = csv.reader(io.StringIO(read["csv"].decode(), newline=""))
    frame = pandas.read_csv(io.BytesIO(read["csv"]), dtype=str, keep_default_na=False)
    runs = name.lstrip(" \u3000").startswith(("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20"))
    wanted = "'" + name if runs else name
    assert {line[heads.index("manufacturer.name")] for line in lines} == {wanted}
    assert set(frame["manufacturer.name"][:-1]) == {wanted}
    # Numbers are numbers.
    assert all(float(line[heads.index("massKg")]) > 0 and line[heads.index("cellCount")].isdigit() for line in lines)
    assert {json.loads(line).get("manufacturer.name", name) for line in read["ndjson"].splitlines()} == {name}
    assert {row["manufacturer.name"] for row in json.loads(read["json"])["rows"]} == {name}
    arrow = pyarrow.ipc.open_stream(read["arrow"]).read_all()
    assert arrow.equals(pyarrow.parquet.read_table(io.BytesIO(read["parquet"])))
    assert set(arrow["manufacturer.name"].to_pylist()) == {name}


async def test_no_name_is_a_formula_in_rows_of_an_operation(desk: Desk, small_demo: Foundation) -> None:
    query = "{ batteries(first: 3) { nodes { manufacturer { name } massKg } pageInfo { hasNextPage endCursor } } }"
    headers = {"authorization": "Bearer " + await desk.token("miit"), "accept": "text/csv"}
    for name in NAMES:
        async with named(small_demo, name), desk.pages.client.post(desk.pages.url + "/graphql", json={"query": query}, headers=headers) as response:
            cells = list(csv.reader(io.StringIO((await response.read()).decode(), newline="")))
        assert {line[0] for line in cells[1:-1]} <= {name, "'" + name}
        assert not any(line[0].lstrip(" \u3000").startswith(("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")) for line in cells)


async def test_who_waits_behind_too_many_secrets_is_told_when_to_come_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = json.loads((desk.base / "keys" / "clients.json").read_text())["miit"]["secret"]
    monkeypatch.setattr("auth.secret_checks.AT_ONCE", 0)
    monkeypatch.setattr("auth.secret_checks.WAITING", 0)
    for path in ("/reports", "/reports/packs.csv"):
        page = await desk.pages.get(path, authorization=basic("miit", secret))
        assert (page.status, page.headers["retry-after"], code_of(page)) == (429, "2", "TOO_MANY_REQUESTS")
        assert (await desk.pages.get(path, authorization="Bearer " + await desk.token("miit"))).status == 200


@pytest.mark.parametrize("format_", FORMATS)
async def test_a_token_that_is_revoked_midway_ends_the_report_with_a_mark(
    desk: Desk, small_demo: Foundation, format_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = json.loads((desk.base / "keys" / "clients.json").read_text())
    token = await fetch_demo_token(desk.pages.url, small_demo.base, "miit")
    asked = 0

    async def revoking(request: GraphQLRequest, *given: Any) -> GraphQLResponse:
        nonlocal asked
        asked += 1
        if asked == 3:
            proof = {"authorization": basic("miit", secrets["miit"]["secret"])}
            async with desk.pages.client.post(desk.pages.url + "/oauth/revoke", data={"token": token}, headers=proof) as response:
                assert response.status == 200
        return await run(request, *given)

    whole = json.loads((await desk.read("miit", "/events.json")).text)["rows"]
    with monkeypatch.context() as patch:
        patch.setattr("gateway.reports.endpoint.run", revoking)
        page = await desk.pages.get(f"/reports/events.{format_}", authorization="Bearer " + token)
    mark = page.body[-400:].decode(errors="replace")
    assert (page.status, asked) == (200, 3)
    assert "INVALID_TOKEN" in mark
    after = mark.partition("after")[2].lstrip('=":').split('"')[0].strip("\r\n").split(",")[0]
    assert (await desk.pages.get("/reports/events.csv", authorization="Bearer " + token)).status == 401
    rest = json.loads((await desk.read("miit", "/events.json?after=" + after)).text)["rows"]
    # What was being read when it was revoked is shown, and nothing after it: three pages, as one, two and four.
    assert rest == whole[7 * 23 :]


async def test_basic_is_read_as_oauth_has_it_and_refused_alike_whatever_is_wrong(desk: Desk, small_demo: Foundation) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    secrets = {name: each.get("secret", "") for name, each in json.loads((desk.base / "keys" / "clients.json").read_text()).items()}
    # RFC 6749, section 2.3.1: both parts are form-encoded, whichever characters need it.
    escaped = basic("%6d%69it", "".join(f"%{ord(each):02x}" for each in secrets["miit"]))
    assert (await desk.pages.get("/reports/packs.csv?limit=1", authorization=escaped)).status == 200
    assert (await desk.pages.get("/reports/packs.csv?limit=1", authorization=escaped.replace("Basic", "BASIC"))).status == 200
    # Good secrets of clients that may not come by this way.
    others = {name: secret for name, secret in secrets.items() if secret and name != "miit"}
    wrong = [
        *(basic(name, secret) for name, secret in others.items()),
        basic("miit", secrets["miit"] + "x"),
        basic("miit", ""),
        basic("miit", secrets["recycler"]),
        basic("recycler", secrets["recycler"]),
        basic("recycler", "x"),
        basic("nobody", "x"),
        basic("miit%00", secrets["miit"]),
        basic("miit", "%ff%fe"),
        basic("MIIT", secrets["miit"]),
        basic("", ""),
        "Basic " + base64.b64encode(b"miit").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "Basic " + "A" * 5000,
        "Basic é",
    ]
    refused = [await desk.pages.get("/reports/packs.csv", authorization=each) for each in wrong]
    assert {(page.status, page.body) for page in refused} == {(401, refused[0].body)}
    # Nobody is given a token and then refused.
    assert others
    async with small_demo.database.transaction("auth") as connection:
        assert await connection.fetchval("select count(*) from auth.token where client_id = any ($1) and issued_at >= $2", list(others), before) == 0
    # Two ways at a time are none.
    both = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=both) as client:
        headers = [("authorization", basic("miit", secrets["miit"])), ("authorization", "Bearer " + await desk.token("miit"))]
        async with client.get(desk.pages.url + "/reports/packs.csv", headers=headers) as response:
            assert response.status == 400


async def test_who_is_refused_takes_as_long_whoever_it_claims_to_be_and_is_never_locked_out(desk: Desk) -> None:
    secrets = json.loads((desk.base / "keys" / "clients.json").read_text())
    loop = asyncio.get_running_loop()

    async def took(client: str) -> float:
        began = loop.time()
        assert (await desk.pages.get("/reports/packs.csv", authorization=basic(client, "wrong"))).status == 401
        return loop.time() - began

    times = {client: min([await took(client) for _ in range(6)]) for client in ("miit", "recycler", "nobody")}
    # The check of a secret is made for everybody, those included who are not there: it is most of it.
    assert max(times.values()) < 3 * min(times.values())
    assert (await desk.pages.get("/reports/packs.csv?limit=1", authorization=basic("miit", secrets["miit"]["secret"]))).status == 200
