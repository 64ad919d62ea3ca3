-- Which demonstration world the database holds, if any: written after its load, so that half a world never counts.

create table rule.demo_world (
  packs integer not null, seed bigint not null, moment timestamptz not null, one boolean primary key default true, check (one))
-- ;;
grant select on rule.demo_world to cellgate_reader, cellgate_system
-- ;;
grant select, insert, delete on rule.demo_world to cellgate_ledger
