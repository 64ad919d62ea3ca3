"""This module is in charge of facts: the lists below a pack, their gates, and which of their rows pass.

The laws are docs/row-policy.md section 5, one `FactList` for each line of its table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct

from auth.entitlements import OPENING_BIT, Policy
from resolvers.batching import COUNT_CAP, Batch, Page, PageArguments, Shut
from resolvers.database.keys import KEYS, key_list
from resolvers.database.lists import Fingerprint, one_page, restored, unsealed
from resolvers.database.packs import followed, listed
from resolvers.database.past import THEN, past_rows, record_set
from resolvers.database.reading import Reading
from resolvers.database.sql import EMPTY, Sql, Statement, ident, integer, join, slot, text
from resolvers.database.standing import PACKS, PAST, bits, holds, lateral, past, past_facts, possible
from resolvers.database.tables import CUSTODY, EVENT, FINDING, GRADING, HEALTH, INSTALLATION, MODULE, SAFETY_EVENT, TAKE_BACK, Column, Table

_FALSE: Final = text("false")
_OWN_H: Final = OPENING_BIT["H:own"]
_DATED: Final = (("occurred_at", "timestamptz"), ("seq", "int4"))
# One row's window: it happened, and was recorded, before the caller's custody ended.
_FIRST_TOLD: Final = text("(f.type <> 'RELEASED' or f.corrects is null)")
_IN_WINDOW: Final = text("(f.occurred_at < s.past_until and f.recorded_at < s.past_until)")


@dataclass(frozen=True, slots=True, eq=False)
class FactList:
    """One list: its table, the openings that gate it, the category a past custodian needs, its order, and its law."""

    table: Table
    gate: tuple[str, ...]
    window: str | None
    order: tuple[tuple[str, str], ...]
    passes: Callable[[Policy], Sql]

    @property
    def gate_bits(self) -> int:
        """The openings any of which opens the list."""
        return sum(OPENING_BIT[each] for each in self.gate)


def opens(policy: Policy, *openings: str) -> Sql:
    """The pack's standing has one of the openings; folded where the policy can never give it."""
    mask = sum(OPENING_BIT[each] for each in openings) & possible(policy)
    return holds("s", mask) if mask else _FALSE


def window(policy: Policy, category: str) -> Sql:
    """The caller is a past custodian whose window has the row."""
    if not past_facts(policy) & OPENING_BIT[category]:
        return _FALSE
    return text("(") + holds("s", PAST) + text(" and ") + _IN_WINDOW + text(")")


def any_of(terms: list[Sql]) -> Sql:
    """Disjunction without the terms that are false in advance."""
    kept = [each for each in terms if each is not _FALSE]
    return text("(") + join(" or ", kept) + text(")") if kept else _FALSE


def all_of(terms: list[Sql]) -> Sql:
    """Conjunction; false in advance when a term is."""
    return _FALSE if any(each is _FALSE for each in terms) else text("(") + join(" and ", terms) + text(")")


def party_is(*columns: str) -> Sql:
    """The caller is named in one of the row's columns."""
    return slot("party") + text(" in (") + join(", ", [ident("f", each) for each in columns]) + text(")")


def _plain(category: str) -> Callable[[Policy], Sql]:
    return lambda policy: any_of([opens(policy, category), window(policy, category)])


def _gradings(policy: Policy) -> Sql:
    own = all_of([opens(policy, "J:own"), party_is("reporter")])
    return any_of([opens(policy, "J", "J:product"), own, window(policy, "J")])


def _custody(policy: Policy) -> Sql:
    return any_of([opens(policy, "H"), all_of([opens(policy, "H:own"), party_is("holder", "sender")])])


def _take_backs(policy: Policy) -> Sql:
    return any_of([opens(policy, "H"), all_of([opens(policy, "H:own"), party_is("holder", "obliged")])])


