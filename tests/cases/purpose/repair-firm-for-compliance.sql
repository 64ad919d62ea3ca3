select "m"."manual", p.code as key, s.standing as standing, m.model_id as present
from battery.pack p
cross
join lateral (select coalesce(bit_or(case a.relation when 'custodian' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 154627223613::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 171807084545::bigint else 137447346176::bigint end when 'receiver' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 206166822949::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 137447346176::bigint else 137447346176::bigint end else 0 end), 0) as held, max(a.until_at) filter (where a.relation = 'custodian' and ("a"."until_at" <= $1 and "a"."until_at" > $2)) as past_until
from "battery"."access" a
where "a"."code" = "p"."code" and a.grantee = any($3) and (a.relation = 'jurisdiction') = (a.grantee <> $4) and a.from_at <= $1) "s_grants"
cross
join lateral (select (1099511627777::bigint) | (case when "s_grants"."held" & 17179869184::bigint <> 0 then "s_grants"."held" & -34359738369::bigint else "s_grants"."held" end) as standing, "s_grants"."past_until" as past_until) "s"
left
join "battery"."model_dismantling" m on m.model_id = p.model_id and ("s"."standing" & 4::bigint <> 0)
where p.code = any(string_to_array($5, e'\x1f'))
order by p.code;

select "r"."model_name", r.vin_key as key, r.standing as standing, p.code as parent, s.standing as parent_standing
from battery.pack p
cross
join lateral (select coalesce(bit_or(case a.relation when 'custodian' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 154627223613::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 171807084545::bigint else 137447346176::bigint end when 'receiver' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 206166822949::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 137447346176::bigint else 137447346176::bigint end else 0 end), 0) as held, max(a.until_at) filter (where a.relation = 'custodian' and ("a"."until_at" <= $1 and "a"."until_at" > $2)) as past_until
from "battery"."access" a
where "a"."code" = "p"."code" and a.grantee = any($3) and (a.relation = 'jurisdiction') = (a.grantee <> $4) and a.from_at <= $1) "s_grants"
cross
join lateral (select (0::bigint) | (case when "s_grants"."held" & 17179869184::bigint <> 0 then "s_grants"."held" & -34359738369::bigint else "s_grants"."held" end) as standing, "s_grants"."past_until" as past_until) "s"
left
join lateral (select "v"."model_name" as "model_name", v.vin as vin_key, w.standing
from vehicle.vehicle v
cross
join lateral (select coalesce(bit_or(case a.relation when 'custodian' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 17179869193::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 34359738369::bigint else 0::bigint end else 0 end), 0) as held, max(a.until_at) filter (where a.relation = 'custodian' and ("a"."until_at" <= $1 and "a"."until_at" > $2)) as past_until
from "vehicle"."access" a
where "a"."vin" = "v"."vin" and a.grantee = any($3) and (a.relation = 'jurisdiction') = (a.grantee <> $4) and a.from_at <= $1) "w_grants"
cross
join lateral (select (0::bigint) | (case when "w_grants"."held" & 17179869184::bigint <> 0 then "w_grants"."held" & -34359738369::bigint else "w_grants"."held" end) as standing, "w_grants"."past_until" as past_until) "w"
where v.vin = p.vin and ("s"."standing" & 1032::bigint <> 0) and (("w"."standing" & 51539607552::bigint <> 0) and ("w"."standing" & 1::bigint <> 0))) r on true
where p.code = any(string_to_array($5, e'\x1f')) and (("s"."standing" & 120259084288::bigint <> 0) and ("s"."standing" & 1::bigint <> 0));

select "t"."name", "t"."uscc" as key, 549755814400::bigint as standing
from "enterprise"."enterprise" t
where t.uscc = any(string_to_array($1, e'\x1f'))
order by "t"."uscc";

select case when ("s"."standing" & 16::bigint <> 0) then "p"."state_of_health" end, case when ("s"."standing" & 32::bigint <> 0) then "p"."safety_class" end, case when ("s"."standing" & 8256::bigint <> 0) then "p"."custodian" end, p.code as key, s.standing as standing
from battery.pack p
cross
join lateral (select coalesce(bit_or(case a.relation when 'custodian' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 154627223613::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 171807084545::bigint else 137447346176::bigint end when 'receiver' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 206166822949::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 137447346176::bigint else 137447346176::bigint end else 0 end), 0) as held, max(a.until_at) filter (where a.relation = 'custodian' and ("a"."until_at" <= $1 and "a"."until_at" > $2)) as past_until
from "battery"."access" a
where "a"."code" = "p"."code" and a.grantee = any($3) and (a.relation = 'jurisdiction') = (a.grantee <> $4) and a.from_at <= $1) "s_grants"
cross
join lateral (select (1099511627777::bigint) | (case when "s_grants"."held" & 17179869184::bigint <> 0 then "s_grants"."held" & -34359738369::bigint else "s_grants"."held" end) as standing, "s_grants"."past_until" as past_until) "s"
where p.code = any(string_to_array($5, e'\x1f')) and ("s"."standing" & 1::bigint <> 0);
