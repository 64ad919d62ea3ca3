"""This module is in charge of importing files of events: each line a report, by the path of /ingest and of the mutations.

Batch by batch, each in one transaction: a line is accepted when its batch commits. A run that is killed is started again; what was recorded answers as
known by its reference, and what was not is recorded now.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

from resolvers.database.pool import Database
from resolvers.identifiers import IdentifierError, parse_credit_code
from resolvers.importing import reader
from resolvers.importing.aliases import END_OF_LIFE, REPORTER, field_name, ledgers_words
from resolvers.importing.fields import Kind
from resolvers.importing.naming import content_name, is_named, recorded_names, under, written_name
from resolvers.importing.reader import ImportRefused, head_of
from resolvers.importing.records import Fault, Reject
from resolvers.importing.rejects import RejectsFile, rejects_file, rejects_path
from resolvers.importing.reports import ImportReport, Progress
from resolvers.ledger.recording.event_lines import BadLine, CsvEvents, EventLines, HeaderRefused, NdjsonEvents
from resolvers.ledger.recording.given import Given, given_of, take_of
from resolvers.ledger.recording.lines import BATCH_BYTES, Line, LineSplitter
from resolvers.ledger.recording.report import Outcome, Recorded, Refused, Reporter, Several

PIECE: Final = 1 << 18
_ROLES: Final = "select uscc, role from enterprise.role where uscc = any($1) and valid_from <= $2 and (valid_to is null or valid_to > $2)"


class Event(NamedTuple):
    """A line that holds an event, in the ledger's words. `written` is the name that its writing made once, of a line that gives no reference."""

    line: Line
    reporter: str
    given: Given | Refused
    written: str | None = None


def holds_events(path: Path) -> bool:
    """Whether the head of the file names the fields of events. Raises ImportRefused, as for any file."""
    names = {field_name(each) for each in head_of(path).names}
    # Not every report is of a battery with a code, nor of a moment: a day of a swap pool.
    return bool(names & END_OF_LIFE.keys()) or ("type" in names and bool(names & {"occurredAt", "day"}))


async def import_events(
    path: Path, database: Database, *, reported_by: str | None, moment: datetime, progress: Callable[[Progress], None] | None, batch: int
) -> ImportReport:
    """Import a CSV or NDJSON file of events. `reported_by` is the credit code of the party that reports all of them, None where each line names its own
    (`reporter`). A party reports in the roles that the registry has of it. Raises ImportRefused, OSError."""
    done = Progress(0, 0, 0, 0)
    rules: Counter[str] = Counter()
    with rejects_file(path) as rejects:
        lines = _read(path, reported_by)
        while read := await asyncio.to_thread(_together, lines, batch):
            new, known, wrong = await _take(database, [each for each in read if isinstance(each, Event)], moment)
            wrong = sorted([*(each for each in read if isinstance(each, Reject)), *wrong], key=lambda each: each.line.number)
            _write(rejects, wrong, rules)
            done = Progress(done.lines + len(read), done.accepted + new, done.unchanged + known, done.rejected + len(wrong))
            if progress is not None:
                progress(done)
    return ImportReport(Kind.EVENTS, *done, dict(rules), rejects_path(path) if done.rejected else None, ())


def _together(lines: Iterator[Event | Reject], most: int) -> list[Event | Reject]:
    """The next lines that are one batch: so many, or fewer of many bytes."""
    found: list[Event | Reject] = []
    size = 0
    while len(found) < most and size < BATCH_BYTES and (one := next(lines, None)) is not None:
        found.append(one)
        size += len(one.line.raw or b"")
    return found


def _write(rejects: RejectsFile, wrong: Sequence[Reject], rules: Counter[str]) -> None:
    rejects.write(wrong)
    rules.update(each.faults[0].rule for each in wrong)


def _read(path: Path, reported_by: str | None) -> Iterator[Event | Reject]:
    head = head_of(path)
    table = head.format is reader.Format.CSV
    events: EventLines = CsvEvents(head.delimiter, field_name, typed=False) if table else NdjsonEvents()
    for line in _lines(path):
        try:
            found = events.event(line)
        except BadLine as bad:
            yield _reject(line, Fault(None, bad.code, str(bad)))
        except HeaderRefused as refused:
            raise ImportRefused("HEADER", str(refused)) from None
        else:
            if found is not None:
                yield _event(line, found, reported_by, as_text=table)


