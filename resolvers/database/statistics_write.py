"""This module is in charge of the cubes' rows: changes are added as they come, and folded into the cells when there are many."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from resolvers.database.sql import EMPTY, Sql, ident, join, text
from resolvers.ledger.statistics.contributions import Counted
from resolvers.ledger.statistics.cubes import DIMENSIONS, LEVELS, MEASURES

MANY: Final = 2_000
# Any number that nobody else takes an advisory lock on.
FOLDING: Final = 7_301_146

_ADD: Final = """
insert into statistics.change (cube, month, province, chemistry, party, role, to_province, to_role, kind, n, energy_wh, mass_g, part)
select c.cube, c.month, c.province, c.chemistry, c.party, coalesce(p.role, ''), c.to_province, coalesce(o.role, ''), c.kind, c.n, c.energy_wh, c.mass_g, c.part
from unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::bigint[], $11::bigint[],
  $12::bigint[]) as c (cube, month, province, chemistry, party, other, to_province, kind, n, energy_wh, mass_g, part)
left join lateral (select r.role from enterprise.role r where r.uscc = c.party
  order by array_position(array['BM', 'OEM', 'SW', 'RS', 'SD', 'CU', 'PR', 'MI', 'ME', 'SA'], r.role), r.role limit 1) p on true
left join lateral (select r.role from enterprise.role r where r.uscc = c.other
  order by array_position(array['BM', 'OEM', 'SW', 'RS', 'SD', 'CU', 'PR', 'MI', 'ME', 'SA'], r.role), r.role limit 1) o on true"""
_RECOVERY: Final = """
insert into statistics.change (cube, month, province, chemistry, party, role, to_province, to_role, kind, n, energy_wh, mass_g, part)
select 'recovery', date_trunc('month', b.finished_at at time zone 'Asia/Shanghai')::date, b.province, b.chemistry, b.operator, coalesce(m.role, ''), '', '',
  o.element, $2::int, 0, $2::int * round(o.input_kg * 1000)::bigint, $2::int * round(o.recovered_kg * 1000)::bigint
from battery.recovery_batch b join battery.recovery_output o on o.batch_id = b.id
left join lateral (select r.role from enterprise.role r where r.uscc = b.operator
  order by array_position(array['BM', 'OEM', 'SW', 'RS', 'SD', 'CU', 'PR', 'MI', 'ME', 'SA'], r.role), r.role limit 1) m on true
where b.id = any($1::text[])"""
_WAITING: Final = "select count(*) from (select 1 from statistics.change limit $1) w"
_MINE: Final = "select pg_try_advisory_xact_lock($1)"
_NOTHING: Final = "delete from statistics.cell where n = 0 and energy_wh = 0 and mass_g = 0 and part = 0"


def levels() -> str:
    """The levels as the statements take them, as JSON: (cube, level, and for each dimension whether the level has it)."""
    rows = [
        {"cube": str(cube), "level": number, **{each: each in level for each in DIMENSIONS}}
        for cube, several in LEVELS.items()
        for number, level in enumerate(several)
    ]
    return json.dumps(rows)


def summed(source: Sql) -> Sql:
    """The cells of all levels of rows at the finest level; parameter 1 is `levels()`."""
    flags = join(", ", [ident(each) + text(" boolean") for each in DIMENSIONS])
    kept = join(", ", [_kept(each) for each in DIMENSIONS])
    sums = join(", ", [text("sum(") + ident("t", each) + text(")::bigint as ") + ident(each) for each in MEASURES])
    return (
        text("select t.cube, l.level, ")
        + kept
        + text(", ")
        + sums
        + text(" from ")
        + source
        + text(" t join jsonb_to_recordset($1::jsonb) as l (cube text, level integer, ")
        + flags
        + text(") on l.cube = t.cube group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10")
    )


def _kept(dimension: str) -> Sql:
    nothing = text("'0001-01-01'::date") if dimension == "month" else text("''")
    value = ident("t", dimension) + (EMPTY if dimension == "month" else text(' collate "C"'))
    return text("case when l.") + ident(dimension) + text(" then ") + value + text(" else ") + nothing + text(" end as ") + ident(dimension)


_CELL: Final = text("(cube, level, month, province, chemistry, party, role, to_province, to_role, kind, n, energy_wh, mass_g, part) ")
_FOLD: Final = (
    (
        text("with taken as (delete from statistics.change returning *) insert into statistics.cell as c ")
        + _CELL
        + summed(text("taken"))
        + text(""" on conflict (cube, level, month, province, chemistry, party, role, to_province, to_role, kind) do update
set n = c.n + excluded.n, energy_wh = c.energy_wh + excluded.energy_wh, mass_g = c.mass_g + excluded.mass_g, part = c.part + excluded.part""")
    )
    .compile()
    .text
)


async def add_changes(connection: Any, changed: Counted) -> None:
    """Write what has to be added to the cubes. What one transaction adds, others need not wait for."""
    rows: Sequence[tuple[Any, ...]] = [(str(key.cube), *key[1:], *amounts) for key, amounts in sorted(changed.items())]
    if rows:
        await connection.fetch(_ADD, *(list(column) for column in zip(*rows, strict=True)))


async def fold_when_many(connection: Any) -> None:
    """Add up into the cells what waits, if that is much and nobody else is at it."""
    if await connection.fetchval(_WAITING, MANY) >= MANY and await connection.fetchval(_MINE, FOLDING):
        await fold(connection)


async def fold(connection: Any) -> None:
    """Add up into the cells whatever waits; the caller holds the lock FOLDING, or works alone."""
    await connection.execute(_FOLD, levels())
    await connection.execute(_NOTHING)


async def add_recovery(connection: Any, batches: Sequence[str], *, times: int = 1) -> None:
    """Count recovery batches that were written in this transaction; with `times` -1, what they counted for before a correction."""
    if batches:
        await connection.execute(_RECOVERY, list(batches), times)
