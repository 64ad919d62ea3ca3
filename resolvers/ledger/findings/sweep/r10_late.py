"""This module is in charge of R10 LATE, for a month: of what an enterprise reported in it, too much came after its last day.

Each late report bears its own mark already; corrections do not count. Codes that were filed after their first use are reports that came late, too;
evidence are the events of batteries among them. Of a few reports one is more than the share that may be late, so few say nothing.
"""

from __future__ import annotations

from typing import Final

from resolvers.ledger.findings.sweep.rule import SweepRule

TOLD: Final = """
select 'ENTERPRISE' as subject, e.reporter as code, to_char(m.month, 'YYYY-MM') as key, e.reporter as party, array[min(n.province)] as provinces,
  (m.month + interval '1 month')::timestamp at time zone 'Asia/Shanghai' as first_seen,
  jsonb_build_object('month', to_char(m.month, 'YYYY-MM'), 'reports', count(*), 'late', count(*) filter (where e.late),
    'lateFilings', count(*) filter (where e.late and e.code is null), 'latePercent', round(100.0 * count(*) filter (where e.late) / count(*), 1)) as figures,
  coalesce((array_agg(e.code order by e.recorded_at, e.code, e.seq) filter (where e.late and e.code is not null))[1:50], '{}') as evidence_codes,
  coalesce((array_agg(e.seq order by e.recorded_at, e.code, e.seq) filter (where e.late and e.code is not null))[1:50], '{}') as evidence
from (select reporter, recorded_at, late, code, seq from battery.event where due_on is not null and corrects is null union all
  select reporter, recorded_at, late, null, null from enterprise.notice where type = 'CODE_FILED' and corrects is null) e
cross join lateral (select date_trunc('month', e.recorded_at at time zone 'Asia/Shanghai')::date as month) m
left join enterprise.enterprise n on n.uscc = e.reporter
where e.recorded_at <= {moment} and m.month < {month}
group by e.reporter, m.month
having count(*) >= rule.value_on('anomaly.late_reports', '', '', (m.month + interval '1 month')::date - 1)::int
  and count(*) filter (where e.late) > count(*) * rule.value_on('anomaly.late_share', '', '', (m.month + interval '1 month')::date - 1)::float8"""


LATE_MONTH: Final = SweepRule("R10", (TOLD,), (("anomaly.late_share", ""), ("anomaly.late_reports", "")))
