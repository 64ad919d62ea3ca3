"""This module is in charge of writing what a sweep found: what is new, what is gone and what is back, in one transaction, some findings at a time.

The transaction is short: it begins when all is found. Followers of the ledger read no further than the oldest that writes (resolvers/database/changes.py),
and a sweep of a country takes minutes. Which findings a sweep has is held by the database, in a table of the transaction's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from resolvers.database.finding_write import insert_findings
from resolvers.database.pool import Database
from resolvers.ledger.finding_rows import FindingReader, FindingRow

HERE: Final = """create temporary table sweep_found (code text collate "C" not null, id text collate "C" not null, primary key (code, id)) on commit drop"""
NOTE: Final = """
with told as (insert into pg_temp.sweep_found select * from unnest($1::text[], $2::text[]) on conflict do nothing returning code, id)
select t.code, t.id from told t where not exists (select from battery.finding f where f.code = t.code and f.id = t.id and f.found = 'SWEEP')"""
COUNTED: Final = "analyze pg_temp.sweep_found"
# What an authority confirmed or closed stays as it decided; what a sweep closed, an authority did not.
OVER: Final = """
select f.code, f.id from battery.finding f where f.found = 'SWEEP' and f.state = any (array['OPEN', 'EXPLAINED'])
  and not exists (select from pg_temp.sweep_found t where t.code = f.code and t.id = f.id)"""
AGAIN: Final = """
select f.code, f.id from battery.finding f join pg_temp.sweep_found t on t.code = f.code and t.id = f.id where f.found = 'SWEEP' and f.state = 'CLOSED'
  and (select s.actor from battery.finding_state s where s.code = f.code and s.id = f.id order by s.number desc limit 1) is null"""
TOLD: Final = "select * from unnest($5::text[], $6::text[]) as t (code, id)"
# What was counted as it stood is counted as it stands: every part of the statement sees the findings as they were before it.
FOLLOWS: Final = """),
noted as (insert into battery.finding_state (code, id, number, state, reason, actor, recorded_at)
  select t.code, t.id, coalesce((select max(s.number) from battery.finding_state s where s.code = t.code and s.id = t.id), 0) + 1, $1, $2, $3, $4 from told t),
stood as (select f.rule, f.severity, f.state, f.provinces, f.party, f.first_seen from told t join battery.finding f on f.code = t.code and f.id = t.id
  where f.state <> $1),
counted as (insert into statistics.change (cube, month, province, chemistry, party, role, to_province, to_role, kind, n, energy_wh, mass_g, part)
  select v.cube, date_trunc('month', s.first_seen at time zone 'Asia/Shanghai')::date, v.province, '', s.party, coalesce(m.role, ''), '', '',
    concat_ws(':', s.rule, s.severity, c.state), c.n, 0, 0, 0
  from stood s cross join lateral (values (s.state, -1), ($1, 1)) c (state, n)
  cross join lateral (select 'finding', '' union all select distinct 'finding_province', unnest(s.provinces)) v (cube, province)
  left join lateral (select r.role from enterprise.role r where r.uscc = s.party
    order by array_position(array['BM', 'OEM', 'SW', 'RS', 'SD', 'CU', 'PR', 'MI', 'ME', 'SA'], r.role), r.role limit 1) m on true)
update battery.finding f set state = $1 from told t where f.code = t.code and f.id = t.id"""
BEGINS: Final = "with told as ("
CHANGED: Final = BEGINS + TOLD + FOLLOWS
GONE: Final = BEGINS + OVER + FOLLOWS
BACK: Final = BEGINS + AGAIN + FOLLOWS


@dataclass(frozen=True, slots=True)
class Written:
    """How many findings a sweep added, closed because their cause was gone, and opened again because it was back."""

    new: int
    gone: int
    back: int


async def write(
    database: Database,
    batches: Iterable[Sequence[FindingRow]],
    readers: Callable[[FindingRow], Iterable[FindingReader]],
    moment: datetime,
    gone: str,
    back: str,
) -> Written:
    """Hold what a sweep found against what is stored, in one transaction: add what is new, close what is gone, open what is back.

    No more than one of the batches is held at a time. `gone` and `back` are the reasons that are noted.
    """
    async with database.transaction("ledger") as connection:
        await connection.execute(HERE)
        new = 0
        for batch in batches:
            new += await _add(connection, batch, readers)
        await connection.execute(COUNTED)
        over = await connection.execute(GONE, "CLOSED", gone, None, moment)
        again = await connection.execute(BACK, "OPEN", back, None, moment)
    return Written(new, _count(over), _count(again))


async def change(connection: asyncpg.Connection, keys: Sequence[tuple[str, str]], state: str, reason: str, actor: str | None, moment: datetime) -> None:
    """Note a new state of these findings, each by (code, id)."""
    if keys:
        codes, ids = (list(column) for column in zip(*keys, strict=True))
        await connection.execute(CHANGED, state, reason, actor, moment, codes, ids)


async def _add(connection: asyncpg.Connection, batch: Sequence[FindingRow], readers: Callable[[FindingRow], Iterable[FindingReader]]) -> int:
    """Note that these were found, and add those that are new; their number."""
    unknown = {tuple(row) for row in await connection.fetch(NOTE, [each.code for each in batch], [each.id for each in batch])}
    new = [each for each in batch if (each.code, each.id) in unknown]
    await insert_findings(connection, new, [reader for each in new for reader in readers(each)])
    return len(new)


def _count(tag: str) -> int:
    """Of the completion of a statement: how many rows it changed."""
    return int(tag.rpartition(" ")[2])
