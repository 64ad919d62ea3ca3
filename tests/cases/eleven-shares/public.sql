select "m"."name", m.id as key, 1::bigint as standing
from battery.model m
where m.id = any(string_to_array($1, e'\x1f'));

select "p"."status", "p"."chemistry", "p"."nominal_energy_kwh", "p"."model_id", "p"."maker", p.code as key, s.standing as standing
from battery.pack p
cross
join lateral (select (1099511627777::bigint) as standing, null::timestamptz as past_until) "s"
where p.code = any(string_to_array($1, e'\x1f')) and ("s"."standing" & 1::bigint <> 0);

select "r"."type", "r"."category", "r"."occurred_at", "r"."o1" as "seq", p.code as key, coalesce(r.standing, s.standing) as standing, (select count(*)
from (select 1
from "battery"."event" f
where f.code = p.code and case f.category when 'A' then (("s"."standing" & 1::bigint <> 0) or $1 in ("f"."reporter")) else false end limit 10001) c) as total
from battery.pack p
cross
join lateral (select (1099511627777::bigint) as standing, null::timestamptz as past_until) "s"
left
join lateral (select "f"."type" as "type", "f"."category" as "category", "f"."occurred_at" as "occurred_at", "f"."occurred_at" as "o0", "f"."seq" as "o1", s.standing as standing
from "battery"."event" f
where f.code = p.code and case f.category when 'A' then (("s"."standing" & 1::bigint <> 0) or $1 in ("f"."reporter")) else false end
order by "f"."occurred_at" asc, "f"."seq" asc limit 30) r on true
where p.code = any(string_to_array($2, e'\x1f')) and s.standing <> 0
order by p.code, "r"."o0" asc, "r"."o1" asc;

select "t"."name", "t"."address", "t"."region_code", "t"."uscc" as key, 549757911040::bigint as standing
from "enterprise"."outlet" t
where t.uscc = any(string_to_array($1, e'\x1f')) and t.province = $2
order by "t"."uscc", "t"."number";

select "t"."name", "t"."status", "t"."uscc" as key, 549757911040::bigint as standing
from "enterprise"."enterprise" t
where t.uscc = any(string_to_array($1, e'\x1f'))
order by "t"."uscc";

select distinct on (t.code) "t"."name_en", t.code as key, 2097664::bigint as standing
from enterprise.region t
where t.code = any(string_to_array($1, e'\x1f'))
order by t.code, t.valid_from desc;
