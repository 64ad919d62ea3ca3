"""This module is in charge of Authlib's synchronous OAuth core: it decides one request that was loaded beforehand, and only queues
what has to be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, assert_never

from authlib.oauth2.rfc6749 import AuthorizationServer, ClientCredentialsGrant, OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7009 import RevocationEndpoint

from auth.assertions import AssertionRules, check_assertion
from auth.clients import Client, PublicKeys
from auth.credentials import Assertion, Basic, FormRequest, Nothing, Presented
from auth.jose import NotProved
from auth.ports import IssuedToken, Revocation, Writes
from auth.scopes import GrantRefused, ScopesOfRoles, allowed_scopes, grant_audience, grant_purpose, grant_scopes
from auth.settings import OAuthSettings
from auth.tokens import Granted, TokenIssuer

NO_STORE: Final = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))
METHODS: Final = ("private_key_jwt", "client_secret_basic")


@dataclass(frozen=True, slots=True)
class Answer:
    """A response of the OAuth server: status, JSON object, headers besides Content-Type."""

    status: int
    body: Mapping[str, Any]
    headers: tuple[tuple[str, str], ...] = NO_STORE


class InvalidClient(OAuth2Error):  # type: ignore[misc]
    """One constant text for everything that can be wrong with a client: nobody learns which client ids exist."""

    error = "invalid_client"
    description = "Client authentication failed."
    status_code = 401

    def get_headers(self) -> list[tuple[str, str]]:
        return [*NO_STORE, ("WWW-Authenticate", 'Basic realm="cellgate"')]


class Refused(OAuth2Error):  # type: ignore[misc]
    """Every other error; code and text are ours, never the client's."""

    def get_headers(self) -> list[tuple[str, str]]:
        return [*NO_STORE]


@dataclass(slots=True)
class Loaded:
    """One request with all that the core may ask for, and what it decided. `secret_matches` is the outcome of comparing the
    presented secret with the client's."""

    request: FormRequest
    now: datetime
    presented: Presented
    client: Client | None = None
    secret_matches: bool = False
    token: IssuedToken | None = None
    authenticated: Client | None = None
    writes: Writes = field(default_factory=Writes)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the core decides by."""

    settings: OAuthSettings
    scopes_of_roles: ScopesOfRoles
    issuer: TokenIssuer
    assertions: AssertionRules


def authenticate(loaded: Loaded, rules: Rules) -> Client:
    """The client that the request's credentials prove; its assertion, if any, is queued to be burnt. Raises InvalidClient."""
    client, shown = loaded.client, loaded.presented
    match shown:
        case Basic():
            proved = loaded.secret_matches
        case Assertion():
            proved = _assertion_holds(loaded, shown, rules)
        case Nothing():
            proved = False
        case _:
            assert_never(shown)
    if client is None or not proved:
        raise InvalidClient()
    loaded.authenticated = client
    return client


def _assertion_holds(loaded: Loaded, shown: Assertion, rules: Rules) -> bool:
    client = loaded.client
    keys = client.credential.jwks if client is not None and isinstance(client.credential, PublicKeys) else None
    try:
        burnt = check_assertion(shown.text, shown.client_id, keys, rules.assertions, loaded.now)
    except NotProved:
        return False
    loaded.writes = replace(loaded.writes, burnt=burnt)
    return True


class _Request(OAuth2Request):  # type: ignore[misc]
    """The form of Authlib's requests. The URI is the configured one: what a Host header says is nobody's word."""

    def __init__(self, loaded: Loaded, uri: str) -> None:
        super().__init__("POST", uri)
        self.loaded = loaded
        self.payload = BasicOAuth2Payload(dict(loaded.request.form))

    @property
    def form(self) -> Mapping[str, str]:
        return self.loaded.request.form


