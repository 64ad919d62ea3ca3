select 1 as n, (select count(*)
from ((select distinct "a"."code" as key
from "battery"."access" a
where "a"."grantee" = $1 and "a"."relation" = 'custodian' and "a"."from_at" <= $2 and ("a"."until_at" is null or "a"."until_at" > $2) limit 10001)
union (select distinct "a"."code" as key
from "battery"."access" a
where "a"."grantee" = $1 and "a"."relation" = 'custodian' and "a"."from_at" <= $2 and ("a"."until_at" <= $2 and "a"."until_at" > $3) limit 10001)
union (select distinct "a"."code" as key
from "battery"."access" a
where "a"."grantee" = $1 and "a"."relation" = 'receiver' and "a"."from_at" <= $2 and ("a"."until_at" is null or "a"."until_at" > $2) limit 10001) limit 10001) c) as total;

select case when ("s"."standing" & 16::bigint <> 0) then "p"."state_of_health" end as "state_of_health", "p"."code" as key, s.standing as standing, u.part as part, u.sort as sort, u.tie as tie
from ((select distinct 0 as part, null::text as sort, "a"."code" as tie, "a"."code" as key
from "battery"."access" a
where "a"."grantee" = $1 and "a"."relation" = 'custodian' and "a"."from_at" <= $2 and ("a"."until_at" is null or "a"."until_at" > $2)
order by "a"."code" asc limit 22)
union (select distinct 0 as part, null::text as sort, "a"."code" as tie, "a"."code" as key
from "battery"."access" a
where "a"."grantee" = $1 and "a"."relation" = 'custodian' and "a"."from_at" <= $2 and ("a"."until_at" <= $2 and "a"."until_at" > $3)
order by "a"."code" asc limit 22)
union (select distinct 0 as part, null::text as sort, "a"."code" as tie, "a"."code" as key
from "battery"."access" a
where "a"."grantee" = $1 and "a"."relation" = 'receiver' and "a"."from_at" <= $2 and ("a"."until_at" is null or "a"."until_at" > $2)
order by "a"."code" asc limit 22)
order by part asc, sort asc, tie asc limit 22) u
join "battery"."pack" p on "p"."code" = u.key
cross
join lateral (select coalesce(bit_or(case a.relation when 'custodian' then case when ("a"."until_at" is null or "a"."until_at" > $2) then 154627586231::bigint when ("a"."until_at" <= $2 and "a"."until_at" > $3) then 171807412225::bigint else 137447673856::bigint end when 'receiver' then case when ("a"."until_at" is null or "a"."until_at" > $2) then 206167150629::bigint when ("a"."until_at" <= $2 and "a"."until_at" > $3) then 137447673856::bigint else 137447673856::bigint end else 0 end), 0) as held, max(a.until_at) filter (where a.relation = 'custodian' and ("a"."until_at" <= $2 and "a"."until_at" > $3)) as past_until
from "battery"."access" a
where "a"."code" = "p"."code" and a.grantee = any($4) and (a.relation = 'jurisdiction') = (a.grantee <> $1) and a.from_at <= $2) "s_grants"
cross
join lateral (select (0::bigint) | (case when "s_grants"."held" & 17179869184::bigint <> 0 then "s_grants"."held" & -34359738369::bigint else "s_grants"."held" end) as standing, "s_grants"."past_until" as past_until) "s"
order by u.part asc, u.sort asc, u.tie asc;
