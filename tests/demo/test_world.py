"""A demo world as values: the same for the same options, lawful throughout, and as varied as promised."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from resolvers.demo.blocks import BLOCK, block_count, tell_block
from resolvers.demo.lives import TRICKS
from resolvers.demo.options import BEGINNING, DEMO_MOMENT, SMALLEST, WorldOptions
from resolvers.demo.registry import PROVINCES, registry
from resolvers.demo.world import World, generate
from resolvers.identifiers import parse_battery_code, parse_credit_code, parse_vin
from resolvers.ledger.deadlines import is_late, local_day
from resolvers.ledger.enterprise_rows import Enterprise, EnterpriseRole
from resolvers.ledger.events import EVENTS, NOTICES, OPERATORS, EventType
from resolvers.ledger.notices.notice import filed_by
from resolvers.ledger.notices.notice import readers_of as notice_readers
from resolvers.ledger.notices.rows import Notice, NoticeReader
from resolvers.ledger.projection import effective
from resolvers.ledger.recording.fields import FieldRule
from resolvers.ledger.recording.forms import FIELDS
from resolvers.ledger.rows import (
    TABLES,
    Access,
    Custody,
    Event,
    Health,
    Installation,
    Model,
    ModelDismantling,
    ModelMaterial,
    Module,
    Pack,
    SafetyEvent,
    Specification,
    TakeBack,
    Traceability,
    Vehicle,
    VehicleAccess,
)
from resolvers.ledger.states import Standing, next_state

SIZE = 2000


@pytest.fixture(scope="module")
def world() -> World:
    return generate(WorldOptions(SIZE))


def digest(world: World) -> str:
    return hashlib.sha256(repr([(kind.__name__, world.rows[kind]) for kind in TABLES]).encode()).hexdigest()


def test_the_same_options_give_the_same_world_and_others_another() -> None:
    small = WorldOptions(SMALLEST)
    assert digest(generate(small)) == digest(generate(small))
    assert len({digest(generate(options)) for options in (small, WorldOptions(SMALLEST, seed=74), WorldOptions(SMALLEST + 1))}) == 3
    assert digest(generate(small)) != digest(generate(WorldOptions(SMALLEST, moment=DEMO_MOMENT + timedelta(days=1))))


def test_a_block_is_the_same_alone_and_in_any_order(world: World) -> None:
    alone = tell_block(world.options, 3)
    codes = {pack.code for pack in alone.rows[Pack]}
    assert alone.rows[Pack] == [pack for pack in world.of(Pack) if pack.code in codes]
    assert alone.rows[Event] == [event for event in world.of(Event) if event.code in codes]


@pytest.mark.parametrize("packs", [SMALLEST, 99, 100, 101, 250])
def test_sizes_are_exact(packs: int) -> None:
    # Modules that came out of packs are none.
    assert sum(pack.parent is None for pack in generate(WorldOptions(packs)).of(Pack)) == packs
    assert block_count(WorldOptions(packs)) == -(-packs // BLOCK)


@pytest.mark.parametrize(("packs", "moment"), [(39, DEMO_MOMENT), (10**7, DEMO_MOMENT), (40, datetime(2026, 11, 20)), (40, datetime(2025, 1, 1, tzinfo=UTC))])
def test_impossible_worlds_are_refused(packs: int, moment: datetime) -> None:
    with pytest.raises(ValueError, match="a demo world"):
        WorldOptions(packs, moment=moment)


def test_every_life_follows_the_state_machine(world: World) -> None:
    status = {pack.code: pack.status for pack in world.of(Pack)}
    for code, events in by_code(world).items():
        standing: Standing | None = None
        for event in effective(events):
            standing = next_state(standing, EventType(event.type), into_vehicle=event.vin is not None)
        assert standing is not None
        assert standing.status == status[code]
        assert [event.seq for event in events] == list(range(1, len(events) + 1))


def by_code(world: World) -> dict[str, list[Event]]:
    found: defaultdict[str, list[Event]] = defaultdict(list)
    for event in world.of(Event):
        found[event.code].append(event)
    return found


def test_nothing_is_recorded_after_the_moment_or_before_it_happened(world: World) -> None:
    for kind in (Event, Health, SafetyEvent):
        assert all(row.occurred_at <= row.recorded_at <= DEMO_MOMENT for row in world.of(kind))
    assert all(BEGINNING - timedelta(days=1) <= event.occurred_at for event in world.of(Event))
    for kind in (Pack, Vehicle, Custody, Model, Enterprise, Installation):
        assert all(row.recorded_at <= DEMO_MOMENT for row in world.of(kind))
    assert all(vehicle.sold_on is None or vehicle.produced_on <= vehicle.sold_on for vehicle in world.of(Vehicle))


def test_reporters_have_the_role_for_what_they_report(world: World) -> None:
    roles: defaultdict[str, set[str]] = defaultdict(set)
    for row in world.of(EnterpriseRole):
        roles[row.uscc].add(row.role)
    wrong = [event for event in world.of(Event) if not roles[event.reporter] & EVENTS[EventType(event.type)].reporters]
    assert not wrong
    assert all(event.category == EVENTS[EventType(event.type)].category for event in world.of(Event))


def test_late_marks_are_right_and_some_are_late(world: World) -> None:
    # A correction is as late as what it corrects.
    recorded = {(event.code, event.seq): event.recorded_at for event in world.of(Event)}
    assert all(event.late == is_late(event.due_on, local_day(recorded[event.code, event.corrects or event.seq])) for event in world.of(Event))
    assert 0.01 < sum(event.late for event in world.of(Event)) / len(world.of(Event)) < 0.05


def test_identifiers_are_valid_and_unique(world: World) -> None:
    planted = {one.subject for one in world.planted if one.rule == "R17"}
    for pack in world.of(Pack):
        code = parse_battery_code(pack.code, normalise=False)
        assert code.reused == pack.is_product == (len(pack.code) == 19)
        assert (code.produced_on == pack.produced_on) == (pack.code not in planted)
    for vehicle in world.of(Vehicle):
        parse_vin(vehicle.vin, normalise=False, strict=True)
    for enterprise in world.of(Enterprise):
        assert parse_credit_code(enterprise.uscc, normalise=False).region_code == enterprise.region_code
    for module in world.of(Module):
        parse_battery_code(module.module_code, normalise=False)
    for kind, keys in {Pack: 1, Vehicle: 1, Event: 2, Health: 2, Custody: 2, Installation: 2, Access: 4, VehicleAccess: 4, Module: 2, Model: 1}.items():
        found = [tuple(row[:keys]) for row in world.of(kind)]
        assert len(found) == len(set(found)), kind


def test_what_has_modules_tells_of_them(world: World) -> None:
    """As its maker has to of a product, whose inside nobody else can say; their cells are those of the model, and they weigh no more than the whole."""
    models, inside = {row.id: row for row in world.of(Model)}, defaultdict[str, list[Module]](list)
    for module in world.of(Module):
        inside[module.code].append(module)
    packs = [each for each in world.of(Pack) if each.parent is None]
    assert any(each.is_product and inside[each.code] for each in packs)
    for pack in packs:
        model, own = models[pack.model_id], inside[pack.code]
        assert len(own) == model.module_count, pack.code
        assert not own or sum(each.cell_count for each in own) == model.cell_count
        assert sum(each.mass_kg for each in own) <= pack.mass_kg
    assert len({each.module_code for each in world.of(Module)}) == len(world.of(Module))


def test_codes_are_filed_before_they_are_used(world: World) -> None:
    filed = {(row.manufacturer_code, row.code): row.filed_on for row in world.of(Specification)}
    traced = {(row.manufacturer_code, row.code): row.filed_on for row in world.of(Traceability)}
    assert len(filed) == len(world.of(Specification))
    for pack in world.of(Pack):
        assert filed[pack.code[:3], pack.code[5:7]] < pack.produced_on
        if not pack.is_product:
            assert traced[pack.code[:3], pack.code[7:14]] < pack.produced_on


def test_the_registry_is_as_large_and_wide_as_said(world: World) -> None:
    assert len(world.of(Enterprise)) == 334
    assert {row.province for row in world.of(Enterprise)} == set(PROVINCES)
    roles = Counter(row.role for row in world.of(EnterpriseRole))
    assert set(roles) == OPERATORS | {"PR", "MI", "ME", "SA"}
    assert roles["PR"] == 31
    assert {row.status for row in world.of(Enterprise)} == {"ACTIVE", "DISSOLVED", "SUSPENDED"}
    everybody = registry(world.options.seed)
    assert all((role, province) in everybody.near for role in ("RS", "SD") for province in PROVINCES if any(
        firm.role == role and firm.province == province and firm.row.status == "ACTIVE" for firm in everybody.firms
    ))  # fmt: skip


def test_makers_are_of_very_different_sizes(world: World) -> None:
    shares = Counter(pack.maker for pack in world.of(Pack)).most_common()
    assert 0.1 < shares[0][1] / SIZE < 0.22
    assert shares[-1][1] < 10
    assert 8 < len(world.of(Event)) / SIZE < 12


def test_lives_are_varied(world: World) -> None:
    untold = {EventType.FOUND_ABANDONED, EventType.HEALTH_MEASURED, EventType.SAFETY_EVENT, *NOTICES}
    assert {event.type for event in world.of(Event)} == set(EventType) - untold
    assert {notice.type for notice in world.of(Notice)} == NOTICES
    assert {asked.outcome for asked in world.of(TakeBack)} == {"PENDING", "ACCEPTED", "REFUSED", "LAPSED"}
    assert {pack.recalled for pack in world.of(Pack)} == {True, False}
    assert len({pack.status for pack in world.of(Pack)}) >= 16
    assert sum(event.corrects is not None for event in world.of(Event)) >= 5
    vehicles = Counter((row.vin, row.occurred_at.date()) for row in world.of(Installation))
    assert max(vehicles.values()) >= 4


def test_what_was_filed_and_seen_is_as_the_ledger_would_have_it(world: World) -> None:
    notices = world.of(Notice)
    assert list(world.of(NoticeReader)) == [reader for each in notices for reader in notice_readers(each)]
    filed = filed_by([each for each in notices if each.type == "CODE_FILED"])
    assert filed.specifications
    assert set(filed.specifications) <= set(world.of(Specification))
    assert set(filed.traceability) <= set(world.of(Traceability))
    histories = Counter(each.entity for each in notices)
    assert all([each.seq for each in notices if each.entity == name] == list(range(1, count + 1)) for name, count in histories.items())


def test_modules_that_came_out_of_packs_have_lives_of_their_own(world: World) -> None:
    parts = {pack.code: pack for pack in world.of(Pack) if pack.parent is not None}
    modules = {row.module_code: row for row in world.of(Module)}
    assert {pack.status for pack in parts.values()} == {"GRADED", "IN_TRANSIT"}
    for code, part in parts.items():
        assert (modules[code].code, modules[code].mass_kg) == (part.parent, part.mass_kg)
        ended = next(event for event in world.of(Event) if event.code == part.parent and event.type == "DISMANTLED")
        assert {"code": code, "massKg": part.mass_kg} in ended.details["released"]


def test_a_products_sources_and_the_source_know_each_other(world: World) -> None:
    sources = {code: event.code for event in world.of(Event) if event.type == "PRODUCED" for code in event.details.get("sourceCodes", [])}
    products = {event.code: event.details["productCode"] for event in world.of(Event) if event.type == "REPROCESSED"}
    assert sources == products
    assert {pack.code for pack in world.of(Pack) if pack.is_product} == set(products.values())
    assert len(products) > 40


def test_materials_add_up_to_the_mass_of_the_pack(world: World) -> None:
    masses: defaultdict[str, float] = defaultdict(float)
    for row in world.of(ModelMaterial):
        masses[row.model_id] += row.mass_kg
    for model in world.of(Model):
        assert masses[model.id] == pytest.approx(model.mass_kg, abs=0.001)
        assert 100 < model.nominal_energy_kwh * 1000 / model.mass_kg < 220
    assert {pack.mass_kg for pack in world.of(Pack) if pack.parent is None} <= {model.mass_kg for model in world.of(Model)}


def test_readers_of_documents_are_those_of_the_packs(world: World) -> None:
    expected: defaultdict[str, set[str]] = defaultdict(set)
    for pack in world.of(Pack):
        expected[pack.model_id] |= set(pack.readers)
    for model in world.of(Model):
        expected[model.id].add(model.maker)
    for kind in (ModelMaterial, ModelDismantling):
        assert all(set(row.readers) == expected[row.model_id] for row in world.of(kind))


def test_readers_of_a_vehicle_are_its_automaker_and_grantees(world: World) -> None:
    grantees: defaultdict[str, set[str]] = defaultdict(set)
    for grant in world.of(VehicleAccess):
        grantees[grant.vin].add(grant.grantee)
    assert all(set(row.readers) == grantees[row.vin] | {row.automaker} for row in world.of(Vehicle))
    assert grantees.keys() == {row.vin for row in world.of(Vehicle)}


def test_a_vehicle_never_holds_one_pack_twice_nor_a_pack_two_vehicles(world: World) -> None:
    by_pack: defaultdict[str, list[Installation]] = defaultdict(list)
    for row in world.of(Installation):
        by_pack[row.code].append(row)
    for rows in by_pack.values():
        assert all(one.removed_at is not None and one.removed_at < two.occurred_at for one, two in pairwise(rows))


def test_each_kind_of_anomaly_is_planted_where_it_is_said(world: World) -> None:
    larger = generate(WorldOptions(5000))
    assert {one.rule for one in larger.planted} == set(TRICKS)
    assert Counter(one.rule for one in world.planted) == Counter(one.rule for one in larger.planted if _within(one.subject, world))


# What a new battery is, is its row; batches are facts of a demonstration; of a product its own PRODUCED tells what REPROCESSED does.
FACTS = {EventType.PRODUCED, EventType.IMPORTED, EventType.RECYCLED, EventType.REPROCESSED}


def test_events_say_what_reports_have_to_say(world: World) -> None:
    """Each event could have come in by the door: what its form asks for is in it."""
    for event in world.of(Event):
        rules = FIELDS.get(EventType(event.type), ()) if event.type not in FACTS else ()
        named = {in_details(rule) for rule in rules if rule.required} - {None}
        assert named <= set(event.details), (event.type, named - set(event.details))


def in_details(rule: FieldRule) -> str | None:
    """The name under which an event keeps the field among its details; None where it is a column."""
    place = rule.to or "details." + rule.name
    return rule.name if place == "province+details" else place.removeprefix("details.") if place.startswith("details.") else None


def test_the_documentation_counts_them_right(world: World) -> None:
    page = (Path(__file__).parents[2] / "docs/demo-data.md").read_text(encoding="utf-8")
    told = {found[1]: int(found[2]) for found in re.finditer(r"^\| (R\d\d\w*) \|.*\| (\d+) \| \d+ \|$", page, re.MULTILINE)}
    assert told == Counter(one.rule for one in world.planted)


def test_state_of_health_only_falls_but_where_planted(world: World) -> None:
    by_pack: defaultdict[str, list[float]] = defaultdict(list)
    for row in sorted(world.of(Health), key=lambda row: row.occurred_at):
        assert 30 < row.state_of_health <= 100
        by_pack[row.code].append(row.state_of_health)
    rising = {code for code, told in by_pack.items() if any(one < two for one, two in pairwise(told))}
    assert rising == {one.subject for one in world.planted if one.rule == "R23"}


def _within(subject: str, world: World) -> bool:
    serial = int(subject[17:24]) if len(subject) == 24 else int(subject[10:17]) if len(subject) == 19 else int(subject[1:6]) * BLOCK + 1
    return serial <= world.options.packs


def test_the_calendar_of_the_world_is_the_demos() -> None:
    assert DEMO_MOMENT.date() == date(2026, 11, 20)


def test_a_block_has_as_many_packs_as_it_should() -> None:
    """A fleet of which a pack had become a product made one more than was left, and the block found no end: it used the numbers of others."""
    for index in (362, 727, 868):
        assert len(tell_block(WorldOptions(100_000), index).rows[Pack]) == BLOCK
