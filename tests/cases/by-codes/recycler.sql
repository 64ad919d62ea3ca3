select "p"."status", case when ("s"."standing" & 16::bigint <> 0) then "p"."state_of_health" end, p.code as key, s.standing as standing
from battery.pack p
cross
join lateral (select coalesce(bit_or(case a.relation when 'custodian' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 154627586231::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 171807412225::bigint else 137447673856::bigint end when 'receiver' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 206167150629::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 137447673856::bigint else 137447673856::bigint end else 0 end), 0) as held, max(a.until_at) filter (where a.relation = 'custodian' and ("a"."until_at" <= $1 and "a"."until_at" > $2)) as past_until
from "battery"."access" a
where "a"."code" = "p"."code" and a.grantee = any($3) and (a.relation = 'jurisdiction') = (a.grantee <> $4) and a.from_at <= $1) "s_grants"
cross
join lateral (select (1099511627777::bigint) | (case when "s_grants"."held" & 17179869184::bigint <> 0 then "s_grants"."held" & -34359738369::bigint else "s_grants"."held" end) as standing, "s_grants"."past_until" as past_until) "s"
where p.code = any(string_to_array($5, e'\x1f')) and ("s"."standing" & 1::bigint <> 0);
