"""This module is in charge of importing a file: batch by batch, each in one transaction, so that a run that is killed goes on where it stopped."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final

from resolvers.database.finding_write import RULES
from resolvers.database.pool import Database
from resolvers.identifiers import IdentifierError, parse_credit_code
from resolvers.importing.events import holds_events, import_events
from resolvers.importing.fields import TABLES, Kind
from resolvers.importing.reader import Format, ImportRefused, Layout, Unread, open_lines, read_layout
from resolvers.importing.records import Record, Reject, Terms, read_record
from resolvers.importing.rejects import RejectsFile, rejects_file, rejects_path
from resolvers.importing.reports import ImportReport, Progress
from resolvers.importing.writing.batch import Batch, Connection, Judged, judge
from resolvers.importing.writing.enterprises import Enterprises
from resolvers.importing.writing.models import Models
from resolvers.importing.writing.packs import Packs
from resolvers.importing.writing.vehicles import Vehicles
from resolvers.ledger.deadlines import DEADLINE, deadlines
from resolvers.ledger.findings.parameters import rule_table
from resolvers.ledger.recording.plausible import GAIN, LIMITS
from resolvers.ledger.rows import Rule
from resolvers.ledger.rules import load_calendar

BATCH: Final = 500
"""Lines in one transaction."""
_ATTEMPTS: Final = 5
_READERS: Final[Mapping[Kind, Callable[[Connection, Sequence[Record]], Awaitable[Batch]]]] = {
    Kind.ENTERPRISES: Enterprises.read,
    Kind.MODELS: Models.read,
    Kind.PACKS: Packs.read,
    Kind.VEHICLES: Vehicles.read,
}


class _Raced(Exception):
    """Somebody else wrote a key of this batch between its look-up and its insert; the batch is judged anew."""


async def import_file(
    path: Path,
    kind: Kind | None,
    database: Database,
    *,
    reported_by: str | None,
    moment: datetime,
    progress: Callable[[Progress], None] | None = None,
    batch: int = BATCH,
) -> ImportReport:
    """Import a CSV or NDJSON file of one kind, of events by `import_events`; the kind is found from its columns where not given.

    A line is accepted when its batch commits. A line that is stored already is unchanged, one that contradicts what is stored is rejected (CONFLICT): an
    import never overwrites, so that the same file twice, or again after a kill, changes nothing. What is wrong goes to FILE.rejects.ndjson.
    `reported_by` is the credit code of the enterprise that the lines must be of, None for the operator, who may import anybody's. `moment` is the time
    of recording. Raises ImportRefused where the file as a whole is wrong, OSError where it cannot be read.
    """
    if reported_by is not None:
        reported_by = reporter(reported_by)
    if kind is Kind.EVENTS or (kind is None and await asyncio.to_thread(holds_events, path)):
        return await import_events(path, database, reported_by=reported_by, moment=moment, progress=progress, batch=batch)
    layout = await asyncio.to_thread(read_layout, path, kind, reported_by=reported_by is not None)
    if layout.table is TABLES[Kind.ENTERPRISES] and reported_by is not None:
        raise ImportRefused("REPORTER", "the registry of enterprises is the operator's to import")
    terms = await _terms(database, reported_by, moment)
    with rejects_file(path) as rejects:
        return await _import_lines(path, layout, database, terms, rejects, progress, batch)


def reporter(written: str) -> str:
    """The credit code that an import is reported by, as it is stored; ImportRefused REPORTER names the position and the rule that it breaks."""
    try:
        return parse_credit_code(written).value
    except IdentifierError as wrong:
        raise ImportRefused("REPORTER", f"the reporting enterprise is named by its credit code: {wrong}") from wrong


async def _import_lines(
    path: Path,
    layout: Layout,
    database: Database,
    terms: Terms,
    rejects: RejectsFile,
    progress: Callable[[Progress], None] | None,
    batch: int,
) -> ImportReport:
    done = Progress(0, 0, 0, 0)
    rules: Counter[str] = Counter()
    unread = Unread(layout.ignored)
    results = _results(path, layout, terms, unread)
    # Reading and checking is work for the processor: a thread keeps the loop free.
    while read := await asyncio.to_thread(lambda: list(islice(results, batch))):
        records = [each for each in read if isinstance(each, Record)]
        judged = await _write(database, layout.table.kind, records, terms)
        wrong = sorted([*(each for each in read if isinstance(each, Reject)), *judged.rejects], key=lambda each: each.line.number)
        rejects.write(wrong)
        rules.update(each.faults[0].rule for each in wrong)
        done = Progress(done.lines + len(read), done.accepted + len(judged.new), done.unchanged + judged.unchanged, done.rejected + len(wrong))
        if progress is not None:
            progress(done)
    place = rejects_path(path) if done.rejected else None
    return ImportReport(layout.table.kind, *done, dict(rules), place, unread.names, unread.more)


async def _terms(database: Database, reported_by: str | None, moment: datetime) -> Terms:
    async with database.transaction("ledger") as connection:
        rules = [Rule(*row) for row in await connection.fetch(RULES, [DEADLINE, GAIN, *LIMITS])]
    return Terms(reported_by, moment, deadlines(rules, load_calendar()), rule_table(rules))


def _results(path: Path, layout: Layout, terms: Terms, unread: Unread) -> Iterator[Record | Reject]:
    with path.open("rb") as stream:
        lines = open_lines(stream)
        if layout.format is Format.CSV:
            next(lines)
        for line in lines:
            yield read_record(line, layout, terms, unread)


async def _write(database: Database, kind: Kind, records: Sequence[Record], terms: Terms) -> Judged:
    if not records:
        return Judged((), 0, ())
    for _ in range(_ATTEMPTS):
        try:
            return await _write_once(database, kind, records, terms)
        except _Raced:
            continue
    raise RuntimeError("the keys of a batch keep being written by somebody else")


async def _write_once(database: Database, kind: Kind, records: Sequence[Record], terms: Terms) -> Judged:
    async with database.transaction("ledger") as connection:
        batch = await _READERS[kind](connection, records)
        judged = judge(batch, records, terms)
        if judged.new and not await batch.insert(connection, judged.new, terms):
            raise _Raced
        return judged
