"""This module is in charge of the first event of a pack: whether the code is the reporter's to give, and the facts that the pack has from then on."""

from __future__ import annotations

from resolvers.identifiers import BatteryCode, ProductType, parse_battery_code
from resolvers.ledger.chemistries import CHEMISTRY_LETTERS
from resolvers.ledger.deadlines import local_day
from resolvers.ledger.events import EventType
from resolvers.ledger.facts import PackFacts
from resolvers.ledger.recording import refusals
from resolvers.ledger.recording.plausible import implausible_modules, implausible_pack
from resolvers.ledger.recording.report import NewPack, Refused, Report, Reporter
from resolvers.ledger.recording.seen import Children, PackSeen, Seen
from resolvers.ledger.rows import Model, Module


def begun(report: Report, reporter: Reporter, seen: Seen) -> PackSeen | Refused:
    """The new pack or product, without events yet.

    Refused MANUFACTURER_CODE, PRODUCT_WITHOUT_SOURCES, MODEL_UNKNOWN, SPECIFICATION, CODE_CHEMISTRY, CODE_LEVEL, MODULE_COUNT, CELL_COUNT,
    and what no pack can be (plausible.py). Of a correction the first and MODEL_UNKNOWN alone: what it is of was judged.
    """
    code, new = parse_battery_code(report.code), report.pack
    # What the code's own maker may know of it comes after whether it is that.
    if seen.allotted.get(code.manufacturer_code) != reporter.party:
        return refusals.MANUFACTURER_CODE
    # Of one from abroad, too: nobody could say what it was made of any more.
    if code.reused and not report.sources and not report.is_correction:
        return refusals.PRODUCT_WITHOUT_SOURCES
    model = seen.models.get(new.model_id) if new is not None else None
    if new is None or model is None or model.maker != reporter.party:
        return refusals.MODEL_UNKNOWN
    # A correction says of the battery what stands (correcting.py), whatever was asked of that when it was taken.
    if report.is_correction:
        return PackSeen(_facts(report, new, model), ())
    if seen.filed.get(code.manufacturer_code + code.specification_code, model.id) != model.id:
        return refusals.SPECIFICATION
    # What its mass is held against follows from the level.
    if _holds_more(model, code):
        return refusals.CODE_LEVEL
    # A product is held against what it is made of.
    if wrong := implausible_pack(report.code, new, model, seen.rules.on(local_day(report.occurred_at)), of_model=not report.sources):
        return wrong
    letters = CHEMISTRY_LETTERS.get(model.chemistry)
    if letters is not None and code.battery_type not in letters:
        return refusals.CODE_CHEMISTRY
    return _misfilled(report, new, model, seen) or PackSeen(_facts(report, new, model), ())


def _misfilled(report: Report, new: NewPack, model: Model, seen: Seen) -> Refused | None:
    """Why this cannot be inside of it; None where it can."""
    # Of a new battery modules may stay untold; what comes out of a product at its end, nobody else can say.
    if (new.modules or report.sources) and len(new.modules) != model.module_count:
        return refusals.module_count(len(new.modules), model.module_count)
    told = sum(each.cell_count for each in new.modules)
    if new.modules and told != model.cell_count:
        return refusals.cell_count("modules", told, model.cell_count)
    if new.cells and len(new.cells) != model.cell_count:
        return refusals.cell_count("cells", len(new.cells), model.cell_count)
    return implausible_modules(new, model, seen.rules.on(local_day(report.occurred_at)))


def _holds_more(model: Model, code: BatteryCode) -> bool:
    """Whether the model is of more than the cell or module that the code is on."""
    if code.product_type is ProductType.CELL:
        return model.module_count > 0 or model.cell_count > 1
    return code.product_type is ProductType.MODULE and model.module_count > 1


def children(report: Report) -> Children:
    """What the report says to be in the new pack."""
    new = report.pack
    if new is None:
        return Children()
    modules = [Module(report.code, each.code, position, each.cell_count, each.mass_kg) for position, each in enumerate(new.modules, 1)]
    return Children(tuple(modules), new.cells)


def _facts(report: Report, new: NewPack, model: Model) -> PackFacts:
    code = parse_battery_code(report.code)
    imported = report.type is EventType.IMPORTED
    produced_on = code.produced_on if imported else local_day(report.occurred_at)
    # By what it was made of, whichever form its code has.
    is_product = bool(report.sources)
    return PackFacts(
        report.code, model.id, model.maker, model.chemistry, new.energy_of(model), model.nominal_capacity_ah,
        model.nominal_voltage_v, new.mass_of(model), model.cell_count, produced_on, is_product, new.other_scheme, new.other_value,
    )  # fmt: skip
