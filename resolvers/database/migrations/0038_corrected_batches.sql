-- A recycling batch is corrected by another report of it: what was told before stays, until when it stood. `name` is the batch's, as its plant calls it; the id
-- of what was told first is that name, of the second version 2# and the name.

alter table battery.recovery_batch add column superseded_at timestamptz
-- ;;
alter table battery.recovery_batch add column name text collate "C" not null generated always as (regexp_replace(id, '^[0-9]+#', '')) stored
