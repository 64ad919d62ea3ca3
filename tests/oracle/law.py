"""This module is in charge of the law of rows in its own words: who stands how to a pack or vehicle, and what that opens.

Plain Python over plain rows. It imports nothing of the project, and nothing here was taken from the code that it judges.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from tests.oracle.setting import GRACE, MOMENT, Party, Rows

# Relations in the order in which a redaction names them.
RELATIONS: Final = ("maker", "automaker", "custodian", "past_custodian", "receiver", "took_part", "jurisdiction", "all", "exact_code")
# These do not bring a row into a list or a join.
NO_LISTS: Final = {"exact_code", "took_part"}

# What a relation gives beside the whole category, and the form that such a part has.
PARTS: Final = {
    "pseudonym": "pseudonym", "own": "own", "aggregate": "aggregate", "case": "case", "product": "typed",
    "holder": "summary", "prior": "summary", "origin": "summary", "model": "summary", "share": "summary", "plant": "summary",
    "region": "summary", "environment": "summary", "market": "summary", "public": "summary",
}  # fmt: skip

# A holder who has handed on still reads what it read, as of then; a receiver reads what it needs to take the pack safely.
_HOLDS: Final = "custodian past_custodian receiver exact_code"
_HELD: Final = "custodian past_custodian"
_OWN_LEGS: Final = "custodian/own custodian/holder past_custodian/own receiver/own took_part/own"

PACKS: Final = {
    "BM": {"A": "maker exact_code", "B": "maker", "C": "maker", "D": "maker/pseudonym", "F": "maker/aggregate", "G": "maker",
           "H": "maker/own took_part/own", "J": "maker", "M": "maker/own took_part/own"},
    "OEM": {"A": "automaker " + _HOLDS, "B": "custodian", "C": "custodian receiver", "D": "automaker", "F": "automaker", "G": "automaker receiver",
            "H": "automaker/own " + _OWN_LEGS, "J": "automaker", "K": "automaker/share", "M": "automaker/own took_part/own"},
    "SW": {"A": _HOLDS, "B": "custodian", "C": "custodian receiver", "D": _HELD, "F": _HELD, "G": _HELD + " receiver", "H": _OWN_LEGS, "J": _HELD,
           "M": "took_part/own"},
    "RS": {"A": _HOLDS, "C": "custodian receiver", "D": _HELD, "F": _HELD, "G": _HELD + " receiver", "H": _OWN_LEGS, "M": "took_part/own"},
    "SD": {"A": _HOLDS, "C": "custodian receiver", "D": _HELD, "F": _HELD, "G": _HELD + " receiver", "H": _OWN_LEGS + " custodian/prior",
           "M": "took_part/own"},
    "CU": {"A": _HOLDS, "B": "custodian", "C": "custodian receiver", "D": "custodian/model", "F": _HELD, "G": _HELD + " receiver",
           "H": _OWN_LEGS + " custodian/origin", "J": _HELD + " took_part/own", "K": "took_part/own", "M": "took_part/own"},
    "PR": {"A": "jurisdiction exact_code", "B": "jurisdiction", "C": "jurisdiction exact_code", "D": "jurisdiction", "F": "jurisdiction",
           "G": "jurisdiction", "H": "jurisdiction", "J": "jurisdiction", "K": "jurisdiction/plant", "M": "jurisdiction/region"},
    "MI": dict.fromkeys("ABCDFGHJKM", "all"),
    "ME": {**dict.fromkeys("ABCGHK", "all"), "D": "jurisdiction", "J": "all/case", "M": "all/environment"},
    "SA": {**dict.fromkeys("ABCG", "all"), "F": "all/case", "J": "all/product", "M": "all/market"},
    "PB": {"A": "exact_code"},
}  # fmt: skip
VEHICLES: Final = {
    "BM": {"A": "maker", "D": "maker/pseudonym"},
    "OEM": {"A": "automaker", "D": "automaker"},
    "SW": {"A": _HELD, "D": "custodian"},
    "RS": {"A": _HELD, "D": "custodian"},
    "SD": {"A": _HELD, "D": "custodian"},
    "PR": {"A": "jurisdiction", "D": "jurisdiction"},
    "ME": {"A": "jurisdiction", "D": "jurisdiction"},
    "MI": {"A": "all", "D": "all"},
}
REGISTRY: Final = {role: {"L": "all/public" if role == "PB" else "all"} for role in PACKS}


class Right(NamedTuple):
    """One entry of the matrix."""

    entity: str
    role: str
    category: str
    relation: str
    form: str
    part: str

    @property
    def opening(self) -> str | None:
        """What it opens of a row: the category or a part of it; nothing for numbers in aggregate and for cases."""
        if self.form in ("aggregate", "case"):
            return None
        return f"{self.category}:{self.part}" if self.part else self.category


def _rights() -> Iterable[Right]:
    for entity, matrix in (("battery", PACKS), ("vehicle", VEHICLES), ("enterprise", REGISTRY)):
        for role, categories in matrix.items():
            for category, given in categories.items():
                for each in given.split():
                    relation, _, part = each.partition("/")
                    yield Right(entity, role, category, relation, PARTS[part] if part else "plain", part)


RIGHTS: Final = tuple(_rights())


@dataclass(frozen=True, slots=True)
class Standing:
    """How a party stands to one row.

    `relations` hold, and are named by a right of the party. `rights` are those rights. `columns` are the openings that count for what
    the row is now; `facts` those for what is listed below it. `windows` are the categories of facts known before `end`, the end of a
    custody that is over.
    """

    relations: tuple[str, ...]
    rights: tuple[Right, ...]
    columns: frozenset[str]
    facts: frozenset[str]
    windows: frozenset[str]
    end: datetime | None

    @property
    def listed(self) -> bool:
        """Whether the row is there without anybody naming it."""
        return any(each not in NO_LISTS for each in self.relations)

    @property
    def there(self) -> bool:
        """Whether the row is there at all."""
        return bool(self.relations)

    def policy(self, category: str) -> str:
        """What a redaction says."""
        return f"{category}:{'+'.join(self.relations) or 'none'}"

    def sees(self, *openings: str) -> bool:
        """Whether one of these openings opens a column."""
        return bool(self.columns & set(openings))

    def finds(self, *openings: str) -> bool:
        """Whether one of these openings opens a fact."""
        return bool(self.facts & set(openings))

    def knew(self, category: str, occurred: datetime | None, recorded: datetime | None) -> bool:
        """Whether the window is open for the category, and the fact had happened and was on record before custody ended."""
        if category not in self.windows or self.end is None or occurred is None or recorded is None:
            return False
        return occurred < self.end and recorded < self.end


class Custody(NamedTuple):
    """What somebody's grants of custody come to at the moment."""

    now: bool
    past: bool
    end: datetime | None


