"""This module is in charge of testing access tokens at the resource: what is taken, and every known way to forge one."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from auth.jose import PublicKey
from auth.keys import SigningKey
from auth.ports import Revocation
from auth.revocations import Denylist, NothingRevoked
from auth.tokens import EXPIRED, NOT_OURS, REVOKED, TokenError, TokenIssuer, TokenVerifier

GRAPH = "https://gateway.example/graphql"
SUBGRAPH = "https://battery.example/graphql"


@pytest.fixture
def verifier(deployment) -> TokenVerifier:
    return deployment.server.verifier


@pytest.fixture
def sign(deployment):
    """Sign any header and claims with the gateway's own key, whatever the libraries think of them."""
    key: SigningKey = deployment.ring.signer(deployment.now)
    native = key.private.private_key

    def signed(header: dict, claims: object, *, key=native) -> str:
        parts = [json.dumps(part).encode() if not isinstance(part, bytes) else part for part in (header, claims)]
        signing_input = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
        signature = pyjwt.get_algorithm_by_name("ES256").sign(signing_input, key)
        return (signing_input + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()

    return signed


@pytest.fixture
def header(deployment) -> dict:
    return {"alg": "ES256", "typ": "at+jwt", "kid": deployment.ring.signer(deployment.now).kid}


@pytest.fixture
def claims(deployment) -> dict:
    at = int(deployment.now.timestamp())
    return {
        "iss": "https://gateway.example", "aud": GRAPH, "sub": "maker", "client_id": "maker", "iat": at, "exp": at + 600, "jti": "t-1",
        "scope": "battery:identity", "party": "91350902MA2XYB1C0U", "roles": ["BM"], "jurisdiction": [], "purpose": "compliance",
        "view_mode": "redact",
    }  # fmt: skip


def code(verifier: TokenVerifier, token: str, now: datetime) -> str:
    with pytest.raises(TokenError) as refused:
        verifier.verify(token, now)
    return refused.value.code


async def test_a_token_becomes_the_principal_it_was_issued_for(deployment, verifier) -> None:
    principal = verifier.verify(await deployment.token(client="recycler", scope="battery:identity gateway:plan"), deployment.now)
    assert (principal.client_id, principal.party) == ("recycler", "91440306MA5FKE2H9Y")
    assert principal.roles == {"CU", "SD"}
    assert principal.scopes == {"battery:identity", "gateway:plan"}
    assert (principal.jurisdiction, principal.purpose, principal.view_mode) == ({"44"}, "recycling", "hide")
    assert principal.expires_at == datetime(2026, 11, 22, 10, 10, tzinfo=UTC)
    assert principal.token_id in deployment.store.tokens


def test_the_hand_made_token_is_good_so_that_the_next_tests_can_fail(sign, header, claims, verifier, deployment) -> None:
    assert verifier.verify(sign(header, claims), deployment.now).token_id == "t-1"
    assert verifier.verify(sign({**header, "typ": "application/at+JWT"}, claims), deployment.now).token_id == "t-1"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"typ": ...}, "TOKEN_MALFORMED"),  # RFC 9068 section 4
        ({"typ": "JWT"}, "TOKEN_MALFORMED"),  # an ID token
        ({"typ": "client-authentication+jwt"}, "TOKEN_MALFORMED"),
        ({"kid": ...}, "TOKEN_MALFORMED"),
        ({"kid": ""}, "TOKEN_MALFORMED"),
        ({"kid": "other"}, "TOKEN_KEY_UNKNOWN"),
        ({"kid": 7}, "TOKEN_MALFORMED"),
        ({"kid": ["a"]}, "TOKEN_MALFORMED"),
        ({"alg": "none"}, "TOKEN_SIGNATURE"),
        ({"alg": "HS256"}, "TOKEN_SIGNATURE"),
        ({"alg": "ES384"}, "TOKEN_SIGNATURE"),
        ({"alg": "es256"}, "TOKEN_SIGNATURE"),
        ({"alg": ...}, "TOKEN_SIGNATURE"),
        ({"crit": ["exp"]}, "TOKEN_MALFORMED"),
        ({"crit": []}, "TOKEN_MALFORMED"),
        ({"b64": False, "crit": ["b64"]}, "TOKEN_MALFORMED"),
        ({"jku": "https://evil.example"}, "TOKEN_MALFORMED"),
        ({"x5u": "https://evil.example"}, "TOKEN_MALFORMED"),
        ({"x5c": []}, "TOKEN_MALFORMED"),
        ({"jwk": {"kty": "oct", "k": "AA"}}, "TOKEN_MALFORMED"),
        ({"enc": "A256GCM"}, "TOKEN_MALFORMED"),
        ({"zip": "DEF"}, "TOKEN_MALFORMED"),
        ({"pad": "x" * 600}, "TOKEN_MALFORMED"),
    ],
)
def test_a_header_of_any_other_form_is_refused_though_the_signature_is_ours(sign, header, claims, verifier, deployment, change, expected) -> None:
    changed = {name: value for name, value in {**header, **change}.items() if value is not ...}
    assert code(verifier, sign(changed, claims), deployment.now) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"iss": "https://evil.example"}, "TOKEN_FOREIGN"),
        ({"iss": ...}, "TOKEN_FOREIGN"),
        ({"iss": ["https://gateway.example"]}, "TOKEN_FOREIGN"),
        ({"aud": SUBGRAPH}, "TOKEN_FOREIGN"),
        ({"aud": [GRAPH, SUBGRAPH]}, "TOKEN_FOREIGN"),
        ({"aud": "https://gateway.example"}, "TOKEN_FOREIGN"),
        ({"aud": GRAPH + "/"}, "TOKEN_FOREIGN"),
        ({"aud": ...}, "TOKEN_FOREIGN"),
        ({"cnf": {"jkt": "x"}}, "TOKEN_BOUND"),
        ({"cnf": None}, "TOKEN_BOUND"),
        ({"exp": ...}, "TOKEN_MALFORMED"),
        ({"exp": "1999999999"}, "TOKEN_MALFORMED"),
        ({"exp": True}, "TOKEN_MALFORMED"),
        ({"exp": float("nan")}, "TOKEN_MALFORMED"),
        ({"exp": float("inf")}, "TOKEN_MALFORMED"),
        ({"exp": 10**30}, "TOKEN_MALFORMED"),
        ({"exp": 10**400}, "TOKEN_MALFORMED"),
        ({"exp": 5}, "TOKEN_MALFORMED"),  # before iat
        ({"iat": ...}, "TOKEN_MALFORMED"),
        ({"iat": -5}, "TOKEN_MALFORMED"),
        ({"iat": float("nan")}, "TOKEN_MALFORMED"),
        ({"iat": 1_763_805_600 + 10**9}, "TOKEN_MALFORMED"),
        ({"nbf": 1_763_805_600 + 10**9}, "TOKEN_MALFORMED"),
        ({"nbf": "now"}, "TOKEN_MALFORMED"),
        ({"jti": ...}, "TOKEN_MALFORMED"),
        ({"jti": 5}, "TOKEN_MALFORMED"),
        ({"jti": ""}, "TOKEN_MALFORMED"),
        ({"sub": "recycler"}, "TOKEN_MALFORMED"),
        ({"client_id": ...}, "TOKEN_MALFORMED"),
        ({"scope": ["battery:identity"]}, "TOKEN_MALFORMED"),
        ({"scope": ...}, "TOKEN_MALFORMED"),
        ({"party": ""}, "TOKEN_MALFORMED"),
        ({"party": ...}, "TOKEN_MALFORMED"),
        ({"roles": "BM"}, "TOKEN_MALFORMED"),
        ({"roles": ["BM", 5]}, "TOKEN_MALFORMED"),
        ({"roles": ...}, "TOKEN_MALFORMED"),
        ({"jurisdiction": "44"}, "TOKEN_MALFORMED"),
        ({"jurisdiction": {"44": 1}}, "TOKEN_MALFORMED"),
        ({"purpose": ...}, "TOKEN_MALFORMED"),
        ({"view_mode": "everything"}, "TOKEN_MALFORMED"),
        ({"view_mode": ["redact"]}, "TOKEN_MALFORMED"),
    ],
)
def test_claims_of_any_other_form_are_refused_though_the_signature_is_ours(sign, header, claims, verifier, deployment, change, expected) -> None:
    changed = {name: value for name, value in {**claims, **change}.items() if value is not ...}
    assert code(verifier, sign(header, changed), deployment.now) == expected


