"""This module is in charge of recording: a batch of reports is locked, judged, written and followed up in one transaction."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from resolvers.database.notice_store import write_notices
from resolvers.database.pool import Database
from resolvers.database.recording_read import read_contributions, read_grants, read_seen
from resolvers.database.recording_write import (
    Raced,
    in_transaction,
    insert,
    insert_evidence,
    insert_references,
    mark_scrapped,
    open_documents,
    put,
    remove,
)
from resolvers.database.under_way import moment_of_recording
from resolvers.ledger.fold import NotKept
from resolvers.ledger.recording.afterwards import DEFAULT, Afterwards, Attempt, Change, Written
from resolvers.ledger.recording.differences import KEYS, Differences, differences
from resolvers.ledger.recording.judging import Docket
from resolvers.ledger.recording.report import MOST_REPORTS, Outcome, Recorded, Report, Reporter
from resolvers.ledger.recording.seen import ON_DEMAND, Whole
from resolvers.ledger.recording.vehicle_grants import Contributions, Looked
from resolvers.ledger.rows import Vehicle

TURN_S: Final = 0.01
"""So long a batch is judged before whoever else waits for this process has a turn."""


async def record(
    database: Database,
    reporter: Reporter,
    reports: Sequence[Report],
    moment: datetime,
    *,
    validate_only: bool = False,
    after: Sequence[Afterwards] = DEFAULT,
    whole: Whole = ON_DEMAND,
    taken: float | None = None,
) -> list[Outcome]:
    """Take 1 to 10,000 reports of one party into the ledger; the outcome of each, in their order.

    What is accepted stands when this returns, with everything that follows from it; what is refused changes nothing. Reports of one pack are judged
    in the order given, and those of others that come at the same time before or after them. `moment` is the server's, and becomes recordedAt, or a
    later one does where that was taken (`taken`) long before the recording begins (resolvers/database/under_way.py). With `validate_only` nothing is
    written. A database that fails raises; the same reports can then be sent again. What is asked for as `whole` is judged by all events where the kept
    state would do, with the same result.
    """
    if not 0 < len(reports) <= MOST_REPORTS:
        raise ValueError(f"a batch has 1 to {MOST_REPORTS} reports")

    async def find(_connection: Any) -> Found:
        return Found(reports)

    _, outcomes = await record_found(database, reporter, find, moment, validate_only=validate_only, after=after, whole=whole, taken=taken)
    return outcomes


class Found(NamedTuple):
    """Reports that were made of what the database holds. `holds` says whether that is so still, under the locks of what they are about."""

    reports: Sequence[Report]
    holds: Callable[[Docket], bool] = lambda _docket: True


async def record_found(
    database: Database,
    reporter: Reporter,
    find: Callable[[Any], Awaitable[Found]],
    moment: datetime,
    *,
    validate_only: bool = False,
    after: Sequence[Afterwards] = DEFAULT,
    whole: Whole = ON_DEMAND,
    taken: float | None = None,
) -> tuple[Sequence[Report], list[Outcome]]:
    """As `record`, of reports that are looked up in the same transaction; they may be none."""

    async def work(connection: Any) -> tuple[Sequence[Report], list[Outcome]]:
        recorded_at = moment_of_recording(moment, taken)
        reports, holds = await find(connection)
        if not reports:
            return reports, []
        docket = Docket(reporter, recorded_at, await read_seen(connection, reporter, reports, whole))
        if not holds(docket):
            raise Raced
        outcomes = await _judged(docket, reports)
        if not validate_only:
            await _write(connection, docket, reports, outcomes)
            written = _written(docket)
            if written.changes or written.attempts or written.notices:
                for each in after:
                    await each(connection, written, recorded_at)
        return reports, outcomes

    while True:
        try:
            return await in_transaction(database, work)
        except NotKept as missing:
            # Nothing was written: what depends on more than is kept is judged anew by the whole life.
            whole = whole.beyond(missing)


async def _judged(docket: Docket, reports: Sequence[Report]) -> list[Outcome]:
    """The outcomes, in order of the reports. A correction is judged by the whole life of its battery: others are served between two of them."""
    outcomes: list[Outcome] = []
    began = time.monotonic()
    for several in docket.judge(reports):
        outcomes += several
        if time.monotonic() - began >= TURN_S:
            await asyncio.sleep(0)
            began = time.monotonic()
    return outcomes


async def _write(connection: Any, docket: Docket, reports: Sequence[Report], outcomes: Sequence[Outcome]) -> None:
    """In the order of the locks (resolvers/database/recording_read.py)."""
    taken = [(report, told) for report, told in zip(reports, outcomes, strict=True) if isinstance(told, Recorded) and not told.replayed]
    if not taken:
        return
    made = await _differences(connection, docket)
    references = sorted((report.client_reference, docket.references[report.client_reference].digest, told.code, told.seq) for report, told in taken)
    await insert_references(connection, docket.reporter.party, docket.moment, references)
    await insert(connection, made.new_vehicles)
    await insert(connection, made.new_packs)
    await write_notices(connection, docket.board.new)
    await _projections(connection, made)
    documents = [(told.code, told.seq, number, *each) for report, told in taken for number, each in enumerate(report.evidence, 1)]
    await insert_evidence(connection, documents)
    await open_documents(connection, sorted(made.opened))


async def _differences(connection: Any, docket: Docket) -> Differences:
    contributions = Contributions.of(docket)
    grants = await read_grants(connection, contributions.to_look_up())
    others = await read_contributions(connection, contributions.since(grants), contributions.changed)
    return differences(docket, contributions, Looked(grants, others))


async def _projections(connection: Any, made: Differences) -> None:
    for row, rows in made.gone.items():
        await remove(connection, rows, KEYS[row])
    for rows in made.new.values():
        await insert(connection, rows)
    for row, rows in made.put.items():
        await put(connection, rows, KEYS[row])
    await mark_scrapped(connection, [row.vin for row in made.put[Vehicle] if row.scrapped_on is not None])


def _written(docket: Docket) -> Written:
    changes = tuple([
        Change(life.facts, life.before, life.finish(), life.new, tuple(life.events), life.base) for _, life in sorted(docket.lives.items()) if life.new
    ])  # fmt: skip
    attempts = tuple([
        Attempt(event, refused, life.facts, tuple(life.events[: event.seq - 1 - life.skipped]), life.base)
        for event, refused in docket.attempts
        if (life := docket.lives.get(event.code)) is not None
    ])  # fmt: skip
    return Written(docket.reporter, changes, attempts, docket.known, docket.seen, tuple(docket.board.new))
