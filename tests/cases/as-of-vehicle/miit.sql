select coalesce(sum((select max(e.seq)
from battery.event e
where e.code = c.code)), 0) as events
from unnest($1::text[]) c (code);

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

select code, seq, type, category, occurred_at, recorded_at, reporter, counterparty, vin, province, due_on, late, corrects, details
from battery.event
where vin = any($1::text[]) and type = any (array['VEHICLE_SOLD', 'VEHICLE_SCRAPPED'])
order by recorded_at, code, seq;

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

select vin, min(recorded_at) as first
from battery.event
where vin = any($1::text[]) and type = any (array['INSTALLED', 'SWAP_IN', 'REINSTALLED', 'REPLACED']) group by vin;

select "p"."status", p.code as key, s.standing as standing
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
where p.code = any(string_to_array($1, e'\x1f')) and (("s"."standing" & 549755813888::bigint <> 0) and ("s"."standing" & 1::bigint <> 0));

select "q"."vin", "q"."model_name", case when ("w"."standing" & 8::bigint <> 0) then q.scrapped_on is not null else q.scrapped end as scrapped, "q"."sold_on", "q"."province", "q"."owner_kind", "q"."automaker", v.vin as key, w.standing as standing
from vehicle.vehicle v
cross
join lateral (select (549755813897::bigint) as standing, null::timestamptz as past_until) "w"
join jsonb_populate_recordset(null::"vehicle"."vehicle", $1::jsonb) q on q.vin = v.vin
where v.vin = any(string_to_array($2, e'\x1f')) and (("w"."standing" & 549755813888::bigint <> 0) and ("w"."standing" & 1::bigint <> 0));

select "r"."occurred_at", "r"."removed_at", "r"."code", r.o1 as key, r.standing as standing, r.o0, r.o2, r.o2 as seq, v.vin as parent, w.standing as parent_standing, (select count(*)
from (select 1
from battery.installation f
join battery.pack p on p.code = f.code
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
where f.vin = v.vin and (("s"."standing" & 8::bigint <> 0)) limit 10001) c) as total
from vehicle.vehicle v
cross
join lateral (select (549755813897::bigint) as standing, null::timestamptz as past_until) "w"
left
join lateral (select "f"."occurred_at" as "occurred_at", case when (("s"."standing" & 8::bigint <> 0)) then "f"."removed_at" end as "removed_at", "f"."code" as "code", f.occurred_at as o0, f.code as o1, f.seq as o2, s.standing as standing
from battery.installation f
join battery.pack p on p.code = f.code
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
where f.vin = v.vin and (("s"."standing" & 8::bigint <> 0))
order by f.occurred_at asc, f.code asc, f.seq asc limit 2) r on true
where v.vin = any(string_to_array($1, e'\x1f')) and (("w"."standing" & 549755813888::bigint <> 0) and ("w"."standing" & 1::bigint <> 0))
order by v.vin, r.o0 asc, r.o1 asc, r.o2 asc;

select "r"."occurred_at", "r"."removed_at", "r"."code", r.o1 as key, r.standing as standing, r.o0, r.o2, r.o2 as seq, v.vin as parent, w.standing as parent_standing, (select count(*)
from (select 1
from jsonb_populate_recordset(null::"battery"."installation", $1::jsonb) f
join battery.pack p on p.code = f.code
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
where f.vin = v.vin and (("s"."standing" & 8::bigint <> 0)) limit 10001) c) as total
from vehicle.vehicle v
cross
join lateral (select (549755813897::bigint) as standing, null::timestamptz as past_until) "w"
left
join lateral (select "f"."occurred_at" as "occurred_at", case when (("s"."standing" & 8::bigint <> 0)) then "f"."removed_at" end as "removed_at", "f"."code" as "code", f.occurred_at as o0, f.code as o1, f.seq as o2, s.standing as standing
from jsonb_populate_recordset(null::"battery"."installation", $1::jsonb) f
join battery.pack p on p.code = f.code
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
where f.vin = v.vin and (("s"."standing" & 8::bigint <> 0))
order by f.occurred_at asc, f.code asc, f.seq asc limit 2) r on true
where v.vin = any(string_to_array($2, e'\x1f')) and (("w"."standing" & 549755813888::bigint <> 0) and ("w"."standing" & 1::bigint <> 0))
order by v.vin, r.o0 asc, r.o1 asc, r.o2 asc;

select "t"."name", "t"."uscc" as key, 549755814400::bigint as standing
from "enterprise"."enterprise" t
where t.uscc = any(string_to_array($1, e'\x1f'))
order by "t"."uscc";

select "v"."vin", "v"."model_name", "v"."scrapped", "v"."sold_on", "v"."province", "v"."owner_kind", "v"."automaker", v.vin as key, w.standing as standing
from vehicle.vehicle v
cross
join lateral (select (549755813897::bigint) as standing, null::timestamptz as past_until) "w"
where v.vin = any(string_to_array($1, e'\x1f')) and (("w"."standing" & 549755813888::bigint <> 0) and ("w"."standing" & 1::bigint <> 0));

