"""This module is in charge of a pack's rows while its events are applied: custody, installations and grants, and how each of them changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from resolvers.ledger.discrepancies import compared
from resolvers.ledger.events import EventType
from resolvers.ledger.facts import Known, PackFacts, VehicleFacts
from resolvers.ledger.rows import Access, Custody, Event, Grading, Health, Installation, Lineage, Pack, SafetyEvent, TakeBack, VehicleAccess
from resolvers.ledger.states import IllegalEvent, Standing
from resolvers.ledger.take_back import lapse

CUSTODIAN: Final = "custodian"
RECEIVER: Final = "receiver"
AUTOMAKER: Final = "automaker"
MAKER: Final = "maker"
JURISDICTION: Final = "jurisdiction"
SOURCE: Final = "SOURCE"
PRODUCT: Final = "PRODUCT"
NORMAL: Final = "NORMAL"
_CLASSES: Final = (NORMAL, "ATTENTION", "HAZARDOUS")
SWAPS: Final = frozenset({EventType.SWAP_IN, EventType.SWAP_OUT})


class Projection(NamedTuple):
    """The rows of one pack. `vehicle_access` is its part of its vehicles' grants (see vehicles.merge)."""

    pack: Pack
    custody: tuple[Custody, ...]
    installations: tuple[Installation, ...]
    gradings: tuple[Grading, ...]
    access: tuple[Access, ...]
    vehicle_access: tuple[VehicleAccess, ...]
    health: tuple[Health, ...] = ()
    safety: tuple[SafetyEvent, ...] = ()
    lineage: tuple[Lineage, ...] = ()
    take_backs: tuple[TakeBack, ...] = ()
    recovery: tuple[Any, ...] = ()


class NotKept(Exception):
    """Something was asked that only the whole life tells, of a life of which the fold's state was kept: it has to be folded from its first event."""

    def __init__(self, code: str = "", vin: str | None = None) -> None:
        super().__init__(code or vin)
        self.code, self.vin = code, vin


