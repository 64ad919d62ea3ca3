"""This module is in charge of the entitlement matrix: which role may read which category by which relation.

The rows are data (`entitlements.csv`), so a new kind of authority is a new set of rows, not a change of code.
An *opening* is what one row of the matrix gives: a category in full ("F"), or a part of it ("D:pseudonym",
"H:own"). Openings and relations are bits, so that what a caller may see of one database row is one integer,
its *standing*: openings in the low bits, the relations it holds from bit RELATION_SHIFT on.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from auth.principal import Principal

CATEGORIES: Final = {
    "A": "identity, model, chemistry, rated values, status",
    "B": "detailed composition",
    "C": "dismantling and safety information",
    "D": "binding of pack and vehicle",
    "F": "condition: state of health, cycles, temperature",
    "G": "accidents and safety events",
    "H": "custody chain",
    "J": "test and grading results",
    "K": "plant mass balance and recovery",
    "L": "enterprise registry, outlets, licences",
    "M": "findings of the enforcement rules",
    "N": "national statistics",
}

RELATIONS: Final = (
    "maker",
    "automaker",
    "custodian",
    "past_custodian",
    "receiver",
    "took_part",
    "jurisdiction",
    "all",
    "exact_code",
)

# A row is in a list or a count if and only if one of these opens it (design: list membership).
LISTING_RELATIONS: Final = frozenset(RELATIONS) - {"exact_code", "took_part"}

OPENINGS: Final = (
    *("A", "B", "C", "D", "F", "G", "H", "J", "K", "L"),
    *("D:pseudonym", "D:model", "H:own", "H:holder", "H:prior", "H:origin"),
    *("J:own", "J:product", "K:own", "K:plant", "K:share", "L:public"),
    *("M", "M:own", "M:region", "M:environment", "M:market"),
    *("N", "N:region", "N:published"),
)

RELATION_SHIFT: Final = 32
OPENING_BIT: Final = {name: 1 << i for i, name in enumerate(OPENINGS)}
RELATION_BIT: Final = {name: 1 << (RELATION_SHIFT + i) for i, name in enumerate(RELATIONS)}

# Forms that open nothing of a row: statistics answer "aggregate"; "case" waits for an opened case.
_OPENS_NO_ROW: Final = frozenset({"aggregate", "case"})
_FACET_OF_FORM: Final = {"pseudonym": "pseudonym", "own": "own"}


@dataclass(frozen=True, slots=True)
class Entitlement:
    """One row of the matrix. `opening` is None for forms that open no row (aggregate-only, case)."""

    entity: str
    role: str
    category: str
    relation: str
    form: str
    opening: str | None


def load_matrix(path: Path = Path(__file__).with_name("entitlements.csv")) -> tuple[Entitlement, ...]:
    """Read the matrix; ValueError names the line of a row that uses an unknown word."""
    with path.open(encoding="utf-8", newline="") as lines:
        return tuple(_entitlement(number, row) for number, row in enumerate(csv.DictReader(lines), start=2))


def _entitlement(line: int, row: dict[str, str]) -> Entitlement:
    category, relation, form = row["category"], row["relation"], row["form"]
    opening: str | None = None
    if form not in _OPENS_NO_ROW:
        facet = _FACET_OF_FORM.get(form, row["facet"])
        opening = f"{category}:{facet}" if facet else category
    if category not in CATEGORIES or relation not in RELATIONS or (opening is not None and opening not in OPENING_BIT):
        raise ValueError(f"entitlements.csv line {line}: unknown category, relation, form or facet")
    return Entitlement(row["entity"], row["role"], category, relation, form, opening)


@dataclass(frozen=True, slots=True)
class RelationOpening:
    """What one relation opens to one principal: the openings as bits."""

    relation: str
    openings: int


@dataclass(frozen=True, slots=True)
class Policy:
    """What a principal may read of one kind of entity, by relation; the only input the door takes from auth."""

    entity: str
    relations: tuple[RelationOpening, ...]
    # The categories, as bits, of whose events the party reads what it reported itself, by whatever relation the row is there.
    reported: int = 0
    # The relations that put a row in a list or a count, in the matrix's order.
    listing: tuple[str, ...] = field(init=False, compare=False, repr=False)
    # Every statement is looked up by the policy, several times a request.
    _openings: dict[str, int] = field(init=False, compare=False, repr=False)
    _hash: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_openings", {each.relation: each.openings for each in self.relations})
        object.__setattr__(self, "listing", tuple(each.relation for each in self.relations if each.relation in LISTING_RELATIONS))
        object.__setattr__(self, "_hash", hash((self.entity, self.relations, self.reported)))

    def __hash__(self) -> int:
        return self._hash

    def openings(self, relation: str) -> int:
        """Bits opened by that relation; 0 where the principal's roles give it nothing."""
        return self._openings.get(relation, 0)

    def standing(self, relation: str) -> int:
        """Openings and the relation's own bit; 0 where the relation gives nothing."""
        opened = self.openings(relation)
        return opened | RELATION_BIT[relation] if opened else 0


