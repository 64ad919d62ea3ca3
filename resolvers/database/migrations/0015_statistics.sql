-- Statistics: what there is to count of the events and of the rows that follow from them, kept as cubes, so that an answer costs what its cells cost
-- however many packs there are.
--
-- A batch of events only adds rows to `change`, and so waits for nobody: hundreds of writers add to one month of one province. Whoever finds many
-- rows there adds them up into `cell` (resolvers/database/statistics_write.py). The figure of a cell is the sum of both, in one snapshot.
--
-- A dimension that a cube or a level has not is the empty text, a month 0001-01-01. Energies and masses are whole watt-hours and grams: their sums
-- do not depend on the order in which they are taken.

create schema statistics
-- ;;
grant usage on schema statistics to cellgate_reader, cellgate_ledger, cellgate_system
-- ;;
create table statistics.change (
  cube text collate "C" not null, month date not null, province text collate "C" not null, chemistry text collate "C" not null,
  party text collate "C" not null, role text collate "C" not null, to_province text collate "C" not null, to_role text collate "C" not null,
  kind text collate "C" not null, n bigint not null, energy_wh bigint not null, mass_g bigint not null, part bigint not null)
-- ;;
create table statistics.cell (
  cube text collate "C" not null, level integer not null, month date not null, province text collate "C" not null, chemistry text collate "C" not null,
  party text collate "C" not null, role text collate "C" not null, to_province text collate "C" not null, to_role text collate "C" not null,
  kind text collate "C" not null, n bigint not null, energy_wh bigint not null, mass_g bigint not null, part bigint not null,
  primary key (cube, level, month, province, chemistry, party, role, to_province, to_role, kind))
-- ;;
create index cell_empty on statistics.cell (cube) where n = 0 and energy_wh = 0 and mass_g = 0 and part = 0
-- ;;
grant select on statistics.change, statistics.cell to cellgate_reader, cellgate_system
-- ;;
grant select, insert, update, delete on statistics.change, statistics.cell to cellgate_ledger
-- ;;
-- A province reads the cells of its own, and flows that begin or end in it.
do $$
declare t text;
begin
  foreach t in array array['statistics.change', 'statistics.cell'] loop
    execute format('alter table %s enable row level security', t);
    execute format('alter table %s force row level security', t);
    execute format('create policy ledger on %s for all to cellgate_ledger using (true) with check (true)', t);
    execute format('create policy system on %s for select to cellgate_system using (true)', t);
    execute format($p$create policy reader on %s for select to cellgate_reader using (
      (select current_setting('cellgate.everything', true)) = 'on'
      or array_position((select string_to_array(current_setting('cellgate.readers', true), ',')), 'province:' || province) is not null
      or array_position((select string_to_array(current_setting('cellgate.readers', true), ',')), 'province:' || to_province) is not null)$p$, t);
  end loop;
end $$
