"""This module is in charge of the principal: who is asking, as proved by a token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Principal:
    """A party behind a verified token (RFC 9068).

    `party` is the unified social credit code of the enterprise or authority. `roles` are the matrix roles it holds
    (BM, OEM, ...), `jurisdiction` the two-digit province codes (GB/T 2260) an authority answers for. `purpose` is
    the one purpose the token was asked for. `view_mode` is the client's registered treatment of fields outside its
    view: redact, reject or hide.
    """

    party: str
    roles: frozenset[str]
    scopes: frozenset[str]
    jurisdiction: frozenset[str]
    purpose: str
    client_id: str
    token_id: str
    expires_at: datetime
    view_mode: str = "redact"
