"""This module is in charge of streams of reports: plain JSON objects in, a result for each out, under the ration of codes that do not exist.

A result is an object with a `status`:

    RECORDED   the event stands; `event` says as what
    DUPLICATE  the same report came before under its clientReference; `event` is that of the first time
    VALID      it would be recorded; nothing was, for that was all that was asked
    REFUSED    nothing of it was recorded; `error` has a code, a message, the field where it is one's fault, and, where the reporter
               may know of the battery, the state that it is in and what could be reported there
    PARTIAL    of a report of several batteries: some were refused; `results` has one of these for each

A report of several batteries has `results` in any case, unless all of it was refused at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any

from auth.principal import Principal
from gateway.rations import MissRation
from resolvers.database.pool import Database
from resolvers.ledger.events import NOTICES
from resolvers.ledger.recording.given import given_of, take
from resolvers.ledger.recording.report import Outcome, Recorded, Refused, Several

Result = Mapping[str, Any]


def _nothing() -> None:
    """Nobody wants to know."""


def _nobody(_principal: Principal) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class ReportStreams:
    """The ledger as an endpoint sees it. `recorded` is called whenever something new stands in the ledger; `misses` is the ration that mutations draw
    on, too, but for principals to whom a missing code tells nothing (`lists_everything`)."""

    database: Database
    recorded: Callable[[], None] = _nothing
    misses: MissRation = field(default_factory=lambda: MissRation(0))
    lists_everything: Callable[[Principal], bool] = _nobody

    def put_off(self, principal: Principal, address: str, moment: datetime) -> int:
        """Seconds until the principal may name batteries again; 0 when it may now."""
        return 0 if self.lists_everything(principal) else self.misses.wait(principal.client_id, address, moment)

    async def record(
        self,
        principal: Principal,
        events: Sequence[Mapping[str, Any]],
        moment: datetime,
        *,
        address: str = "",
        validate_only: bool = False,
        as_text: bool = False,
    ) -> Sequence[Result]:
        """A result for each event, in order; whatever is wrong with one concerns that one alone. `as_text`: values are texts, from a table."""
        taken = monotonic()
        given = [given_of(each, as_text=as_text) for each in events]
        told = await take(self.database, principal, given, moment, validate_only=validate_only, taken=taken)
        if told.anything_new:
            self.recorded()
        if not self.lists_everything(principal):
            self.misses.missed(principal.client_id, address, told.misses, moment)
        return [result_of(each, validate_only=validate_only) for each in told.outcomes]


def result_of(outcome: Outcome | Several, *, validate_only: bool) -> Result:
    """What the client is told."""
    if isinstance(outcome, Several):
        return _of_several(outcome, validate_only)
    if isinstance(outcome, Refused):
        error: dict[str, Any] = {"code": outcome.code, "message": outcome.message}
        if outcome.field is not None:
            error["field"] = outcome.field
        if outcome.state is not None:
            error |= {"state": outcome.state, "allowed": outcome.allowed}
        return {"status": "REFUSED", "error": error}
    if validate_only and not outcome.replayed:
        return {"status": "VALID"}
    return {"status": "DUPLICATE" if outcome.replayed else "RECORDED", "event": _event(outcome)}


def _of_several(outcome: Several, validate_only: bool) -> Result:
    told = [(part, result_of(part.outcome, validate_only=validate_only)) for part in outcome.parts]
    first = next((result["error"] for _, result in told if result["status"] == "REFUSED"), None)
    if told[0][0].report is None:
        return told[0][1]
    results = []
    for part, result in told:
        assert part.report is not None
        found = {"match": part.match} if part.match is not None else {}
        code = {"code": part.report.code} if part.is_told else {}
        results.append({**code, "type": str(part.report.type), **result, **found})
    statuses = {result["status"] for result in results}
    if first is None:
        # Sent again, what was refused the first time may be recorded beside what was.
        return {"status": "DUPLICATE" if statuses == {"DUPLICATE"} else "VALID" if statuses == {"VALID"} else "RECORDED", "results": results}
    whole = {"status": "REFUSED", "error": first} if statuses == {"REFUSED"} else {"status": "PARTIAL"}
    return {**whole, "results": results}


def _event(recorded: Recorded) -> Mapping[str, Any]:
    # Not its number: that would tell how many events the battery has, to whom may know of this one alone.
    return {
        ("subject" if recorded.type in NOTICES else "code"): recorded.code,
        "type": recorded.type,
        "occurredAt": recorded.occurred_at,
        "recordedAt": recorded.recorded_at,
        "dueOn": recorded.due_on,
        "late": recorded.late,
    }
