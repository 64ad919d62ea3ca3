"""This module is in charge of R07 MASS_LOSS: mass went into a mechanical batch that did not come out of it.

Losses that are declared are residue here. What a chemical batch loses of an element waits for residues by element.
"""

from __future__ import annotations

from typing import Final

from resolvers.ledger.findings.sweep.r06_mass_gain import BATCH_EVENTS
from resolvers.ledger.findings.sweep.rule import SweepRule

TOLD: Final = """{superseded},
lost as (
  select b.*, (b.input_mass_kg - b.output_mass_kg - b.residue_mass_kg) / b.input_mass_kg as share from {batches} b
  where b.process = 'MECHANICAL' and b.input_mass_kg > 0)
select 'ENTERPRISE' as subject, g.operator as code, g.id as key, g.operator as party, array[g.province] as provinces, g.finished_at as first_seen,
  jsonb_build_object('batch', g.id, 'inputKg', g.input_mass_kg, 'outputKg', g.output_mass_kg, 'residueKg', g.residue_mass_kg,
    'lostPercent', round((g.share * 100)::numeric, 2)) as figures, v.codes as evidence_codes, v.seqs as evidence
from lost g"""
WHERE: Final = """
where g.share > rule.value_on('anomaly.mass_loss', '', '', (g.finished_at at time zone 'Asia/Shanghai')::date)::float8"""


MASS_LOSS: Final = SweepRule("R07", (TOLD, BATCH_EVENTS, WHERE), (("anomaly.mass_loss", ""),))
