"""This module is in charge of who may report what of a pack: role, and relation to the pack as it stands.

Law: a reporter that has no relation to a pack at all gets the answer of a pack that does not exist. One that has some relation, but not the one the
event needs, is told which.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from resolvers.ledger.events import AUTHORITIES, EVENTS, EventType
from resolvers.ledger.fold import AUTOMAKER, CUSTODIAN, JURISDICTION, Fold, NotKept
from resolvers.ledger.recording.allowed import made_vehicle, stands
from resolvers.ledger.recording.life import Life
from resolvers.ledger.recording.refusals import GROUP, NOT_REPORTABLE, VEHICLE_UNKNOWN
from resolvers.ledger.recording.report import Refused, Report, Reporter
from resolvers.ledger.recording.scrapping import OF_WHOLE, is_absent
from resolvers.ledger.states import Status, possible
from resolvers.ledger.take_back import is_asked

_NATIONAL: Final = AUTHORITIES - {"PR"}
_TAKES_OUT: Final = frozenset({EventType.SWAP_OUT, EventType.PACK_DETACHED})
_ON_VEHICLES: Final = frozenset({"OEM", "SW", "RS", "SD"})
"""Who reads of a pack in its custody which vehicle it came from (category D). Nobody else tries out vehicles that a pack may have been in."""
_MENDS: Final = frozenset({"BM", "OEM", "RS"})
Relation = Callable[[Fold, Report, Reporter], bool]


def reporting_roles(event: EventType, reporter: Reporter) -> list[str]:
    """The reporter's roles that may report the event, sorted."""
    return sorted(EVENTS[event].reporters & reporter.roles)


def refusal(fold: Fold, report: Report, reporter: Reporter) -> Refused | None:
    """Why the reporter may not report this of the pack as it stands; None where it may."""
    if holds(fold, report, reporter):
        return None
    if not related(fold, reporter):
        return NOT_REPORTABLE
    return stands(fold, VEHICLE_UNKNOWN if _hangs_on_vehicle(fold, report, reporter) else unrelated_to(report), reporter)


def holds(fold: Fold, report: Report, reporter: Reporter) -> bool:
    """Whether the reporter has to the battery what the event needs."""
    return _NEEDED[report.type][2](fold, report, reporter)


def _hangs_on_vehicle(fold: Fold, report: Report, reporter: Reporter) -> bool:
    """Whether it is the vehicle that is named that is wrong. Of one that others made nothing is said, not that it is there either."""
    beside = _BESIDE_VEHICLE.get(report.type)
    if report.vin is None or beside is None or not beside(fold, report, reporter):
        return False
    vehicle = fold.known.vehicles.get(report.vin)
    return vehicle is None or vehicle.automaker != reporter.party


def with_group(life: Life | None, report: Report, reporter: Reporter) -> Refused:
    """What is refused for a report that it belongs with, with where the battery stands: that it would be taken by itself proves the relation that is needed.
    Which batteries are in a vehicle that is told as a whole is not told by that."""
    if life is None or (OF_WHOLE in report.details and not related(life.fold, reporter)):
        return GROUP
    return stands(life.fold, GROUP, reporter)


def unrelated_to(report: Report) -> Refused:
    """The refusal of who has to do with the battery, and not what the event needs."""
    code, words, _holds = _NEEDED[report.type]
    return Refused(code, words)


def related(fold: Fold, reporter: Reporter) -> bool:
    """Whether the reporter ever had a relation to the pack, or answers for it."""
    if reporter.roles & _NATIONAL or fold.facts.maker == reporter.party:
        return True
    names = {reporter.party, *("province:" + each for each in reporter.jurisdiction)}
    return any(grantee in names for grantee, _relation, _since in fold.grants)


def is_out(fold: Fold, report: Report) -> bool:
    """Whether it is to be taken out of a vehicle, and is in none where it stands; of a product in its buyer's use that does not follow from where it stands."""
    return report.type in _TAKES_OUT and fold.bound < 0 and fold.standing is not None and report.type not in possible(fold.standing)


def could_follow(fold: Fold, report: Report) -> bool:
    """Whether what moves the battery may be told of it where it stands, at that time."""
    return fold.standing is not None and report.type in possible(fold.standing) and (fold.at is None or fold.at <= report.occurred_at)


def _holder(fold: Fold, _report: Report, reporter: Reporter) -> bool:
    return fold.holder == reporter.party


def _receiver(fold: Fold, _report: Report, reporter: Reporter) -> bool:
    return fold.pending >= 0 and fold.custody[fold.pending].outcome == "PENDING" and fold.custody[fold.pending].holder == reporter.party


def _automaker(fold: Fold, _report: Report, reporter: Reporter) -> bool:
    """It made the vehicle that the pack is in."""
    return made_vehicle(fold, reporter.party)


def _knows_vehicle(fold: Fold, report: Report, _reporter: Reporter) -> bool:
    """It names the vehicle that the pack is in: who has the car before it can."""
    return fold.bound >= 0 and fold.vin == report.vin


