select "p"."status", p.code as key, s.standing as standing
from battery.pack p
cross
join lateral (select (1099511627777::bigint) as standing, null::timestamptz as past_until) "s"
where p.code = any(string_to_array($1, e'\x1f')) and ("s"."standing" & 1::bigint <> 0);
