"""This module is in charge of a code being given once: what a new battery is, and what is in it, under codes that no other battery, module or cell has.

Who holds the manufacturer code gave the code, and is told that it was given before. Of a code of somebody else's, as of cells that were bought, it may not
learn that much: the report stands, and what is wrong with it is a finding for the authorities (R02).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

from resolvers.identifiers import ProductType, parse_battery_code
from resolvers.ledger.events import EventType
from resolvers.ledger.findings.r02_duplicate_code import GIVEN, IN
from resolvers.ledger.recording import refusals
from resolvers.ledger.recording.life import Life
from resolvers.ledger.recording.report import Refused, Report
from resolvers.ledger.recording.seen import Children

LifeOf = Callable[[str], Life | None]


class Twice(NamedTuple):
    """A code that was given before: its field in the report, and the battery that has it or has it inside."""

    field: str
    code: str
    owner: str


def codes_of(report: Report) -> Iterator[tuple[str, str]]:
    """The codes that a beginning gives, each with its field: of the battery where it is a module or cell itself, and of what is in it.

    A pack's own is a row of the ledger, if it was given before: no list of modules or cells may name it.
    """
    if report.pack is None or report.is_correction:
        return iter(())
    own = [("code", report.code)] if parse_battery_code(report.code).product_type is not ProductType.PACK else []
    modules = ((f"modules[{place}].code", each.code) for place, each in enumerate(report.pack.modules))
    return chain(own, modules, ((f"cells[{place}]", each) for place, each in enumerate(report.pack.cells)))


class Listing:
    """The codes that were told to be in batteries: those that the ledger has, and those of the batch.

    Lives are asked for by who has them: with a method of its docket in hand a listing would keep it, and all that was read for a batch, until the
    collector comes.
    """

    def __init__(self, seen: Mapping[str, str]) -> None:
        self._seen = seen
        self._told: dict[str, str] = {}

    def told(self, code: str, children: Children) -> None:
        """A battery began, with this inside."""
        self._told.update(dict.fromkeys(children.codes, code))

    def owner(self, code: str, life_of: LifeOf) -> str | None:
        """The battery that has the code, or has it inside; None where nobody gave it."""
        if (stored := self._seen.get(code)) is not None:
            return stored
        told = self._told.get(code)
        # What was told with a report that was refused in the end was not told.
        if told is not None and (life := life_of(told)) is not None and code in life.children.codes:
            return told
        return code if life_of(code) is not None else None

    def twice(self, report: Report, life_of: LifeOf) -> Iterator[Twice]:
        """The codes of a new battery that were given before, in their order."""
        own = report.code
        for field, code in codes_of(report):
            owner = own if field != "code" and code == own else self.owner(code, life_of)
            if owner is not None:
                yield Twice(field, code, owner)


def refused(twice: Twice) -> Refused:
    """The answer to who holds the manufacturer code, the same whoever has the code; where the battery that has it stands is told to who has to do with that."""
    if twice.field == "code":
        return refusals.DUPLICATE_CODE
    message = f"{twice.field}: A battery, module or cell with this code was reported before; a code is given once."
    return refusals.DUPLICATE_CODE._replace(message=message)


def told_of(twice: Twice, report: Report) -> Report:
    """The same as of the battery that had the code first, whose finding it is."""
    details = {GIVEN: twice.code, IN: report.code}
    return replace(report, type=EventType.PRODUCED, code=twice.owner, details=details, pack=None, sources=())
