select "r"."occurred_at", "r"."recorded_at", "r"."state_of_health", "r"."o1" as "seq", p.code as key, coalesce(r.standing, s.standing | case when ("s"."standing" & 34359738368::bigint <> 0) then 176::bigint else 0 end) as standing
from battery.pack p
cross
join lateral (select coalesce(bit_or(case a.relation when 'custodian' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 154627586231::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 171807412225::bigint else 137447673856::bigint end when 'receiver' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 206167150629::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 137447673856::bigint else 137447673856::bigint end else 0 end), 0) as held, max(a.until_at) filter (where a.relation = 'custodian' and ("a"."until_at" <= $1 and "a"."until_at" > $2)) as past_until
from "battery"."access" a
where "a"."code" = "p"."code" and a.grantee = any($3) and (a.relation = 'jurisdiction') = (a.grantee <> $4) and a.from_at <= $1) "s_grants"
cross
join lateral (select (1099511627777::bigint) | (case when "s_grants"."held" & 17179869184::bigint <> 0 then "s_grants"."held" & -34359738369::bigint else "s_grants"."held" end) as standing, "s_grants"."past_until" as past_until) "s"
left
join lateral (select "f"."occurred_at" as "occurred_at", "f"."recorded_at" as "recorded_at", "f"."state_of_health" as "state_of_health", "f"."occurred_at" as "o0", "f"."seq" as "o1", s.standing | case when ("s"."standing" & 34359738368::bigint <> 0) then 176::bigint else 0 end as standing
from "battery"."health" f
where f.code = p.code and (("s"."standing" & 16::bigint <> 0) or (("s"."standing" & 34359738368::bigint <> 0) and (f.occurred_at < s.past_until and f.recorded_at < s.past_until)))
order by "f"."occurred_at" asc, "f"."seq" asc limit 9) r on true
where p.code = any(string_to_array($5, e'\x1f')) and s.standing <> 0
order by p.code, "r"."o0" asc, "r"."o1" asc;

select "r"."occurred_at", "r"."removed_at", "r"."vin", "r"."o1" as "seq", p.code as key, coalesce(r.standing, s.standing | case when ("s"."standing" & 34359738368::bigint <> 0) then 176::bigint else 0 end) as standing
from battery.pack p
cross
join lateral (select coalesce(bit_or(case a.relation when 'custodian' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 154627586231::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 171807412225::bigint else 137447673856::bigint end when 'receiver' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 206167150629::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 137447673856::bigint else 137447673856::bigint end else 0 end), 0) as held, max(a.until_at) filter (where a.relation = 'custodian' and ("a"."until_at" <= $1 and "a"."until_at" > $2)) as past_until
from "battery"."access" a
where "a"."code" = "p"."code" and a.grantee = any($3) and (a.relation = 'jurisdiction') = (a.grantee <> $4) and a.from_at <= $1) "s_grants"
cross
join lateral (select (0::bigint) | (case when "s_grants"."held" & 17179869184::bigint <> 0 then "s_grants"."held" & -34359738369::bigint else "s_grants"."held" end) as standing, "s_grants"."past_until" as past_until) "s"
left
join lateral (select "f"."occurred_at" as "occurred_at", null as "removed_at", "f"."vin" as "vin", "f"."occurred_at" as "o0", "f"."seq" as "o1", s.standing | case when ("s"."standing" & 34359738368::bigint <> 0) then 176::bigint else 0 end as standing
from "battery"."installation" f
where f.code = p.code and false
order by "f"."occurred_at" asc, "f"."seq" asc limit 9) r on true
where p.code = any(string_to_array($5, e'\x1f')) and (("s"."standing" & 120259084288::bigint <> 0) and ("s"."standing" & 1::bigint <> 0))
order by p.code, "r"."o0" asc, "r"."o1" asc;

select "r"."sender", "r"."holder", "r"."received_at", "r"."until_at", "r"."o0" as "seq", p.code as key, coalesce(r.standing, s.standing | case when ("s"."standing" & 34359738368::bigint <> 0) then 176::bigint else 0 end) as standing
from battery.pack p
cross
join lateral (select coalesce(bit_or(case a.relation when 'custodian' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 154627586231::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 171807412225::bigint else 137447673856::bigint end when 'receiver' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 206167150629::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 137447673856::bigint else 137447673856::bigint end else 0 end), 0) as held, max(a.until_at) filter (where a.relation = 'custodian' and ("a"."until_at" <= $1 and "a"."until_at" > $2)) as past_until
from "battery"."access" a
where "a"."code" = "p"."code" and a.grantee = any($3) and (a.relation = 'jurisdiction') = (a.grantee <> $4) and a.from_at <= $1) "s_grants"
cross
join lateral (select (1099511627777::bigint) | (case when "s_grants"."held" & 17179869184::bigint <> 0 then "s_grants"."held" & -34359738369::bigint else "s_grants"."held" end) as standing, "s_grants"."past_until" as past_until) "s"
left
join lateral (select "f"."sender" as "sender", "f"."holder" as "holder", "f"."received_at" as "received_at", null as "until_at", "f"."seq" as "o0", s.standing | case when ("s"."standing" & 34359738368::bigint <> 0) then 176::bigint else 0 end as standing
from "battery"."custody" f
where f.code = p.code and ((("s"."standing" & 4096::bigint <> 0) and $4 in ("f"."holder", "f"."sender")))
order by "f"."seq" asc limit 9) r on true
where p.code = any(string_to_array($5, e'\x1f')) and s.standing <> 0
order by p.code, "r"."o0" asc;

