-- Cases: what authorities make of findings. Events are facts, added and never changed; the row of a case follows from them.

create table enterprise.case_event (
  case_id text collate "C" not null, number integer not null, kind text collate "C" not null, recorded_at timestamptz not null, author text collate "C" not null,
  role text collate "C", text text collate "C", state text collate "C", due_on date, authority text collate "C", province text collate "C",
  primary key (case_id, number), check (kind in ('OPENED', 'ASKED', 'ANSWERED', 'DECIDED', 'HANDED_OVER')))
-- ;;
-- `reader` is the name under which the authority reads that has the case now: "authority:ME", "province:44".
create table enterprise.case_file (
  case_id text collate "C" primary key, title text collate "C" not null, party text collate "C" not null, provinces text[] collate "C" not null,
  owners text[] collate "C" not null, state text collate "C" not null, authority text collate "C" not null, province text collate "C",
  reader text collate "C" not null, opened_at timestamptz not null, changed_at timestamptz not null, due_on date,
  check (state in ('OPEN', 'EXPLAINED', 'CONFIRMED', 'CLOSED')))
-- ;;
create table enterprise.case_finding (case_id text collate "C" not null, code text collate "C" not null, id text collate "C" not null, primary key (case_id, code, id))
-- ;;
create index case_finding_id on enterprise.case_finding (code, id)
-- ;;
-- Who reads a case, so that a list is one index walk: the party, and the authorities that have it or had it.
create table enterprise.case_reader (
  case_id text collate "C" not null, grantee text collate "C" not null, changed_at timestamptz not null, primary key (case_id, grantee))
-- ;;
create index case_reader_changed on enterprise.case_reader (grantee, changed_at, case_id)
-- ;;
-- As enterprise.client_reference, for what is done to cases: sent again it is answered as before.
create table enterprise.case_reference (
  author text collate "C" not null, reference text collate "C" not null, digest bytea not null, case_id text collate "C" not null, number integer not null,
  recorded_at timestamptz not null, primary key (author, reference))
-- ;;
grant select on enterprise.case_file, enterprise.case_event, enterprise.case_finding, enterprise.case_reader to cellgate_reader, cellgate_system
-- ;;
grant select on enterprise.case_reference to cellgate_system
-- ;;
grant select, insert on enterprise.case_event, enterprise.case_finding, enterprise.case_reference to cellgate_ledger
-- ;;
grant select, insert, update on enterprise.case_file, enterprise.case_reader to cellgate_ledger
-- ;;
do $$
declare t text;
begin
  foreach t in array array['enterprise.case_file', 'enterprise.case_event', 'enterprise.case_finding', 'enterprise.case_reader',
      'enterprise.case_reference'] loop
    execute format('alter table %s enable row level security', t);
    execute format('alter table %s force row level security', t);
    execute format('create policy ledger on %s for all to cellgate_ledger using (true) with check (true)', t);
    execute format('create policy system on %s for select to cellgate_system using (true)', t);
  end loop;
  foreach t in array array['enterprise.case_file', 'enterprise.case_event', 'enterprise.case_finding'] loop
    execute format($p$create policy reader on %s for select to cellgate_reader using (
      exists (select 1 from enterprise.case_reader r where r.case_id = %s.case_id))$p$, t, split_part(t, '.', 2));
  end loop;
end $$
-- ;;
create policy reader on enterprise.case_reader for select to cellgate_reader using (
  (select current_setting('cellgate.everything', true)) = 'on'
  or array_position((select string_to_array(current_setting('cellgate.readers', true), ',')), grantee) is not null)
