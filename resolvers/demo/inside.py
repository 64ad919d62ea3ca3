"""This module is in charge of what packs of the demo are and what is in them: facts, modules and cells; and of modules that come out and go on."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from resolvers.demo.lives import Block, Life
from resolvers.demo.registry import Firm
from resolvers.identifiers import ProductType
from resolvers.ledger.events import EVENTS, EventType
from resolvers.ledger.facts import Known, PackFacts
from resolvers.ledger.recording import dismantling
from resolvers.ledger.recording.life import Life as Recorded
from resolvers.ledger.recording.report import ReleasedItem, Report
from resolvers.ledger.recording.seen import Children, PackSeen
from resolvers.ledger.rows import CellList, Event, Module

_THREE_DIGITS: Final = tuple([f"{number:03}" for number in range(1000)])
_APART: Final = ("DISMANTLED", "RECYCLED", "REPROCESSED")


class Part(Life):
    """A module that came out of a pack: what it is, and what was told of it since."""

    __slots__ = ("facts",)

    def __init__(self, block: Block, parent: Life, facts: PackFacts, began: Event) -> None:
        self.block, self.number, self.design, self.facts = block, parent.number, parent.design, facts
        self.produced_on, self.code = facts.produced_on, facts.code
        self.events, self.health, self.safety = [began], [], []
        self.at = self.measured_at = began.occurred_at
        self.recorded, self.province = began.recorded_at, parent.province
        self.soh, self.cycles, self.rate = parent.soh, parent.cycles, 0.0


def facts_of(life: Life) -> PackFacts:
    """What the pack is from its first day."""
    if isinstance(life, Part):
        return life.facts
    row, product = life.design.row, life.design.is_product
    # A reprocessed storage battery may carry a code of another scheme too; its form is not public, so it stays opaque.
    other = ("GB_T_45565", f"DEMO-{life.number:09}") if product and life.number % 4 == 0 else (None, None)
    return PackFacts(
        life.code, row.id, row.maker, row.chemistry, row.nominal_energy_kwh, row.nominal_capacity_ah, row.nominal_voltage_v, row.mass_kg,
        row.cell_count, life.produced_on, product, *other,
    )  # fmt: skip


def modules_of(life: Life) -> Iterator[Module]:
    """The modules that the pack's maker told of; whoever makes a product of used batteries tells of its, too."""
    row = life.design.row
    if row.module_count and not isinstance(life, Part):
        head = life.design.child_code(ProductType.MODULE, life.produced_on, 1)[:17]
        # Together they have all cells of the pack: the first ones have one more where these do not divide.
        (cells, more), mass = divmod(row.cell_count, row.module_count), round(row.mass_kg * 0.78 / row.module_count, 2)
        for position in range(1, row.module_count + 1):
            yield Module(life.code, f"{head}{(life.number * 24 + position - 1) % 9_999_999 + 1:07}", position, cells + (position <= more), mass)


def cells_of(life: Life, status: str) -> Iterator[CellList]:
    """The cells of packs that were taken apart; of others the demo keeps none."""
    if status in _APART and not life.design.is_product and not isinstance(life, Part):
        head = life.design.child_code(ProductType.CELL, life.produced_on, 1)[:17]
        start = life.number * 31 % 8_900_000
        # From a million on, so that every serial has its seven digits.
        first = 1_000_000 + start
        heads, text = _numbered(head, first, first + life.design.row.cell_count)
        yield CellList(life.code, zlib.compress(text.encode(), 1), heads)


def _numbered(head: str, first: int, end: int) -> tuple[tuple[str, ...], str]:
    """The codes from `first` up to `end`, one a line, and what they begin with, up to the last three digits: by thousands, as making each number is slow."""
    heads, lines = list[str](), list[str]()
    for thousand in range(first // 1000, (end - 1) // 1000 + 1):
        begun = f"{head}{thousand:04}"
        heads.append(begun)
        lines.append(begun + ("\n" + begun).join(_THREE_DIGITS[max(first - thousand * 1000, 0) : end - thousand * 1000]))
    return tuple(heads), "\n".join(lines)


def take_apart(block: Block, life: Life, at: datetime, firm: Firm) -> list[Part]:
    """The pack ends, and each of its modules begins a life, as the ledger makes them of one report; they are kept with the block."""
    modules = tuple(modules_of(life))
    details: dict[str, Any] = {"modules": len(modules), "massKg": round(life.design.row.mass_kg * 0.995, 1)}
    before = tuple(life.events)
    life.tell(EventType.DISMANTLED, at, firm, details=details)
    told = life.events[-1]
    known = Known(block.registry.provinces, {car.vin: car.facts for car in block.cars})
    parent = Recorded(PackSeen(facts_of(life), before, tuple(life.health), tuple(life.safety)), known, Children(modules, ()))
    released = tuple(ReleasedItem(each.module_code) for each in modules)
    report = Report(EventType.DISMANTLED, life.code, told.occurred_at, "", details, released=released)
    items = dismantling.items(report, parent)
    life.events[-1] = told._replace(details=dismantling.ending(report, items).details)
    parts = [Part(block, life, item.facts, _began(each, told)) for item, each in zip(items, dismantling.beginnings(report, parent, items), strict=True)]
    block.parts += parts
    return parts


def _began(report: Report, told: Event) -> Event:
    kind = EventType.RELEASED
    return Event(
        report.code, 1, kind, EVENTS[kind].category, told.occurred_at, told.recorded_at, told.reporter, None, None, told.province, None, False, None,
        report.details,
    )  # fmt: skip
