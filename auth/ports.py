"""This module is in charge of the ports: what authentication needs from a database and from a log, and says nothing more of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from auth.clients import Client, RoleGrant


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """The trace of one access token, without the token. `token_id` is its jti; `scopes` are sorted."""

    token_id: str
    client_id: str
    party: str
    audience: str
    scopes: tuple[str, ...]
    purpose: str
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class BurntAssertion:
    """A client's assertion that was used; kept until `expires_at`, when it would be refused for its age."""

    client_id: str
    assertion_id: str
    expires_at: datetime


RevocationKind = Literal["token", "client", "party"]


@dataclass(frozen=True, slots=True)
class Revocation:
    """One token by its jti, or every token of a client or party that was issued up to `revoked_at`. Of no more use after `expires_at`."""

    kind: RevocationKind
    subject: str
    revoked_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Writes:
    """What one request to the OAuth server leaves behind, in one transaction."""

    burnt: BurntAssertion | None = None
    issued: IssuedToken | None = None
    revoked: Revocation | None = None

    def __bool__(self) -> bool:
        return (self.burnt or self.issued or self.revoked) is not None


class ClientStore(Protocol):
    """Where clients are."""

    async def client(self, client_id: str) -> Client | None:
        """The client with the roles of its party, whether usable now or not."""
        ...


class ClientRegistry(Protocol):
    """Where clients are put."""

    async def register(self, client: Client) -> None:
        """Insert or replace the client."""
        ...

    async def grant_roles(self, party: str, grants: Iterable[RoleGrant]) -> None:
        """Set the roles that the party holds; other roles of it end."""
        ...


class TokenStore(Protocol):
    """Where tokens, used assertions and revocations are."""

    async def token(self, token_id: str) -> IssuedToken | None: ...

    async def commit(self, writes: Writes) -> bool:
        """All or nothing; False, and nothing, when the assertion was used before."""
        ...

    async def revocations(self, moment: datetime) -> list[Revocation]:
        """Those that still matter at that moment."""
        ...

    async def purge(self, moment: datetime) -> None:
        """Forget what no longer matters at that moment."""
        ...


EventKind = Literal["token_issued", "token_refused", "token_revoked"]


@dataclass(frozen=True, slots=True)
class AuthEvent:
    """Something worth noticing at the OAuth server. Ids are those of a client that proved itself, or None; `error` is the
    code that was sent. Never a secret, an assertion, a token or anything that was sent to us unproved."""

    kind: EventKind
    moment: datetime
    client_id: str | None = None
    party: str | None = None
    token_id: str | None = None
    purpose: str | None = None
    scopes: tuple[str, ...] = ()
    error: str | None = None


class AuditSink(Protocol):
    """Where events go: a log, a counter, or both. It must not block."""

    def record(self, event: AuthEvent) -> None: ...
