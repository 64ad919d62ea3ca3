"""This module is in charge of R12 DWELL: a pack lies in store for longer than its holder may keep it."""

from __future__ import annotations

from typing import Final

from resolvers.ledger.findings.sweep.rule import SweepRule

# In store: what was received last, or came out of a pack, was neither graded nor used since; an offer that was turned down, or a loss that was found
# again, changes nothing.
TOLD: Final = """{superseded},
place as (
  select e.*, row_number() over (partition by e.code order by e.occurred_at desc, e.place desc) as back,
    case when e.type = 'FOUND_ABANDONED' then e.counterparty else e.reporter end as holder
  from {moves} e),
received as (
  select distinct on (p.code) p.* from place p where p.type = any (array['RECEIVED', 'RELEASED', 'FOUND_ABANDONED']) order by p.code, p.back),
stored as (
  select r.*, (r.occurred_at at time zone 'Asia/Shanghai')::date as day from received r join place l on l.code = r.code and l.back = 1
  where l.type = any (array['RECEIVED', 'RELEASED', 'FOUND_ABANDONED', 'REJECTED'])
    and not exists (select from place g where g.code = r.code and g.back < r.back and g.type <> all (array['HANDED_OVER', 'REJECTED']))
    and not exists (select from {placed} a where a.code = r.code and (a.occurred_at, a.place) > (r.occurred_at, r.place) and a.type = 'REPORTED_MISSING'
      and not exists (select from {placed} f where f.code = a.code and (f.occurred_at, f.place) > (a.occurred_at, a.place) and f.type = 'FOUND'))),
kept as (
  select s.*, h.hazardous, case when h.hazardous then rule.value_on('anomaly.dwell', 'HAZARDOUS', '', s.day)
    else rule.value_on('anomaly.dwell', '', case when u.utilizer then 'CU' else '' end, s.day) end::int as days
  from stored s
  cross join lateral (select exists (select from battery.safety_event x where x.code = s.code and x.recorded_at <= {moment}
    and x.severity = any (array['SERIOUS', 'CRITICAL']))
    or exists (select from {events} t where t.code = s.code and t.type = any (array['RETIRED', 'RELEASED']) and t.details ->> 'safetyClass' = 'HAZARDOUS')
    as hazardous) h
  cross join lateral (select exists (select from enterprise.role r where r.uscc = s.holder and r.role = 'CU' and r.valid_from <= s.day
    and (r.valid_to is null or s.day < r.valid_to)) as utilizer) u)
select 'BATTERY' as subject, k.code, k.seq::text as key, k.holder as party, array[k.province, n.province] as provinces,
  (k.day + k.days + 1)::timestamp at time zone 'Asia/Shanghai' as first_seen,
  jsonb_build_object('receivedOn', k.day, 'mostDays', k.days, 'hazardous', k.hazardous) as figures, array[k.code] as evidence_codes, array[k.seq] as evidence
from kept k left join enterprise.enterprise n on n.uscc = k.holder
where {today} - k.day > k.days"""


DWELL: Final = SweepRule("R12", (TOLD,), (("anomaly.dwell", ""), ("anomaly.dwell", "HAZARDOUS")))
