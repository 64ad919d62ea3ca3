-- The domain: registry, models, packs, facts, custody, grants, vehicles, recovery, rules.
--
-- Laws kept here:
--  * every key of a battery table begins with the battery code, of a vehicle table with the VIN (they shard by it);
--  * facts carry when they happened and when they were recorded, both compared with `<` by the window rule;
--  * numbers that a reader may filter by are float8 or integers, words are text: their comparisons are leakproof,
--    so that an index still serves under row-level security;
--  * `readers` is a superset, without windows, of the grantees that may read a root row: the second lock. The first is
--    the door (resolvers/database/door.py).

create table enterprise.region (
  code text collate "C" not null, name_zh text collate "C" not null, name_en text collate "C" not null, level text collate "C" not null,
  valid_from date not null, valid_to date, primary key (code, valid_from))
-- ;;
create table enterprise.enterprise (
  uscc text collate "C" primary key, name text collate "C" not null, name_en text collate "C", province text collate "C" not null, region_code text collate "C" not null,
  status text collate "C" not null default 'ACTIVE', registered_on date not null, address text collate "C", contact_phone text collate "C",
  recorded_at timestamptz not null)
-- ;;
create index enterprise_province on enterprise.enterprise (province, uscc)
-- ;;
create table enterprise.role (
  uscc text collate "C" not null references enterprise.enterprise, role text collate "C" not null, valid_from date not null, valid_to date,
  primary key (uscc, role, valid_from))
-- ;;
create table enterprise.licence (
  uscc text collate "C" not null references enterprise.enterprise, number text collate "C" not null, activity text collate "C" not null, issued_by text collate "C" not null,
  valid_from date not null, valid_to date, capacity_t_per_year float8, primary key (uscc, number))
-- ;;
create table enterprise.outlet (
  uscc text collate "C" not null references enterprise.enterprise, number integer not null, name text collate "C" not null, region_code text collate "C" not null,
  province text collate "C" not null, address text collate "C" not null, phone text collate "C", opened_on date not null, closed_on date, primary key (uscc, number))
-- ;;
create index outlet_province on enterprise.outlet (uscc, province, number)
-- ;;
create table battery.manufacturer_code (
  code text collate "C" primary key, uscc text collate "C" not null, valid_from date not null, valid_to date)
-- ;;
create table battery.specification (
  manufacturer_code text collate "C" not null, code text collate "C" not null, model_id text collate "C" not null, meaning text collate "C" not null, filed_on date not null,
  primary key (manufacturer_code, code))
-- ;;
create table battery.traceability (
  manufacturer_code text collate "C" not null, code text collate "C" not null, meaning text collate "C" not null, filed_on date not null,
  primary key (manufacturer_code, code))
-- ;;
create table battery.model (
  id text collate "C" primary key, maker text collate "C" not null, name text collate "C" not null, chemistry text collate "C" not null, cell_format text collate "C" not null,
  nominal_energy_kwh float8 not null, nominal_capacity_ah float8 not null, nominal_voltage_v float8 not null, mass_kg float8 not null,
  module_count integer not null, cell_count integer not null, certified_on date not null, dismantling_reported_on date,
  recorded_at timestamptz not null)
-- ;;
create table battery.model_material (
  model_id text collate "C" not null references battery.model, component text collate "C" not null, material text collate "C" not null, mass_kg float8 not null,
  hazardous boolean not null default false, readers text[] collate "C" not null default '{}', primary key (model_id, component, material))
-- ;;
create table battery.model_dismantling (
  model_id text collate "C" primary key references battery.model, manual text collate "C" not null, steps text[] collate "C" not null, tools text[] collate "C" not null,
  minutes integer, discharge text collate "C" not null, extinguishing_agent text collate "C" not null, hazards text[] collate "C" not null,
  maximum_voltage_v float8 not null, readers text[] collate "C" not null default '{}')
-- ;;
create table battery.pack (
  code text collate "C" primary key, model_id text collate "C" not null, maker text collate "C" not null, chemistry text collate "C" not null,
  nominal_energy_kwh float8 not null, nominal_capacity_ah float8 not null, nominal_voltage_v float8 not null, mass_kg float8 not null,
  cell_count integer not null, produced_on date not null, status text collate "C" not null, is_product boolean not null default false,
  swap_model boolean, powertrain text collate "C", vin text collate "C",
  state_of_health float8, cycle_count integer, remaining_energy_kwh float8, condition_at timestamptz,
  safety_class text collate "C", custodian text collate "C", prior_holder text collate "C", origin_province text collate "C", province text collate "C", status_since timestamptz not null,
  other_scheme text collate "C", other_value text collate "C", readers text[] collate "C" not null, recorded_at timestamptz not null)
