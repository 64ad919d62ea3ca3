-- A recycling batch as it is reported: its process steps, the assays of elements in them, and what came of it.

create table battery.recovery_step (
  batch_id text collate "C" not null references battery.recovery_batch, number integer not null, name text collate "C" not null, kind text collate "C" not null,
  started_at timestamptz not null, finished_at timestamptz not null, input_kg float8 not null, output_kg float8 not null, residue_kg float8 not null,
  declared_loss_kg float8 not null, loss_kind text collate "C", slips text[] collate "C" not null, primary key (batch_id, number),
  check (kind in ('MECHANICAL', 'CHEMICAL')))
-- ;;
create table battery.recovery_assay (
  batch_id text collate "C" not null references battery.recovery_batch, step integer not null, element text collate "C" not null, input_kg float8 not null,
  recovered_kg float8 not null, residue_kg float8 not null, declared_loss_kg float8 not null, primary key (batch_id, step, element))
-- ;;
create table battery.recovery_material (
  batch_id text collate "C" not null references battery.recovery_batch, kind text collate "C" not null, material text collate "C" not null,
  mass_kg float8 not null, primary key (batch_id, kind, material), check (kind in ('OUTPUT', 'RESIDUE')))
-- ;;
grant select on battery.recovery_step, battery.recovery_assay, battery.recovery_material to cellgate_reader, cellgate_system
-- ;;
grant select, insert, update, delete on battery.recovery_step, battery.recovery_assay, battery.recovery_material to cellgate_ledger
-- ;;
do $$
declare t text;
begin
  foreach t in array array['recovery_step', 'recovery_assay', 'recovery_material'] loop
    execute format('alter table battery.%I enable row level security', t);
    execute format('alter table battery.%I force row level security', t);
    execute format('create policy ledger on battery.%I for all to cellgate_ledger using (true) with check (true)', t);
    execute format('create policy system on battery.%I for select to cellgate_system using (true)', t);
    execute format($p$create policy reader on battery.%I for select to cellgate_reader using (
      (select current_setting('cellgate.everything', true)) = 'on'
      or exists (select 1 from battery.recovery_input i join battery.pack p on p.code = i.code where i.batch_id = %I.batch_id))$p$, t, t);
  end loop;
end $$
