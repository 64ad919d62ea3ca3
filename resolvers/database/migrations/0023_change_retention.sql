-- How long the feed of changes is kept: at each mark the transactions before `xid` were over. What is older than the newest mark with `floor` was deleted,
-- but for the newest row under each name.
create table battery.change_mark (at timestamptz primary key, xid bigint not null, floor boolean not null default false)
-- ;;
grant select on battery.change_mark to cellgate_reader, cellgate_system
-- ;;
grant select, insert, update, delete on battery.change_mark to cellgate_ledger
-- ;;
alter table battery.change_mark enable row level security
-- ;;
alter table battery.change_mark force row level security
-- ;;
create policy ledger on battery.change_mark for all to cellgate_ledger using (true) with check (true)
-- ;;
create policy system on battery.change_mark for select to cellgate_system using (true)
-- ;;
-- A moment and the number of a transaction tell nothing of anybody.
create policy reader on battery.change_mark for select to cellgate_reader using (true)
