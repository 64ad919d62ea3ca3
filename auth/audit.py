"""This module is in charge of the audit entry of a request: who asked which operation, for what purpose, touching which categories; never values."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from msgspec import Struct


class AuditEntry(Struct, frozen=True):
    """One request that came with a good token.

    `operation` is the SHA-256 of the document and the operation's name, hex, or "" where none was found. `categories` are those of
    the coordinates that were asked of subgraphs. `outcome` is "answered", "cancelled", or the code of a refusal.
    """

    request_id: str
    moment: datetime
    party: str
    client_id: str
    token_id: str
    purpose: str
    operation: str
    categories: frozenset[str]
    outcome: str


class AuditSink(Protocol):
    """Where entries go. It must not block, and must not fail: the answer is already made."""

    def record(self, entry: AuditEntry) -> None: ...