@dataclass(frozen=True, slots=True)
class CategoryRule:
    """The scope that a token needs for a category, and the purposes it may be read for."""

    scope: str
    purposes: frozenset[str]


PURPOSES: Final = {
    "compliance": "statutory reporting and checking of one's own data",
    "recycling": "dismantling, reprocessing and material recovery",
    "safety": "safe handling, transport and accident response",
    "supervision": "supervision by an authority",
    "public_information": "information of the public",
}
_ANY: Final = frozenset(PURPOSES)
_NOT_PUBLIC: Final = _ANY - {"public_information"}

CATEGORY_RULES: Final = {
    "A": CategoryRule("battery:identity", _ANY),
    "B": CategoryRule("battery:composition", frozenset({"compliance", "recycling", "supervision"})),
    "C": CategoryRule("battery:dismantling", _NOT_PUBLIC),
    "D": CategoryRule("vehicle:binding", frozenset({"compliance", "recycling", "supervision"})),
    "F": CategoryRule("battery:condition", _NOT_PUBLIC),
    "G": CategoryRule("battery:safety", _NOT_PUBLIC),
    "H": CategoryRule("battery:custody", frozenset({"compliance", "recycling", "supervision"})),
    "J": CategoryRule("battery:tests", frozenset({"compliance", "recycling", "supervision"})),
    "K": CategoryRule("recovery:read", frozenset({"compliance", "recycling", "supervision"})),
    "L": CategoryRule("enterprise:read", _ANY),
    "M": CategoryRule("findings:read", frozenset({"compliance", "recycling", "supervision"})),
    "N": CategoryRule("statistics:read", _ANY),
}


# The roles that report (domain reference, section 3); which event each may report is the ledger's register's to say.
REPORTING_ROLES: Final = frozenset({"BM", "OEM", "SW", "RS", "SD", "CU", "PR", "MI", "ME", "SA"})


def report_scope(role: str) -> str:
    """The scope under which a party of that role reports to the ledger."""
    return "report:" + role


def scopes_for(roles: Iterable[str], matrix: Iterable[Entitlement]) -> frozenset[str]:
    """The scopes that the roles may ask for: those of categories in which any of their rows opens something, and those to report."""
    held = frozenset(roles)
    reading = frozenset(CATEGORY_RULES[e.category].scope for e in matrix if e.role in held and e.opening is not None)
    return reading | frozenset(report_scope(role) for role in held & REPORTING_ROLES)


def open_categories(principal: Principal) -> frozenset[str]:
    """Categories that the token's scopes and purpose leave open, before any relation is looked at."""
    return frozenset(category for category, rule in CATEGORY_RULES.items() if rule.scope in principal.scopes and principal.purpose in rule.purposes)


_IDENTITY: Final = {"enterprise": "L", "statistics": "N"}


def policy_for(principal: Principal, entity: str, matrix: Iterable[Entitlement]) -> Policy:
    """The principal's policy for one kind of entity.

    Law: a relation opens the union of what each of the principal's roles gets by it, cut down to the categories
    that scopes and purpose leave open. Without category A (L for enterprises, N for statistics) no row opens at all:
    an entity whose identity may not be read does not exist for the caller.
    """
    categories = open_categories(principal)
    identity = _IDENTITY.get(entity, "A")
    if identity not in categories:
        return Policy(entity, ())
    opened: dict[str, int] = {}
    for row in matrix:
        if row.entity == entity and row.role in principal.roles and row.opening and row.category in categories:
            opened[row.relation] = opened.get(row.relation, 0) | OPENING_BIT[row.opening]
    return Policy(entity, tuple(RelationOpening(r, opened[r]) for r in RELATIONS if r in opened), _reported(principal) if entity == "battery" else 0)


def _reported(principal: Principal) -> int:
    """The categories of events that the token reads of what its party reported: those that are open to it; all, where it may report. What it may send
    again, and is told then, it may read."""
    reports = any(report_scope(role) in principal.scopes for role in principal.roles)
    return sum(OPENING_BIT[each] for each in (CATEGORIES if reports else open_categories(principal)))


def category_of(opening: str) -> str:
    """The category letter of an opening: "D" of "D:pseudonym"."""
    return opening.partition(":")[0]


def relations_of(standing: int) -> tuple[str, ...]:
    """The relations in a standing, in their declared order."""
    return tuple(name for name, bit in RELATION_BIT.items() if standing & bit)
