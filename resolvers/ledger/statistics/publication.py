"""This module is in charge of what is published: which tables there are, and what a version of one shows, given everything that was shown before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Final, NamedTuple

from resolvers.ledger.findings.parameters import Parameters
from resolvers.ledger.statistics.circulation import Place
from resolvers.ledger.statistics.cubes import Cube
from resolvers.ledger.statistics.disclosure import Safety, Table, rounded, suppressed


@dataclass(frozen=True, slots=True)
class Published:
    """A table of a month: of which cube, which kinds (none: all), its rows and columns, and what its cells are: a column of the cube, counts or grams."""

    cube: Cube
    rows: str
    columns: str
    kinds: tuple[str, ...] = ()
    measure: str = "n"
    seen: tuple[str, ...] = ()
    """Columns of the provinces whose authorities know of a contribution, where these are no rows of the table."""

    @property
    def authorities(self) -> bool:
        """Whether each row is that of a province, whose authority has its figures exactly."""
        return self.rows == "province"


PUBLISHED: Final[Mapping[str, Published]] = MappingProxyType({
    "PRODUCTION": Published(Cube.LIFE, "province", "chemistry", ("PRODUCED", "IMPORTED")),
    "SALES": Published(Cube.LIFE, "province", "chemistry", ("VEHICLE_SOLD",)),
    "RETIREMENTS": Published(Cube.LIFE, "province", "chemistry", ("RETIRED",)),
    "REPROCESSING": Published(Cube.PRODUCT, "province", "kind"),
    "RECOVERY": Published(Cube.RECOVERY, "province", "kind", measure="part"),
    "CUSTODY_FLOWS": Published(Cube.FLOW, "role", "to_role", seen=("province", "to_province")),
})  # fmt: skip


class Share(NamedTuple):
    """What one enterprise contributes to a cell: records, and the amount in the table's measure."""

    records: int
    amount: int


Shares = Mapping[Place, Mapping[str, Share]]
"""By enterprise; where provinces are seen, by enterprise and provinces (`contribution`)."""
_SEEN: Final = ">"


class Version(NamedTuple):
    """What was published: each place with its value, None where it is suppressed; and what stood behind it."""

    values: Mapping[Place, float | None]
    shares: Shares


class Terms(NamedTuple):
    """The figures of the rule table for publication: days after a month until it is closed, ages in months at which it is revised, digits of masses."""

    safety: Safety
    closing: int
    rounds: tuple[int, ...]
    digits: int


def terms(parameters: Parameters) -> Terms:
    """The figures as of a day. MissingParameter where the rule table lacks one: nothing is published by guess."""
    safety = Safety(
        int(parameters.number("disclosure.minimum_records")),
        int(parameters.number("disclosure.minimum_contributors")),
        parameters.number("disclosure.dominance_share"),
        parameters.number("disclosure.p_percent"),
        int(parameters.number("disclosure.count_base")),
    )
    rounds = tuple(int(parameters.number("disclosure.revision", node)) for node in ("FIRST", "LAST"))
    return Terms(safety, int(parameters.number("disclosure.closing")), rounds, int(parameters.number("disclosure.mass_digits")))


def version(shares: Shares, before: Version | None, given: Terms, *, mass: bool, authorities: bool) -> Version | None:
    """The next version of a table; None where nothing has changed since the last.

    Law: what was suppressed stays so, and what changed is protected as a table of its own. Then whoever has all versions knows the first, and the
    changes, each with some cells missing, and has nothing that leads from one to the other: what protects each protects all of them.
    """
    now = tabulated(shares, authorities)
    hidden: frozenset[Place] = frozenset()
    if before is not None:
        changed = _changes(before.shares, shares, authorities)
        if not any(changed.cells.values()):
            return None
        hidden = frozenset(place for place, value in before.values.items() if value is None)
        while True:
            wider = suppressed(changed, given.safety, suppressed(now, given.safety, hidden) | hidden) | hidden
            if wider == hidden:
                break
            hidden = wider
    else:
        hidden = suppressed(now, given.safety)
    values = {place: sum(parts.values()) for place, parts in now.with_totals().items()}
    places = dict.fromkeys([*values, *(before.values if before is not None else ()), *hidden])
    shown = {place: None if place in hidden else _shown(values.get(place, 0), given, mass=mass) for place in sorted(places)}
    return Version(shown, shares)


def closed_on(month: date, given: Terms, months: int) -> int:
    """The ordinal of the day from which a month of that age in rounds may be published."""
    year, number = divmod(month.year * 12 + month.month + months, 12)
    return date(year, number + 1, 1).toordinal() + given.closing


def _shown(amount: int, given: Terms, *, mass: bool) -> float:
    return rounded(amount / 1000, given.safety, given.digits) if mass else rounded(amount, given.safety, None)


def contribution(party: str, provinces: Iterable[str]) -> str:
    """The name under which is kept what an enterprise contributes and the authorities of these provinces know of."""
    return _SEEN.join((party, *provinces))


def tabulated(shares: Shares, authorities: bool) -> Table:
    """The table of what is contributed, as disclosure control takes it."""
    return _seen({place: dict(parts) for place, parts in shares.items()}, authorities, None)


def _changes(before: Shares, now: Shares, authorities: bool) -> Table:
    """What has changed, cell by cell and enterprise by enterprise; a change of amounts alone is that of one record. Cells that did not change are there
    too: what is suppressed in them already protects those that did."""
    changed: dict[Place, dict[str, Share]] = {}
    for place in sorted(before.keys() | now.keys()):
        old, new, found = before.get(place, {}), now.get(place, {}), changed.setdefault(place, {})
        for name in sorted(old.keys() | new.keys()):
            was, is_ = old.get(name, Share(0, 0)), new.get(name, Share(0, 0))
            if was != is_:
                found[name] = Share(max(abs(is_.records - was.records), 1), is_.amount - was.amount)
    return _seen(changed, authorities, now)


def _seen(parts: Shares, authorities: bool, now: Shares | None) -> Table:
    """The table by enterprise, and what is left of it for the authority of each province that is seen. `now`: the parts are changes, to these."""
    provinces = {province for each in (parts, now or {}) for some in each.values() for name in some for province in name.split(_SEEN)[1:] if province}
    left = {province: _left(parts, province, now) for province in provinces}
    return replace(_left(parts, None, now), authorities=authorities, left=left)


def _left(parts: Shares, province: str | None, now: Shares | None) -> Table:
    records = {place: sum(share.records for _, share in _unseen(each, province)) for place, each in parts.items()}
    return Table(_amounts(parts, province), None if now is None else _amounts(now, province), records)


def _amounts(parts: Shares, province: str | None) -> dict[Place, dict[str, int]]:
    """What each enterprise contributes to each cell, without what the authority of the province knows of."""
    cells: dict[Place, dict[str, int]] = {}
    for place, each in parts.items():
        found = cells.setdefault(place, {})
        for party, share in _unseen(each, province):
            found[party] = found.get(party, 0) + share.amount
    return cells


def _unseen(each: Mapping[str, Share], province: str | None) -> Iterator[tuple[str, Share]]:
    for name, share in each.items():
        party, *seen = name.split(_SEEN)
        if province is None or province not in seen:
            yield party, share