def _events(policy: Policy) -> Sql:
    """The event's own category decides; what the caller reported itself passes in each."""
    categories = []
    for category in ("A", "D", "F", "G", "H", "J"):
        own = all_of([opens(policy, "H:own"), party_is("reporter", "counterparty")]) if category == "H" else _FALSE
        plain = opens(policy, "D", "D:pseudonym") if category == "D" else opens(policy, category)
        dated = window(policy, category) if category in "DFGJ" else _FALSE
        reported = party_is("reporter") if policy.reported & OPENING_BIT[category] else _FALSE
        passes = any_of([plain, dated, own, reported])
        if category == "H":
            # Beside recalls, which are open to all, what is told again of a release is how safe the item is.
            passes = all_of([passes, any_of([_FIRST_TOLD, opens(policy, "G")])])
        if passes is not _FALSE:
            categories.append(text("when ") + _LETTER[category] + text(" then ") + passes)
    return text("case f.category ") + join(" ", categories) + text(" else false end") if categories else _FALSE


def _findings(policy: Policy) -> Sql:
    """One's own; for an authority those of its provinces, or of its field; all for the one whose platform it is."""
    return any_of(
        [
            opens(policy, "M"),
            all_of([opens(policy, "M:own"), party_is("party"), text("f.attempt is null")]),
            all_of([opens(policy, "M:region"), text("f.provinces && ") + slot("jurisdiction") + text("::text[]")]),
            all_of([opens(policy, "M:environment"), text("'ME' = any(f.owners)")]),
            all_of([opens(policy, "M:market"), text("'SA' = any(f.owners)")]),
        ]
    )


_LETTER: Final = {
    "A": text("'A'"),
    "D": text("'D'"),
    "F": text("'F'"),
    "G": text("'G'"),
    "H": text("'H'"),
    "J": text("'J'"),
}

MODULES: Final = FactList(MODULE, ("C",), None, (("position", "int4"), ("module_code", "text")), lambda policy: opens(policy, "C"))
HEALTH_RECORDS: Final = FactList(HEALTH, ("F",), "F", _DATED, _plain("F"))
SAFETY_EVENTS: Final = FactList(SAFETY_EVENT, ("G",), "G", _DATED, _plain("G"))
GRADINGS: Final = FactList(GRADING, ("J", "J:product", "J:own"), "J", _DATED, _gradings)
INSTALLATIONS: Final = FactList(
    INSTALLATION,
    ("D", "D:pseudonym"),
    "D",
    _DATED,
    lambda policy: any_of([opens(policy, "D", "D:pseudonym"), window(policy, "D")]),
)
CUSTODY_LEGS: Final = FactList(CUSTODY, ("H", "H:own"), None, (("seq", "int4"),), _custody)
TAKE_BACKS: Final = FactList(TAKE_BACK, ("H", "H:own"), None, (("seq", "int4"),), _take_backs)
# Of one that was answered or lapsed, the past tells when that was recorded, which is of the chain of custody.
PAST_TAKE_BACKS: Final = FactList(TAKE_BACK, ("H",), None, (("seq", "int4"),), lambda policy: opens(policy, "H"))
FINDINGS: Final = FactList(FINDING, FINDING.column("id").opened_by, None, (("first_seen", "timestamptz"), ("id", "text")), _findings)
EVENTS: Final = FactList(EVENT, ("A",), None, _DATED, _events)


def fact_column(facts: FactList, column: Column, policy: Policy) -> Sql:
    """The column under the laws for columns inside facts."""
    value = ident("f", column.name)
    if facts is EVENTS and column.name in {"reporter", "counterparty", "province"}:
        own = all_of([opens(policy, "H:own"), party_is("reporter", "counterparty")])
        return _when(any_of([opens(policy, "H"), own]), value)
    if facts is EVENTS and column.name == "vin":
        # Of its own report, too, the caller reads the vehicle where the category is open to it.
        return _when(all_of([text("f.category = 'D'"), any_of([opens(policy, "D", "D:pseudonym"), window(policy, "D")])]), value)
    if facts is CUSTODY_LEGS and column.name == "until_at":
        return _when(opens(policy, "H"), value)
    if facts is INSTALLATIONS and column.name == "removed_at":
        # A past custodian does not learn of a removal after its time.
        known = text("(f.removed_at < s.past_until and f.removal_recorded_at < s.past_until)")
        return _when(any_of([opens(policy, "D", "D:pseudonym"), all_of([window(policy, "D"), known])]), value)
    return value


def _when(condition: Sql, value: Sql) -> Sql:
    if condition is _FALSE:
        return text("null")
    return text("case when ") + condition + text(" then ") + value + text(" end")


