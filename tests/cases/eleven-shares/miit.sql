select "m"."component", "m"."material", "m"."mass_kg", p.code as key, s.standing as standing, m.model_id as present
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
left
join "battery"."model_material" m on m.model_id = p.model_id and ("s"."standing" & 2::bigint <> 0)
where p.code = any(string_to_array($1, e'\x1f'))
order by p.code, m.component, m.material;

select "m"."manual", "m"."minutes", "m"."hazards", p.code as key, s.standing as standing, m.model_id as present
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
left
join "battery"."model_dismantling" m on m.model_id = p.model_id and ("s"."standing" & 4::bigint <> 0)
where p.code = any(string_to_array($1, e'\x1f'))
order by p.code;

select "m"."name", m.id as key, 1::bigint as standing
from battery.model m
where m.id = any(string_to_array($1, e'\x1f'));

select "p"."status", "p"."chemistry", "p"."nominal_energy_kwh", "p"."model_id", "p"."maker", "p"."swap_model", "p"."powertrain", "p"."state_of_health", "p"."cycle_count", "p"."safety_class", "p"."custodian", "p"."prior_holder", "p"."origin_province", "p"."province", "p"."status_since", p.code as key, s.standing as standing
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
where p.code = any(string_to_array($1, e'\x1f')) and ("s"."standing" & 1::bigint <> 0);

select "r"."holder", "r"."sender", "r"."outcome", "r"."received_at", "r"."until_at", "r"."o0" as "seq", p.code as key, coalesce(r.standing, s.standing) as standing, (select count(*)
from (select 1
from "battery"."custody" f
where f.code = p.code and (("s"."standing" & 64::bigint <> 0)) limit 10001) c) as total
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
left
join lateral (select "f"."holder" as "holder", "f"."sender" as "sender", "f"."outcome" as "outcome", "f"."received_at" as "received_at", case when ("s"."standing" & 64::bigint <> 0) then "f"."until_at" end as "until_at", "f"."seq" as "o0", s.standing as standing
from "battery"."custody" f
where f.code = p.code and (("s"."standing" & 64::bigint <> 0))
order by "f"."seq" asc limit 9) r on true
where p.code = any(string_to_array($1, e'\x1f')) and s.standing <> 0
order by p.code, "r"."o0" asc;

select "r"."occurred_at", "r"."kind", "r"."severity", "r"."o1" as "seq", p.code as key, coalesce(r.standing, s.standing) as standing, (select count(*)
from (select 1
from "battery"."safety_event" f
where f.code = p.code and (("s"."standing" & 32::bigint <> 0)) limit 10001) c) as total
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
left
join lateral (select "f"."occurred_at" as "occurred_at", "f"."kind" as "kind", "f"."severity" as "severity", "f"."occurred_at" as "o0", "f"."seq" as "o1", s.standing as standing
from "battery"."safety_event" f
where f.code = p.code and (("s"."standing" & 32::bigint <> 0))
order by "f"."occurred_at" asc, "f"."seq" asc limit 2) r on true
where p.code = any(string_to_array($1, e'\x1f')) and s.standing <> 0
order by p.code, "r"."o0" asc, "r"."o1" asc;

select "r"."occurred_at", "r"."removed_at", "r"."vin", "r"."o1" as "seq", p.code as key, coalesce(r.standing, s.standing) as standing
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
left
join lateral (select "f"."occurred_at" as "occurred_at", case when (("s"."standing" & 8::bigint <> 0)) then "f"."removed_at" end as "removed_at", "f"."vin" as "vin", "f"."occurred_at" as "o0", "f"."seq" as "o1", s.standing as standing
from "battery"."installation" f
where f.code = p.code and (("s"."standing" & 8::bigint <> 0))
order by "f"."occurred_at" asc, "f"."seq" asc limit 2) r on true
where p.code = any(string_to_array($1, e'\x1f')) and (("s"."standing" & 549755813888::bigint <> 0) and ("s"."standing" & 1::bigint <> 0))
order by p.code, "r"."o0" asc, "r"."o1" asc;

select "r"."occurred_at", "r"."reporter", "r"."grade", "r"."route", "r"."o1" as "seq", p.code as key, coalesce(r.standing, s.standing) as standing, (select count(*)
from (select 1
from "battery"."grading" f
where f.code = p.code and (("s"."standing" & 128::bigint <> 0)) limit 10001) c) as total
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
left
join lateral (select "f"."occurred_at" as "occurred_at", "f"."reporter" as "reporter", "f"."grade" as "grade", "f"."route" as "route", "f"."occurred_at" as "o0", "f"."seq" as "o1", s.standing as standing
from "battery"."grading" f
where f.code = p.code and (("s"."standing" & 128::bigint <> 0))
order by "f"."occurred_at" asc, "f"."seq" asc limit 2) r on true
where p.code = any(string_to_array($1, e'\x1f')) and s.standing <> 0
order by p.code, "r"."o0" asc, "r"."o1" asc;

