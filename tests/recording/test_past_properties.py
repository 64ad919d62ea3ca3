"""Two laws of the past, over lives drawn by chance: it is what was told then, and what a party may not know of changes nothing in it."""

from __future__ import annotations

import itertools
import os
import zlib
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

import hypothesis.strategies as st
from hypothesis import given, settings

from auth.principal import Principal
from resolvers.database.recording_write import insert
from resolvers.ledger.recording.report import Recorded
from resolvers.ledger.rows import Vehicle
from tests.door.principals import principal, reading
from tests.recording.gateways import asked
from tests.recording.test_model import NUMBERS, Model, likely, said, steps
from tests.recording.test_past import OFFICE, THEN, day, spelled
from tests.recording.test_past_vehicles import BY_ID, BY_VIN
from tests.recording.world import FIRMS, NOW, ROLES, SWAP_CAR, Book, E, code, rows, vin

EXAMPLES = 150 if os.environ.get("CELLGATE_PROFILE") == "long" else 4
MINISTRY = principal(OFFICE, "MI")
# Who sees everything, and who sees less of it. The ministry of the environment sees custody in full, and so learns of bindings what custody tells.
PARTIES = (
    MINISTRY, principal(OFFICE, "SA"), principal(OFFICE, "PB"), principal(OFFICE, "PR", jurisdiction=("44",)),
    *(principal(FIRMS[name], ROLES[name]) for name in ("maker", "oem", "swap", "repair", "scrap", "recycler")),
)  # fmt: skip
SEEN: tuple[tuple[E, Mapping[str, Any]], ...] = (
    (E.HEALTH_MEASURED, {"stateOfHealth": 80.5, "method": "BMS"}),
    (E.SAFETY_EVENT, {"kind": "COLLISION", "severity": "MINOR", "description": "Bumped"}),
)
HOUR = 1 / 24


async def life(book: Book, told: list[tuple[int, E, str, str, str]], number: int) -> AsyncIterator[float]:
    """A life of mostly possible steps, each reported an hour after it happened, with what holders observe in between: when each was recorded, in days."""
    model, cars = Model(), {"plain": vin(2 * number), "swap": vin(2 * number + 1)}
    async with book.database.transaction("ledger") as connection:
        swap = Vehicle(cars["swap"], FIRMS["oem"], SWAP_CAR.model_name, "BEV", True, SWAP_CAR.produced_on, None, None, None, None, None, (FIRMS["oem"],), NOW)
        await insert(connection, [swap])
    assert isinstance(await book.one("maker", 0, E.PRODUCED, number, moment=day(HOUR)), Recorded)
    yield HOUR
    for place, (drawn, *_) in enumerate(told, 1):
        pick = zlib.crc32(f"{place} {drawn}".encode())
        step = likely(model, pick)
        if step is None:
            break
        event, by, to, car = step
        assert model.step(*step)
        assert isinstance(await book.one(by, place, event, number, moment=day(place + HOUR), **said(event, to, cars[car])), Recorded)
        yield place + HOUR
        if pick % 3 == 0 and model.holder:
            kind, details = SEEN[pick % 2]
            if isinstance(await book.one(model.holder, place + 0.2, kind, number, moment=day(place + 0.3), details=details), Recorded):
                yield place + 0.3


async def answer(book: Book, who: Principal, number: int, as_of: float | None, moment: datetime = NOW, *, both: bool = False) -> Mapping[str, Any]:
    """What the party is told; `both` asks both gateways."""
    variables = {"code": code(number), **({} if as_of is None else {"asOf": spelled(day(as_of))})}
    told: Mapping[str, Any] = await asked(book.database, who, THEN, variables, moment, both=both)
    return told


@settings(max_examples=EXAMPLES)
@given(told=steps)
async def test_who_sees_everything_is_told_what_it_was_told_then(book: Book, told: list[tuple[int, E, str, str, str]]) -> None:
    number = next(NUMBERS)
    known = {at: await answer(book, MINISTRY, number, None, day(at)) async for at in life(book, told, number)}
    for place, (at, before) in enumerate(known.items()):
        assert await answer(book, MINISTRY, number, at, both=place % 4 == 0) == before, at


@settings(max_examples=EXAMPLES)
@given(told=steps, parties=st.lists(st.sampled_from(range(len(PARTIES))), min_size=3, max_size=3, unique=True))
async def test_an_event_that_a_party_may_not_see_changes_nothing(book: Book, told: list[tuple[int, E, str, str, str]], parties: list[int]) -> None:
    number = next(NUMBERS)
    recorded = [at async for at in life(book, told, number)]
    for who in [PARTIES[each] for each in parties]:
        # Each moment right before the next report: what lies between two of them is one event, which the party may see or not.
        answers = [await answer(book, who, number, at) for at in recorded]
        now = await answer(book, who, number, None)
        for (at, before), (_, after) in itertools.pairwise(zip(recorded, answers, strict=True)):
            if events(before) == events(after):
                assert changed(before, after, spelled(day(at)), who.party) == {}, who.roles
        # Nothing but what is listed today is listed of the past; to whom the pack is on offer, what the offer opens is of now alone.
        assert events(answers[-1]) == events(now) or await is_offered(book, who, number)
        assert all(each in events(now) for told in answers for each in events(told))


