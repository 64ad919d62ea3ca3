select "m"."component", "m"."material", "m"."mass_kg", p.code as key, s.standing as standing, m.model_id as present
from battery.pack p
cross
join lateral (select ((549823053863::bigint)) & ~case when "p"."is_product" then 0 else 131072::bigint end as standing, null::timestamptz as past_until) "s"
left
join "battery"."model_material" m on m.model_id = p.model_id and ("s"."standing" & 2::bigint <> 0)
where p.code = any(string_to_array($1, e'\x1f'))
order by p.code, m.component, m.material;

select "m"."manual", "m"."minutes", "m"."hazards", p.code as key, s.standing as standing, m.model_id as present
from battery.pack p
cross
join lateral (select ((549823053863::bigint)) & ~case when "p"."is_product" then 0 else 131072::bigint end as standing, null::timestamptz as past_until) "s"
left
join "battery"."model_dismantling" m on m.model_id = p.model_id and ("s"."standing" & 4::bigint <> 0)
where p.code = any(string_to_array($1, e'\x1f'))
order by p.code;

select "m"."name", m.id as key, 1::bigint as standing
from battery.model m
where m.id = any(string_to_array($1, e'\x1f'));

select "p"."status", "p"."chemistry", "p"."nominal_energy_kwh", "p"."model_id", "p"."maker", "p"."safety_class", p.code as key, s.standing as standing
from battery.pack p
cross
join lateral (select ((549823053863::bigint)) & ~case when "p"."is_product" then 0 else 131072::bigint end as standing, null::timestamptz as past_until) "s"
where p.code = any(string_to_array($1, e'\x1f')) and ("s"."standing" & 1::bigint <> 0);

select "r"."occurred_at", "r"."kind", "r"."severity", "r"."o1" as "seq", p.code as key, coalesce(r.standing, s.standing) as standing, (select count(*)
from (select 1
from "battery"."safety_event" f
where f.code = p.code and (("s"."standing" & 32::bigint <> 0)) limit 10001) c) as total
from battery.pack p
cross
join lateral (select ((549823053863::bigint)) & ~case when "p"."is_product" then 0 else 131072::bigint end as standing, null::timestamptz as past_until) "s"
left
join lateral (select "f"."occurred_at" as "occurred_at", "f"."kind" as "kind", "f"."severity" as "severity", "f"."occurred_at" as "o0", "f"."seq" as "o1", s.standing as standing
from "battery"."safety_event" f
where f.code = p.code and (("s"."standing" & 32::bigint <> 0))
order by "f"."occurred_at" asc, "f"."seq" asc limit 2) r on true
where p.code = any(string_to_array($1, e'\x1f')) and s.standing <> 0
order by p.code, "r"."o0" asc, "r"."o1" asc;

select "r"."occurred_at", "r"."reporter", "r"."grade", "r"."route", "r"."o1" as "seq", p.code as key, coalesce(r.standing, s.standing) as standing, (select count(*)
from (select 1
from "battery"."grading" f
where f.code = p.code and (("s"."standing" & 131072::bigint <> 0)) limit 10001) c) as total
from battery.pack p
cross
join lateral (select ((549823053863::bigint)) & ~case when "p"."is_product" then 0 else 131072::bigint end as standing, null::timestamptz as past_until) "s"
left
join lateral (select "f"."occurred_at" as "occurred_at", "f"."reporter" as "reporter", "f"."grade" as "grade", "f"."route" as "route", "f"."occurred_at" as "o0", "f"."seq" as "o1", s.standing as standing
from "battery"."grading" f
where f.code = p.code and (("s"."standing" & 131072::bigint <> 0))
order by "f"."occurred_at" asc, "f"."seq" asc limit 2) r on true
where p.code = any(string_to_array($1, e'\x1f')) and s.standing <> 0
order by p.code, "r"."o0" asc, "r"."o1" asc;

select "r"."position", "r"."cell_count", "r"."o1" as "seq", p.code as key, coalesce(r.standing, s.standing) as standing, (select count(*)
from (select 1
from "battery"."module" f
where f.code = p.code and ("s"."standing" & 4::bigint <> 0) limit 10001) c) as total
from battery.pack p
cross
join lateral (select ((549823053863::bigint)) & ~case when "p"."is_product" then 0 else 131072::bigint end as standing, null::timestamptz as past_until) "s"
left
join lateral (select "f"."position" as "position", "f"."cell_count" as "cell_count", "f"."position" as "o0", "f"."module_code" as "o1", s.standing as standing
from "battery"."module" f
where f.code = p.code and ("s"."standing" & 4::bigint <> 0)
order by "f"."position" asc, "f"."module_code" asc limit 2) r on true
where p.code = any(string_to_array($1, e'\x1f')) and s.standing <> 0
order by p.code, "r"."o0" asc, "r"."o1" asc;

select "r"."type", "r"."category", "r"."occurred_at", "r"."o1" as "seq", p.code as key, coalesce(r.standing, s.standing) as standing, (select count(*)
from (select 1
from "battery"."event" f
where f.code = p.code and case f.category when 'A' then (("s"."standing" & 1::bigint <> 0) or $1 in ("f"."reporter")) when 'D' then ($1 in ("f"."reporter")) when 'F' then ($1 in ("f"."reporter")) when 'G' then (("s"."standing" & 32::bigint <> 0) or $1 in ("f"."reporter")) when 'H' then (($1 in ("f"."reporter")) and ((f.type <> 'RELEASED' or f.corrects is null) or ("s"."standing" & 32::bigint <> 0))) when 'J' then ($1 in ("f"."reporter")) else false end limit 10001) c) as total
from battery.pack p
cross
join lateral (select ((549823053863::bigint)) & ~case when "p"."is_product" then 0 else 131072::bigint end as standing, null::timestamptz as past_until) "s"
left
join lateral (select "f"."type" as "type", "f"."category" as "category", "f"."occurred_at" as "occurred_at", "f"."occurred_at" as "o0", "f"."seq" as "o1", s.standing as standing
from "battery"."event" f
where f.code = p.code and case f.category when 'A' then (("s"."standing" & 1::bigint <> 0) or $1 in ("f"."reporter")) when 'D' then ($1 in ("f"."reporter")) when 'F' then ($1 in ("f"."reporter")) when 'G' then (("s"."standing" & 32::bigint <> 0) or $1 in ("f"."reporter")) when 'H' then (($1 in ("f"."reporter")) and ((f.type <> 'RELEASED' or f.corrects is null) or ("s"."standing" & 32::bigint <> 0))) when 'J' then ($1 in ("f"."reporter")) else false end
order by "f"."occurred_at" asc, "f"."seq" asc limit 30) r on true
where p.code = any(string_to_array($2, e'\x1f')) and s.standing <> 0
order by p.code, "r"."o0" asc, "r"."o1" asc;

select "t"."name", "t"."address", "t"."region_code", "t"."uscc" as key, 549755814400::bigint as standing
from "enterprise"."outlet" t
where t.uscc = any(string_to_array($1, e'\x1f')) and t.province = $2
order by "t"."uscc", "t"."number";

select "t"."name", "t"."status", "t"."uscc" as key, 549755814400::bigint as standing
from "enterprise"."enterprise" t
where t.uscc = any(string_to_array($1, e'\x1f'))
order by "t"."uscc";

select distinct on (t.code) "t"."name_en", t.code as key, 2097664::bigint as standing
from enterprise.region t
where t.code = any(string_to_array($1, e'\x1f'))
order by t.code, t.valid_from desc;
