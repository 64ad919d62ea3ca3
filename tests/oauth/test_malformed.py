"""This module is in charge of testing that whatever is sent, the OAuth server and the front door answer: never an exception, never an echo."""

from __future__ import annotations

import base64
import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.credentials import RequestRefused, read_form
from auth.principal import Principal
from auth.tokens import TokenError

NAMES = ["grant_type", "scope", "purpose", "resource", "client_id", "client_secret", "client_assertion", "client_assertion_type", "token", "x"]
VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["client_credentials", "battery:identity", "compliance", "maker", "recycler", "nobody", "https://gateway.example/graphql"]),
    st.just("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
HEADERS = st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit", "jku", "jwk", "b64"]), JSON | st.sampled_from(["ES256", "none", "at+jwt", "JWT"]))
CLAIMS = st.dictionaries(st.sampled_from(["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "scope", "cnf"]), JSON | st.sampled_from(["maker", "nobody"]))


def encoded(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


JWTS = st.builds(lambda header, claims, end: f"{encoded(header)}.{encoded(claims)}.{end}", HEADERS, CLAIMS | JSON, st.sampled_from(["", "AA", "A" * 86]))
TOKENS = JWTS | st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1"))
AUTHORIZATION = st.one_of(
    st.builds(lambda scheme, rest: scheme + rest, st.sampled_from(["Basic ", "Bearer ", "basic  ", "", "Digest "]), TOKENS),
    st.builds(lambda pair: "Basic " + base64.b64encode(pair).decode(), st.binary(max_size=40) | st.just(b"recycler:x") | st.just(b"nobody:%zz")),
)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    # What is tried here is never the secret, and scrypt would take most of the time.
    monkeypatch.setattr("auth.server.secret_matches", lambda secret, stored: False)


def accepted(answer, path: str) -> None:
    assert answer.status in {400, 401}, answer.content
    assert set(answer.json) == {"error", "error_description"}
    assert answer.json["error"] in {"invalid_request", "invalid_client", "unsupported_grant_type"}
    text = answer.json["error_description"]
    assert text.isascii()
    assert '"' not in text
    assert "\\" not in text
    for value in answer.headers.values():
        assert value.isprintable()


@given(
    form=st.dictionaries(st.sampled_from(NAMES), VALUES | TOKENS, max_size=6),
    authorization=st.lists(AUTHORIZATION, max_size=2),
    path=st.sampled_from(["/oauth/token", "/oauth/revoke"]),
)
async def test_any_form_with_any_credentials_is_answered(deployment, quick, form, authorization, path) -> None:
    headers = [("authorization", value.encode("latin-1", "replace").decode("latin-1")) for value in authorization]
    raw = urlencode({name: value.encode("utf-8", "surrogatepass") for name, value in form.items()}).encode()
    accepted(await deployment.post({}, headers, path, raw=raw), path)
    assert not deployment.store.tokens


@given(raw=st.binary(max_size=200), path=st.sampled_from(["/oauth/token", "/oauth/revoke"]))
async def test_any_bytes_are_answered(deployment, quick, raw, path) -> None:
    accepted(await deployment.post({}, [], path, raw=raw), path)


@given(assertion=JWTS)
async def test_any_assertion_is_answered(deployment, assertion) -> None:
    answer = await deployment.with_assertion(assertion)
    accepted(answer, "/oauth/token")
    assert answer.status == 401


@given(form=st.dictionaries(st.sampled_from(["scope", "purpose", "resource", "audience", "token_type_hint"]), st.text(max_size=30)))
async def test_any_parameter_of_a_good_client_is_answered_without_echo(deployment, form) -> None:
    answer = await deployment.ask(client="maker", **{name: value.encode("utf-8", "replace").decode() for name, value in form.items()})
    assert answer.status in {200, 400}
    if answer.status == 400:
        assert answer.json["error"] in {"invalid_request", "invalid_scope", "invalid_target"}
        sent = [value for value in form.values() if len(value) > 3 and not value.isalnum()]
        assert not any(value in answer.json["error_description"] for value in sent)


@given(values=st.lists(AUTHORIZATION | st.text(max_size=20), max_size=3), query=st.binary(max_size=40))
async def test_any_header_and_query_at_the_front_door_is_answered(deployment, door, values, query) -> None:
    headers = [(b"authorization", value.encode("latin-1", "replace")) for value in values]
    refusal = door.authenticate(headers, query, deployment.now)
    assert refusal.status in {400, 401}
    challenge = dict(refusal.headers)[b"www-authenticate"].decode()
    assert challenge.isprintable()
    # Balanced quoting: nothing that was sent got into the header's grammar.
    assert challenge.count('"') == 2 * challenge.count('="')
    json.loads(refusal.body)


@given(token=TOKENS)
async def test_any_text_as_a_token_is_refused(deployment, token) -> None:
    with pytest.raises(TokenError):
        deployment.server.verifier.verify(token, deployment.now)
    assert deployment.server.verifier.token_id(token, deployment.now) is None


@given(at=st.integers(0, 800), replacement=st.characters(max_codepoint=126))
async def test_no_changed_character_goes_unnoticed(deployment, at, replacement) -> None:
    token = await deployment.token()
    at %= len(token)
    changed = token[:at] + replacement + token[at + 1 :]
    if changed == token:
        assert isinstance(deployment.server.verifier.verify(changed, deployment.now), Principal)
    else:
        with pytest.raises(TokenError):
            deployment.server.verifier.verify(changed, deployment.now)


@given(pairs=st.lists(st.tuples(st.text(min_size=1, max_size=10), st.text(max_size=20)), max_size=6))
def test_forms_are_read_as_they_were_written(pairs) -> None:
    clean = [(name.encode("utf-8", "replace").decode(), value.encode("utf-8", "replace").decode()) for name, value in pairs]
    body = urlencode(clean).encode()
    if len({name for name, _ in clean}) < len(clean):
        with pytest.raises(RequestRefused):
            read_form(body)
    else:
        assert read_form(body) == {name: value for name, value in clean if value}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"grant_type=client_credentials&scope=a&scope=b", "the parameter scope is repeated"),
        (b"what=a&what=b", "a parameter is repeated"),
    ],
)
def test_of_repeated_parameters_those_of_ours_are_named(body: bytes, told: str) -> None:
    with pytest.raises(RequestRefused, match=f"^{told}$"):
        read_form(body)
