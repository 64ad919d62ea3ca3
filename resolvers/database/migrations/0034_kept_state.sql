-- The state of the fold of a long life, so that a report of it need not read all of its events (resolvers/ledger/kept.py). It follows from the events, as all
-- projections do, and is written for lives of many events alone; nobody reads it through the graph.

create table battery.kept_state (
  code text collate "C" not null, seq integer not null, law integer not null, state text not null, primary key (code))
-- ;;
alter table battery.kept_state enable row level security
-- ;;
alter table battery.kept_state force row level security
-- ;;
create policy ledger on battery.kept_state for all to cellgate_ledger using (true) with check (true)
-- ;;
create policy system on battery.kept_state for select to cellgate_system using (true)
-- ;;
grant select, insert, update, delete on battery.kept_state to cellgate_ledger
-- ;;
grant select on battery.kept_state to cellgate_system
-- ;;
-- Which packs are in a vehicle, or have been since a moment: a swap vehicle has had thousands.
drop index battery.installation_vin
-- ;;
create index installation_vin on battery.installation (vin, removed_at, code)
-- ;;
-- When a vehicle was sold is asked with every report that names it.
create index event_sale on battery.event (vin) where type = 'VEHICLE_SOLD'
