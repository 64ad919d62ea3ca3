"""Packs in the caller's lists by status: of the cells, as of the lists themselves, for each kind of party and on every day that past custody ends on."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from auth.entitlements import CATEGORY_RULES, LISTING_RELATIONS, load_matrix
from auth.principal import Principal
from resolvers.batching import Batch, PageArguments
from resolvers.database import door, tables
from resolvers.database.pool import Database
from resolvers.database.reading import DoorSettings, Reading
from resolvers.database.statistics_write import fold
from resolvers.database.view_counts import one_by_one
from resolvers.demo.load import load
from resolvers.demo.options import WorldOptions
from resolvers.ledger.recording.report import Recorded
from resolvers.opaque import Opaque
from tests.recording.making import cell, dismantled, equipped, held, modular, module
from tests.recording.world import FIRMS, NOW, Book, rows
from tests.statistics.world import OFFICE, scrapped

MATRIX = load_matrix()
GRACE = timedelta(days=90)


def reading_of(database: Database, moment: datetime, party: str, roles: set[str], *provinces: str) -> Reading:
    scopes = frozenset(rule.scope for rule in CATEGORY_RULES.values())
    purpose = "supervision" if roles & {"PR", "MI", "ME", "SA"} else "recycling"
    principal = Principal(party, frozenset(roles), scopes, frozenset(provinces), purpose, "client", "token", moment + timedelta(hours=1))
    return Reading(database, DoorSettings(MATRIX, GRACE), Opaque(bytes(range(64))), principal, moment)


async def counted(reading: Reading) -> dict[str, int]:
    """What the cells say, which has to be what the packs say, and how many the list says there are; each figure as open as the list's status is."""
    try:
        (told,) = await door.view_counts(reading, Batch([None], tuple(tables.PACK_COUNT.columns)))
        assert all(row["standing"] & tables.PACK_COUNT.column(name).mask for row in told for name in ("status", "packs"))
        found = {row["status"]: row["packs"] for row in told}
        policy = reading.policy("battery")
        if policy.listing:
            there = await reading.fetch(one_by_one(policy), reading.values())
            assert found == {row["status"]: row["packs"] for row in there}
        (page,) = await door.packs(reading, Batch([None], ("code",), page=PageArguments(1, count=True)))
        assert sum(found.values()) == page.total
        return found
    finally:
        reading.close()


async def test_each_enterprise_and_authority_of_a_world(database: Database) -> None:
    world = WorldOptions(packs=300)
    await load(world, database)
    firms = await rows(database, "select uscc, array_agg(role) as roles from enterprise.role group by uscc order by uscc")
    found: list[Any] = [await counted(reading_of(database, world.moment, firm["uscc"], set(firm["roles"]))) for firm in firms[::4]]
    assert sum(bool(each) for each in found) > 20
    for provinces in (["44"], ["31"], ["44", "31"], []):
        await counted(reading_of(database, world.moment, OFFICE, {"PR"}, *provinces))
    for role in ("MI", "ME", "SA"):
        assert sum((await counted(reading_of(database, world.moment, OFFICE, {role}, "44"))).values()) == 302, "with two modules that came out of a pack"
    assert await counted(reading_of(database, world.moment, OFFICE, {"PB"})) == {}


async def test_what_is_counted_for_each_role_is_what_its_list_shows(database: Database) -> None:
    """A role may list by several relations, of which the first need not open what a pack is: of the environment authority it opens vehicles alone."""
    world = WorldOptions(packs=300)
    await load(world, database)
    holding = "r.uscc in (select grantee from battery.access where until_at is null union select maker from battery.pack)"
    firms = await rows(database, f"select r.role, min(r.uscc) as uscc from enterprise.role r where {holding} group by r.role")
    parties = {row["role"]: row["uscc"] for row in firms}
    listing = {each.role for each in MATRIX if each.entity == "battery" and each.opening is not None and each.relation in LISTING_RELATIONS}
    assert {"ME", "MI", "SA", "PR", "BM", "OEM", "SW", "RS", "SD", "CU"} <= listing
    for role in sorted(listing):
        for provinces in (["44"], ["44", "31"]):
            reading = reading_of(database, world.moment, parties.get(role, OFFICE), {role}, *provinces)
            try:
                (page,) = await door.packs(reading, Batch([None], ("code", "status"), page=PageArguments(1000)))
            finally:
                reading.close()
            status = tables.PACK.column("status")
            shown = Counter(row["status"] for row in page.rows if row["standing"] & status.mask)
            assert sum(shown.values()) == len(page.rows), role
            assert page.rows or role in {"RS", "SD"}, f"{role}: the world has such a party with packs"
            assert await counted(reading_of(database, world.moment, parties.get(role, OFFICE), {role}, *provinces)) == shown, role


@pytest.mark.parametrize("folded", [False, True], ids=["waiting", "folded"])
async def test_past_custody_ends_by_the_hour_of_its_last_day(book: Book, folded: bool) -> None:
    for number in range(1, 4):
        await scrapped(book, number)
    if folded:
        async with book.database.transaction("ledger") as connection:
            await fold(connection)
    (left,) = await rows(book.database, "select max(until_at) as at from battery.access where grantee = $1 and relation = 'custodian'", FIRMS["scrap"])
    seen = []
    for hours in range(-60, 61, 6):
        moment = left["at"] + GRACE + timedelta(hours=hours, seconds=-1)
        seen.append(sum((await counted(reading_of(book.database, moment, FIRMS["scrap"], {"SD"}))).values()))
    assert seen[0] == 3
    assert seen[-1] == 0
    assert seen == sorted(seen, reverse=True)
    # Who reads by one relation alone counts by it alone.
    assert await counted(reading_of(book.database, NOW, FIRMS["maker"], {"BM"})) == {"STORED": 3}
    assert await counted(reading_of(book.database, NOW, FIRMS["recycler"], {"CU"})) == {"STORED": 3}
    assert await counted(reading_of(book.database, NOW, FIRMS["recycler"], {"BM"})) == {}


async def test_what_came_out_of_a_pack_is_listed_and_counted(book: Book) -> None:
    await equipped(book)
    await held(book, 1, 2, pack=modular)
    (told,) = await book.tell("recycler", dismantled(1, module(1, 1), cell(1, 27)))
    assert isinstance(told, Recorded)
    for name, role in (("maker", "BM"), ("swap", "SW"), ("recycler2", "CU")):
        await counted(reading_of(book.database, NOW, FIRMS[name], {role}))
    assert await counted(reading_of(book.database, NOW, FIRMS["recycler"], {"CU"})) == {"DISMANTLED": 1, "GRADED": 1, "STORED": 2}
    for provinces in ([], ["42"], ["42", "44"]):
        await counted(reading_of(book.database, NOW, OFFICE, {"PR"}, *provinces))
    assert await counted(reading_of(book.database, NOW, OFFICE, {"MI"})) == {"DISMANTLED": 1, "GRADED": 1, "STORED": 2}


def test_who_lists_what_it_held_lists_what_it_holds() -> None:
    """The cells leave out past custody of who holds the pack again."""
    listing = {(each.role, each.relation) for each in MATRIX if each.entity == "battery" and each.opening is not None}
    assert {role for role, relation in listing if relation == "past_custodian"} <= {role for role, relation in listing if relation == "custodian"}
