select coalesce(jsonb_agg(to_jsonb(f) || jsonb_build_object('state', coalesce(
  (select s.state
from battery.finding_state s
where s.code = f.code and s.id = f.id and s.recorded_at <= $2
order by s.number desc limit 1),
  (select 'OPEN'
from battery.finding_state s
where s.code = f.code and s.id = f.id limit 1), f.state))), '[]')::text as found
from battery.finding f
where f.code = any($1::text[]) and f.recorded_at <= $2;

select code, seq, occurred_at, recorded_at, reporter, kind, severity, description
from battery.safety_event
where code = any($1::text[]) and seq < 1000000
order by code, seq;

select code, seq, occurred_at, recorded_at, reporter, state_of_health, cycle_count, remaining_energy_kwh, internal_resistance_mohm, temperature_max_c, method
from battery.health
where code = any($1::text[]) and seq < 1000000
order by code, seq;

select code, seq, type, category, occurred_at, recorded_at, reporter, counterparty, vin, province, due_on, late, corrects, details
from battery.event
where code = any($1::text[])
order by code, seq;

select e.uscc, e.province, e.status,
  exists (select 1
from enterprise.role r
where r.uscc = e.uscc and r.role in ('PR', 'MI', 'ME', 'SA') and r.valid_to is null) as authority
from enterprise.enterprise e
where e.uscc = any($1::text[]);

select e.vin, min(e.occurred_at) filter (where e.recorded_at <= $2) as sold_at
from battery.event e
where e.vin = any($1::text[]) and e.type = 'VEHICLE_SOLD' and exists (select
from battery.installation i
where i.code = e.code and i.vin = e.vin)
group by e.vin;

select "p"."status", "p"."state_of_health", "p"."custodian", p.code as key, s.standing as standing
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
where p.code = any(string_to_array($1, e'\x1f')) and ("s"."standing" & 1::bigint <> 0);

select "q"."status", "q"."state_of_health", "q"."custodian", p.code as key, s.standing as standing
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
join jsonb_populate_recordset(null::"battery"."pack", $1::jsonb) q on q.code = p.code
where p.code = any(string_to_array($2, e'\x1f')) and ("s"."standing" & 1::bigint <> 0);

select "r"."model_name", r.vin_key as key, r.standing as standing, p.code as parent, s.standing as parent_standing
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
join jsonb_populate_recordset(null::"battery"."pack", $1::jsonb) q on q.code = p.code
left
join lateral (select "v"."model_name" as "model_name", v.vin as vin_key, w.standing
from vehicle.vehicle v
cross
join lateral (select (549755813897::bigint) as standing, null::timestamptz as past_until) "w"
where v.vin = q.vin and ("s"."standing" & 1032::bigint <> 0) and (("w"."standing" & 549755813888::bigint <> 0) and ("w"."standing" & 1::bigint <> 0))) r on true
where p.code = any(string_to_array($2, e'\x1f')) and (("s"."standing" & 549755813888::bigint <> 0) and ("s"."standing" & 1::bigint <> 0));

select "r"."model_name", r.vin_key as key, r.standing as standing, p.code as parent, s.standing as parent_standing
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
left
join lateral (select "v"."model_name" as "model_name", v.vin as vin_key, w.standing
from vehicle.vehicle v
cross
join lateral (select (549755813897::bigint) as standing, null::timestamptz as past_until) "w"
where v.vin = p.vin and ("s"."standing" & 1032::bigint <> 0) and (("w"."standing" & 549755813888::bigint <> 0) and ("w"."standing" & 1::bigint <> 0))) r on true
where p.code = any(string_to_array($1, e'\x1f')) and (("s"."standing" & 549755813888::bigint <> 0) and ("s"."standing" & 1::bigint <> 0));

select "r"."o0" as "o0", "r"."o1" as "seq", p.code as key, coalesce(r.standing, s.standing) as standing, (select count(*)
from (select 1
from "battery"."finding" f
where f.code = p.code and (("s"."standing" & 4194304::bigint <> 0)) limit 10001) c) as total
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
left
join lateral (select "f"."first_seen" as "o0", "f"."id" as "o1", s.standing as standing
from "battery"."finding" f
where f.code = p.code and (("s"."standing" & 4194304::bigint <> 0))
order by "f"."first_seen" asc, "f"."id" asc limit 20) r on true
where p.code = any(string_to_array($1, e'\x1f')) and s.standing <> 0
order by p.code, "r"."o0" asc, "r"."o1" asc;

select "r"."o0" as "o0", "r"."o1" as "seq", p.code as key, coalesce(r.standing, s.standing) as standing, (select count(*)
from (select 1
from jsonb_populate_recordset(null::"battery"."finding", $1::jsonb) f
where f.code = p.code and (("s"."standing" & 4194304::bigint <> 0)) limit 10001) c) as total
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
left
join lateral (select "f"."first_seen" as "o0", "f"."id" as "o1", s.standing as standing
from jsonb_populate_recordset(null::"battery"."finding", $1::jsonb) f
where f.code = p.code and (("s"."standing" & 4194304::bigint <> 0))
order by "f"."first_seen" asc, "f"."id" asc limit 20) r on true
where p.code = any(string_to_array($2, e'\x1f')) and s.standing <> 0
order by p.code, "r"."o0" asc, "r"."o1" asc;

