select "r"."vin", "r"."model_name", r.vin_key as key, r.standing as standing, p.code as parent, s.standing as parent_standing
from battery.pack p
cross
join lateral (select coalesce(bit_or(case a.relation when 'automaker' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 8599376057::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 0::bigint else 0::bigint end when 'custodian' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 154627223559::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 171807084545::bigint else 137447346176::bigint end when 'receiver' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 206166822949::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 137447346176::bigint else 137447346176::bigint end else 0 end), 0) as held, max(a.until_at) filter (where a.relation = 'custodian' and ("a"."until_at" <= $1 and "a"."until_at" > $2)) as past_until
from "battery"."access" a
where "a"."code" = "p"."code" and a.grantee = any($3) and (a.relation = 'jurisdiction') = (a.grantee <> $4) and a.from_at <= $1) "s_grants"
cross
join lateral (select (0::bigint) | (case when "s_grants"."held" & 17179869184::bigint <> 0 then "s_grants"."held" & -34359738369::bigint else "s_grants"."held" end) as standing, "s_grants"."past_until" as past_until) "s"
left
join lateral (select "v"."vin" as "vin", "v"."model_name" as "model_name", v.vin as vin_key, w.standing
from vehicle.vehicle v
cross
join lateral (select (0::bigint) | (case when "v"."automaker" = $4 then 8589934601::bigint else 0 end) as standing, null::timestamptz as past_until) "w"
where v.vin = p.vin and ("s"."standing" & 1032::bigint <> 0) and (("w"."standing" & 8589934592::bigint <> 0) and ("w"."standing" & 1::bigint <> 0))) r on true
where p.code = any(string_to_array($5, e'\x1f')) and (("s"."standing" & 128849018880::bigint <> 0) and ("s"."standing" & 1::bigint <> 0));

select "v"."vin", "v"."model_name", "v"."province", v.vin as key, w.standing as standing
from vehicle.vehicle v
cross
join lateral (select (0::bigint) | (case when "v"."automaker" = $1 then 8589934601::bigint else 0 end) as standing, null::timestamptz as past_until) "w"
where v.vin = any(string_to_array($2, e'\x1f')) and (("w"."standing" & 8589934592::bigint <> 0) and ("w"."standing" & 1::bigint <> 0));

select distinct on (t.code) "t"."name_en", t.code as key, 2097664::bigint as standing
from enterprise.region t
where t.code = any(string_to_array($1, e'\x1f'))
order by t.code, t.valid_from desc;

select p.code as key, s.standing as standing
from battery.pack p
cross
join lateral (select coalesce(bit_or(case a.relation when 'automaker' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 8599376057::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 0::bigint else 0::bigint end when 'custodian' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 154627223559::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 171807084545::bigint else 137447346176::bigint end when 'receiver' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 206166822949::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 137447346176::bigint else 137447346176::bigint end else 0 end), 0) as held, max(a.until_at) filter (where a.relation = 'custodian' and ("a"."until_at" <= $1 and "a"."until_at" > $2)) as past_until
from "battery"."access" a
where "a"."code" = "p"."code" and a.grantee = any($3) and (a.relation = 'jurisdiction') = (a.grantee <> $4) and a.from_at <= $1) "s_grants"
cross
join lateral (select (1099511627777::bigint) | (case when "s_grants"."held" & 17179869184::bigint <> 0 then "s_grants"."held" & -34359738369::bigint else "s_grants"."held" end) as standing, "s_grants"."past_until" as past_until) "s"
where p.code = any(string_to_array($5, e'\x1f')) and ("s"."standing" & 1::bigint <> 0);

select r.code as key, r.standing as standing, v.vin as parent, w.standing as parent_standing
from vehicle.vehicle v
cross
join lateral (select (0::bigint) | (case when "v"."automaker" = $1 then 8589934601::bigint else 0 end) as standing, null::timestamptz as past_until) "w"
left
join lateral (select p.code, s.standing
from battery.pack p
cross
join lateral (select coalesce(bit_or(case a.relation when 'automaker' then case when ("a"."until_at" is null or "a"."until_at" > $2) then 8599376057::bigint when ("a"."until_at" <= $2 and "a"."until_at" > $3) then 0::bigint else 0::bigint end when 'custodian' then case when ("a"."until_at" is null or "a"."until_at" > $2) then 154627223559::bigint when ("a"."until_at" <= $2 and "a"."until_at" > $3) then 171807084545::bigint else 137447346176::bigint end when 'receiver' then case when ("a"."until_at" is null or "a"."until_at" > $2) then 206166822949::bigint when ("a"."until_at" <= $2 and "a"."until_at" > $3) then 137447346176::bigint else 137447346176::bigint end else 0 end), 0) as held, max(a.until_at) filter (where a.relation = 'custodian' and ("a"."until_at" <= $2 and "a"."until_at" > $3)) as past_until
from "battery"."access" a
where "a"."code" = "p"."code" and a.grantee = any($4) and (a.relation = 'jurisdiction') = (a.grantee <> $1) and a.from_at <= $2) "s_grants"
cross
join lateral (select (0::bigint) | (case when "s_grants"."held" & 17179869184::bigint <> 0 then "s_grants"."held" & -34359738369::bigint else "s_grants"."held" end) as standing, "s_grants"."past_until" as past_until) "s"
where p.vin = v.vin and (("s"."standing" & 128849018880::bigint <> 0) and ("s"."standing" & 1::bigint <> 0))
order by p.code asc limit 2) r on true
where v.vin = any(string_to_array($5, e'\x1f')) and (("w"."standing" & 8589934592::bigint <> 0) and ("w"."standing" & 1::bigint <> 0))
order by v.vin, r.code asc;