class Fold:
    """The pack's rows while its events are applied one by one.

    One that goes on from a kept state (kept.py, `kept_at` its event) has of the rows before it only those that can still change, and counts the others in
    `earlier`; what it is asked beyond them it answers with NotKept, never wrong.
    """

    __slots__ = (
        "facts", "known", "standing", "since", "at", "recorded", "holder", "leg", "pending", "prior", "province",
        "origin", "vin", "bound", "swap_model", "powertrain", "custody", "installations", "gradings", "grants",
        "open", "vehicle_grants", "vehicle_open", "first", "health", "safety", "recalls", "lineage", "take_backs", "parent", "handled_as",
        "released_kg", "automakers", "earlier", "kept_at", "stays_before",
        "stopped_at", "stopped_by",
    )  # fmt: skip

    def __init__(self, facts: PackFacts, known: Known) -> None:
        self.facts, self.known = facts, known
        self.standing: Standing | None = None
        self.since: datetime | None = None
        # When anything last happened to it that has its place in order.
        self.at: datetime | None = None
        self.recorded: datetime | None = None
        self.holder: str | None = None
        self.leg = -1
        self.pending = -1
        self.prior: str | None = None
        self.province: str | None = None
        self.origin: str | None = None
        self.vin: str | None = None
        self.bound = -1
        self.swap_model: bool | None = None
        self.powertrain: str | None = None
        self.custody: list[Custody] = []
        self.installations: list[Installation] = []
        self.gradings: list[Grading] = []
        self.lineage: list[Lineage] = []
        self.grants: dict[tuple[str, str, datetime], datetime | None] = {}
        self.open: dict[tuple[str, str], datetime] = {}
        self.vehicle_grants: dict[tuple[str, str, str, datetime], datetime | None] = {}
        self.vehicle_open: tuple[str, str, str, datetime] | None = None
        self.first: datetime | None = None
        self.health: list[Health] = []
        self.safety: list[SafetyEvent] = []
        self.recalls: set[str] = set()
        self.take_backs: list[TakeBack] = []
        self.parent: str | None = None
        self.handled_as = NORMAL
        self.released_kg = 0.0
        # Of the vehicles that it was in, the last one last.
        self.automakers: list[str] = []
        self.kept_at = 0
        self.earlier: dict[str, int] = {}
        # When the last of the stays in vehicles began that are not kept.
        self.stays_before: datetime | None = None
        # When it went missing or its life ended, where it stands there, and who told so.
        self.stopped_at: datetime | None = None
        self.stopped_by: str | None = None

    def number(self, rows: str) -> int:
        """The number of the next row of custody, installations, gradings or take_backs."""
        return self.earlier.get(rows, 0) + len(getattr(self, rows)) + 1

    # --- custody --------------------------------------------------------------------------------------------------

    def take(self, holder: str, event: Event, purpose: str) -> None:
        """Custody passes to `holder` at once, without an offer."""
        if holder == self.holder:
            return
        sender = self.holder
        self.release(event)
        row = Custody(
            self.facts.code, self.number("custody"), holder, sender, "RECEIVED", purpose, None, event.occurred_at, None, None, None,
            self.known.provinces[sender] if sender else None, self.known.provinces[holder], None, event.recorded_at,
        )  # fmt: skip
        self.custody.append(row)
        self.hold(holder, len(self.custody) - 1, event)

    def hold(self, holder: str, leg: int, event: Event) -> None:
        self.holder, self.leg = holder, leg
        self.province = self.known.provinces[holder]
        self.begin(holder, CUSTODIAN, event.occurred_at)
        self.for_good("province:" + self.province, JURISDICTION, event.occurred_at)

    def release(self, event: Event) -> None:
        """The holder's custody ends; whoever takes the pack next begins at this very moment."""
        self.leave_vehicle(event)
        if self.holder is None:
            return
        lapse(self, event)
        self.custody[self.leg] = self.custody[self.leg]._replace(until_at=event.occurred_at)
        self.end(self.holder, CUSTODIAN, event.occurred_at)
        self.prior, self.holder, self.leg = self.holder, None, -1

    def offer(self, event: Event) -> None:
        if event.reporter != self.holder:
            raise IllegalEvent("NOT_CUSTODIAN", "only the custodian hands a pack over")
        receiver, details = party(event), event.details
        row = Custody(
            self.facts.code, self.number("custody"), receiver, self.holder, "PENDING", details.get("purpose"), event.occurred_at,
            None, None, details.get("declaredMassKg"), None, _place(details, "fromRegion") or self.known.provinces[self.holder],
            _place(details, "toRegion") or self.known.provinces[receiver], details.get("transportDocument"), event.recorded_at, details.get("condition"),
        )  # fmt: skip
        self.custody.append(row)
        self.pending = len(self.custody) - 1
        self.begin(receiver, RECEIVER, event.occurred_at)

    def answer(self, event: Event, outcome: str) -> Custody:
        """The receiver says what became of the pending offer."""
        row = self.custody[self.pending]
        if event.reporter != row.holder:
            raise IllegalEvent("NOT_RECEIVER", "only the receiver of a pending hand-over answers it")
        row = row._replace(outcome=outcome, recorded_at=event.recorded_at)
        self.custody[self.pending] = row
        self.end(event.reporter, RECEIVER, event.occurred_at)
        return row

    def received(self, event: Event) -> None:
        row = self.answer(event, "RECEIVED")
        self.custody[self.pending] = compared(row, event)
        self.release(event)
        self.hold(row.holder, self.pending, event)
        if row.to_province is not None and row.to_province != self.province:
            # It went to a place that its new holder has elsewhere.
            self.province = row.to_province
            self.for_good("province:" + row.to_province, JURISDICTION, event.occurred_at)

    def assign(self, taker: str, event: Event) -> None:
        """An authority says who takes a pack that was found: whatever was pending or held before is over."""
        if self.pending >= 0 and self.custody[self.pending].outcome == "PENDING":
            row = self.custody[self.pending]
            self.custody[self.pending] = row._replace(outcome="VOID", recorded_at=event.recorded_at)
            self.end(row.holder, RECEIVER, event.occurred_at)
        self.unbind(event)
        self.take(taker, event, "ABANDONED")

    # --- vehicles -------------------------------------------------------------------------------------------------

    def bind(self, event: Event) -> VehicleFacts:
        """The pack is put into the vehicle: its automaker may see the pack, the pack's maker the vehicle."""
        vin = event.vin
        if vin is None:
            raise IllegalEvent("MISSING_PARTY", f"{event.type} needs a vehicle")
        vehicle = self.known.vehicles[vin]
        if event.type in SWAPS and not vehicle.swap_model:
            raise IllegalEvent("NOT_SWAP_MODEL", f"{event.type} needs a vehicle that is declared a swap model")
        self.vin, self.swap_model, self.powertrain = vin, vehicle.swap_model, vehicle.powertrain
        row = Installation(
            self.facts.code, self.number("installations"), vin, event.details.get("position", 1), event.occurred_at, event.recorded_at, None, None,
            event.reporter,
        )  # fmt: skip
        self.installations.append(row)
        self.bound = len(self.installations) - 1
        self.automakers = [*(each for each in self.automakers if each != vehicle.automaker), vehicle.automaker]
        self.for_good(vehicle.automaker, AUTOMAKER, event.occurred_at)
        self.vehicle_grants.setdefault((vin, self.facts.maker, MAKER, event.occurred_at), None)
        if vehicle.province is not None and vehicle.sold_at is not None and vehicle.sold_at <= event.occurred_at:
            self.registered(vin, vehicle.province, event)
        return vehicle

    def registered(self, vin: str, province: str, event: Event) -> None:
        """The vehicle runs in this province, and so does the pack in it."""
        self.province = province
        self.for_good("province:" + province, JURISDICTION, event.occurred_at)
        self.vehicle_grants.setdefault((vin, "province:" + province, JURISDICTION, event.occurred_at), None)

    def unbind(self, event: Event) -> None:
        if self.bound >= 0:
            row = self.installations[self.bound]
            self.installations[self.bound] = row._replace(removed_at=event.occurred_at, removal_recorded_at=event.recorded_at)
            self.bound = -1

    def was_in(self, vin: str | None) -> bool:
        """Whether it was ever in the vehicle. Raises NotKept."""
        if any(each.vin == vin for each in self.installations):
            return True
        self.need("installations")
        return False

    def need(self, rows: str) -> None:
        """To be called where all rows of custody, installations, gradings or take_backs are looked at. Raises NotKept."""
        if self.earlier.get(rows):
            raise NotKept(self.facts.code)

    def keep_vehicle(self, event: Event) -> None:
        """Whoever holds the pack may see the vehicle it is in or came from, until its custody ends or the pack leaves."""
        if self.vin is not None and self.holder is not None and self.vehicle_open is None:
            key = (self.vin, self.holder, CUSTODIAN, event.occurred_at)
            self.vehicle_grants[key] = None
            self.vehicle_open = key

    def leave_vehicle(self, event: Event) -> None:
        if self.vehicle_open is not None:
            self.vehicle_grants[self.vehicle_open] = event.occurred_at
            self.vehicle_open = None

    def left_use(self, event: Event) -> None:
        if self.origin is None:
            self.origin = event.province or self.province

    def back_in_use(self) -> None:
        self.origin = None

    # --- grants ---------------------------------------------------------------------------------------------------

    def begin(self, grantee: str, relation: str, at: datetime) -> None:
        self.open[grantee, relation] = at
        self.grants[grantee, relation, at] = None

    def end(self, grantee: str, relation: str, at: datetime) -> None:
        self.grants[grantee, relation, self.open.pop((grantee, relation))] = at

    def for_good(self, grantee: str, relation: str, at: datetime) -> None:
        """A grant that never ends is written once, from its first reason."""
        if (grantee, relation) not in self.open:
            self.begin(grantee, relation, at)

    # --- the rest -------------------------------------------------------------------------------------------------

    def grade(self, event: Event) -> None:
        told = event.details
        row = Grading(
            self.facts.code, self.number("gradings"), event.occurred_at, event.recorded_at, event.reporter, told["method"],
            told["capacityAh"], told["resistanceMohm"], told["insulationMohm"], told["grade"], told["route"],
        )  # fmt: skip
        self.gradings.append(row)

    def related(self, relation: str, others: Iterable[str]) -> None:
        """What this was made of, or went into."""
        self.lineage += [Lineage(self.facts.code, relation, other, number) for number, other in enumerate(others, 1)]

    def handled(self, safety: Sequence[SafetyEvent]) -> str:
        """How it has to be handled, after these safety events: no more lightly than what it came out of."""
        return no_lighter(self.handled_as, safety_class(safety))

    @property
    def made_into(self) -> str | None:
        """The product that this went into."""
        return next((row.other for row in self.lineage if row.relation == PRODUCT), None)

    def finish(self, health: Sequence[Health], safety: Sequence[SafetyEvent], recovery: Sequence[Any] = ()) -> Projection:
        """Its rows; those of batches are given, as they are of what was corrected, too."""
        if self.standing is None or self.since is None or self.recorded is None:
            raise IllegalEvent("NOT_CODED", "a pack without events has no rows")
        facts = self.facts
        health, safety = (*health, *self.health), (*safety, *self.safety)
        newest = latest_of(health)
        soh = newest.state_of_health if newest is not None else None
        access = tuple([
            Access(facts.code, grantee, relation, start, until, facts.produced_on, soh if until is None else None)
            for (grantee, relation, start), until in self.grants.items()
        ])  # fmt: skip
        pack = Pack(
            *facts[:10], self.standing.status, facts.is_product, self.swap_model, self.powertrain, self.vin, soh,
            _cycles(health), newest.remaining_energy_kwh if newest is not None else None,
            newest.occurred_at if newest is not None else None, self.handled(safety), self.holder, self.prior, self.origin,
            self.province, self.since, facts.other_scheme, facts.other_value, readers_of(facts.maker, access),
            max([self.recorded, *(row.recorded_at for row in health), *(row.recorded_at for row in safety)]),
            bool(self.recalls), self.parent,
        )  # fmt: skip
        vehicles = tuple([
            VehicleAccess(vin, grantee, relation, start, until, self.known.vehicles[vin].produced_on)
            for (vin, grantee, relation, start), until in self.vehicle_grants.items()
        ])  # fmt: skip
        return Projection(
            pack, tuple(self.custody), tuple(self.installations), tuple(self.gradings), access, vehicles, health, safety, tuple(self.lineage),
            tuple(self.take_backs), tuple(recovery),
        )  # fmt: skip


