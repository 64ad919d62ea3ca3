"""This module is in charge of JWK Sets of others (RFC 7517): which of their keys are taken, and when a remote set is read again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

import aiohttp
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, OKPKey, RSAKey

from auth.jose import PublicKey
from auth.settings import secure_url

MAX_KEYS: Final = 16
MAX_SET: Final = 64 * 1024
MAX_KID: Final = 128
LEAST_RSA_BITS: Final = 2048
# FAPI 2.0 section 5.4. HS* and none are no algorithms for anybody's public key, and RS256 is left behind.
ALGORITHMS: Final = ("ES256", "PS256", "Ed25519")
# Members that only a private or symmetric key has (RFC 7518 section 6).
SECRET_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})

Fetch = Callable[[str], Awaitable[bytes]]


class JwksRefused(Exception):
    """The set holds something that must not be there, or nothing that can be used. The message quotes nothing of it."""

    code = "JWKS_REFUSED"


def read_jwks(document: bytes | str) -> tuple[PublicKey, ...]:
    """The set's keys, each bound to one algorithm. A key without kid is named by its thumbprint (RFC 7638).

    JwksRefused for private or symmetric keys anywhere, weak keys, algorithms that do not fit or are not taken, and a kid
    that two keys share.
    """
    try:
        parsed = json.loads(document) if len(document) <= MAX_SET else None
    except (ValueError, RecursionError):
        parsed = None
    members = parsed.get("keys") if isinstance(parsed, dict) else None
    if not isinstance(members, list) or not 0 < len(members) <= MAX_KEYS:
        raise JwksRefused("a JWK Set is an object with 1 to 16 keys, of at most 64 KiB")
    keys = tuple(_public_key(member) for member in members)
    if len({key.kid for key in keys}) != len(keys):
        raise JwksRefused("two keys share a kid")
    return keys


def _public_key(member: Any) -> PublicKey:
    if not isinstance(member, dict) or not SECRET_MEMBERS.isdisjoint(member):
        raise JwksRefused("a key is symmetric or private; only public keys belong in a JWK Set")
    operations = member.get("key_ops", ["verify"])
    if member.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        raise JwksRefused("a key is not for signatures")
    try:
        key = JWKRegistry.import_key(member)
        alg = _algorithm(key)
        kid = key.kid or key.thumbprint()
    except (JoseError, ValueError, TypeError, KeyError):
        raise JwksRefused("a key cannot be read") from None
    if member.get("alg", alg) != alg:
        raise JwksRefused("a key's alg does not fit its type; taken are ES256, PS256 and Ed25519")
    if not isinstance(kid, str) or not 0 < len(kid) <= MAX_KID:
        raise JwksRefused("a kid has 1 to 128 characters")
    return PublicKey(kid, alg, key)


def _algorithm(key: Key) -> str:
    match key:
        case ECKey() if key.curve_name == "P-256":
            return "ES256"
        case OKPKey() if key.curve_name == "Ed25519":
            return "Ed25519"
        case RSAKey() if key.public_key.key_size >= LEAST_RSA_BITS:
            return "PS256"
        case _:
            raise JwksRefused("taken are P-256, Ed25519, and RSA of 2048 bits or more")


class RemoteKeys:
    """The keys at one URL: for a subgraph that runs alone and trusts one gateway.

    A key that is not known is asked for at most once a minute, however many tokens name it; the last good set is kept
    through failures, but for no longer than `keep`, so that a withdrawn key dies even if the URL is cut off.
    """

    def __init__(self, url: str, fetch: Fetch, *, pause: timedelta = timedelta(minutes=1), keep: timedelta = timedelta(hours=1)) -> None:
        if not secure_url(url):
            raise JwksRefused("the JWKS URL has to be https://, or http:// on the loopback address")
        self._url = url
        self._fetch = fetch
        self._pause = pause
        self._keep = keep
        self._keys: dict[str, PublicKey] = {}
        self._read: datetime | None = None
        self._tried: datetime | None = None
        self._reading = asyncio.Lock()

    def find(self, kid: str, now: datetime) -> PublicKey | None:
        """The key of that name, unless the set is too old."""
        if self._read is None or now - self._read > self._keep:
            return None
        return self._keys.get(kid)

    async def refresh(self, now: datetime) -> bool:
        """Read the set again unless that was tried within the pause; True if it was read."""
        async with self._reading:
            if self._tried is not None and now - self._tried < self._pause:
                return False
            self._tried = now
            try:
                keys = read_jwks(await self._fetch(self._url))
            except (JwksRefused, OSError, TimeoutError, aiohttp.ClientError):
                return False
            self._keys = {key.kid: key for key in keys}
            self._read = now
            return True


async def fetch_jwks(session: aiohttp.ClientSession, url: str) -> bytes:
    """The bytes at the URL; no redirects, 5 seconds, and one byte above the limit at most, which `read_jwks` then refuses."""
    timeout = aiohttp.ClientTimeout(total=5)
    async with session.get(url, allow_redirects=False, timeout=timeout, headers={"Accept": "application/json"}) as response:
        if response.status != 200:
            raise JwksRefused("the JWKS URL did not answer 200")
        body = bytearray()
        async for chunk in response.content.iter_chunked(8192):
            body += chunk
            if len(body) > MAX_SET:
                break
        return bytes(body)
