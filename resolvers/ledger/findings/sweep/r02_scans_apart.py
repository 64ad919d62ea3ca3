"""This module is in charge of R02 DUP_CODE, by place: one code was seen in two places that no truck links in the time between.

Seen is what asks for the pack at hand; a vehicle that came to be scrapped without it was not seen with it. A province stands for a circle that holds it, so
the distance is the least that it can have been. Two scans of one moment were told by the day, and say nothing of the time between them.
"""

from __future__ import annotations

from typing import Final

from resolvers.ledger.findings.sweep.rule import SweepRule

TOLD: Final = """{superseded},
circle as (select * from unnest({province}, {latitude}, {longitude}, {radius}) as c (province, latitude, longitude, radius)),
seen as (
  select e.code, e.seq, e.province, e.occurred_at, e.reporter, lag(e.seq) over life as seq_before, lag(e.province) over life as province_before,
    lag(e.occurred_at) over life as at_before
  from {placed} e
  where e.province is not null and e.type = any (array['INSTALLED', 'SWAP_IN', 'SWAP_OUT', 'MAINTAINED', 'REPLACED', 'REINSTALLED', 'VEHICLE_SCRAPPED',
    'PACK_DETACHED', 'RECEIVED', 'GRADED', 'DISMANTLED', 'FOUND'])
    and (e.type = 'VEHICLE_SCRAPPED' and e.details -> 'absent' = 'true') is not true
  window life as (partition by e.code order by e.occurred_at, e.place)),
far as (
  select s.*, extract(epoch from s.occurred_at - s.at_before)::float8 / 3600 as hours,
    2 * 6371 * asin(sqrt(least(1, sin(radians(b.latitude - a.latitude) / 2) ^ 2
      + cos(radians(a.latitude)) * cos(radians(b.latitude)) * sin(radians(b.longitude - a.longitude) / 2) ^ 2))) - a.radius - b.radius as km
  from seen s join circle a on a.province = s.province_before join circle b on b.province = s.province
  where s.province <> s.province_before)
select 'BATTERY' as subject, f.code, f.seq_before || '-' || f.seq as key, f.reporter as party, array[f.province_before, f.province] as provinces,
  f.occurred_at as first_seen, jsonb_build_object('kilometres', round(f.km::numeric), 'hours', round(f.hours::numeric, 2)) as figures,
  array[f.code, f.code] as evidence_codes, array[f.seq_before, f.seq] as evidence
from far f
where f.hours > 0 and f.km > f.hours * rule.value_on('anomaly.scan_speed', '', '', (f.occurred_at at time zone 'Asia/Shanghai')::date)::float8"""


SCANS_APART: Final = SweepRule("R02", (TOLD,), (("anomaly.scan_speed", ""),))
