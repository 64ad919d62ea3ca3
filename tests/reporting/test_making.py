"""Taking apart, making new and recovery over HTTP: what each party may send, and who sees which end of what hangs together."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest

from resolvers.ledger.recording.rebuild import rebuild
from resolvers.reporting import BY_FIELD
from tests.conftest import Databases
from tests.recording.batches import at, batch
from tests.recording.least import least
from tests.recording.making import LAWFUL, STORE, equipped, held, product
from tests.recording.world import FIRMS, Book, code
from tests.reporting.serving import Parties, parties_of

LINKS = "{ battery(code: $code) { reprocessed sources(first: 5) { totalCount nodes { code status } } products { totalCount nodes { code } } } }"


@pytest.fixture(scope="module")
async def served(databases: Databases) -> AsyncIterator[Parties]:
    database = await databases.make()
    async with parties_of(database) as found:
        book = await equipped(Book(database, itertools.count(10_000)))
        await held(book, *range(1, 20))
        yield found
        assert [str(each) for each in (await rebuild(database, lambda _stage, _done: None)).differences] == []
    await databases.drop(database)


def made_of(number: int, *sources: int, **more: Any) -> dict[str, Any]:
    return {
        "code": product(number), "occurredAt": "2026-05-20T08:00:00Z", "clientReference": f"made-{number}", "sourceCodes": [code(each) for each in sources],
        "modelId": STORE, "testReport": "CQC-1", **LAWFUL, **more,
    }  # fmt: skip


async def report(parties: Parties, by: str, event: str, given: dict[str, Any], wanted: str) -> Any:
    name = event[0].upper() + event[1:]
    body = await parties.ask(by, f"mutation ($input: {name}Input!) {{ told: report{name}(input: $input) {wanted} }}", {"input": least(BY_FIELD[event], given)})
    assert "errors" not in body, body
    return body["data"]["told"]


async def links(parties: Parties, by: str, subject: str) -> Any:
    body = await parties.ask(by, f"query ($code: BatteryCode!) {LINKS}", {"code": subject})
    return body["data"]["battery"]


async def test_a_product_shows_what_it_was_made_of_to_whom_it_may(served: Parties) -> None:
    wanted = "{ outcome rule event { type } battery { code status reprocessed sources { nodes { code status } } } }"
    told = await report(served, "recycler", "reprocessed", made_of(1, 1, 2), wanted)
    sources = [{"code": code(each), "status": "REPROCESSED"} for each in (1, 2)]
    made = {"code": product(1), "status": "CODED", "reprocessed": True, "sources": {"nodes": sources}}
    assert told == {"outcome": "RECORDED", "rule": None, "event": {"type": "PRODUCED"}, "battery": made}
    nothing = {"totalCount": 0, "nodes": []}
    whole = {"reprocessed": True, "sources": {"totalCount": 2, "nodes": sources}, "products": nothing}
    back = {"reprocessed": False, "sources": nothing, "products": {"totalCount": 1, "nodes": [{"code": product(1)}]}}
    for by in ("recycler", "miit"):
        assert await links(served, by, product(1)) == whole, by
        assert await links(served, by, code(2)) == back, by
    # The makers of the source and whoever knows its code see the pack; of the product they learn nothing, and of it not what it is made of.
    for by in ("maker", "maker2", "oem", "scrap"):
        assert await links(served, by, code(2)) == {"reprocessed": False, "sources": nothing, "products": nothing}, by
    for by in ("maker2", "oem", "scrap"):
        assert await links(served, by, product(1)) == {"reprocessed": True, "sources": nothing, "products": nothing}, by
    # The battery's maker sees its own packs in it, and only those.
    assert (await links(served, "maker", product(1)))["sources"]["totalCount"] == 2


async def test_a_buyer_sees_the_product_and_not_its_sources(served: Parties) -> None:
    assert (await report(served, "recycler", "reprocessed", made_of(3, 3, 4), "{ outcome }"))["outcome"] == "RECORDED"
    sold = {"code": product(3), "occurredAt": "2026-06-01T08:00:00Z", "clientReference": "sold-3", "fieldOfUse": "STATIONARY_STORAGE", "buyer": FIRMS["scrap"]}
    told = await report(served, "recycler", "productSold", sold, "{ outcome rule }")
    assert told == {"outcome": "RECORDED", "rule": None}
    body = await served.ask("scrap", "{ batteries { nodes { code sources { totalCount } } } }")
    assert body["data"]["batteries"]["nodes"] == [{"code": product(3), "sources": {"totalCount": 0}}]


async def test_pages_of_sources(served: Parties) -> None:
    assert (await report(served, "recycler", "reprocessed", made_of(5, 5, 6, 7, 8), "{ outcome }"))["outcome"] == "RECORDED"
    wanted = "sources(first: 3, after: $after) { nodes { code } pageInfo { endCursor hasNextPage } }"
    query = f"query ($code: BatteryCode!, $after: String) {{ battery(code: $code) {{ {wanted} }} }}"
    first = (await served.ask("recycler", query, {"code": product(5)}))["data"]["battery"]["sources"]
    last = (await served.ask("recycler", query, {"code": product(5), "after": first["pageInfo"]["endCursor"]}))["data"]["battery"]["sources"]
    assert [each["code"] for each in (*first["nodes"], *last["nodes"])] == [code(each) for each in (5, 6, 7, 8)]
    assert (first["pageInfo"]["hasNextPage"], last["pageInfo"]["hasNextPage"]) == (True, False)
    stolen = await served.ask("miit", query, {"code": product(5), "after": first["pageInfo"]["endCursor"]})
    assert stolen["errors"][0]["extensions"]["code"] == "INVALID_CURSOR"


async def test_batches_and_mutations_are_one(served: Parties) -> None:
    """The same report by `reportLifecycleEvents` is the one that was recorded."""
    assert (await report(served, "recycler", "reprocessed", made_of(9, 9), "{ outcome }"))["outcome"] == "RECORDED"
    body = await served.ask(
        "recycler", "mutation ($all: [LifecycleEventInput!]!) { reportLifecycleEvents(events: $all) { outcome rule } }",
        {"all": [{"reprocessed": least("REPROCESSED", made_of(*each))} for each in ((9, 9), (10, 9), (9, 10))]},
    )  # fmt: skip
    assert [(each["outcome"], each["rule"]) for each in body["data"]["reportLifecycleEvents"]] == [
        ("REPLAYED", None), ("REFUSED", "SOURCE_USED"), ("REFUSED", "CLIENT_REFERENCE_REUSED"),
    ]  # fmt: skip


async def test_a_mechanical_batch_with_a_chemical_step_is_refused_by_mutation(served: Parties) -> None:
    given = {"occurredAt": at(10), "clientReference": "crushed", **batch({code(11): 420.0}, "B-0", process="MECHANICAL")}
    told = await report(served, "recycler", "recycled", given, "{ outcome rule message }")
    assert (told["outcome"], told["rule"], told["message"].partition(":")[0]) == ("REFUSED", "PROCESS_STEPS", "steps[1].kind")


PLANT = """query ($code: BatteryCode!) { battery(code: $code) { recovery {
  id inputMassKg packMassKg elements { element rate inputKg } steps { number kind inputKg lossKind weighingSlips } assays { step element inputKg recoveredKg }
  materials { kind material massKg } } } }"""


async def plant(parties: Parties, by: str, subject: str) -> tuple[Any, Any]:
    body = await parties.ask(by, PLANT, {"code": subject})
    return body["data"]["battery"]["recovery"], [each["policyId"] for each in body.get("extensions", {}).get("redactions", [])]


async def test_a_batch_is_shown_to_its_plant_and_its_authority(served: Parties) -> None:
    given = {"occurredAt": at(10), "clientReference": "batch-11", **batch({code(11): 420.0, code(12): 400.0}, "B-11")}
    told = await report(served, "recycler", "recycled", given, "{ outcome rule message battery { code status } }")
    assert told == {"outcome": "RECORDED", "rule": None, "message": None, "battery": {"code": code(11), "status": "RECYCLED"}}
    for by in ("recycler", "miit"):
        (found,), redactions = await plant(served, by, code(12))
        assert (found["id"], found["inputMassKg"], found["packMassKg"]) == (FIRMS["recycler"] + ":B-11", 820.0, 400.0), by
        assert [(each["element"], round(each["rate"], 3)) for each in found["elements"]] == [("Fe", 0.929), ("Li", 0.95)]
        assert [each["weighingSlips"] for each in found["steps"]] == [["W-1", "W-2"], ["W-3"]]
        assert [(each["step"], each["element"]) for each in found["assays"]] == [(2, "Fe"), (2, "Li")]
        assert [(each["kind"], each["material"]) for each in found["materials"]] == [
            ("OUTPUT", "COPPER"), ("OUTPUT", "LITHIUM_CARBONATE"), ("RESIDUE", "SLAG"),
        ]  # fmt: skip
        assert redactions == []
    for by in ("maker", "scrap", "recycler2"):
        found, redactions = await plant(served, by, code(12))
        assert found is None, by
        assert all(each.startswith("K:") for each in redactions), by


EVENTS = """query ($code: BatteryCode!) { battery(code: $code) { events(types: [RECYCLED]) { nodes { id corrects } } } }"""


async def test_a_batch_is_corrected_by_the_event_of_any_of_its_items(served: Parties) -> None:
    given = {"occurredAt": at(10), "clientReference": "batch-15", **batch({code(14): 420.0, code(15): 400.0}, "B-15")}
    assert (await report(served, "recycler", "recycled", given, "{ outcome rule }"))["outcome"] == "RECORDED"
    ids = []
    for number, (inputs, item) in enumerate((({15: 410.0, 14: 420.0}, 15), ({14: 415.0, 15: 405.0}, 14), ({15: 400.0, 14: 400.0}, 15))):
        nodes = (await served.ask("recycler", EVENTS, {"code": code(item)}))["data"]["battery"]["events"]["nodes"]
        right = {**given, "clientReference": f"right {number}", "corrects": nodes[-1]["id"], **batch({code(n): kg for n, kg in inputs.items()}, "B-15")}
        for outcome in ("RECORDED", "REPLAYED"):
            told = await report(served, "recycler", "recycled", right, "{ outcome rule message battery { code } }")
            assert told == {"outcome": outcome, "rule": None, "message": None, "battery": {"code": code(14)}}
        (found,), _ = await plant(served, "miit", code(15))
        assert (found["id"], found["inputMassKg"], found["packMassKg"]) == (FIRMS["recycler"] + ":B-15", sum(inputs.values()), inputs[15])
        assert len(found["steps"]) == 2
        ids.append(nodes[-1]["id"])
    before = {**given, "clientReference": "too late", "corrects": ids[0], **batch({code(14): 410.0, code(15): 400.0}, "B-15")}
    told = await report(served, "recycler", "recycled", before, "{ outcome rule message }")
    assert (told["rule"], "corrected before" in told["message"]) == ("CORRECTION_REFUSED", True)
    other = {**before, "clientReference": "others", "corrects": "no id"}
    assert (await report(served, "recycler", "recycled", other, "{ outcome rule }"))["rule"] == "CORRECTION_REFUSED"


async def test_a_batch_that_does_not_close_is_told_by_how_much(served: Parties) -> None:
    values = batch({code(13): 420.0}, "B-13")
    values["steps"][1]["assays"][0]["recoveredKg"] = 9.9
    given = {"occurredAt": at(10), "clientReference": "batch-13", **values}
    told = await report(served, "recycler", "recycled", given, "{ outcome rule message battery { status } }")
    assert (told["outcome"], told["rule"]) == ("REFUSED", "BALANCE_GAIN")
    assert "Li: 10.110 kg came of 4.200 kg" in told["message"]


async def test_the_register_of_standards(served: Parties) -> None:
    query = "query ($field: String, $on: Date) { standards(fieldOfUse: $field, on: $on) { designation number edition validTo fieldsOfUse confidence } }"
    for by in ("recycler", "maker", "miit"):
        body = await served.ask(by, query, {"field": "STATIONARY_STORAGE", "on": "2026-05-20"})
        assert body["data"]["standards"] == [{
            "designation": "GB/T 36276-2023", "number": "GB/T 36276", "edition": "2023", "validTo": None, "fieldsOfUse": ["STATIONARY_STORAGE"],
            "confidence": "UNCONFIRMED",
        }], by  # fmt: skip
    body = await served.ask("recycler", query, {"on": "2020-05-20"})
    assert [each["designation"] for each in body["data"]["standards"]] == ["GB/T 36276-2018", "YD/T 2344.1-2011"]
    assert (await served.ask("recycler", query, {"field": "SUBMARINE"}))["data"]["standards"] == []
    several = (await served.ask("recycler", query))["data"]["standards"]
    assert [each["fieldsOfUse"] for each in several if each["number"] == "GB/T 34015.3"] == [["LOW_SPEED_LOGISTICS", "STREET_LIGHTING"]]