select "r"."occurred_at", "r"."state_of_health", "r"."method", "r"."o1" as "seq", p.code as key, coalesce(r.standing, s.standing) as standing, (select count(*)
from (select 1
from "battery"."health" f
where f.code = p.code and (("s"."standing" & 16::bigint <> 0)) limit 10001) c) as total
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
left
join lateral (select "f"."occurred_at" as "occurred_at", "f"."state_of_health" as "state_of_health", "f"."method" as "method", "f"."occurred_at" as "o0", "f"."seq" as "o1", s.standing as standing
from "battery"."health" f
where f.code = p.code and (("s"."standing" & 16::bigint <> 0))
order by "f"."occurred_at" desc, "f"."seq" desc limit 2) r on true
where p.code = any(string_to_array($1, e'\x1f')) and s.standing <> 0
order by p.code, "r"."o0" desc, "r"."o1" desc;

select "r"."position", "r"."cell_count", "r"."o1" as "seq", p.code as key, coalesce(r.standing, s.standing) as standing, (select count(*)
from (select 1
from "battery"."module" f
where f.code = p.code and ("s"."standing" & 4::bigint <> 0) limit 10001) c) as total
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
left
join lateral (select "f"."position" as "position", "f"."cell_count" as "cell_count", "f"."position" as "o0", "f"."module_code" as "o1", s.standing as standing
from "battery"."module" f
where f.code = p.code and ("s"."standing" & 4::bigint <> 0)
order by "f"."position" asc, "f"."module_code" asc limit 2) r on true
where p.code = any(string_to_array($1, e'\x1f')) and s.standing <> 0
order by p.code, "r"."o0" asc, "r"."o1" asc;

select "r"."type", "r"."category", "r"."occurred_at", "r"."reporter", "r"."vin", "r"."o1" as "seq", p.code as key, coalesce(r.standing, s.standing) as standing, (select count(*)
from (select 1
from "battery"."event" f
where f.code = p.code and case f.category when 'A' then (("s"."standing" & 1::bigint <> 0) or $1 in ("f"."reporter")) when 'D' then (("s"."standing" & 8::bigint <> 0) or $1 in ("f"."reporter")) when 'F' then (("s"."standing" & 16::bigint <> 0) or $1 in ("f"."reporter")) when 'G' then (("s"."standing" & 32::bigint <> 0) or $1 in ("f"."reporter")) when 'H' then ((("s"."standing" & 64::bigint <> 0) or $1 in ("f"."reporter")) and ((f.type <> 'RELEASED' or f.corrects is null) or ("s"."standing" & 32::bigint <> 0))) when 'J' then (("s"."standing" & 128::bigint <> 0) or $1 in ("f"."reporter")) else false end limit 10001) c) as total
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
left
join lateral (select "f"."type" as "type", "f"."category" as "category", "f"."occurred_at" as "occurred_at", case when (("s"."standing" & 64::bigint <> 0)) then "f"."reporter" end as "reporter", case when (f.category = 'D' and (("s"."standing" & 8::bigint <> 0))) then "f"."vin" end as "vin", "f"."occurred_at" as "o0", "f"."seq" as "o1", s.standing as standing
from "battery"."event" f
where f.code = p.code and case f.category when 'A' then (("s"."standing" & 1::bigint <> 0) or $1 in ("f"."reporter")) when 'D' then (("s"."standing" & 8::bigint <> 0) or $1 in ("f"."reporter")) when 'F' then (("s"."standing" & 16::bigint <> 0) or $1 in ("f"."reporter")) when 'G' then (("s"."standing" & 32::bigint <> 0) or $1 in ("f"."reporter")) when 'H' then ((("s"."standing" & 64::bigint <> 0) or $1 in ("f"."reporter")) and ((f.type <> 'RELEASED' or f.corrects is null) or ("s"."standing" & 32::bigint <> 0))) when 'J' then (("s"."standing" & 128::bigint <> 0) or $1 in ("f"."reporter")) else false end
order by "f"."occurred_at" asc, "f"."seq" asc limit 30) r on true
where p.code = any(string_to_array($2, e'\x1f')) and s.standing <> 0
order by p.code, "r"."o0" asc, "r"."o1" asc;

select "r"."vin", "r"."model_name", "r"."sold_on", "r"."automaker", r.vin_key as key, r.standing as standing, p.code as parent, s.standing as parent_standing
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
left
join lateral (select "v"."vin" as "vin", "v"."model_name" as "model_name", "v"."sold_on" as "sold_on", "v"."automaker" as "automaker", v.vin as vin_key, w.standing
from vehicle.vehicle v
cross
join lateral (select (549755813897::bigint) as standing, null::timestamptz as past_until) "w"
where v.vin = p.vin and ("s"."standing" & 1032::bigint <> 0) and (("w"."standing" & 549755813888::bigint <> 0) and ("w"."standing" & 1::bigint <> 0))) r on true
where p.code = any(string_to_array($1, e'\x1f')) and (("s"."standing" & 549755813888::bigint <> 0) and ("s"."standing" & 1::bigint <> 0));