-- ;;
create index pack_maker on battery.pack (maker, code)
-- ;;
create index pack_maker_produced on battery.pack (maker, produced_on, code)
-- ;;
create index pack_maker_health on battery.pack (maker, state_of_health, code)
-- ;;
create index pack_produced on battery.pack (produced_on, code)
-- ;;
create index pack_health on battery.pack (state_of_health, code)
-- ;;
create index pack_status on battery.pack (status, code)
-- ;;
create index pack_vin on battery.pack (vin, code)
-- ;;
create index pack_model on battery.pack (model_id, code)
-- ;;
create table battery.module (
  code text collate "C" not null, module_code text collate "C" not null, position integer not null, cell_count integer not null, mass_kg float8 not null,
  primary key (code, module_code))
-- ;;
create table battery.cell_list (
  code text collate "C" primary key, cells bytea not null)
-- ;;
comment on column battery.cell_list.cells is 'cell codes, newline-separated, zlib-compressed; cells become rows only when a pack is taken apart'
-- ;;
create table battery.health (
  code text collate "C" not null, seq integer not null, occurred_at timestamptz not null, recorded_at timestamptz not null, reporter text collate "C" not null,
  state_of_health float8 not null, cycle_count integer, remaining_energy_kwh float8, internal_resistance_mohm float8,
  temperature_max_c float8, method text collate "C" not null, primary key (code, seq))
-- ;;
create table battery.safety_event (
  code text collate "C" not null, seq integer not null, occurred_at timestamptz not null, recorded_at timestamptz not null, reporter text collate "C" not null,
  kind text collate "C" not null, severity text collate "C" not null, description text collate "C" not null, primary key (code, seq))
-- ;;
create table battery.grading (
  code text collate "C" not null, seq integer not null, occurred_at timestamptz not null, recorded_at timestamptz not null, reporter text collate "C" not null,
  method text collate "C" not null, capacity_ah float8 not null, resistance_mohm float8 not null, insulation_mohm float8 not null,
  grade text collate "C" not null, route text collate "C" not null, primary key (code, seq))
-- ;;
create table battery.event (
  code text collate "C" not null, seq integer not null, type text collate "C" not null, category text collate "C" not null, occurred_at timestamptz not null,
  recorded_at timestamptz not null, reporter text collate "C" not null, counterparty text collate "C", vin text collate "C", province text collate "C", due_on date,
  late boolean not null default false, corrects integer, details jsonb not null default '{}', primary key (code, seq))
-- ;;
create table battery.custody (
  code text collate "C" not null, seq integer not null, holder text collate "C" not null, sender text collate "C", outcome text collate "C" not null, purpose text collate "C",
  offered_at timestamptz, received_at timestamptz, until_at timestamptz, declared_mass_kg float8, measured_mass_kg float8,
  from_province text collate "C", to_province text collate "C", transport_document text collate "C", recorded_at timestamptz not null, primary key (code, seq),
  check (outcome in ('PENDING', 'RECEIVED', 'REJECTED')), check (until_at is null or received_at < until_at))
-- ;;
-- Exactly one active holder: the law of custody, kept by the database too.
create unique index custody_active on battery.custody (code) where outcome = 'RECEIVED' and until_at is null
-- ;;
create table battery.installation (
  code text collate "C" not null, seq integer not null, vin text collate "C" not null, position integer not null, occurred_at timestamptz not null,
  recorded_at timestamptz not null, removed_at timestamptz, removal_recorded_at timestamptz, reporter text collate "C" not null,
  primary key (code, seq))
-- ;;
create index installation_vin on battery.installation (vin, code)
-- ;;
-- Grants: who may see the pack, by which relation, from when until when. The last three columns copy the pack's sort keys,
-- so that a page in any order is one index walk for a party of any size; they are written in the same transaction.
create table battery.access (
  code text collate "C" not null, grantee text collate "C" not null, relation text collate "C" not null, from_at timestamptz not null, until_at timestamptz,
  produced_on date not null, state_of_health float8, primary key (code, grantee, relation, from_at))
