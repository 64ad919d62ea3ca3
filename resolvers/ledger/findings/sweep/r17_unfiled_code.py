"""This module is in charge of R17 IMPOSSIBLE_ORDER, of codes: batteries were made under a specification or traceability code that nobody filed.

What a code means is filed before its first use (domain reference, section 3). Production is not refused for it: a filing that comes late is marked so. One
finding for each code, whose figures say how many batteries have it; it is on whom reported them.
"""

from __future__ import annotations

from typing import Final

from resolvers.ledger.findings.sweep.rule import SweepRule

TOLD: Final = """{superseded},
made as (
  select e.code, e.seq, e.reporter, e.occurred_at, left(e.code, 3) as maker, substr(e.code, 6, 2) as specification,
    case when length(e.code) = 24 then substr(e.code, 8, 7) end as traceability
  from {events} e where e.type = any (array['PRODUCED', 'IMPORTED'])
    and e.occurred_at > {moment} - make_interval(months => rule.value_on('anomaly.unfiled_code_months', '', '', {today})::int)),
unfiled as (
  select m.*, 'SPECIFICATION' as kind, m.specification as part from made m where not exists (select from battery.specification s
    where s.manufacturer_code = m.maker and s.code = m.specification and s.filed_on <= {today})
  union all
  select m.*, 'TRACEABILITY', m.traceability from made m where m.traceability is not null and not exists (select from battery.traceability t
    where t.manufacturer_code = m.maker and t.code = m.traceability and t.filed_on <= {today}))
select 'ENTERPRISE' as subject, u.reporter as code, u.kind || ' ' || u.maker || ' ' || u.part as key, u.reporter as party, array[n.province] as provinces,
  min(u.occurred_at) as first_seen,
  jsonb_build_object('kind', u.kind, 'manufacturerCode', u.maker, 'code', u.part, 'batteries', count(*)) as figures,
  (array_agg(u.code order by u.occurred_at, u.code))[1:50] as evidence_codes, (array_agg(u.seq order by u.occurred_at, u.code))[1:50] as evidence
from unfiled u left join enterprise.enterprise n on n.uscc = u.reporter
group by u.reporter, u.kind, u.maker, u.part, n.province"""


UNFILED_CODE: Final = SweepRule("R17", (TOLD,), (("anomaly.unfiled_code_months", ""),))
