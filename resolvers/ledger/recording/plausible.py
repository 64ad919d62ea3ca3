"""This module is in charge of figures that no battery can have: what a report says of mass and energy, held against physics, its model and what it is made of.

Every limit is a row of the rule table, marked DESIGN; on a day of which the table says nothing there is none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from itertools import accumulate
from types import MappingProxyType
from typing import Final, NamedTuple

from resolvers.identifiers import ProductType, parse_battery_code
from resolvers.ledger.deadlines import local_day
from resolvers.ledger.events import EventType
from resolvers.ledger.facts import PackFacts
from resolvers.ledger.findings.parameters import Parameters
from resolvers.ledger.recording.report import NewPack, Refused, Report
from resolvers.ledger.recovery.balance import Kind
from resolvers.ledger.rows import Model

SPECIFIC_ENERGY: Final = "plausible.specific_energy"
MODEL_DIFFERENCE: Final = "plausible.model_difference"
MASS_GAIN: Final = "plausible.mass_gain"
PRODUCT_MASS: Final = "plausible.product_mass"
COLLECTION: Final = "plausible.collection"
LEAST_MASS: Final = "plausible.least_mass"
MOST_MASS: Final = "plausible.most_mass"
INPUT_MASS: Final = "plausible.input_mass"
PRODUCT_ENERGY: Final = "plausible.product_energy"
GAIN: Final = "balance.gain"
LIMITS: Final = (SPECIFIC_ENERGY, MODEL_DIFFERENCE, MASS_GAIN, PRODUCT_MASS, PRODUCT_ENERGY, COLLECTION, LEAST_MASS, MOST_MASS, INPUT_MASS)
# Where the mass of the battery itself is told, as it is weighed at the end of a part of its life.
WEIGHED: Final = MappingProxyType({EventType.PACK_DETACHED: "massKg", EventType.DISMANTLED: "massKg", EventType.DISPOSED: "massKg"})
# Where two parties tell what it weighs, each by its own scale: that they differ, and from what its maker said, is put on record. One of them may not know
# that, so a limit that follows from it would tell it.
HANDED: Final = MappingProxyType({EventType.HANDED_OVER: "declaredMassKg", EventType.RECEIVED: "measuredMassKg"})

_REPORTED: Final = MappingProxyType({"mass_kg": "massKg", "nominal_energy_kwh": "nominalEnergyKwh"})


class Implausible(NamedTuple):
    """A figure that no battery has: the field of a pack that it is in, the rule, and why; for a report and for the line of a file alike."""

    field: str
    code: str
    message: str


def unlike_any(code: str, mass_kg: float, energy_kwh: float, model: Model, parameters: Parameters, *, of_model: bool = True) -> Implausible | None:
    """IMPLAUSIBLE_MASS: no pack, module or cell weighs that; IMPLAUSIBLE_ENERGY: more kWh than its kg can hold; MODEL_DIFFERS: mass or energy are not those of
    a pack of this model (`of_model`)."""
    if (wrong := _unlike_level(_level(code), mass_kg, energy_kwh, parameters)) is not None:
        return wrong
    apart = _limit(parameters, MODEL_DIFFERENCE)
    for field, told, rated in (("mass_kg", mass_kg, model.mass_kg), ("nominal_energy_kwh", energy_kwh, model.nominal_energy_kwh)):
        if of_model and apart is not None and abs(told - rated) > rated * apart:
            return Implausible(field, "MODEL_DIFFERS", f"The model has {rated:g}; {apart:.0%} more or less is tolerated")
    return None


def unlike_any_model(mass_kg: float, energy_kwh: float, parameters: Parameters) -> Implausible | None:
    """The first two of a model, whose figures are those of a pack: every pack of it is held against them."""
    return _unlike_level(ProductType.PACK, mass_kg, energy_kwh, parameters)


def _unlike_level(level: ProductType, mass_kg: float, energy_kwh: float, parameters: Parameters) -> Implausible | None:
    if (weighs := _weighs_nothing_like(level, mass_kg, parameters)) is not None:
        return Implausible("mass_kg", "IMPLAUSIBLE_MASS", weighs)
    most = _limit(parameters, SPECIFIC_ENERGY)
    if most is not None and energy_kwh > mass_kg * most:
        words = f"{energy_kwh:g} kWh are more than {mass_kg:g} kg can hold; {most:g} kWh for a kg are the most"
        return Implausible("nominal_energy_kwh", "IMPLAUSIBLE_ENERGY", words)
    return None


def implausible_model(model: Model, parameters: Parameters) -> Refused | None:
    """What `unlike_any_model` says of a report that declares it."""
    wrong = unlike_any_model(model.mass_kg, model.nominal_energy_kwh, parameters)
    return Refused(wrong.code, f"model.{_REPORTED[wrong.field]}: {wrong.message}.") if wrong is not None else None


def implausible_pack(code: str, new: NewPack, model: Model, parameters: Parameters, *, of_model: bool = True) -> Refused | None:
    """What `unlike_any` says of a report."""
    wrong = unlike_any(code, new.mass_of(model), new.energy_of(model), model, parameters, of_model=of_model)
    return Refused(wrong.code, f"{_REPORTED[wrong.field]}: {wrong.message}.") if wrong is not None else None


def implausible_modules(new: NewPack, model: Model, parameters: Parameters) -> Refused | None:
    """IMPLAUSIBLE_MASS: a module weighs what none does, or they weigh more than the pack, by as much as whoever takes it apart would be refused for; at the
    first with which they do."""
    weighs = new.mass_of(model)
    if (unlike := module_unlike_any([(each.code, each.mass_kg) for each in new.modules], parameters)) is not None:
        return Refused("IMPLAUSIBLE_MASS", f"modules[{unlike[0]}].massKg: {unlike[1]}.")
    found = overweight_at([each.mass_kg for each in new.modules], weighs, parameters)
    if found is None:
        return None
    more = f"{gain_of_parts(parameters):.0%} more is tolerated"
    place, total = found
    return Refused("IMPLAUSIBLE_MASS", f"modules[{place}].massKg: With it the modules weigh {total:.3f} kg, the battery {weighs:.3f} kg; {more}.")


def module_unlike_any(modules: Iterable[tuple[str, float]], parameters: Parameters) -> tuple[int, str] | None:
    """Which of the modules (from 0; code and mass in kg) is the first that weighs what none does, and why; None where each could be one."""
    found = ((place, _weighs_nothing_like(_level(code), told_kg, parameters)) for place, (code, told_kg) in enumerate(modules))
    return next(((place, wrong) for place, wrong in found if wrong is not None), None)


def overweight_at(masses_kg: Iterable[float], whole_kg: float, parameters: Parameters) -> tuple[int, float] | None:
    """Which of the parts (from 0) is the first with which they outweigh the whole, and what they weigh together with it; None where they do not."""
    totals = enumerate(accumulate(masses_kg))
    return next(((place, total) for place, total in totals if outweigh(total, whole_kg, parameters)), None)


def outweigh(parts_kg: float, whole_kg: float, parameters: Parameters) -> bool:
    """Whether parts weigh more than what they are in; half a gram is no mass but rounding."""
    return parts_kg > whole_kg * (1 + gain_of_parts(parameters)) + 0.0005


def gain_of_parts(parameters: Parameters) -> float:
    """What parts may weigh more than the whole, as a ratio; a day before the table begins tolerates nothing."""
    row = parameters.row(GAIN, Kind.MECHANICAL)
    return float(row.value) if row is not None else 0.0


def implausible_product(new: NewPack | None, sources: Collection[PackFacts], parameters: Parameters) -> Refused | None:
    """PRODUCT_MASS, PRODUCT_ENERGY: the product weighs or holds more than what it is made of lets it."""
    mass, energy = (new.mass_kg or 0.0, new.nominal_energy_kwh or 0.0) if new is not None else (0.0, 0.0)
    had_kg, had_kwh = sum(each.mass_kg for each in sources), sum(each.nominal_energy_kwh for each in sources)
    heavier, stronger = _limit(parameters, PRODUCT_MASS), _limit(parameters, PRODUCT_ENERGY)
    if heavier is not None and mass > had_kg * heavier:
        return Refused("PRODUCT_MASS", f"massKg: {mass:g} kg are made of {had_kg:g} kg; {heavier:g} times as much is the most.")
    if stronger is not None and energy > had_kwh * stronger:
        return Refused("PRODUCT_ENERGY", f"nominalEnergyKwh: {energy:g} kWh are made of {had_kwh:g} kWh; {stronger:g} times as much is the most.")
    return None


def implausible_end(report: Report, facts: PackFacts, parameters: Parameters) -> Refused | None:
    """IMPLAUSIBLE_MASS; COLLECTION_DAY: the day on which it is taken back has been, or is further away than a promise reaches."""
    if report.type in HANDED:
        return _handed_mass(report, parameters)
    if report.type is not EventType.TAKE_BACK_ACCEPTED:
        return _mass(report, facts, parameters)
    on, most = report.details["collectOn"], _limit(parameters, COLLECTION)
    days = ((date.fromisoformat(on) if isinstance(on, str) else on) - local_day(report.occurred_at)).days
    if days < 0 or (most is not None and days > most):
        until = f", and at most {most:g} days after it" if most is not None else ""
        return Refused("COLLECTION_DAY", f"collectOn: It has to be on the day of the answer or later{until}.")
    return None


def _mass(report: Report, facts: PackFacts, parameters: Parameters) -> Refused | None:
    field = WEIGHED.get(report.type)
    told = report.details.get(field) if field is not None else None
    if field is None or told is None:
        return None
    if (wrong := weighs_nothing_like(report.code, field, told, parameters)) is not None:
        return wrong
    gain = _limit(parameters, MASS_GAIN)
    if gain is None or told <= facts.mass_kg * (1 + gain):
        return None
    # Every reporter reads category A, and its mass is of that, whoever names the code.
    return Refused("IMPLAUSIBLE_MASS", f"{field}: {told:g} kg of a battery of {facts.mass_kg:g} kg; {gain:.0%} more is tolerated.")


def _handed_mass(report: Report, parameters: Parameters) -> Refused | None:
    """Held against what any pack, module or cell can weigh; which of them it is, its code says to everybody."""
    field = HANDED[report.type]
    told = report.details.get(field)
    return weighs_nothing_like(report.code, field, told, parameters) if told is not None else None


def weighs_nothing_like(code: str, field: str, told_kg: float, parameters: Parameters) -> Refused | None:
    """IMPLAUSIBLE_MASS: no pack, module or cell, as which of them the code is, weighs that; whatever this one does."""
    wrong = _weighs_nothing_like(_level(code), told_kg, parameters)
    return Refused("IMPLAUSIBLE_MASS", f"{field}: {wrong}.") if wrong is not None else None


def least_of_input(weighed_kg: float, parameters: Parameters) -> float:
    """What a battery that goes into a batch whole weighs at least, of what it weighed when it came; 0 on a day of which the table says nothing."""
    return weighed_kg * (_limit(parameters, INPUT_MASS) or 0.0)


def _level(code: str) -> ProductType:
    return parse_battery_code(code).product_type


def _weighs_nothing_like(level: ProductType, told_kg: float, parameters: Parameters) -> str | None:
    least, most = _limit(parameters, LEAST_MASS, level.name), _limit(parameters, MOST_MASS, level.name)
    if least is None or most is None or least <= told_kg <= most:
        return None
    return f"No {level.name.lower()} weighs that; it has to be from {least:,g} to {most:,g} kg"


def _limit(parameters: Parameters, name: str, node: str = "") -> float | None:
    row = parameters.row(name, node)
    return float(row.value) if row is not None else None
