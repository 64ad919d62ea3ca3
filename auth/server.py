"""This module is in charge of the OAuth server: load what a request needs, let the synchronous core decide, commit, and only then answer."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from auth.assertions import AssertionRules, StandIn
from auth.client_secrets import NOBODY, secret_matches
from auth.clients import PLAN_SCOPE, Client, SecretHash
from auth.credentials import Basic, FormRequest, Nothing, Presented, RequestRefused, presented
from auth.entitlements import CATEGORY_RULES, REPORTING_ROLES, report_scope
from auth.jwks import ALGORITHMS
from auth.keys import SigningKeys
from auth.oauth_core import METHODS, NO_STORE, Answer, InvalidClient, Loaded, OAuthCore, Rules
from auth.ports import AuditSink, AuthEvent, ClientStore, EventKind, Revocation, RevocationKind, TokenStore, Writes
from auth.revocations import Denylist
from auth.scopes import ScopesOfRoles
from auth.secret_checks import WAIT_S, ChecksFull, SecretChecks
from auth.settings import JWKS_PATH, REVOCATION_PATH, TOKEN_PATH, OAuthSettings
from auth.tokens import TokenIssuer, TokenVerifier

# RFC 6749 names no error of the token endpoint for this; 503 and Retry-After (RFC 9110) say what is to be known.
PUT_OFF: Final = Answer(503, {"error": "temporarily_unavailable"}, (*NO_STORE, ("Retry-After", str(WAIT_S))))


@dataclass(frozen=True, slots=True)
class Stores:
    """The ports, and the denylist that verifiers of this process ask."""

    clients: ClientStore
    tokens: TokenStore
    denylist: Denylist
    audit: AuditSink


@dataclass(frozen=True, slots=True, eq=False)
class OAuthServer:
    """The token and revocation endpoints and what is published about them, without HTTP."""

    settings: OAuthSettings
    stores: Stores
    keys: SigningKeys
    issuer: TokenIssuer
    verifier: TokenVerifier
    core: OAuthCore
    checks: SecretChecks = field(default_factory=SecretChecks)

    async def token(self, request: FormRequest, now: datetime, among: frozenset[str] | None = None) -> Answer:
        """Answer a POST to the token endpoint (RFC 6749 section 4.4). With `among` other clients are refused as ones that do not exist, at the same cost."""
        loaded = await self._load(request, now, among)
        if isinstance(loaded, Answer):
            return loaded
        answer = await self._commit(loaded, self.core.create_token_response(loaded))
        self._note(loaded, answer, "token_issued")
        return answer

    async def revoke(self, request: FormRequest, now: datetime) -> Answer:
        """Answer a POST to the revocation endpoint (RFC 7009)."""
        loaded = await self._load(request, now)
        if isinstance(loaded, Answer):
            return loaded
        token_id = self.verifier.token_id(request.form.get("token", ""), now)
        loaded.token = await self.stores.tokens.token(token_id) if token_id is not None else None
        answer = await self._commit(loaded, self.core.create_endpoint_response("revocation", loaded))
        if loaded.writes.revoked is not None or answer.status != 200:
            self._note(loaded, answer, "token_revoked")
        return answer

    async def cut_off(self, kind: RevocationKind, subject: str, now: datetime) -> None:
        """Revoke every token of a client or a party (by its credit code) that was issued up to now."""
        longest = timedelta(seconds=self.settings.token_lifetime_s + self.settings.leeway_s)
        await self._revoke(Revocation(kind, subject, now, now + longest))

    def jwks(self) -> dict[str, Any]:
        """The issuer's public keys (RFC 7517)."""
        return self.keys.jwks()

    def server_metadata(self) -> dict[str, Any]:
        """RFC 8414."""
        issuer = self.settings.issuer
        return {
            "issuer": issuer,
            "token_endpoint": issuer + TOKEN_PATH,
            "token_endpoint_auth_methods_supported": list(METHODS),
            "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
            "revocation_endpoint": issuer + REVOCATION_PATH,
            "revocation_endpoint_auth_methods_supported": list(METHODS),
            "revocation_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
            "jwks_uri": issuer + JWKS_PATH,
            "grant_types_supported": ["client_credentials"],
            "response_types_supported": [],
            "scopes_supported": _all_scopes(),
            "protected_resources": [self.settings.resource],
        }

    def resource_metadata(self) -> dict[str, Any]:
        """RFC 9728."""
        return {
            "resource": self.settings.resource,
            "authorization_servers": [self.settings.issuer],
            "scopes_supported": _all_scopes(),
            "bearer_methods_supported": ["header"],
            "resource_name": "Cellgate",
        }

    async def _load(self, request: FormRequest, now: datetime, among: frozenset[str] | None = None) -> Loaded | Answer:
        try:
            shown = presented(request)
            with self.checks.place() if isinstance(shown, Basic) else contextlib.nullcontext():
                client = None if isinstance(shown, Nothing) else await self.stores.clients.client(shown.client_id)
                if client is not None and not (client.usable(now) and (among is None or client.client_id in among)):
                    client = None
                return Loaded(request, now, shown, client, await self._secret_matches(shown, client))
        except RequestRefused as refused:
            return Answer(400, {"error": "invalid_request", "error_description": refused.description})
        except ChecksFull:
            return PUT_OFF

    async def _secret_matches(self, shown: Presented, client: Client | None) -> bool:
        if not isinstance(shown, Basic):
            return False
        known = client is not None and isinstance(client.credential, SecretHash)
        stored = client.credential.text if client is not None and isinstance(client.credential, SecretHash) else NOBODY
        async with self.checks.comparing():
            return await asyncio.to_thread(secret_matches, shown.secret, stored) and known

    async def _commit(self, loaded: Loaded, answer: Answer) -> Answer:
        """Write what the core queued. The assertion is burnt even if the request is refused: it has been seen by then."""
        if not loaded.writes or await self.stores.tokens.commit(loaded.writes):
            if loaded.writes.revoked is not None:
                self.stores.denylist.add(loaded.writes.revoked)
            return answer
        loaded.authenticated = None
        refused = InvalidClient()
        return Answer(refused.status_code, dict(refused.get_body()), tuple(refused.get_headers()))

    async def _revoke(self, revocation: Revocation) -> None:
        await self.stores.tokens.commit(Writes(revoked=revocation))
        self.stores.denylist.add(revocation)

    def _note(self, loaded: Loaded, answer: Answer, done: EventKind) -> None:
        client, writes = loaded.authenticated, loaded.writes
        issued = writes.issued or loaded.token if answer.status == 200 else None
        self.stores.audit.record(
            AuthEvent(
                kind=done if answer.status == 200 else "token_refused",
                moment=loaded.now,
                client_id=client.client_id if client else None,
                party=client.party if client else None,
                token_id=issued.token_id if issued else None,
                purpose=issued.purpose if issued else None,
                scopes=issued.scopes if issued else (),
                error=answer.body.get("error"),
            )
        )


def make_server(settings: OAuthSettings, stores: Stores, keys: SigningKeys, scopes_of_roles: ScopesOfRoles) -> OAuthServer:
    """The server of one deployment. Its `issuer` also mints tokens for subgraphs; its `verifier` is the gateway's."""
    leeway = timedelta(seconds=settings.leeway_s)
    issuer = TokenIssuer(settings.issuer, keys, timedelta(seconds=settings.token_lifetime_s))
    verifier = TokenVerifier(keys, settings.issuer, settings.resource, stores.denylist, leeway)
    assertions = AssertionRules(settings.issuer, timedelta(seconds=settings.assertion_max_s), leeway, StandIn.make())
    return OAuthServer(settings, stores, keys, issuer, verifier, OAuthCore(Rules(settings, scopes_of_roles, issuer, assertions)))


def _all_scopes() -> list[str]:
    return sorted({rule.scope for rule in CATEGORY_RULES.values()} | {PLAN_SCOPE, *map(report_scope, REPORTING_ROLES)})
