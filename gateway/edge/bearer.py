"""This module is in charge of bearer tokens at the front door (RFC 6750): headers in, a principal or a ready refusal out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl

from auth.principal import Principal
from auth.tokens import TokenError, TokenVerifier
from gateway.edge.bearer_refusal import BearerRefusal

B64TOKEN: Final = re.compile(r"[A-Za-z0-9\-._~+/]+=*")


class BearerDoor:
    """Finds the one token of a request and has it verified."""

    def __init__(self, verifier: TokenVerifier, resource_metadata: str, realm: str = "cellgate") -> None:
        self._verifier = verifier
        self._bare = f'Bearer realm="{realm}", resource_metadata="{resource_metadata}"'

    def authenticate(self, headers: Iterable[tuple[bytes, bytes]], query: bytes, now: datetime) -> Principal | BearerRefusal:
        """Who asks. `headers` as in the ASGI scope: lower-case names, every line that came.

        401 UNAUTHENTICATED without an error code when no bearer token was sent (RFC 6750 section 3.1: who does not know of tokens
        is told where to get one), 401 INVALID_TOKEN for one that is not taken, 400 INVALID_REQUEST for two or for one in the URL.
        """
        found = [value for name, value in headers if name == b"authorization"]
        if len(found) > 1:
            return self._malformed("More than one Authorization header was sent.")
        if query and any(name == "access_token" for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True)):
            return self._malformed("An access token belongs in the Authorization header, not in the URL.")
        if found and not found[0].strip():
            return self._malformed("The Authorization header is empty.")
        scheme, _, credentials = found[0].decode("latin-1").partition(" ") if found else ("", "", "")
        if scheme.lower() != "bearer":
            return BearerRefusal(401, "UNAUTHENTICATED", "An access token is needed.", self._bare)
        token = credentials.strip(" ")
        if not token:
            return self._malformed("The Authorization header holds no token.")
        if not B64TOKEN.fullmatch(token):
            return self._invalid("The access token is malformed, or not made for this service.")
        try:
            return self._verifier.verify(token, now)
        except TokenError as refused:
            return self._invalid(refused.description)

    def insufficient(self, scopes: Iterable[str]) -> BearerRefusal:
        """403 for a request that needs these scopes of ours, all of them, and a token that lacks one."""
        needed = " ".join(sorted(scopes))
        challenge = f'{self._bare}, error="insufficient_scope", scope="{needed}"'
        return BearerRefusal(403, "INSUFFICIENT_SCOPE", "The access token lacks a scope: " + needed, challenge)

    def require(self, principal: Principal, scopes: frozenset[str]) -> BearerRefusal | None:
        """None if the token has them all, compared exactly; the refusal otherwise."""
        return None if scopes <= principal.scopes else self.insufficient(scopes)

    def _invalid(self, description: str) -> BearerRefusal:
        challenge = f'{self._bare}, error="invalid_token", error_description="{description}"'
        return BearerRefusal(401, "INVALID_TOKEN", description, challenge)

    def _malformed(self, description: str) -> BearerRefusal:
        challenge = f'{self._bare}, error="invalid_request", error_description="{description}"'
        return BearerRefusal(400, "INVALID_REQUEST", description, challenge)
