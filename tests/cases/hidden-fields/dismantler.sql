select p.code as key, s.standing as standing
from battery.pack p
cross
join lateral (select coalesce(bit_or(case a.relation when 'custodian' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 154627239997::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 171807084545::bigint else 137447346176::bigint end when 'receiver' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 206166822949::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 137447346176::bigint else 137447346176::bigint end else 0 end), 0) as held, max(a.until_at) filter (where a.relation = 'custodian' and ("a"."until_at" <= $1 and "a"."until_at" > $2)) as past_until
from "battery"."access" a
where "a"."code" = "p"."code" and a.grantee = any($3) and (a.relation = 'jurisdiction') = (a.grantee <> $4) and a.from_at <= $1) "s_grants"
cross
join lateral (select (1099511627777::bigint) | (case when "s_grants"."held" & 17179869184::bigint <> 0 then "s_grants"."held" & -34359738369::bigint else "s_grants"."held" end) as standing, "s_grants"."past_until" as past_until) "s"
where p.code = any(string_to_array($5, e'\x1f')) and ("s"."standing" & 1::bigint <> 0);