def facts_standing(policy: Policy) -> Sql:
    """The standing for facts: a past custodian's openings count here."""
    given = past_facts(policy)
    if not given:
        return text("s.standing")
    return text("s.standing | case when ") + holds("s", PAST) + text(" then ") + bits(given) + text(" else 0 end")


def row_standing(facts: FactList, policy: Policy, *, followed_only: bool = False) -> Sql:
    """The standing for one row: who was there is the caller's own only in events that it was a party to. `followed_only`: it may be there for having taken
    part alone."""
    whole = facts_standing(policy)
    if followed_only:
        # Who took part knows the code.
        whole += text(" | ") + bits(OPENING_BIT["A"])
    if facts is not EVENTS or not possible(policy) & _OWN_H:
        return whole
    return text("(") + whole + text(") & ~case when ") + party_is("reporter", "counterparty") + text(" then 0 else ") + bits(_OWN_H) + text(" end")


class _Walk(Struct, frozen=True):
    limit: int
    backward: bool
    after: bool
    counted: bool
    types: bool
    named: bool = False
    then: bool = False


@lru_cache(maxsize=1024)
def _statement(facts: FactList, policy: Policy, exact: bool, walk: _Walk, wanted: tuple[str, ...]) -> Statement:
    passes = facts.passes(policy)
    if walk.types:
        passes = all_of([passes, text("f.type = any(") + slot("types") + text(")")])
    if walk.named:
        passes = all_of([passes, text("f.seq = any(") + slot("seqs") + text(")")])
    columns = [fact_column(facts, facts.table.column(each), policy) + text(" as ") + ident(each) for each in wanted]
    order = [ident("f", name) for name, _ in facts.order]
    positions = [value + text(" as ") + ident("o" + str(n)) for n, value in enumerate(order)]
    places = _places(facts, policy, wanted)
    direction = text(" desc") if walk.backward else text(" asc")
    names = (facts.table.schema, facts.table.name)
    root = record_set(*names) if walk.then else ident(*names)
    here = text(" from ") + root + text(" f where f.code = p.code and ") + passes
    rows = (
        text("select ")
        + join(", ", [*columns, *positions, row_standing(facts, policy, followed_only=walk.named) + text(" as standing")])
        + here
        + (_beyond(order, walk) if walk.after else EMPTY)
        + text(" order by ")
        + join(", ", [each + direction for each in order])
        + text(" limit ")
        + integer(walk.limit)
    )
    total = text(", (select count(*) from (select 1") + here + text(" limit ") + integer(COUNT_CAP + 1) + text(") c) as total") if walk.counted else EMPTY
    given = [ident("r", each) for each in wanted]
    given += [ident("r", "o" + str(n)) + text(" as ") + ident(place) for n, place in enumerate(places) if place not in wanted]
    return (
        text("select ")
        + join(", ", [*given, text("p.code as key, coalesce(r.standing, ") + facts_standing(policy) + text(") as standing")])
        + total
        + text(" from battery.pack p")
        + lateral(PACKS, policy, "p", "s", exact=exact)
        + text(" left join lateral (")
        + rows
        + text(") r on true where p.code = any(")
        + KEYS
        + text(") and ")
        + (text("s.standing <> 0") if exact else followed(policy, "s") if walk.named else listed(policy, "s"))
        + text(" order by p.code, ")
        + join(", ", [ident("r", "o" + str(n)) + direction for n in range(len(order))])
    ).compile()


