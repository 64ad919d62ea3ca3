"""The rebuild: the demonstration's world is what its events make of it, and whatever is tampered with is named, and put right."""

from __future__ import annotations

from resolvers.database.pool import Database
from resolvers.demo.load import load
from resolvers.demo.options import WorldOptions
from resolvers.ledger.recording.rebuild import Rebuilt, rebuild
from tests.recording.world import Book, code


async def rebuilt(database: Database, *, write: bool = False) -> Rebuilt:
    return await rebuild(database, lambda _stage, _done: None, write=write)


async def test_the_demonstration_is_what_its_events_make_of_it(database: Database) -> None:
    await load(WorldOptions(packs=300), database)
    found = await rebuilt(database)
    # With the two modules that came out of one of them.
    assert found.packs == 302
    assert found.vehicles > 100
    assert found.differences == []


async def test_what_was_tampered_with_is_named_and_put_right(book: Book) -> None:
    car = await book.in_service()
    async with book.database.transaction("ledger") as connection:
        await connection.execute("update battery.pack set status = 'SOLD', province = '11'")
        await connection.execute("update battery.custody set until_at = until_at + interval '1 hour' where seq = 1")
        await connection.execute("delete from battery.access where relation = 'automaker'")
        await connection.execute("delete from battery.installation")
        await connection.execute("insert into vehicle.access select vin, 'ZZ', 'custodian', recorded_at, null, produced_on from vehicle.vehicle")
    first = [str(each) for each in (await rebuilt(book.database, write=True)).differences]
    assert first[0] == f"battery.pack {code(1)}: differs (status, province)"
    # Without its installation nothing led from the vehicle to the pack; with it the rest is found.
    second = [str(each) for each in (await rebuilt(book.database, write=True)).differences]
    assert all(each.startswith(f"vehicle.access {car}") for each in second)
    assert (await rebuilt(book.database)).differences == []
