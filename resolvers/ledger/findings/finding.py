"""This module is in charge of a finding as a value: what a rule has found, on what evidence, how grave it is, and whose it is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple


class Severity(StrEnum):
    """How grave a finding is."""

    INFO = "INFO"
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


class State(StrEnum):
    """What has become of a finding. Rules open one, and close it where its cause is gone."""

    OPEN = "OPEN"
    EXPLAINED = "EXPLAINED"
    CONFIRMED = "CONFIRMED"
    CLOSED = "CLOSED"


CAUSE_GONE: Final = "CAUSE_GONE"
CAUSE_BACK: Final = "CAUSE_BACK"
"""Why nobody's decision closed a finding, or opened it again."""


class Found(NamedTuple):
    """What a rule says: the numbers and values it compared, of which its words are made (wording.py), and the earlier events it rests on.

    `party` is the enterprise it is about (None: whoever reported the event), `provinces` further provinces that it touches.
    """

    figures: Mapping[str, Any]
    evidence: tuple[int, ...] = ()
    party: str | None = None
    provinces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding on one pack. `evidence` are events of the pack by their seq; `attempt` is the event that was refused, if it was.

    `owners` are the authorities whose rule it is, `provinces` (two digits) those in whose jurisdiction it lies.
    `id` is the same whenever the same rule finds the same thing, so that examining twice finds nothing new.
    """

    code: str
    rule: str
    version: int
    severity: Severity
    owners: tuple[str, ...]
    provinces: tuple[str, ...]
    party: str
    evidence: tuple[int, ...]
    attempt: Mapping[str, Any] | None
    message: str
    figures: Mapping[str, Any]
    first_seen: datetime
    recorded_at: datetime
    state: State = State.OPEN

    @property
    def id(self) -> str:
        """32 hexadecimal digits of rule, version, code and evidence; of an attempt, of who made it: tried again, at whatever moment, it is the same."""
        told = repr((self.rule, self.version, self.code, self.evidence, None) if self.attempt is None else (self.rule, self.version, self.code, self.party))
        return hashlib.sha256(told.encode()).hexdigest()[:32]
