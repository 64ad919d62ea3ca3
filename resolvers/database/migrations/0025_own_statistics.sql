-- How many packs are in the lists of a party or a province, by status: cells of the cube `view`, which only that party or province reads;
-- and what an enterprise recovered, which it reads of itself.
create index cell_view on statistics.cell (party, month) where cube = 'view'
-- ;;
create index cell_recovery on statistics.cell (party, month) where cube = 'recovery'
-- ;;
do $$
declare t text;
begin
  foreach t in array array['statistics.change', 'statistics.cell'] loop
    execute format($p$create policy reader_own on %s for select to cellgate_reader using (
      cube in ('view', 'recovery') and array_position((select string_to_array(current_setting('cellgate.readers', true), ',')), party) is not null)$p$, t);
  end loop;
end $$
