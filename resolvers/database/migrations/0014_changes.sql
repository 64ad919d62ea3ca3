-- The feed of changes: which events are new for whom. A row is written with its event, one for each name under which somebody may see the pack;
-- `xid` is the transaction that wrote it. Transactions commit in another order than they begin in, so a reader is given what was written by
-- transactions older than every one that still runs, and by none that could yet commit before it.

create table battery.change (
  grantee text collate "C" not null, xid bigint not null default pg_current_xact_id()::text::bigint, code text collate "C" not null, seq integer not null,
  primary key (grantee, xid, code, seq))
-- ;;
grant select on battery.change to cellgate_reader, cellgate_system
-- ;;
grant select, insert, update, delete on battery.change to cellgate_ledger
-- ;;
alter table battery.change enable row level security
-- ;;
alter table battery.change force row level security
-- ;;
create policy ledger on battery.change for all to cellgate_ledger using (true) with check (true)
-- ;;
create policy system on battery.change for select to cellgate_system using (true)
-- ;;
create policy reader on battery.change for select to cellgate_reader using (
  (select current_setting('cellgate.everything', true)) = 'on'
  or array_position((select string_to_array(current_setting('cellgate.readers', true), ',')), grantee) is not null)
