"""What is published: closed months alone, the same answer for everybody, a suppressed cell that is no zero, and revisions in rounds."""

from __future__ import annotations

from datetime import date
from typing import Any

from resolvers.database import door, tables
from resolvers.database.pool import Database
from resolvers.database.statistics_publish import publish
from resolvers.database.statistics_write import add_changes
from resolvers.ledger.statistics.contributions import Amounts, Key
from resolvers.ledger.statistics.cubes import Cube
from tests.recording.world import FIRMS, Book
from tests.statistics.world import asked

JULY, PACKS = date(2026, 7, 1), tables.PUBLISHED_CELL
CLOSED = date(2026, 9, 30)


async def sold(database: Database, *told: tuple[str, str, str, int], month: date = JULY) -> None:
    """So many packs sold by a firm, in a province, of a chemistry."""
    changes = {Key(Cube.LIFE, month, province, chemistry, FIRMS[firm], kind="VEHICLE_SOLD"): Amounts(number) for firm, province, chemistry, number in told}
    async with database.transaction("ledger") as connection:
        await add_changes(connection, changes)


async def many(database: Database) -> None:
    """Three provinces and chemistries with figures of four firms; one firm alone in one of them."""
    firms = ("maker", "maker2", "oem", "oem2")
    cells = [(firm, province, chemistry) for province in ("31", "44", "50") for chemistry in ("LFP", "NCM523", "NCM811") for firm in firms]
    await sold(database, *[(*each, 21 + number % 5) for number, each in enumerate(cells) if each[1:] != ("44", "LFP")], ("oem", "44", "LFP", 4))


async def cells(database: Database, role: str = "CU", **more: Any) -> dict[tuple[str | None, str | None], Any]:
    found = await asked(database, door.published, PACKS, role, cube="SALES", **more)
    return {(each.get("province"), each.get("chemistry")): (each.get("value"), each["suppressed"]) for each in found}


async def test_a_closed_month_is_the_same_for_everybody(book: Book) -> None:
    await many(book.database)
    assert await publish(book.database, date(2026, 9, 29)) == 0, "not closed yet"
    assert await cells(book.database) == {}
    assert await publish(book.database, CLOSED) == 1
    found = await cells(book.database)
    assert found["44", "LFP"] == (None, True)
    # Four would do against who has nothing but the table; the authority of another province has its own row, too.
    assert sum(hidden for _, hidden in found.values()) == 6
    assert found["31", "NCM523"][0] is None or found["31", "NCM523"][0] % 5 == 0
    assert found[None, None] == (735.0, False)  # of 737
    for role in ("BM", "OEM", "PB", "PR", "MI"):
        assert await cells(book.database, role) == found
    assert await publish(book.database, CLOSED) == 0, "once"
    assert await cells(book.database, month=date(2026, 6, 1)) == {}


async def test_a_version_stays_and_a_revision_comes_in_its_round(book: Book) -> None:
    await many(book.database)
    await publish(book.database, CLOSED)
    first = await cells(book.database)
    await sold(book.database, ("oem", "50", "LFP", 1))
    assert await publish(book.database, date(2026, 12, 1)) == 0, "no round is due"
    assert await cells(book.database) == first
    assert await publish(book.database, date(2027, 1, 5)) == 1
    second = await cells(book.database)
    # What one firm reported late is not told by comparing.
    assert second["50", "LFP"] == (None, True)
    assert await cells(book.database, version=1) == first
    assert {place for place, (_, hidden) in first.items() if hidden} <= {place for place, (_, hidden) in second.items() if hidden}


async def test_a_sender_that_is_not_known_is_no_total(book: Book) -> None:
    """A pack that came out of a vehicle has no sender: its row and the total of all were both told as null."""
    firms = ("maker", "maker2", "oem", "oem2")
    flows = {Key(Cube.FLOW, JULY, "44", "LFP", FIRMS[each], FIRMS["recycler"], "42", "COLLECTION"): Amounts(20 + at) for at, each in enumerate(firms)}
    flows[Key(Cube.FLOW, JULY, "", "LFP", "", FIRMS["recycler"], "42", "COLLECTION")] = Amounts(30)
    async with book.database.transaction("ledger") as connection:
        await add_changes(connection, flows)
    await publish(book.database, CLOSED)
    found = await asked(book.database, door.published, PACKS, "CU", cube="CUSTODY_FLOWS")
    placed = [(tuple(each["totals"]), each.get("role"), each.get("to_role")) for each in found]
    assert len(placed) == len(set(placed)), "each row is told from each other"
    assert sorted(placed, key=str) == sorted([
        (("ROLE", "TO_ROLE"), None, None), (("ROLE",), None, "CU"), (("TO_ROLE",), None, None), (("TO_ROLE",), "BM", None), (("TO_ROLE",), "OEM", None),
        ((), None, "CU"), ((), "BM", "CU"), ((), "OEM", "CU"),
    ], key=str)  # fmt: skip
