"""The demo's eleven parties: each finds in the smallest world one example of every relation that its role can have."""

from __future__ import annotations

from datetime import timedelta

import pytest

from resolvers.demo.clients import PARTS
from resolvers.demo.options import DEMO_MOMENT, SMALLEST, WorldOptions
from resolvers.demo.parties import demo_parties, sample_codes
from resolvers.demo.showcase import SCENES
from resolvers.demo.world import World, generate
from resolvers.ledger.enterprise_rows import Enterprise
from resolvers.ledger.rows import Access, Pack, TakeBack, VehicleAccess

OPTIONS = WorldOptions(SMALLEST)
GRACE = timedelta(days=90)
COMPANIES = ("automaker", "swap-operator", "repair-firm", "dismantler", "recycler")


@pytest.fixture(scope="module")
def world() -> World:
    return generate(OPTIONS)


def relations(world: World, party: str) -> set[str]:
    found = set()
    for grant in world.of(Access):
        if grant.grantee == party and grant.from_at <= DEMO_MOMENT:
            ended = grant.until_at is not None and grant.until_at <= DEMO_MOMENT
            within = grant.until_at is not None and grant.until_at + GRACE > DEMO_MOMENT
            found.add(grant.relation if not ended else f"{grant.relation}, {'in grace' if within else 'long ago'}")
    return found


def test_there_is_one_for_every_client() -> None:
    parties = demo_parties(OPTIONS)
    assert parties.keys() == PARTS.keys()
    assert all(PARTS[name].roles <= party.roles for name, party in parties.items())
    assert len({party.uscc for party in parties.values()}) == len(parties)
    assert {name: party.jurisdiction for name, party in parties.items() if party.jurisdiction} == {"province": {"44"}, "mee": {"44"}}


@pytest.mark.parametrize("name", COMPANIES)
def test_each_company_has_every_relation_of_its_role(world: World, name: str) -> None:
    party = demo_parties(OPTIONS)[name].uscc
    assert {"custodian", "custodian, in grace", "custodian, long ago", "receiver"} <= relations(world, party)


def test_the_other_relations_are_there_too(world: World) -> None:
    parties = demo_parties(OPTIONS)
    assert "automaker" in relations(world, parties["automaker"].uscc)
    assert "receiver" in relations(world, parties["battery-maker"].uscc)
    assert sum(pack.maker == parties["battery-maker"].uscc for pack in world.of(Pack)) > 20
    assert any(grant.grantee == "province:44" for grant in world.of(Access))
    for name in ("swap-operator", "repair-firm", "dismantler"):
        assert any(grant.grantee == parties[name].uscc and grant.relation == "custodian" for grant in world.of(VehicleAccess))


def test_the_firms_are_in_the_registry(world: World) -> None:
    known = {row.uscc for row in world.of(Enterprise)}
    assert {party.uscc for name, party in demo_parties(OPTIONS).items() if name != "public"} <= known


def test_samples_are_what_their_names_say(world: World) -> None:
    codes = sample_codes(OPTIONS)
    assert codes == world.codes
    assert codes.keys() == SCENES.keys()
    packs = {pack.code: pack for pack in world.of(Pack)}
    parties = {name: party.uscc for name, party in demo_parties(OPTIONS).items()}
    assert packs[codes["held_by_recycler"]].custodian == parties["recycler"]
    assert (packs[codes["held_by_recycler"]].status, packs[codes["recycled"]].status) == ("GRADED", "RECYCLED")
    assert packs[codes["product"]].is_product
    assert packs[codes["in_service_since_a_year"]].recalled
    assert not packs[codes["in_service_since_30_days"]].recalled, "put right"
    assert (packs[codes["taken_apart"]].status, packs[codes["module_held_by_recycler"]].parent) == ("DISMANTLED", codes["taken_apart"])
    asked = {row.code: row.outcome for row in world.of(TakeBack)}
    assert [asked[codes[each]] for each in ("held_by_dismantler", "held_by_repair_firm", "left_dismantler_40_days_ago")] == ["PENDING", "ACCEPTED", "REFUSED"]
    assert packs[codes["hazardous"]].safety_class == "HAZARDOUS"
    assert packs[codes["missing"]].status == "MISSING"
    assert not set(packs[codes["never_met"]].readers) & {parties[name] for name in ("battery-maker", *COMPANIES[:2], "dismantler", "recycler")}
    left = next(g for g in world.of(Access) if g.code == codes["left_recycler_35_days_ago"] and g.grantee == parties["recycler"] and g.relation == "custodian")
    assert left.until_at is not None
    assert timedelta(days=34) < DEMO_MOMENT - left.until_at < timedelta(days=36)


def test_codes_depend_on_the_seed_and_the_moment_alone() -> None:
    assert sample_codes(WorldOptions(5000)) == sample_codes(OPTIONS)
    assert sample_codes(WorldOptions(SMALLEST, seed=5)) != sample_codes(OPTIONS)
