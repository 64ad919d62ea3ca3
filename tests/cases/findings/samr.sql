select "f"."rule", "f"."severity", "f"."state", "f"."message", "f"."figures", "f"."owners", "f"."provinces", "f"."party", "f"."code", "f"."first_seen", f.code as key, 67108864::bigint as standing, f.first_seen as o0, f.id as o1, f.code as o2
from ((select r.code, r.id, r.first_seen
from battery.finding_reader r
join battery.finding f on f.code = r.code and f.id = r.id
where r.grantee = ($1::text[])[1] and "f"."rule" = any($2)
order by "r"."first_seen" desc, "r"."id" desc, "r"."code" desc limit 3)) u
join battery.finding f on f.code = u.code and f.id = u.id
order by "f"."first_seen" desc, "f"."id" desc, "f"."code" desc limit 3;

select "p"."status", p.code as key, s.standing as standing
from battery.pack p
cross
join lateral (select ((549823053863::bigint)) & ~case when "p"."is_product" then 0 else 131072::bigint end as standing, null::timestamptz as past_until) "s"
where p.code = any(string_to_array($1, e'\x1f')) and (("s"."standing" & 549755813888::bigint <> 0) and ("s"."standing" & 1::bigint <> 0));

select "t"."name", "t"."uscc" as key, 549755814400::bigint as standing
from "enterprise"."enterprise" t
where t.uscc = any(string_to_array($1, e'\x1f'))
order by "t"."uscc";

select count(*) as total
from (select 1
from ((select r.code, r.id, r.first_seen
from battery.finding_reader r
join battery.finding f on f.code = r.code and f.id = r.id
where r.grantee = ($1::text[])[1] and "f"."rule" = any($2) limit 10001)) u limit 10001) c;
