select l.virtualtransaction as name
from pg_locks l
where l.locktype = 'advisory' and l.objsubid = 2 and l.classid = 1415071059 and l.objid::bigint <= $1 and l.database = (select d.oid
from pg_database d
where d.datname = current_database());

select min(valid_from) as day
from rule.rule;
