-- Modules and cells that dismantling released are rows of battery.pack of their own. `parent` is what they came out of; what a code is on follows from it
-- (GB/T 34014: position 4; of a reprocessed product's 19 characters the last).

alter table battery.pack add column parent text collate "C"
-- ;;
alter table battery.pack add column product_type text collate "C" not null generated always as (
  case case when length(code) = 19 then substr(code, 19, 1) else substr(code, 4, 1) end when 'M' then 'MODULE' when 'C' then 'CELL' else 'PACK' end) stored
