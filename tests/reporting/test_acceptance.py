"""mayAccept over HTTP and by its resolver: what each party is told before it takes a pack, and what an unknown code costs."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from resolvers import battery
from resolvers.batching import BadArgument, Batch
from resolvers.database.pool import Database
from resolvers.database.recording_write import insert
from resolvers.ledger.enterprise_rows import Licence
from tests.door.principals import principal, reading
from tests.recording.test_observations import LYING, RECALL, SOH
from tests.recording.world import FIRMS, Book, E, code, registered, vin
from tests.reporting.serving import parties_of

ASK = "query ($code: BatteryCode!, $purpose: AcceptancePurpose!) { mayAccept(code: $code, purpose: $purpose) { code purpose mayAccept reasons } }"


async def licensed(database: Database) -> None:
    async with database.transaction("ledger") as connection:
        for name, activity in (("recycler", "COMPREHENSIVE_UTILIZATION"), ("scrap", "SCRAPPED_VEHICLE_DISMANTLING")):
            await insert(connection, [Licence(FIRMS[name], "N-" + name, activity, "A province", date(2021, 1, 1), None, None)])


async def test_what_a_firm_is_told_before_it_takes_a_pack(database: Database) -> None:
    async with parties_of(database) as parties:
        await licensed(database)
        book = Book(database)
        car = await book.in_service()
        await book.one("scrap", 100, E.VEHICLE_SCRAPPED, vin=car, details={"packFound": True})
        await book.one("scrap", 101, E.PACK_DETACHED, vin=car)

        async def asked(by: str, number: int = 1, purpose: str = "UTILIZATION") -> Any:
            body = await parties.ask(by, ASK, {"code": code(number), "purpose": purpose})
            assert "errors" not in body, body
            told = body["data"]["mayAccept"]
            assert (told["code"], told["mayAccept"]) == (code(number), not told["reasons"])
            return told["reasons"]

        assert await asked("recycler") == []
        assert await asked("recycler2") == ["LICENCE_MISSING"]
        assert await asked("scrap") == ["ALREADY_HELD", "ROLE_MAY_NOT_RECEIVE", "LICENCE_MISSING"]
        assert await asked("scrap", purpose="VEHICLE_SCRAPPING") == ["ALREADY_HELD"]
        assert await asked("oem", purpose="COLLECTION") == [], "who has it is told to nobody but itself"
        assert await asked("recycler", 2) == ["BATTERY_UNKNOWN"]
        offer = {"details": {"purpose": "UTILIZATION", "declaredMassKg": 420.0}}
        await book.one("scrap", 105, E.HANDED_OVER, to="recycler", **offer)
        assert await asked("recycler") == []
        assert await asked("oem", purpose="COLLECTION") == ["OFFERED_TO_ANOTHER"]
        assert "ALREADY_HELD" in await asked("scrap")
        await book.one("recycler", 106, E.REJECTED, details={"reason": "full"})
        assert await asked("oem", purpose="COLLECTION") == []
        await book.one("maker", 110, E.RECALLED, details=RECALL)
        assert await asked("recycler") == ["RECALLED"]
        await book.one("scrap", 111, E.REPORTED_MISSING, details={"circumstances": "Stolen"})
        assert await asked("recycler") == ["REPORTED_MISSING", "RECALLED"]
        wrong = await parties.ask("recycler", ASK, {"code": "nonsense", "purpose": "UTILIZATION"})
        assert wrong["errors"][0]["extensions"]["code"] == "INVALID_IDENTIFIER"


async def test_the_events_by_their_mutations_and_who_reads_them(database: Database) -> None:
    async with parties_of(database) as parties:
        book = Book(database)
        await book.in_service()

        async def told(by: str, event: str, day: int, **given: Any) -> Any:
            kind = event[0].upper() + event[1:]
            common = {"code": code(1), "occurredAt": f"2026-06-{day:02}T08:00:00Z", "clientReference": f"{by}-{event}-{day}"}
            query = f"mutation ($input: {kind}Input!) {{ told: report{kind}(input: $input) {{ outcome rule battery {{ recalled }} event {{ type }} }} }}"
            return (await parties.ask(by, query, {"input": {**common, **given}}))["data"]["told"]

        assert (await told("maker", "recalled", 1, **RECALL))["battery"] == {"recalled": True}
        assert (await told("oem", "healthMeasured", 2, **SOH))["event"] == {"type": "HEALTH_MEASURED"}
        crash = {"vin": vin(1), "kind": "COLLISION", "severity": "MINOR", "description": "Scratch"}
        assert (await told("repair", "safetyEvent", 3, **crash))["outcome"] == "RECORDED"
        found = await told("recycler", "foundAbandoned", 4, **LYING)
        own = {"type": "FOUND_ABANDONED"}
        assert found == {"outcome": "RECORDED", "rule": None, "battery": None, "event": own}, "who came upon it sees its report, and no more than before"
        query = f'{{ battery(code: "{code(1)}") {{ recalled stateOfHealth events {{ nodes {{ type }} }} safetyEvents {{ nodes {{ severity }} }} }} }}'
        seen = {by: (await parties.ask(by, query))["data"]["battery"] for by in ("miit", "oem", "recycler", "maker")}
        types = {by: [each["type"] for each in each["events"]["nodes"]][4:] for by, each in seen.items()}
        assert types["miit"] == ["RECALLED", "HEALTH_MEASURED", "SAFETY_EVENT", "FOUND_ABANDONED"]
        assert types["oem"] == ["RECALLED", "HEALTH_MEASURED", "SAFETY_EVENT"], "of who found it abandoned, and where, it is told nothing"
        assert [each["type"] for each in seen["recycler"]["events"]["nodes"]] == ["PRODUCED", "RECALLED", "FOUND_ABANDONED"]
        assert (seen["oem"]["stateOfHealth"], seen["recycler"]["stateOfHealth"], seen["maker"]["stateOfHealth"]) == (81.5, None, None)
        assert (seen["miit"]["safetyEvents"], seen["recycler"]["safetyEvents"]) == ({"nodes": [{"severity": "MINOR"}]}, None)


async def test_an_unknown_code_and_one_that_is_closed_are_answered_alike_and_cost_a_miss(database: Database) -> None:
    await registered(database)
    await Book(database).in_service()
    missed: list[int] = []

    async def asked(which: str, scopes: frozenset[str] | None = None) -> dict[str, Any]:
        door = reading(database, principal(FIRMS["recycler"], "CU", scopes=scopes))
        door.misses = missed.append
        (told,) = await battery.may_accept(door, Batch([which], (), {"purpose": "UTILIZATION"}, exact=True))
        door.close()
        return {name: value for name, value in told.items() if name not in ("code", "key")}

    unknown = await asked(code(99))
    assert unknown == await asked(code(1), frozenset({"enterprise:read"}))
    assert missed == [1, 1]
    assert "BATTERY_UNKNOWN" not in (await asked(code(1)))["reasons"]
    assert missed == [1, 1], "what is there costs nothing"
    door = reading(database, principal(FIRMS["recycler"], "CU"))
    door.put_off = lambda: 7
    with pytest.raises(BadArgument):
        await battery.may_accept(door, Batch([code(1)], (), {"purpose": "UTILIZATION"}, exact=True))
    door.close()
