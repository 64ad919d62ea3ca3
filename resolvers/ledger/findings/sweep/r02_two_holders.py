"""This module is in charge of R02 DUP_CODE, by holder: one code was in two hands, or in two vehicles, at once.

The ledger has one holder for each pack and refuses the second (findings/claims.py keeps what it claimed), and a scrap yard may read off another battery's
code. Neither says that there are two of it: a hand-over may be told after its receipt. It is so where one and the same enterprise, or vehicle, had the pack
before the moment that is claimed and has it after: then it did not change hands in between. What the two themselves say of each other's hand-over is no
claim; nor is anything around a loss. Who claims it reads nothing of the finding: where somebody else's battery is, it is not told.
"""

from __future__ import annotations

from typing import Final

from resolvers.ledger.findings.sweep.rule import SweepRule

_NOT_IN_HAND: Final = """array['HEALTH_MEASURED', 'SAFETY_EVENT', 'RECALLED', 'RECALL_REMEDIED', 'OWNER_CHANGED', 'FOUND', 'FOUND_ABANDONED',
    'TAKE_BACK_REQUESTED', 'TAKE_BACK_ACCEPTED', 'TAKE_BACK_REFUSED']"""
# A vehicle that came to be scrapped without it says where it was not (projection.is_absent).
_THERE: Final = "(e.type = 'VEHICLE_SCRAPPED' and e.details -> 'absent' = 'true') is not true"
TOLD: Final = (
    """{superseded},
claimed as (
  select c.code, c.reporter, c.type, c.occurred_at, c.vin, c.province, c.refused, null::text as told_of, null::int as seq
  from battery.claim c where c.recorded_at <= {moment}
  union all
  select e.details ->> 'codeFound', e.reporter, e.type, e.occurred_at, e.vin, e.province, null, e.code, e.seq
  from {events} e where e.type = 'VEHICLE_SCRAPPED' and e.details ->> 'codeFound' is not null),
between as (
  select c.*, b.seq as seq_before, b.occurred_at as at_before, b.province as province_before, a.seq as seq_after, a.occurred_at as at_after,
    a.province as province_after
  from claimed c
  cross join lateral (select e.* from {events} e where e.code = c.code and e.occurred_at < c.occurred_at and e.type <> all (""",
    _NOT_IN_HAND,
    ") and ",
    _THERE,
    """
    order by e.occurred_at desc, e.seq desc limit 1) b
  cross join lateral (select e.* from {events} e where e.code = c.code and e.occurred_at >= c.occurred_at and e.type <> all (""",
    _NOT_IN_HAND,
    ") and ",
    _THERE,
    """
    order by e.occurred_at, e.seq limit 1) a
  where a.occurred_at > c.occurred_at and (a.reporter = b.reporter or a.vin = b.vin) and (c.vin = b.vin) is not true
    and b.type <> all (array['HANDED_OVER', 'REPORTED_MISSING']) and a.type <> 'REPORTED_MISSING'
    and not c.reporter = any (array_remove(array[b.reporter, a.reporter, b.counterparty, a.counterparty], null)))
select distinct on (w.code, w.reporter) 'BATTERY' as subject, w.code, 'held ' || w.reporter as key, w.reporter as party,
  array[w.province, w.province_before, w.province_after] as provinces, w.at_after as first_seen,
  jsonb_build_object('event', w.type, 'claimedOn', (w.occurred_at at time zone 'Asia/Shanghai')::date,
    'heldBefore', (w.at_before at time zone 'Asia/Shanghai')::date, 'heldAfter', (w.at_after at time zone 'Asia/Shanghai')::date) as figures,
  array_remove(array[w.code, w.code, w.told_of], null) as evidence_codes, array_remove(array[w.seq_before, w.seq_after, w.seq], null) as evidence,
  jsonb_build_object('type', w.type, 'reporter', w.reporter, 'occurredAt', w.occurred_at, 'refused', w.refused) as attempt
from between w order by w.code, w.reporter, w.at_after, w.occurred_at, w.type""",
)


TWO_HOLDERS: Final = SweepRule("R02", TOLD)
