"""This module is in charge of R15 SWAP_FLAG_ABUSE: a vehicle is declared a swap model, but its model is not announced as one, or nobody swaps its pack.

Found at the pack that is in the vehicle: its evidence is what put it there.
"""

from __future__ import annotations

from typing import Final

from resolvers.ledger.findings.sweep.rule import SweepRule

# The pack's last event that says where it is put it into a vehicle that is declared a swap model, or told that it is in use there.
_INSIDE: Final = """{superseded},
place as (
  select distinct on (e.code) e.* from {moves} e order by e.code, e.occurred_at desc, e.place desc),
inside as (
  select p.*, (p.occurred_at at time zone 'Asia/Shanghai')::date as day, c.automaker, c.model_name, n.province as seat
  from place p join vehicle.vehicle c on c.vin = p.vin left join enterprise.enterprise n on n.uscc = c.automaker
  where c.swap_model and (p.type = any (array['INSTALLED', 'VEHICLE_SOLD', 'SWAP_IN']) or p.type = 'REINSTALLED'
    or p.type = 'REPLACED' and p.details ->> 'oldCode' is not null))"""
LISTED: Final = (
    _INSIDE,
    """
select 'BATTERY' as subject, i.code, 'model ' || i.vin as key, i.automaker as party, array[i.province, i.seat] as provinces, i.occurred_at as first_seen,
  jsonb_build_object('model', i.model_name) as figures, array[i.code] as evidence_codes, array[i.seq] as evidence
from inside i
where not exists (select from vehicle.swap_model m where m.automaker = i.automaker and m.model_name = i.model_name and m.recorded_at <= {moment}
  and m.announced_on <= i.day and (m.withdrawn_on is null or i.day < m.withdrawn_on))""",
)
NEVER: Final = (
    _INSIDE,
    """,
swapped as (select s.vin, max(s.occurred_at) as last from {events} s where s.type = any (array['SWAP_IN', 'SWAP_OUT']) group by s.vin),
idle as (
  select i.*, (greatest(i.occurred_at, s.last) at time zone 'Asia/Shanghai')::date as since from inside i left join swapped s on s.vin = i.vin),
late as (
  select d.*, (d.since + make_interval(months => rule.value_on('anomaly.swap_months', '', '', d.since)::int))::date as until from idle d)
select 'BATTERY' as subject, l.code, 'never ' || l.vin as key, l.automaker as party, array[l.province, l.seat] as provinces,
  (l.until + 1)::timestamp at time zone 'Asia/Shanghai' as first_seen, jsonb_build_object('since', l.since) as figures,
  array[l.code] as evidence_codes, array[l.seq] as evidence
from late l where l.until < {today}""",
)


NOT_ANNOUNCED: Final = SweepRule("R15", LISTED)
NOT_SWAPPED: Final = SweepRule("R15", NEVER, (("anomaly.swap_months", ""),))
