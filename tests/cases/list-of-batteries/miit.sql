select "p"."state_of_health" as "state_of_health", "p"."code" as key, s.standing as standing, u.part as part, u.sort as sort, u.tie as tie
from (select 0 as part, null::text as sort, "p"."code" as tie, "p"."code" as key
from "battery"."pack" p
where true
order by "p"."code" asc limit 22) u
join "battery"."pack" p on "p"."code" = u.key
cross
join lateral (select (549760008703::bigint) as standing, null::timestamptz as past_until) "s"
order by u.part asc, u.sort asc, u.tie asc;

select 1 as n, (select count(*)
from (select "p"."code" as key
from "battery"."pack" p
where true limit 10001) c) as total;
