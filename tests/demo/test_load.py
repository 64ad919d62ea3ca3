"""Loading a demo world: every row arrives as it was made, whole or not at all, and the lock is on afterwards."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import asyncpg
import orjson
import pytest

from resolvers.database import DatabaseUnusable, bulk, embedded
from resolvers.database.bulk import Progress, loaded_packs
from resolvers.database.bulk import loading as loading_into
from resolvers.database.bulk_afterwards import hold
from resolvers.database.migrate import migrate_target
from resolvers.database.pool import Database, Sizes, Target
from resolvers.database.statistics_recompute import prove
from resolvers.demo import load as loading
from resolvers.demo.chunks import SPECIAL, encode
from resolvers.demo.kept import keep_world, kept_world
from resolvers.demo.load import load
from resolvers.demo.options import DEMO_MOMENT, WorldOptions
from resolvers.demo.world import generate
from resolvers.ledger.recovery.rows import RecoveryOutput
from resolvers.ledger.rows import TABLES, CellList, Event, Model, ModelDismantling
from resolvers.ledger.rules import load_rules
from resolvers.ledger.seed import seed_rules

OPTIONS = WorldOptions(120)


async def stored(database: Database, kind: type[Any]) -> list[tuple[Any, ...]]:
    schema, table = TABLES[kind]
    columns = ", ".join(kind._fields)
    async with database.transaction("admin") as connection:
        return [tuple(row) for row in await connection.fetch(f"select {columns} from {schema}.{table}")]


def told(name: str, value: Any) -> Any:
    return orjson.loads(value) if name in ("details", "attempt", "figures") and value is not None else value


def as_stored(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple([plain(value) for value in row])


def plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, str):
        return str(value)
    return dict(sorted(value.items())) if isinstance(value, Mapping) else value


async def test_every_row_arrives_as_it_was_made(database: Database) -> None:
    world, stages = generate(OPTIONS), []
    assert await load(OPTIONS, database, lambda *told: stages.append(told)) == 120
    for kind in TABLES:
        found = [as_stored([told(name, v) for name, v in zip(kind._fields, row)]) for row in await stored(database, kind)]
        # A jsonb object has its keys in an order of its own; equality does not mind.
        assert sorted(found, key=str) == sorted(map(as_stored, world.of(kind)), key=str), kind
    assert await loaded_packs(database) == 120
    assert ("packs", 120, 120) in stages
    assert {stage for stage, _done, _total in stages} == {"packs", "indexes", "statistics"}


async def test_several_processes_load_the_same_world(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "ALONE", 1)
    monkeypatch.setattr(loading, "BLOCKS_PER_CHUNK", 1)
    await load(OPTIONS, database)
    world = generate(OPTIONS)
    for kind in TABLES:
        assert len(await stored(database, kind)) == len(world.of(kind)), kind


async def test_a_server_given_by_dsn_is_loaded_by_a_user_that_becomes_the_owner(database: Database) -> None:
    at = database.target.connect
    dsn = f"postgresql://{embedded.ADMIN}@/{at['database']}?host={at['host']}&port={at['port']}"
    by_dsn = Database(Target.by_dsn(dsn), Sizes(minimum=0, maximum=2))
    assert await load(WorldOptions(40), by_dsn) == 40
    await by_dsn.close()
    assert await loaded_packs(database) == 40


async def shape(database: Database) -> tuple[list[Any], ...]:
    async with database.transaction("admin") as connection:
        indexes = await connection.fetch("select indexdef from pg_indexes where schemaname in ('battery', 'vehicle', 'enterprise') order by 1")
        locked = await connection.fetch("select oid::regclass::text, relrowsecurity, relforcerowsecurity from pg_class where relkind = 'r' order by 1")
        keys = await connection.fetch("select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint order by 1, 2")
    return [tuple(row) for row in indexes], [tuple(row) for row in locked], [tuple(row) for row in keys]


async def test_indexes_and_the_lock_are_back_afterwards(database: Database) -> None:
    before = await shape(database)
    await load(OPTIONS, database)
    assert await shape(database) == before
    async with database.reading() as session:
        assert await session.fetch("select code from battery.pack") == []
    async with database.transaction("ledger") as connection:
        assert await connection.fetchval("select count(*) from battery.pack where parent is null") == 120


async def test_a_second_load_is_refused(database: Database) -> None:
    await load(WorldOptions(40), database)
    with pytest.raises(DatabaseUnusable, match="DATA_PRESENT"):
        await load(OPTIONS, database)
    assert await loaded_packs(database) == 40


class Cut(Exception):
    pass


def cut_at(at: str, after: int) -> Progress:
    def cut(stage: str, done: int, _total: int) -> None:
        if stage == at and done >= after:
            raise Cut

    return cut


MOMENTS = pytest.mark.parametrize("moment", [("packs", 80), ("statistics", 3), ("indexes", 2), ("indexes", 70)])


@MOMENTS
async def test_a_load_cut_short_has_not_happened(database: Database, moment: tuple[str, int]) -> None:
    before = await shape(database)
    with pytest.raises(Cut):
        await load(OPTIONS, database, cut_at(*moment))
    assert await loaded_packs(database) == 0
    assert await shape(database) == before
    assert await kept_world(database) is None
    assert await load(OPTIONS, database) == 120
    assert await kept_world(database) == OPTIONS


async def nothing(_database: Database) -> None: ...


@MOMENTS
async def test_what_a_killed_process_loaded_is_taken_back_by_the_next(database: Database, monkeypatch: pytest.MonkeyPatch, moment: tuple[str, int]) -> None:
    before = await shape(database)
    monkeypatch.setattr(bulk, "_undone", nothing)
    with pytest.raises(Cut):
        await load(OPTIONS, database, cut_at(*moment))
    assert await loaded_packs(database) == (0 if moment[0] == "packs" else 120)
    await migrate_target(database.target)
    assert await shape(database) == before
    assert await loaded_packs(database) == 0
    assert await kept_world(database) is None
    assert await load(OPTIONS, database) == 120
    async with database.transaction("ledger") as connection:
        cells = await connection.fetchval("select count(*) from statistics.cell")
        assert await prove(connection, write=False) == []
    assert cells > 1000


async def test_another_process_waits_for_the_load_and_takes_its_world(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is held up where rows are kept and indexes are not made; whoever comes then neither works without indexes nor loads a second time."""
    held, go_on = asyncio.Event(), asyncio.Event()

    async def holding(connection: Any, tables: Any) -> None:
        await hold(connection, tables)
        held.set()
        await go_on.wait()

    monkeypatch.setattr(bulk, "hold", holding)
    first = asyncio.create_task(load(OPTIONS, database))
    await held.wait()
    others = [asyncio.create_task(keep_world(WorldOptions(40), database)), asyncio.create_task(migrate_target(database.target))]
    done, _ = await asyncio.wait(others, timeout=0.3)
    assert not done
    with pytest.raises(asyncpg.QueryCanceledError):
        async with database.transaction("ledger", {"statement_timeout": "200"}) as connection:
            await connection.execute("delete from battery.event")
    go_on.set()
    assert await first == 120
    world, _applied = await asyncio.gather(*others)
    assert world == OPTIONS
    assert await loaded_packs(database) == 120


