-- Findings: what the rules have found, with evidence. Rows are added by the ledger in the transaction of the event, and the same
-- finding has the same id however often the event is examined.

create table battery.finding (
  code text collate "C" not null, id text collate "C" not null, rule text collate "C" not null, version integer not null, severity text collate "C" not null,
  state text collate "C" not null default 'OPEN', owners text[] collate "C" not null, provinces text[] collate "C" not null, party text collate "C" not null,
  evidence integer[] not null, attempt jsonb, message text collate "C" not null, figures jsonb not null, first_seen timestamptz not null,
  recorded_at timestamptz not null, primary key (code, id),
  check (severity in ('INFO', 'LOW', 'MEDIUM', 'HIGH')), check (state in ('OPEN', 'EXPLAINED', 'CONFIRMED', 'CLOSED')))
-- ;;
-- Whose work each finding is, so that an authority's list is one index walk: the party it is about, "province:NN", "authority:MI".
create table battery.finding_reader (
  code text collate "C" not null, id text collate "C" not null, grantee text collate "C" not null, first_seen timestamptz not null,
  primary key (code, id, grantee))
-- ;;
create index finding_reader_seen on battery.finding_reader (grantee, first_seen, id, code)
-- ;;
grant select on battery.finding, battery.finding_reader to cellgate_reader, cellgate_system
-- ;;
grant select, insert, update, delete on battery.finding, battery.finding_reader to cellgate_ledger
-- ;;
do $$
declare t text;
begin
  foreach t in array array['battery.finding', 'battery.finding_reader'] loop
    execute format('alter table %s enable row level security', t);
    execute format('alter table %s force row level security', t);
    execute format('create policy ledger on %s for all to cellgate_ledger using (true) with check (true)', t);
    execute format('create policy system on %s for select to cellgate_system using (true)', t);
  end loop;
end $$
-- ;;
create policy reader on battery.finding_reader for select to cellgate_reader using (
  (select current_setting('cellgate.everything', true)) = 'on'
  or array_position((select string_to_array(current_setting('cellgate.readers', true), ',')), grantee) is not null)
-- ;;
-- A finding may lie in a province that its pack was never in: that of whoever reported what was refused.
create policy reader on battery.finding for select to cellgate_reader using (
  (select current_setting('cellgate.everything', true)) = 'on'
  or exists (select 1 from battery.pack p where p.code = finding.code)
  or exists (select 1 from battery.finding_reader r where r.code = finding.code and r.id = finding.id))
