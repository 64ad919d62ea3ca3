"""This module is in charge of testing revocation: RFC 7009's endpoint, the denylist, and cutting off a client or a party."""

from __future__ import annotations

from datetime import timedelta

import pytest

from auth.ports import Revocation
from auth.revocations import Denylist
from auth.tokens import TokenError

HOUR = timedelta(hours=1)


async def revoke(deployment, token: str, client: str = "maker", **form: str):
    return await deployment.ask(client=client, path="/oauth/revoke", token=token, **form)


def alive(deployment, token: str) -> bool:
    try:
        return bool(deployment.server.verifier.verify(token, deployment.now))
    except TokenError as refused:
        assert refused.code == "TOKEN_REVOKED"
        return False


@pytest.mark.parametrize("hint", [{}, {"token_type_hint": "access_token"}, {"token_type_hint": "refresh_token"}, {"token_type_hint": "what"}])
async def test_a_revoked_token_is_dead_at_once_and_others_live(deployment, hint) -> None:
    token, other = await deployment.token(), await deployment.token()
    assert alive(deployment, token)
    answer = await revoke(deployment, token, **hint)
    assert (answer.status, answer.json, answer.headers["cache-control"]) == (200, {}, "no-store")
    assert (alive(deployment, token), alive(deployment, other)) == (False, True)
    assert (await revoke(deployment, token)).status == 200
    assert [event.kind for event in deployment.events.seen[-2:]] == ["token_revoked", "token_revoked"]


async def test_a_client_cannot_revoke_the_token_of_another(deployment) -> None:
    token = await deployment.token(client="maker")
    answer = await revoke(deployment, token, client="recycler")
    assert (answer.status, answer.json["error"]) == (400, "invalid_grant")
    assert alive(deployment, token)


async def test_what_is_no_token_of_ours_is_answered_like_a_revoked_one(deployment) -> None:
    token = await deployment.token()
    for text in ("x", token[:-4] + "AAAA", "a.b.c", "\x00", "汉字", "x" * 9000, deployment.assertion()):
        answer = await revoke(deployment, text)
        assert (answer.status, answer.json) == (200, {})
    assert alive(deployment, token)
    assert not deployment.store.revoked


async def test_an_expired_token_can_still_be_revoked(deployment) -> None:
    token = await deployment.token()
    deployment.now += HOUR
    assert (await revoke(deployment, token)).status == 200
    assert len(deployment.store.revoked) == 1


async def test_revocation_needs_a_client_that_proves_itself_and_a_token(deployment) -> None:
    token = await deployment.token()
    assert (await deployment.post({"token": token}, path="/oauth/revoke")).status == 401
    assert (await deployment.post({"token": token}, [deployment.basic(secret="x")], "/oauth/revoke")).status == 401
    answer = await deployment.ask(path="/oauth/revoke")
    assert (answer.status, answer.json["error"]) == (400, "invalid_request")
    assert alive(deployment, token)


async def test_an_assertion_used_for_revocation_is_used_up(deployment) -> None:
    assertion = deployment.assertion()
    token = await deployment.token()
    form = {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion": assertion}
    assert (await deployment.post({**form, "token": "x"}, path="/oauth/revoke")).status == 200
    assert (await deployment.post({**form, "token": token}, path="/oauth/revoke")).status == 401
    assert (await deployment.with_assertion(assertion)).status == 401
    assert alive(deployment, token)


@pytest.mark.parametrize(("kind", "subject"), [("client", "maker"), ("party", "91350902MA2XYB1C0U")])
async def test_cutting_off_a_client_or_party_kills_what_it_has_and_not_what_it_gets_later(deployment, kind, subject) -> None:
    before, other = await deployment.token(), await deployment.token(client="recycler")
    await deployment.server.cut_off(kind, subject, deployment.now)
    assert (alive(deployment, before), alive(deployment, other)) == (False, True)
    deployment.now += timedelta(seconds=1)
    assert alive(deployment, await deployment.token())
    assert not alive(deployment, before)
    # Kept until the last token that it could concern has ended.
    assert len(await deployment.store.revocations(deployment.now + timedelta(seconds=628))) == 1
    assert await deployment.store.revocations(deployment.now + timedelta(seconds=629)) == []


def test_the_denylist_merges_and_forgets(deployment) -> None:
    now, denylist = deployment.now, Denylist()
    mine = Revocation("token", "mine", now, now + HOUR)
    denylist.add(mine)
    # A snapshot of the store that is older than our own revocation must not undo it.
    denylist.synchronise([Revocation("token", "theirs", now, now + HOUR)], now)
    assert denylist.revoked("mine", "c", "p", 0)
    assert denylist.revoked("theirs", "c", "p", 0)
    assert denylist.synced_at == now
    denylist.synchronise([], now + HOUR)
    assert len(denylist) == 0
    assert not denylist.revoked("mine", "c", "p", 0)


def test_a_later_cut_off_replaces_an_earlier_one_and_never_the_other_way(deployment) -> None:
    now, denylist = deployment.now, Denylist()
    for shift in (0, 60, 30):
        at = now + timedelta(seconds=shift)
        denylist.add(Revocation("client", "maker", at, at + HOUR))
    assert denylist.revoked("t", "maker", "p", now.timestamp() + 60)
    assert not denylist.revoked("t", "maker", "p", now.timestamp() + 61)
    assert not denylist.revoked("t", "other", "p", 0)
    assert not denylist.revoked("maker", "x", "maker", 0)
