"""This module is in charge of reports that come as plain JSON objects: each becomes a report or a refusal, and what the ledger says of it a result.

A result is an object with a `status`:

    RECORDED   the event stands; `event` says as what
    DUPLICATE  the same report came before under its clientReference; `event` is that of the first time
    VALID      it would be recorded; nothing was, for that was all that was asked
    REFUSED    nothing of it was recorded; `error` has a code, a message, the field where it is one's fault, and, where the reporter
               may know of the battery, the state that it is in and what could be reported there
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from auth.entitlements import report_scope
from auth.principal import Principal
from resolvers.database.pool import Database
from resolvers.ledger.events import EventType
from resolvers.ledger.recording.inputs import BadReport, read_report
from resolvers.ledger.recording.record import record
from resolvers.ledger.recording.report import Outcome, Recorded, Refused, Report, Reporter
from resolvers.ledger.recording.texts import plain_values

Result = Mapping[str, Any]
EVENT_TYPES: Final = frozenset(map(str, EventType))


class Reporting:
    """The ledger as an endpoint sees it."""

    def __init__(self, database: Database, recorded: Callable[[], None] = lambda: None) -> None:
        """`recorded` is called whenever something new stands in the ledger."""
        self._database = database
        self._recorded = recorded

    async def __call__(
        self, principal: Principal, events: Sequence[Mapping[str, Any]], moment: datetime, *, validate_only: bool, as_text: bool = False
    ) -> Sequence[Result]:
        """A result for each event, in order; whatever is wrong with one concerns that one alone. `as_text`: values are texts, from a table."""
        read = [_read(each, as_text) for each in events]
        reports = [each for each in read if isinstance(each, Report)]
        outcomes = await record(self._database, _reporter(principal), reports, moment, validate_only=validate_only) if reports else []
        if not validate_only and any(isinstance(each, Recorded) and not each.replayed for each in outcomes):
            self._recorded()
        told = iter(outcomes)
        return [_result(next(told), validate_only) if isinstance(each, Report) else each for each in read]


def _reporter(principal: Principal) -> Reporter:
    """The party in the roles that its token has a scope to report for."""
    held = frozenset(role for role in principal.roles if report_scope(role) in principal.scopes)
    return Reporter.of(principal)._replace(roles=held)


def _read(event: Mapping[str, Any], as_text: bool) -> Report | Result:
    kind = event.get("type")
    if not isinstance(kind, str) or kind not in EVENT_TYPES:
        return _bad("UNKNOWN_EVENT_TYPE", "type", "has to be the type of an event; docs/ingest.md lists them")
    given = {name: value for name, value in event.items() if name != "type"}
    try:
        return read_report(EventType(kind), plain_values(EventType(kind), given) if as_text else given)
    except BadReport as bad:
        return _bad(bad.code, bad.field, str(bad).partition(": ")[2])


def _bad(code: str, field: str, message: str) -> Result:
    return {"status": "REFUSED", "error": {"code": code, "field": field, "message": message}}


def _result(outcome: Outcome, validate_only: bool) -> Result:
    if isinstance(outcome, Refused):
        error: dict[str, Any] = {"code": outcome.code, "message": outcome.message}
        if outcome.state is not None:
            error |= {"state": outcome.state, "allowed": outcome.allowed}
        return {"status": "REFUSED", "error": error}
    if validate_only and not outcome.replayed:
        return {"status": "VALID"}
    return {"status": "DUPLICATE" if outcome.replayed else "RECORDED", "event": _event(outcome)}


def _event(recorded: Recorded) -> Mapping[str, Any]:
    return {
        "code": recorded.code,
        "sequence": recorded.seq,
        "type": recorded.type,
        "occurredAt": recorded.occurred_at,
        "recordedAt": recorded.recorded_at,
        "dueOn": recorded.due_on,
        "late": recorded.late,
    }
