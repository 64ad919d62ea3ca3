"""This module is in charge of R21 RING: a pack that goes round among the same hands, or from hand to hand without anything being done to it."""

from __future__ import annotations

from typing import Final

from resolvers.ledger.findings.sweep.rule import SweepRule

_LEGS: Final = """{superseded},
told as (
  select e.code, e.seq, e.place, e.type, e.occurred_at, e.province, e.reporter, e.details,
    lag(e.type) over life as type_before, lag(e.reporter) over life as sender, count(*) filter (where e.type = 'GRADED') over life as graded from {placed} e
  where e.type = any (array['HANDED_OVER', 'RECEIVED', 'REJECTED', 'GRADED']) window life as (partition by e.code order by e.occurred_at, e.place)),
leg as (
  select t.code, t.seq, t.place, t.occurred_at, t.province, t.reporter as receiver, t.sender, (t.details ->> 'measuredMassKg')::float8 as mass, t.graded
  from told t where t.type = 'RECEIVED' and t.type_before = 'HANDED_OVER')"""
BACK: Final = (
    _LEGS,
    """,
pair as (
  select l.*, lag(l.seq) over life as seq_before, lag(l.sender) over life as sender_before, lag(l.receiver) over life as receiver_before,
    lag(l.province) over life as province_before
  from leg l window life as (partition by l.code order by l.occurred_at, l.place))
select 'BATTERY' as subject, p.code, 'back ' || p.seq_before || '-' || p.seq as key, p.receiver as party, array[p.province, p.province_before] as provinces,
  p.occurred_at as first_seen, jsonb_build_object('handOvers', 2) as figures, array[p.code, p.code] as evidence_codes, array[p.seq_before, p.seq] as evidence
from pair p where p.sender = p.receiver_before and p.receiver = p.sender_before""",
)
HANDS: Final = (
    _LEGS,
    """,
step as (
  select l.*, l.graded <> lag(l.graded) over life
    or abs(l.mass - lag(l.mass) over life)
      > l.mass * rule.value_on('anomaly.resale_mass_change', '', '', (l.occurred_at at time zone 'Asia/Shanghai')::date)::float8
    as changed
  from leg l window life as (partition by l.code order by l.occurred_at, l.place)),
run as (select s.*, count(*) filter (where s.changed) over (partition by s.code order by s.occurred_at, s.place) as part from step s)
select 'BATTERY' as subject, r.code, 'hands ' || min(r.seq) as key, (array_agg(r.receiver order by r.occurred_at desc, r.place desc))[1] as party,
  array_agg(distinct r.province) as provinces, max(r.occurred_at) as first_seen, jsonb_build_object('handOvers', count(*)) as figures,
  (array_agg(r.code order by r.occurred_at, r.place))[1:50] as evidence_codes, (array_agg(r.seq order by r.occurred_at, r.place))[1:50] as evidence
from run r group by r.code, r.part
having count(*) > rule.value_on('anomaly.resales', '', '', (max(r.occurred_at) at time zone 'Asia/Shanghai')::date)::int""",
)


BACK_AND_FORTH: Final = SweepRule("R21", BACK)
HAND_TO_HAND: Final = SweepRule("R21", HANDS, (("anomaly.resales", ""), ("anomaly.resale_mass_change", "")))