def _knew_vehicle(fold: Fold, report: Report, reporter: Reporter) -> bool:
    """It names the vehicle that the pack is in; who works on vehicles may name one that it was in: it had the car before it then, and when the pack left
    that is not its to know."""
    return _knows_vehicle(fold, report, reporter) or (bool(reporter.roles & _ON_VEHICLES) and fold.was_in(report.vin))


def _scraps(fold: Fold, report: Report, reporter: Reporter) -> bool:
    """It names the vehicle that the pack is in; of a vehicle without packs, one that the pack was in (together.py looked it up)."""
    return _knows_vehicle(fold, report, reporter) or (OF_WHOLE in report.details and is_absent(report) and fold.was_in(report.vin))


def _sells_vehicle(fold: Fold, report: Report, reporter: Reporter) -> bool:
    return _automaker(fold, report, reporter) and _knows_vehicle(fold, report, reporter)


def _takes_out(fold: Fold, report: Report, reporter: Reporter) -> bool:
    """Its custodian, who names no other vehicle than the one that the pack is in; of one that is in none, where it stands says what is wrong."""
    return _holder(fold, report, reporter) and (report.vin is None or is_out(fold, report) or _knows_vehicle(fold, report, reporter))


def _replaces(fold: Fold, report: Report, reporter: Reporter) -> bool:
    """Which of the two it is follows from where it stands; the report may not say that it is the other one."""
    if _is_taken_out(fold, report, reporter):
        return _knows_vehicle(fold, report, reporter)
    return not _is_in_service(fold) and "newCode" not in report.details and _holder(fold, report, reporter)


def _is_taken_out(fold: Fold, report: Report, _reporter: Reporter) -> bool:
    return _is_in_service(fold) and "oldCode" not in report.details


def _is_in_service(fold: Fold) -> bool:
    return fold.standing is not None and fold.standing.status is Status.IN_SERVICE


def _anybody(_fold: Fold, _report: Report, _reporter: Reporter) -> bool:
    return True


def _in_vehicle(fold: Fold, report: Report, reporter: Reporter) -> bool:
    """Holder, or, while a vehicle is the holder, that vehicle's maker."""
    return _holder(fold, report, reporter) if fold.holder is not None else _automaker(fold, report, reporter)


def _registers(fold: Fold, report: Report, reporter: Reporter) -> bool:
    return _in_vehicle(fold, report, reporter) or _supervises(fold, reporter)


def _misses(fold: Fold, report: Report, reporter: Reporter) -> bool:
    return _in_vehicle(fold, report, reporter) or _supervises(fold, reporter)


def _finds(fold: Fold, report: Report, reporter: Reporter) -> bool:
    """Who held it last, who made the vehicle it was in, or an authority."""
    return _misses(fold, report, reporter) or (reporter.party, AUTOMAKER) in fold.open


def _supervises(fold: Fold, reporter: Reporter) -> bool:
    if reporter.roles & _NATIONAL:
        return True
    return "PR" in reporter.roles and any(("province:" + each, JURISDICTION) in fold.open for each in reporter.jurisdiction)


def _measures(fold: Fold, report: Report, reporter: Reporter) -> bool:
    """Custodian, then or now; the maker of a vehicle that it was in; or who names the vehicle that it is or was in."""
    if report.vin is not None:
        return _knew_vehicle(fold, report, reporter)
    return _held_then(fold, report, reporter) or (reporter.party, AUTOMAKER) in fold.open


def _held_then(fold: Fold, report: Report, reporter: Reporter) -> bool:
    held = [each for each in fold.grants if each[:2] == (reporter.party, CUSTODIAN)]
    if any(each[2] <= report.occurred_at and ((until := fold.grants[each]) is None or report.occurred_at < until) for each in held):
        return True
    # Of who held it more than once, the last time is kept.
    if fold.kept_at and held and report.occurred_at < min(each[2] for each in held):
        raise NotKept(fold.facts.code)
    return False


def _attends(fold: Fold, report: Report, reporter: Reporter) -> bool:
    """As who measures, or its maker, which reads no VIN: what it names has to be the vehicle, as of everybody."""
    return (report.vin is None and fold.facts.maker == reporter.party) or _measures(fold, report, reporter)


def _remedies(fold: Fold, report: Report, reporter: Reporter) -> bool:
    """A recycler is the maker of its products, and mends no other battery: a recalled one that it holds would be under no recall any more by its word."""
    mends = bool(reporter.roles & _MENDS) or fold.facts.maker == reporter.party
    return mends and _attends(fold, report, reporter)


def _recalls(fold: Fold, _report: Report, reporter: Reporter) -> bool:
    """Who made the pack or a vehicle that it was in, or the authority that orders recalls."""
    return fold.facts.maker == reporter.party or (reporter.party, AUTOMAKER) in fold.open or "SA" in reporter.roles


def _comes_upon(_fold: Fold, report: Report, reporter: Reporter) -> bool:
    """Whoever found it; who is to take it is said by an authority of the place alone."""
    if reporter.roles & _NATIONAL or ("PR" in reporter.roles and report.province in reporter.jurisdiction):
        return True
    return report.counterparty is None and bool(reporter.roles - AUTHORITIES)


