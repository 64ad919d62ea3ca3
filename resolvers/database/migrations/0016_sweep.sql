-- Findings of sweeps: what is about a vehicle or an enterprise as a whole, evidence on several packs, and what becomes of a finding in time.
-- `code` is the key of the finding's subject: a battery code, a VIN, or a credit code. Findings shard by it.

alter table battery.finding add column subject text collate "C" not null default 'BATTERY' check (subject in ('BATTERY', 'VEHICLE', 'ENTERPRISE'))
-- ;;
-- Beside each number of `evidence` the battery code of its event; null where all are of the subject itself.
alter table battery.finding add column evidence_codes text[] collate "C"
-- ;;
-- Whether it was found as its event arrived, or by a sweep, which also tells when its cause is gone.
alter table battery.finding add column found text collate "C" not null default 'ARRIVAL' check (found in ('ARRIVAL', 'SWEEP'))
-- ;;
-- A client names a finding by its id alone.
create index finding_id on battery.finding (id)
-- ;;
-- What became of a finding, change by change; before the first it is OPEN. `actor` is null where a sweep found the cause gone, or back.
create table battery.finding_state (
  code text collate "C" not null, id text collate "C" not null, number integer not null, state text collate "C" not null, reason text collate "C" not null,
  actor text collate "C", recorded_at timestamptz not null, primary key (code, id, number), check (state in ('OPEN', 'EXPLAINED', 'CONFIRMED', 'CLOSED')))
-- ;;
alter table battery.finding_state enable row level security
-- ;;
alter table battery.finding_state force row level security
-- ;;
create policy ledger on battery.finding_state for all to cellgate_ledger using (true) with check (true)
-- ;;
create policy system on battery.finding_state for select to cellgate_system using (true)
-- ;;
grant select, insert on battery.finding_state to cellgate_ledger
-- ;;
grant select on battery.finding_state to cellgate_system
-- ;;
-- Which recyclers the ministry lists as meeting the norm conditions. The list is no licence.
create table enterprise.norm_listing (
  uscc text collate "C" not null, batch text collate "C" not null, listed_on date not null, removed_on date, recorded_at timestamptz not null,
  primary key (uscc, batch))
-- ;;
-- Which vehicle models are announced as battery-swap models.
create table vehicle.swap_model (
  automaker text collate "C" not null, model_name text collate "C" not null, announced_on date not null, withdrawn_on date, recorded_at timestamptz not null,
  primary key (automaker, model_name, announced_on))
-- ;;
grant select on enterprise.norm_listing, vehicle.swap_model to cellgate_reader, cellgate_system
-- ;;
grant select, insert, update, delete on enterprise.norm_listing, vehicle.swap_model to cellgate_ledger
-- ;;
-- Of a pack's events those count that were not corrected; few packs have any that were.
create index event_corrections on battery.event (code) where corrects is not null
-- ;;
create function rule.value_on(rule_name text, node text, for_role text, on_day date) returns text language sql stable as $$
  select (select r.value from rule.rule r
    where r.name = (rule_name collate "C") and r.node_type = (node collate "C") and (r.role = '' or r.role = (for_role collate "C")) and r.status <> 'DRAFT'
      and r.valid_from <= on_day and (r.valid_to is null or on_day < r.valid_to)
    order by (r.role <> '') desc, r.valid_from desc limit 1)
$$
