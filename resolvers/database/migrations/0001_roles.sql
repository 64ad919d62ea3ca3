-- The database's roles and schemas. Roles belong to the whole server, so a second database finds them there already.
--
-- cellgate_owner    cannot log in; owns every schema and table, so that later migrations run as it and as nobody greater.
--                   Row-level security is forced, so the owner sees no row either.
-- cellgate_reader   every request of a client. Read-only, under row-level security. A generic plan of a query that has one
--                   branch per relation was thirty times slower than one made for its arguments, hence force_custom_plan.
-- cellgate_ledger   the one writer of lifecycle facts, their projections and the grants.
-- cellgate_auditor  appends to the audit trail; can neither read nor change it.
-- cellgate_system   the system door: ledger checks, rules, cubes, statistics. Read-only, sees every row.
--
-- None has BYPASSRLS: many managed servers do not let a customer give it. cellgate_ledger and cellgate_system see all rows
-- because each table has a policy for them that says `using (true)`; a table without one shows them nothing.
--
-- On the embedded server each role logs in by name over the private socket. On a server given by DSN the DSN's user becomes
-- the role inside each transaction, and the settings below are sent with it, as a role's settings count at log-in only.

do $$
declare
  wanted record;
begin
  if not (select rolsuper or rolcreaterole from pg_roles where rolname = current_user)
     and (select count(*) from pg_roles where rolname in
       ('cellgate_owner', 'cellgate_reader', 'cellgate_ledger', 'cellgate_auditor', 'cellgate_system')) < 5 then
    raise insufficient_privilege using
      message = format('the user %s may not create roles (it lacks CREATEROLE)', current_user),
      hint = 'Give it CREATEROLE, or create the roles cellgate_owner, cellgate_reader, cellgate_ledger, cellgate_auditor'
             ' and cellgate_system and grant them to it.';
  end if;
  if not (select pg_has_role(datdba, 'USAGE') from pg_database where datname = current_database()) then
    raise insufficient_privilege using
      message = format('the user %s does not own the database %s', current_user, current_database()),
      hint = 'Use a database of its own: create database cellgate owner that_user.';
  end if;
  for wanted in
    select * from (values
      ('cellgate_owner', false, false, false),
      ('cellgate_reader', true, true, true),
      ('cellgate_ledger', true, false, false),
      ('cellgate_auditor', true, false, false),
      ('cellgate_system', true, true, true)
    ) as role (name, login, read_only, custom_plan)
  loop
    if not exists (select from pg_roles where rolname = wanted.name) then
      begin
        execute format('create role %I %s noinherit nosuperuser nocreatedb nocreaterole nobypassrls noreplication',
                       wanted.name, case when wanted.login then 'login' else 'nologin' end);
        execute format('alter role %I set jit = off', wanted.name);
        if wanted.read_only then
          execute format('alter role %I set default_transaction_read_only = on', wanted.name);
        end if;
        if wanted.custom_plan then
          execute format('alter role %I set plan_cache_mode = force_custom_plan', wanted.name);
        end if;
        if wanted.name = 'cellgate_reader' then
          -- A page takes a millisecond; starting workers for it takes ten.
          execute format('alter role %I set max_parallel_workers_per_gather = 0', wanted.name);
          -- Every join of the door is a look-up by key for rows that come by an index, until a page is full. What holds for a country's
          -- packs does not hold for a party's, so an estimate of all of them leads to joins that read a hundred times what they need.
          execute format('alter role %I set enable_mergejoin = off', wanted.name);
          execute format('alter role %I set enable_hashjoin = off', wanted.name);
        end if;
      exception when duplicate_object or unique_violation then
        null; -- another database of this server is being migrated at the same moment
      end;
    end if;
    if not (select rolsuper from pg_roles where rolname = current_user)
       and not pg_has_role(current_user, wanted.name,
         -- before 16 membership was enough to SET ROLE; since then it is a privilege of its own
         case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end) then
      begin
        execute format('grant %I to current_user', wanted.name);
      exception when insufficient_privilege then
        raise insufficient_privilege using
          message = format('the user %s may not become %s', current_user, wanted.name),
          hint = format('grant %I to %I', wanted.name, current_user);
      end;
    end if;
  end loop;
end
$$
-- ;;
-- The owner may make schemas and trusted extensions in this database.
do $$ begin execute format('grant create on database %I to cellgate_owner', current_database()); end $$
-- ;;
set local role cellgate_owner
-- ;;
create schema if not exists battery
-- ;;
create schema if not exists vehicle
-- ;;
create schema if not exists enterprise
-- ;;
create schema if not exists rule
-- ;;
create schema if not exists auth
-- ;;
create schema if not exists audit
-- ;;
grant usage on schema battery, vehicle, enterprise, rule to cellgate_reader, cellgate_ledger, cellgate_system
-- ;;
grant usage on schema audit to cellgate_auditor
