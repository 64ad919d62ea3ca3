"""This module is in charge of R06 MASS_GAIN: more came out of a batch than went in.

Whole masses are compared on mechanical steps alone, since chemical ones add reagents; elements on every step.
"""

from __future__ import annotations

from typing import Final

from resolvers.ledger.findings.sweep.rule import SweepRule

# The event of each pack that a batch took in; made only for batches that are found.
BATCH_EVENTS: Final = """ cross join lateral (
  select coalesce((array_agg(e.code order by e.code))[1:50], '{}') as codes, coalesce((array_agg(e.seq order by e.code))[1:50], '{}') as seqs
  from battery.recovery_input i join {recycled} e on e.code = i.code and e.batch = g.name where i.batch_id = g.id) v"""
WHOLE: Final = """{superseded},
gained as (
  select b.*, (b.output_mass_kg + b.residue_mass_kg) / nullif(b.input_mass_kg, 0) as ratio from {batches} b
  where b.process = 'MECHANICAL' and b.output_mass_kg + b.residue_mass_kg
    > b.input_mass_kg * (1 + rule.value_on('anomaly.mass_gain', '', '', (b.finished_at at time zone 'Asia/Shanghai')::date)::float8))
select 'ENTERPRISE' as subject, g.operator as code, 'mass ' || g.id as key, g.operator as party, array[g.province] as provinces, g.finished_at as first_seen,
  jsonb_build_object('batch', g.name, 'inputKg', g.input_mass_kg, 'outputKg', g.output_mass_kg, 'residueKg', g.residue_mass_kg) as figures,
  v.codes as evidence_codes, v.seqs as evidence
from gained g"""
ELEMENTS: Final = """{superseded},
gained as (
  select b.*, o.elements from {batches} b cross join lateral (
    select string_agg(o.element, ' ' order by o.element) as elements, count(*) as found from battery.recovery_output o
    where o.batch_id = b.id and o.recovered_kg
      > o.input_kg * (1 + rule.value_on('anomaly.element_gain', '', '', (b.finished_at at time zone 'Asia/Shanghai')::date)::float8)) o
  where o.found > 0)
select 'ENTERPRISE' as subject, g.operator as code, 'elements ' || g.id as key, g.operator as party, array[g.province] as provinces,
  g.finished_at as first_seen, jsonb_build_object('batch', g.name, 'elements', g.elements) as figures, v.codes as evidence_codes, v.seqs as evidence
from gained g"""


MASS_GAIN: Final = SweepRule("R06", (WHOLE, BATCH_EVENTS), (("anomaly.mass_gain", ""),))
ELEMENT_GAIN: Final = SweepRule("R06", (ELEMENTS, BATCH_EVENTS), (("anomaly.element_gain", ""),))
