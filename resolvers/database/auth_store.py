"""This module is in charge of what the OAuth server keeps in the database, and of hearing at once what other processes revoke."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime, timedelta
from typing import Final, assert_never

import asyncpg

from auth.clients import Client, Credential, PublicKeys, RoleGrant, SecretHash
from auth.ports import BurntAssertion, IssuedToken, Revocation, Writes
from auth.revocations import Denylist
from resolvers.background import in_background
from resolvers.database.bell import Bell
from resolvers.database.failures import UNREACHABLE
from resolvers.database.pool import Database

LOG = logging.getLogger("cellgate.auth")

CHANNEL: Final = "cellgate_revoked"
# How long the trace of a token outlives it.
TRACE_KEPT: Final = timedelta(days=180)

CLIENT: Final = """
select client_id, party, party_name, roles, jurisdiction, purposes, scopes, jwks, secret_hash, view_mode, may_see_plan, active, valid_from, valid_to,
  array(select (role, valid_from, valid_to) from auth.party_role where party_role.party = client.party) as granted
from auth.client where client_id = $1"""
REGISTER: Final = """
insert into auth.client (client_id, party, party_name, roles, jurisdiction, purposes, scopes, jwks, secret_hash, view_mode, may_see_plan, active,
  valid_from, valid_to)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
on conflict (client_id) do update set party = excluded.party, party_name = excluded.party_name, roles = excluded.roles,
  jurisdiction = excluded.jurisdiction, purposes = excluded.purposes, scopes = excluded.scopes, jwks = excluded.jwks,
  secret_hash = excluded.secret_hash, view_mode = excluded.view_mode, may_see_plan = excluded.may_see_plan, active = excluded.active,
  valid_from = excluded.valid_from, valid_to = excluded.valid_to"""
FORGET_ROLES: Final = "delete from auth.party_role where party = $1"
GRANT_ROLES: Final = """
insert into auth.party_role (party, role, valid_from, valid_to)
select $1, role, valid_from, valid_to from unnest($2::text[], $3::timestamptz[], $4::timestamptz[]) as wanted (role, valid_from, valid_to)
on conflict (party, role, valid_from) do update set valid_to = excluded.valid_to"""
TOKEN: Final = """
select token_id, client_id, party, audience, scopes, purpose, issued_at, expires_at from auth.token where token_id = $1"""
BURN: Final = """
insert into auth.assertion (client_id, assertion_id, expires_at) values ($1, $2, $3) on conflict do nothing returning client_id"""
ISSUE: Final = """
insert into auth.token (token_id, client_id, party, audience, scopes, purpose, issued_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8)"""
REVOKE: Final = """
insert into auth.revocation (kind, subject, revoked_at, expires_at) values ($1, $2, $3, $4)
on conflict (kind, subject) do update set
  revoked_at = greatest(revocation.revoked_at, excluded.revoked_at), expires_at = greatest(revocation.expires_at, excluded.expires_at)"""
TELL: Final = "select pg_notify($1, '')"
REVOCATIONS: Final = "select kind, subject, revoked_at, expires_at from auth.revocation where expires_at > $1"
PURGE_ASSERTIONS: Final = "delete from auth.assertion where expires_at <= $1"
PURGE_REVOCATIONS: Final = "delete from auth.revocation where expires_at <= $1"
PURGE_TOKENS: Final = "delete from auth.token where expires_at <= $1"


class AuthStore:
    """The ports ClientStore, ClientRegistry and TokenStore over PostgreSQL, as the role cellgate_auth."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def client(self, client_id: str) -> Client | None:
        async with self._database.transaction("auth") as connection:
            row = await connection.fetchrow(CLIENT, client_id)
        return None if row is None else _client(row)

    async def register(self, client: Client) -> None:
        async with self._database.transaction("auth") as connection:
            await connection.execute(REGISTER, *_columns(client))

    async def grant_roles(self, party: str, grants: Iterable[RoleGrant]) -> None:
        wanted = list(grants)
        columns = [each.role for each in wanted], [each.valid_from for each in wanted], [each.valid_to for each in wanted]
        async with self._database.transaction("auth") as connection:
            await connection.execute(FORGET_ROLES, party)
            await connection.execute(GRANT_ROLES, party, *columns)

    async def token(self, token_id: str) -> IssuedToken | None:
        async with self._database.transaction("auth") as connection:
            row = await connection.fetchrow(TOKEN, token_id)
        return None if row is None else IssuedToken(**{**row, "scopes": tuple(row["scopes"])})

    async def commit(self, writes: Writes) -> bool:
        async with self._database.transaction("auth") as connection:
            if writes.burnt is not None and not await _burn(connection, writes.burnt):
                return False
            if (issued := writes.issued) is not None:
                await connection.execute(
                    ISSUE,
                    issued.token_id,
                    issued.client_id,
                    issued.party,
                    issued.audience,
                    list(issued.scopes),
                    issued.purpose,
                    issued.issued_at,
                    issued.expires_at,
                )
            if (revoked := writes.revoked) is not None:
                await connection.execute(REVOKE, revoked.kind, revoked.subject, revoked.revoked_at, revoked.expires_at)
                # In the same transaction: nobody is told of a revocation that cannot be read yet.
                await connection.execute(TELL, CHANNEL)
        return True

    async def revocations(self, moment: datetime) -> list[Revocation]:
        async with self._database.transaction("auth") as connection:
            return [Revocation(**row) for row in await connection.fetch(REVOCATIONS, moment)]

    async def purge(self, moment: datetime) -> None:
        async with self._database.transaction("auth") as connection:
            await connection.execute(PURGE_ASSERTIONS, moment)
            await connection.execute(PURGE_REVOCATIONS, moment)
            await connection.execute(PURGE_TOKENS, moment - TRACE_KEPT)


