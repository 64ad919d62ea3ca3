-- What the receiver of a hand-over found to differ from what was offered. The difference of mass is a ratio of the declared mass.
alter table battery.custody
  add column declared_condition text collate "C", add column found_condition text collate "C", add column mass_difference float8,
  add column discrepancies text[] collate "C" not null default '{}', add column discrepancy text collate "C"
