-- What is published of the statistics: protected tables of closed months, in versions. A version is never changed: the same question has the same
-- answer, and what a revision may show is decided together with everything that was shown before (resolvers/ledger/statistics/disclosure.py).

create table statistics.published (
  cube text collate "C" not null, month date not null, version integer not null, place text collate "C" not null, class text collate "C" not null,
  value float8, suppressed boolean not null, published_on date not null, primary key (cube, month, version, place, class),
  check (suppressed = (value is null)))
-- ;;
-- What each enterprise contributed when the version was made: what later versions are held against. Nobody reads it through the graph.
create table statistics.published_share (
  cube text collate "C" not null, month date not null, version integer not null, place text collate "C" not null, class text collate "C" not null,
  party text collate "C" not null, records bigint not null, amount bigint not null, primary key (cube, month, version, place, class, party))
-- ;;
grant select on statistics.published to cellgate_reader, cellgate_system
-- ;;
grant select on statistics.published_share to cellgate_system
-- ;;
grant select, insert on statistics.published, statistics.published_share to cellgate_ledger
