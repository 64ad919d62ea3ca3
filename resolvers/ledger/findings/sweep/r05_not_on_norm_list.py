"""This module is in charge of R05 NOT_ON_NORM_LIST: packs were handed over for utilization to a recycler that the ministry does not list.

The list is no licence, so this is for information, and one finding for each recycler.
"""

from __future__ import annotations

from typing import Final

from resolvers.ledger.findings.sweep.rule import SweepRule

TOLD: Final = """{superseded},
sent as (
  select e.*, (e.occurred_at at time zone 'Asia/Shanghai')::date as day from {events} e
  where e.type = 'HANDED_OVER' and e.details ->> 'purpose' = 'UTILIZATION')
select 'ENTERPRISE' as subject, s.counterparty as code, '' as key, s.counterparty as party, array[n.province] as provinces, min(s.occurred_at) as first_seen,
  jsonb_build_object('handOvers', count(*), 'batteries', count(distinct s.code)) as figures,
  (array_agg(s.code order by s.occurred_at, s.code))[1:50] as evidence_codes, (array_agg(s.seq order by s.occurred_at, s.code))[1:50] as evidence
from sent s join enterprise.enterprise n on n.uscc = s.counterparty
where exists (select from enterprise.role r where r.uscc = s.counterparty and r.role = 'CU')
  and not exists (select from enterprise.norm_listing l where l.uscc = s.counterparty and l.recorded_at <= {moment}
    and l.listed_on <= s.day and (l.removed_on is null or s.day < l.removed_on))
group by s.counterparty, n.province"""


NOT_ON_NORM_LIST: Final = SweepRule("R05", (TOLD,))