async def of_vehicle(book: Book, who: Principal, named: Mapping[str, str], as_of: float | None, moment: datetime = NOW) -> Mapping[str, Any]:
    """What the party is told of the vehicle of this VIN or id."""
    variables = {**named, **({} if as_of is None else {"asOf": spelled(day(as_of))})}
    told: Mapping[str, Any] = await asked(book.database, who, BY_ID if "id" in named else BY_VIN, variables, moment, both=False)
    if told["data"]["vehicle"] is not None:
        # Which moment it is of it says itself.
        return {**told, "data": {"vehicle": {**told["data"]["vehicle"], "asOf": None}}}
    return told


@settings(max_examples=EXAMPLES)
@given(told=steps)
async def test_of_vehicles_too_who_sees_everything_is_told_what_it_was_told_then(book: Book, told: list[tuple[int, E, str, str, str]]) -> None:
    number = next(NUMBERS)
    cars = [{"vin": vin(2 * number)}, {"vin": vin(2 * number + 1)}]
    known = {at: [await of_vehicle(book, MINISTRY, car, None, day(at)) for car in cars] async for at in life(book, told, number)}
    for at, before in known.items():
        for car, there in zip(cars, before, strict=True):
            then = await of_vehicle(book, MINISTRY, car, at)
            # The model's swap vehicle is in the ledger from the start, with no event of it; until there is one, nobody tells since when.
            assert then == there or (then["data"]["vehicle"] is None and not there["data"]["vehicle"]["installations"]["nodes"]), at


@settings(max_examples=EXAMPLES)
@given(told=steps, parties=st.lists(st.sampled_from(range(len(PARTIES))), min_size=3, max_size=3, unique=True))
async def test_an_event_that_a_party_may_not_see_changes_nothing_of_a_vehicle(book: Book, told: list[tuple[int, E, str, str, str]], parties: list[int]) -> None:
    number = next(NUMBERS)
    recorded = [at async for at in life(book, told, number)]
    for who in [PARTIES[each] for each in parties]:
        events_at = [events(await answer(book, who, number, at)) for at in recorded]
        for car in (vin(2 * number), vin(2 * number + 1)):
            named = {"id": reading(book.database, who, NOW).opaque.vehicle_id(who.party, car)}
            now = await of_vehicle(book, who, named, None)
            answers = [await of_vehicle(book, who, named, at) for at in recorded]
            if now["data"]["vehicle"] is None:
                assert answers == [now] * len(answers), "who has no relation now is told nothing of any moment"
                continue
            for (old, before), (new, after) in itertools.pairwise(zip(events_at, answers, strict=True)):
                # Since when it is known is open to all who see it; what is read in full is read with its past.
                if old == new and before["data"]["vehicle"] is not None and now["data"]["vehicle"]["vin"] is None:
                    assert after == before, who.roles


async def is_offered(book: Book, who: Principal, number: int) -> bool:
    """Whether the pack is on its way to the party, which has not answered."""
    return bool(await rows(book.database, "select from battery.custody where code = $1 and outcome = 'PENDING' and holder = $2", code(number), who.party))


def changed(before: Mapping[str, Any], after: Mapping[str, Any], moment: str, party: str) -> Mapping[str, tuple[Any, Any]]:
    """What of the pack differs, by field. A leg of custody that the party was part of, a finding that it reads, and a test that it told itself say
    themselves when they were recorded, and may have come since the moment."""
    assert before.keys() == after.keys()
    old, new = dict(before["data"]["battery"]), dict(after["data"]["battery"])
    if old["custody"] and new["custody"]:
        since = {leg["id"] for leg in new["custody"]["nodes"] if leg["recordedAt"] > moment}
        old["custody"], new["custody"] = ([leg for leg in each["custody"]["nodes"] if leg["id"] not in since] for each in (old, new))
    if old["findings"] and new["findings"]:
        old["findings"], new["findings"] = ([one for one in each["findings"]["nodes"] if one["recordedAt"] <= moment] for each in (old, new))
    if old["gradings"] and new["gradings"]:
        # Its own tests are its own for good, where it reads the event no more.
        since = {one["id"] for one in new["gradings"]["nodes"] if one["recordedAt"] > moment and one["reporter"]["uscc"] == party}
        old["gradings"], new["gradings"] = ([one for one in each["gradings"]["nodes"] if one["id"] not in since] for each in (old, new))
    return {name: (old[name], new[name]) for name in old if old[name] != new[name]}


def events(told: Mapping[str, Any]) -> list[Any]:
    return list(told["data"]["battery"]["events"]["nodes"])
