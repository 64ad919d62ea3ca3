select "t"."name", "t"."address", "t"."region_code", "t"."uscc" as key, 549757911040::bigint as standing
from "enterprise"."outlet" t
where t.uscc = any(string_to_array($1, e'\x1f')) and t.province = $2
order by "t"."uscc", "t"."number";

select "t"."name", "t"."name_en", null, null, "t"."uscc" as key, 549757911040::bigint as standing
from "enterprise"."enterprise" t
where t.uscc = any(string_to_array($1, e'\x1f'))
order by "t"."uscc";

select "t"."number", "t"."activity", null, "t"."uscc" as key, 549757911040::bigint as standing
from "enterprise"."licence" t
where t.uscc = any(string_to_array($1, e'\x1f'))
order by "t"."uscc", "t"."number";

select "t"."role", "t"."uscc" as key, 549757911040::bigint as standing
from "enterprise"."role" t
where t.uscc = any(string_to_array($1, e'\x1f'))
order by "t"."uscc", "t"."role", "t"."valid_from";

select distinct on (t.code) "t"."name_zh", t.code as key, 2097664::bigint as standing
from enterprise.region t
where t.code = any(string_to_array($1, e'\x1f'))
order by t.code, t.valid_from desc;
