"""This module is in charge of counting the whole ledger at once: for a database that was filled by COPY, and to prove the cells.

It says in SQL what resolvers/ledger/statistics/contributions.py says of one pack; a test holds the two to the same cells.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from resolvers.database.sql import EMPTY, Sql, ident, join, text
from resolvers.database.statistics_write import FOLDING, fold, levels, summed
from resolvers.ledger.statistics.contributions import EVERY_MONTH
from resolvers.ledger.statistics.cubes import DIMENSIONS, MEASURES

# The finest level of every cube, by set. Events that were corrected are left out, and whatever corrects them last stands for them. Most events are
# counted as reports alone, which need nothing of the pack and are counted before they are joined.
_COUNTED: Final = text("""(
with recursive step as (
  select code, seq, corrects as root from battery.event where corrects is not null
  union all select s.code, s.seq, e.corrects from step s join battery.event e on e.code = s.code and e.seq = s.root where e.corrects is not null
), rooted as (
  select code, seq, min(root) as root from step group by code, seq
), replaced as (
  select code, root as seq from rooted
  union select r.code, r.seq from rooted r where r.seq < (select max(o.seq) from rooted o where o.code = r.code and o.root = r.root)
), main as (
  select distinct on (r.uscc) r.uscc, r.role from enterprise.role r
  order by r.uscc, array_position(array['BM', 'OEM', 'SW', 'RS', 'SD', 'CU', 'PR', 'MI', 'ME', 'SA'], r.role), r.role
), event as (
  select e.type, date_trunc('month', e.occurred_at at time zone 'Asia/Shanghai')::date as month,
    coalesce(e.province, s.province, '') as province, p.chemistry, p.maker, p.is_product, p.parent, e.reporter, coalesce(m.role, '') as role,
    coalesce(e.details ->> 'fieldOfUse', '') as field, round(p.nominal_energy_kwh * 1000)::bigint as wh, round(p.mass_kg * 1000)::bigint as g
  from battery.event e join battery.pack p on p.code = e.code
  left join replaced x on x.code = e.code and x.seq = e.seq
  left join enterprise.enterprise s on s.uscc = e.reporter left join main m on m.uscc = e.reporter
  where x.code is null and e.type in ('PRODUCED', 'IMPORTED', 'SOLD', 'VEHICLE_SOLD', 'RETIRED', 'PACK_DETACHED', 'VEHICLE_SCRAPPED', 'DISMANTLED',
    'REPROCESSED', 'PRODUCT_SOLD', 'RECYCLED', 'DISPOSED', 'EXPORTED')
), report as (
  select e.type, date_trunc('month', e.occurred_at at time zone 'Asia/Shanghai')::date as month, e.reporter, e.late, count(*) as n
  from battery.event e left join replaced x on x.code = e.code and x.seq = e.seq
  where x.code is null and e.type <> 'RELEASED'
  group by 1, 2, 3, 4
)
select 'life' as cube, month, province, chemistry, reporter as party, role, '' as to_province, '' as to_role,
  case type when 'PACK_DETACHED' then 'RETIRED' else type end as kind, 1::bigint as n, wh as energy_wh, g as mass_g, 0::bigint as part
from event where parent is null and (type in ('SOLD', 'VEHICLE_SOLD', 'RETIRED', 'PACK_DETACHED', 'VEHICLE_SCRAPPED', 'DISMANTLED', 'REPROCESSED', 'RECYCLED',
  'DISPOSED', 'EXPORTED')
  or (type in ('PRODUCED', 'IMPORTED') and not is_product))
union all
select 'product', month, province, chemistry, reporter, role, '', '', field, 1, wh, g, 0 from event where type = 'PRODUCT_SOLD'
union all
select 'report', r.month, coalesce(s.province, ''), '', r.reporter, coalesce(m.role, ''), '', '', r.type, r.n, 0, 0, case when r.late then r.n else 0 end
from report r left join enterprise.enterprise s on s.uscc = r.reporter left join main m on m.uscc = r.reporter
union all
select 'market', '0001-01-01', province, '', reporter, role, '', '', 'OEM', 1, wh, g, 0 from event where type = 'VEHICLE_SOLD'
union all
select 'market', '0001-01-01', province, '', maker, coalesce(m.role, ''), '', '', 'BM', 1, wh, g, 0
from event left join main m on m.uscc = maker where type = 'VEHICLE_SOLD'
union all
select 'flow', date_trunc('month', c.received_at at time zone 'Asia/Shanghai')::date, coalesce(c.from_province, ''), p.chemistry, coalesce(c.sender, ''),
  coalesce(f.role, ''), coalesce(c.to_province, ''), coalesce(t.role, ''), coalesce(c.purpose, ''), 1,
  round(p.nominal_energy_kwh * 1000)::bigint, round(p.mass_kg * 1000)::bigint, 0
from battery.custody c join battery.pack p on p.code = c.code left join main f on f.uscc = c.sender left join main t on t.uscc = c.holder
where c.outcome = 'RECEIVED' and c.received_at is not null and (c.sender is not null or c.seq > 1) and p.parent is null
union all
select 'stock', date_trunc('month', p.status_since at time zone 'Asia/Shanghai')::date, coalesce(p.province, ''), p.chemistry, coalesce(p.custodian, ''),
  coalesce(m.role, ''), '', '', p.status, 1, round(p.nominal_energy_kwh * 1000)::bigint, round(p.mass_kg * 1000)::bigint, 0
from battery.pack p left join main m on m.uscc = p.custodian where p.parent is null
union all
select 'recovery', date_trunc('month', b.finished_at at time zone 'Asia/Shanghai')::date, b.province, b.chemistry, b.operator, coalesce(m.role, ''), '', '',
  o.element, 1, 0, round(o.input_kg * 1000)::bigint, round(o.recovered_kg * 1000)::bigint
from battery.recovery_batch b join battery.recovery_output o on o.batch_id = b.id left join main m on m.uscc = b.operator
union all
select 'view', case part when 'open' then date '1900-01-01' else (v.ended at time zone 'Asia/Shanghai')::date end, '', '', v.grantee, '', '', '',
  p.status || ':' || coalesce(v.relations, ''), 1, 0, 0, 0
from (
  select code, grantee, string_agg(distinct relation, '+' order by relation) filter (where until_at is null) as relations,
    coalesce(bool_or(relation = 'custodian' and until_at is null), false) as held, max(until_at) filter (where relation = 'custodian') as ended
  from (select code, grantee, relation, until_at from battery.access union all select code, maker, 'maker' collate "C", null from battery.pack) g
  group by code, grantee) v
join battery.pack p on p.code = v.code cross join (values ('open'), ('ended')) parts (part)
where case part when 'open' then v.relations is not null else v.ended is not null and not v.held end
union all
select 'take_back', date_trunc('month', t.requested_at at time zone 'Asia/Shanghai')::date, coalesce(left(t.region_code, 2), s.province, ''), p.chemistry,
  t.obliged, coalesce(m.role, ''), '', '', t.outcome, 1, 0, 0,
  coalesce((t.answered_at at time zone 'Asia/Shanghai')::date > t.due_on, false)::int
from battery.take_back t join battery.pack p on p.code = t.code left join enterprise.enterprise s on s.uscc = t.holder left join main m on m.uscc = t.obliged
where p.parent is null
union all
select 'finding', date_trunc('month', f.first_seen at time zone 'Asia/Shanghai')::date, '', '', f.party, coalesce(m.role, ''), '', '',
  concat_ws(':', f.rule, f.severity, f.state), 1, 0, 0, 0
from battery.finding f left join main m on m.uscc = f.party
union all
select 'finding_province', date_trunc('month', f.first_seen at time zone 'Asia/Shanghai')::date, v.province, '', f.party, coalesce(m.role, ''), '', '',
  concat_ws(':', f.rule, f.severity, f.state), 1, 0, 0, 0
from battery.finding f cross join lateral (select distinct unnest(f.provinces)) v (province) left join main m on m.uscc = f.party
)""")


def _finest() -> Sql:
    """_COUNTED, added up by all dimensions before each level adds up its own: three times quicker than all levels from single facts."""
    kept = join(", ", [ident("f", each) + (EMPTY if each == "month" else text(' collate "C"')) + text(" as ") + ident(each) for each in DIMENSIONS])
    sums = join(", ", [text("sum(") + ident("f", each) + text(")::bigint as ") + ident(each) for each in MEASURES])
    return text("(select f.cube, ") + kept + text(", ") + sums + text(" from ") + _COUNTED + text(" f group by 1, 2, 3, 4, 5, 6, 7, 8, 9)")


_FILL: Final = (
    (
        text("insert into statistics.cell (cube, level, month, province, chemistry, party, role, to_province, to_role, kind, n, energy_wh, mass_g, part) ")
        + summed(_finest())
    )
    .compile()
    .text
)
_DIFFERING: Final = (
    (
        text("select cube, level, month, province, chemistry, party, role, to_province, to_role, kind, m.n as made, s.n as stored from (")
        + summed(_finest())
        + text(""") m full join (select * from statistics.cell where n <> 0 or energy_wh <> 0 or mass_g <> 0 or part <> 0) s
  using (cube, level, month, province, chemistry, party, role, to_province, to_role, kind)
