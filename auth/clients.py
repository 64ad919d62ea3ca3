"""This module is in charge of the registered client: whose it is, how it proves itself, and what it may ask for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from auth.entitlements import PURPOSES

ViewMode = Literal["redact", "reject", "hide"]
VIEW_MODES: Final = ("redact", "reject", "hide")

# What may travel in a Basic user, a JSON claim, a log line and an SQL text alike.
CLIENT_ID: Final = re.compile(r"[A-Za-z0-9._~-]{1,64}")

# Not a category's scope: whoever holds it may be shown the plan of its own operation.
PLAN_SCOPE: Final = "gateway:plan"


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """A role that the registry gives an enterprise, from `valid_from` until before `valid_to` (None: no end)."""

    role: str
    valid_from: datetime
    valid_to: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        return self.valid_from <= moment and (self.valid_to is None or moment < self.valid_to)


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """private_key_jwt (RFC 7523): the client's public keys, as a JWK Set's text."""

    jwks: str


@dataclass(frozen=True, slots=True)
class SecretHash:
    """client_secret_basic (RFC 6749 section 2.3.1): the scrypt hash of the secret, as `auth.client_secrets` writes it."""

    text: str = field(repr=False)


Credential = PublicKeys | SecretHash


@dataclass(frozen=True, slots=True)
class Client:
    """A program that acts for one party.

    `roles` are what the client is registered for, `granted` what the registry gives its party; both have to agree.
    `purposes` in order: the first is the default. `scopes` None stands for all that the roles allow.
    """

    client_id: str
    party: str
    party_name: str
    roles: frozenset[str]
    jurisdiction: frozenset[str]
    purposes: tuple[str, ...]
    credential: Credential
    valid_from: datetime
    valid_to: datetime | None = None
    scopes: frozenset[str] | None = None
    view_mode: ViewMode = "redact"
    may_see_plan: bool = False
    active: bool = True
    granted: tuple[RoleGrant, ...] = ()

    def __post_init__(self) -> None:
        if not CLIENT_ID.fullmatch(self.client_id) or not self.purposes or not PURPOSES.keys() >= set(self.purposes):
            raise ValueError("a client has an id of 1 to 64 characters A-Z a-z 0-9 . _ ~ -, and one or more known purposes")
        if self.view_mode not in VIEW_MODES:
            raise ValueError("a client has one of the view modes redact, reject, hide")

    def usable(self, moment: datetime) -> bool:
        """Whether the client may ask for tokens at that moment."""
        return self.active and self.valid_from <= moment and (self.valid_to is None or moment < self.valid_to)

    def roles_at(self, moment: datetime) -> frozenset[str]:
        """The registered roles that the party holds at that moment."""
        return self.roles & {grant.role for grant in self.granted if grant.holds(moment)}

    def authority_ends(self, moment: datetime) -> datetime | None:
        """The first end of anything a token issued at that moment rests on; no token may outlive it."""
        ends = [grant.valid_to for grant in self.granted if grant.role in self.roles and grant.holds(moment)]
        return min((end for end in [*ends, self.valid_to] if end is not None), default=None)
