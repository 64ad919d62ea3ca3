"""This module is in charge of what a client does with cases: the fields of Mutation that open, ask, answer, decide and hand over, and reading them."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from auth.entitlements import REPORTING_ROLES, report_scope
from resolvers.batching import Batch, BatchResolver, made_row
from resolvers.database import door
from resolvers.database.reading import Reading
from resolvers.ledger.cases.acts import Act, Actor, Answer, Ask, Decide, HandOver
from resolvers.ledger.cases.record import MOST_FINDINGS, Noted, Open, act_in_case, open_case
from resolvers.ledger.findings.finding import State
from resolvers.ledger.recording.report import Evidence, Refused
from resolvers.ledger.recording.values import MOST_DOCUMENTS
from resolvers.reporting import seq_of

EVERYTHING: Final = -1
LONGEST_TITLE: Final = 200
LONGEST_TEXT: Final = 4000
LONGEST_REFERENCE: Final = 200
# A text may have lines.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
# No event has this place.
UNKNOWN_EVENT: Final = -1
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
            act = await _seen(reading, read(given), given)
            return await act_in_case(reading.database, _actor(reading), str(given["case"]), act, reference, reading.moment, validate_only=validate_only)

        return await _answered(reading, batch, doing)

    return act


def _ask(given: Mapping[str, Any]) -> Act:
    return Ask(_needed(given, "text"), given.get("dueOn"))


def _answer(given: Mapping[str, Any]) -> Act:
    return Answer(_needed(given, "text"), _documents(given.get("documents") or ()))


async def _seen(reading: Reading, act: Act, given: Mapping[str, Any]) -> Act:
    """The answer with the events that it names. One that the party may not see and one that is not there are the same.

    What only the naming of a code opens is no event of the party: answers in cases are no further place to try codes at.
    """
    named = given.get("events") or ()
    if not isinstance(act, Answer) or not named:
        return act
    if len(named) > MOST_DOCUMENTS:
        raise _Invalid(_invalid("events", f"has to have at most {MOST_DOCUMENTS} events"))
    found = [(str(each["code"]).strip().upper(), str(each["id"])) for each in named]
    events = tuple([(code, seq_of(reading, "event", code, event_id) or UNKNOWN_EVENT) for code, event_id in found])
    visible = await door.event_by_seq(reading, Batch(events, ("seq",)))
    return replace(act, events=events, unseen=any(each is None for each in visible))


def _documents(given: Sequence[Mapping[str, Any]]) -> tuple[Evidence, ...]:
    if len(given) > MOST_DOCUMENTS:
        raise _Invalid(_invalid("documents", f"has to have at most {MOST_DOCUMENTS} documents"))
    return tuple([_document(each, f"documents[{number}].") for number, each in enumerate(given)])


def _document(given: Mapping[str, Any], where: str) -> Evidence:
    kind, reference = (_line(given, name, LONGEST_TITLE, where) for name in ("kind", "reference"))
    if not _SHA256.fullmatch(digest := str(given["sha256"])):
        raise _Invalid(_invalid(where + "sha256", "has to be 64 hexadecimal digits in lower case"))
    return Evidence(kind, reference, digest)


async def event_documents(_reading: Reading, batch: Batch) -> list[list[Any]]:
    """The documents of each event of a case, in the order in which they were named."""
    return [[made_row(batch.columns, key, EVERYTHING, each) for each in json.loads(key)] for key in batch.keys]


def event_evidence(reading: Reading, row: Any) -> list[str]:
    """The ids, for who reads, of the events that an answer rests on."""
    return [reading.opaque.fact_id(reading.principal.party, "event", code, seq) for code, seq in zip(row["evidence_codes"], row["evidence"], strict=True)]


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


def _line(given: Mapping[str, Any], field: str, most: int, where: str = "") -> str:
    value = str(given[field]).strip()
    if not 0 < len(value) <= most or _CONTROL.search(value) or _LINES.search(value):
        raise _Invalid(_invalid(where + field, f"has to be 1 to {most} characters on one line"))
    return value


def _text(given: Mapping[str, Any], field: str) -> str | None:
    return None if given.get(field) is None else _needed(given, field)


def _needed(given: Mapping[str, Any], field: str) -> str:
    value = str(given[field]).strip()
    if not 0 < len(value) <= LONGEST_TEXT or _CONTROL.search(value):
        raise _Invalid(_invalid(field, f"has to be 1 to {LONGEST_TEXT} characters without control characters"))
    return value
