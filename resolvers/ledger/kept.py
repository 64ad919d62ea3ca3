"""This module is in charge of the state of a fold that is kept beside a long life, so that a report need not read and fold the life from its first event.

Kept is what later events can depend on or change: where the pack stands, its open rows, the last of each kind that may count, and how many others there are.
Its length does not grow with the number of events. What it lacks (a correction of an old event, the first event's words) is asked of the whole life: the
fold says NotKept and the report is judged again with all events. The events stay the only truth: `cellgate ledger rebuild` folds them and proves each state.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, NamedTuple

from resolvers.ledger.facts import Known, PackFacts
from resolvers.ledger.fold import CUSTODIAN, PRODUCT, Fold, latest_of, safety_class
from resolvers.ledger.projection import apply, effective
from resolvers.ledger.rows import Custody, Event, Health, Installation, Lineage, SafetyEvent, TakeBack
from resolvers.ledger.states import Standing, Status

LAW: Final = 4
"""To be raised with every change of what a fold makes of the same events: states of another law are not gone on from."""
EVERY: Final = 64
"""After so many events since the last kept state another is kept. Most packs have fewer in their lives."""
STAYS: Final = 4
"""How many of a holder's stays in vehicles are kept after their end: of two packs that are in one vehicle at a time, either may leave first."""
_PLAIN: Final = (
    "since", "at", "recorded", "holder", "prior", "province", "origin", "vin", "swap_model", "powertrain", "first", "parent", "handled_as",
    "released_kg", "stays_before", "stopped_at", "stopped_by",
)  # fmt: skip
_COUNTED: Final = ("custody", "installations", "gradings", "take_backs")


class Base(NamedTuple):
    """A kept state: that of the fold after the first `seq` events."""

    seq: int
    state: Mapping[str, Any]


def folded(facts: PackFacts, events: Sequence[Event], known: Known, base: Base | None = None) -> Fold:
    """The fold of these events, from the kept state on where there is one. Raises as `project` does."""
    fold = Fold(facts, known) if base is None else _resumed(facts, known, base)
    for event in effective(events):
        apply(fold, event)
    return fold


def written(state: Mapping[str, Any]) -> str:
    """The state as the text that is stored."""
    return json.dumps(state, separators=(",", ":"), sort_keys=True)


def state_of(fold: Fold) -> Mapping[str, Any]:
    """What is kept of the fold: plain values. The same whether the fold began with the first event or went on from a kept state."""
    assert fold.standing is not None
    custody = sorted({each for each in (fold.leg, fold.pending) if each >= 0})
    stays, before = _stays(fold)
    rows: dict[str, Sequence[tuple[Any, ...]]] = {
        "custody": [fold.custody[place] for place in custody],
        "installations": [fold.installations[fold.bound]] if fold.bound >= 0 else [],
        "take_backs": fold.take_backs[-1:],
        "health": _newest(fold.health),
        "safety": _gravest(fold.safety),
        "lineage": [row for row in fold.lineage if row.relation == PRODUCT][:1],
    }
    return {name: _plain(getattr(fold, name)) for name in _PLAIN} | {
        "stays_before": _plain(before),
        "standing": [_plain(each) for each in fold.standing],
        "automakers": list(fold.automakers),
        "recalls": sorted(fold.recalls),
        "open": sorted([*key, _plain(at)] for key, at in fold.open.items()),
        "grants": sorted(([grantee, relation, _plain(start), _plain(until)] for (grantee, relation, start), until in _grants(fold)), key=str),
        "stays": [[vin, holder, _plain(start), _plain(until)] for start, vin, holder, until in stays],
        "staying": None if fold.vehicle_open is None else [_plain(each) for each in fold.vehicle_open],
        "leg": custody.index(fold.leg) if fold.leg >= 0 else -1,
        "pending": custody.index(fold.pending) if fold.pending >= 0 else -1,
        "rows": {name: [[_plain(value) for value in row] for row in several] for name, several in rows.items()},
        "earlier": {name: fold.number(name) - 1 - len(rows.get(name, ())) for name in _COUNTED},
    }


def parties(state: Mapping[str, Any]) -> Iterable[str]:
    """The enterprises that a fold which goes on from the state may look up."""
    named = [each[0] for each in (*state["grants"], *state["open"])] + [row[place] for row in state["rows"]["custody"] for place in (2, 3)]
    return {each for each in (*named, state["holder"], state["prior"]) if each is not None and ":" not in each}


