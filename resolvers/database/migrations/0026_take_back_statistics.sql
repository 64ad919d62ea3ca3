-- Take-back is counted, and findings by what has become of them: a finding's kind is rule:severity:state from now on. What was there before is counted
-- anew, as changes: whoever finds many of these adds them up. The owner of a table sees none of its rows through the lock; the ledger does.

set local role cellgate_ledger
-- ;;
delete from statistics.cell where cube in ('finding', 'finding_province')
-- ;;
delete from statistics.change where cube in ('finding', 'finding_province')
-- ;;
with main as (
  select distinct on (r.uscc) r.uscc, r.role from enterprise.role r
  order by r.uscc, array_position(array['BM', 'OEM', 'SW', 'RS', 'SD', 'CU', 'PR', 'MI', 'ME', 'SA'], r.role), r.role
)
insert into statistics.change (cube, month, province, chemistry, party, role, to_province, to_role, kind, n, energy_wh, mass_g, part)
select v.cube, date_trunc('month', f.first_seen at time zone 'Asia/Shanghai')::date, v.province, '', f.party, coalesce(m.role, ''), '', '',
  concat_ws(':', f.rule, f.severity, f.state), count(*), 0, 0, 0
from battery.finding f cross join lateral (select 'finding', '' union all select distinct 'finding_province', unnest(f.provinces)) v (cube, province)
left join main m on m.uscc = f.party group by 1, 2, 3, 4, 5, 6, 7, 8, 9
union all
select 'take_back', date_trunc('month', t.requested_at at time zone 'Asia/Shanghai')::date, coalesce(left(t.region_code, 2), s.province, ''), p.chemistry,
  t.obliged, coalesce(m.role, ''), '', '', t.outcome, count(*), 0, 0,
  sum(coalesce((t.answered_at at time zone 'Asia/Shanghai')::date > t.due_on, false)::int)
from battery.take_back t join battery.pack p on p.code = t.code left join enterprise.enterprise s on s.uscc = t.holder left join main m on m.uscc = t.obliged
where p.parent is null group by 1, 2, 3, 4, 5, 6, 7, 8, 9
-- ;;
set local role cellgate_owner
