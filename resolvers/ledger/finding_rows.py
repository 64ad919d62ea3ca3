"""This module is in charge of the rows of findings as typed values; fields are columns, in the order of the migrations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple


class FindingRow(NamedTuple):
    """battery.finding"""

    code: str
    id: str
    rule: str
    version: int
    severity: str
    state: str
    owners: tuple[str, ...]
    provinces: tuple[str, ...]
    party: str
    evidence: tuple[int, ...]
    attempt: Mapping[str, Any] | None
    message: str
    figures: Mapping[str, Any]
    first_seen: datetime
    recorded_at: datetime
    subject: str = "BATTERY"
    evidence_codes: tuple[str, ...] | None = None
    found: str = "ARRIVAL"


class FindingReader(NamedTuple):
    """battery.finding_reader"""

    code: str
    id: str
    grantee: str
    first_seen: datetime


class Claim(NamedTuple):
    """battery.claim: that somebody had the battery in hand, refused because somebody else has it (findings/claims.py)"""

    code: str
    reporter: str
    type: str
    occurred_at: datetime
    recorded_at: datetime
    vin: str | None
    province: str | None
    refused: str