async def _burn(connection: asyncpg.Connection, burnt: BurntAssertion) -> bool:
    return await connection.fetchrow(BURN, burnt.client_id, burnt.assertion_id, burnt.expires_at) is not None


def _columns(client: Client) -> tuple[object, ...]:
    jwks = secret_hash = None
    match client.credential:
        case PublicKeys():
            jwks = client.credential.jwks
        case SecretHash():
            secret_hash = client.credential.text
        case _:
            assert_never(client.credential)
    return (
        client.client_id,
        client.party,
        client.party_name,
        sorted(client.roles),
        sorted(client.jurisdiction),
        list(client.purposes),
        None if client.scopes is None else sorted(client.scopes),
        jwks,
        secret_hash,
        client.view_mode,
        client.may_see_plan,
        client.active,
        client.valid_from,
        client.valid_to,
    )


def _client(row: asyncpg.Record) -> Client:
    credential: Credential = SecretHash(row["secret_hash"]) if row["jwks"] is None else PublicKeys(row["jwks"])
    return Client(
        client_id=row["client_id"],
        party=row["party"],
        party_name=row["party_name"],
        roles=frozenset(row["roles"]),
        jurisdiction=frozenset(row["jurisdiction"]),
        purposes=tuple(row["purposes"]),
        credential=credential,
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        scopes=None if row["scopes"] is None else frozenset(row["scopes"]),
        view_mode=row["view_mode"],
        may_see_plan=row["may_see_plan"],
        active=row["active"],
        granted=tuple(RoleGrant(*each) for each in row["granted"]),
    )


class RevocationFeed:
    """Keeps a denylist in step with the database: told by NOTIFY, and reading every `poll` besides, for a pooler that passes no
    notifications on, and for what happened while the connection was down. Each `purge` it deletes what no longer matters."""

    def __init__(
        self,
        database: Database,
        denylist: Denylist,
        clock: Callable[[], datetime],
        *,
        poll: timedelta = timedelta(seconds=5),
        purge: timedelta = timedelta(minutes=10),
    ) -> None:
        self._database = database
        self._store = AuthStore(database)
        self._denylist = denylist
        self._clock = clock
        self._poll = poll
        self._purge = purge
        self._bell = Bell(database, "auth", CHANNEL)
        self._purged: datetime | None = None
        self._failing = False

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The denylist holds every revocation when this is entered, and is kept so until it is left."""
        await self._synchronise()
        try:
            async with in_background("revocation feed", self._run):
                yield
        finally:
            self._bell.close()

    async def _run(self) -> None:
        while True:
            try:
                # Before anything that may fail: what rang is no reason to try at once again.
                self._bell.clear()
                await self._bell.listen()
                await self._synchronise()
                self._failing = False
            except UNREACHABLE as lost:
                # Said once: tokens stay revoked and the next round tries again.
                if not self._failing:
                    LOG.warning("revocations cannot be read: %s", type(lost).__name__)
                self._failing = True
            await self._bell.wait(self._poll)

    async def _synchronise(self) -> None:
        self._bell.clear()
        now = self._clock()
        self._denylist.synchronise(await self._store.revocations(now), now)
        if self._purged is None or now - self._purged >= self._purge:
            self._purged = now
            await self._store.purge(now)