select "r"."type", "r"."occurred_at", "r"."recorded_at", "r"."o1" as "seq", p.code as key, coalesce(r.standing, s.standing | case when ("s"."standing" & 34359738368::bigint <> 0) then 176::bigint else 0 end) as standing
from battery.pack p
cross
join lateral (select coalesce(bit_or(case a.relation when 'custodian' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 154627586231::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 171807412225::bigint else 137447673856::bigint end when 'receiver' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 206167150629::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 137447673856::bigint else 137447673856::bigint end else 0 end), 0) as held, max(a.until_at) filter (where a.relation = 'custodian' and ("a"."until_at" <= $1 and "a"."until_at" > $2)) as past_until
from "battery"."access" a
where "a"."code" = "p"."code" and a.grantee = any($3) and (a.relation = 'jurisdiction') = (a.grantee <> $4) and a.from_at <= $1) "s_grants"
cross
join lateral (select (1099511627777::bigint) | (case when "s_grants"."held" & 17179869184::bigint <> 0 then "s_grants"."held" & -34359738369::bigint else "s_grants"."held" end) as standing, "s_grants"."past_until" as past_until) "s"
left
join lateral (select "f"."type" as "type", "f"."occurred_at" as "occurred_at", "f"."recorded_at" as "recorded_at", "f"."occurred_at" as "o0", "f"."seq" as "o1", (s.standing | case when ("s"."standing" & 34359738368::bigint <> 0) then 176::bigint else 0 end) & ~case when $4 in ("f"."reporter", "f"."counterparty") then 0 else 4096::bigint end as standing
from "battery"."event" f
where f.code = p.code and case f.category when 'A' then (("s"."standing" & 1::bigint <> 0) or $4 in ("f"."reporter")) when 'D' then ($4 in ("f"."reporter")) when 'F' then (("s"."standing" & 16::bigint <> 0) or (("s"."standing" & 34359738368::bigint <> 0) and (f.occurred_at < s.past_until and f.recorded_at < s.past_until)) or $4 in ("f"."reporter")) when 'G' then (("s"."standing" & 32::bigint <> 0) or (("s"."standing" & 34359738368::bigint <> 0) and (f.occurred_at < s.past_until and f.recorded_at < s.past_until)) or $4 in ("f"."reporter")) when 'H' then (((("s"."standing" & 4096::bigint <> 0) and $4 in ("f"."reporter", "f"."counterparty")) or $4 in ("f"."reporter")) and ((f.type <> 'RELEASED' or f.corrects is null) or ("s"."standing" & 32::bigint <> 0))) when 'J' then (("s"."standing" & 128::bigint <> 0) or (("s"."standing" & 34359738368::bigint <> 0) and (f.occurred_at < s.past_until and f.recorded_at < s.past_until)) or $4 in ("f"."reporter")) else false end
order by "f"."occurred_at" asc, "f"."seq" asc limit 20) r on true
where p.code = any(string_to_array($5, e'\x1f')) and s.standing <> 0
order by p.code, "r"."o0" asc, "r"."o1" asc;

select "t"."name", "t"."uscc" as key, 549755814400::bigint as standing
from "enterprise"."enterprise" t
where t.uscc = any(string_to_array($1, e'\x1f'))
order by "t"."uscc";

select case when ("s"."standing" & 16::bigint <> 0) then "p"."state_of_health" end, case when ("s"."standing" & 8256::bigint <> 0) then "p"."custodian" end, p.code as key, s.standing as standing
from battery.pack p
cross
join lateral (select coalesce(bit_or(case a.relation when 'custodian' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 154627586231::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 171807412225::bigint else 137447673856::bigint end when 'receiver' then case when ("a"."until_at" is null or "a"."until_at" > $1) then 206167150629::bigint when ("a"."until_at" <= $1 and "a"."until_at" > $2) then 137447673856::bigint else 137447673856::bigint end else 0 end), 0) as held, max(a.until_at) filter (where a.relation = 'custodian' and ("a"."until_at" <= $1 and "a"."until_at" > $2)) as past_until
from "battery"."access" a
where "a"."code" = "p"."code" and a.grantee = any($3) and (a.relation = 'jurisdiction') = (a.grantee <> $4) and a.from_at <= $1) "s_grants"
cross
join lateral (select (1099511627777::bigint) | (case when "s_grants"."held" & 17179869184::bigint <> 0 then "s_grants"."held" & -34359738369::bigint else "s_grants"."held" end) as standing, "s_grants"."past_until" as past_until) "s"
where p.code = any(string_to_array($5, e'\x1f')) and ("s"."standing" & 1::bigint <> 0);