select "r"."type", "r"."recorded_at", "r"."o0" as "o0", "r"."o1" as "seq", p.code as key, coalesce(r.standing, s.standing) as standing
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
left
join lateral (select "f"."type" as "type", "f"."recorded_at" as "recorded_at", "f"."occurred_at" as "o0", "f"."seq" as "o1", s.standing as standing
from "battery"."event" f
where f.code = p.code and case f.category when 'A' then (("s"."standing" & 1::bigint <> 0) or $1 in ("f"."reporter")) when 'D' then (("s"."standing" & 8::bigint <> 0) or $1 in ("f"."reporter")) when 'F' then (("s"."standing" & 16::bigint <> 0) or $1 in ("f"."reporter")) when 'G' then (("s"."standing" & 32::bigint <> 0) or $1 in ("f"."reporter")) when 'H' then ((("s"."standing" & 64::bigint <> 0) or $1 in ("f"."reporter")) and ((f.type <> 'RELEASED' or f.corrects is null) or ("s"."standing" & 32::bigint <> 0))) when 'J' then (("s"."standing" & 128::bigint <> 0) or $1 in ("f"."reporter")) else false end
order by "f"."occurred_at" asc, "f"."seq" asc limit 10) r on true
where p.code = any(string_to_array($2, e'\x1f')) and s.standing <> 0
order by p.code, "r"."o0" asc, "r"."o1" asc;

select "r"."type", "r"."recorded_at", "r"."o0" as "o0", "r"."o1" as "seq", p.code as key, coalesce(r.standing, s.standing) as standing
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
left
join lateral (select "f"."type" as "type", "f"."recorded_at" as "recorded_at", "f"."occurred_at" as "o0", "f"."seq" as "o1", s.standing as standing
from jsonb_populate_recordset(null::"battery"."event", $1::jsonb) f
where f.code = p.code and case f.category when 'A' then (("s"."standing" & 1::bigint <> 0) or $2 in ("f"."reporter")) when 'D' then (("s"."standing" & 8::bigint <> 0) or $2 in ("f"."reporter")) when 'F' then (("s"."standing" & 16::bigint <> 0) or $2 in ("f"."reporter")) when 'G' then (("s"."standing" & 32::bigint <> 0) or $2 in ("f"."reporter")) when 'H' then ((("s"."standing" & 64::bigint <> 0) or $2 in ("f"."reporter")) and ((f.type <> 'RELEASED' or f.corrects is null) or ("s"."standing" & 32::bigint <> 0))) when 'J' then (("s"."standing" & 128::bigint <> 0) or $2 in ("f"."reporter")) else false end
order by "f"."occurred_at" asc, "f"."seq" asc limit 10) r on true
where p.code = any(string_to_array($3, e'\x1f')) and s.standing <> 0
order by p.code, "r"."o0" asc, "r"."o1" asc;

select "t"."name", "t"."uscc" as key, 549755814400::bigint as standing
from "enterprise"."enterprise" t
where t.uscc = any(string_to_array($1, e'\x1f'))
order by "t"."uscc";

select code, model_id, maker, chemistry, nominal_energy_kwh, nominal_capacity_ah, nominal_voltage_v, mass_kg, cell_count,
  produced_on, is_product, other_scheme, other_value, vin
from battery.pack
where code = any($1::text[]);

select code, seq, law, state
from battery.kept_state
where code = any($1::text[]);

select l.virtualtransaction as name
from pg_locks l
where l.locktype = 'advisory' and l.objsubid = 2 and l.classid = 1415071059 and l.objid::bigint <= $1 and l.database = (select d.oid
from pg_database d
where d.datname = current_database());

select min(valid_from) as day
from rule.rule;

select p.code as key, f.seq as seq
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
join jsonb_populate_recordset(null::"battery"."event", $1::jsonb) f on f.code = p.code
where p.code = any(string_to_array($2, e'\x1f')) and s.standing <> 0 and case f.category when 'A' then (("s"."standing" & 1::bigint <> 0) or $3 in ("f"."reporter")) when 'D' then (("s"."standing" & 8::bigint <> 0) or $3 in ("f"."reporter")) when 'F' then (("s"."standing" & 16::bigint <> 0) or $3 in ("f"."reporter")) when 'G' then (("s"."standing" & 32::bigint <> 0) or $3 in ("f"."reporter")) when 'H' then ((("s"."standing" & 64::bigint <> 0) or $3 in ("f"."reporter")) and ((f.type <> 'RELEASED' or f.corrects is null) or ("s"."standing" & 32::bigint <> 0))) when 'J' then (("s"."standing" & 128::bigint <> 0) or $3 in ("f"."reporter")) else false end;

select pg_export_snapshot() as id;

select vin, automaker, model_name, powertrain, swap_model, produced_on, sold_on, scrapped_on, province, region_code, owner_kind,
  readers, recorded_at
from vehicle.vehicle
where vin = any($1::text[]);
