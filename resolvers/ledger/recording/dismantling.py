"""This module is in charge of dismantling as it is reported: one report ends the pack and begins a life for each module and cell that it released.

What is in a pack was told when it was made. A module that is taken apart later releases cells in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final, NamedTuple

from resolvers.identifiers import parse_battery_code
from resolvers.ledger.deadlines import local_day
from resolvers.ledger.effects import RELEASED
from resolvers.ledger.events import EventType
from resolvers.ledger.facts import PackFacts
from resolvers.ledger.findings.parameters import Parameters
from resolvers.ledger.recording import refusals
from resolvers.ledger.recording.inheriting import holding
from resolvers.ledger.recording.life import Life
from resolvers.ledger.recording.plausible import gain_of_parts, outweigh, weighs_nothing_like
from resolvers.ledger.recording.report import Refused, Report
from resolvers.ledger.recording.seen import Children, PackSeen, Seen
from resolvers.ledger.rows import Module

KNOWN_TWICE: Final = "RELEASED_BEFORE"


class Item(NamedTuple):
    """A module or cell that comes out: what it is from now on, and what is in it."""

    facts: PackFacts
    children: Children

    @property
    def seen(self) -> PackSeen:
        """It, without events yet."""
        return PackSeen(self.facts, ())


def unreleasable(report: Report, parent: Life, life: Callable[[str], Life | None], seen: Seen) -> Refused | None:
    """Why the pack is not dismantled as reported; None where it is.

    RELEASED_MISSING: the ledger knows modules or cells of it that can be named, and none is; of the code at a place: RELEASED_REPEATED, RELEASED_UNKNOWN
    (it is no module or cell of this pack), RELEASED_INSIDE (the module that the cell is in is released whole), RELEASED_BEFORE (there is an item of this code);
    RELEASED_COUNT: another number of modules is told; IMPLAUSIBLE_MASS: no module or cell weighs that; RELEASED_MASS: they weigh more
    than the pack.
    """
    children = parent.children
    if not report.released:
        # Of a pack that was told with codes of another's inside nothing may be left to name: who takes it apart is not held up by that.
        return refusals.RELEASED_MISSING if any(code not in seen.listed for code in children.codes) else None
    wrong = _misnamed(report, children, life)
    if wrong is not None:
        return wrong
    modules = sum(each.code in _modules(children) for each in report.released)
    if report.details.get("modules", modules) != modules:
        return Refused("RELEASED_COUNT", f"modules: {report.details['modules']} modules are told, {modules} are named in released.")
    parameters = seen.rules.on(local_day(report.occurred_at))
    weighed = ((f"released[{place}].massKg", each) for place, each in enumerate(report.released))
    wrongs = (weighs_nothing_like(each.code, field, each.mass_kg, parameters) for field, each in weighed if each.mass_kg is not None)
    return next((each for each in wrongs if each is not None), None) or _overweight(report, parent, parameters)


def items(report: Report, parent: Life) -> list[Item]:
    """What comes out, in the order of the report; of codes that `unreleasable` let pass."""
    modules = _modules(parent.children)
    inside = {cell: module for module in modules.values() for cell in parent.children.inside(module.module_code)}
    return [
        _module(parent, modules[each.code], each.mass_kg) if each.code in modules else _cell(parent, each.code, inside.get(each.code), each.mass_kg)
        for each in report.released
    ]


def ending(report: Report, released: list[Item]) -> Report:
    """What is told of the pack: what came out, with its masses."""
    told = [{"code": each.facts.code, "massKg": each.facts.mass_kg} for each in released]
    return replace(report, details={**report.details, RELEASED: told}, released=()) if told else report


def beginnings(report: Report, parent: Life, released: list[Item]) -> Iterator[Report]:
    """What is told of each item: where it came from, and what has to be known of that by whoever gets it."""
    told: dict[str, Any] = {"parentCode": parent.facts.code}
    if parent.fold.origin is not None:
        told["originProvince"] = parent.fold.origin
    told |= holding(parent.safety_class, parent.fold.recalls)
    for each in released:
        yield replace(report, type=EventType.RELEASED, code=each.facts.code, details={**told, "massKg": each.facts.mass_kg}, released=())


def _misnamed(report: Report, children: Children, life: Callable[[str], Life | None]) -> Refused | None:
    modules, cells = _modules(children), frozenset(children.cells)
    named, within = set[str](), dict[str, str]()
    for each in report.released:
        within.update(dict.fromkeys(children.inside(each.code), each.code) if each.code in modules else {})
    for place, each in enumerate(report.released):
        if each.code in named:
            return _at(place, "RELEASED_REPEATED", "the code is named twice")
        named.add(each.code)
        if each.code not in modules and each.code not in cells:
            return _at(place, "RELEASED_UNKNOWN", "the code is no module or cell of this battery, as its maker reported it")
        if each.code in within:
            return _at(place, "RELEASED_INSIDE", "the cell is in a module that is released whole")
        if life(each.code) is not None:
            return _at(place, KNOWN_TWICE, "there is an item of this code already; a module or cell is released once. Leave it out of this report")
    return None


def _overweight(report: Report, parent: Life, parameters: Parameters) -> Refused | None:
    weighs, total = parent.facts.mass_kg, sum(each.facts.mass_kg for each in items(report, parent))
    if outweigh(total, weighs, parameters):
        more = f"{gain_of_parts(parameters):.0%} more is tolerated"
        return Refused("RELEASED_MASS", f"released: {total:.3f} kg came out of a battery that weighs {weighs:.3f} kg; {more}.")
    return None


def _at(place: int, code: str, message: str) -> Refused:
    return Refused(code, f"released[{place}].code: {message}.")


def _modules(children: Children) -> dict[str, Module]:
    return {each.module_code: each for each in children.modules}


def _module(parent: Life, module: Module, mass_kg: float | None) -> Item:
    cells = parent.children.inside(module.module_code)
    return Item(_facts(parent.facts, module.module_code, module.cell_count, module.mass_kg if mass_kg is None else mass_kg), Children((), cells))


def _cell(parent: Life, code: str, own: Module | None, mass_kg: float | None) -> Item:
    share = own.mass_kg / own.cell_count if own is not None else parent.facts.mass_kg / max(parent.facts.cell_count, 1)
    return Item(_facts(parent.facts, code, 1, share if mass_kg is None else mass_kg), Children())


def _facts(parent: PackFacts, code: str, cells: int, mass_kg: float) -> PackFacts:
    """Rated values by the share of cells. Energy is exactly that; voltage and capacity are, where all cells of the pack are in series."""
    share = min(cells / max(parent.cell_count, 1), 1.0)
    return PackFacts(
        code, parent.model_id, parent.maker, parent.chemistry, parent.nominal_energy_kwh * share, parent.nominal_capacity_ah,
        parent.nominal_voltage_v * share, mass_kg, cells, parse_battery_code(code).produced_on,
    )  # fmt: skip