def test_payloads_that_are_no_object_are_refused(sign, header, verifier, deployment) -> None:
    for payload in ([], 5, None, "x", b"", b"\xff", b"{", b"[" * 2500, b"[" * 2500 + b"]" * 2500):
        assert code(verifier, sign(header, payload), deployment.now) == "TOKEN_SIGNATURE"


def test_the_signature_has_to_be_of_the_key_that_is_named(sign, header, claims, verifier, deployment) -> None:
    good = sign(header, claims)
    head, payload, signature = good.split(".")
    other = ec.generate_private_key(ec.SECP256R1())
    raised = base64.urlsafe_b64encode(json.dumps({**claims, "roles": ["MI"]}).encode()).rstrip(b"=").decode()
    tampered = [
        sign(header, claims, key=other),
        f"{head}.{raised}.{signature}",
        f"{head}.{payload}.",
        f"{head}.{payload}.{'A' * 86}",  # r = s = 0
        f"{head}.{payload}.{signature}=",
        f"{head}.{payload}.{signature}A",
    ]
    assert {code(verifier, token, deployment.now) for token in tampered} == {"TOKEN_SIGNATURE"}
    assert verifier.verify(good, deployment.now)


def test_hmac_with_the_public_key_and_unsigned_tokens(sign, header, claims, verifier, deployment, tools) -> None:
    native = deployment.ring.signer(deployment.now).private.private_key
    parts = [json.dumps(part).encode() for part in ({**header, "alg": "HS256"}, claims)]
    signing_input = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    for secret in (tools.public_pem(native), json.dumps(deployment.ring.jwks()["keys"][0]).encode(), b""):
        mac = base64.urlsafe_b64encode(hmac.digest(secret, signing_input, "sha256")).rstrip(b"=")
        assert code(verifier, (signing_input + b"." + mac).decode(), deployment.now) == "TOKEN_SIGNATURE"
    for alg in ("none", "None", "nOnE", "NONE"):
        head = base64.urlsafe_b64encode(json.dumps({**header, "alg": alg}).encode()).rstrip(b"=").decode()
        body = sign(header, claims).split(".")[1]
        assert code(verifier, f"{head}.{body}.", deployment.now) == "TOKEN_SIGNATURE"


