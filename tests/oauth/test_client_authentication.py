"""This module is in charge of testing how clients prove themselves, and every way of seeming to."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import threading
import time
from dataclasses import replace
from datetime import timedelta

import jwt as pyjwt
import pytest
from authlib.oauth2.rfc7523 import private_key_jwt_sign
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from joserfc import jwk as jose_jwk
from joserfc import jwt as jose_jwt

from auth import assertions
from auth.client_secrets import NOBODY
from auth.clients import PublicKeys
from auth.credentials import FormRequest
from auth.jose import NotProved

BODY = {"error": "invalid_client", "error_description": "Client authentication failed."}
CHALLENGE = 'Basic realm="cellgate"'


def refused(answer) -> bool:
    """The one answer there is to everything that can be wrong with a client."""
    assert (answer.status, answer.json, answer.headers["www-authenticate"]) == (401, BODY, CHALLENGE)
    assert answer.headers["cache-control"] == "no-store"
    return True


def raw_jwt(header: object, claims: object, signature: bytes = b"x") -> str:
    parts = [json.dumps(part).encode() if not isinstance(part, bytes) else part for part in (header, claims)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in [*parts, signature])


# --- secrets --------------------------------------------------------------------------------------------------------


async def test_every_failure_gives_the_same_bytes(deployment) -> None:
    await deployment.store.register(replace(deployment.store.clients["recycler"], client_id="asleep", active=False))
    await deployment.store.register(replace(deployment.store.clients["recycler"], client_id="ended", valid_to=deployment.now))
    await deployment.store.register(replace(deployment.store.clients["recycler"], client_id="early", valid_from=deployment.now + timedelta(seconds=1)))
    form = {"grant_type": "client_credentials"}
    basic = deployment.basic
    credentials = [
        [],
        [basic("nobody")],
        [basic(secret="wrong")],
        [basic("maker")],  # a client with keys has no secret, not even the empty one
        [basic("maker", "")],
        [basic("asleep")],
        [basic("ended")],
        [basic("early")],
        [basic("x" * 65)],
        [basic("a\x00b")],
        [basic("recycler", "x" * 300)],
        [("authorization", "Basic")],
        [("authorization", "Basic !!!")],
        [("authorization", "Basic " + base64.b64encode(b"recycler").decode())],
        [("authorization", "Basic " + base64.b64encode(b"\xff\xfe:x").decode())],
        [("authorization", "Basic " + base64.b64encode(b"%ff:x").decode())],
        [("authorization", "Bearer abc")],
        [("authorization", "")],
        [("authorization", "\xff\xfe")],
    ]
    answers = [await deployment.post(form, each) for each in credentials]
    assert all(refused(answer) for answer in answers)
    assert len({(answer.content, tuple(sorted(answer.headers.items()))) for answer in answers}) == 1


@pytest.mark.parametrize("client_id", ["nobody", "maker"])
async def test_a_client_without_a_secret_costs_as_much_as_a_wrong_one(deployment, fast_secrets, secret_hash, client_id: str) -> None:
    assert refused(await deployment.post({"grant_type": "client_credentials"}, [deployment.basic(secret="wrong")]))
    assert refused(await deployment.post({"grant_type": "client_credentials"}, [deployment.basic(client_id, "wrong")]))
    assert fast_secrets == [secret_hash, NOBODY]
    # The same cost parameters, so the same work.
    assert secret_hash.split("$")[:4] == NOBODY.split("$")[:4]


async def test_a_client_without_a_secret_is_refused_even_if_the_comparison_said_yes(deployment, monkeypatch) -> None:
    monkeypatch.setattr("auth.server.secret_matches", lambda secret, stored: True)
    for client_id in ("maker", "nobody"):
        assert refused(await deployment.post({"grant_type": "client_credentials"}, [deployment.basic(client_id, "x")]))


async def test_the_loop_goes_on_while_secrets_are_compared(deployment, monkeypatch) -> None:
    def slow(secret: str, stored: str) -> bool:
        time.sleep(0.2)
        return True

    monkeypatch.setattr("auth.server.secret_matches", slow)
    asking = asyncio.create_task(deployment.ask(client="recycler"))
    beats = 0
    while not asking.done():
        await asyncio.sleep(0.01)
        beats += 1
    assert asking.result().status == 200
    assert beats >= 5


async def test_so_many_secrets_wait_to_be_compared_and_no_more(deployment, monkeypatch) -> None:
    go = threading.Event()

    def held(secret: str, stored: str) -> bool:
        go.wait(10)
        return True

    monkeypatch.setattr("auth.server.secret_matches", held)
    monkeypatch.setattr("auth.secret_checks.WAITING", 3)
    form = {"grant_type": "client_credentials"}
    waiting = [asyncio.create_task(deployment.post(form, [deployment.basic()])) for _ in range(5)]
    while len(deployment.store.asked) < 5:
        await asyncio.sleep(0.01)
    # Good or not, known or not: who comes now is put off alike, before anything is looked up; other ways are as open as ever.
    credentials = [deployment.basic(), deployment.basic(secret="wrong"), deployment.basic("nobody", "x")]
    put_off = [await deployment.post(form, [each], path) for each in credentials for path in ("/oauth/token", "/oauth/revoke")]
    assert {(each.status, each.headers["retry-after"], each.content) for each in put_off} == {(503, "2", b'{"error":"temporarily_unavailable"}')}
    assert len(deployment.store.asked) == 5
    assert (await deployment.ask(client="maker")).status == 200
    go.set()
    assert {each.status for each in await asyncio.gather(*waiting)} == {200}
    assert (await deployment.ask(client="recycler")).status == 200
    assert [each.error for each in deployment.events.seen if each.kind == "token_refused"] == []


async def test_among_some_clients_others_are_refused_as_ones_that_do_not_exist(deployment, fast_secrets, secret_hash) -> None:
    request = FormRequest((deployment.basic()[1],), {"grant_type": "client_credentials"})
    refusal = await deployment.server.token(request, deployment.now, frozenset({"maker"}))
    assert (refusal.status, refusal.body["error"]) == (401, "invalid_client")
    assert deployment.store.tokens == {}
    assert fast_secrets == [NOBODY]
    assert (await deployment.server.token(request, deployment.now, frozenset({"recycler"}))).status == 200
    assert len(deployment.store.tokens) == 1


@pytest.mark.parametrize("client_id", ["a'b", "a b", "x" * 65, "naïve", "..%00"])
async def test_ids_that_no_client_can_have_never_reach_the_store(deployment, client_id: str) -> None:
    assert refused(await deployment.post({"grant_type": "client_credentials"}, [deployment.basic(client_id)]))
    assert refused(await deployment.with_assertion(deployment.assertion(iss=client_id, sub=client_id)))
    assert deployment.store.asked == []


async def test_secrets_in_the_body_are_no_credentials(deployment) -> None:
    form = {"grant_type": "client_credentials", "client_id": "recycler", "client_secret": deployment.secret}
    assert refused(await deployment.post(form))
    assert refused(await deployment.post({"grant_type": "client_credentials", "client_id": "recycler"}))


async def test_two_ways_at_once_are_a_malformed_request(deployment) -> None:
    grant = {"grant_type": "client_credentials"}
    signed = {"client_assertion": deployment.assertion(), "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}
    basic = deployment.basic()
    attempts = [
        ({**grant, **signed}, [basic]),
        ({**grant, "client_secret": "x"}, [basic]),
        ({**grant, **signed, "client_secret": "x"}, []),
        (grant, [basic, basic]),
    ]
    for form, headers in attempts:
        answer = await deployment.post(form, headers)
        assert (answer.status, answer.json["error"]) == (400, "invalid_request")


async def test_client_id_beside_credentials_has_to_be_the_same(deployment) -> None:
    await deployment.token(client="recycler", client_id="recycler")
    await deployment.token(client="maker", client_id="maker")
    assert refused(await deployment.ask(client="recycler", client_id="maker"))
    assert refused(await deployment.ask(client="maker", client_id="recycler"))


# --- assertions -----------------------------------------------------------------------------------------------------


async def test_an_assertion_is_good_once(deployment) -> None:
    assertion = deployment.assertion()
    assert (await deployment.with_assertion(assertion)).status == 200
    assert refused(await deployment.with_assertion(assertion))
    assert len(deployment.store.tokens) == 1


async def test_an_assertion_is_used_up_by_a_request_that_is_refused(deployment) -> None:
    assertion = deployment.assertion()
    assert (await deployment.with_assertion(assertion, scope="vehicle:everything")).json["error"] == "invalid_scope"
    assert refused(await deployment.with_assertion(assertion))
    assert not deployment.store.tokens


async def test_a_forged_assertion_uses_nothing_up(deployment) -> None:
    claims = deployment.assertion_claims()
    other = ec.generate_private_key(ec.SECP256R1())
    assert refused(await deployment.with_assertion(pyjwt.encode(claims, other, "ES256")))
    assert (await deployment.with_assertion(pyjwt.encode(claims, deployment.maker_key, "ES256"))).status == 200


async def test_two_clients_may_use_the_same_jti(deployment, tools) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    maker = deployment.store.clients["maker"]
    await deployment.store.register(replace(maker, client_id="maker2", credential=PublicKeys(json.dumps({"keys": [tools.jwk(key)]}))))
    assert (await deployment.with_assertion(deployment.assertion(jti="same"))).status == 200
    assert (await deployment.with_assertion(deployment.assertion(key=key, iss="maker2", sub="maker2", jti="same"))).status == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://gateway.example/oauth/token"},  # the token endpoint: the audience injection hole
        {"aud": ["https://gateway.example"]},
        {"aud": ["https://gateway.example", "https://evil.example"]},
        {"aud": "https://gateway.example/"},
        {"aud": "https://GATEWAY.example"},
        {"aud": ...},
        {"iss": "recycler"},
        {"sub": "recycler"},
        {"iss": "recycler", "sub": "recycler"},  # the maker's key for the recycler
        {"iss": ...},
        {"sub": ...},
        {"sub": ["maker"]},
        {"sub": {"maker": 1}},
        {"jti": ...},
        {"jti": ""},
        {"jti": 7},
        {"jti": "x" * 256},
        {"jti": "nul\x00"},
        {"jti": "two\nlines"},
        {"jti": "汉"},
        {"exp": ...},
        {"exp": None},
        {"exp": True},
        {"exp": "9999999999"},
        {"exp": [1]},
    ],
)
async def test_an_assertion_with_a_wrong_claim_proves_nothing(deployment, changes) -> None:
    # By our own library: PyJWT refuses to write some of these.
    key = jose_jwk.ECKey.import_key(deployment.maker_key)
    claims = deployment.assertion_claims(**changes)
    assert refused(await deployment.with_assertion(jose_jwt.encode({"alg": "ES256"}, claims, key)))
    assert not deployment.store.burnt


@pytest.mark.parametrize(
    ("shift", "good"),
    [
        ({"exp": 3600}, True),
        ({"exp": 3600 + 31}, False),  # kept too long
        ({"exp": -29}, True),  # within the leeway of 30 s
        ({"exp": -30}, False),
        ({"iat": 30}, True),
        ({"iat": 31}, False),  # made in the future
        ({"nbf": 30}, True),
        ({"nbf": 31}, False),
    ],
)
async def test_times_are_bounded(deployment, shift: dict[str, int], good: bool) -> None:
    at = int(deployment.now.timestamp())
    answer = await deployment.with_assertion(deployment.assertion(**{name: at + seconds for name, seconds in shift.items()}))
    assert answer.status == 200 if good else refused(answer)


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity", "1e999", "1" + "0" * 400, "-1", "true", "{}"])
@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
async def test_numbers_that_compare_with_nothing_do_not_pass(deployment, name: str, written: str) -> None:
    claims = json.dumps({**deployment.assertion_claims(), name: "@"}).replace('"@"', written)
    assertion = pyjwt.api_jws.encode(claims.encode(), deployment.maker_key, "ES256")
    answer = await deployment.with_assertion(assertion)
    assert refused(answer) if written != "-1" or name == "exp" else answer.status == 200


async def test_authlibs_own_client_signs_assertions_that_are_taken(deployment) -> None:
    # Its assertions live an hour, and its audience argument has to be the issuer, not the token endpoint.
    key, at = jose_jwk.ECKey.import_key(deployment.maker_key), int(deployment.now.timestamp())
    sign = lambda audience: private_key_jwt_sign(key, "maker", audience, alg="ES256", issued_at=at)  # noqa: E731
    assert (await deployment.with_assertion(sign("https://gateway.example"))).status == 200
    assert refused(await deployment.with_assertion(sign("https://gateway.example/oauth/token")))


async def test_iat_may_be_missing_and_kid_too(deployment) -> None:
    assert (await deployment.with_assertion(deployment.assertion(iat=...))).status == 200
    assert (await deployment.with_assertion(deployment.assertion(headers={"kid": "maker-1"}))).status == 200


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "maker-2"},
        {"kid": ""},
        {"kid": "../../etc/passwd"},
        {"kid": "maker-1' or 1=1"},
        {"jku": "https://evil.example/jwks"},
        {"x5u": "https://evil.example/cert"},
        {"x5c": ["AAAA"]},
        {"crit": ["exp"], "exp": 1},
        {"crit": []},
        {"b64": False, "crit": ["b64"]},
        {"typ": "at+jwt"},
        {"typ": "JOSE"},
        {"cty": 5},
    ],
)
async def test_header_parameters_cannot_steer_the_check(deployment, header) -> None:
    claims = json.dumps(deployment.assertion_claims()).encode()
    protected = {"alg": "ES256", "typ": "JWT", **header}
    signing_input = raw_jwt(protected, claims).rpartition(".")[0]
    signature = pyjwt.get_algorithm_by_name("ES256").sign(signing_input.encode(), deployment.maker_key)
    assertion = signing_input + "." + base64.urlsafe_b64encode(signature).rstrip(b"=").decode()
    assert refused(await deployment.with_assertion(assertion))


async def test_a_key_that_comes_along_is_not_used(deployment, tools) -> None:
    evil = ec.generate_private_key(ec.SECP256R1())
    assert refused(await deployment.with_assertion(deployment.assertion(key=evil, headers={"jwk": tools.jwk(evil)})))


async def test_alg_none_and_hmac_with_the_public_key(deployment, tools) -> None:
    claims = deployment.assertion_claims()
    for alg in ("none", "None", "NONE", ""):
        for signature in (b"", b"x"):
            assert refused(await deployment.with_assertion(raw_jwt({"alg": alg, "typ": "JWT"}, claims, signature)))
    registered = json.loads(deployment.store.clients["maker"].credential.jwks)["keys"][0]
    for secret in (tools.public_pem(deployment.maker_key), json.dumps(registered).encode(), base64.urlsafe_b64decode(registered["x"] + "=")):
        # By hand: libraries refuse to make it.
        signing_input = raw_jwt({"alg": "HS256", "typ": "JWT"}, claims).rpartition(".")[0]
        mac = hmac.digest(secret, signing_input.encode(), "sha256")
        assert refused(await deployment.with_assertion(signing_input + "." + base64.urlsafe_b64encode(mac).rstrip(b"=").decode()))


@pytest.mark.parametrize("alg", ["PS256", "Ed25519"])
async def test_other_strong_algorithms_are_taken_for_keys_of_their_kind(deployment, tools, alg: str) -> None:
    key = rsa.generate_private_key(65537, 2048) if alg == "PS256" else ed25519.Ed25519PrivateKey.generate()
    maker = deployment.store.clients["maker"]
    await deployment.store.register(replace(maker, credential=PublicKeys(json.dumps({"keys": [tools.jwk(key)]}))))
    mine = (jose_jwk.RSAKey if alg == "PS256" else jose_jwk.OKPKey).import_key(key)
    encode = lambda name: jose_jwt.encode({"alg": name}, deployment.assertion_claims(), mine, algorithms=[name])  # noqa: E731
    assert (await deployment.with_assertion(encode(alg))).status == 200
    if alg == "PS256":
        # The algorithm is the key's, not the token's: the same key signs RS256 as well, and that is not taken.
        assert refused(await deployment.with_assertion(encode("RS256")))
        assert refused(await deployment.with_assertion(encode("PS384")))


async def test_of_two_registered_keys_the_kid_chooses(deployment, tools) -> None:
    old, new = deployment.maker_key, ec.generate_private_key(ec.SECP256R1())
    both = json.dumps({"keys": [tools.jwk(old, kid="old"), tools.jwk(new, kid="new")]})
    await deployment.store.register(replace(deployment.store.clients["maker"], credential=PublicKeys(both)))
    assert (await deployment.with_assertion(deployment.assertion(key=old, headers={"kid": "old"}))).status == 200
    assert (await deployment.with_assertion(deployment.assertion(key=new, headers={"kid": "new"}))).status == 200
    assert refused(await deployment.with_assertion(deployment.assertion(key=new, headers={"kid": "old"})))
    for key in (old, new):
        # No kid and two keys that could be meant: neither is tried.
        assert refused(await deployment.with_assertion(deployment.assertion(key=key)))


async def test_a_client_that_does_not_exist_costs_a_signature_check_too(deployment, monkeypatch) -> None:
    proved: list[str] = []
    real = assertions.prove

    def counted(token, key):
        proved.append(key.kid)
        return real(token, key)

    monkeypatch.setattr(assertions, "prove", counted)
    evil = ec.generate_private_key(ec.SECP256R1())
    for client_id in ("maker", "nobody", "recycler"):
        assert refused(await deployment.with_assertion(deployment.assertion(key=evil, iss=client_id, sub=client_id)))
    assert len(proved) == 3
    assert proved[0] == "maker-1"
    assert proved[1] == proved[2] != "maker-1"


async def test_the_assertion_type_has_to_be_the_jwt_one(deployment) -> None:
    form = {"grant_type": "client_credentials", "client_assertion": deployment.assertion()}
    assert refused(await deployment.post(form))
    for kind in ("urn:ietf:params:oauth:client-assertion-type:saml2-bearer", "jwt-bearer"):
        assert refused(await deployment.post({**form, "client_assertion_type": kind}))


async def test_deep_and_long_assertions_are_refused_quietly(deployment) -> None:
    claims = json.dumps(deployment.assertion_claims())
    nested = claims[:-1] + ', "x": ' + "[" * 2500 + "]" * 2500 + "}"
    for text in (nested, claims[:-1] + ', "x": "' + "y" * 9000 + '"}', "[]", "7", '"maker"', "null", claims + "x"):
        signed = pyjwt.api_jws.encode(text.encode(), deployment.maker_key, "ES256")
        assert refused(await deployment.with_assertion(signed))


async def test_eight_at_once_with_one_assertion_give_one_token(deployment) -> None:
    assertion = deployment.assertion()
    answers = await asyncio.gather(*(deployment.with_assertion(assertion) for _ in range(8)))
    assert sorted(answer.status for answer in answers) == [200] + [401] * 7
    assert all(refused(answer) for answer in answers if answer.status != 200)
    assert len(deployment.store.tokens) == 1


def test_nobody_can_sign_for_the_stand_in(deployment) -> None:
    rules = deployment.server.core.rules.assertions
    with pytest.raises(NotProved):
        assertions.check_assertion(deployment.assertion(iss="x", sub="x"), "x", None, rules, deployment.now)
    assert "d" not in json.loads(rules.stand_in.jwks)["keys"][0]


async def test_refusals_are_noted_without_what_was_sent(deployment) -> None:
    await deployment.post({"grant_type": "client_credentials"}, [deployment.basic("recycler", "guess-of-a-secret")])
    (event,) = deployment.events.seen
    assert (event.kind, event.client_id, event.error) == ("token_refused", None, "invalid_client")
    assert "guess" not in repr(event)
