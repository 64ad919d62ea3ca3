"""This module is in charge of R18 QUOTA: of a maker's packs that have come to their end, few came back, and it has no outlet in a province where it sells.

What is expected to have come to its end follows from sales by the survival curve of their chemistry (Weibull), as in the statistics; its figures are in
the rule table.
"""

from __future__ import annotations

from typing import Final

from resolvers.ledger.findings.sweep.rule import SweepRule

TOLD: Final = """{superseded},
curve as (
  select m.chemistry,
    coalesce(rule.value_on('survival.scale', m.chemistry, '', {today}), rule.value_on('survival.scale', '', '', {today}))::float8 as scale,
    coalesce(rule.value_on('survival.shape', m.chemistry, '', {today}), rule.value_on('survival.shape', '', '', {today}))::float8 as shape
  from (select distinct chemistry from battery.model union select distinct chemistry from battery.pack) m),
sold as materialized (
  select p.maker, p.chemistry, e.code, e.seq, e.occurred_at, e.province, greatest(0, extract(epoch from {moment} - e.occurred_at) / 31557600)::float8 as years
  from {events} e join battery.pack p on p.code = e.code where e.type = 'VEHICLE_SOLD'),
expected as (
  select s.maker, sum(exp(-power(greatest(s.years - 1, 0) / c.scale, c.shape)) - exp(-power(s.years / c.scale, c.shape))) as packs
  from sold s join curve c on c.chemistry = s.chemistry group by s.maker),
returned as (
  select p.maker, count(distinct e.code) as packs from {events} e join battery.pack p on p.code = e.code
  where e.type = 'RECEIVED' and e.occurred_at > {moment} - interval '1 year' group by p.maker),
bare as (
  select s.maker, array_agg(distinct s.province) as provinces from sold s
  where s.province is not null and not exists (select from enterprise.outlet o where o.uscc = s.maker and o.province = s.province
    and o.opened_on <= {today} and (o.closed_on is null or {today} < o.closed_on))
  group by s.maker),
short as materialized (
  select x.maker, x.packs, coalesce(r.packs, 0) as received, b.provinces
  from expected x join bare b on b.maker = x.maker left join returned r on r.maker = x.maker
  where x.packs >= rule.value_on('anomaly.quota_expected', '', '', {today})::float8
    and coalesce(r.packs, 0) < x.packs * rule.value_on('anomaly.quota', '', '', {today})::float8)
select 'ENTERPRISE' as subject, b.maker as code, '' as key, b.maker as party, b.provinces || n.province as provinces,
  {today}::timestamp at time zone 'Asia/Shanghai' as first_seen,
  jsonb_build_object('expected', round(b.packs::numeric, 1), 'received', b.received, 'provincesWithoutOutlet', cardinality(b.provinces)) as figures,
  v.codes as evidence_codes, v.seqs as evidence
from short b left join enterprise.enterprise n on n.uscc = b.maker
cross join lateral (
  select coalesce((array_agg(s.code order by s.occurred_at, s.code))[1:50], '{}') as codes,
    coalesce((array_agg(s.seq order by s.occurred_at, s.code))[1:50], '{}') as seqs
  from sold s where s.maker = b.maker and s.province = any (b.provinces)) v"""


QUOTA: Final = SweepRule("R18", (TOLD,), tuple((each, "") for each in ("survival.scale", "survival.shape", "anomaly.quota", "anomaly.quota_expected")))