select code, model_id, maker, chemistry, nominal_energy_kwh, nominal_capacity_ah, nominal_voltage_v, mass_kg, cell_count,
  produced_on, is_product, other_scheme, other_value, vin
from battery.pack
where code = any($1::text[]);

select code, seq, law, state
from battery.kept_state
where code = any($1::text[]);

select distinct on (t.code) "t"."name_en", t.code as key, 2097664::bigint as standing
from enterprise.region t
where t.code = any(string_to_array($1, e'\x1f'))
order by t.code, t.valid_from desc;

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
where p.code = any(string_to_array($2, e'\x1f')) and (("s"."standing" & 549755813888::bigint <> 0) and ("s"."standing" & 1::bigint <> 0)) and case f.category when 'A' then (("s"."standing" & 1::bigint <> 0) or $3 in ("f"."reporter")) when 'D' then (("s"."standing" & 8::bigint <> 0) or $3 in ("f"."reporter")) when 'F' then (("s"."standing" & 16::bigint <> 0) or $3 in ("f"."reporter")) when 'G' then (("s"."standing" & 32::bigint <> 0) or $3 in ("f"."reporter")) when 'H' then ((("s"."standing" & 64::bigint <> 0) or $3 in ("f"."reporter")) and ((f.type <> 'RELEASED' or f.corrects is null) or ("s"."standing" & 32::bigint <> 0))) when 'J' then (("s"."standing" & 128::bigint <> 0) or $3 in ("f"."reporter")) else false end;

select pg_export_snapshot() as id;

select r.code as key, r.standing as standing, v.vin as parent, w.standing as parent_standing, (select count(*)
from (select 1
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
join jsonb_populate_recordset(null::"battery"."pack", $1::jsonb) q on q.code = p.code
where q.vin = v.vin and ("s"."standing" & 1032::bigint <> 0) and (("s"."standing" & 549755813888::bigint <> 0) and ("s"."standing" & 1::bigint <> 0)) limit 10001) c) as total
from vehicle.vehicle v
cross
join lateral (select (549755813897::bigint) as standing, null::timestamptz as past_until) "w"
left
join lateral (select p.code, s.standing
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
join jsonb_populate_recordset(null::"battery"."pack", $1::jsonb) q on q.code = p.code
where q.vin = v.vin and ("s"."standing" & 1032::bigint <> 0) and (("s"."standing" & 549755813888::bigint <> 0) and ("s"."standing" & 1::bigint <> 0))
order by p.code asc limit 2) r on true
where v.vin = any(string_to_array($2, e'\x1f')) and (("w"."standing" & 549755813888::bigint <> 0) and ("w"."standing" & 1::bigint <> 0))
order by v.vin, r.code asc;

select r.code as key, r.standing as standing, v.vin as parent, w.standing as parent_standing, (select count(*)
from (select 1
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
where p.vin = v.vin and (("s"."standing" & 549755813888::bigint <> 0) and ("s"."standing" & 1::bigint <> 0)) limit 10001) c) as total
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

select v.vin, r.*
from vehicle.vehicle v
cross
join lateral (select distinct f.code
from battery.event f
join battery.pack p on p.code = f.code
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
where f.vin = v.vin and f.type = any (array['INSTALLED', 'SWAP_IN', 'REINSTALLED', 'REPLACED']) and f.recorded_at <= $1 and ("s"."standing" & 1032::bigint <> 0) and (("s"."standing" & 549755813888::bigint <> 0) and ("s"."standing" & 1::bigint <> 0)) and not exists (select
from battery.event x
where x.code = f.code and x.seq > f.seq and x.type = any (array['INSTALLED', 'SWAP_IN', 'REINSTALLED']) and x.vin <> f.vin and x.corrects is null and x.recorded_at <= $1 and not exists (select
from battery.event c
where c.code = x.code and c.corrects = x.seq) and not exists (select
from battery.event y
where y.code = x.code and y.seq < x.seq and y.recorded_at > $1)) and not exists (select
from battery.event c
where c.code = f.code and c.corrects = f.seq and c.recorded_at <= $1 and not exists (select
from battery.event y
where y.code = c.code and y.seq < c.seq and y.recorded_at > $1))
order by f.code limit $2) r
where v.vin = any(string_to_array($3, e'\x1f'));

select v.vin, r.*
from vehicle.vehicle v
cross
join lateral (select distinct f.code, f.occurred_at
from battery.event f
join battery.pack p on p.code = f.code
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
where f.vin = v.vin and f.type = any (array['INSTALLED', 'SWAP_IN', 'REINSTALLED', 'REPLACED']) and f.recorded_at <= $1 and (("s"."standing" & 8::bigint <> 0)) and not exists (select
from battery.event c
where c.code = f.code and c.corrects = f.seq and c.recorded_at <= $1 and not exists (select
from battery.event y
where y.code = c.code and y.seq < c.seq and y.recorded_at > $1))
order by f.occurred_at, f.code limit $2) r
where v.vin = any(string_to_array($3, e'\x1f'));

select vin, automaker, model_name, powertrain, swap_model, produced_on, sold_on, scrapped_on, province, region_code, owner_kind,
  readers, recorded_at
from vehicle.vehicle
where vin = any($1::text[]);
