-- Guaranteed take-back: what a holder asked of who is obliged, and what became of it. What is still pending after its day was met with silence.
create table battery.take_back (
  code text collate "C" not null, seq integer not null, holder text collate "C" not null, obliged text collate "C" not null, basis text collate "C" not null,
  outcome text collate "C" not null, reason text collate "C" not null, region_code text collate "C", place text collate "C", requested_at timestamptz not null,
  due_on date, answered_at timestamptz, collect_on date, collect_at text collate "C", refusal text collate "C", recorded_at timestamptz not null,
  primary key (code, seq),
  check (outcome in ('PENDING', 'ACCEPTED', 'REFUSED', 'LAPSED')), check (basis in ('PRODUCED', 'INSTALLED')))
-- ;;
create index take_back_pending on battery.take_back (obliged, code) where outcome = 'PENDING'
-- ;;
grant select on battery.take_back to cellgate_reader, cellgate_system
-- ;;
grant select, insert, update, delete on battery.take_back to cellgate_ledger
-- ;;
alter table battery.take_back enable row level security
-- ;;
alter table battery.take_back force row level security
-- ;;
create policy ledger on battery.take_back for all to cellgate_ledger using (true) with check (true)
-- ;;
create policy system on battery.take_back for select to cellgate_system using (true)
-- ;;
create policy reader on battery.take_back for select to cellgate_reader using (
  (select current_setting('cellgate.everything', true)) = 'on' or exists (select 1 from battery.pack p where p.code = take_back.code))