def _lines(path: Path) -> Iterator[Line]:
    splitter = LineSplitter()
    with path.open("rb") as stream:
        while piece := stream.read(PIECE):
            yield from splitter.feed(piece)
    yield from splitter.end()


def _event(line: Line, found: Mapping[str, Any], reported_by: str | None, *, as_text: bool) -> Event | Reject:
    filled = {name: value for name, value in found.items() if value not in (None, "")} if as_text else found
    event = ledgers_words(filled, table=as_text)
    written = None if is_named(event) else written_name(event)
    named = event.pop(REPORTER, None)
    try:
        reporter = reported_by if named is None else parse_credit_code(str(named)).value
    except IdentifierError as wrong:
        return _reject(line, Fault(REPORTER, wrong.code, str(wrong)))
    if reporter is None:
        return _reject(line, Fault(REPORTER, "REQUIRED", "the line has to name the party that reports it, or the import does"))
    if reported_by is not None and reporter != reported_by:
        return _reject(line, Fault(REPORTER, "REPORTER", "an enterprise reports for itself alone"))
    given = given_of(event, as_text=as_text)
    if written is None or isinstance(given, Refused):
        return Event(line, reporter, given)
    return Event(line, reporter, under(given, content_name(given) or written), written)


def _reject(line: Line, *faults: Fault) -> Reject:
    return Reject(reader.Line(line.number, line.raw or b"", cut=line.raw is None), faults)


async def _take(database: Database, events: Sequence[Event], moment: datetime) -> tuple[int, int, list[Reject]]:
    """Recorded, known before, and rejected. What follows each other of one party is one transaction: the order of the file is the order of the ledger."""
    reporters = await _reporters(database, {each.reporter for each in events}, moment)
    counts: Counter[bool] = Counter()
    wrong: list[Reject] = []
    for party, own in groupby(events, lambda each: each.reporter):
        lines = await _as_named_before(database, party, list(own))
        told = await take_of(database, reporters[party], [each.given for each in lines], moment)
        for each, outcome in zip(lines, told.outcomes, strict=True):
            faults = tuple(_faults(outcome))
            if faults:
                wrong.append(_reject(each.line, *faults))
            else:
                counts[_replayed(outcome)] += 1
    return counts[False], counts[True], wrong


async def _as_named_before(database: Database, party: str, events: list[Event]) -> list[Event]:
    """The events, those under the names of their writing that were recorded so."""
    unnamed = [(each.given, each.written) for each in events if each.written is not None and isinstance(each.given, Given)]
    if not unnamed:
        return events
    known = await recorded_names(database, party, unnamed)
    return [_under_known(each, known) for each in events]


def _under_known(event: Event, known: frozenset[str]) -> Event:
    if isinstance(event.given, Given) and event.written is not None and event.written in known:
        return event._replace(given=under(event.given, event.written))
    return event


def _faults(outcome: Outcome | Several) -> Iterator[Fault]:
    """What is wrong with a line; of several batteries one for each that was refused, named by its code."""
    if isinstance(outcome, Refused):
        yield _fault(outcome)
    for part in outcome.parts if isinstance(outcome, Several) else ():
        if isinstance(part.outcome, Refused):
            named = f"{part.report.code}: " if part.report is not None else ""
            yield _fault(part.outcome, named)


def _fault(refused: Refused, named: str = "") -> Fault:
    return Fault(refused.field, refused.code, named + refused.message, refused.state, refused.allowed)


def _replayed(outcome: Outcome | Several) -> bool:
    parts = [part.outcome for part in outcome.parts] if isinstance(outcome, Several) else [outcome]
    return all(isinstance(each, Recorded) and each.replayed for each in parts)


async def _reporters(database: Database, parties: set[str], moment: datetime) -> Mapping[str, Reporter]:
    async with database.transaction("ledger") as connection:
        found = [tuple(row) for row in await connection.fetch(_ROLES, sorted(parties), moment.date())] if parties else []
    return {party: Reporter(party, frozenset(role for uscc, role in found if uscc == party)) for party in parties}