def _is_asked(fold: Fold, _report: Report, reporter: Reporter) -> bool:
    return is_asked(fold, reporter.party)


_ASKED: Final = "Only who was asked to take the battery back, and has not answered, reports this."
_HOLDER: Final = ("NOT_CUSTODIAN", "Only the custodian of the battery reports this.", _holder)
_VEHICLE: Final = ("NOT_IN_VEHICLE", "The battery is not in the vehicle that is named.", _knows_vehicle)
_OUT: Final = ("NOT_CUSTODIAN", "Only the custodian of the battery reports this, and names the vehicle that it is in.", _takes_out)
_NEEDED: Final[Mapping[EventType, tuple[str, str, Relation]]] = MappingProxyType({
    EventType.SOLD: _HOLDER,
    EventType.INSTALLED: ("NOT_AUTOMAKER", "Only the custodian of the battery installs it, in a vehicle that it made.", _holder),
    EventType.VEHICLE_SOLD: ("NOT_AUTOMAKER", "Only the maker of the vehicle that the battery is in reports this, and names that vehicle.", _sells_vehicle),
    EventType.POOLED: _HOLDER,
    EventType.SWAP_IN: _HOLDER,
    EventType.SWAP_OUT: _OUT,
    EventType.MAINTAINED: ("NOT_IN_VEHICLE", "The battery is not in the vehicle that is named, and was not.", _knew_vehicle),
    EventType.REPLACED: ("NOT_IN_VEHICLE", "The old battery is not in the vehicle that is named, or you do not hold the new one.", _replaces),
    EventType.REINSTALLED: _HOLDER,
    EventType.OWNER_CHANGED: ("NOT_CUSTODIAN", "Only the custodian, the vehicle's maker or the registration authority reports this.", _registers),
    EventType.RETIRED: _HOLDER,
    EventType.VEHICLE_SCRAPPED: (*_VEHICLE[:2], _scraps),
    EventType.PACK_DETACHED: _OUT,
    EventType.HANDED_OVER: _HOLDER,
    EventType.RECEIVED: ("NOT_RECEIVER", "Only the receiver of a pending hand-over answers it.", _receiver),
    EventType.REJECTED: ("NOT_RECEIVER", "Only the receiver of a pending hand-over answers it.", _receiver),
    EventType.GRADED: _HOLDER,
    EventType.DISMANTLED: _HOLDER,
    EventType.REPROCESSED: _HOLDER,
    EventType.PRODUCT_SOLD: _HOLDER,
    EventType.RECYCLED: _HOLDER,
    EventType.DISPOSED: _HOLDER,
    EventType.EXPORTED: ("NOT_CUSTODIAN", "Only the custodian, or the maker of the vehicle that the battery is in, exports it.", _in_vehicle),
    EventType.REPORTED_MISSING: ("NOT_CUSTODIAN", "Only the custodian, the vehicle's maker or an authority of the place reports this.", _misses),
    EventType.FOUND: ("NOT_CUSTODIAN", "Only the custodian, the vehicle's maker or an authority of the place reports this.", _finds),
    EventType.HEALTH_MEASURED: ("NOT_CUSTODIAN", "Only the custodian of then or now, a vehicle's maker, or who names the vehicle reports this.", _measures),
    EventType.SAFETY_EVENT: ("NOT_CUSTODIAN", "Only its maker, the custodian of then or now, or who names the vehicle it is in reports this.", _attends),
    EventType.RECALLED: ("NOT_MAKER", "Only the maker of the battery or of the vehicle it was in, or the authority for recalls, reports this.", _recalls),
    EventType.RECALL_REMEDIED: (
        "NOT_CUSTODIAN", "Only its maker, the custodian, or who names the vehicle it is in reports this; a recycler of its own products alone.", _remedies
    ),
    EventType.TAKE_BACK_REQUESTED: _HOLDER,
    EventType.TAKE_BACK_ACCEPTED: ("NO_TAKE_BACK_PENDING", _ASKED, _is_asked),
    EventType.TAKE_BACK_REFUSED: ("NO_TAKE_BACK_PENDING", _ASKED, _is_asked),
    EventType.FOUND_ABANDONED: ("NOT_AUTHORITY", "Who takes the battery is said by an authority of the place where it was found.", _comes_upon),
})  # fmt: skip
# Whose report names the vehicle that the battery is in, and what it needs beside that.
_BESIDE_VEHICLE: Final[Mapping[EventType, Relation]] = MappingProxyType({
    EventType.VEHICLE_SOLD: _automaker, EventType.SWAP_OUT: _holder, EventType.PACK_DETACHED: _holder, EventType.REPLACED: _is_taken_out,
    EventType.MAINTAINED: _anybody, EventType.VEHICLE_SCRAPPED: _anybody, EventType.HEALTH_MEASURED: _anybody, EventType.SAFETY_EVENT: _anybody,
    EventType.RECALL_REMEDIED: _anybody,
})  # fmt: skip
NEEDING: Final = frozenset(_NEEDED)
"""What a reporter needs a relation for: all but what begins a battery."""
