"""This module is in charge of testing the challenges of RFC 6750 and the one error shape."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from auth.principal import Principal

METADATA = 'Bearer realm="cellgate", resource_metadata="https://gateway.example/.well-known/oauth-protected-resource/graphql"'


def told(refusal) -> tuple[int, str, str]:
    headers = dict(refusal.headers)
    body = json.loads(refusal.body)
    assert headers[b"content-type"] == b"application/json"
    assert headers[b"cache-control"] == b"no-store"
    (error,) = body["errors"]
    assert set(body) == {"errors"}
    assert set(error) == {"message", "extensions"}
    assert set(error["extensions"]) == {"code"}
    return refusal.status, error["extensions"]["code"], headers[b"www-authenticate"].decode()


def bearer(token: str, scheme: str = "Bearer") -> list[tuple[bytes, bytes]]:
    return [(b"host", b"x"), (b"authorization", f"{scheme} {token}".encode("latin-1"))]


async def test_a_good_token_gives_its_principal(deployment, door) -> None:
    token = await deployment.token()
    for scheme in ("Bearer", "bearer", "BEARER"):
        found = door.authenticate(bearer(token, scheme), b"", deployment.now)
        assert isinstance(found, Principal)
        assert found.client_id == "maker"
    assert isinstance(door.authenticate(bearer(token), b"query=x&token=y&xaccess_token=1", deployment.now), Principal)


@pytest.mark.parametrize("value", [None, b"Basic eDp5", b"DPoP abc", b"Bearerx y"])
async def test_without_a_bearer_token_there_is_no_error_code_only_the_way_to_one(deployment, door, value) -> None:
    headers = [] if value is None else [(b"authorization", value)]
    assert told(door.authenticate(headers, b"", deployment.now)) == (401, "UNAUTHENTICATED", METADATA)


async def test_bad_expired_and_revoked_tokens_are_invalid(deployment, door) -> None:
    token = await deployment.token()
    bad = [bearer(token + "x"), bearer(token + " x"), bearer("a b"), bearer('x"'), bearer("\xff"), bearer("a\tb"), bearer("==")]
    for headers in bad:
        status, code, challenge = told(door.authenticate(headers, b"", deployment.now))
        assert (status, code) == (401, "INVALID_TOKEN")
        assert challenge == METADATA + ', error="invalid_token", error_description="The access token is malformed, or not made for this service."'
    later = deployment.now + timedelta(hours=1)
    assert told(door.authenticate(bearer(token), b"", later))[2].endswith('error_description="The access token has expired."')
    await deployment.ask(path="/oauth/revoke", token=token)
    assert told(door.authenticate(bearer(token), b"", deployment.now))[2].endswith('error_description="The access token was revoked."')


async def test_two_headers_an_empty_one_and_tokens_in_urls_are_malformed_requests(deployment, door) -> None:
    token = await deployment.token()
    attempts = [
        (bearer(token) * 2, b""),
        ([*bearer(token), (b"authorization", b"Basic eDp5")], b""),
        (bearer(""), b""),
        ([(b"authorization", b"")], b""),
        ([(b"authorization", b"  ")], b""),
        ([(b"authorization", b"Bearer")], b""),
        ([(b"authorization", b"")] * 2, b""),
        (bearer(token), b"access_token=" + token.encode()),
        ([], b"query=x&access_token="),
        ([], b"%61ccess_token=x"),
    ]
    for headers, query in attempts:
        status, code, challenge = told(door.authenticate(headers, query, deployment.now))
        assert (status, code) == (400, "INVALID_REQUEST")
        assert challenge.startswith(METADATA + ', error="invalid_request", error_description="')


async def test_a_missing_scope_is_403_and_named(deployment, door) -> None:
    principal = door.authenticate(bearer(await deployment.token(scope="battery:identity")), b"", deployment.now)
    assert door.require(principal, frozenset({"battery:identity"})) is None
    for missing in ("battery:ident", "BATTERY:identity", "battery:identity battery:custody"):
        assert door.require(principal, frozenset({missing})) is not None
    refusal = door.require(principal, frozenset({"battery:identity", "battery:custody"}))
    assert told(refusal) == (403, "INSUFFICIENT_SCOPE", METADATA + ', error="insufficient_scope", scope="battery:custody battery:identity"')


async def test_a_subgraph_token_does_not_open_the_gateway(deployment, door) -> None:
    principal = door.authenticate(bearer(await deployment.token()), b"", deployment.now)
    minted = deployment.server.issuer.mint_subgraph_token(principal, "https://battery.example/graphql", deployment.now)
    assert told(door.authenticate(bearer(minted), b"", deployment.now))[:2] == (401, "INVALID_TOKEN")
