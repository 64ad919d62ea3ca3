"""This module is in charge of the identifiers that clients see in place of inner ones: vehicle ids, event ids, cursors.

What a subgraph of ours says of an error to its gateway is sealed by the same key: nobody else's words can be taken for it.

All are deterministic encryption (AES-SIV, RFC 5297) under one key, with the party and the use as associated data: the
same thing looks the same to the same party each time, different to another party, and nobody can count or guess.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

_LONGEST: Final = 512


class NotOurs(ValueError):
    """A text that is no identifier of this kind for this party. It says nothing about why."""


def _spelled(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


class Opaque:
    """Makes and reads opaque identifiers with one 64-byte key."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = AESSIV(key)

    def seal(self, use: str, party: str, inner: bytes) -> str:
        """The identifier: base64url without padding."""
        sealed = self._cipher.encrypt(inner, [use.encode(), party.encode()])
        return _spelled(sealed)

    def unseal(self, use: str, party: str, text: str) -> bytes:
        """What was sealed for that use and party; NotOurs for any other text."""
        if not text or len(text) > _LONGEST or not text.isascii():
            raise NotOurs
        try:
            sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            # One identifier has one spelling: no padding, nothing in the bits that are left over.
            if _spelled(sealed) != text:
                raise NotOurs
            return self._cipher.decrypt(sealed, [use.encode(), party.encode()])
        except (binascii.Error, InvalidTag, ValueError) as wrong:
            raise NotOurs from wrong

    def vehicle_id(self, party: str, vin: str) -> str:
        """`Vehicle.id`: the VIN under the party's view."""
        return self.seal("vehicle", party, vin.encode())

    def vin_of(self, party: str, vehicle_id: str) -> str:
        """The VIN behind a vehicle id; NotOurs when it is not one of this party's."""
        return self.unseal("vehicle", party, vehicle_id).decode()

    def fact_id(self, party: str, table: str, code: str, seq: int) -> str:
        """The id of an event or another fact; as long, whatever its number is."""
        return self.seal("fact", party, f"{table}:{code}:{seq:010}".encode())

    def fact_of(self, party: str, fact_id: str) -> tuple[str, str, int]:
        """Table, code and number behind the id of a fact; NotOurs when it is not one of this party's."""
        table, _, told = self.unseal("fact", party, fact_id).decode().partition(":")
        code, _, number = told.rpartition(":")
        return table, code, int(number)

    def cursor(self, party: str, query: str, position: tuple[object, ...]) -> str:
        """A cursor: the position in one ordered, filtered list (`query` is its fingerprint)."""
        return self.seal("cursor:" + query, party, msgspec.msgpack.encode(position))

    def position(self, party: str, query: str, cursor: str) -> tuple[object, ...]:
        """The position behind a cursor of the same party and query; NotOurs otherwise."""
        found = msgspec.msgpack.decode(self.unseal("cursor:" + query, party, cursor))
        if not isinstance(found, list):
            raise NotOurs
        return tuple(found)

    def words(self, party: str, subgraph: str, code: str, message: str) -> str:
        """What one of our subgraphs says to the gateway of an error of this code, for the party that asked."""
        return self.seal(f"words:{subgraph}:{code}", party, message.encode())

    def said(self, party: str, subgraph: str, code: str, sealed: str) -> str:
        """The message behind such words; NotOurs where no subgraph of ours, of that name, said so of that code to that party."""
        return self.unseal(f"words:{subgraph}:{code}", party, sealed).decode()
