"""This module is in charge of client secrets: making them, and keeping nothing of them but a scrypt hash (RFC 7914)."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Final

# 16 MiB and about 40 ms: secrets made here carry 256 bits, so the cost only has to slow down secrets that people chose.
COST: Final = 2**14
BLOCK: Final = 8
LANES: Final = 1
MEMORY: Final = 64 * 2**20
SALT_BYTES: Final = 16
HASH_BYTES: Final = 32

# Same cost as any other and no secret: what a client id that does not exist is compared with.
NOBODY: Final = f"scrypt${COST}${BLOCK}${LANES}${'A' * 22}==${'A' * 43}="


def new_secret() -> str:
    """256 random bits, URL-safe, so that no client needs to escape it in a Basic header."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """`scrypt$N$r$p$salt$hash`, the last two in base64."""
    salt = secrets.token_bytes(SALT_BYTES)
    return "$".join(["scrypt", str(COST), str(BLOCK), str(LANES), _text(salt), _text(_scrypt(secret, salt, COST, BLOCK, LANES))])


def secret_matches(secret: str, stored: str) -> bool:
    """Whether the secret is the one behind the hash; takes about 40 ms and holds no lock, so it belongs in a thread."""
    _, cost, block, lanes, salt, expected = stored.split("$")
    found = _scrypt(secret, base64.b64decode(salt), int(cost), int(block), int(lanes))
    return secrets.compare_digest(found, base64.b64decode(expected))


def _scrypt(secret: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    return hashlib.scrypt(secret.encode("utf-8", "surrogatepass"), salt=salt, n=cost, r=block, p=lanes, maxmem=MEMORY, dklen=HASH_BYTES)


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
