"""The cells: whatever is recorded, refused or corrected, they are what the ledger makes of them."""

from __future__ import annotations

from typing import Any

from resolvers.database.pool import Database
from resolvers.database.statistics_write import fold
from resolvers.demo.load import load
from resolvers.demo.options import WorldOptions
from resolvers.ledger.recording.rebuild import rebuild
from tests.recording.world import FIRMS, Book, rows
from tests.statistics.world import differing, scrapped


async def cells(database: Database, cube: str, level: int = 0) -> list[dict[str, Any]]:
    """The cells of one cube, folded."""
    async with database.transaction("ledger") as connection:
        await fold(connection)
    return await rows(database, "select * from statistics.cell where cube = $1 and level = $2 order by month, province, kind, party", cube, level)


async def test_a_life_is_counted_where_and_when_it_happened(book: Book) -> None:
    await scrapped(book)
    found = [(str(cell["month"])[:7], cell["province"], cell["kind"], cell["party"], cell["role"], cell["n"]) for cell in await cells(book.database, "life")]
    assert found == [
        ("2026-05", "35", "PRODUCED", FIRMS["maker"], "BM", 1),
        ("2026-05", "35", "SOLD", FIRMS["maker"], "BM", 1),
        ("2026-05", "44", "VEHICLE_SOLD", FIRMS["oem"], "OEM", 1),
        ("2026-08", "43", "RETIRED", FIRMS["scrap"], "SD", 1),
        ("2026-08", "43", "VEHICLE_SCRAPPED", FIRMS["scrap"], "SD", 1),
    ]
    flows = [(str(cell["month"])[:7], cell["province"], cell["role"], cell["to_province"], cell["to_role"]) for cell in await cells(book.database, "flow")]
    assert flows == [("2026-05", "35", "BM", "31", "OEM"), ("2026-08", "", "", "43", "SD"), ("2026-08", "43", "SD", "42", "CU")]
    (stock,) = await cells(book.database, "stock")
    assert (stock["kind"], stock["province"], stock["party"]) == ("STORED", "42", FIRMS["recycler"])
    assert (stock["n"], stock["mass_g"], stock["energy_wh"]) == (1, 420_000, 60_000)
    assert await differing(book.database) == []


async def test_the_demonstration_is_counted_whole(database: Database) -> None:
    await load(WorldOptions(packs=300), database)
    stock = await rows(database, "select level, sum(n)::int as packs from statistics.cell where cube = 'stock' group by level order by level")
    assert stock == [{"level": level, "packs": 300} for level in range(3)]
    assert await differing(database) == []


async def test_a_cell_that_was_tampered_with_is_named_and_made_anew(book: Book) -> None:
    await scrapped(book)
    await cells(book.database, "life")
    async with book.database.transaction("ledger") as connection:
        await connection.execute("update statistics.cell set n = n + 1 where cube = 'life' and kind = 'SOLD' and level = 2")
        await connection.execute("delete from statistics.cell where cube = 'stock' and level = 0")
    wrong = await differing(book.database)
    assert [each.split(":")[0].split()[1] + each[each.index(":") :] for each in wrong] == ["life: differs", "stock: is missing"]
    await rebuild(book.database, lambda _stage, _done: None, write=True)
    assert await differing(book.database) == []
