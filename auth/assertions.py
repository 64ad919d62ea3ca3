"""This module is in charge of client assertions (RFC 7523): whether a JWT proves that its sender is the client it names."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from joserfc.jwk import ECKey

from auth.jose import NotProved, PublicKey, number, prove, read_header
from auth.jwks import JwksRefused, read_jwks
from auth.ports import BurntAssertion

# Certificate thumbprints are passed over; jku, jwk, x5u, x5c, crit and whatever else are refused.
HEADER: Final = frozenset({"alg", "typ", "kid", "cty", "x5t", "x5t#S256"})
TYPES: Final = frozenset({"jwt", "client-authentication+jwt"})
# It is written to the database: no NUL, no lone surrogate, no end of line.
ASSERTION_ID: Final = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True, eq=False)
class StandIn:
    """A key that nobody can sign with. What cannot be proved is checked with it, so that a client id that does not exist takes
    as long as a wrong signature of one that does."""

    jwks: str
    key: PublicKey

    @classmethod
    def make(cls) -> Self:
        jwks = json.dumps({"keys": [ECKey.generate_key("P-256").as_dict(private=False)]})
        return cls(jwks, read_jwks(jwks)[0])


@dataclass(frozen=True, slots=True, eq=False)
class AssertionRules:
    """`issuer` is the one audience an assertion may have: a list, or the token endpoint's URL, would let a malicious server
    make clients sign assertions for another one (draft-ietf-oauth-rfc7523bis). Times bound how long a jti has to be kept."""

    issuer: str
    longest: timedelta
    leeway: timedelta
    stand_in: StandIn


def check_assertion(text: str, client_id: str, jwks: str | None, rules: AssertionRules, now: datetime) -> BurntAssertion:
    """What has to be burnt before the assertion counts. `jwks` None: there is no such client, or it has no keys.

    Raises NotProved; the reason is for no client's eyes.
    """
    header = read_header(text, HEADER)
    if header.get("typ", "JWT").lower() not in TYPES:
        raise NotProved("typ")
    claims = prove(text, _key(header, jwks, rules.stand_in))
    if claims.get("iss") != client_id or claims.get("sub") != client_id or claims.get("aud") != rules.issuer:
        raise NotProved("iss, sub or aud")
    assertion_id = claims.get("jti")
    if not isinstance(assertion_id, str) or not ASSERTION_ID.fullmatch(assertion_id):
        raise NotProved("jti")
    return BurntAssertion(client_id, assertion_id, _expiry(claims, rules, now))


def _key(header: dict[str, str], jwks: str | None, stand_in: StandIn) -> PublicKey:
    try:
        keys = read_jwks(stand_in.jwks if jwks is None else jwks)
    except JwksRefused:
        raise NotProved("the registered keys") from None
    fitting = [key for key in keys if key.alg == header.get("alg") and header.get("kid", key.kid) == key.kid]
    # Without a kid there must be no choice of key, or an attacker had several tries with one assertion.
    return fitting[0] if jwks is not None and len(fitting) == 1 else stand_in.key


def _expiry(claims: dict[str, Any], rules: AssertionRules, now: datetime) -> datetime:
    leeway, at = rules.leeway.total_seconds(), now.timestamp()
    expires = number(claims, "exp")
    if expires is None or not at < expires + leeway or not expires <= at + rules.longest.total_seconds() + leeway:
        raise NotProved("exp")
    for name in ("iat", "nbf"):
        value = number(claims, name)
        if name in claims and (value is None or value > at + leeway):
            raise NotProved(name)
    return datetime.fromtimestamp(expires + leeway, UTC)
