-- What a national platform has still to be told: one row per event, written in the event's own transaction. The message is not
-- kept: it is made of the event, which never changes.

create schema if not exists platform
-- ;;
grant usage on schema platform to cellgate_ledger, cellgate_system
-- ;;
create table platform.outbox (
  code text collate "C" not null, seq integer not null, state text collate "C" not null default 'WAITING',
  attempts integer not null default 0, next_at timestamptz not null, sent_at timestamptz, answered_at timestamptz,
  receipt text collate "C", reason text collate "C", primary key (code, seq),
  check (state in ('WAITING', 'SENT', 'ACKNOWLEDGED', 'REFUSED')))
-- ;;
create index outbox_waiting on platform.outbox (next_at, code, seq) where state = 'WAITING'
-- ;;
create index outbox_sent on platform.outbox (sent_at) where state = 'SENT'
-- ;;
-- Who delivers: one process at a time, so that what is told of one pack is told in order.
create table platform.lease (name text collate "C" primary key, holder text collate "C" not null, until_at timestamptz not null)
-- ;;
grant select on platform.outbox, platform.lease to cellgate_system
-- ;;
grant select, insert, update, delete on platform.outbox, platform.lease to cellgate_ledger
