-- What the OAuth server keeps: clients, the roles of parties, used assertions, traces of tokens, revocations.
--
-- cellgate_auth     the one role that touches these tables. It sees no lifecycle data, and no other role sees these: a hole in
--                   a query of the graph does not reach a secret's hash. No tokens and no secrets are kept, only traces and hashes.
--
-- Roles belong to the whole server and only the administrator makes them, hence the change of role around the first statement.

set local role none
-- ;;
do $$
begin
  if not exists (select from pg_roles where rolname = 'cellgate_auth') then
    begin
      create role cellgate_auth login noinherit nosuperuser nocreatedb nocreaterole nobypassrls noreplication;
      alter role cellgate_auth set jit = off;
    exception when duplicate_object or unique_violation then
      null; -- another database of this server is being migrated at the same moment
    end;
  end if;
  if not (select rolsuper from pg_roles where rolname = current_user)
     and not pg_has_role(current_user, 'cellgate_auth',
       case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end) then
    begin
      execute 'grant cellgate_auth to current_user';
    exception when insufficient_privilege then
      raise insufficient_privilege using
        message = format('the user %s may not become cellgate_auth', current_user),
        hint = format('grant cellgate_auth to %I', current_user);
    end;
  end if;
end
$$
-- ;;
set local role cellgate_owner
-- ;;
-- Roles that the registry gives a party (by its credit code), each for a time.
create table auth.party_role (
  party text not null,
  role text not null,
  valid_from timestamptz not null,
  valid_to timestamptz,
  primary key (party, role, valid_from),
  check (valid_to > valid_from)
)
-- ;;
-- Exactly one of the two credentials is there: jwks for private_key_jwt, secret_hash for client_secret_basic.
-- scopes null: all that the roles allow. purposes: the first is the default.
create table auth.client (
  client_id text not null primary key check (client_id ~ '^[A-Za-z0-9._~-]{1,64}$'),
  party text not null,
  party_name text not null,
  roles text[] not null,
  jurisdiction text[] not null,
  purposes text[] not null check (cardinality(purposes) > 0),
  scopes text[],
  jwks text,
  secret_hash text,
  view_mode text not null check (view_mode in ('redact', 'reject', 'hide')),
  may_see_plan boolean not null,
  active boolean not null,
  valid_from timestamptz not null,
  valid_to timestamptz,
  check ((jwks is null) <> (secret_hash is null))
)
-- ;;
-- A client's assertion that was used (RFC 7523): the primary key is what lets one of many simultaneous uses win.
create table auth.assertion (
  client_id text not null,
  assertion_id text not null,
  expires_at timestamptz not null,
  primary key (client_id, assertion_id)
)
-- ;;
create index assertion_expires_at on auth.assertion (expires_at)
-- ;;
-- The trace of an access token, kept beyond its end for questions after the fact.
create table auth.token (
  token_id text not null primary key,
  client_id text not null,
  party text not null,
  audience text not null,
  scopes text[] not null,
  purpose text not null,
  issued_at timestamptz not null,
  expires_at timestamptz not null
)
-- ;;
create index token_expires_at on auth.token (expires_at)
-- ;;
create table auth.revocation (
  kind text not null check (kind in ('token', 'client', 'party')),
  subject text not null,
  revoked_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (kind, subject)
)
-- ;;
grant usage on schema auth to cellgate_auth
-- ;;
grant select, insert, update, delete on auth.party_role, auth.client to cellgate_auth
-- ;;
grant select, insert, delete on auth.assertion, auth.token to cellgate_auth
-- ;;
grant select, insert, update, delete on auth.revocation to cellgate_auth
