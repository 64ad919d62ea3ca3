"""This module is in charge of R23 SOH_JUMP: a pack's state of health rose, and no modules were replaced.

A code that was put on another pack shows in the same way. Evidence is the last event before the measurement. The finding is SA's, to whom condition
(category F) is closed: neither its message nor its figures repeat what was measured; who may read the measurements has them.
"""

from __future__ import annotations

from typing import Final

from resolvers.ledger.findings.sweep.rule import SweepRule

TOLD: Final = """{superseded},
series as (
  select h.*, lag(h.state_of_health) over life as health_before, lag(h.occurred_at) over life as at_before,
    lag(h.seq) over life as seq_before from battery.health h
  where h.recorded_at <= {moment} window life as (partition by h.code order by h.occurred_at, h.seq)),
risen as (
  select * from (select s.*, rule.value_on('anomaly.soh_rise', '', '', (s.occurred_at at time zone 'Asia/Shanghai')::date)::float8 as most from series s) s
  where s.state_of_health - s.health_before > s.most)
select 'BATTERY' as subject, r.code, r.seq::text as key, r.reporter as party, array[n.province, l.province] as provinces, r.occurred_at as first_seen,
  jsonb_build_object('threshold', r.most) as figures,
  case when l.seq is null then array[]::text[] else array[r.code] end as evidence_codes,
  case when l.seq is null then array[]::int[] else array[l.seq] end as evidence
from risen r left join enterprise.enterprise n on n.uscc = r.reporter left join lateral (
  select e.seq, e.province from {events} e where e.code = r.code and e.occurred_at <= r.occurred_at order by e.occurred_at desc, e.seq desc limit 1) l on true
where not exists (
  select from {events} m where m.code = r.code and m.type = 'MAINTAINED'
    and (m.occurred_at, m.seq) > (r.at_before, r.seq_before) and m.occurred_at <= r.occurred_at
    and rule.value_on('maintenance.replaces_modules', m.details ->> 'work', '', (m.occurred_at at time zone 'Asia/Shanghai')::date) is not null)"""


SOH_JUMP: Final = SweepRule("R23", (TOLD,), (("anomaly.soh_rise", ""),))
