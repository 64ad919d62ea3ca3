"""This module is in charge of this deployment's own keys: made at the first start, kept in files that only their owner reads.

    DIR/signing-<seconds>.pem   ES256 key that signs from that moment (Unix time) until the next one's; 0 is the first
    DIR/pseudonym.key           64 random bytes: AES-SIV of identifiers that differ per party
    DIR/cursor.key              32 random bytes: MACs of cursors and event ids

A file is written whole under another name and then linked to its own, which fails if somebody was faster: any number of
processes may start at once, and all read the same keys.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Protocol

from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from auth.jose import PublicKey

PSEUDONYM_BYTES: Final = 64
CURSOR_BYTES: Final = 32
SIGNING_NAME: Final = re.compile(r"signing-(\d{1,12})\.pem")
# Longer than any token lives, so that every token outlives its key's last signature.
KEPT_AFTER: Final = timedelta(days=1, hours=1)
# Long enough for every process to have read the new key before the first token bears it.
LEAD: Final = timedelta(hours=1)


class KeysUnusable(Exception):
    """A key file that cannot or must not be used; for the operator. `code` is stable, the message names the file, never its content."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code + ": " + message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True, eq=False)
class SigningKey:
    """An ES256 key pair; `active_from` in seconds of Unix time; `kid` is its thumbprint (RFC 7638)."""

    kid: str
    active_from: int
    private: ECKey = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Keys:
    """All keys of a deployment. `signing` by age, the oldest first; `public` by kid, those to come included."""

    signing: tuple[SigningKey, ...]
    pseudonym: bytes = field(repr=False)
    cursor: bytes = field(repr=False)
    public: Mapping[str, PublicKey]

    def signer(self, now: datetime) -> SigningKey:
        """The key that signs at that moment: the newest that is active, or the first one if the clock is before them all."""
        active = [key for key in self.signing if key.active_from <= now.timestamp()]
        return active[-1] if active else self.signing[0]

    def find(self, kid: str, now: datetime) -> PublicKey | None:
        """The public key of that name. The moment does not matter here."""
        return self.public.get(kid)

    def jwks(self) -> dict[str, Any]:
        """The public keys as a JWK Set (RFC 7517)."""
        parameters = {"use": "sig", "alg": "ES256"}
        return {"keys": [{**key.private.as_dict(private=False), **parameters, "kid": key.kid} for key in self.signing]}


class KeySource(Protocol):
    """Where a verifier finds the key that a token names."""

    def find(self, kid: str, now: datetime) -> PublicKey | None: ...


class SigningKeys(KeySource, Protocol):
    """Where an issuer finds the key to sign with."""

    def signer(self, now: datetime) -> SigningKey: ...

    def jwks(self) -> dict[str, Any]: ...


class KeyRing:
    """The keys of a directory that another process may rotate: read again when a token names an unknown one, at most once a
    minute, so that made-up names cost nothing."""

    def __init__(self, directory: Path, keys: Keys) -> None:
        self._directory = directory
        self._keys = keys
        self._reread: datetime | None = None

    @property
    def keys(self) -> Keys:
        return self._keys

    def reload(self) -> None:
        """Read the directory now."""
        self._keys = load(self._directory)

    def signer(self, now: datetime) -> SigningKey:
        return self._keys.signer(now)

    def jwks(self) -> dict[str, Any]:
        return self._keys.jwks()

    def find(self, kid: str, now: datetime) -> PublicKey | None:
        found = self._keys.find(kid, now)
        if found is None and (self._reread is None or now - self._reread >= timedelta(minutes=1)):
            self._reread = now
            self.reload()
            found = self._keys.find(kid, now)
        return found


def load_or_make(directory: Path) -> Keys:
    """The keys of the directory, made at its first start. Raises KeysUnusable: KEYS_OPEN, KEYS_BROKEN.

    The signing key comes last: where there is one, the others were there, and one that is missing was lost. Another in its place would
    give every vehicle another id. A new signing key does no more than end the tokens that there are.
    """
    private_directory(directory)
    if not any(_signing_files(directory)):
        write_once(directory / "pseudonym.key", secrets.token_bytes(PSEUDONYM_BYTES))
        write_once(directory / "cursor.key", secrets.token_bytes(CURSOR_BYTES))
        write_once(directory / "signing-0.pem", _new_pem())
    return load(directory)