def started(grant: dict[str, Any]) -> bool:
    """The grant has begun."""
    return bool(grant["from_at"] <= MOMENT)


def running(grant: dict[str, Any]) -> bool:
    """The grant has begun and is not over; it is over from its last instant on."""
    return started(grant) and (grant["until_at"] is None or grant["until_at"] > MOMENT)


def custody(grants: Rows, party: str) -> Custody:
    """Now, or past with the latest end that is less than the grace ago."""
    mine = [each for each in grants if each["grantee"] == party and each["relation"] == "custodian"]
    now = any(running(each) for each in mine)
    ends = [each["until_at"] for each in mine if started(each) and each["until_at"] is not None and each["until_at"] <= MOMENT < each["until_at"] + GRACE]
    return Custody(now, bool(ends) and not now, max(ends, default=None))


def runs(grants: Rows, grantees: Iterable[str], relation: str) -> bool:
    """One of these grantees has a running grant of that relation."""
    wanted = set(grantees)
    return any(each["grantee"] in wanted and each["relation"] == relation and running(each) for each in grants)


def pack_relations(pack: dict[str, Any], grants: Rows, party: Party, *, named: bool) -> dict[str, bool]:
    """Every relation to a pack, whoever may use it."""
    held = custody(grants, party.uscc)
    part = any(each["grantee"] == party.uscc and each["relation"] in ("custodian", "receiver") and started(each) for each in grants)
    return {
        "maker": pack["maker"] == party.uscc,
        "automaker": runs(grants, (party.uscc,), "automaker"),
        "custodian": held.now,
        "past_custodian": held.past,
        "receiver": runs(grants, (party.uscc,), "receiver"),
        "took_part": part,
        "jurisdiction": runs(grants, provinces(party), "jurisdiction"),
        "all": True,
        "exact_code": named,
    }


def vehicle_relations(vehicle: dict[str, Any], grants: Rows, party: Party) -> dict[str, bool]:
    """Every relation to a vehicle; nobody gets one by naming it."""
    held = custody(grants, party.uscc)
    return {
        "maker": runs(grants, (party.uscc,), "maker"),
        "automaker": vehicle["automaker"] == party.uscc,
        "custodian": held.now,
        "past_custodian": held.past,
        "jurisdiction": runs(grants, provinces(party), "jurisdiction"),
        "all": True,
    }


def provinces(party: Party) -> list[str]:
    """The names under which grants are made to whom the party answers for."""
    return [f"province:{each}" for each in party.provinces]


