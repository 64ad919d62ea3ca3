"""This module is in charge of R11 SILENT_CUSTODY: a hand-over that nobody answered, or one that lost mass on its way."""

from __future__ import annotations

from typing import Final

from resolvers.ledger.findings.sweep.rule import SweepRule

# A pack that was reported missing on its way is another matter, until it is found.
SILENT: Final = """{superseded},
sent as (
  select e.*, (e.occurred_at at time zone 'Asia/Shanghai')::date as day from {placed} e where e.type = 'HANDED_OVER'),
waiting as (
  select s.*, ({calendar})[width_bucket(s.day, {calendar}) + rule.value_on('anomaly.silent_custody', '', '', s.day)::int] as due from sent s
  where not exists (select from {placed} a where a.code = s.code and (a.occurred_at, a.place) > (s.occurred_at, s.place)
      and a.type = any (array['RECEIVED', 'REJECTED', 'HANDED_OVER']))
    and not exists (select from {moves} a where a.code = s.code and (a.occurred_at, a.place) > (s.occurred_at, s.place) and a.type = 'FOUND_ABANDONED')
    and not exists (select from {placed} a where a.code = s.code and (a.occurred_at, a.place) > (s.occurred_at, s.place) and a.type = 'REPORTED_MISSING'
      and not exists (select from {placed} f where f.code = a.code and (f.occurred_at, f.place) > (a.occurred_at, a.place) and f.type = 'FOUND')))
select 'BATTERY' as subject, w.code, 'silent ' || w.seq as key, coalesce(w.counterparty, w.reporter) as party, array[a.province, b.province] as provinces,
  (w.due + 1)::timestamp at time zone 'Asia/Shanghai' as first_seen, jsonb_build_object('handedOverOn', w.day, 'answerDueOn', w.due) as figures,
  array[w.code] as evidence_codes, array[w.seq] as evidence
from waiting w left join enterprise.enterprise a on a.uscc = w.reporter left join enterprise.enterprise b on b.uscc = w.counterparty
where w.due < {today}"""
LOST: Final = """{superseded},
legs as (
  select e.*, lag(e.type) over life as type_before, lag(e.seq) over life as seq_before, lag(e.reporter) over life as sender,
    lag(e.details) over life as offered
  from {placed} e where e.type = any (array['HANDED_OVER', 'RECEIVED', 'REJECTED']) window life as (partition by e.code order by e.occurred_at, e.place)),
weighed as (
  select l.*, (l.offered ->> 'declaredMassKg')::float8 as declared, (l.details ->> 'measuredMassKg')::float8 as measured from legs l
  where l.type = 'RECEIVED' and l.type_before = 'HANDED_OVER')
select 'BATTERY' as subject, w.code, 'mass ' || w.seq as key, w.reporter as party, array[a.province, b.province] as provinces, w.occurred_at as first_seen,
  jsonb_build_object('declaredKg', w.declared, 'measuredKg', w.measured) as figures,
  array[w.code, w.code] as evidence_codes, array[w.seq_before, w.seq] as evidence
from weighed w left join enterprise.enterprise a on a.uscc = w.sender left join enterprise.enterprise b on b.uscc = w.reporter
where w.declared > 0 and abs(w.measured - w.declared)
  > w.declared * rule.value_on('anomaly.hand_over_mass_difference', '', '', (w.occurred_at at time zone 'Asia/Shanghai')::date)::float8"""


SILENT_CUSTODY: Final = SweepRule("R11", (SILENT,), (("anomaly.silent_custody", ""),))
MASS_DIFFERENCE: Final = SweepRule("R11", (LOST,), (("anomaly.hand_over_mass_difference", ""),))
