select "p"."state_of_health", "p"."custodian", p.code as key, s.standing as standing
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
where p.code = any(string_to_array($1, e'\x1f')) and ("s"."standing" & 1::bigint <> 0);

select "r"."occurred_at", "r"."recorded_at", "r"."state_of_health", "r"."o1" as "seq", p.code as key, coalesce(r.standing, s.standing) as standing
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
left
join lateral (select "f"."occurred_at" as "occurred_at", "f"."recorded_at" as "recorded_at", "f"."state_of_health" as "state_of_health", "f"."occurred_at" as "o0", "f"."seq" as "o1", s.standing as standing
from "battery"."health" f
where f.code = p.code and (("s"."standing" & 16::bigint <> 0))
order by "f"."occurred_at" asc, "f"."seq" asc limit 9) r on true
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
order by "f"."occurred_at" asc, "f"."seq" asc limit 9) r on true
where p.code = any(string_to_array($1, e'\x1f')) and (("s"."standing" & 549755813888::bigint <> 0) and ("s"."standing" & 1::bigint <> 0))
order by p.code, "r"."o0" asc, "r"."o1" asc;

select "r"."sender", "r"."holder", "r"."received_at", "r"."until_at", "r"."o0" as "seq", p.code as key, coalesce(r.standing, s.standing) as standing
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
left
join lateral (select "f"."sender" as "sender", "f"."holder" as "holder", "f"."received_at" as "received_at", case when ("s"."standing" & 64::bigint <> 0) then "f"."until_at" end as "until_at", "f"."seq" as "o0", s.standing as standing
from "battery"."custody" f
where f.code = p.code and (("s"."standing" & 64::bigint <> 0))
order by "f"."seq" asc limit 9) r on true
where p.code = any(string_to_array($1, e'\x1f')) and s.standing <> 0
order by p.code, "r"."o0" asc;

select "r"."type", "r"."occurred_at", "r"."recorded_at", "r"."o1" as "seq", p.code as key, coalesce(r.standing, s.standing) as standing
from battery.pack p
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
left
join lateral (select "f"."type" as "type", "f"."occurred_at" as "occurred_at", "f"."recorded_at" as "recorded_at", "f"."occurred_at" as "o0", "f"."seq" as "o1", s.standing as standing
from "battery"."event" f
where f.code = p.code and case f.category when 'A' then (("s"."standing" & 1::bigint <> 0) or $1 in ("f"."reporter")) when 'D' then (("s"."standing" & 8::bigint <> 0) or $1 in ("f"."reporter")) when 'F' then (("s"."standing" & 16::bigint <> 0) or $1 in ("f"."reporter")) when 'G' then (("s"."standing" & 32::bigint <> 0) or $1 in ("f"."reporter")) when 'H' then ((("s"."standing" & 64::bigint <> 0) or $1 in ("f"."reporter")) and ((f.type <> 'RELEASED' or f.corrects is null) or ("s"."standing" & 32::bigint <> 0))) when 'J' then (("s"."standing" & 128::bigint <> 0) or $1 in ("f"."reporter")) else false end
order by "f"."occurred_at" asc, "f"."seq" asc limit 20) r on true
where p.code = any(string_to_array($2, e'\x1f')) and s.standing <> 0
order by p.code, "r"."o0" asc, "r"."o1" asc;

select "t"."name", "t"."uscc" as key, 549755814400::bigint as standing
from "enterprise"."enterprise" t
where t.uscc = any(string_to_array($1, e'\x1f'))
order by "t"."uscc";

select "v"."model_name", v.vin as key, w.standing as standing
from vehicle.vehicle v
cross
join lateral (select (549755813897::bigint) as standing, null::timestamptz as past_until) "w"
where v.vin = any(string_to_array($1, e'\x1f')) and (("w"."standing" & 549755813888::bigint <> 0) and ("w"."standing" & 1::bigint <> 0));
