"""This module is in charge of testing what the token endpoint gives for good credentials: scopes, purpose, audience, and their refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import jwt as pyjwt
import pytest

from auth.clients import RoleGrant
from auth.entitlements import load_matrix, scopes_for


def peek(token: str) -> dict:
    return pyjwt.decode(token, options={"verify_signature": False})


async def test_a_client_with_a_key_gets_an_rfc_9068_token(deployment) -> None:
    answer = await deployment.ask(client="maker")
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"
    body = answer.json
    assert (body["token_type"], body["expires_in"], body["purpose"]) == ("Bearer", 600, "compliance")
    header, claims = pyjwt.get_unverified_header(body["access_token"]), peek(body["access_token"])
    assert header == {"alg": "ES256", "typ": "at+jwt", "kid": deployment.ring.jwks()["keys"][0]["kid"]}
    assert claims["iss"] == "https://gateway.example"
    assert claims["aud"] == "https://gateway.example/graphql"
    assert claims["sub"] == claims["client_id"] == "maker"
    assert claims["exp"] - claims["iat"] == 600
    assert claims["party"] == "91350902MA2XYB1C0U"
    assert (claims["roles"], claims["purpose"], claims["view_mode"]) == (["BM"], "compliance", "redact")
    assert set(claims["scope"].split(" ")) == scopes_for({"BM"}, load_matrix()) == set(body["scope"].split(" "))


async def test_another_library_verifies_the_token_by_the_published_keys(deployment) -> None:
    token = await deployment.token()
    published = pyjwt.PyJWKSet.from_dict((await deployment.get("/oauth/jwks.json")).json)
    key = published[pyjwt.get_unverified_header(token)["kid"]]
    options = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
    assert pyjwt.decode(token, key, ["ES256"], audience="https://gateway.example/graphql", options=options)["sub"] == "maker"


async def test_a_client_with_a_secret_gets_its_mode_jurisdiction_and_the_plan_scope(deployment) -> None:
    claims = peek(await deployment.token(client="recycler"))
    assert (claims["jurisdiction"], claims["view_mode"], claims["purpose"]) == (["44"], "hide", "recycling")
    assert claims["roles"] == ["CU", "SD"]
    assert "gateway:plan" in claims["scope"].split(" ")


async def test_what_was_issued_is_traced_and_noted_without_the_token(deployment) -> None:
    token = await deployment.token(scope="battery:identity")
    claims = peek(token)
    trace = deployment.store.tokens[claims["jti"]]
    assert (trace.client_id, trace.scopes, trace.purpose) == ("maker", ("battery:identity",), "compliance")
    assert (trace.issued_at.timestamp(), trace.expires_at.timestamp()) == (claims["iat"], claims["exp"])
    (event,) = deployment.events.seen
    assert (event.kind, event.client_id, event.token_id, event.error) == ("token_issued", "maker", claims["jti"], None)
    assert token not in repr(event) + repr(trace)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("battery:identity", {"battery:identity"}),
        ("battery:custody battery:identity", {"battery:identity", "battery:custody"}),
        ("battery:identity battery:identity", {"battery:identity"}),
    ],
)
async def test_scopes_asked_for_are_the_scopes_given(deployment, asked: str, given: set[str]) -> None:
    assert set(peek(await deployment.token(scope=asked))["scope"].split(" ")) == given


@pytest.mark.parametrize(
    "asked",
    [
        "vehicle:everything",
        "battery:identity vehicle:everything",
        "battery:ident",  # a prefix
        "battery:identity:x",  # longer
        "BATTERY:identity",
        "battery:identity,battery:custody",
        '["battery:identity"]',
        "battery:identity  battery:custody",  # two spaces are no scope list
        " battery:identity",
        "battery:identity\tbattery:custody",
        " ",
        'x" error="y',
        "\\",
        "ｂattery:identity",
        "gateway:plan",  # this client may not
        "\udcff".encode("utf-8", "replace").decode(),
    ],
)
async def test_scopes_beyond_the_roles_are_invalid_and_never_echoed(deployment, asked: str) -> None:
    answer = await deployment.ask(scope=asked)
    assert (answer.status, answer.json["error"]) == (400, "invalid_scope")
    allowed = "scope may name only: " + " ".join(sorted(scopes_for({"BM"}, load_matrix())))
    assert answer.json["error_description"] == allowed
    assert not deployment.store.tokens


async def test_a_registration_can_narrow_scopes_but_never_widen_them(deployment) -> None:
    maker = deployment.store.clients["maker"]
    await deployment.store.register(replace(maker, scopes=frozenset({"battery:identity", "vehicle:everything"})))
    assert peek(await deployment.token())["scope"] == "battery:identity"


async def test_only_roles_that_the_registry_gives_today_count(deployment) -> None:
    recycler = deployment.store.clients["recycler"]
    day = timedelta(days=1)
    now = deployment.now
    grants = [RoleGrant("CU", now - day), RoleGrant("SD", now - 2 * day, now), RoleGrant("BM", now - day)]
    await deployment.store.grant_roles(recycler.party, grants)
    claims = peek(await deployment.token(client="recycler"))
    assert claims["roles"] == ["CU"]
    assert set(claims["scope"].split(" ")) == scopes_for({"CU"}, load_matrix()) | {"gateway:plan"}


async def test_without_a_valid_role_there_is_no_token(deployment) -> None:
    maker = deployment.store.clients["maker"]
    await deployment.store.grant_roles(maker.party, [RoleGrant("BM", deployment.now - timedelta(days=2), deployment.now - timedelta(days=1))])
    answer = await deployment.ask()
    assert (answer.status, answer.json["error"]) == (400, "unauthorized_client")


async def test_no_token_outlives_the_authority_behind_it(deployment) -> None:
    maker = deployment.store.clients["maker"]
    since = deployment.now - timedelta(days=2)
    await deployment.store.grant_roles(maker.party, [RoleGrant("BM", since, deployment.now + timedelta(seconds=100))])
    answer = await deployment.ask()
    assert answer.json["expires_in"] == 100
    await deployment.store.register(replace(maker, valid_to=deployment.now + timedelta(seconds=40)))
    assert (await deployment.ask()).json["expires_in"] == 40


async def test_purpose_is_one_of_the_registered_ones(deployment) -> None:
    assert peek(await deployment.token(purpose="safety"))["purpose"] == "safety"
    for refused in ("supervision", "Safety", "compliance safety", 'x"y'):
        answer = await deployment.ask(purpose=refused)
        assert (answer.status, answer.json["error"]) == (400, "invalid_request")
        assert answer.json["error_description"] == "purpose may be only: compliance safety"


async def test_resource_is_the_graph_and_nothing_else(deployment) -> None:
    graph = "https://gateway.example/graphql"
    assert peek(await deployment.token(resource=graph))["aud"] == graph
    for refused in ("https://gateway.example", graph + "/", graph.upper(), "battery", "https://evil.example/graphql"):
        answer = await deployment.ask(resource=refused)
        assert (answer.status, answer.json["error"]) == (400, "invalid_target")
        assert "evil" not in answer.content.decode()


@pytest.mark.parametrize(
    ("grant_type", "error"),
    [("password", "unsupported_grant_type"), ('<script>"', "unsupported_grant_type"), ("", "invalid_request"), (None, "invalid_request")],
)
async def test_other_grants_are_refused_without_echo(deployment, grant_type: str | None, error: str) -> None:
    form = {} if grant_type is None else {"grant_type": grant_type}
    answer = await deployment.post(form, [deployment.basic()])
    assert (answer.status, answer.json["error"]) == (400, error)
    assert "<script" not in answer.content.decode()
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("headers", "raw"),
    [
        ([], b"grant_type=client_credentials&grant_type=client_credentials"),
        ([], b"grant_type=client_credentials&scope=a&scope=b"),
        ([], b"grant_type=client_credentials&scope=&scope=battery:identity"),
        ([], b"grant_type=client_credentials&scope=%ff"),
        ([], b"grant_type=client_credentials&scope=\xff"),
        ([], b"&".join(b"a%d=1" % n for n in range(40))),
        ([], b"grant_type=client_credentials&pad=" + b"x" * 17_000),
        ([("content-encoding", "gzip")], b"grant_type=client_credentials"),
        ([("content-type", "application/x-www-form-urlencoded")], b"grant_type=client_credentials"),  # twice
    ],
)
async def test_a_body_that_is_no_single_clear_form_is_refused(deployment, headers, raw: bytes) -> None:
    answer = await deployment.post({}, [deployment.basic(), *headers], raw=raw)
    assert (answer.status, answer.json["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "media_type",
    [None, "application/json", "text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded; charset=utf-16",
     "application/x-www-form-urlencodedx", "application/x-www-form-urlencoded, text/plain"],
)  # fmt: skip
async def test_any_other_content_type_is_refused(deployment, tools, media_type: str | None) -> None:
    headers = [deployment.basic()] + ([("content-type", media_type)] if media_type else [])
    body = b"grant_type=client_credentials"
    answer = await tools.call(deployment.app, "POST", "/oauth/token", headers, body)
    assert (answer.status, answer.json["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded;charset=UTF-8", "Application/X-WWW-Form-Urlencoded"])
async def test_the_content_type_as_clients_write_it_is_taken(deployment, tools, media_type: str) -> None:
    headers = [deployment.basic(), ("content-type", media_type)]
    assert (await tools.call(deployment.app, "POST", "/oauth/token", headers, b"grant_type=client_credentials")).status == 200


async def test_parameters_in_the_url_and_get_are_refused(deployment, tools) -> None:
    headers = [deployment.basic(), ("content-type", "application/x-www-form-urlencoded")]
    for body, query in ((b"", b"grant_type=client_credentials"), (b"grant_type=client_credentials", b"scope=battery:identity")):
        answer = await tools.call(deployment.app, "POST", "/oauth/token", headers, body, query)
        assert (answer.status, answer.json["error"]) == (400, "invalid_request")
    for method in ("GET", "PUT", "DELETE"):
        assert (await tools.call(deployment.app, method, "/oauth/token", headers)).status == 405


async def test_the_host_header_decides_nothing(deployment, tools) -> None:
    headers = [deployment.basic(), ("content-type", "application/x-www-form-urlencoded"), ("host", "evil.example")]
    answer = await tools.call(deployment.app, "POST", "/oauth/token", headers, b"grant_type=client_credentials")
    assert peek(answer.json["access_token"])["iss"] == "https://gateway.example"
    for path in ("/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource"):
        assert b"evil" not in (await tools.call(deployment.app, "GET", path, [("host", "evil.example")])).content


async def test_unknown_parameters_are_passed_over(deployment) -> None:
    await deployment.token(audience="https://evil.example", foo="bar")


async def test_tokens_are_not_written_to_any_log(deployment, caplog) -> None:
    caplog.set_level(0)
    token = await deployment.token()
    assert token not in caplog.text
    assert json.dumps(token) not in caplog.text
