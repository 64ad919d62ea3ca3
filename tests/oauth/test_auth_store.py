"""This module is in charge of testing what the OAuth server keeps in PostgreSQL, and how other processes hear of revocations."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from auth.clients import RoleGrant
from auth.ports import BurntAssertion, IssuedToken, Revocation, Writes
from auth.revocations import Denylist
from resolvers.database.auth_store import CHANNEL, TRACE_KEPT, AuthStore, RevocationFeed

MINUTE = timedelta(minutes=1)


@pytest.fixture
def store(database) -> AuthStore:
    return AuthStore(database)


@pytest.fixture
async def stored(make_deployment, store, clients):
    """The deployment over the real store."""
    made = make_deployment(store)
    for client in clients:
        await store.register(client)
        await store.grant_roles(client.party, [RoleGrant(role, client.valid_from) for role in sorted(client.roles)])
    return made


def trace(now, token_id: str = "t1") -> IssuedToken:
    return IssuedToken(token_id, "maker", "P", "aud", ("a", "b"), "compliance", now, now + 10 * MINUTE)


async def until(condition) -> None:
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen within five seconds")


async def test_clients_come_back_as_they_went_in(store, clients) -> None:
    maker, recycler = clients
    now = maker.valid_from
    narrowed = replace(recycler, scopes=frozenset({"battery:identity"}), valid_to=now + timedelta(days=1), active=False)
    for client in (maker, narrowed):
        grants = [RoleGrant("CU", now), RoleGrant("BM", now, now + MINUTE)]
        await store.register(client)
        await store.grant_roles(client.party, grants)
        found = await store.client(client.client_id)
        assert replace(found, granted=()) == client
        assert set(found.granted) == set(grants)
    assert await store.client("nobody") is None
    assert await store.client("maker' or '1'='1") is None


async def test_registering_again_replaces_and_roles_are_set_not_added(store, clients) -> None:
    maker, recycler = clients
    await store.register(maker)
    await store.register(replace(maker, credential=recycler.credential, view_mode="reject"))
    await store.grant_roles(maker.party, [RoleGrant("BM", maker.valid_from), RoleGrant("SD", maker.valid_from)])
    await store.grant_roles(maker.party, [RoleGrant("BM", maker.valid_from)])
    found = await store.client("maker")
    assert (found.credential, found.view_mode) == (recycler.credential, "reject")
    assert found.granted == (RoleGrant("BM", maker.valid_from),)


async def test_tokens_are_issued_revoked_and_refused_over_the_real_store(stored) -> None:
    token = await stored.token()
    principal = stored.server.verifier.verify(token, stored.now)
    found = await stored.store.token(principal.token_id)
    assert (found.client_id, found.party, set(found.scopes)) == ("maker", principal.party, principal.scopes)
    answer = await stored.ask(path="/oauth/revoke", token=token)
    assert answer.status == 200
    (revocation,) = await stored.store.revocations(stored.now)
    assert (revocation.kind, revocation.subject) == ("token", principal.token_id)
    assert (await stored.ask(client="recycler")).status == 200
    assert (await stored.post({"grant_type": "client_credentials"}, [stored.basic("nobody")])).status == 401


async def test_eight_at_once_with_one_assertion_give_one_token(stored, database) -> None:
    assertion = stored.assertion()
    answers = await asyncio.gather(*(stored.with_assertion(assertion) for _ in range(8)))
    assert sorted(answer.status for answer in answers) == [200] + [401] * 7
    async with database.transaction("auth") as connection:
        assert await connection.fetchval("select count(*) from auth.token") == 1


async def test_a_commit_is_all_or_nothing(store, clients) -> None:
    now = clients[0].valid_from
    burnt = BurntAssertion("maker", "j1", now + MINUTE)
    assert await store.commit(Writes(burnt, trace(now)))
    assert not await store.commit(Writes(burnt, trace(now, "t2"), Revocation("token", "t1", now, now + MINUTE)))
    assert await store.token("t2") is None
    assert await store.revocations(now) == []
    assert await store.token("t1") == trace(now)


async def test_what_no_longer_matters_is_purged(store, clients) -> None:
    now = clients[0].valid_from
    burnt = BurntAssertion("maker", "j1", now + MINUTE)
    await store.commit(Writes(burnt, trace(now), Revocation("token", "t1", now, now + MINUTE)))
    await store.purge(now)
    assert not await store.commit(Writes(burnt))
    assert len(await store.revocations(now)) == 1
    await store.purge(now + MINUTE)
    assert await store.revocations(now) == []
    assert await store.commit(Writes(burnt))
    assert await store.token("t1") is not None
    await store.purge(now + TRACE_KEPT + 11 * MINUTE)
    assert await store.token("t1") is None


async def test_a_later_revocation_of_a_client_wins_and_an_earlier_one_changes_nothing(store, clients) -> None:
    now = clients[0].valid_from
    for shift in (1, 2, 0):
        at = now + shift * MINUTE
        await store.commit(Writes(revoked=Revocation("client", "maker", at, at + 10 * MINUTE)))
    assert await store.revocations(now) == [Revocation("client", "maker", now + 2 * MINUTE, now + 12 * MINUTE)]


@pytest.fixture
def feed(database, clients) -> tuple[Denylist, RevocationFeed]:
    denylist = Denylist()
    feed = RevocationFeed(database, denylist, lambda: clients[0].valid_from, poll=timedelta(hours=1))
    return denylist, feed


async def test_what_was_revoked_before_the_start_is_known_at_the_start(store, feed, clients) -> None:
    denylist, process = feed
    now = clients[0].valid_from
    await store.commit(Writes(revoked=Revocation("token", "t1", now, now + MINUTE)))
    async with process.running():
        assert denylist.revoked("t1", "maker", "P", now.timestamp())
        assert not denylist.revoked("t2", "maker", "P", now.timestamp())


async def test_another_process_hears_of_a_revocation_at_once(store, feed, clients) -> None:
    denylist, process = feed
    now = clients[0].valid_from
    async with process.running():
        await until(lambda: process._bell._connection is not None)
        await store.commit(Writes(revoked=Revocation("party", "P", now, now + MINUTE)))
        # The poll is an hour away, so only a notification can bring it.
        await until(lambda: denylist.revoked("t1", "maker", "P", now.timestamp()))


async def test_polling_brings_what_no_notification_told(store, database, clients) -> None:
    denylist, now = Denylist(), clients[0].valid_from
    async with RevocationFeed(database, denylist, lambda: now, poll=timedelta(milliseconds=20)).running():
        async with database.transaction("auth") as connection:
            await connection.execute("insert into auth.revocation values ('token', 't1', $1, $2)", now, now + MINUTE)
        await until(lambda: denylist.revoked("t1", "maker", "P", now.timestamp()))


async def test_a_lost_connection_is_made_again(store, database, clients) -> None:
    denylist, now = Denylist(), clients[0].valid_from
    feed = RevocationFeed(database, denylist, lambda: now, poll=timedelta(milliseconds=50))
    async with feed.running():
        await until(lambda: feed._bell._connection is not None)
        lost = feed._bell._connection
        lost.terminate()
        await until(lambda: feed._bell._connection is not lost and not feed._bell._connection.is_closed())
        await store.commit(Writes(revoked=Revocation("token", "t9", now, now + MINUTE)))
        await until(lambda: denylist.revoked("t9", "maker", "P", now.timestamp()))


async def test_nobody_is_told_of_a_revocation_that_was_rolled_back(database, clients) -> None:
    now = clients[0].valid_from
    told: list[object] = []
    listener = await asyncpg.connect(**database.target.login("auth"))
    await listener.add_listener(CHANNEL, lambda *each: told.append(each))
    store = AuthStore(database)
    burnt = BurntAssertion("maker", "j1", now + MINUTE)
    await store.commit(Writes(burnt))
    await store.commit(Writes(burnt, None, Revocation("token", "t1", now, now + MINUTE)))
    assert told == []
    await store.commit(Writes(revoked=Revocation("token", "t1", now, now + MINUTE)))
    await until(lambda: len(told) == 1)
    await listener.close()


@pytest.mark.parametrize("role", ["reader", "ledger", "auditor", "system"])
@pytest.mark.parametrize("table", ["client", "token", "assertion", "revocation", "party_role"])
async def test_no_other_role_sees_these_tables(database, role, table: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.transaction(role) as connection:
            await connection.fetch("select * from auth." + table)


@pytest.mark.parametrize("table", ["battery.pack", "vehicle.vehicle", "enterprise.enterprise", "audit.access"])
async def test_this_role_sees_no_lifecycle_data(database, table: str) -> None:
    with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedTableError)):
        async with database.transaction("auth") as connection:
            await connection.fetch("select * from " + table)