def vins_of(state: Mapping[str, Any]) -> Iterable[str]:
    """The vehicles that it may look up."""
    return {each for each in (state["vin"], *(row[2] for row in state["rows"]["installations"]), *(row[0] for row in state["stays"])) if each is not None}


def reaches(state: Mapping[str, Any], moment: datetime) -> bool:
    """Whether all stays in vehicles are kept that began at this moment or later."""
    before = _value(state["stays_before"])
    return before is None or before < moment


def _resumed(facts: PackFacts, known: Known, base: Base) -> Fold:
    fold, state = Fold(facts, known), base.state
    for name in _PLAIN:
        setattr(fold, name, _value(state[name]))
    rows: dict[str, list[Any]] = state["rows"]
    fold.kept_at, fold.earlier = base.seq, dict(state["earlier"])
    status, before_transit, before_missing, released, sold_product = state["standing"]
    fold.standing = Standing(Status(status), _status(before_transit), _status(before_missing), released, sold_product)
    fold.custody, fold.installations = _made(Custody, rows["custody"]), _made(Installation, rows["installations"])
    fold.take_backs, fold.health = _made(TakeBack, rows["take_backs"]), _made(Health, rows["health"])
    fold.safety, fold.lineage = _made(SafetyEvent, rows["safety"]), _made(Lineage, rows["lineage"])
    fold.leg, fold.pending, fold.bound = state["leg"], state["pending"], len(fold.installations) - 1
    fold.automakers, fold.recalls = list(state["automakers"]), set(state["recalls"])
    fold.open = {(grantee, relation): _value(at) for grantee, relation, at in state["open"]}
    fold.grants = {(grantee, relation, _value(start)): _value(until) for grantee, relation, start, until in state["grants"]}
    fold.vehicle_grants = {(vin, holder, CUSTODIAN, _value(start)): _value(until) for vin, holder, start, until in state["stays"]}
    if state["staying"] is not None:
        vin, holder, relation, start = state["staying"]
        fold.vehicle_open = (vin, holder, relation, _value(start))
    return fold


def _grants(fold: Fold) -> list[tuple[tuple[str, str, datetime], datetime | None]]:
    """Grants that hold, and of each party and relation the last that ended."""
    last: dict[tuple[str, str], tuple[datetime, datetime]] = {}
    for (grantee, relation, start), until in fold.grants.items():
        if until is not None:
            last[grantee, relation] = max(last.get((grantee, relation), (until, start)), (until, start))
    held = [(key, until) for key, until in fold.grants.items() if until is None]
    return held + [((grantee, relation, start), until) for (grantee, relation), (until, start) in last.items()]


def _stays(fold: Fold) -> tuple[list[tuple[datetime, str, str, datetime | None]], datetime | None]:
    """The stays in vehicles that a holder may see the vehicle for: that of now and the last ones, and when the last of the others began."""
    stays = sorted((start, vin, holder, until) for (vin, holder, relation, start), until in fold.vehicle_grants.items() if relation == CUSTODIAN)
    kept = [each for place, each in enumerate(stays) if each[3] is None or place >= len(stays) - STAYS]
    dropped = [each[0] for each in stays if each not in kept]
    return kept, max((each for each in (*dropped, fold.stays_before) if each is not None), default=None)


def _newest(health: Sequence[Health]) -> list[Health]:
    """What states of health and counts of cycles come from."""
    found = (latest_of(health), latest_of([row for row in health if row.cycle_count is not None]))
    # In the order in which they stand, which of one moment says which counts: a corrected one has a later number than its place.
    return [row for row in health if any(row is each for each in found)]


def _gravest(safety: Sequence[SafetyEvent]) -> list[SafetyEvent]:
    """One that the class of the pack's safety follows from."""
    return [row for row in safety if safety_class([row]) == safety_class(safety)][:1]


def _made(row: Any, several: Iterable[Sequence[Any]]) -> list[Any]:
    return [row._make(_value(value) for value in each) for each in several]


def _status(value: str | None) -> Status | None:
    return Status(value) if value is not None else None


def _plain(value: Any) -> Any:
    """A value as JSON has it; moments and days are objects, so that no text is taken for one."""
    if isinstance(value, datetime):
        return {"at": value.astimezone(UTC).isoformat()}
    if isinstance(value, date):
        return {"on": value.isoformat()}
    return list(value) if isinstance(value, tuple) else value


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        return datetime.fromisoformat(value["at"]) if "at" in value else date.fromisoformat(value["on"])
    return tuple(value) if isinstance(value, list) else value
