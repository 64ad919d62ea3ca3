"""This module is in charge of recording what is done to cases: judged and written in one transaction, once for each reference of its author."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from resolvers.database import case_store
from resolvers.database.pool import Database
from resolvers.database.sweep_write import change
from resolvers.database.under_way import BEGINS
from resolvers.ledger.cases import acts
from resolvers.ledger.cases.acts import Act, Actor, judged
from resolvers.ledger.cases.case import PROVINCIAL, CaseEvent, CaseFile, CaseKind, Opened, fold, reader, readers_of
from resolvers.ledger.findings.finding import State
from resolvers.ledger.recording.report import Refused

MOST_FINDINGS: Final = 100


class Noted(NamedTuple):
    """It stands: which case, as its event of which number; `replayed` where it stood there before."""

    case_id: str
    number: int
    recorded_at: datetime
    replayed: bool = False


class Open(NamedTuple):
    """A case is opened on findings, named by their ids."""

    findings: tuple[str, ...]
    title: str
    text: str | None


class _TriedOnly(Exception):
    """Nothing is to be written."""

    def __init__(self, outcome: Noted) -> None:
        super().__init__()
        self.outcome = outcome


async def open_case(
    database: Database, actor: Actor, wanted: Open, reference: str, moment: datetime, *, validate_only: bool = False, make_id: Callable[[], str] | None = None
) -> Noted | Refused:
    """Open a case; the authority that opens it has it."""

    async def opening(connection: Any) -> tuple[CaseFile, CaseEvent, Sequence[case_store.FindingSeen]] | Refused:
        found = await case_store.findings(connection, wanted.findings)
        return _opened(found, wanted, actor, moment, (make_id or _new_id)())

    return await _recorded(database, actor, (wanted, "open"), reference, opening, validate_only)


async def act_in_case(
    database: Database, actor: Actor, case_id: str, act: Act, reference: str, moment: datetime, *, validate_only: bool = False
) -> Noted | Refused:
    """Do something to a case that is there; a case that the actor does not see is none."""

    async def acting(connection: Any) -> tuple[CaseFile, CaseEvent, Sequence[case_store.FindingSeen]] | Refused:
        found = await case_store.locked(connection, case_id)
        if found is None or not _sees(actor, found):
            return acts.UNKNOWN
        event = judged(found, act, actor, moment)
        if isinstance(event, Refused):
            return event
        after = fold(found.opened, [*await case_store.events(connection, case_id), event])
        # Whoever has it from now on, or has it open again, may have opened its own on a finding meanwhile.
        comes = after.state is not State.CLOSED and (event.kind == CaseKind.HANDED_OVER or found.state is State.CLOSED)
        of_case = await case_store.findings_of(connection, case_id, lock=True) if comes or event.kind == CaseKind.DECIDED else ()
        if comes and any(reader(after.authority, after.province) in each.open_with for each in of_case):
            return acts.IN_CASE if event.kind == CaseKind.DECIDED else acts.IN_THEIR_CASE
        return after, event, of_case

    told = (case_id, act, *(act.evidence() if isinstance(act, acts.Answer) else ()))
    return await _recorded(database, actor, told, reference, acting, validate_only)


async def _recorded(database: Database, actor: Actor, told: object, reference: str, decide: Any, validate_only: bool) -> Noted | Refused:
    digest = hashlib.sha256(repr(told).encode()).digest()
    try:
        async with database.transaction("ledger", first=BEGINS) as connection:
            # Of two that send the same at once the second waits here, and finds the first's.
            if (before := await case_store.reference(connection, actor.party, reference)) is not None:
                return Noted(before.case_id, before.number, before.recorded_at, True) if before.digest == digest else acts.REUSED
            decided = await decide(connection)
            if isinstance(decided, Refused):
                return decided
            file, event, findings = decided
            outcome = Noted(event.case_id, event.number, event.recorded_at)
            await case_store.put(connection, file, event, findings if event.kind == CaseKind.OPENED else ())
            await case_store.keep_reference(connection, actor.party, reference, digest, event)
            if event.kind == CaseKind.DECIDED:
                keys = [(each.code, each.id) for each in findings]
                await change(connection, keys, str(file.state), event.text or "", actor.party, event.recorded_at)
            if validate_only:
                raise _TriedOnly(outcome)
    except _TriedOnly as tried:
        return tried.outcome
    return outcome


def _opened(
    found: Sequence[case_store.FindingSeen], wanted: Open, actor: Actor, moment: datetime, case_id: str
) -> tuple[CaseFile, CaseEvent, Sequence[case_store.FindingSeen]] | Refused:
    readers = actor.readers()
    if not found or len({each.id for each in found}) != len(set(wanted.findings)) or not all(set(each.readers) & set(readers) for each in found):
        return acts.FINDING_UNKNOWN
    if len({each.party for each in found}) > 1:
        return acts.SEVERAL
    having = next((each for each in readers if all(each in one.readers for one in found)), None)
    if having is None:
        return acts.APART
    if any(having in each.open_with for each in found):
        return acts.IN_CASE
    provincial = having.startswith("province:")
    authority, province = (PROVINCIAL, having.partition(":")[2]) if provincial else (having.partition(":")[2], None)
    provinces = tuple(sorted({each for one in found for each in one.provinces}))
    owners = tuple(sorted({each for one in found for each in one.owners}))
    party = found[0].party
    opened = Opened(case_id, wanted.title, party, provinces, owners, any(party in each.readers for each in found))
    event = CaseEvent(case_id, 1, str(CaseKind.OPENED), moment, actor.party, authority, wanted.text, str(State.OPEN), None, authority, province)
    return fold(opened, [event]), event, found


def _sees(actor: Actor, file: CaseFile) -> bool:
    names = {actor.party, *actor.readers()}
    return bool(names & set(readers_of(file)))


def _new_id() -> str:
    return secrets.token_hex(16)
