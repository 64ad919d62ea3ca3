"""This module is in charge of what the whole ledger counts for, as SQL: the cells at the finest level of every cube.

It says of all packs what resolvers/ledger/statistics/contributions.py says of one; a test holds the two to the same cells.
"""

from __future__ import annotations

from typing import Final

from resolvers.database.sql import EMPTY, Sql, ident, join, text
from resolvers.ledger.statistics.cubes import DIMENSIONS, MEASURES

# Events that were corrected: whatever corrects them last stands for them.
REPLACED: Final = """
with recursive step as (
  select code, seq, corrects as root from battery.event where corrects is not null
  union all select s.code, s.seq, e.corrects from step s join battery.event e on e.code = s.code and e.seq = s.root where e.corrects is not null
), rooted as (
  select code, seq, min(root) as root from step group by code, seq
), placed as (
  select code, seq, root, max(seq) over (partition by code, root) as last from rooted
)
select code, root as seq from placed union select code, seq from placed where seq < last"""
# Parameters 2 and 3 are those events.
_STANDS: Final = text("not exists (select from unnest($2::text[], $3::integer[]) x (code, seq) where x.code = e.code and x.seq = e.seq)")
_MAIN: Final = text("""(
    select distinct on (r.uscc) r.uscc, r.role from enterprise.role r
    order by r.uscc, array_position(array['BM', 'OEM', 'SW', 'RS', 'SD', 'CU', 'PR', 'MI', 'ME', 'SA'], r.role), r.role)""")
_PACK: Final = text("count(*) as n, sum(round(p.nominal_energy_kwh * 1000)::bigint)::bigint as wh, sum(round(p.mass_kg * 1000)::bigint)::bigint as g")
_LIFE: Final = text("""'PRODUCED', 'IMPORTED', 'SOLD', 'VEHICLE_SOLD', 'RETIRED', 'PACK_DETACHED', 'VEHICLE_SCRAPPED', 'DISMANTLED',
      'REPROCESSED', 'RECYCLED', 'DISPOSED', 'EXPORTED'""")
# The relations of docs/row-policy.md by the bits that stand for them while they are counted; named in the order in which a kind of VIEW names them.
_BIT: Final = text("case relation when 'automaker' then 1 when 'custodian' then 2 when 'jurisdiction' then 4 when 'maker' then 8 when 'receiver' then 16 end")
_NAMED: Final = text("""concat_ws('+', case when v.open & 1 > 0 then 'automaker' end, case when v.open & 2 > 0 then 'custodian' end,
    case when v.open & 4 > 0 then 'jurisdiction' end, case when v.open & 8 > 0 then 'maker' end, case when v.open & 16 > 0 then 'receiver' end)""")