def stand(entity: str, party: Party, holding: dict[str, bool], grants: Rows, *, product: bool = False) -> Standing:
    """The party's standing, from the relations that hold. Without A (in the registry: L) the token opens nothing at all."""
    base = "L" if entity == "enterprise" else "A"
    rights = [
        each
        for each in RIGHTS
        if each.entity == entity and each.role in party.roles and each.category in party.categories and base in party.categories and holding.get(each.relation)
    ]
    named = {each.relation for each in rights}
    columns, facts, windows = set(), set(), set()
    for right in rights:
        opening = right.opening
        if opening is None or (right.form == "typed" and not product):
            continue
        if right.relation != "past_custodian" or right.category == "A":
            columns.add(opening)
        if right.relation != "past_custodian" or right.category == "A" or right.form == "own":
            facts.add(opening)
        else:
            windows.add(right.category)
    end = custody(grants, party.uscc).end if windows else None
    relations = tuple(each for each in RELATIONS if each in named)
    return Standing(relations, tuple(rights), frozenset(columns), frozenset(facts), frozenset(windows), end)


def finding_passes(finding: dict[str, Any], standing: Standing, party: Party) -> bool:
    """MI reads every finding, a province those that lie in it, two ministries those of their field, a company those about itself, but for what it tried."""
    if standing.finds("M") or (standing.finds("M:own") and finding["party"] == party.uscc and finding["attempt"] is None):
        return True
    if standing.finds("M:region") and set(finding["provinces"]) & set(party.provinces):
        return True
    fields = {"M:environment": "ME", "M:market": "SA"}
    return any(standing.finds(opening) and role in finding["owners"] for opening, role in fields.items())


def finders(party: Party) -> set[str]:
    """The names under which findings and cases are the party's to read: of a company its own, of a province its provinces', of ministries their own."""
    opened = {each.opening for each in RIGHTS if (each.entity, each.category) == ("battery", "M") and each.role in party.roles}
    if not {"A", "M"} <= party.categories:
        return set()
    ministries = {"M": "authority:MI", "M:environment": "authority:ME", "M:market": "authority:SA"}
    own = {party.uscc} if "M:own" in opened else set()
    return own | {name for opening, name in ministries.items() if opening in opened} | set(provinces(party) if "M:region" in opened else ())


def passes(list_: str, fact: dict[str, Any], standing: Standing, party: Party) -> bool:
    """Whether a fact below a pack is there for one who stands so to the pack, its list not being shut."""
    me = party.uscc
    happened, on_record = fact.get("occurred_at"), fact.get("recorded_at")
    match list_:
        case "modules":
            return standing.finds("C")
        case "healthRecords":
            return standing.finds("F") or standing.knew("F", happened, on_record)
        case "safetyEvents":
            return standing.finds("G") or standing.knew("G", happened, on_record)
        case "gradings":
            # J:product is only ever an opening of a pack that is a product.
            return standing.finds("J", "J:product") or (standing.finds("J:own") and fact["reporter"] == me) or standing.knew("J", happened, on_record)
        case "installations":
            return standing.finds("D", "D:pseudonym") or standing.knew("D", happened, on_record)
        case "custody":
            return standing.finds("H") or (standing.finds("H:own") and me in (fact["holder"], fact["sender"]))
        case "takeBacks":
            return standing.finds("H") or (standing.finds("H:own") and me in (fact["holder"], fact["obliged"]))
        case "findings":
            return finding_passes(fact, standing, party)
        case "events":
            return _event_passes(fact, standing, party)
    raise AssertionError(list_)


def _event_passes(event: dict[str, Any], standing: Standing, party: Party) -> bool:
    category, me = event["category"], party.uscc
    if event["type"] == "RELEASED" and event["corrects"] is not None and not standing.finds("G"):
        return False
    if standing.finds(category) or (category == "D" and standing.finds("D:pseudonym")):
        return True
    if event["reporter"] == me and category in party.categories:
        # Nobody is told anything by what it said itself.
        return True
    if category in ("D", "F", "G", "J") and standing.knew(category, event["occurred_at"], event["recorded_at"]):
        return True
    return category == "H" and names_me(event, standing, me)


def names_me(event: dict[str, Any], standing: Standing, me: str) -> bool:
    """The event is one of the party's own, and own ones are open to it."""
    return standing.finds("H:own") and me in (event["reporter"], event["counterparty"])


def batch_is_whole(batch: dict[str, Any], standing: Standing, party: Party) -> bool:
    """Whether a recovery batch is open beyond a share of what came out."""
    own = standing.finds("K:own") and batch["operator"] == party.uscc
    return standing.finds("K") or own or (standing.finds("K:plant") and batch["province"] in party.provinces)