@pytest.mark.parametrize("token", ["", ".", "..", "...", "a.b.c", "a" * 9000, "é.b.c", "e30.e30.", "e30.e30.e30.e30", "e30.e30.e30.e30.e30", "\udcff.a.b"])
def test_what_is_no_token_is_refused_quietly(verifier, deployment, token: str) -> None:
    assert code(verifier, token, deployment.now) == "TOKEN_MALFORMED"


async def test_a_clients_assertion_is_no_access_token(verifier, deployment) -> None:
    assert code(verifier, deployment.assertion(), deployment.now) == "TOKEN_MALFORMED"
    assert code(verifier, deployment.assertion(headers={"kid": deployment.ring.signer(deployment.now).kid}), deployment.now) == "TOKEN_MALFORMED"


async def test_a_token_ends_at_its_time_and_in_the_cache_too(deployment, verifier) -> None:
    token = await deployment.token()
    expires = verifier.verify(token, deployment.now).expires_at
    leeway = timedelta(seconds=30)
    assert verifier.verify(token, expires + leeway - timedelta(microseconds=1))
    assert code(verifier, token, expires + leeway) == "TOKEN_EXPIRED"
    fresh = TokenVerifier(deployment.ring, "https://gateway.example", GRAPH, NothingRevoked())
    assert code(fresh, token, expires + leeway) == "TOKEN_EXPIRED"


async def test_a_revoked_token_is_refused_though_it_is_in_the_cache(deployment, verifier) -> None:
    token, other = await deployment.token(), await deployment.token()
    principal = verifier.verify(token, deployment.now)
    deployment.server.stores.denylist.add(Revocation("token", principal.token_id, deployment.now, principal.expires_at))
    assert code(verifier, token, deployment.now) == "TOKEN_REVOKED"
    assert verifier.verify(other, deployment.now)


async def test_a_withdrawn_key_takes_its_tokens_along_out_of_the_cache(deployment) -> None:
    keys: dict[str, PublicKey] = dict(deployment.ring.keys.public)

    class Source:
        def find(self, kid: str, now: datetime) -> PublicKey | None:
            return keys.get(kid)

    verifier = TokenVerifier(Source(), "https://gateway.example", GRAPH, NothingRevoked())
    token = await deployment.token()
    assert verifier.verify(token, deployment.now)
    keys.clear()
    assert code(verifier, token, deployment.now) == "TOKEN_KEY_UNKNOWN"


async def test_the_signature_is_looked_at_once_and_the_cache_stays_small(deployment, monkeypatch) -> None:
    verifier = TokenVerifier(deployment.ring, "https://gateway.example", GRAPH, NothingRevoked(), cache_size=2)
    tokens = [await deployment.token() for _ in range(3)]
    for token in tokens * 2:
        verifier.verify(token, deployment.now)
    assert len(verifier._cache) == 2
    monkeypatch.setattr("auth.tokens.prove", lambda *_: pytest.fail("the signature was looked at again"))
    assert verifier.verify(tokens[-1], deployment.now)


