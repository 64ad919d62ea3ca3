"""Events of no battery over HTTP: by mutation and batch, read by `notices`, corrected by id, and nothing of it for whom it is about."""

from __future__ import annotations

from typing import Any

import pytest

from resolvers.database.pool import Database
from resolvers.identifiers import make_credit_code
from tests.recording.world import FIRMS, MODEL
from tests.reporting.serving import Parties, parties_of

SEEN = """mutation ($input: UnlicensedSiteSeenInput!, $only: Boolean) {
  told: reportUnlicensedSiteSeen(input: $input, validateOnly: $only) { outcome rule message clientReference battery { code } event { id } } }"""
MANY = "mutation ($events: [LifecycleEventInput!]!) { told: reportLifecycleEvents(events: $events) { outcome rule } }"
NOBODY = make_credit_code("440300", "MANBD001", authority="9", entity_class="1")
READ = """query ($types: [EventType!], $after: String) { notices(types: $types, first: 10, after: $after) { totalCount pageInfo { endCursor } nodes {
  id type corrects reporter { uscc } region { code } place activity circumstances operator { uscc name } operatorCode operatorName
  manufacturerCode specificationCode traceabilityCode meaning modelId late } } }"""
YARD = {
    "occurredAt": "2026-06-01T08:00:00Z", "clientReference": "y1", "region": "440300", "place": "Gate 3", "activity": "DISMANTLING",
    "circumstances": "In the open", "operator": FIRMS["scrap"], "operatorName": "A yard",
}  # fmt: skip


async def read(parties: Parties, by: str, **variables: Any) -> Any:
    body = await parties.ask(by, READ, variables)
    assert "errors" not in body, body
    return body["data"]["notices"]


async def seen(parties: Parties, **more: Any) -> Any:
    only = more.pop("only", None)
    body = await parties.ask("repair", SEEN, {"input": {**YARD, **more}, "only": only})
    assert "errors" not in body, body
    return body["data"]["told"]


async def test_a_site_from_report_to_the_desk(database: Database) -> None:
    async with parties_of(database) as parties:
        assert (await seen(parties, only=True))["outcome"] == "VALID"
        assert (await read(parties, "repair"))["totalCount"] == 0
        told = await seen(parties)
        assert told == {"outcome": "RECORDED", "rule": None, "message": None, "clientReference": "y1", "battery": None, "event": None}
        assert (await seen(parties))["outcome"] == "REPLAYED"
        assert (await seen(parties, place="Gate 4"))["rule"] == "CLIENT_REFERENCE_REUSED"
        own, ministry = await read(parties, "repair"), await read(parties, "miit")
        (node,) = own["nodes"]
        assert (node["type"], node["reporter"]["uscc"], node["region"]["code"], node["place"]) == ("UNLICENSED_SITE_SEEN", FIRMS["repair"], "440300", "Gate 3")
        assert (node["activity"], node["operator"]["uscc"], node["operatorName"]) == ("DISMANTLING", FIRMS["scrap"], "A yard")
        assert node["operatorCode"] == FIRMS["scrap"]
        assert ministry["nodes"][0] == {**node, "id": ministry["nodes"][0]["id"]}
        assert ministry["nodes"][0]["id"] != node["id"], "an id is the party's own"
        for stranger in ("scrap", "recycler", "maker"):
            assert await read(parties, stranger) == {"totalCount": 0, "pageInfo": {"endCursor": None}, "nodes": []}

        corrected = await seen(parties, clientReference="y2", circumstances="Behind a wall", corrects=node["id"])
        assert corrected["outcome"] == "RECORDED"
        assert (await seen(parties, clientReference="y3", corrects=ministry["nodes"][0]["id"]))["rule"] == "CORRECTION_REFUSED"
        later = await read(parties, "repair", after=own["pageInfo"]["endCursor"])
        assert [(each["circumstances"], each["corrects"]) for each in later["nodes"]] == [("Behind a wall", node["id"])]
        stolen = await parties.ask("scrap", READ, {"after": own["pageInfo"]["endCursor"]})
        assert stolen["errors"][0]["extensions"]["code"] == "INVALID_CURSOR"


async def test_a_site_of_somebody_who_is_not_registered_is_read_by_its_code(database: Database) -> None:
    async with parties_of(database) as parties:
        assert (await seen(parties, operator=NOBODY))["outcome"] == "RECORDED"
        for who in ("repair", "miit"):
            (node,) = (await read(parties, who))["nodes"]
            assert (node["operator"], node["operatorCode"], node["operatorName"]) == (None, NOBODY, "A yard")


@pytest.mark.parametrize("by", ["maker", "maker2"])
async def test_codes_in_a_batch(database: Database, by: str) -> None:
    def filed(reference: str, **given: Any) -> Any:
        common = {"occurredAt": "2026-06-01T08:00:00Z", "clientReference": reference, "manufacturerCode": "0R1", "meaning": "Line 2"}
        return {"codeFiled": {**common, **given}}

    async with parties_of(database) as parties:
        events = [filed("f1", specificationCode="7A", modelId=MODEL), filed("f2", traceabilityCode="00021A5"), filed("f3", traceabilityCode="00021A5")]
        told = (await parties.ask(by, MANY, {"events": events}))["data"]["told"]
        if by == "maker2":
            assert [each["rule"] for each in told] == ["MANUFACTURER_CODE"] * 3, "whatever else is wrong"
            assert (await read(parties, "miit"))["totalCount"] == 0
            return
        assert [each["rule"] for each in told] == [None, None, "FILED_BEFORE"]
        found = await read(parties, "maker", types=["CODE_FILED"])
        assert [(each["specificationCode"], each["traceabilityCode"], each["modelId"], each["late"]) for each in found["nodes"]] == [
            ("7A", None, MODEL, False), (None, "00021A5", None, False),
        ]  # fmt: skip
        assert (await read(parties, "maker", types=["UNLICENSED_SITE_SEEN"]))["totalCount"] == 0
