"""Who may take a battery for what: `mayAccept`, what the ledger takes of a hand-over and its receipt, and R04 say the same of every purpose and receiver."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product as pairs
from typing import Any, Final

import pytest

from resolvers import battery
from resolvers.batching import Batch
from resolvers.database.pool import Database
from resolvers.database.recording_write import insert
from resolvers.identifiers import make_credit_code
from resolvers.ledger.acceptance import Purpose
from resolvers.ledger.enterprise_rows import Enterprise, EnterpriseRole, Licence
from resolvers.ledger.events import AUTHORITIES, OPERATORS
from resolvers.ledger.recording.record import record
from resolvers.ledger.recording.report import Outcome, Recorded, Reporter
from tests.door.principals import principal, reading
from tests.recording.world import DAY_0, NOW, Book, E, code, rows

LICENCES: Final = ("COMPREHENSIVE_UTILIZATION", "SCRAPPED_VEHICLE_DISMANTLING", "VEHICLE_REPAIR")
LONG_AGO: Final = date(2020, 1, 1)
ENDED: Final = date(2026, 5, 1)
"""Before the hand-over of the world, which is on its fifth day, and before any question."""
# What a receiver lacks, by the word of `mayAccept`, and by that of R04: the first of several is said.
SAID: Final = {"NOT_ACTIVE": ("NOT_ACTIVE", "NOT_REGISTERED"), "LICENCE_MISSING": ("NO_LICENCE",), "ROLE_MAY_NOT_RECEIVE": ("NO_ROLE",)}


@dataclass(frozen=True)
class Firm:
    """Somebody that a battery is handed to."""

    uscc: str
    roles: tuple[str, ...]
    licences: tuple[str, ...] = ()
    status: str = "ACTIVE"
    ended: bool = False
    """Whether its roles and licences are of before."""
    registered: bool = True


def firms() -> list[Firm]:
    """Every role with each licence, with none; several roles, none, such as ended; suspended, unknown, authorities."""
    kinds: list[dict[str, Any]] = [{"roles": (role,), "licences": licences} for role in sorted(OPERATORS) for licences in ((), *((each,) for each in LICENCES))]
    kinds += [{"roles": roles, "licences": (LICENCES[0],)} for roles in (("CU", "RS"), ("CU", "SD"), ("BM", "CU"), ("OEM", "RS"), ())]
    kinds += [{"roles": (role,), "licences": LICENCES, "ended": True} for role in ("CU", "RS", "SD")]
    kinds += [{"roles": ("CU",), "licences": LICENCES, "status": "SUSPENDED"}, {"roles": ("CU",), "licences": LICENCES, "registered": False}]
    kinds += [{"roles": (role,)} for role in sorted(AUTHORITIES)]
    return [Firm(make_credit_code("440000", f"MATAK{number:03}", authority="9", entity_class="1"), **kind) for number, kind in enumerate(kinds)]


async def enter(database: Database, found: Sequence[Firm]) -> None:
    async with database.transaction("ledger") as connection:
        for each in found:
            if not each.registered:
                continue
            until = ENDED if each.ended else None
            await insert(connection, [Enterprise(each.uscc, "Taker", None, "44", "440300", each.status, LONG_AGO, None, None, NOW)])
            for role in each.roles:
                await insert(connection, [EnterpriseRole(each.uscc, role, LONG_AGO, until)])
            for number, activity in enumerate(each.licences):
                await insert(connection, [Licence(each.uscc, f"L-{number}", activity, "A province", LONG_AGO, until, None)])


async def asked(database: Database, firm: Firm, purpose: Purpose, numbers: Sequence[int]) -> list[list[str]]:
    """The reasons that `mayAccept` gives the firm for each pack."""
    door = reading(database, principal(firm.uscc, *(firm.roles or ("CU",))))
    told = await battery.may_accept(door, Batch([code(each) for each in numbers], (), {"purpose": str(purpose)}, exact=True))
    door.close()
    assert all(each["mayAccept"] is (not each["reasons"]) for each in told)
    return [each["reasons"] for each in told]


async def offered(book: Book, deals: Sequence[tuple[Firm, Purpose]]) -> list[Outcome]:
    """A retired pack of the swap operator's for each, by its number from 1, handed over."""
    numbers = range(1, len(deals) + 1)
    lives = (("maker", 0.1, E.PRODUCED, {}), ("maker", 1, E.SOLD, {"to": "swap"}), ("swap", 2, E.POOLED, {"details": {"pool": "P"}}),
             ("swap", 3, E.RETIRED, {"details": {"reason": "WORN"}}))  # fmt: skip
    for by, at, kind, more in lives:
        told = await book.tell(by, *(book.report(at, kind, number, **more) for number in numbers))
        assert all(isinstance(each, Recorded) for each in told), kind
    papers = {"filingNumber": "F-2026-1", "approvalNumber": "A-2026-1", "declaredMassKg": 420.0}
    sent = [book.report(4, E.HANDED_OVER, number, to=firm.uscc, details={**papers, "purpose": str(purpose)}) for number, (firm, purpose) in enumerate(deals, 1)]
    return await book.tell("swap", *sent)


