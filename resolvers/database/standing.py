"""This module is in charge of the standing: SQL that tells, for a row of an entity, what the caller may see of it.

A standing is one bigint: openings and relations as bits (auth/entitlements.py). The laws are docs/row-policy.md,
sections 2 and 6. Everything here is pure: a policy in, SQL out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from auth.entitlements import OPENING_BIT, OPENINGS, RELATION_BIT, Policy, RelationOpening
from resolvers.database.sql import EMPTY, Sql, ident, integer, join, slot, text
from resolvers.database.tables import PACK, VEHICLE, Column, Table

RELATION_NAME: Final = {
    "maker": text("'maker'"),
    "automaker": text("'automaker'"),
    "custodian": text("'custodian'"),
    "receiver": text("'receiver'"),
    "jurisdiction": text("'jurisdiction'"),
}


@dataclass(frozen=True, slots=True, eq=False)
class EntitySpec:
    """How one kind of entity is laid out: its root table, its grants, and the relation that is a plain column."""

    name: str
    table: Table
    owner_relation: str
    owner_column: str
    granted: tuple[str, ...]  # relations kept in the grants table
    copies: frozenset[str]  # columns that the grants table copies from the root, to sort by
    tie: str  # the column that orders equal rows; for vehicles no function of the VIN that anybody could compute

    @property
    def key(self) -> str:
        """The key column, of the root and of the grants alike."""
        return self.table.key


PACKS: Final = EntitySpec(
    "battery",
    PACK,
    "maker",
    "maker",
    ("automaker", "custodian", "receiver", "jurisdiction"),
    frozenset({"code", "produced_on", "state_of_health"}),
    "code",
)
VEHICLES: Final = EntitySpec("vehicle", VEHICLE, "automaker", "automaker", ("maker", "custodian", "jurisdiction"), frozenset({"vin", "produced_on"}), "rank")

_IDENTITY: Final = OPENING_BIT["A"]
_OWN: Final = sum(OPENING_BIT[each] for each in OPENINGS if each.endswith(":own"))
PAST: Final = RELATION_BIT["past_custodian"]


def active(alias: str) -> Sql:
    """The grant is open at the moment: half-open interval [from, until)."""
    until = ident(alias, "until_at")
    return text("(") + until + text(" is null or ") + until + text(" > ") + slot("moment") + text(")")


def in_grace(alias: str) -> Sql:
    """The grant has ended, not longer than the grace ago."""
    until = ident(alias, "until_at")
    return text("(") + until + text(" <= ") + slot("moment") + text(" and ") + until + text(" > ") + slot("grace_from") + text(")")


def past_columns(policy: Policy) -> int:
    """A past custodian's bits: identity and what is its own for good; its other openings count for facts only."""
    standing = policy.standing("past_custodian")
    return standing & (_IDENTITY | _OWN | PAST)


def past_facts(policy: Policy) -> int:
    """Openings that the window gives a past custodian, for dated facts."""
    return policy.openings("past_custodian") & ~(_IDENTITY | _OWN)


# Openings in part that are of the present: of what is now (the vehicle's model, who holds the pack, who held it before, where it came from). Of a
# share of what was recovered of the pack the past would tell when that was, which is told neither of the batch nor of the pack.
_OF_NOW: Final = sum(OPENING_BIT[each] for each in ("D:model", "H:holder", "H:prior", "H:origin", "K:share"))


@lru_cache(maxsize=1024)
def past(policy: Policy) -> Policy:
    """The policy for what is told as of a past moment: without the relation that an offer gives for as long as it is pending, and without what
    is open of the present alone."""
    kept = (RelationOpening(each.relation, each.openings & ~_OF_NOW) for each in policy.relations if each.relation != "receiver")
    return Policy(policy.entity, tuple(each for each in kept if each.openings), policy.reported)


def needs_grants(spec: EntitySpec, policy: Policy) -> bool:
    """Whether the caller has any relation that is kept as a grant."""
    return any(policy.openings(each) for each in (*spec.granted, "past_custodian", "took_part"))


def grants(spec: EntitySpec, policy: Policy, alias: str, name: str) -> Sql:
    """`cross join lateral (…) name`: the caller's grants on row `alias`, as `name.held` and `name.past_until`."""
    if not needs_grants(spec, policy):
        return EMPTY
    past_until = (
        text("max(a.until_at) filter (where a.relation = 'custodian' and ") + in_grace("a") + text(")") if past_columns(policy) else text("null::timestamptz")
    )
    return (
        text(" cross join lateral (select coalesce(bit_or(case a.relation ")
        + join(" ", _cases(spec, policy))
        + text(" else 0 end), 0) as held, ")
        + past_until
        + text(" as past_until from ")
        + ident(spec.table.schema, "access")
        + text(" a where ")
        + ident("a", spec.key)
        + text(" = ")
        + ident(alias, spec.key)
        + text(" and a.grantee = any(")
        + slot("grantees")
        # Provinces have jurisdiction and nothing else; parties have anything but that.
        + text(") and (a.relation = 'jurisdiction') = (a.grantee <> ")
        + slot("party")
        + text(") and a.from_at <= ")
        + slot("moment")
        + text(") ")
        + ident(name)
    )


