-- Lineage: what an item was made of, and what it went into. Each end is a row of its own entity, which follows from that entity's events alone.

create table battery.lineage (
  code text collate "C" not null, relation text collate "C" not null, other text collate "C" not null, number integer not null,
  primary key (code, relation, other), check (relation in ('SOURCE', 'PRODUCT')))
-- ;;
grant select on battery.lineage to cellgate_reader, cellgate_system
-- ;;
grant select, insert, update, delete on battery.lineage to cellgate_ledger
-- ;;
alter table battery.lineage enable row level security
-- ;;
alter table battery.lineage force row level security
-- ;;
create policy ledger on battery.lineage for all to cellgate_ledger using (true) with check (true)
-- ;;
create policy system on battery.lineage for select to cellgate_system using (true)
-- ;;
-- Both ends: who may not read one must not learn from the other that there is one.
create policy reader on battery.lineage for select to cellgate_reader using (
  (select current_setting('cellgate.everything', true)) = 'on'
  or (exists (select 1 from battery.pack p where p.code = lineage.code) and exists (select 1 from battery.pack p where p.code = lineage.other)))
