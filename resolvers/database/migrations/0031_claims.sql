-- Reports that were refused because somebody else has the battery, of what only who has it in hand can report: rules hold them against what was
-- recorded, before and afterwards (resolvers/ledger/findings/sweep/r02_two_holders.py). Facts, added and never changed; nobody reads them through the graph.

create table battery.claim (
  code text collate "C" not null, reporter text collate "C" not null, type text collate "C" not null, occurred_at timestamptz not null,
  recorded_at timestamptz not null, vin text collate "C", province text collate "C", refused text collate "C" not null,
  primary key (code, reporter, type, occurred_at))
-- ;;
alter table battery.claim enable row level security
-- ;;
alter table battery.claim force row level security
-- ;;
create policy ledger on battery.claim for all to cellgate_ledger using (true) with check (true)
-- ;;
create policy system on battery.claim for select to cellgate_system using (true)
-- ;;
grant select, insert on battery.claim to cellgate_ledger
-- ;;
grant select on battery.claim to cellgate_system
