"""This module is in charge of the register of rules: all 24, whose each is, how grave, and where it is decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from resolvers.ledger.events import EventType
from resolvers.ledger.findings.case import Case
from resolvers.ledger.findings.finding import Found, Severity
from resolvers.ledger.findings.r01_missing_at_scrap import missing_at_scrap
from resolvers.ledger.findings.r02_duplicate_code import duplicate_code
from resolvers.ledger.findings.r04_unregistered_receiver import unregistered_receiver
from resolvers.ledger.findings.r13_prohibited_field import prohibited_field
from resolvers.ledger.findings.r14_nonswap_detached import nonswap_detached
from resolvers.ledger.findings.r16_phantom_vehicle import BINDS, phantom_vehicle
from resolvers.ledger.findings.r17_impossible_order import ORDER, impossible_order
from resolvers.ledger.findings.r19_interprovincial_unfiled import interprovincial_unfiled
from resolvers.ledger.findings.r22_waste_export import waste_export


class Decided(StrEnum):
    """When a rule can be decided: as the event arrives, or by going over what was recorded."""

    ARRIVAL = "arrival"
    SWEEP = "sweep"


class RuleEntry(NamedTuple):
    """One rule. `owners` are authorities by role; `check` is None where no code decides the rule yet.

    `kinds` are the types of accepted events that the rule looks at; of refused ones, of any type, it sees those that were refused for one of
    `attempts`: what never happened is a finding only where to try it is what the rule is about. `version` counts changes of what the rule means; its
    figures have their own versions in the rule table.
    """

    id: str
    name: str
    severity: Severity
    owners: tuple[str, ...]
    decided: Decided
    check: Callable[[Case], Found | None] | None = None
    kinds: frozenset[EventType] = frozenset()
    version: int = 1
    attempts: frozenset[str] = frozenset()


_H, _M, _I = Severity.HIGH, Severity.MEDIUM, Severity.INFO
_E = EventType
_ARRIVAL, _SWEEP = Decided.ARRIVAL, Decided.SWEEP
# PR provincial, MI MIIT, ME MEE, SA SAMR. Commerce and customs have no role on the platform yet; their name is kept.
COMMERCE, CUSTOMS = "COMMERCE", "CUSTOMS"

_TWICE: Final = ORDER | {"DUPLICATE_CODE", "RELEASED_BEFORE", "LISTED_TWICE"}
_HANDED: Final = frozenset({"PARTY_UNKNOWN"})
_SOLD: Final = frozenset({"FIELD_OF_USE_PROHIBITED", "FIELD_OF_USE_MISSING", "IS_A_PRODUCT", "NOT_A_PRODUCT", "ILLEGAL_TRANSITION"})
_DETACHED: Final = ORDER | {"NOT_CUSTODIAN", "NOT_RECEIVER", "NOT_IN_VEHICLE", "BATTERY_NOT_REPORTABLE"}
_BOUND: Final = frozenset({"CHECK", "VEHICLE_UNKNOWN", "VEHICLE_SCRAPPED", "ILLEGAL_TRANSITION"})
_EXPORTED: Final = ORDER | {"NOT_CUSTODIAN", "ROLE_MAY_NOT_REPORT"}

_ENTRIES: Final = (
    RuleEntry("R01", "MISSING_AT_SCRAP", _H, (COMMERCE, "MI"), _ARRIVAL, missing_at_scrap, frozenset({_E.VEHICLE_SCRAPPED})),
    RuleEntry("R02", "DUP_CODE", _H, ("MI",), _ARRIVAL, duplicate_code, version=2, attempts=_TWICE),
    RuleEntry("R03", "CLONED_REUSE", _H, ("SA",), _SWEEP),
    RuleEntry("R04", "UNREGISTERED_RECEIVER", _H, ("MI", "ME"), _ARRIVAL, unregistered_receiver, frozenset({_E.HANDED_OVER}), 2, _HANDED),
    RuleEntry("R05", "NOT_ON_NORM_LIST", _I, ("MI",), _SWEEP),
    RuleEntry("R06", "MASS_GAIN", _H, ("MI", "ME"), _SWEEP),
    RuleEntry("R07", "MASS_LOSS", _M, ("ME",), _SWEEP),
    RuleEntry("R08", "LOW_RECOVERY", _M, ("MI",), _SWEEP),
    RuleEntry("R09", "TOO_GOOD", _M, ("MI",), _SWEEP),
    RuleEntry("R10", "LATE", _M, ("PR",), _SWEEP),
    RuleEntry("R11", "SILENT_CUSTODY", _M, ("PR",), _SWEEP),
    RuleEntry("R12", "DWELL", _M, ("ME",), _SWEEP),
    RuleEntry("R13", "PROHIBITED_FIELD", _H, ("SA",), _ARRIVAL, prohibited_field, frozenset({_E.PRODUCT_SOLD}), attempts=_SOLD),
    RuleEntry("R14", "NONSWAP_DETACHED", _H, ("MI",), _ARRIVAL, nonswap_detached, frozenset({_E.REPLACED, _E.PACK_DETACHED}), 2, _DETACHED),
    RuleEntry("R15", "SWAP_FLAG_ABUSE", _M, ("MI",), _SWEEP),
    RuleEntry("R16", "PHANTOM_VEHICLE", _H, ("MI",), _ARRIVAL, phantom_vehicle, frozenset({*BINDS, _E.REPLACED}), attempts=_BOUND),
    # The domain's owner of R17 is "reporter": whoever sent it has to explain it, to its province.
    RuleEntry("R17", "IMPOSSIBLE_ORDER", _M, ("PR",), _ARRIVAL, impossible_order, frozenset({_E.PRODUCED, _E.IMPORTED}), attempts=ORDER),
    RuleEntry("R18", "QUOTA", _M, ("PR",), _SWEEP),
    RuleEntry("R19", "INTERPROV_UNFILED", _H, ("ME",), _ARRIVAL, interprovincial_unfiled, frozenset({_E.HANDED_OVER}), version=2),
    RuleEntry("R20", "CAPACITY", _M, ("MI",), _SWEEP),
    RuleEntry("R21", "RING", _M, ("MI",), _SWEEP),
    RuleEntry("R22", "WASTE_EXPORT", _H, ("ME", CUSTOMS), _ARRIVAL, waste_export, attempts=_EXPORTED),
    RuleEntry("R23", "SOH_JUMP", _M, ("SA",), _SWEEP),
    RuleEntry("R24", "OUTLET_GAP", _M, ("PR",), _SWEEP),
)
RULES: Final[Mapping[str, RuleEntry]] = MappingProxyType({each.id: each for each in _ENTRIES})
ON_ARRIVAL: Final = tuple(each for each in _ENTRIES if each.decided is Decided.ARRIVAL)
WATCHED: Final = frozenset[EventType]().union(*(each.kinds for each in ON_ARRIVAL))
# What looks at an accepted event of a type, and at one that was refused for a reason.
OF_KIND: Final[Mapping[EventType, tuple[RuleEntry, ...]]] = MappingProxyType({
    kind: tuple(each for each in ON_ARRIVAL if kind in each.kinds) for kind in WATCHED
})  # fmt: skip
OF_ATTEMPT: Final[Mapping[str, tuple[RuleEntry, ...]]] = MappingProxyType({
    code: tuple(each for each in ON_ARRIVAL if code in each.attempts) for code in frozenset[str]().union(*(each.attempts for each in ON_ARRIVAL))
})  # fmt: skip
