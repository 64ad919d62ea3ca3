"""This module is in charge of R24 OUTLET_GAP: sales where nobody takes the batteries back.

An automaker needs an outlet in each prefecture, a battery maker in each province. One finding for each enterprise and province; the prefectures
without an outlet are among its figures.
"""

from __future__ import annotations

from typing import Final

from resolvers.ledger.findings.sweep.rule import SweepRule

_SOLD: Final = """{superseded},
sold as (
  select e.code, e.seq, e.vin, e.reporter, e.province, e.occurred_at, left(v.region_code, 4) as prefecture, p.maker
  from {events} e join battery.pack p on p.code = e.code left join vehicle.vehicle v on v.vin = e.vin
  where e.type = 'VEHICLE_SOLD' and e.province is not null
    and e.occurred_at > {moment} - make_interval(months => rule.value_on('anomaly.outlet_sales_months', '', '', {today})::int))"""
AUTOMAKER: Final = (
    _SOLD,
    """
select 'ENTERPRISE' as subject, s.reporter as code, 'automaker ' || s.province as key, s.reporter as party, array[s.province, n.province] as provinces,
  min(s.occurred_at) as first_seen, jsonb_build_object('province', s.province, 'sales', count(distinct s.vin),
    'prefectures', string_agg(distinct s.prefecture || '00', ' ' order by s.prefecture || '00')) as figures,
  (array_agg(s.code order by s.occurred_at, s.code))[1:50] as evidence_codes, (array_agg(s.seq order by s.occurred_at, s.code))[1:50] as evidence
from sold s left join enterprise.enterprise n on n.uscc = s.reporter
where s.prefecture is not null and not exists (select from enterprise.outlet o where o.uscc = s.reporter and left(o.region_code, 4) = s.prefecture
  and o.opened_on <= {today} and (o.closed_on is null or {today} < o.closed_on))
group by s.reporter, s.province, n.province""",
)
MAKER: Final = (
    _SOLD,
    """
select 'ENTERPRISE' as subject, s.maker as code, 'maker ' || s.province as key, s.maker as party, array[s.province, n.province] as provinces,
  min(s.occurred_at) as first_seen, jsonb_build_object('province', s.province, 'sales', count(distinct s.code)) as figures,
  (array_agg(s.code order by s.occurred_at, s.code))[1:50] as evidence_codes, (array_agg(s.seq order by s.occurred_at, s.code))[1:50] as evidence
from sold s left join enterprise.enterprise n on n.uscc = s.maker
where not exists (select from enterprise.outlet o where o.uscc = s.maker and o.province = s.province
  and o.opened_on <= {today} and (o.closed_on is null or {today} < o.closed_on))
group by s.maker, s.province, n.province""",
)


NO_OUTLET_IN_PREFECTURE: Final = SweepRule("R24", AUTOMAKER, (("anomaly.outlet_sales_months", ""),))
NO_OUTLET_IN_PROVINCE: Final = SweepRule("R24", MAKER, (("anomaly.outlet_sales_months", ""),))
