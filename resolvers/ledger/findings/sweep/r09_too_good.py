"""This module is in charge of R09 TOO_GOOD: figures that no plant reaches, or weights that were copied from the nameplate."""

from __future__ import annotations

from typing import Final

from resolvers.ledger.findings.sweep.rule import SweepRule

RATES: Final = """{superseded},
monthly as (
  select b.operator, o.element, date_trunc('month', b.finished_at at time zone 'Asia/Shanghai')::date as month,
    sum(o.recovered_kg) / nullif(sum(o.input_kg), 0) as rate, min(b.province) as province
  from {batches} b join battery.recovery_output o on o.batch_id = b.id group by 1, 2, 3),
good as (
  select m.*, m.month - make_interval(months => (row_number() over (partition by m.operator, m.element order by m.month))::int) as run from monthly m
  where m.month < {month} and m.rate > rule.value_on('anomaly.recovery_too_good', '', '', m.month)::float8),
runs as (
  select operator, element, run, min(month) as since, max(month) as last, count(*) as months, min(rate) as rate, min(province) as province
  from good group by 1, 2, 3)
select 'ENTERPRISE' as subject, g.operator as code, 'rate ' || g.element || ' ' || g.since as key, g.operator as party, array[g.province] as provinces,
  (g.since + make_interval(months => rule.value_on('anomaly.too_good_months', '', '', g.since)::int))::timestamp at time zone 'Asia/Shanghai' as first_seen,
  jsonb_build_object('element', g.element, 'months', g.months, 'lowestRate', round(g.rate::numeric, 5)) as figures, v.codes as evidence_codes,
  v.seqs as evidence
from runs g cross join lateral (
  select coalesce((array_agg(e.code order by e.occurred_at, e.code))[1:50], '{}') as codes,
    coalesce((array_agg(e.seq order by e.occurred_at, e.code))[1:50], '{}') as seqs
  from {recycled} e join {batches} b on b.name = e.batch and b.operator = g.operator
  where date_trunc('month', b.finished_at at time zone 'Asia/Shanghai')::date between g.since and g.last) v
where g.months >= rule.value_on('anomaly.too_good_months', '', '', g.since)::int"""
NAMEPLATE: Final = """{superseded},
weighed as (
  select b.operator, b.province, b.finished_at, i.code, b.name, i.mass_kg = p.mass_kg as copied
  from {batches} b join battery.recovery_input i on i.batch_id = b.id join battery.pack p on p.code = i.code
  where (b.finished_at at time zone 'Asia/Shanghai')::date >= {month} - interval '12 months' and (b.finished_at at time zone 'Asia/Shanghai')::date < {month})
select 'ENTERPRISE' as subject, w.operator as code, 'nameplate' as key, w.operator as party, array[min(w.province)] as provinces,
  min(w.finished_at) filter (where w.copied) as first_seen,
  jsonb_build_object('batteries', count(*), 'atNameplate', count(*) filter (where w.copied)) as figures,
  (array_agg(e.code order by w.finished_at, w.code) filter (where w.copied))[1:50] as evidence_codes,
  (array_agg(e.seq order by w.finished_at, w.code) filter (where w.copied))[1:50] as evidence
from weighed w join {recycled} e on e.code = w.code and e.batch = w.name
group by w.operator
having count(*) >= rule.value_on('anomaly.copied_weights_packs', '', '', {month} - 1)::int
  and count(*) filter (where w.copied) > count(*) * rule.value_on('anomaly.copied_weights', '', '', {month} - 1)::float8"""


TOO_GOOD: Final = SweepRule("R09", (RATES,), (("anomaly.recovery_too_good", ""), ("anomaly.too_good_months", "")))
COPIED_WEIGHTS: Final = SweepRule("R09", (NAMEPLATE,), (("anomaly.copied_weights", ""), ("anomaly.copied_weights_packs", "")))
