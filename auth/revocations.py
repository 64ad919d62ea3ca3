"""This module is in charge of the denylist: what was revoked, in memory, for a check that costs less than a microsecond."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol, assert_never

from auth.ports import Revocation


class Revocations(Protocol):
    """What a verifier asks on every request."""

    def revoked(self, token_id: str, client_id: str, party: str, issued_at: float) -> bool:
        """Whether that token must not be taken any more; `issued_at` in seconds of Unix time."""
        ...


class NothingRevoked:
    """For tokens that live shorter than a revocation takes to spread: a subgraph's, of a minute."""

    def revoked(self, token_id: str, client_id: str, party: str, issued_at: float) -> bool:
        return False


class Denylist:
    """The revocations that still matter. What was revoked here stays so until it expires: reading the store merges and never
    takes back, so a snapshot older than a revocation of our own cannot undo it."""

    __slots__ = ("_clients", "_parties", "_tokens", "synced_at")

    def __init__(self) -> None:
        self._tokens: dict[str, Revocation] = {}
        self._clients: dict[str, Revocation] = {}
        self._parties: dict[str, Revocation] = {}
        self.synced_at: datetime | None = None

    def add(self, revocation: Revocation) -> None:
        match revocation.kind:
            case "token":
                kept = self._tokens
            case "client":
                kept = self._clients
            case "party":
                kept = self._parties
            case _:
                assert_never(revocation.kind)
        before = kept.get(revocation.subject)
        if before is None or before.revoked_at < revocation.revoked_at:
            kept[revocation.subject] = revocation

    def synchronise(self, revocations: Iterable[Revocation], moment: datetime) -> None:
        """Take in what the store knows, and forget what expired."""
        for each in revocations:
            self.add(each)
        for kept in (self._tokens, self._clients, self._parties):
            for subject in [subject for subject, each in kept.items() if each.expires_at <= moment]:
                del kept[subject]
        self.synced_at = moment

    def revoked(self, token_id: str, client_id: str, party: str, issued_at: float) -> bool:
        return (
            token_id in self._tokens
            or (bool(self._clients) and _before(self._clients.get(client_id), issued_at))
            or (bool(self._parties) and _before(self._parties.get(party), issued_at))
        )

    def __len__(self) -> int:
        return len(self._tokens) + len(self._clients) + len(self._parties)


def _before(revocation: Revocation | None, issued_at: float) -> bool:
    # `iat` has whole seconds: a token of the same second may be older, so it goes too.
    return revocation is not None and issued_at <= revocation.revoked_at.timestamp()
