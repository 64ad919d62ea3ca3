"""Rules over a demo world: what was planted is found and nothing else, and an anomaly put into any life fires its own rule alone."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given

from resolvers.demo.options import WorldOptions
from resolvers.demo.world import World, generate
from resolvers.ledger.events import EVENTS, EventType
from resolvers.ledger.facts import Known as FoldKnown
from resolvers.ledger.findings.case import Case, Known, side_of
from resolvers.ledger.findings.examine import arrival, examine, replay
from resolvers.ledger.findings.register import ON_ARRIVAL
from resolvers.ledger.fold import Fold
from resolvers.ledger.projection import apply, effective
from resolvers.ledger.rows import Event, Pack
from tests.ledger.ruling import TABLE, facts_of, registry_of

E = EventType
ARRIVAL = {each.id for each in ON_ARRIVAL}
WASTE = {"RETIRED", "STORED", "IN_TRANSIT", "GRADED"}


@pytest.fixture(scope="module")
def world() -> World:
    return generate(WorldOptions(3000))


@pytest.fixture(scope="module")
def registry(world: World) -> tuple[FoldKnown, Known]:
    return registry_of(world)


@pytest.fixture(scope="module")
def lives(world: World) -> dict[str, list[Event]]:
    found: defaultdict[str, list[Event]] = defaultdict(list)
    for event in world.of(Event):
        found[event.code].append(event)
    return found


def test_what_was_planted_is_found_and_nothing_else(world: World, registry: tuple[FoldKnown, Known], lives: dict[str, list[Event]]) -> None:
    fold_known, known = registry
    found = {(each.rule, each.code) for pack in world.of(Pack) for each in replay(facts_of(pack), lives[pack.code], fold_known, known, TABLE)}
    planted = {(each.rule, each.subject) for each in world.planted if each.rule in ARRIVAL}
    assert {rule for rule, _subject in planted} == {"R01", "R04", "R13", "R17", "R19"}
    assert found == planted


@given(st.data())
def test_an_anomaly_in_any_life_fires_its_own_rule_alone(
    world: World, registry: tuple[FoldKnown, Known], lives: dict[str, list[Event]], data: st.DataObject
) -> None:
    pack = data.draw(st.sampled_from(world.of(Pack)))
    planted = {each.subject for each in world.planted}
    life = effective(lives[pack.code])
    at = data.draw(st.integers(1, len(life)))
    rule = data.draw(st.sampled_from(["R02", "R14", "R16", "R22"]))
    case = _case(registry, pack, life[:at], rule)
    if case is not None and pack.code not in planted:
        assert [each.rule for each in examine(case)] == [rule]


def _case(registry: tuple[FoldKnown, Known], pack: Pack, lived: list[Event], rule: str) -> Case | None:
    """One event too many after those of a lawful life; None where that life has no place for it."""
    fold_known, known = registry
    fold = Fold(facts_of(pack), fold_known)
    for event in lived:
        apply(fold, event)
    side = side_of(fold)
    assert side is not None
    at = lived[-1].occurred_at + timedelta(hours=1)
    last = lived[-1]._replace(seq=len(lived) + 1, occurred_at=at, recorded_at=at + timedelta(hours=1), details={}, vin=None, counterparty=None)

    def event(kind: EventType, **parts: object) -> Event:
        return last._replace(type=kind, category=EVENTS[kind].category, **parts)

    if rule == "R02":
        return arrival(fold, event(E.PRODUCED, occurred_at=at + timedelta(days=2)), lived, known, TABLE)
    if rule == "R22" and side.status in WASTE:
        return arrival(fold, event(E.EXPORTED), lived, known, TABLE)
    if rule == "R14" and side.status in ("INSTALLED", "IN_SERVICE") and side.vin is not None and not side.swap_model:
        return arrival(fold, event(E.RETIRED), lived, known, TABLE)
    if rule == "R16" and side.status == "SOLD":
        installed = event(E.INSTALLED, vin="LGXC76C30R0000017")
        return Case(installed, facts_of(pack), side, None, "VEHICLE_UNKNOWN", tuple(lived), known, TABLE.on(at.date()))
    return None