@lru_cache(maxsize=1024)
def _places(facts: FactList, policy: Policy, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Under which name a row gives each part of its position, the last one as `seq`. A part that is wanted as it is comes once:
    moments are the dearest values to read."""

    def place(n: int, name: str) -> str:
        plain = name in wanted and fact_column(facts, facts.table.column(name), policy) == ident("f", name)
        return name if plain else "o" + str(n)

    return (*(place(n, name) for n, (name, _) in enumerate(facts.order[:-1])), "seq")


def _beyond(order: list[Sql], walk: _Walk) -> Sql:
    compare = text(" < ") if walk.backward else text(" > ")
    return text(" and (") + join(", ", order) + text(")") + compare + text("(") + join(", ", [slot("o" + str(n)) for n in range(len(order))]) + text(")")


async def fact_pages(reading: Reading, batch: Batch, facts: FactList) -> list[Page | Shut]:
    """One page, or Shut, per battery code of the batch."""
    page, as_of = batch.page or PageArguments(limit=20), batch.as_of
    policy = reading.policy("battery") if as_of is None else past(reading.policy("battery"))
    values = {**reading.values(), "keys": key_list(batch.keys)}
    types = batch.arguments.get("types")
    if types is not None:
        values["types"] = list(types)
    bound_to = Fingerprint(
        lambda: (
            facts.table.name,
            types,
            *(() if as_of is None else (as_of,)),
        )
    )
    if page.cursor is not None:
        position = unsealed(reading, bound_to, page, len(facts.order))
        values.update({f"o{n}": restored(kind, position[n]) for n, (_, kind) in enumerate(facts.order)})
    walk = _Walk(page.reach, page.backward, page.cursor is not None, page.count, types is not None, then=as_of is not None and facts.table is not MODULE)
    if walk.then:
        values[THEN] = await past_rows(reading, batch, facts.table.name, await visible_events(reading, batch) if facts is INSTALLATIONS else None)
    statement = _statement(facts, policy, batch.exact, walk, batch.columns)
    rows = await reading.fetch(statement, values, batch.keys if batch.exact else ())
    return _pages(reading, batch, facts, page, rows, bound_to, policy)


@lru_cache(maxsize=256)
def _visible(policy: Policy, exact: bool) -> Statement:
    return (
        text("select p.code as key, f.seq as seq from battery.pack p")
        + lateral(PACKS, policy, "p", "s", exact=exact)
        + text(" join ")
        + record_set("battery", "event")
        + text(" f on f.code = p.code where p.code = any(")
        + KEYS
        + text(") and ")
        + (text("s.standing <> 0") if exact else listed(policy, "s"))
        + text(" and ")
        + EVENTS.passes(policy)
    ).compile()


async def visible_events(reading: Reading, batch: Batch) -> frozenset[tuple[str, int]]:
    """Which events of the packs, as of the past moment of the batch, pass in their lists: (battery code, seq)."""
    values = {**reading.values(), "keys": key_list(batch.keys), THEN: await past_rows(reading, batch, EVENT.name)}
    rows = await reading.fetch(_visible(past(reading.policy("battery")), batch.exact), values, batch.keys if batch.exact else ())
    return frozenset((row["key"], row["seq"]) for row in rows)


async def events_by_seq(reading: Reading, batch: Batch) -> list[Any]:
    """The event of each (battery code, seq), None where the caller may not see it: of batteries in its lists and of those that it took part in; with `exact`
    of those that it named."""
    codes, seqs = ([*dict.fromkeys(each)] for each in zip(*batch.keys, strict=True))
    values = {**reading.values(), "keys": key_list(codes), "seqs": seqs}
    # One bound for all, so that there is one statement: of each pack there are no more rows than seqs.
    walk = _Walk(COUNT_CAP, backward=False, after=False, counted=False, types=False, named=True)
    rows = await reading.fetch(_statement(EVENTS, reading.policy("battery"), batch.exact, walk, batch.columns), values, codes if batch.exact else ())
    found = {(row["key"], row["seq"]): row for row in rows}
    return [found.get(key) for key in batch.keys]


def _pages(reading: Reading, batch: Batch, facts: FactList, page: PageArguments, rows: list[Any], bound_to: Fingerprint, policy: Policy) -> list[Page | Shut]:
    party, opaque = reading.principal.party, reading.opaque
    names = _places(facts, policy, batch.columns)

    def seal(row: Any) -> str:
        return opaque.cursor(party, bound_to.text, tuple(_spelled(row[each]) for each in names))

    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row["key"], []).append(row)
    pages: list[Page | Shut] = []
    for key in batch.keys:
        group = found.get(key)
        standing = group[0]["standing"] if group else 0
        if group is None or not standing & facts.gate_bits:
            pages.append(Shut(standing))
            continue
        total = group[0]["total"] if page.count else None
        pages.append(one_page(group if group[0]["seq"] is not None else [], page, seal, total))
    return pages


def _spelled(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
