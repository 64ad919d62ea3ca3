"""This module is in charge of testing what the OAuth server publishes, and which settings it refuses."""

from __future__ import annotations

import pytest

from auth.clients import Client, SecretHash
from auth.settings import OAuthSettings, OAuthSettingsRefused


async def test_rfc_8414(deployment) -> None:
    answer = await deployment.get("/.well-known/oauth-authorization-server")
    document = answer.json
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert document["issuer"] == "https://gateway.example"
    assert document["token_endpoint"] == "https://gateway.example/oauth/token"
    assert document["revocation_endpoint"] == "https://gateway.example/oauth/revoke"
    assert document["jwks_uri"] == "https://gateway.example/oauth/jwks.json"
    assert document["grant_types_supported"] == ["client_credentials"]
    assert document["response_types_supported"] == []
    assert document["token_endpoint_auth_methods_supported"] == ["private_key_jwt", "client_secret_basic"]
    assert document["token_endpoint_auth_signing_alg_values_supported"] == ["ES256", "PS256", "Ed25519"]
    assert {"battery:identity", "enterprise:read", "gateway:plan"} <= set(document["scopes_supported"])


async def test_every_url_that_is_published_answers(deployment) -> None:
    document = (await deployment.get("/.well-known/oauth-authorization-server")).json
    base = document["issuer"]
    assert (await deployment.get(document["jwks_uri"].removeprefix(base))).status == 200
    for name in ("token_endpoint", "revocation_endpoint"):
        assert (await deployment.post({}, path=document[name].removeprefix(base))).status in {400, 401}
    (resource,) = document["protected_resources"]
    metadata = deployment.server.settings.resource_metadata
    assert metadata == "https://gateway.example/.well-known/oauth-protected-resource/graphql"
    assert (await deployment.get(metadata.removeprefix(base))).json["resource"] == resource


@pytest.mark.parametrize("path", ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/graphql"])
async def test_rfc_9728(deployment, path: str) -> None:
    document = (await deployment.get(path)).json
    assert document["resource"] == "https://gateway.example/graphql"
    assert document["authorization_servers"] == ["https://gateway.example"]
    assert document["bearer_methods_supported"] == ["header"]


async def test_the_jwk_set_holds_public_members_only(deployment) -> None:
    (key,) = (await deployment.get("/oauth/jwks.json")).json["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("EC", "P-256", "sig", "ES256")


@pytest.mark.parametrize("issuer", ["https://g.example", "https://g.example:8443", "http://127.0.0.1:4000", "http://localhost:4000", "http://[::1]:4000"])
def test_issuers_that_are_taken(issuer: str) -> None:
    assert OAuthSettings.of(issuer).resource == issuer + "/graphql"


@pytest.mark.parametrize(
    "issuer",
    ["http://g.example", "http://10.0.0.1", "https://g.example/", "https://g.example/path", "https://u@g.example", "https://g.example?x=1",
     "https://g.example#x", 'https://g.example"', "https://g.example\r\nX: y", "https://exämple", "g.example", "", "https://", "https://g:x",
     "http://localhost.evil.example", "ftp://localhost"],
)  # fmt: skip
def test_issuers_that_would_be_unsafe_or_break_a_header(issuer: str) -> None:
    with pytest.raises(OAuthSettingsRefused):
        OAuthSettings.of(issuer)


def test_a_client_that_could_not_work_is_not_made(clients) -> None:
    maker = clients[0]
    for change in ({"client_id": "a b"}, {"client_id": ""}, {"purposes": ()}, {"purposes": ("compliance", 'x"y')}, {"view_mode": "all"}):
        fields = {name: getattr(maker, name) for name in Client.__dataclass_fields__}
        with pytest.raises(ValueError, match="a client has"):
            Client(**{**fields, **change})
    assert "scrypt" not in repr(SecretHash("scrypt$..."))
