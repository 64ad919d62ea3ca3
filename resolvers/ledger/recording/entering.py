"""This module is in charge of the event that a report becomes: its day, whether it is late, and what of the day's rules is kept with it."""

from __future__ import annotations

from datetime import datetime

from resolvers.ledger.deadlines import is_late, local_day
from resolvers.ledger.discrepancies import RULE as MASS_RULE
from resolvers.ledger.discrepancies import TOLERANCE
from resolvers.ledger.events import EVENTS, EventType
from resolvers.ledger.past import OWNER_KIND, REGION
from resolvers.ledger.recording.report import Report, Reporter
from resolvers.ledger.recording.seen import Seen
from resolvers.ledger.rows import Event
from resolvers.ledger.take_back import ANSWER, ANSWER_DUE


def entered(report: Report, seq: int, reporter: Reporter, role: str, seen: Seen, moment: datetime, told: datetime) -> Event:
    """The event, under the role that it is reported in. `told` is when it was first told of: a correction is as late as what it leads back to."""
    day = local_day(report.occurred_at)
    due_on = seen.deadlines.due_on(report.type, role, day)
    details = report.details
    if report.type is EventType.RECEIVED and (tolerance := seen.rules.on(day).row(MASS_RULE)) is not None:
        details = {**details, TOLERANCE: float(tolerance.value)}
    if report.type is EventType.TAKE_BACK_REQUESTED and (answer := seen.deadlines.due_on(ANSWER, "", day)) is not None:
        details = {**details, ANSWER_DUE: answer.isoformat()}
    if report.type is EventType.TAKE_BACK_ACCEPTED:
        details = {**details, "collectOn": str(details["collectOn"])}
    if report.sale is not None:
        # The vehicle keeps what holds now; what was told of it before a correction is known by the events alone.
        details = {**details, REGION: report.sale.region_code, OWNER_KIND: report.sale.owner_kind}
    own = seen.enterprises.get(reporter.party)
    return Event(
        report.code, seq, str(report.type), EVENTS[report.type].category, report.occurred_at, moment, reporter.party, report.counterparty,
        report.vin, report.province or (own.province if own is not None else None), due_on, is_late(due_on, local_day(told)), report.corrects, details,
    )  # fmt: skip
