-- What a load that has kept its rows has still to make: kept until it is made, so that whoever opens the database after a load was cut short can take
-- the rows out again and give the tables their keys and indexes back. Nobody but the tables' owner has to do with it.

create table rule.load_under_way (
  schemas text[] not null, tables text[] not null, statements text[] not null, one boolean primary key default true, check (one))