def _cases(spec: EntitySpec, policy: Policy) -> list[Sql]:
    took_part = policy.standing("took_part")
    cases = []
    for relation in spec.granted:
        held = policy.standing(relation)
        for_good = took_part if relation in {"custodian", "receiver"} else 0
        ended = past_columns(policy) if relation == "custodian" else 0
        if held | for_good | ended:
            cases.append(_case(relation, held | for_good, ended | for_good, for_good))
    return cases or [text("when '' then 0::bigint")]


def _case(relation: str, while_active: int, while_in_grace: int, afterwards: int) -> Sql:
    return (
        text("when ")
        + RELATION_NAME[relation]
        + text(" then case when ")
        + active("a")
        + text(" then ")
        + bits(while_active)
        + text(" when ")
        + in_grace("a")
        + text(" then ")
        + bits(while_in_grace)
        + text(" else ")
        + bits(afterwards)
        + text(" end")
    )


def bits(value: int) -> Sql:
    """A set of bits as a bigint constant."""
    return integer(value) + text("::bigint")


def standing(spec: EntitySpec, policy: Policy, alias: str, grant: str, *, exact: bool = False) -> Sql:
    """The standing of row `alias`, whose grants were joined as `grant`: a bigint expression."""
    terms = [bits(_always(policy, exact=exact))]
    if needs_grants(spec, policy):
        held = ident(grant, "held")
        terms.append(_without_past(held, policy))
    if own := policy.standing(spec.owner_relation):
        terms.append(text("case when ") + ident(alias, spec.owner_column) + text(" = ") + slot("party") + text(" then ") + bits(own) + text(" else 0 end"))
    whole = join(" | ", [text("(") + each + text(")") for each in terms])
    product = OPENING_BIT["J:product"]
    if spec is PACKS and policy.openings("all") & product:
        # Typed: test results of products only, so the bit goes for every other pack.
        whole = text("(") + whole + text(") & ~case when ") + ident(alias, "is_product") + text(" then 0 else ") + bits(product) + text(" end")
    return whole


def _always(policy: Policy, *, exact: bool) -> int:
    return policy.standing("all") | (policy.standing("exact_code") if exact else 0)


def _without_past(held: Sql, policy: Policy) -> Sql:
    """Who holds the pack now is no past custodian, whatever it once was."""
    if not past_columns(policy):
        return held
    current = RELATION_BIT["custodian"]
    return (
        text("case when ") + held + text(" & ") + bits(current) + text(" <> 0 then ") + held + text(" & ") + bits(~PAST) + text(" else ") + held + text(" end")
    )


def lateral(spec: EntitySpec, policy: Policy, alias: str, name: str, *, exact: bool = False) -> Sql:
    """Joins that give `name.standing` (and `name.past_until`) for row `alias`."""
    grant = name + "_grants"
    past_until = ident(grant, "past_until") if needs_grants(spec, policy) else text("null::timestamptz")
    return (
        grants(spec, policy, alias, grant)
        + text(" cross join lateral (select ")
        + standing(spec, policy, alias, grant, exact=exact)
        + text(" as standing, ")
        + past_until
        + text(" as past_until) ")
        + ident(name)
    )


def holds(name: str, mask: int) -> Sql:
    """Some bit of the mask is in `name.standing`."""
    return text("(") + ident(name, "standing") + text(" & ") + bits(mask) + text(" <> 0)")


def listing_mask(policy: Policy) -> int:
    """The relations any of which puts a row in a list."""
    return sum(RELATION_BIT[each] for each in policy.listing)


def possible(policy: Policy) -> int:
    """Every opening that any relation of the policy gives: what is not in it is closed in advance."""
    found = 0
    for each in policy.relations:
        found |= each.openings
    return found


def masked(column: Column, alias: str, name: str, policy: Policy) -> Sql:
    """The column, or null where the row's standing does not open it; folded where the policy alone decides."""
    value = ident(alias, column.name)
    if not column.mask & possible(policy):
        return text("null::") + type_name(column)
    if all(_columns_of(policy, each.relation) & column.mask for each in policy.relations if each.relation != "took_part"):
        return value
    return text("case when ") + holds(name, column.mask) + text(" then ") + value + text(" end")


def _columns_of(policy: Policy, relation: str) -> int:
    return past_columns(policy) if relation == "past_custodian" else policy.openings(relation)


def open_to(policy: Policy, relation: str, column: Column) -> bool:
    """Whether that relation alone opens the column."""
    return bool(_columns_of(policy, relation) & column.mask)


TYPE_NAME: Final = {
    "text": text("text"),
    "text[]": text("text[]"),
    "int4[]": text("int4[]"),
    "float8": text("float8"),
    "int4": text("int4"),
    "date": text("date"),
    "bool": text("bool"),
    "timestamptz": text("timestamptz"),
    "jsonb": text("jsonb"),
}


def type_name(column: Column) -> Sql:
    """The column's type as syntax."""
    return TYPE_NAME[column.type]
