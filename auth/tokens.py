"""This module is in charge of access tokens (RFC 9068): signing them, and turning them back into a principal.

One verifier class serves the gateway and a subgraph that runs alone; they differ in the audience they answer to, and a token
for one is refused by the other.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from joserfc import jwt

from auth.clients import VIEW_MODES, Client
from auth.jose import NotProved, number, prove, read_header, texts
from auth.jwks import RemoteKeys
from auth.keys import KeySource, SigningKeys
from auth.ports import IssuedToken
from auth.principal import Principal
from auth.revocations import Revocations

TYPE: Final = "at+jwt"
TYPES: Final = frozenset({TYPE, "application/" + TYPE})
HEADER: Final = frozenset({"typ", "alg", "kid"})
CACHE_SIZE: Final = 4096
SUBGRAPH_LIFETIME: Final = timedelta(seconds=60)
# A minted token is used again while it has at least this long to go.
SUBGRAPH_LEFT: Final = timedelta(seconds=30)


class TokenError(Exception):
    """A token that is not taken. `code` tells ours why; `description` is safe to send, and the same for everything that an
    attacker could probe: only a token whose signature is ours learns more."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(code)
        self.code = code
        self.description = description


NOT_OURS: Final = "The access token is malformed, or not made for this service."
EXPIRED: Final = "The access token has expired."
REVOKED: Final = "The access token was revoked."


@dataclass(frozen=True, slots=True)
class Granted:
    """What a token says: the outcome of a token request."""

    client: Client
    audience: str
    roles: frozenset[str]
    scopes: frozenset[str]
    purpose: str
    not_after: datetime | None = None


class TokenIssuer:
    """Signs tokens in the name of one issuer."""

    def __init__(self, issuer: str, keys: SigningKeys, lifetime: timedelta) -> None:
        self._issuer = issuer
        self._keys = keys
        self._lifetime = lifetime
        self._minted: dict[tuple[Principal, str], tuple[str, datetime]] = {}

    def access_token(self, granted: Granted, now: datetime) -> tuple[str, IssuedToken]:
        """A token for a client, and its trace. It ends with its lifetime or the client's authority, whichever is first."""
        client = granted.client
        ends = min(now + self._lifetime, granted.not_after or datetime.max.replace(tzinfo=UTC))
        issued, expires = int(now.timestamp()), int(ends.timestamp())
        token_id = secrets.token_urlsafe(16)
        scopes = tuple(sorted(granted.scopes))
        claims = {
            **self._times(issued, expires),
            **_subject(client.client_id, client.party, granted.roles, client.jurisdiction, scopes, granted.purpose, client.view_mode),
            "aud": granted.audience,
            "jti": token_id,
        }
        trace = IssuedToken(token_id, client.client_id, client.party, granted.audience, scopes, granted.purpose, _moment(issued), _moment(expires))
        return self._signed(claims, now), trace

    def mint_subgraph_token(self, principal: Principal, audience: str, now: datetime) -> str:
        """A token of at most 60 seconds for one subgraph that runs alone, in the caller's name with the gateway as actor (RFC 8693
        section 4.1). The caller's own token never leaves the gateway. Minted ones are used again while they have 30 seconds left."""
        kept = self._minted.get((principal, audience))
        if kept is not None and now + SUBGRAPH_LEFT <= kept[1]:
            return kept[0]
        ends = min(now + SUBGRAPH_LIFETIME, principal.expires_at)
        claims = {
            **self._times(int(now.timestamp()), int(ends.timestamp())),
            **_subject(
                principal.client_id,
                principal.party,
                principal.roles,
                principal.jurisdiction,
                tuple(sorted(principal.scopes)),
                principal.purpose,
                principal.view_mode,
            ),
            "aud": audience,
            # The caller's token id first, so that the subgraph's log leads back to it.
            "jti": principal.token_id + "." + secrets.token_urlsafe(8),
            "act": {"sub": self._issuer},
        }
        token = self._signed(claims, now)
        _keep(self._minted, (principal, audience), (token, ends))
        return token

    def _times(self, issued: int, expires: int) -> dict[str, Any]:
        return {"iss": self._issuer, "iat": issued, "exp": expires}

    def _signed(self, claims: dict[str, Any], now: datetime) -> str:
        key = self._keys.signer(now)
        return jwt.encode({"alg": "ES256", "typ": TYPE, "kid": key.kid}, claims, key.private, algorithms=["ES256"])


class _Proved(NamedTuple):
    """A token that passed once: what does not change about it."""

    principal: Principal
    issued_at: float
    until: datetime
    kid: str


