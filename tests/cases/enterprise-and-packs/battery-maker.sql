select "p"."status" as "status", "p"."code" as key, s.standing as standing, u.part as part, u.sort as sort, u.tie as tie, k.n as n
from unnest(string_to_array($1, e'\x1f')) with ordinality k(key, n)
cross
join lateral (select 0 as part, null::text as sort, "p"."code" as tie, "p"."code" as key
from "battery"."pack" p
where "p"."maker" = $2 and "p"."maker" = k.key
order by "p"."code" asc limit 2) u
join "battery"."pack" p on "p"."code" = u.key
cross
join lateral (select coalesce(bit_or(case a.relation when 'custodian' then case when ("a"."until_at" is null or "a"."until_at" > $3) then 137447346176::bigint when ("a"."until_at" <= $3 and "a"."until_at" > $4) then 137447346176::bigint else 137447346176::bigint end when 'receiver' then case when ("a"."until_at" is null or "a"."until_at" > $3) then 137447346176::bigint when ("a"."until_at" <= $3 and "a"."until_at" > $4) then 137447346176::bigint else 137447346176::bigint end else 0 end), 0) as held, null::timestamptz as past_until
from "battery"."access" a
where "a"."code" = "p"."code" and a.grantee = any($5) and (a.relation = 'jurisdiction') = (a.grantee <> $2) and a.from_at <= $3) "s_grants"
cross
join lateral (select (0::bigint) | ("s_grants"."held") | (case when "p"."maker" = $2 then 4303361191::bigint else 0 end) as standing, "s_grants"."past_until" as past_until) "s"
order by k.n, u.part asc, u.sort asc, u.tie asc;

select "t"."name", "t"."address", "t"."region_code", "t"."uscc" as key, 549755814400::bigint as standing
from "enterprise"."outlet" t
where t.uscc = any(string_to_array($1, e'\x1f')) and t.province = $2
order by "t"."uscc", "t"."number";

select "t"."name", "t"."name_en", "t"."address", "t"."contact_phone", "t"."uscc" as key, 549755814400::bigint as standing
from "enterprise"."enterprise" t
where t.uscc = any(string_to_array($1, e'\x1f'))
order by "t"."uscc";

select "t"."number", "t"."activity", "t"."capacity_t_per_year", "t"."uscc" as key, 549755814400::bigint as standing
from "enterprise"."licence" t
where t.uscc = any(string_to_array($1, e'\x1f'))
order by "t"."uscc", "t"."number";

select "t"."role", "t"."uscc" as key, 549755814400::bigint as standing
from "enterprise"."role" t
where t.uscc = any(string_to_array($1, e'\x1f'))
order by "t"."uscc", "t"."role", "t"."valid_from";

select distinct on (t.code) "t"."name_zh", t.code as key, 2097664::bigint as standing
from enterprise.region t
where t.code = any(string_to_array($1, e'\x1f'))
order by t.code, t.valid_from desc;

select k.n as n, (select count(*)
from (select "p"."code" as key
from "battery"."pack" p
where "p"."maker" = $1 and "p"."maker" = k.key limit 10001) c) as total
from unnest(string_to_array($2, e'\x1f')) with ordinality k(key, n);
