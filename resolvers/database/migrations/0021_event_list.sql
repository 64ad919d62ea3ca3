-- The list of lifecycle events, in the order in which they were recorded: a page of it is a walk on this index, wherever it begins.

create index event_recorded on battery.event (recorded_at, code, seq)