select "t"."name", "t"."address", "t"."region_code", "t"."uscc" as key, 549755814400::bigint as standing
from "enterprise"."outlet" t
where t.uscc = any(string_to_array($1, e'\x1f')) and t.province = $2
order by "t"."uscc", "t"."number";

select "t"."name", "t"."status", "t"."uscc" as key, 549755814400::bigint as standing
from "enterprise"."enterprise" t
where t.uscc = any(string_to_array($1, e'\x1f'))
order by "t"."uscc";

select "t"."name", "t"."uscc" as key, 549755814400::bigint as standing
from "enterprise"."enterprise" t
where t.uscc = any(string_to_array($1, e'\x1f'))
order by "t"."uscc";

select "t"."role", "t"."uscc" as key, 549755814400::bigint as standing
from "enterprise"."role" t
where t.uscc = any(string_to_array($1, e'\x1f'))
order by "t"."uscc", "t"."role", "t"."valid_from";

select "v"."model_name", v.vin as key, w.standing as standing
from vehicle.vehicle v
cross
join lateral (select (549755813897::bigint) as standing, null::timestamptz as past_until) "w"
where v.vin = any(string_to_array($1, e'\x1f')) and (("w"."standing" & 549755813888::bigint <> 0) and ("w"."standing" & 1::bigint <> 0));

select "v"."vin", v.vin as key, w.standing as standing
from vehicle.vehicle v
cross
join lateral (select (549755813897::bigint) as standing, null::timestamptz as past_until) "w"
where v.vin = any(string_to_array($1, e'\x1f')) and (("w"."standing" & 549755813888::bigint <> 0) and ("w"."standing" & 1::bigint <> 0));

select case when t.standing & 786688::bigint <> 0 then "t"."name" end as "id", case when t.standing & 786688::bigint <> 0 then "t"."operator" end as "operator", case when t.standing & 786688::bigint <> 0 then "t"."input_mass_kg" end as "input_mass_kg", p.code as key, coalesce(t.standing, s.standing) as standing, s.standing as pack_standing, t.id as version, t.id as present
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
left
join lateral (select b.*, i.mass_kg as pack_mass_kg, (s.standing) & ~(case when b.operator = $1 then 0 else 262144::bigint end | case when b.province = any($2) then 0 else 524288::bigint end) as standing
from battery.recovery_input i
join battery.recovery_batch b on b.id = i.batch_id
where i.code = p.code and (("s"."standing" & 256::bigint <> 0)) and b.superseded_at is null) t on true
where p.code = any(string_to_array($3, e'\x1f'))
order by p.code, t.finished_at, t.name;

select distinct on (t.code) "t"."name_en", t.code as key, 2097664::bigint as standing
from enterprise.region t
where t.code = any(string_to_array($1, e'\x1f'))
order by t.code, t.valid_from desc;

select o.element as "element", o.recovered_kg / nullif(o.input_kg, 0) as "rate", case when t.standing & 786688::bigint <> 0 then o.recovered_kg end as "recovered_kg", p.code as key, t.id as batch_id, t.standing as standing
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
cross
join lateral (select b.id, (s.standing) & ~(case when b.operator = $1 then 0 else 262144::bigint end | case when b.province = any($2) then 0 else 524288::bigint end) as standing
from battery.recovery_input i
join battery.recovery_batch b on b.id = i.batch_id
where i.code = p.code and (("s"."standing" & 256::bigint <> 0)) and b.superseded_at is null) t
join battery.recovery_output o on o.batch_id = t.id
where p.code = any($3) and t.id = any($4)
order by p.code, t.id, o.element;

select r.code as key, r.standing as standing, v.vin as parent, w.standing as parent_standing
from vehicle.vehicle v
cross
join lateral (select (549755813897::bigint) as standing, null::timestamptz as past_until) "w"
left
join lateral (select p.code, s.standing
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
where p.vin = v.vin and (("s"."standing" & 549755813888::bigint <> 0) and ("s"."standing" & 1::bigint <> 0))
order by p.code asc limit 2) r on true
where v.vin = any(string_to_array($1, e'\x1f')) and (("w"."standing" & 549755813888::bigint <> 0) and ("w"."standing" & 1::bigint <> 0))
order by v.vin, r.code asc;

select v.vin as key, w.standing as standing
from vehicle.vehicle v
cross
join lateral (select (549755813897::bigint) as standing, null::timestamptz as past_until) "w"
where v.vin = any(string_to_array($1, e'\x1f')) and (("w"."standing" & 549755813888::bigint <> 0) and ("w"."standing" & 1::bigint <> 0));
