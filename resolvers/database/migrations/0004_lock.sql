-- The lock: row-level security, forced, for the login that reads; and the grants of each login.
--
-- The reader states who it reads for with SET LOCAL:
--   cellgate.readers     the party and its provinces ("province:44"), comma-separated
--   cellgate.everything  'on' for an authority whose relation is "all"
--   cellgate.named       exact battery codes the caller named, comma-separated
--   cellgate.models      'all' where an exact code opens model documents (category C) without any other relation
-- A missing setting opens nothing. Enterprises, licences, outlets, regions, models and rules are category A or L: open.

grant usage on schema battery, vehicle, enterprise, rule to cellgate_reader, cellgate_ledger, cellgate_system
-- ;;
grant usage on schema audit to cellgate_auditor, cellgate_system
-- ;;
grant select on all tables in schema battery, vehicle, enterprise, rule to cellgate_reader
-- ;;
revoke all on battery.cell_list, battery.manufacturer_code, battery.specification, battery.traceability from cellgate_reader
-- ;;
grant select on all tables in schema battery, vehicle, enterprise, rule, audit to cellgate_system
-- ;;
grant select, insert, update, delete on all tables in schema battery, vehicle, enterprise, rule to cellgate_ledger
-- ;;
grant insert on audit.access to cellgate_auditor
-- ;;
do $$
declare t text;
begin
  foreach t in array array['battery.model_material', 'battery.model_dismantling', 'battery.pack', 'battery.module', 'battery.cell_list',
      'battery.health', 'battery.safety_event', 'battery.grading', 'battery.event', 'battery.custody', 'battery.installation',
      'battery.access', 'battery.recovery_batch', 'battery.recovery_input', 'battery.recovery_output', 'vehicle.vehicle', 'vehicle.access'] loop
    execute format('alter table %s enable row level security', t);
    execute format('alter table %s force row level security', t);
    execute format('create policy ledger on %s for all to cellgate_ledger using (true) with check (true)', t);
    execute format('create policy system on %s for select to cellgate_system using (true)', t);
  end loop;
  foreach t in array array['battery.pack', 'vehicle.vehicle'] loop
    -- `nullif(..., false) is not null` is `... is true`, which the planner expects of nearly every row. Of the plain condition it expects a
    -- hundredth, and begins a page at the wrong end: 78 ms in place of 1 for a province's recycled packs. The door asks for few rows too many.
    execute format($p$create policy reader on %s for select to cellgate_reader using (nullif(
      (select current_setting('cellgate.everything', true)) = 'on'
      or readers && (select string_to_array(current_setting('cellgate.readers', true), ','))
      %s, false) is not null)$p$, t, case when t = 'battery.pack' then
      $c$or code = any ((select string_to_array(current_setting('cellgate.named', true), ','))::text[])$c$ else '' end);
  end loop;
  foreach t in array array['battery.model_material', 'battery.model_dismantling'] loop
    execute format($p$create policy reader on %s for select to cellgate_reader using (
      (select current_setting('cellgate.everything', true)) = 'on'
      or (select current_setting('cellgate.models', true)) = 'all'
      or readers && (select string_to_array(current_setting('cellgate.readers', true), ',')))$p$, t);
  end loop;
  foreach t in array array['battery.module', 'battery.health', 'battery.safety_event', 'battery.grading', 'battery.event', 'battery.custody',
      'battery.installation', 'battery.recovery_input'] loop
    execute format($p$create policy reader on %s as permissive for select to cellgate_reader using (
      (select current_setting('cellgate.everything', true)) = 'on'
      or exists (select 1 from battery.pack p where p.code = %s.code))$p$, t, split_part(t, '.', 2));
  end loop;
  foreach t in array array['battery.recovery_batch', 'battery.recovery_output'] loop
    execute format($p$create policy reader on %s for select to cellgate_reader using (
      (select current_setting('cellgate.everything', true)) = 'on'
      or exists (select 1 from battery.recovery_input i join battery.pack p on p.code = i.code where i.batch_id = %s))$p$,
      t, case when t = 'battery.recovery_batch' then 'recovery_batch.id' else 'recovery_output.batch_id' end);
  end loop;
  foreach t in array array['battery.access', 'vehicle.access'] loop
    -- Not `grantee = any (...)`: an index would serve that, the planner would count the grantee's selectivity twice (the door names it
    -- too), and take an index by grantee where the primary key is right: 38 ms in place of 0.35 for fifty packs of a large maker.
    execute format($p$create policy reader on %s for select to cellgate_reader using (
      array_position((select string_to_array(current_setting('cellgate.readers', true), ',')), grantee) is not null)$p$, t);
  end loop;
end $$