-- ;;
create index access_code on battery.access (grantee, relation, code) include (from_at, until_at)
-- ;;
create index access_produced on battery.access (grantee, relation, produced_on, code) include (from_at, until_at)
-- ;;
create index access_health on battery.access (grantee, relation, state_of_health, code) include (from_at, until_at)
-- ;;
-- Past custodians look for what ended lately, among all that they ever held.
create index access_ended on battery.access (grantee, relation, until_at, code) include (from_at) where until_at is not null
-- ;;
create table battery.recovery_batch (
  id text collate "C" primary key, operator text collate "C" not null, province text collate "C" not null, chemistry text collate "C" not null, process text collate "C" not null,
  started_at timestamptz not null, finished_at timestamptz not null, recorded_at timestamptz not null,
  input_mass_kg float8 not null, output_mass_kg float8 not null, residue_mass_kg float8 not null, energy_kwh float8)
-- ;;
create table battery.recovery_input (
  code text collate "C" not null, batch_id text collate "C" not null, mass_kg float8 not null, primary key (code, batch_id))
-- ;;
create index recovery_input_batch on battery.recovery_input (batch_id, code)
-- ;;
create table battery.recovery_output (
  batch_id text collate "C" not null references battery.recovery_batch, element text collate "C" not null, input_kg float8 not null, recovered_kg float8 not null,
  primary key (batch_id, element))
-- ;;
create table vehicle.vehicle (
  vin text collate "C" primary key, automaker text collate "C" not null, model_name text collate "C" not null, powertrain text collate "C" not null, swap_model boolean not null,
  produced_on date not null, sold_on date, scrapped boolean not null default false, scrapped_on date, province text collate "C", region_code text collate "C", owner_kind text collate "C",
  readers text[] collate "C" not null, recorded_at timestamptz not null)
-- ;;
create table vehicle.access (
  vin text collate "C" not null, grantee text collate "C" not null, relation text collate "C" not null, from_at timestamptz not null, until_at timestamptz,
  produced_on date not null, primary key (vin, grantee, relation, from_at))
-- ;;
-- The order of vehicles in a list must say nothing about VINs to who may not read them: it is a hash with a salt of this
-- database's own. (`cellgate.rank_salt` fixes it for tests.)
do $$
declare salt text := coalesce(nullif(current_setting('cellgate.rank_salt', true), ''), gen_random_uuid()::text);
begin
  execute format('alter table vehicle.vehicle add column rank text collate "C" not null generated always as (md5(%L || vin)) stored', salt);
  execute format('alter table vehicle.access add column rank text collate "C" not null generated always as (md5(%L || vin)) stored', salt);
end $$
-- ;;
create index vehicle_rank on vehicle.vehicle (rank)
-- ;;
create index vehicle_automaker on vehicle.vehicle (automaker, rank)
-- ;;
create index vehicle_automaker_produced on vehicle.vehicle (automaker, produced_on, rank)
-- ;;
create index vehicle_produced on vehicle.vehicle (produced_on, rank)
-- ;;
create index vehicle_access_rank on vehicle.access (grantee, relation, rank) include (vin, from_at, until_at)
-- ;;
create index vehicle_access_produced on vehicle.access (grantee, relation, produced_on, rank) include (vin, from_at, until_at)
-- ;;
-- Deadlines, thresholds, windows: figures are data with a basis and a confidence, never code.
create table rule.rule (
  rule_set text collate "C" not null, name text collate "C" not null, node_type text collate "C" not null default '', role text collate "C" not null default '', value text collate "C" not null,
  unit text collate "C" not null, basis text collate "C" not null, confidence text collate "C" not null, status text collate "C" not null, valid_from date not null, valid_to date,
  primary key (rule_set, name, node_type, role, valid_from),
  check (confidence in ('CONFIRMED', 'SECONDARY_SOURCE', 'UNCONFIRMED', 'DESIGN')), check (status in ('IN_FORCE', 'DEFAULT', 'DRAFT', 'HISTORY')))
-- ;;
create table audit.access (
  at timestamptz not null, request_id text collate "C" not null, party text collate "C" not null, client_id text collate "C" not null,
  token_id text collate "C" not null, purpose text collate "C" not null, operation text collate "C" not null,
  categories text[] collate "C" not null, outcome text collate "C" not null)
-- ;;
create index audit_access_at on audit.access (at)
