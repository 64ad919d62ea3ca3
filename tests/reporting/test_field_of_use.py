"""A sale without field of use, by every way that a report comes: one refusal, with where the product stands, and a finding where it is of used cells."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from resolvers.identifiers import BatteryType, ProductType, make_battery_code
from resolvers.importing import import_file, rejects_path
from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.recording.report import Recorded
from tests.conftest import Databases
from tests.recording.making import equipped, held, product, reprocess
from tests.recording.world import FIRMS, NOW, Book, rows
from tests.reporting.serving import Parties, parties_of

WAYS = ("mutation", "batch", "ingest", "import")
NO_FIELD = "fieldOfUse: a product, and its sale, name the field that it is to be used in."


@pytest.fixture
async def served(databases: Databases) -> AsyncIterator[Parties]:
    database = await databases.make()
    async with parties_of(database) as found:
        book = await equipped(Book(database, itertools.count(10_000)))
        await held(book, 1, 2)
        for source, subject in enumerate((of_cells(1), product(2)), 1):
            assert isinstance(await reprocess(book, subject, source), Recorded)
        yield found
        assert [str(each) for each in (await rebuild(database, lambda _stage, _done: None)).differences] == []
    await databases.drop(database)


def of_cells(number: int) -> str:
    """The code of a product of single cells."""
    head = ("0R2", ProductType.PACK, BatteryType.LITHIUM_IRON_PHOSPHATE, "3K")
    return make_battery_code(*head, date(2026, 5, 16), number, reused_level=ProductType.CELL)


def sale(subject: str, way: str) -> dict[str, Any]:
    named = {"clientReference": f"{way} {subject}", "buyerName": "A shop", "region": "440300"}
    return {"code": subject, "occurredAt": "2026-05-25T08:00:00Z", **named}


async def sold(parties: Parties, way: str, subject: str, folder: Path) -> dict[str, Any]:
    """Rule, message, state and allowed events of the refusal."""
    told = sale(subject, way)
    wanted = "{ rule message state allowed }"
    if way == "mutation":
        body = await parties.ask("recycler", f"mutation ($input: ProductSoldInput!) {{ told: reportProductSold(input: $input) {wanted} }}", {"input": told})
        return dict(body["data"]["told"])
    if way == "batch":
        query = f"mutation ($all: [LifecycleEventInput!]!) {{ told: reportLifecycleEvents(events: $all) {wanted} }}"
        return dict((await parties.ask("recycler", query, {"all": [{"productSold": told}]}))["data"]["told"][0])
    line = {"type": "PRODUCT_SOLD", **told}
    if way == "import":
        path = folder / f"{subject}.ndjson"
        path.write_text(json.dumps({"reporter": FIRMS["recycler"], **line}) + "\n", encoding="utf-8")
        await import_file(path, None, parties.database, reported_by=None, moment=NOW)
        (rejected,) = map(json.loads, rejects_path(path).read_text().splitlines())
        return {name: rejected[name] for name in ("rule", "message", "state", "allowed")}
    headers = {"Authorization": "Bearer " + await parties.token("recycler"), "Content-Type": "application/x-ndjson"}
    async with parties.http.post(parties.url + "/ingest", data=json.dumps(line) + "\n", headers=headers) as response:
        error = json.loads((await response.text()).splitlines()[0])["error"]
    return {"rule": error["code"], **{name: error[name] for name in ("message", "state", "allowed")}}


@pytest.mark.parametrize("way", WAYS)
async def test_it_is_refused_for_that_and_a_finding_where_it_is_of_cells(served: Parties, way: str, tmp_path: Path) -> None:
    for subject, findings in ((of_cells(1), ["R13"]), (product(2), [])):
        told = await sold(served, way, subject, tmp_path)
        assert (told["rule"], told["message"], told["state"]) == ("FIELD_OF_USE_MISSING", NO_FIELD, "CODED")
        assert "PRODUCT_SOLD" in told["allowed"]
        assert "SOLD" not in told["allowed"]
        found = await rows(served.database, "select rule, figures::text, attempt::text from battery.finding where code = $1", subject)
        assert [row["rule"] for row in found] == findings
        for row in found:
            assert json.loads(row["figures"]) == {"fieldOfUse": None, "buyerBusiness": None, "reason": "NO_FIELD"}
            attempt = json.loads(row["attempt"])
            assert (attempt["type"], attempt["reporter"], attempt["refused"]) == ("PRODUCT_SOLD", FIRMS["recycler"], "FIELD_OF_USE_MISSING")
