"""This module is in charge of what a client does with cases: the fields of Mutation that open, ask, answer, decide and hand over, and reading them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from auth.entitlements import REPORTING_ROLES, report_scope
from resolvers.batching import Batch, BatchResolver
from resolvers.database import door
from resolvers.database.reading import Reading
from resolvers.ledger.cases.acts import Act, Actor, Answer, Ask, Decide, HandOver
from resolvers.ledger.cases.record import MOST_FINDINGS, Noted, Open, act_in_case, open_case
from resolvers.ledger.findings.finding import State
from resolvers.ledger.recording.report import Refused

EVERYTHING: Final = -1
LONGEST_TITLE: Final = 200
LONGEST_TEXT: Final = 4000
LONGEST_REFERENCE: Final = 200
# A text may have lines.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LINES: Final = re.compile(r"[\t\n]")

cases: Final[BatchResolver] = door.cases
case_by_id: Final[BatchResolver] = door.case_by_id
case_findings: Final[BatchResolver] = door.case_findings
case_events: Final[BatchResolver] = door.case_events


def named_case(_reading: Reading, arguments: Mapping[str, Any]) -> list[str]:
    """The key of `case(id:)`."""
    return [arguments["id"]]


async def open_on(reading: Reading, batch: Batch) -> list[Any]:
    """Open a case on findings."""

    async def opening(given: Mapping[str, Any], validate_only: bool) -> Noted | Refused:
        found = tuple(given["findings"])
        if not 0 < len(found) <= MOST_FINDINGS:
            return _invalid("findings", f"has to have 1 to {MOST_FINDINGS} ids")
        title, text, reference = _line(given, "title", LONGEST_TITLE), _text(given, "text"), _line(given, "clientReference", LONGEST_REFERENCE)
        wanted = Open(found, title, text)
        return await open_case(reading.database, _actor(reading), wanted, reference, reading.moment, validate_only=validate_only)

    return await _answered(reading, batch, opening)


def acting(read: Callable[[Mapping[str, Any]], Act]) -> BatchResolver:
    """The resolver of a mutation that does something in a case that is there."""

    async def act(reading: Reading, batch: Batch) -> list[Any]:
        async def doing(given: Mapping[str, Any], validate_only: bool) -> Noted | Refused:
            reference = _line(given, "clientReference", LONGEST_REFERENCE)
            return await act_in_case(reading.database, _actor(reading), str(given["case"]), read(given), reference, reading.moment, validate_only=validate_only)

        return await _answered(reading, batch, doing)

    return act


def _ask(given: Mapping[str, Any]) -> Act:
    return Ask(_needed(given, "text"), given.get("dueOn"))


def _answer(given: Mapping[str, Any]) -> Act:
    return Answer(_needed(given, "text"))


def _decide(given: Mapping[str, Any]) -> Act:
    return Decide(State(given["state"]), _needed(given, "reason"))


def _hand_over(given: Mapping[str, Any]) -> Act:
    return HandOver(given["authority"], given.get("province"), _needed(given, "reason"))


ask_in: Final[BatchResolver] = acting(_ask)
answer_in: Final[BatchResolver] = acting(_answer)
decide_on: Final[BatchResolver] = acting(_decide)
hand_over: Final[BatchResolver] = acting(_hand_over)


class _Invalid(Exception):
    """A value breaks a rule."""

    def __init__(self, refused: Refused) -> None:
        super().__init__()
        self.refused = refused


async def _answered(reading: Reading, batch: Batch, do: Callable[[Mapping[str, Any], bool], Awaitable[Noted | Refused]]) -> list[Any]:
    given, validate_only = batch.arguments["input"], bool(batch.arguments.get("validateOnly"))
    try:
        outcome = await do(given, validate_only)
    except _Invalid as wrong:
        outcome = wrong.refused
    # What is read from here on has to see what was written.
    reading.close()
    row: dict[str, Any] = {"standing": EVERYTHING, "clientReference": given.get("clientReference"), "rule": None, "message": None}
    if isinstance(outcome, Refused):
        return [{**row, "key": None, "outcome": "REFUSED", "rule": outcome.code, "message": outcome.message, "recordedAt": None}]
    tried = validate_only and not outcome.replayed
    told = "REPLAYED" if outcome.replayed else "VALID" if validate_only else "RECORDED"
    return [{**row, "key": None if tried else outcome.case_id, "outcome": told, "recordedAt": None if tried else outcome.recorded_at}]


def _actor(reading: Reading) -> Actor:
    """The party in the roles that its token has a scope to report for."""
    principal = reading.principal
    roles = frozenset(role for role in principal.roles & REPORTING_ROLES if report_scope(role) in principal.scopes)
    return Actor(principal.party, roles, principal.jurisdiction)


def _invalid(field: str, rule: str) -> Refused:
    return Refused("INVALID_FIELD", f"{field}: {rule}.")


def _line(given: Mapping[str, Any], field: str, most: int) -> str:
    value = str(given[field]).strip()
    if not 0 < len(value) <= most or _CONTROL.search(value) or _LINES.search(value):
        raise _Invalid(_invalid(field, f"has to be 1 to {most} characters on one line"))
    return value


def _text(given: Mapping[str, Any], field: str) -> str | None:
    return None if given.get(field) is None else _needed(given, field)


def _needed(given: Mapping[str, Any], field: str) -> str:
    value = str(given[field]).strip()
    if not 0 < len(value) <= LONGEST_TEXT or _CONTROL.search(value):
        raise _Invalid(_invalid(field, f"has to be 1 to {LONGEST_TEXT} characters without control characters"))
    return value
