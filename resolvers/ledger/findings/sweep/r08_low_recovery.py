"""This module is in charge of R08 LOW_RECOVERY: over the last twelve closed months, less of an element was recovered than the norm asks for.

One finding for as long as it lasts: its key names the month in which the twelve months first fell below the norm.
"""

from __future__ import annotations

from typing import Final

from resolvers.ledger.findings.sweep.rule import SweepRule

TOLD: Final = """{superseded},
monthly as (
  select b.operator, o.element, date_trunc('month', b.finished_at at time zone 'Asia/Shanghai')::date as month, sum(o.input_kg) as put_in,
    sum(o.recovered_kg) as recovered, min(b.province) as province
  from {batches} b join battery.recovery_output o on o.batch_id = b.id group by 1, 2, 3),
ends as (
  select f.operator, f.element, (f.first + make_interval(months => n))::date as until
  from (select operator, element, min(month) as first from monthly where month < {month} group by 1, 2) f
  cross join lateral generate_series(1, (extract(year from age({month}, f.first)) * 12 + extract(month from age({month}, f.first)))::int) as n),
rolled as (
  select d.operator, d.element, d.until, w.put_in, w.recovered, w.province, rule.value_on('recovery.norm', d.element, 'CU', d.until - 1)::float8 as norm
  from ends d cross join lateral (
    select sum(m.put_in) as put_in, sum(m.recovered) as recovered, min(m.province) as province from monthly m
    where m.operator = d.operator and m.element = d.element and m.month < d.until and m.month >= d.until - interval '12 months') w),
judged as (select r.*, coalesce(r.put_in > 0 and r.recovered < r.put_in * r.norm, false) as low from rolled r),
streak as (
  select j.operator, j.element, min(j.until) as since from judged j
  where j.until > coalesce((select max(k.until) from judged k where k.operator = j.operator and k.element = j.element and not k.low), date '1900-01-01')
  group by 1, 2),
recycled as materialized (
  select b.operator, e.code, e.seq, e.occurred_at, (b.finished_at at time zone 'Asia/Shanghai')::date as finished
  from {recycled} e join {batches} b on b.name = e.batch)
select 'ENTERPRISE' as subject, g.operator as code, g.element || ' ' || s.since as key, g.operator as party, array[g.province] as provinces,
  s.since::timestamp at time zone 'Asia/Shanghai' as first_seen, jsonb_build_object('element', g.element, 'recoveredKg', round(g.recovered::numeric, 3),
    'inputKg', round(g.put_in::numeric, 3), 'rate', round((g.recovered / g.put_in)::numeric, 4), 'norm', g.norm, 'until', g.until) as figures,
  v.codes as evidence_codes, v.seqs as evidence
from judged g join streak s on s.operator = g.operator and s.element = g.element cross join lateral (
  select coalesce((array_agg(e.code order by e.occurred_at desc, e.code))[1:50], '{}') as codes,
    coalesce((array_agg(e.seq order by e.occurred_at desc, e.code))[1:50], '{}') as seqs
  from recycled e where e.operator = g.operator and e.finished >= g.until - interval '12 months' and e.finished < g.until) v
where g.until = {month} and g.low"""


LOW_RECOVERY: Final = SweepRule("R08", (TOLD,), tuple(("recovery.norm", each) for each in ("Li", "Ni", "Co", "Mn")))
