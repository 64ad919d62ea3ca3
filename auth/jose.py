"""This module is in charge of signed JSON: whether a JWT is what it says, under a key that we chose and an algorithm bound to that key.

What the claims mean is judged by the caller. Nothing in a token's header is ever followed: no jku, jwk, x5u or crit.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key
from joserfc.util import urlsafe_b64decode

MAX_HEADER: Final = 512
MAX_TOKEN: Final = 8192


class NotProved(Exception):
    """The token is not a JWT of the wanted form, or its signature is not of that key."""


@dataclass(frozen=True, slots=True, eq=False)
class PublicKey:
    """A key that verifies, and the one algorithm it verifies with (RFC 8725 section 3.1)."""

    kid: str
    alg: str
    key: Key


def read_header(token: str, allowed: frozenset[str]) -> dict[str, str]:
    """The protected header, unproved. NotProved unless it is an object of texts whose names are all among `allowed`."""
    segments = token.split(".", 3) if token.isascii() and len(token) <= MAX_TOKEN else []
    if len(segments) != 3 or not 0 < len(segments[0]) <= MAX_HEADER:
        raise NotProved("not a compact JWS")
    try:
        header = json.loads(urlsafe_b64decode(segments[0].encode("ascii")))
    except (ValueError, RecursionError):
        raise NotProved("the header is not JSON") from None
    if not isinstance(header, dict) or not header.keys() <= allowed:
        raise NotProved("the header has parameters that are not accepted")
    if not all(isinstance(value, str) for value in header.values()):
        raise NotProved("a header parameter is not a text")
    return header


def prove(token: str, key: PublicKey) -> dict[str, Any]:
    """The claims, if the signature is of the key with the key's own algorithm; NotProved otherwise."""
    try:
        return jwt.decode(token, key.key, algorithms=[key.alg]).claims
    except (JoseError, ValueError, TypeError, RecursionError):
        raise NotProved("the signature does not match") from None


def number(claims: dict[str, Any], name: str) -> float | None:
    """A NumericDate (RFC 7519 section 2) in seconds; None where it is not there or no finite number. NaN compares with nothing,
    so a token that expired at NaN would never expire; and in Python true is 1."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    return seconds if math.isfinite(seconds) else None


def texts(claims: dict[str, Any], name: str) -> frozenset[str] | None:
    """A list of texts as a set; None where it is anything else."""
    value = claims.get(name)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return None
    return frozenset(value)
