-- What recording an event needs beside the event: the reporter's own reference for it, and the documents that prove it.

-- A reference is unique among all that its reporter ever sends, of whatever battery: its entity is the reporter, by which it shards. The digest is of
-- what was reported under it: the same again is answered as before, anything else is refused.
create table enterprise.client_reference (
  reporter text collate "C" not null, reference text collate "C" not null, digest bytea not null, code text collate "C" not null, seq integer not null,
  recorded_at timestamptz not null, primary key (reporter, reference))
-- ;;
create table battery.evidence (
  code text collate "C" not null, seq integer not null, number integer not null, kind text collate "C" not null, reference text collate "C" not null,
  sha256 text collate "C", primary key (code, seq, number))
-- ;;
-- Nobody reads either through the graph yet: no policy of the reader opens a row.
alter table battery.evidence enable row level security
-- ;;
alter table battery.evidence force row level security
-- ;;
create policy ledger on battery.evidence for all to cellgate_ledger using (true) with check (true)
-- ;;
create policy system on battery.evidence for select to cellgate_system using (true)
-- ;;
grant select, insert, update, delete on battery.evidence, enterprise.client_reference to cellgate_ledger
-- ;;
grant select on battery.evidence, enterprise.client_reference to cellgate_system
