select "r"."vin", "r"."model_name", r.vin_key as key, r.standing as standing, p.code as parent, s.standing as parent_standing
from battery.pack p
cross
join lateral (select coalesce(bit_or(case a.relation when 'custodian' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 137447346176::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 137447346176::bigint else 137447346176::bigint end when 'receiver' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 137447346176::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 137447346176::bigint else 137447346176::bigint end else 0 end), 0) as held, null::timestamptz as past_until
from "battery"."access" a
where "a"."code" = "p"."code" and a.grantee = any($3) and (a.relation = 'jurisdiction') = (a.grantee <> $4) and a.from_at <= $1) "s_grants"
cross
join lateral (select (0::bigint) | ("s_grants"."held") | (case when "p"."maker" = $4 then 4303361191::bigint else 0 end) as standing, "s_grants"."past_until" as past_until) "s"
left
join lateral (select null::text as "vin", "v"."model_name" as "model_name", v.vin as vin_key, w.standing
from vehicle.vehicle v
cross
join lateral (select coalesce(bit_or(case a.relation when 'maker' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 4294968321::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 0::bigint else 0::bigint end else 0 end), 0) as held, null::timestamptz as past_until
from "vehicle"."access" a
where "a"."vin" = "v"."vin" and a.grantee = any($3) and (a.relation = 'jurisdiction') = (a.grantee <> $4) and a.from_at <= $1) "w_grants"
cross
join lateral (select (0::bigint) | ("w_grants"."held") as standing, "w_grants"."past_until" as past_until) "w"
where v.vin = p.vin and ("s"."standing" & 1032::bigint <> 0) and (("w"."standing" & 4294967296::bigint <> 0) and ("w"."standing" & 1::bigint <> 0))) r on true
where p.code = any(string_to_array($5, e'\x1f')) and (("s"."standing" & 4294967296::bigint <> 0) and ("s"."standing" & 1::bigint <> 0));

select null::text, "v"."model_name", null::text, v.vin as key, w.standing as standing
from vehicle.vehicle v
cross
join lateral (select coalesce(bit_or(case a.relation when 'maker' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 4294968321::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 0::bigint else 0::bigint end else 0 end), 0) as held, null::timestamptz as past_until
from "vehicle"."access" a
where "a"."vin" = "v"."vin" and a.grantee = any($3) and (a.relation = 'jurisdiction') = (a.grantee <> $4) and a.from_at <= $1) "w_grants"
cross
join lateral (select (0::bigint) | ("w_grants"."held") as standing, "w_grants"."past_until" as past_until) "w"
where v.vin = any(string_to_array($5, e'\x1f')) and (("w"."standing" & 4294967296::bigint <> 0) and ("w"."standing" & 1::bigint <> 0));

select p.code as key, s.standing as standing
from battery.pack p
cross
join lateral (select coalesce(bit_or(case a.relation when 'custodian' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 137447346176::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 137447346176::bigint else 137447346176::bigint end when 'receiver' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 137447346176::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 137447346176::bigint else 137447346176::bigint end else 0 end), 0) as held, null::timestamptz as past_until
from "battery"."access" a
where "a"."code" = "p"."code" and a.grantee = any($3) and (a.relation = 'jurisdiction') = (a.grantee <> $4) and a.from_at <= $1) "s_grants"
cross
join lateral (select (1099511627777::bigint) | ("s_grants"."held") | (case when "p"."maker" = $4 then 4303361191::bigint else 0 end) as standing, "s_grants"."past_until" as past_until) "s"
where p.code = any(string_to_array($5, e'\x1f')) and ("s"."standing" & 1::bigint <> 0);

select r.code as key, r.standing as standing, v.vin as parent, w.standing as parent_standing
from vehicle.vehicle v
cross
join lateral (select coalesce(bit_or(case a.relation when 'maker' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 4294968321::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 0::bigint else 0::bigint end else 0 end), 0) as held, null::timestamptz as past_until
from "vehicle"."access" a
where "a"."vin" = "v"."vin" and a.grantee = any($3) and (a.relation = 'jurisdiction') = (a.grantee <> $4) and a.from_at <= $1) "w_grants"
cross
join lateral (select (0::bigint) | ("w_grants"."held") as standing, "w_grants"."past_until" as past_until) "w"
left
join lateral (select p.code, s.standing
from battery.pack p
cross
join lateral (select coalesce(bit_or(case a.relation when 'custodian' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 137447346176::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 137447346176::bigint else 137447346176::bigint end when 'receiver' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 137447346176::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 137447346176::bigint else 137447346176::bigint end else 0 end), 0) as held, null::timestamptz as past_until
from "battery"."access" a
where "a"."code" = "p"."code" and a.grantee = any($3) and (a.relation = 'jurisdiction') = (a.grantee <> $4) and a.from_at <= $1) "s_grants"
cross
join lateral (select (0::bigint) | ("s_grants"."held") | (case when "p"."maker" = $4 then 4303361191::bigint else 0 end) as standing, "s_grants"."past_until" as past_until) "s"
where p.vin = v.vin and (("s"."standing" & 4294967296::bigint <> 0) and ("s"."standing" & 1::bigint <> 0))
order by p.code asc limit 2) r on true
where v.vin = any(string_to_array($5, e'\x1f')) and (("w"."standing" & 4294967296::bigint <> 0) and ("w"."standing" & 1::bigint <> 0))
order by v.vin, r.code asc;
