"""This module is in charge of R07 MASS_LOSS: of what went into a batch more than a trifle neither came out of it nor stayed in a residue that was told.

Whole masses are compared on mechanical steps, elements on the others, for the reason that R06 has. What is lost is what went in, less what came out,
what stayed in residues and what was declared lost; of batteries that go in whole, it is lost between the scale at the gate and that of the batch, too.
A batch of which no steps were reported has its declared losses in its residue.
"""

from __future__ import annotations

from typing import Final

from resolvers.ledger.findings.sweep.r06_mass_gain import BATCH_EVENTS
from resolvers.ledger.findings.sweep.rule import SweepRule

TOLD: Final = """{superseded},
lost as (
  select b.*, s.declared, (b.input_mass_kg - b.output_mass_kg - b.residue_mass_kg - s.declared) / b.input_mass_kg as share from {batches} b
  cross join lateral (select coalesce(sum(s.declared_loss_kg), 0) as declared from battery.recovery_step s where s.batch_id = b.id) s
  where b.process = 'MECHANICAL' and b.input_mass_kg > 0)
select 'ENTERPRISE' as subject, g.operator as code, g.id as key, g.operator as party, array[g.province] as provinces, g.finished_at as first_seen,
  jsonb_build_object('batch', g.name, 'inputKg', g.input_mass_kg, 'outputKg', g.output_mass_kg, 'residueKg', g.residue_mass_kg,
    'lostPercent', round((g.share * 100)::numeric, 2)) as figures, v.codes as evidence_codes, v.seqs as evidence
from lost g"""
WHERE: Final = """
where g.share > rule.value_on('anomaly.mass_loss', '', '', (g.finished_at at time zone 'Asia/Shanghai')::date)::float8"""
# From the first step that assayed the element to the last one. A residue that a later step worked on counts as left over, so that nothing is lost there.
ELEMENTS: Final = """{superseded},
balance as (
  select b.id, o.element, (o.input_kg - o.recovered_kg - a.told) / o.input_kg as share,
    rule.value_on('anomaly.mass_loss', '', '', (b.finished_at at time zone 'Asia/Shanghai')::date)::float8 as most
  from {batches} b join battery.recovery_output o on o.batch_id = b.id join (
    select batch_id, element, sum(residue_kg + declared_loss_kg) as told from battery.recovery_assay group by 1, 2) a
    on a.batch_id = b.id and a.element = o.element
  where b.process <> 'MECHANICAL' and o.input_kg > 0),
lost as (
  select b.*, l.elements from {batches} b join (
    select id, string_agg(element || ' ' || round((share * 100)::numeric, 1), ', ' order by element) as elements
    from balance where share > most group by id) l on l.id = b.id)
select 'ENTERPRISE' as subject, g.operator as code, 'elements ' || g.id as key, g.operator as party, array[g.province] as provinces,
  g.finished_at as first_seen, jsonb_build_object('batch', g.name, 'lostPercentByElement', g.elements) as figures, v.codes as evidence_codes, v.seqs as evidence
from lost g"""

# Before a batch weighs anything: what its plant weighed when it received an item, or what that weighs if that is less, and what it says went in of it; of a
# module that it took out itself, what that weighs. Of what is left of one that was taken apart its housing may go elsewhere, but not the modules in it.
INPUTS: Final = """{superseded},
inputs as (
  select i.batch_id, i.code, i.mass_kg, p.mass_kg as weighs, p.product_type, b.operator, b.finished_at
  from {batches} b join battery.recovery_input i on i.batch_id = b.id join battery.pack p on p.code = i.code),
received as (
  select distinct on (i.batch_id, i.code) i.batch_id, i.code, (e.details ->> 'measuredMassKg')::float8 as measured
  from inputs i join {events} e on e.code = i.code and e.type = 'RECEIVED' and e.reporter = i.operator and e.occurred_at <= i.finished_at
  order by i.batch_id, i.code, e.occurred_at desc),
apart as (select distinct i.code from inputs i join {events} d on d.code = i.code and d.type = 'DISMANTLED'),
inside as (
  select a.code, sum(m.mass_kg) as weighs from apart a join battery.module m on m.code = a.code left join battery.pack r on r.code = m.module_code
  where r.code is null group by a.code),
weighed as (
  select i.batch_id, i.mass_kg, case when a.code is not null then n.weighs when r.measured is not null then least(r.measured, i.weighs)
    when i.product_type = 'MODULE' then i.weighs end as came_kg
  from inputs i left join received r on r.batch_id = i.batch_id and r.code = i.code left join apart a on a.code = i.code
  left join inside n on n.code = i.code),
summed as (select batch_id, sum(came_kg) as came_kg, sum(least(mass_kg, came_kg)) as put_in_kg from weighed where came_kg is not null group by 1),
lost as (
  select b.*, s.came_kg, s.put_in_kg, (s.came_kg - s.put_in_kg) / s.came_kg as share from {batches} b join summed s on s.batch_id = b.id
  where s.came_kg > 0)
select 'ENTERPRISE' as subject, g.operator as code, 'inputs ' || g.id as key, g.operator as party, array[g.province] as provinces,
  g.finished_at as first_seen, jsonb_build_object('batch', g.name, 'cameKg', round(g.came_kg::numeric, 3), 'putInKg', round(g.put_in_kg::numeric, 3),
    'missingPercent', round((g.share * 100)::numeric, 2)) as figures, v.codes as evidence_codes, v.seqs as evidence
from lost g"""
MISSING: Final = """
where g.share > rule.value_on('anomaly.input_loss', '', '', (g.finished_at at time zone 'Asia/Shanghai')::date)::float8"""

MASS_LOSS: Final = SweepRule("R07", (TOLD, BATCH_EVENTS, WHERE), (("anomaly.mass_loss", ""),))
INPUT_LOSS: Final = SweepRule("R07", (INPUTS, BATCH_EVENTS, MISSING), (("anomaly.input_loss", ""),))
ELEMENT_LOSS: Final = SweepRule("R07", (ELEMENTS, BATCH_EVENTS), (("anomaly.mass_loss", ""),))
