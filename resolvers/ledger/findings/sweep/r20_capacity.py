"""This module is in charge of R20 CAPACITY: more went into a plant in a month than its licence allows, or its lithium took more energy than the norm."""

from __future__ import annotations

from typing import Final

from resolvers.ledger.findings.sweep.rule import SweepRule

_EVIDENCE: Final = """ cross join lateral (
  select coalesce((array_agg(e.code order by e.occurred_at, e.code))[1:50], '{}') as codes,
    coalesce((array_agg(e.seq order by e.occurred_at, e.code))[1:50], '{}') as seqs
  from {recycled} e join {batches} b on b.name = e.batch and b.operator = g.operator
  where date_trunc('month', b.finished_at at time zone 'Asia/Shanghai')::date = g.month) v"""
INPUT: Final = """{superseded},
monthly as (
  select b.operator, date_trunc('month', b.finished_at at time zone 'Asia/Shanghai')::date as month, sum(b.input_mass_kg) / 1000 as tonnes,
    array_agg(distinct b.province) as provinces
  from {batches} b group by 1, 2),
held as (
  select m.*, (m.month + interval '1 month')::date - 1 as last, c.capacity from monthly m cross join lateral (
    select sum(l.capacity_t_per_year) as capacity from enterprise.licence l where l.uscc = m.operator and l.activity = 'COMPREHENSIVE_UTILIZATION'
      and l.valid_from < m.month + interval '1 month' and (l.valid_to is null or m.month < l.valid_to)) c
  where m.month < {month})
select 'ENTERPRISE' as subject, g.operator as code, 'input ' || to_char(g.month, 'YYYY-MM') as key, g.operator as party, g.provinces,
  (g.last + 1)::timestamp at time zone 'Asia/Shanghai' as first_seen,
  jsonb_build_object('month', to_char(g.month, 'YYYY-MM'), 'inputTonnes', round(g.tonnes::numeric, 1), 'licensedTonnesPerYear', g.capacity) as figures,
  v.codes as evidence_codes, v.seqs as evidence
from held g"""
INPUT_WHERE: Final = """
where g.tonnes > g.capacity / 12 * rule.value_on('anomaly.capacity', '', '', g.last)::float8"""
# Mechanical steps make no carbonate; a batch without energy in its report says nothing.
ENERGY: Final = """{superseded},
monthly as (
  select b.operator, date_trunc('month', b.finished_at at time zone 'Asia/Shanghai')::date as month, sum(b.energy_kwh) as kwh,
    sum(o.recovered_kg) as lithium_kg,
    array_agg(distinct b.province) as provinces
  from {batches} b join battery.recovery_output o on o.batch_id = b.id and o.element = 'Li'
  where b.process <> 'MECHANICAL' and b.energy_kwh is not null group by 1, 2),
measured as (
  select m.*, (m.month + interval '1 month')::date - 1 as last, m.kwh * rule.value_on('energy.kgce_per_kwh', '', '', m.month)::float8
    / nullif(m.lithium_kg * rule.value_on('chemistry.lithium_carbonate_per_lithium', '', '', m.month)::float8 / 1000, 0) as kgce
  from monthly m where m.month < {month})
select 'ENTERPRISE' as subject, g.operator as code, 'energy ' || to_char(g.month, 'YYYY-MM') as key, g.operator as party, g.provinces,
  (g.last + 1)::timestamp at time zone 'Asia/Shanghai' as first_seen,
  jsonb_build_object('month', to_char(g.month, 'YYYY-MM'), 'kgcePerTonne', round(g.kgce::numeric)) as figures, v.codes as evidence_codes, v.seqs as evidence
from measured g"""
ENERGY_WHERE: Final = """
where g.kgce > rule.value_on('recovery.energy_per_tonne_lithium_carbonate', '', 'CU', g.last)::float8"""


OVER_CAPACITY: Final = SweepRule("R20", (INPUT, _EVIDENCE, INPUT_WHERE), (("anomaly.capacity", ""),))
TOO_MUCH_ENERGY: Final = SweepRule(
    "R20", (ENERGY, _EVIDENCE, ENERGY_WHERE),
    (("energy.kgce_per_kwh", ""), ("chemistry.lithium_carbonate_per_lithium", ""), ("recovery.energy_per_tonne_lithium_carbonate", "")),
)  # fmt: skip