class TokenVerifier:
    """Turns tokens of one issuer for one audience into principals. `leeway` is for clocks that differ."""

    def __init__(
        self,
        keys: KeySource,
        issuer: str,
        audience: str,
        revocations: Revocations,
        leeway: timedelta = timedelta(seconds=30),
        cache_size: int = CACHE_SIZE,
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._revocations = revocations
        self._leeway = leeway
        self._cache_size = cache_size
        # Only tokens that were proved get in, so nobody can push others out with forged ones.
        self._cache: dict[bytes, _Proved] = {}

    def verify(self, token: str, now: datetime) -> Principal:
        """The principal of a token that is good at that moment. Raises TokenError: TOKEN_MALFORMED, TOKEN_KEY_UNKNOWN,
        TOKEN_SIGNATURE, TOKEN_FOREIGN, TOKEN_BOUND, TOKEN_EXPIRED, TOKEN_REVOKED.

        Expiry, revocation and the key's withdrawal are looked at every time; the signature once.
        """
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        proved = self._cache.get(digest)
        if proved is None:
            proved = self._prove(token, now)
            if len(self._cache) >= self._cache_size:
                del self._cache[next(iter(self._cache))]
            self._cache[digest] = proved
        elif self._keys.find(proved.kid, now) is None:
            raise TokenError("TOKEN_KEY_UNKNOWN", NOT_OURS)
        if now >= proved.until:
            self._cache.pop(digest, None)
            raise TokenError("TOKEN_EXPIRED", EXPIRED)
        principal = proved.principal
        if self._revocations.revoked(principal.token_id, principal.client_id, principal.party, proved.issued_at):
            raise TokenError("TOKEN_REVOKED", REVOKED)
        return principal

    def token_id(self, token: str, now: datetime) -> str | None:
        """The jti of a token that this issuer signed, expired or not; None for anything else."""
        try:
            claims, _ = self._open(token, now)
        except TokenError:
            return None
        return claims["jti"] if isinstance(claims.get("jti"), str) else None

    def _open(self, token: str, now: datetime) -> tuple[dict[str, Any], str]:
        try:
            header = read_header(token, HEADER)
        except NotProved:
            raise TokenError("TOKEN_MALFORMED", NOT_OURS) from None
        # RFC 9068 section 4: without this an ID token or a client's assertion would do.
        if header.get("typ", "").lower() not in TYPES or not header.get("kid"):
            raise TokenError("TOKEN_MALFORMED", NOT_OURS)
        key = self._keys.find(header["kid"], now)
        if key is None:
            raise TokenError("TOKEN_KEY_UNKNOWN", NOT_OURS)
        if header.get("alg") != key.alg:
            raise TokenError("TOKEN_SIGNATURE", NOT_OURS)
        try:
            return prove(token, key), key.kid
        except NotProved:
            raise TokenError("TOKEN_SIGNATURE", NOT_OURS) from None

    def _prove(self, token: str, now: datetime) -> _Proved:
        claims, kid = self._open(token, now)
        if claims.get("iss") != self._issuer or claims.get("aud") != self._audience:
            raise TokenError("TOKEN_FOREIGN", NOT_OURS)
        # A bound token (RFC 9449, RFC 8705) shown without its proof is a stolen one.
        if "cnf" in claims:
            raise TokenError("TOKEN_BOUND", NOT_OURS)
        issued, expires = number(claims, "iat"), number(claims, "exp")
        latest = now.timestamp() + self._leeway.total_seconds()
        if issued is None or expires is None or not 0 <= issued <= latest or not issued < expires < MAX_TIME:
            raise TokenError("TOKEN_MALFORMED", NOT_OURS)
        not_before = number(claims, "nbf") if "nbf" in claims else issued
        if not_before is None or not_before > latest:
            raise TokenError("TOKEN_MALFORMED", NOT_OURS)
        principal = _principal(claims, _moment(expires))
        return _Proved(principal, issued, principal.expires_at + self._leeway, kid)


# 9999-01-01; a later one is no time a token was made for.
MAX_TIME: Final = 253_370_764_800


async def verify_with_refresh(verifier: TokenVerifier, keys: RemoteKeys, token: str, now: datetime) -> Principal:
    """`verifier.verify`, whose keys are `keys`; when the token names a key that is not known, the set is read again first."""
    try:
        return verifier.verify(token, now)
    except TokenError as refused:
        if refused.code != "TOKEN_KEY_UNKNOWN":
            raise
    # Whether or not it was this call that read the set: requests that come at once wait for the first of them.
    await keys.refresh(now)
    return verifier.verify(token, now)


def _subject(
    client_id: str,
    party: str,
    roles: frozenset[str],
    jurisdiction: frozenset[str],
    scopes: tuple[str, ...],
    purpose: str,
    view_mode: str,
) -> dict[str, Any]:
    return {
        "sub": client_id,
        "client_id": client_id,
        "scope": " ".join(scopes),
        "party": party,
        "roles": sorted(roles),
        "jurisdiction": sorted(jurisdiction),
        "purpose": purpose,
        "view_mode": view_mode,
    }


def _principal(claims: dict[str, Any], expires_at: datetime) -> Principal:
    names = ("sub", "client_id", "jti", "scope", "party", "purpose", "view_mode")
    values = {name: claims.get(name) for name in names}
    roles, jurisdiction = texts(claims, "roles"), texts(claims, "jurisdiction")
    if not all(isinstance(value, str) and (value or name == "scope") for name, value in values.items()):
        raise TokenError("TOKEN_MALFORMED", NOT_OURS)
    if roles is None or jurisdiction is None or values["sub"] != values["client_id"] or values["view_mode"] not in VIEW_MODES:
        raise TokenError("TOKEN_MALFORMED", NOT_OURS)
    return Principal(
        party=str(values["party"]),
        roles=roles,
        scopes=frozenset(each for each in str(values["scope"]).split(" ") if each),
        jurisdiction=jurisdiction,
        purpose=str(values["purpose"]),
        client_id=str(values["client_id"]),
        token_id=str(values["jti"]),
        expires_at=expires_at,
        view_mode=str(values["view_mode"]),
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _keep(kept: dict[tuple[Principal, str], tuple[str, datetime]], key: tuple[Principal, str], value: tuple[str, datetime]) -> None:
    if len(kept) >= CACHE_SIZE:
        del kept[next(iter(kept))]
    kept[key] = value
