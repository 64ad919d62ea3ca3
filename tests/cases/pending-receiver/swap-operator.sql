select "m"."manual", "m"."hazards", "m"."extinguishing_agent", p.code as key, s.standing as standing, m.model_id as present
from battery.pack p
cross
join lateral (select coalesce(bit_or(case a.relation when 'custodian' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 154627223743::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 171807084545::bigint else 137447346176::bigint end when 'receiver' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 206166822949::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 137447346176::bigint else 137447346176::bigint end else 0 end), 0) as held, max(a.until_at) filter (where a.relation = 'custodian' and ("a"."until_at" <= $1 and "a"."until_at" > $2)) as past_until
from "battery"."access" a
where "a"."code" = "p"."code" and a.grantee = any($3) and (a.relation = 'jurisdiction') = (a.grantee <> $4) and a.from_at <= $1) "s_grants"
cross
join lateral (select (1099511627777::bigint) | (case when "s_grants"."held" & 17179869184::bigint <> 0 then "s_grants"."held" & -34359738369::bigint else "s_grants"."held" end) as standing, "s_grants"."past_until" as past_until) "s"
left
join "battery"."model_dismantling" m on m.model_id = p.model_id and ("s"."standing" & 4::bigint <> 0)
where p.code = any(string_to_array($5, e'\x1f'))
order by p.code;

select "p"."mass_kg", case when ("s"."standing" & 32::bigint <> 0) then "p"."safety_class" end, case when ("s"."standing" & 16::bigint <> 0) then "p"."state_of_health" end, p.code as key, s.standing as standing
from battery.pack p
cross
join lateral (select coalesce(bit_or(case a.relation when 'custodian' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 154627223743::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 171807084545::bigint else 137447346176::bigint end when 'receiver' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 206166822949::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 137447346176::bigint else 137447346176::bigint end else 0 end), 0) as held, max(a.until_at) filter (where a.relation = 'custodian' and ("a"."until_at" <= $1 and "a"."until_at" > $2)) as past_until
from "battery"."access" a
where "a"."code" = "p"."code" and a.grantee = any($3) and (a.relation = 'jurisdiction') = (a.grantee <> $4) and a.from_at <= $1) "s_grants"
cross
join lateral (select (1099511627777::bigint) | (case when "s_grants"."held" & 17179869184::bigint <> 0 then "s_grants"."held" & -34359738369::bigint else "s_grants"."held" end) as standing, "s_grants"."past_until" as past_until) "s"
where p.code = any(string_to_array($5, e'\x1f')) and ("s"."standing" & 1::bigint <> 0);

select "r"."sender", "r"."holder", "r"."outcome", "r"."offered_at", "r"."received_at", "r"."o0" as "seq", p.code as key, coalesce(r.standing, s.standing | case when ("s"."standing" & 34359738368::bigint <> 0) then 184::bigint else 0 end) as standing
from battery.pack p
cross
join lateral (select coalesce(bit_or(case a.relation when 'custodian' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 154627223743::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 171807084545::bigint else 137447346176::bigint end when 'receiver' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 206166822949::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 137447346176::bigint else 137447346176::bigint end else 0 end), 0) as held, max(a.until_at) filter (where a.relation = 'custodian' and ("a"."until_at" <= $1 and "a"."until_at" > $2)) as past_until
from "battery"."access" a
where "a"."code" = "p"."code" and a.grantee = any($3) and (a.relation = 'jurisdiction') = (a.grantee <> $4) and a.from_at <= $1) "s_grants"
cross
join lateral (select (1099511627777::bigint) | (case when "s_grants"."held" & 17179869184::bigint <> 0 then "s_grants"."held" & -34359738369::bigint else "s_grants"."held" end) as standing, "s_grants"."past_until" as past_until) "s"
left
join lateral (select "f"."sender" as "sender", "f"."holder" as "holder", "f"."outcome" as "outcome", "f"."offered_at" as "offered_at", "f"."received_at" as "received_at", "f"."seq" as "o0", s.standing | case when ("s"."standing" & 34359738368::bigint <> 0) then 184::bigint else 0 end as standing
from "battery"."custody" f
where f.code = p.code and ((("s"."standing" & 4096::bigint <> 0) and $4 in ("f"."holder", "f"."sender")))
order by "f"."seq" asc limit 9) r on true
where p.code = any(string_to_array($5, e'\x1f')) and s.standing <> 0
order by p.code, "r"."o0" asc;