async def test_forged_tokens_do_not_push_good_ones_out_of_the_cache(deployment, monkeypatch) -> None:
    verifier = TokenVerifier(deployment.ring, "https://gateway.example", GRAPH, NothingRevoked(), cache_size=2)
    token = await deployment.token()
    verifier.verify(token, deployment.now)
    for n in range(10):
        code(verifier, token[:-8] + f"{n:08}", deployment.now)
    assert len(verifier._cache) == 1


async def test_only_a_token_of_ours_learns_why_it_is_refused(deployment, verifier, sign, header, claims) -> None:
    revoked = Denylist()
    revoked.add(Revocation("client", "maker", deployment.now, deployment.now + timedelta(hours=1)))
    strict = TokenVerifier(deployment.ring, "https://gateway.example", GRAPH, revoked)
    cases = {
        (verifier, sign(header, {**claims, "aud": "x"})): NOT_OURS,
        (verifier, sign({**header, "kid": "x"}, claims)): NOT_OURS,
        (verifier, sign(header, claims)[:-4] + "AAAA"): NOT_OURS,
        (verifier, sign(header, {**claims, "iat": 1000, "exp": 2000})): EXPIRED,
        (strict, sign(header, claims)): REVOKED,
    }
    for (judge, token), text in cases.items():
        with pytest.raises(TokenError) as refused:
            judge.verify(token, deployment.now)
        assert refused.value.description == text


# --- subgraphs ------------------------------------------------------------------------------------------------------


@pytest.fixture
def at_subgraph(deployment) -> TokenVerifier:
    return TokenVerifier(deployment.ring, "https://gateway.example", SUBGRAPH, NothingRevoked())


async def test_a_subgraph_token_carries_the_caller_for_a_minute(deployment, verifier, at_subgraph) -> None:
    caller = verifier.verify(await deployment.token(client="recycler"), deployment.now)
    token = deployment.server.issuer.mint_subgraph_token(caller, SUBGRAPH, deployment.now)
    there = at_subgraph.verify(token, deployment.now)
    assert replace(there, token_id=caller.token_id, expires_at=caller.expires_at) == caller
    assert there.token_id.startswith(caller.token_id + ".")
    assert there.expires_at == datetime(2026, 11, 22, 10, 1, tzinfo=UTC)
    claims = pyjwt.decode(token, options={"verify_signature": False})
    assert claims["act"] == {"sub": "https://gateway.example"}
    assert (claims["aud"], claims["exp"] - claims["iat"]) == (SUBGRAPH, 60)


async def test_tokens_do_not_pass_from_gateway_to_subgraph_or_back(deployment, verifier, at_subgraph) -> None:
    token = await deployment.token()
    minted = deployment.server.issuer.mint_subgraph_token(verifier.verify(token, deployment.now), SUBGRAPH, deployment.now)
    assert code(at_subgraph, token, deployment.now) == "TOKEN_FOREIGN"
    assert code(verifier, minted, deployment.now) == "TOKEN_FOREIGN"
    other = TokenVerifier(deployment.ring, "https://gateway.example", "https://vehicle.example/graphql", NothingRevoked())
    assert code(other, minted, deployment.now) == "TOKEN_FOREIGN"


async def test_a_minted_token_is_used_again_while_it_is_young_and_by_that_caller_alone(deployment, verifier) -> None:
    mint = deployment.server.issuer.mint_subgraph_token
    caller = verifier.verify(await deployment.token(), deployment.now)
    now, seconds = deployment.now, timedelta(seconds=1)
    first = mint(caller, SUBGRAPH, now)
    assert mint(caller, SUBGRAPH, now + 30 * seconds) == first
    assert mint(caller, SUBGRAPH, now + 31 * seconds) != first
    assert mint(replace(caller, scopes=frozenset({"battery:identity"})), SUBGRAPH, now) != first
    assert mint(caller, "https://vehicle.example/graphql", now) != first


async def test_a_minted_token_does_not_outlive_the_callers(deployment, verifier, at_subgraph) -> None:
    caller = verifier.verify(await deployment.token(), deployment.now)
    late = caller.expires_at - timedelta(seconds=5)
    token = deployment.server.issuer.mint_subgraph_token(caller, SUBGRAPH, late)
    assert at_subgraph.verify(token, late).expires_at == caller.expires_at


async def test_an_issuer_cannot_sign_for_another(deployment, at_subgraph) -> None:
    issuer = TokenIssuer("https://evil.example", deployment.ring, timedelta(minutes=10))
    caller = deployment.server.verifier.verify(await deployment.token(), deployment.now)
    assert code(at_subgraph, issuer.mint_subgraph_token(caller, SUBGRAPH, deployment.now), deployment.now) == "TOKEN_FOREIGN"