class _Client:
    """The registered client as Authlib's grants want to see it."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def check_grant_type(self, grant_type: str) -> bool:
        return bool(grant_type == ClientCredentialsGrant.GRANT_TYPE)


class _ClientCredentials(ClientCredentialsGrant):  # type: ignore[misc]
    """RFC 6749 section 4.4, with purpose and RFC 8707's resource."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        # Authlib's own writes the token to the debug log.
        rules: Rules = self.server.rules
        loaded: Loaded = self.request.loaded
        token, trace = rules.issuer.access_token(_decide(loaded, self.request.client.client, rules), loaded.now)
        self.save_token(trace)
        expires_in = int((trace.expires_at - trace.issued_at).total_seconds())
        body = {"access_token": token, "token_type": "Bearer", "expires_in": expires_in, "scope": " ".join(trace.scopes)}
        return 200, {**body, "purpose": trace.purpose}, [*NO_STORE]


def _decide(loaded: Loaded, client: Client, rules: Rules) -> Granted:
    form, now = loaded.request.form, loaded.now
    try:
        audience = grant_audience(form.get("resource"), rules.settings.resource)
        purpose = grant_purpose(form.get("purpose"), client.purposes)
        scopes = grant_scopes(form.get("scope"), allowed_scopes(client, now, rules.scopes_of_roles))
    except GrantRefused as refused:
        raise Refused(error=refused.error, description=refused.description) from None
    return Granted(client, audience, client.roles_at(now), scopes, purpose, client.authority_ends(now))


class _Revocation(RevocationEndpoint):  # type: ignore[misc]
    """RFC 7009. A token that is not ours, or not there, is answered like one that was revoked."""

    CLIENT_AUTH_METHODS = METHODS

    def check_params(self, request: _Request, client: _Client) -> None:
        # A hint that is not understood is passed over (section 2.2.1), where Authlib's own refuses it.
        if "token" not in request.form:
            raise Refused(error="invalid_request", description="token is missing")

    def authenticate_token(self, request: _Request, client: _Client) -> IssuedToken | None:
        self.check_params(request, client)
        token = request.loaded.token
        if token is not None and token.client_id != client.client.client_id:
            raise Refused(error="invalid_grant", description="the token was issued to another client")
        return token

    def revoke_token(self, token: IssuedToken, request: _Request) -> None:
        loaded = request.loaded
        revoked = Revocation("token", token.token_id, loaded.now, token.expires_at)
        loaded.writes = replace(loaded.writes, revoked=revoked)


class OAuthCore(AuthorizationServer):  # type: ignore[misc]
    """Authlib's server over requests that are loaded already: it reads nothing and writes nothing."""

    def __init__(self, rules: Rules) -> None:
        super().__init__()
        self.rules = rules
        self.register_grant(_ClientCredentials)
        self.register_endpoint(_Revocation)

    def create_oauth2_request(self, request: Loaded) -> _Request:
        return _Request(request, self.rules.settings.token_endpoint)

    def get_token_grant(self, request: _Request) -> _ClientCredentials:
        # Authlib's own error quotes the grant_type that was sent.
        if not _ClientCredentials.check_token_endpoint(request):
            raise _unsupported_grant(request.form)
        return _ClientCredentials(request, self)

    def create_token_response(self, request: Loaded) -> Answer:
        try:
            answer: Answer = super().create_token_response(request)
        except OAuth2Error as error:
            answer = self.handle_error_response(None, error)
        return answer

    def authenticate_client(self, request: _Request, methods: tuple[str, ...], endpoint: str = "token") -> _Client:
        return _Client(authenticate(request.loaded, self.rules))

    def save_token(self, token: IssuedToken, request: _Request) -> None:
        request.loaded.writes = replace(request.loaded.writes, issued=token)

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Authlib tells listeners what happened; ours hear of it after the commit."""

    def handle_response(self, status: int, body: dict[str, Any], headers: list[tuple[str, str]]) -> Answer:
        return Answer(status, body, tuple(pair for pair in headers if pair[0] != "Content-Type"))


def _unsupported_grant(form: Mapping[str, str]) -> Refused:
    if "grant_type" not in form:
        return Refused(error="invalid_request", description="grant_type is missing")
    return Refused(error="unsupported_grant_type", description="grant_type may be only client_credentials")
