"""This module is in charge of the references of lines that give none: each is named by what the ledger would record of it, however the line writes that.

A table and NDJSON, 87 and 87.0, another time zone of the same moment and a field that is null or left out therefore make one name. Lines were named by the
way they were written once; what was recorded under such a name keeps it, and is known again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from resolvers.database.pool import Database
from resolvers.database.together_read import read_known, read_said
from resolvers.ledger.recording.given import Given, read_given
from resolvers.ledger.recording.inputs_together import Together
from resolvers.ledger.recording.report import Refused, Report
from resolvers.ledger.recording.together import Scrapping

REFERENCE: Final = "clientReference"
_NONE_YET: Final = "import"


def is_named(event: Mapping[str, Any]) -> bool:
    """Whether the line gives its event a reference."""
    return bool(event.get(REFERENCE))


def written_name(event: Mapping[str, Any]) -> str:
    """The name that a line had by the way it is written: what it holds in the ledger's words, its reporter included."""
    told = json.dumps(event, sort_keys=True, ensure_ascii=True, default=str)
    return "import:" + hashlib.sha256(told.encode()).hexdigest()[:40]


def under(given: Given, name: str) -> Given:
    """The report under this reference."""
    return given._replace(values={**given.values, REFERENCE: name})


def content_name(given: Given) -> str | None:
    """The name by what would be recorded; None where it cannot be read, and is refused under whatever name."""
    report = read_given(under(given, _NONE_YET))
    if isinstance(report, Refused):
        return None
    # What the whole says is in a report of several; a correction is another report for each that it corrects.
    if isinstance(report, Report):
        said = report.digest() + repr(report.corrected).encode()
    else:
        whole = report.said if isinstance(report, Scrapping) else report.reports[0].said
        said = repr((str(given.event), whole)).encode()
    return "content:" + hashlib.sha256(said).hexdigest()[:40]


async def recorded_names(database: Database, party: str, lines: Sequence[tuple[Given, str]]) -> frozenset[str]:
    """Those of the names that something of the party is recorded under; of a report of several, whatever was recorded of it."""
    single = [name for given, name in lines if not isinstance(given.event, Together)]
    several = [name for given, name in lines if isinstance(given.event, Together)]
    async with database.transaction("ledger") as connection:
        known = await read_known(connection, party, single) if single else frozenset()
        return known | {name for name in several if await read_said(connection, party, name)}