_LIVES: Final = (
    text("""
  select k.cube, case k.cube when 'market' then date '0001-01-01' else e.month end as month, e.province,
    case k.cube when 'market' then '' else e.chemistry end as chemistry, case k.of when 'BM' then e.maker else e.reporter end as party,
    coalesce(m.role, '') as role, ''::text as to_province, ''::text as to_role,
    case k.cube when 'product' then e.field when 'market' then k.of else case e.type when 'PACK_DETACHED' then 'RETIRED' else e.type end end as kind,
    e.n, e.wh as energy_wh, e.g as mass_g, 0::bigint as part
  from (
    select e.type, date_trunc('month', e.occurred_at at time zone 'Asia/Shanghai')::date as month, coalesce(e.province, s.province, '') as province,
      p.chemistry, p.maker, p.is_product, e.reporter, coalesce(e.details ->> 'fieldOfUse', '') as field,
      (e.type = 'VEHICLE_SCRAPPED' and e.details -> 'absent' = 'true') is true as absent, """)
    + _PACK
    + text("""
    from battery.event e join battery.pack p on p.code = e.code left join enterprise.enterprise s on s.uscc = e.reporter
    where p.parent is null and e.type in (""")
    + _LIFE
    + text(", 'PRODUCT_SOLD') and ")
    + _STANDS
    + text("""
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9) e
  cross join (values ('life', ''), ('product', ''), ('market', 'OEM'), ('market', 'BM')) k (cube, of)
  left join """)
    + _MAIN
    + text(""" m on m.uscc = case k.of when 'BM' then e.maker else e.reporter end
  where case k.cube when 'market' then e.type = 'VEHICLE_SOLD' when 'product' then e.type = 'PRODUCT_SOLD'
    else e.type in (""")
    + _LIFE
    + text(""") and not e.absent and not (e.type in ('PRODUCED', 'IMPORTED') and e.is_product) end""")
)
_REPORTS: Final = (
    text("""
  select 'report'::text, r.month, coalesce(s.province, ''), ''::text, r.reporter, coalesce(m.role, ''), ''::text, ''::text, r.type, r.n, 0::bigint, 0::bigint,
    case when r.late then r.n else 0 end
  from (
    select e.type, date_trunc('month', e.occurred_at at time zone 'Asia/Shanghai')::date as month, e.reporter, e.late, count(*) as n
    from battery.event e where e.type <> 'RELEASED' and """)
    + _STANDS
    + text("""
    group by 1, 2, 3, 4) r
  left join enterprise.enterprise s on s.uscc = r.reporter left join """)
    + _MAIN
    + text(" m on m.uscc = r.reporter")
)
_FLOWS: Final = (
    text("""
  select 'flow'::text, c.month, c.from_province, c.chemistry, c.sender, coalesce(f.role, ''), c.to_province, coalesce(t.role, ''), c.purpose, c.n, c.wh, c.g,
    0::bigint
  from (
    select date_trunc('month', c.received_at at time zone 'Asia/Shanghai')::date as month, coalesce(c.from_province, '') as from_province, p.chemistry,
      coalesce(c.sender, '') as sender, c.holder, coalesce(c.to_province, '') as to_province, coalesce(c.purpose, '') as purpose, """)
    + _PACK
    + text("""
    from battery.custody c join battery.pack p on p.code = c.code
    where c.outcome = 'RECEIVED' and c.received_at is not null and (c.sender is not null or c.seq > 1) and p.parent is null
    group by 1, 2, 3, 4, 5, 6, 7) c
  left join """)
    + _MAIN
    + text(" f on f.uscc = c.sender left join ")
    + _MAIN
    + text(" t on t.uscc = c.holder")
)
_STOCK: Final = (
    text("""
  select 'stock'::text, p.month, p.province, p.chemistry, p.custodian, coalesce(m.role, ''), ''::text, ''::text, p.status, p.n, p.wh, p.g, 0::bigint
  from (
    select date_trunc('month', p.status_since at time zone 'Asia/Shanghai')::date as month, coalesce(p.province, '') as province, p.chemistry,
      coalesce(p.custodian, '') as custodian, p.status, """)
    + _PACK
    + text("""
    from battery.pack p where p.parent is null group by 1, 2, 3, 4, 5) p
  left join """)
    + _MAIN
    + text(" m on m.uscc = p.custodian")
)
_RECOVERED: Final = (
    text("""
  select 'recovery'::text, date_trunc('month', b.finished_at at time zone 'Asia/Shanghai')::date, b.province, b.chemistry, b.operator, coalesce(m.role, ''),
    ''::text, ''::text, o.element, 1::bigint, 0::bigint, round(o.input_kg * 1000)::bigint, round(o.recovered_kg * 1000)::bigint
  from battery.recovery_batch b join battery.recovery_output o on o.batch_id = b.id left join """)
    + _MAIN
    + text(" m on m.uscc = b.operator where b.superseded_at is null")
)
_VIEWS: Final = (
    text("""
  select 'view'::text, case k.part when 'open' then date '1900-01-01' else v.ended end, ''::text, ''::text, v.grantee, ''::text, ''::text, ''::text,
    v.status || ':' || """)
    + _NAMED
    + text(""", v.n, 0::bigint, 0::bigint, 0::bigint
  from (
    select v.grantee, p.status, v.open, (v.ended at time zone 'Asia/Shanghai')::date as ended, count(*) as n
    from (
      select code, grantee, bit_or(case when until_at is null then """)
    + _BIT
    + text(""" else 0 end) as open, max(until_at) filter (where relation = 'custodian') as ended
      from (select code, grantee, relation, until_at from battery.access union all select code, maker, 'maker' collate "C", null from battery.pack) g
      group by code, grantee) v
    join battery.pack p on p.code = v.code
    group by 1, 2, 3, 4) v
  cross join (values ('open'), ('ended')) k (part)
  where case k.part when 'open' then v.open <> 0 else v.ended is not null and v.open & 2 = 0 end""")
)
_TAKE_BACKS: Final = (
    text("""
  select 'take_back'::text, date_trunc('month', t.requested_at at time zone 'Asia/Shanghai')::date, coalesce(left(t.region_code, 2), s.province, ''),
    p.chemistry, t.obliged, coalesce(m.role, ''), ''::text, ''::text, t.outcome, 1::bigint, 0::bigint, 0::bigint,
    coalesce((t.answered_at at time zone 'Asia/Shanghai')::date > t.due_on, false)::int::bigint
  from battery.take_back t join battery.pack p on p.code = t.code left join enterprise.enterprise s on s.uscc = t.holder left join """)
    + _MAIN
    + text(" m on m.uscc = t.obliged where p.parent is null")
)
_FINDINGS: Final = (
    text("""
  select 'finding'::text, date_trunc('month', f.first_seen at time zone 'Asia/Shanghai')::date, ''::text, ''::text, f.party, coalesce(m.role, ''),
    ''::text, ''::text, concat_ws(':', f.rule, f.severity, f.state), 1::bigint, 0::bigint, 0::bigint, 0::bigint
  from battery.finding f left join """)
    + _MAIN
    + text(" m on m.uscc = f.party")
)
_FINDINGS_OF_PROVINCES: Final = (
    text("""
  select 'finding_province'::text, date_trunc('month', f.first_seen at time zone 'Asia/Shanghai')::date, f.province, ''::text, f.party, coalesce(m.role, ''),
    ''::text, ''::text, concat_ws(':', f.rule, f.severity, f.state), 1::bigint, 0::bigint, 0::bigint, 0::bigint
  from (
    select distinct f.id, f.first_seen, f.party, f.rule, f.severity, f.state, v.province
    from battery.finding f cross join lateral unnest(f.provinces) v (province)) f
  left join """)
    + _MAIN
    + text(" m on m.uscc = f.party")
)
# The finest level of every cube, by set, each added up by itself. PostgreSQL counts them side by side, in several processes, as long as all have the same
# types, and none a CTE or a UNION beneath a lateral join.
_COUNTED: Final = (
    text("(") + join(" union all", [_LIVES, _REPORTS, _FLOWS, _STOCK, _RECOVERED, _VIEWS, _TAKE_BACKS, _FINDINGS, _FINDINGS_OF_PROVINCES]) + text(")")
)


def finest() -> Sql:
    """The cells of level 0, in parentheses, to be selected from. Parameters 2 and 3 are the codes and numbers that REPLACED gives.

    They are added up before each level adds up its own, which is three times quicker than all levels from single facts.
    """
    kept = join(", ", [ident("f", each) + (EMPTY if each == "month" else text(' collate "C"')) + text(" as ") + ident(each) for each in DIMENSIONS])
    sums = join(", ", [text("sum(") + ident("f", each) + text(")::bigint as ") + ident(each) for each in MEASURES])
    return text("(select f.cube, ") + kept + text(", ") + sums + text(" from ") + _COUNTED + text(" f group by 1, 2, 3, 4, 5, 6, 7, 8, 9)")