async def test_a_world_that_contradicts_itself_is_refused(database: Database) -> None:
    before = await shape(database)
    twice = [Event("p", 1, "SOLD", "H", DEMO_MOMENT, DEMO_MOMENT, "r")] * 2
    unknown = [RecoveryOutput("nobody's", "Li", 1.0, 1.0)]
    for kind, rows, refusal in ((Event, twice, asyncpg.UniqueViolationError), (RecoveryOutput, unknown, asyncpg.ForeignKeyViolationError)):
        with pytest.raises(refusal):
            async with loading_into(database, list(TABLES.values()), lambda *_told: None) as open_load:
                await open_load.copy(TABLES[kind], kind._fields, encode(kind, rows))
    assert await shape(database) == before


async def test_a_confirmed_rule_is_not_written_over(database: Database) -> None:
    await load(WorldOptions(40), database)
    async with database.transaction("ledger") as connection:
        await connection.execute("update rule.rule set value = '25' where name = 'deadline' and rule_set = 'ORDER_73' and node_type = 'PRODUCED'")
    await seed_rules(database)
    async with database.reading(role="system") as session:
        rows = await session.fetch("select node_type, value from rule.rule where rule_set = 'ORDER_73' and node_type = 'PRODUCED'")
        count = await session.fetch("select count(*) from rule.rule")
    assert [tuple(row) for row in rows] == [("PRODUCED", "25")]
    assert count[0][0] == len(load_rules())


async def test_the_database_itself_refuses_two_holders(database: Database) -> None:
    await load(WorldOptions(40), database)
    again = (
        "insert into battery.custody (code, seq, holder, outcome, received_at, recorded_at) select code, 99, 'X', 'RECEIVED', now(), now()"
        " from battery.custody where outcome = 'RECEIVED' and until_at is null limit 1"
    )
    async with database.transaction("ledger") as connection:
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute(again)


AWKWARD = ["", "null", "a,b", 'say "x"', "back\\slash", '\\"', "\\\\", "{brace}", "]", "[", "'", "新", "\u2028", "\\N", "\\.", " "]


async def test_awkward_texts_survive_the_way(database: Database) -> None:
    steps = tuple(AWKWARD)
    models = [Model(f"m{n}", "x", text, "LFP", "BLADE", 1.5, 1e-7, 1e22, 4.0, 0, 9, date(2026, 1, 1), None, DEMO_MOMENT) for n, text in enumerate(AWKWARD)]
    papers = [ModelDismantling("m0", "\\", steps, (), None, "y", "z", ("",), 400.0, ("r",))]
    events = [Event("p", n, "SOLD", "H", DEMO_MOMENT, DEMO_MOMENT, text, details={text: [text, None, 1.5]}) for n, text in enumerate(AWKWARD)]
    async with loading_into(database, list(TABLES.values()), lambda *_told: None) as open_load:
        for kind, rows in ((Model, models), (ModelDismantling, papers), (Event, events)):
            await open_load.copy(TABLES[kind], kind._fields, encode(kind, rows))
    assert sorted(await stored(database, Model)) == sorted(map(tuple, models))
    assert [row[2] for row in await stored(database, ModelDismantling)] == [list(steps)]
    assert sorted((row[6], orjson.loads(row[-1])) for row in await stored(database, Event)) == sorted((text, {text: [text, None, 1.5]}) for text in AWKWARD)


@pytest.mark.parametrize("text", ["a\nb", "\t", "\\\n", "\x7f\x01"])
def test_a_control_character_is_refused_as_copy_would_take_its_escape_for_text(text: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        encode(CellList, [(text, b"", ())])
    # Inside a document it is JSON's, and is unescaped there.
    assert encode(Event, [Event("p", 1, "SOLD", "H", DEMO_MOMENT, DEMO_MOMENT, "r", details={"x": text})])


def test_every_table_with_an_array_or_document_is_known() -> None:
    assert Counter(kind.__name__ for kind, columns in SPECIAL.items() if columns) == Counter(
        ["ModelMaterial", "ModelDismantling", "Pack", "CellList", "Event", "Custody", "FindingRow", "Notice", "RecoveryStep", "Vehicle"]
    )