def readers_of(first: str, grants: Iterable[Access | VehicleAccess]) -> tuple[str, ...]:
    """The second lock's superset: the maker (of a vehicle its automaker) and everybody who ever had a grant, sorted."""
    return tuple(sorted({first, *(grant.grantee for grant in grants)}))


def safety_class(safety: Sequence[SafetyEvent]) -> str:
    """NORMAL, ATTENTION after a minor event, HAZARDOUS after a serious or critical one."""
    if any(event.severity in ("SERIOUS", "CRITICAL") for event in safety):
        return "HAZARDOUS"
    return "ATTENTION" if safety else NORMAL


def no_lighter(one: str, other: str) -> str:
    """The graver of two safety classes."""
    return max(one, other, key=_CLASSES.index)


def _cycles(health: Sequence[Health]) -> int | None:
    """The latest count of cycles; not every measurement counts them."""
    counted = latest_of([row for row in health if row.cycle_count is not None])
    return counted.cycle_count if counted is not None else None


def latest_of(health: Sequence[Health]) -> Health | None:
    """The measurement that counts, of these in the order in which they stand: the newest, and of one moment the last."""
    return max(reversed(health), key=lambda row: row.occurred_at, default=None)


def _place(details: Mapping[str, Any], name: str) -> str | None:
    """The province of a division that the event names."""
    region = details.get(name)
    return str(region)[:2] if region is not None else None


def party(event: Event) -> str:
    """The other party of an event that needs one."""
    if event.counterparty is None:
        raise IllegalEvent("MISSING_PARTY", f"{event.type} needs a counterparty")
    return event.counterparty
