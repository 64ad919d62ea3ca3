"""This module is in charge of proving cases: each one's row and readers follow from its events and its findings, and are held against what is stored."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from resolvers.database import case_store
from resolvers.ledger.cases.case import Opened, fold, reader, readers_of

BATCH: Final = 500


class Unproved(NamedTuple):
    """What is not as a case's events make it: in which table, of which key, and what is wrong; `fields` are columns that differ."""

    table: str
    key: tuple[str, ...]
    fault: str
    fields: tuple[str, ...] = ()


async def prove_cases(connection: Any, *, write: bool) -> list[Unproved]:
    """Every difference; with `write` what differs is put right. A case whose row is missing is told alone: its title stands nowhere else."""
    found, last = list[Unproved](), ""
    while ids := await case_store.next_cases(connection, last, BATCH):
        for case_id in ids:
            found += await _prove(connection, case_id, write)
        last = ids[-1]
    return found


async def _prove(connection: Any, case_id: str, write: bool) -> list[Unproved]:
    await connection.fetchrow(case_store.LOCK, case_id)
    row, readers = await case_store.stored(connection, case_id)
    if row is None:
        return [Unproved("enterprise.case_file", (case_id,), "is missing")]
    events, findings = await case_store.events(connection, case_id), await case_store.findings_of(connection, case_id)
    if not events or not findings:
        return [Unproved("enterprise.case_file", (case_id,), "has no events" if not events else "has no findings")]
    provinces = tuple(sorted({each for one in findings for each in one.provinces}))
    owners = tuple(sorted({each for one in findings for each in one.owners}))
    party = findings[0].party
    file = fold(Opened(case_id, row["title"], party, provinces, owners, any(party in each.readers for each in findings)), events)
    made = {
        "party": file.opened.party, "provinces": provinces, "owners": owners, "state": str(file.state), "authority": file.authority,
        "province": file.province, "reader": reader(file.authority, file.province), "opened_at": file.opened_at, "changed_at": file.changed_at,
        "due_on": file.due_on,
    }  # fmt: skip
    found = list[Unproved]()
    if fields := tuple(name for name, value in made.items() if row[name] != value):
        found.append(Unproved("enterprise.case_file", (case_id,), "differs", fields))
    wanted = dict.fromkeys(readers_of(file), file.changed_at)
    for grantee in sorted(wanted.keys() | readers.keys()):
        if readers.get(grantee) != wanted.get(grantee):
            fault = "is missing" if grantee not in readers else "is one too many" if grantee not in wanted else "differs"
            found.append(Unproved("enterprise.case_reader", (case_id, grantee), fault, ("changed_at",) if fault == "differs" else ()))
    if found and write:
        await case_store.mend(connection, case_id, made, wanted)
    return found
