"""What dismantling released, over HTTP: each module and cell is found by its own code, and shows its origin and its later life to whom these are open."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest

from resolvers.ledger.recording.rebuild import rebuild
from tests.conftest import Databases
from tests.recording.least import least
from tests.recording.making import MODULE_KG, cell, equipped, held, modular, module
from tests.recording.world import FIRMS, Book, code
from tests.reporting.serving import Parties, parties_of
from tests.reporting.test_making import report

ITEM: Final = """query ($code: BatteryCode!) { battery(code: $code) {
  code status productType massKg cellCount manufacturer { uscc } model { id } custodian { uscc } originProvince { code } releasedFrom { code }
  sources { totalCount nodes { code } } products { totalCount nodes { code } } events { nodes { type reporter { uscc } } }
  custody { nodes { holder { uscc } } } } }"""


@pytest.fixture(scope="module")
async def served(databases: Databases) -> AsyncIterator[Parties]:
    database = await databases.make()
    async with parties_of(database) as found:
        book = await equipped(Book(database, itertools.count(10_000)))
        await held(book, *range(1, 6), pack=modular)
        yield found
        assert [str(each) for each in (await rebuild(database, lambda _stage, _done: None)).differences] == []
    await databases.drop(database)


def apart(number: int, *items: str, **more: Any) -> dict[str, Any]:
    return {
        "code": code(number), "occurredAt": "2026-05-20T08:00:00Z", "clientReference": f"apart-{number}",
        "released": [{"code": each} for each in items], "massKg": 419.5, **more,
    }  # fmt: skip


async def item(parties: Parties, by: str, subject: str) -> Any:
    body = await parties.ask(by, ITEM, {"code": subject})
    return body["data"]["battery"]


async def test_each_party_sees_of_an_item_what_the_item_s_own_life_opens(served: Parties) -> None:
    wanted = "{ outcome rule message event { type } battery { code status products { totalCount nodes { code productType releasedFrom { code } } } } }"
    told = await report(served, "recycler", "dismantled", apart(1, module(1), cell(1, 27)), wanted)
    items = [{"code": each, "productType": kind, "releasedFrom": {"code": code(1)}} for each, kind in ((cell(1, 27), "CELL"), (module(1), "MODULE"))]
    assert told == {
        "outcome": "RECORDED", "rule": None, "message": None, "event": {"type": "DISMANTLED"},
        "battery": {"code": code(1), "status": "DISMANTLED", "products": {"totalCount": 2, "nodes": items}},
    }  # fmt: skip
    offer = {"code": module(1), "occurredAt": "2026-05-21T08:00:00Z", "clientReference": "on-1", "receiver": FIRMS["recycler2"], "purpose": "UTILIZATION",
             "declaredMassKg": 80.0}  # fmt: skip
    assert (await report(served, "recycler", "handedOver", offer, "{ outcome rule }"))["outcome"] == "RECORDED"
    taken = {"code": module(1), "occurredAt": "2026-05-22T08:00:00Z", "clientReference": "here-1", "measuredMassKg": 80.0}
    assert (await report(served, "recycler2", "received", taken, "{ outcome rule }"))["outcome"] == "RECORDED"

    identity = {"code": module(1), "status": "STORED", "productType": "MODULE", "massKg": MODULE_KG, "cellCount": 26, "model": {"id": "MOD-60"},
                "manufacturer": {"uscc": FIRMS["maker"]}}  # fmt: skip
    for by in ("recycler", "recycler2", "maker", "oem", "swap", "scrap", "miit"):
        seen = await item(served, by, module(1))
        assert {name: seen[name] for name in identity} == identity, by
    nothing, pack = {"totalCount": 0, "nodes": []}, {"totalCount": 1, "nodes": [{"code": code(1)}]}
    # Its whole life is for the authority.
    whole = await item(served, "miit", module(1))
    assert [(each["type"], each["reporter"]["uscc"]) for each in whole["events"]["nodes"]] == [
        ("RELEASED", FIRMS["recycler"]), ("HANDED_OVER", FIRMS["recycler"]), ("RECEIVED", FIRMS["recycler2"]),
    ]  # fmt: skip
    assert [each["holder"]["uscc"] for each in whole["custody"]["nodes"]] == [FIRMS["recycler"], FIRMS["recycler2"]]
    assert (whole["releasedFrom"], whole["sources"], whole["originProvince"]) == ({"code": code(1)}, pack, {"code": "440000"})
    # Who holds it now knows where packs of that kind came from, and nothing of the pack itself.
    holder = await item(served, "recycler2", module(1))
    assert (holder["custodian"], holder["originProvince"]) == ({"uscc": FIRMS["recycler2"]}, {"code": "440000"})
    assert (holder["releasedFrom"], holder["sources"]) == (None, nothing)
    # Its maker made the pack, too, and sees that the one came out of the other; not who did it, and not where it went.
    maker = await item(served, "maker", module(1))
    assert (maker["releasedFrom"], maker["sources"], maker["custodian"], maker["originProvince"]) == ({"code": code(1)}, pack, None, None)
    assert maker["events"]["nodes"] == []
    # Who had the pack before knows the item's code as anybody does.
    for by in ("swap", "oem", "scrap"):
        past = await item(served, by, module(1))
        assert (past["releasedFrom"], past["sources"], past["custodian"], past["custody"], past["events"]["nodes"]) == (None, nothing, None, None, []), by
        assert (await item(served, by, code(1)))["products"] == nothing, by
        assert (await item(served, by, code(1)))["status"] == "DISMANTLED"


async def test_lists_tell_packs_from_what_came_out_of_them(served: Parties) -> None:
    assert (await report(served, "recycler", "dismantled", apart(2, module(2), module(2, 2), cell(2, 104)), "{ outcome rule }"))["outcome"] == "RECORDED"
    query = "query ($of: BatteryFilter) { batteries(filter: $of, first: 50) { totalCount nodes { code productType } } }"

    async def codes(by: str, wanted: str, **of: Any) -> list[str]:
        body = await served.ask(by, query, {"of": {"productType": of, "code": {"in": [code(2), module(2), module(2, 2), cell(2, 104)]}}})
        assert {each["productType"] for each in body["data"]["batteries"]["nodes"]} <= set(wanted.split())
        return [each["code"] for each in body["data"]["batteries"]["nodes"]]

    assert await codes("recycler", "PACK", eq="PACK") == [code(2)]
    assert await codes("recycler", "MODULE CELL", **{"in": ["MODULE", "CELL"]}) == [cell(2, 104), module(2), module(2, 2)]
    # The pack's past holders have nothing of what came out of it, now that the pack is out of their lists.
    assert await codes("swap", "", **{"in": ["PACK", "MODULE", "CELL"]}) == []
    assert await codes("maker", "MODULE", eq="MODULE") == [module(2), module(2, 2)]


async def test_the_feed_tells_of_items_to_whom_they_are_there(served: Parties) -> None:
    assert (await report(served, "recycler", "dismantled", apart(3, module(3)), "{ outcome rule }"))["outcome"] == "RECORDED"
    query = "query ($after: String) { changes(first: 200, after: $after) { nodes { event { type } battery { code } } pageInfo { endCursor hasNextPage } } }"

    async def told(by: str) -> list[str]:
        found, after = list[str](), None
        while True:
            page = (await served.ask(by, query, {"after": after}))["data"]["changes"]
            # An event of category H is in nobody's list who has not to do with it: its place in the feed is empty.
            found += [(each["event"] or {}).get("type", "-") for each in page["nodes"] if each["battery"] == {"code": module(3)}]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return found

    assert await told("recycler") == await told("miit") == ["RELEASED"]
    assert set(await told("maker")) <= {"-"}
    for by in ("swap", "oem", "scrap", "recycler2"):
        assert await told(by) == [], by


async def test_streams_and_batches_of_mutations_are_one_with_it(served: Parties) -> None:
    """A line of NDJSON, a row of CSV and a mutation say the same; and a refusal has its place everywhere."""
    given = apart(4, module(4), module(4, 2))
    assert (await report(served, "recycler", "dismantled", given, "{ outcome rule }"))["outcome"] == "RECORDED"
    headers = {"Authorization": "Bearer " + await served.token("recycler"), "Content-Type": "application/x-ndjson"}
    lines = [{"type": "DISMANTLED", **least("DISMANTLED", each)} for each in (given, apart(5, module(5), module(4)))]
    async with served.http.post(served.url + "/ingest", data=b"\n".join(json.dumps(each).encode() for each in lines), headers=headers) as response:
        again, refused, _ = [json.loads(line) for line in (await response.text()).splitlines()]
    assert (again["status"], again["event"]["code"]) == ("DUPLICATE", code(4))
    assert refused["error"]["code"] == "RELEASED_UNKNOWN"
    assert refused["error"]["message"].startswith("released[1].code: ")
    table = f"type,code,occurredAt,clientReference,massKg,released\nDISMANTLED,{code(5)},2026-05-20T08:00:00Z,csv-5,420,{module(5)} {cell(5, 104)}\n"
    async with served.http.post(served.url + "/ingest", data=table, headers={**headers, "Content-Type": "text/csv"}) as response:
        assert json.loads((await response.text()).splitlines()[0])["status"] == "RECORDED"
    assert (await item(served, "recycler", cell(5, 104)))["massKg"] == pytest.approx(MODULE_KG / 26)
    query = "mutation ($all: [LifecycleEventInput!]!) { told: reportLifecycleEvents(events: $all) { outcome rule message } }"
    other = {**given, "clientReference": "other", "occurredAt": "2026-05-21T08:00:00Z"}
    body = await served.ask("recycler", query, {"all": [{"dismantled": least("DISMANTLED", each)} for each in (given, other)]})
    assert [(each["outcome"], each["rule"]) for each in body["data"]["told"]] == [("REPLAYED", None), ("REFUSED", "ILLEGAL_TRANSITION")]
