select "f"."rule", "f"."severity", "f"."state", "f"."message", "f"."figures", "f"."owners", "f"."provinces", "f"."party", "f"."code", "f"."first_seen", f.code as key, 8388608::bigint as standing, f.first_seen as o0, f.id as o1, f.code as o2
from ((select r.code, r.id, r.first_seen
from battery.finding_reader r
join battery.finding f on f.code = r.code and f.id = r.id
where r.grantee = ($1::text[])[1] and "f"."rule" = any($2)
order by "r"."first_seen" desc, "r"."id" desc, "r"."code" desc limit 3)) u
join battery.finding f on f.code = u.code and f.id = u.id
order by "f"."first_seen" desc, "f"."id" desc, "f"."code" desc limit 3;

select "t"."name", "t"."uscc" as key, 549755814400::bigint as standing
from "enterprise"."enterprise" t
where t.uscc = any(string_to_array($1, e'\x1f'))
order by "t"."uscc";

select b.operator, b.finished_at, o.element, o.input_kg, o.recovered_kg
from battery.recovery_batch b
join battery.recovery_output o on o.batch_id = b.id
where b.operator = any(string_to_array($1, e'\x1f')) and date_trunc('month', b.finished_at at time zone 'Asia/Shanghai')::date = any($2::date[]) and b.superseded_at is null;

select c.holder as uscc, c.code as subject, c.offered_at as since
from battery.custody c
where c.outcome = 'PENDING' and c.holder = any(string_to_array($1, e'\x1f'));

select c.obliged as uscc, c.code as subject, c.requested_at as since
from battery.take_back c
where c.outcome = 'PENDING' and c.obliged = any(string_to_array($1, e'\x1f'));

select count(*) as total
from (select 1
from ((select r.code, r.id, r.first_seen
from battery.finding_reader r
join battery.finding f on f.code = r.code and f.id = r.id
where r.grantee = ($1::text[])[1] and "f"."rule" = any($2) limit 10001)) u limit 10001) c;

select maker as uscc, id as subject, certified_on as since
from battery.model
where dismantling_reported_on is null and maker = any(string_to_array($1, e'\x1f'));

select party as operator, month, kind as element, sum(mass_g)::float8 / 1000, sum(part)::float8 / 1000
from (select party, month, kind, mass_g, part
from statistics.cell
where cube = 'recovery' and party = any(string_to_array($1, e'\x1f')) and month <> all($2::date[]) and level = 0
union all select party, month, kind, mass_g, part
from statistics.change
where cube = 'recovery' and party = any(string_to_array($1, e'\x1f')) and month <> all($2::date[])) u group by 1, 2, 3 having sum(mass_g) <> 0 or sum(part) <> 0;

select rule_set, name, node_type, role, value, unit, basis, confidence, status, valid_from, valid_to
from rule.rule
where name = 'recovery.norm';

select rule_set, name, node_type, role, value, unit, basis, confidence, status, valid_from, valid_to
from rule.rule
where name in ('deadline', 'deadline.dismantling_information');