async def received(book: Book, firm: Firm, number: int) -> Outcome:
    report = book.report(5, E.RECEIVED, number, details={"measuredMassKg": 420.0})
    return (await record(book.database, Reporter(firm.uscc, frozenset(firm.roles or ("CU",))), [report], NOW))[0]


async def test_what_is_asked_what_is_taken_and_what_is_found_are_one(book: Book) -> None:
    everybody = firms()
    await enter(book.database, everybody)
    deals = list(pairs(everybody, Purpose))
    told = await offered(book, deals)
    findings = {row["code"]: row for row in await rows(book.database, "select code, rule, figures::text as figures, message from battery.finding")}
    assert {row["rule"] for row in findings.values()} == {"R04"}
    spare = len(deals) + 1
    await book.in_service(spare)
    seen: set[str] = set()
    for number, ((firm, purpose), outcome) in enumerate(zip(deals, told, strict=True), 1):
        own, stranger = await asked(book.database, firm, purpose, (number, spare))
        assert isinstance(outcome, Recorded) is (firm.registered and firm.status == "ACTIVE" and not AUTHORITIES & set(firm.roles)), (firm, outcome)
        # What is said of the firm is the same whichever pack it asks for; of a pack that is on its way to it there is nothing else.
        of_firm = [each for each in stranger if each in SAID]
        assert own == of_firm if isinstance(outcome, Recorded) else [each for each in own if each in SAID] == of_firm, (firm, purpose, own)
        finding = findings.get(code(number))
        assert (finding is None) is (not of_firm), (firm, purpose, of_firm, finding)
        if finding is not None:
            figures = json.loads(finding["figures"])
            assert any(figures["reason"] in SAID[each] for each in of_firm), (firm, purpose, of_firm, figures)
            seen.add(figures["reason"])
        if not of_firm:
            assert isinstance(await received(book, firm, number), Recorded), (firm, purpose)
            assert await asked(book.database, firm, purpose, (number,)) == [["ALREADY_HELD"]]
    assert seen == {word for words in SAID.values() for word in words}
    assert len(await rows(book.database, "select from battery.finding")) == len(findings), "a receipt adds none"


@pytest.mark.parametrize(
    ("purpose", "takers"),
    [
        # Outlets of makers and automakers may be commissioned, of anybody.
        (Purpose.COLLECTION, {"BM", "OEM", "SW", "RS", "SD", "CU"}), (Purpose.STORAGE, {"BM", "OEM", "SW", "RS", "SD", "CU"}),
        (Purpose.UTILIZATION, {"CU"}), (Purpose.DISPOSAL, {"CU"}), (Purpose.VEHICLE_SCRAPPING, {"SD"}), (Purpose.REPAIR, {"RS", "OEM"}),
    ],
)  # fmt: skip
async def test_who_takes_what(book: Book, purpose: Purpose, takers: set[str]) -> None:
    """With all licences that there are."""
    found = [Firm(each.uscc, (role,), LICENCES) for each, role in zip(firms(), sorted(OPERATORS), strict=False)]
    await enter(book.database, found)
    await offered(book, [(each, purpose) for each in found])
    refused = {row["code"] for row in await rows(book.database, "select code from battery.finding where rule = 'R04'")}
    assert {each.roles[0] for number, each in enumerate(found, 1) if code(number) not in refused} == takers
    assert DAY_0.date() > ENDED
