select "p"."status", p.code as key, s.standing as standing
from battery.pack p
cross
join lateral (select (1099511627777::bigint) as standing, null::timestamptz as past_until) "s"
where p.code = any($1) and ("s"."standing" & 1::bigint <> 0);
