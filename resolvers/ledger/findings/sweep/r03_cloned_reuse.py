"""This module is in charge of R03 CLONED_REUSE: a pack that a product was made of is still in a vehicle, or was made into two products."""

from __future__ import annotations

from typing import Final

from resolvers.ledger.findings.sweep.rule import SweepRule

# A product names its sources when it is reported as made; a source names its product when it is reported as made into it.
_MADE_OF: Final = """{superseded},
made_of as (
  select s.source, e.code as product, e.code as told_of, e.seq, e.reporter, e.province, e.occurred_at
  from {events} e cross join lateral jsonb_array_elements_text(
    case when jsonb_typeof(e.details -> 'sourceCodes') = 'array' then e.details -> 'sourceCodes' else '[]'::jsonb end) as s (source)
  where e.type = 'PRODUCED'
  union all
  select e.code, e.details ->> 'productCode', e.code, e.seq, e.reporter, e.province, e.occurred_at
  from {events} e where e.type = 'REPROCESSED' and e.details ->> 'productCode' is not null)"""
TWICE: Final = (
    _MADE_OF,
    """
select 'BATTERY' as subject, m.source as code, 'products' as key, (array_agg(m.reporter order by m.occurred_at desc, m.seq desc))[1] as party,
  array_agg(distinct m.province) as provinces, max(m.occurred_at) as first_seen, jsonb_build_object('products', count(distinct m.product)) as figures,
  (array_agg(m.told_of order by m.occurred_at, m.told_of))[1:50] as evidence_codes, (array_agg(m.seq order by m.occurred_at, m.told_of))[1:50] as evidence
from made_of m group by m.source having count(distinct m.product) > 1""",
)
IN_USE: Final = (
    _MADE_OF,
    """,
last as (select distinct on (e.code) e.* from {moves} e where e.code in (select m.source from made_of m) order by e.code, e.occurred_at desc, e.place desc)
select 'BATTERY' as subject, m.source as code, 'in service' as key, m.reporter as party, array[m.province, l.province] as provinces,
  greatest(m.occurred_at, l.occurred_at) as first_seen, jsonb_build_object('lastEvent', l.type) as figures,
  array[m.told_of, l.code] as evidence_codes, array[m.seq, l.seq] as evidence
from (select distinct on (source) * from made_of order by source, occurred_at, told_of) m join last l on l.code = m.source
where l.type = any (array['VEHICLE_SOLD', 'SWAP_IN', 'PRODUCT_SOLD']) or l.type = 'REINSTALLED' and l.vin is not null
  or l.type = 'REPLACED' and l.details ->> 'oldCode' is not null""",
)


MADE_TWICE: Final = SweepRule("R03", TWICE)
STILL_IN_USE: Final = SweepRule("R03", IN_USE)
