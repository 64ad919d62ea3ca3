-- Events of no pack: what makers file of their codes, and sites without a licence that somebody saw. Facts, added and never changed.

create table enterprise.notice (
  entity text collate "C" not null, seq integer not null, type text collate "C" not null, occurred_at timestamptz not null, recorded_at timestamptz not null,
  reporter text collate "C" not null, province text collate "C", late boolean not null default false, corrects integer,
  manufacturer_code text collate "C", specification_code text collate "C", traceability_code text collate "C", meaning text collate "C",
  model_id text collate "C", model jsonb, region_code text collate "C", place text collate "C", activity text collate "C", circumstances text collate "C",
  operator text collate "C", operator_name text collate "C", primary key (entity, seq), check (type in ('CODE_FILED', 'UNLICENSED_SITE_SEEN')))
-- ;;
-- Whose each is to read, in the order in which it came to be visible: the reporter, "province:NN", "authority:ME".
create table enterprise.notice_reader (
  grantee text collate "C" not null, xid bigint not null default pg_current_xact_id()::text::bigint, entity text collate "C" not null, seq integer not null,
  primary key (grantee, entity, seq))
-- ;;
create index notice_reader_walk on enterprise.notice_reader (grantee, xid, entity, seq)
-- ;;
grant select on enterprise.notice, enterprise.notice_reader to cellgate_reader, cellgate_system
-- ;;
grant select, insert on enterprise.notice to cellgate_ledger
-- ;;
grant select, insert, update, delete on enterprise.notice_reader to cellgate_ledger
-- ;;
do $$
declare t text;
begin
  foreach t in array array['enterprise.notice', 'enterprise.notice_reader'] loop
    execute format('alter table %s enable row level security', t);
    execute format('alter table %s force row level security', t);
    execute format('create policy ledger on %s for all to cellgate_ledger using (true) with check (true)', t);
    execute format('create policy system on %s for select to cellgate_system using (true)', t);
  end loop;
end $$
-- ;;
create policy reader on enterprise.notice_reader for select to cellgate_reader using (
  (select current_setting('cellgate.everything', true)) = 'on'
  or array_position((select string_to_array(current_setting('cellgate.readers', true), ',')), grantee) is not null)
-- ;;
create policy reader on enterprise.notice for select to cellgate_reader using (
  exists (select 1 from enterprise.notice_reader r where r.entity = notice.entity and r.seq = notice.seq))
-- ;;
-- Everything that a national platform is told, by the key of its message.
create view platform.told with (security_invoker = true) as
select code, seq, type, occurred_at, recorded_at, reporter, counterparty, vin, province, due_on, late, corrects, details from battery.event
union all
select entity, seq, type, occurred_at, recorded_at, reporter, operator, null::text collate "C", province, null::date, late, corrects, jsonb_strip_nulls(jsonb_build_object(
  'manufacturerCode', manufacturer_code, 'specificationCode', specification_code, 'traceabilityCode', traceability_code, 'meaning', meaning, 'modelId', model_id,
  'model', model, 'region', region_code, 'place', place, 'activity', activity, 'circumstances', circumstances, 'operatorName', operator_name))
from enterprise.notice
-- ;;
grant select on platform.told to cellgate_ledger, cellgate_system