def load(directory: Path) -> Keys:
    """The keys of the directory, which are all there. Raises KeysUnusable: KEYS_OPEN, KEYS_BROKEN."""
    private_directory(directory)
    signing = tuple(_signing_key(at, path) for at, path in sorted(_signing_files(directory)))
    if not signing:
        raise KeysUnusable("KEYS_BROKEN", str(directory) + " holds no signing key")
    return Keys(
        signing,
        _exactly(directory / "pseudonym.key", PSEUDONYM_BYTES),
        _exactly(directory / "cursor.key", CURSOR_BYTES),
        MappingProxyType({key.kid: PublicKey(key.kid, "ES256", _public_half(key.private)) for key in signing}),
    )


def rotate(directory: Path, now: datetime, lead: timedelta = LEAD) -> str:
    """Make the key that signs from `now + lead` on and return its kid; keys that signed their last long ago are removed.

    Until then the new key is only published. A key to come that is there already stays the next one.
    """
    keys = load_or_make(directory)
    coming = next((key for key in keys.signing if key.active_from > now.timestamp()), None)
    if coming is not None:
        return coming.kid
    path = directory / f"signing-{int((now + lead).timestamp())}.pem"
    write_once(path, _new_pem())
    for older, newer in zip(keys.signing, keys.signing[1:], strict=False):
        if newer.active_from + KEPT_AFTER.total_seconds() < now.timestamp():
            (directory / f"signing-{older.active_from}.pem").unlink(missing_ok=True)
    return load(directory).signing[-1].kid


def private_directory(directory: Path) -> None:
    """Make the directory with mode 0700; KEYS_OPEN if it is there and anybody else may look in."""
    with contextlib.suppress(FileExistsError):
        directory.mkdir(mode=0o700, parents=True)
    if directory.stat().st_mode & 0o077:
        raise KeysUnusable("KEYS_OPEN", str(directory) + " is open to others; it has to have mode 0700")


def write_once(path: Path, content: bytes) -> bool:
    """Put the content there with mode 0600 unless the file exists; True if this call did it. Nobody sees half a file."""
    if path.exists():
        return False
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def read_private(path: Path) -> bytes:
    """The file's bytes; KEYS_OPEN if anybody but its owner may read it, KEYS_BROKEN if it cannot be read."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise KeysUnusable("KEYS_OPEN", str(path) + " is open to others; it has to have mode 0600")
            return file.read()
    except OSError as failed:
        raise KeysUnusable("KEYS_BROKEN", str(path) + " cannot be read: " + str(failed.strerror)) from failed


def _signing_files(directory: Path) -> Iterator[tuple[int, Path]]:
    for path in directory.iterdir():
        if named := SIGNING_NAME.fullmatch(path.name):
            yield int(named[1]), path


def _new_pem() -> bytes:
    return ECKey.generate_key("P-256").as_pem(private=True)


def _signing_key(active_from: int, path: Path) -> SigningKey:
    try:
        key = ECKey.import_key(read_private(path))
    except (JoseError, ValueError) as broken:
        raise KeysUnusable("KEYS_BROKEN", str(path) + " is not an EC private key in PEM") from broken
    if not key.is_private or key.curve_name != "P-256":
        raise KeysUnusable("KEYS_BROKEN", str(path) + " is not a P-256 private key")
    return SigningKey(key.thumbprint(), active_from, key)


def _public_half(key: ECKey) -> ECKey:
    return ECKey.import_key(key.as_dict(private=False))


def _exactly(path: Path, size: int) -> bytes:
    content = read_private(path)
    if len(content) != size:
        raise KeysUnusable("KEYS_BROKEN", str(path) + " does not hold " + str(size) + " bytes")
    return content