where s.n is null or m.n is null or (s.n, s.energy_wh, s.mass_g, s.part) <> (m.n, m.energy_wh, m.mass_g, m.part)
order by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10""")
    )
    .compile()
    .text
)
_EMPTY: Final = "delete from statistics.cell"
# Whoever records waits meanwhile: the cells and the events have to be of one moment.
_ALONE: Final = "lock table statistics.change in exclusive mode"
_MINE: Final = "select pg_advisory_xact_lock($1)"


class CellFault(NamedTuple):
    """A cell that is not what the ledger makes of it."""

    key: tuple[Any, ...]
    fault: str


async def fill(connection: Any) -> None:
    """Write all cells of a ledger that is loaded and has none."""
    await connection.execute(_FILL, levels())


async def prove(connection: Any, *, write: bool) -> list[CellFault]:
    """Hold the cells against the ledger, in a transaction of their own; with `write` they are made anew where they differ."""
    await connection.execute(_ALONE)
    await connection.execute(_MINE, FOLDING)
    await fold(connection)
    rows = await connection.fetch(_DIFFERING, levels())
    if rows and write:
        await connection.execute(_EMPTY)
        await fill(connection)
    return [CellFault(_named(row), _fault(row)) for row in rows]


def _named(row: Any) -> tuple[Any, ...]:
    return (row["cube"], *(each for each in tuple(row)[2:10] if each not in ("", EVERY_MONTH)))


def _fault(row: Any) -> str:
    if row["stored"] is None:
        return "is missing"
    return "follows from no event" if row["made"] is None else "differs"
