"""This module is in charge of what one pack counts for: its events and the rows that follow from them in, the cells it is part of out.

Pure. What a batch of events changes in the statistics is the difference of what its packs count for after it and before it, so that a correction
takes out of a month exactly what it once put in. The same is written a second time as SQL over the whole ledger (resolvers/database/
statistics_recompute.py), and a test holds the two to the same cells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Final, NamedTuple

from resolvers.ledger.deadlines import local_day
from resolvers.ledger.events import EventType
from resolvers.ledger.facts import PackFacts
from resolvers.ledger.fold import Projection
from resolvers.ledger.projection import is_absent
from resolvers.ledger.rows import Event
from resolvers.ledger.statistics.cubes import Cube

EVERY_MONTH: Final = date(1, 1, 1)
# In the cube VIEW, whose months are days on which custody ended: it has not. Not the first of all days, which PostgreSQL is sent as minus infinity.
STILL: Final = date(1900, 1, 1)
CUSTODIAN: Final = "custodian"
RETIRED: Final = "RETIRED"
# What is counted of a life, and as what. Both ways out of use are one.
COUNTED: Final[Mapping[str, str]] = {
    EventType.PRODUCED: "PRODUCED",
    EventType.IMPORTED: "IMPORTED",
    EventType.SOLD: "SOLD",
    EventType.VEHICLE_SOLD: "VEHICLE_SOLD",
    EventType.RETIRED: RETIRED,
    EventType.PACK_DETACHED: RETIRED,
    EventType.VEHICLE_SCRAPPED: "VEHICLE_SCRAPPED",
    EventType.DISMANTLED: "DISMANTLED",
    EventType.REPROCESSED: "REPROCESSED",
    EventType.RECYCLED: "RECYCLED",
    EventType.DISPOSED: "DISPOSED",
    EventType.EXPORTED: "EXPORTED",
}
# The making of a reprocessed product is no production of batteries.
OF_NEW_PACKS: Final = frozenset({EventType.PRODUCED, EventType.IMPORTED})


class Key(NamedTuple):
    """A place at the finest level, before the registry has told the roles of `party` and of `other`, to whom something flows."""

    cube: Cube
    month: date
    province: str = ""
    chemistry: str = ""
    party: str = ""
    other: str = ""
    to_province: str = ""
    kind: str = ""


class Amounts(NamedTuple):
    """What is there: a number, energy in Wh, mass in g, and the part of them that the cube tells of."""

    n: int = 0
    energy_wh: int = 0
    mass_g: int = 0
    part: int = 0


NOTHING: Final = Amounts()
ONE: Final = Amounts(1)
ONE_LATE: Final = Amounts(1, part=1)
Counted = Mapping[Key, Amounts]


def contributions(facts: PackFacts, events: Iterable[Event], made: Projection, provinces: Mapping[str, str]) -> Counted:
    """What the pack counts for: `events` are those in effect, `made` the rows that follow from them."""
    whole = Amounts(1, round(facts.nominal_energy_kwh * 1000), round(facts.mass_kg * 1000))
    found: dict[Key, Amounts] = {}
    for event in events:
        for key, amounts in _of_event(event, facts, whole, provinces):
            if made.pack.parent is None or key.cube is Cube.REPORT:
                _count(found, key, amounts)
    # Lists hold what came out of a pack as they hold packs.
    for key in _views(made, facts):
        _count(found, key, ONE)
    if made.pack.parent is not None:
        # It was counted with the pack that it came out of.
        return found
    for key in _flows(made, facts):
        _count(found, key, whole)
    for asked, amounts in _take_backs(made, facts, provinces):
        _count(found, asked, amounts)
    pack = made.pack
    _count(found, Key(Cube.STOCK, _month(pack.status_since), pack.province or "", facts.chemistry, pack.custodian or "", kind=pack.status), whole)
    return found


def difference(before: Counted, after: Counted) -> Counted:
    """What has to be added to come from one to the other; nothing where they agree."""
    found = {key: _less(amounts, before.get(key, NOTHING)) for key, amounts in after.items() if amounts != before.get(key, NOTHING)}
    # Most of what a pack counts for is there before and after a report of it.
    found |= {key: _less(NOTHING, amounts) for key, amounts in before.items() if key not in after and amounts != NOTHING}
    return found


def total(several: Iterable[Counted]) -> Counted:
    """The sum."""
    found: dict[Key, Amounts] = {}
    for each in several:
        for key, amounts in each.items():
            _count(found, key, amounts)
    return found


def _count(found: dict[Key, Amounts], key: Key, amounts: Amounts) -> None:
    before = found.get(key)
    # A pack counts once in most places.
    found[key] = amounts if before is None else add(before, amounts)


def add(one: Amounts, other: Amounts) -> Amounts:
    """The sum of two."""
    return Amounts(one[0] + other[0], one[1] + other[1], one[2] + other[2], one[3] + other[3])


def _less(one: Amounts, other: Amounts) -> Amounts:
    return Amounts(one[0] - other[0], one[1] - other[1], one[2] - other[2], one[3] - other[3])


def _of_event(event: Event, facts: PackFacts, whole: Amounts, provinces: Mapping[str, str]) -> Iterator[tuple[Key, Amounts]]:
    month, seat = _month(event.occurred_at), provinces.get(event.reporter, "")
    province = event.province or seat
    if event.type != EventType.RELEASED:
        yield Key(Cube.REPORT, month, seat, party=event.reporter, kind=event.type), ONE_LATE if event.late else ONE
    counted = COUNTED.get(event.type)
    # A vehicle that came without the pack was reported, and took nothing of it with it.
    if counted is not None and not (facts.is_product and event.type in OF_NEW_PACKS) and not is_absent(event):
        yield Key(Cube.LIFE, month, province, facts.chemistry, event.reporter, kind=counted), whole
    if event.type == EventType.PRODUCT_SOLD:
        yield Key(Cube.PRODUCT, month, province, facts.chemistry, event.reporter, kind=str(event.details.get("fieldOfUse") or "")), whole
    if event.type == EventType.VEHICLE_SOLD:
        yield Key(Cube.MARKET, EVERY_MONTH, province, party=event.reporter, kind="OEM"), whole
        yield Key(Cube.MARKET, EVERY_MONTH, province, party=facts.maker, kind="BM"), whole


def _flows(made: Projection, facts: PackFacts) -> Iterator[Key]:
    for leg in made.custody:
        # Nothing flows to the maker that a pack begins with; what comes out of vehicles has no sender.
        if leg.received_at is not None and leg.outcome == "RECEIVED" and (leg.sender is not None or leg.seq > 1):
            month, source, target = _month(leg.received_at), leg.from_province or "", leg.to_province or ""
            yield Key(Cube.FLOW, month, source, facts.chemistry, leg.sender or "", leg.holder, target, leg.purpose or "")


def _take_backs(made: Projection, facts: PackFacts, provinces: Mapping[str, str]) -> Iterator[tuple[Key, Amounts]]:
    """What became of what was asked for, in the month in which it was, where the pack is to be fetched."""
    for asked in made.take_backs:
        province = (asked.region_code or "")[:2] or provinces.get(asked.holder, "")
        late = asked.answered_at is not None and asked.due_on is not None and local_day(asked.answered_at) > asked.due_on
        key = Key(Cube.TAKE_BACK, _month(asked.requested_at), province, facts.chemistry, asked.obliged, kind=asked.outcome)
        yield key, ONE_LATE if late else ONE


def _views(made: Projection, facts: PackFacts) -> Iterator[Key]:
    """In whose lists the pack is (docs/row-policy.md, section 9): by the relations that are open, and, for who held it last until a day, as of that day."""
    opened: defaultdict[str, set[str]] = defaultdict(set, {facts.maker: {"maker"}})
    ended: dict[str, datetime] = {}
    for grant in made.access:
        if grant.until_at is None:
            opened[grant.grantee].add(grant.relation)
        elif grant.relation == CUSTODIAN:
            ended[grant.grantee] = max(grant.until_at, ended.get(grant.grantee, grant.until_at))
    for grantee, relations in opened.items():
        yield Key(Cube.VIEW, STILL, party=grantee, kind=viewed(made.pack.status, relations))
    for grantee, until in ended.items():
        relations = opened.get(grantee, set())
        # The day in place of the month: past custody counts for a number of days, so that one day's packs leave the list together.
        if CUSTODIAN not in relations:
            yield Key(Cube.VIEW, local_day(until), party=grantee, kind=viewed(made.pack.status, relations))


def viewed(status: str, relations: Iterable[str]) -> str:
    """The kind of a cell of the cube VIEW: `STATUS:automaker+custodian`."""
    return f"{status}:{'+'.join(sorted(relations))}"


def _month(moment: datetime) -> date:
    return local_day(moment).replace(day=1)
