"""Whoever looks at every version of a table, as the exact auditor sees them: what they tell of a figure, a sum of figures or a change that is not theirs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from resolvers.ledger.statistics.circulation import TOTAL, Place
from resolvers.ledger.statistics.disclosure import Table, protection, unsafe
from resolvers.ledger.statistics.publication import Version
from tests.statistics.auditor import Auditor
from tests.statistics.drawing import SAFETY, changes, left, records, sides

Cells = dict[Place, dict[str, int]]
CLOSE = 1e-6


@dataclass(frozen=True, slots=True)
class Attacker:
    """Somebody who has all that is published, and `rest`, what there is of cells without what they know of it; `row` they know exactly.

    `party`: an enterprise, from which the largest other one is kept.
    """

    name: str
    rest: Callable[[Cells], Cells]
    whole: Callable[[Cells], Cells] = dict
    row: str = ""
    party: str = ""


def outsider() -> Attacker:
    return Attacker("outsider", dict)


def authority(row: str) -> Attacker:
    """Of a table whose rows are provinces."""
    return Attacker(f"authority {row}", lambda cells: {place: shares for place, shares in cells.items() if place[0] != row}, row=row)


def of_flows(province: str) -> Attacker:
    """The authority of a province of flows, by `party>from>to`."""
    return Attacker(f"authority of flows {province}", lambda cells: left(cells, province), lambda cells: left(cells, ""))


def enterprise(party: str) -> Attacker:
    """Somebody who contributes."""

    def others(cells: Cells) -> Cells:
        return {place: {each: share for each, share in shares.items() if each != party} for place, shares in cells.items()}

    return Attacker(f"enterprise {party}", others, party=party)


class Claim(NamedTuple):
    """Cells of which one enterprise is the most, as they are for the attacker, and by how much less and more their sum has to be possible."""

    places: tuple[Place, ...]
    known: float
    value: float
    down: float
    up: float


class Told(NamedTuple):
    """What was told too closely: of which version, and between what it has to be."""

    what: str
    version: int
    claim: Claim
    low: float
    high: float


def told_too_much(attacker: Attacker, kept: list[Cells], versions: list[Version]) -> list[Told]:
    """What the attacker can tell of what is published, unrounded, which is more than anybody gets."""
    return told_by(attacker, kept, lambda adding: _auditor(attacker, kept, versions, adding))


def told_by(
    attacker: Attacker, kept: list[Cells], knowing: Callable[[Collection[int]], Auditor], sums: bool = True, counts: list[Cells] | None = None
) -> list[Told]:
    """What the attacker can tell more closely than by its protection: of the first version, of each change, of each later version.

    `knowing`: the auditor of all that he has, who takes it of these changes that nothing was taken back. `counts`: of amounts that are no records
    (masses) how many records each is of.
    """
    found = []
    behind = attacker.whole if attacker.party else attacker.rest
    whole, rest = [attacker.whole(state) for state in kept], [attacker.rest(state) for state in kept]
    moved = [changes(old, new) for old, new in itertools.pairwise(rest)]
    adding = [number for number, change in enumerate(moved, 1) if all(sum(parts.values()) >= 0 for parts in change.values())]
    strong, weak = knowing(adding), knowing(())
    for number, state in enumerate(rest):
        for what, auditor, cells, most, figure in (
            ("figure", weak if number else strong, state, whole[number], True),
            ("change", strong, moved[number - 1] if number else {}, changes(whole[number - 1], whole[number]) if number else {}, False),
        ):
            # By how much less a change can be: by all of it where only additions are, else by all there is now.
            free = state if figure or number not in adding else cells
            counted = most if attacker.party else cells
            if counts is not None:
                counted = behind(counts[number]) if figure else _records_of_changes(behind, kept, counts, number)
            for claim in _claims(attacker, cells, most, free, counted, sums, changed=not figure):
                low, high = auditor.bounds(*claim.places, version=number, figure=figure)
                if high - claim.known < claim.value + claim.up - CLOSE or low - claim.known > claim.value - claim.down + CLOSE:
                    found.append(Told(f"{attacker.name}: {what}", number, claim, low - claim.known, high - claim.known))
    return found


def _auditor(attacker: Attacker, kept: list[Cells], versions: list[Version], adding: Collection[int]) -> Auditor:
    """All that is published, unrounded, and what the attacker knows by himself."""
    rows, columns = sides({place: {} for state in kept for place in state})
    whole, rest = (
        [{place: float(sum(shares.values())) for place, shares in told(state).items()} for state in kept] for told in (attacker.whole, attacker.rest)
    )
    least = [{place: value - less.get(place, 0) for place, value in all_.items()} for all_, less in zip(whole, rest, strict=True)]
    auditor = Auditor(rows, columns, len(versions), least, adding)
    for number, (made, state) in enumerate(zip(versions, kept, strict=True)):
        totals = Table(attacker.whole(state)).with_totals()
        for place in ((row, column) for row in (*rows, TOTAL) for column in (*columns, TOTAL)):
            if (attacker.row and place[0] == attacker.row) or made.values.get(place, 0.0) is not None:
                auditor.learn(place, sum(totals.get(place, {}).values()), number)
    return auditor


def _records_of_changes(behind: Callable[[Cells], Cells], kept: list[Cells], counts: list[Cells], number: int) -> Cells:
    """How many records what has changed is of: where amounts alone have, of one."""
    if not number:
        return {}
    amounts, told = (changes(behind(of[number - 1]), behind(of[number])) for of in (kept, counts))
    return {
        place: {party: max(1, abs(told[place].get(party, 0))) for party, amount in parts.items() if amount or told[place].get(party)}
        for place, parts in amounts.items()
    }


def _claims(attacker: Attacker, rest: Cells, whole: Cells, free: Cells, counted: Cells, sums: bool, changed: bool) -> Iterator[Claim]:
    """Each cell that is unsafe, each two of which the same enterprise is the most, and all of these."""
    told, all_ = Table(rest).with_totals(), Table(whole).with_totals()
    room = {place: float(sum(shares.values())) for place, shares in Table(free).with_totals().items()}
    by_largest: dict[str, list[Place]] = {}
    for place, shares in told.items():
        judged = all_.get(place, {}) if attacker.party else shares
        ranked = sorted((each for each in judged if judged[each]), key=lambda each: (-abs(judged[each]), each))
        concerned = not attacker.party or attacker.party in ranked[:2]
        if concerned and any(shares.values()) and unsafe(judged, records(counted, place), SAFETY):
            largest = min((each for each in shares if shares[each]), key=lambda each: (-abs(shares[each]), each))
            by_largest.setdefault(largest, []).append(place)
    for largest, places in by_largest.items():
        alone = [(place,) for place in places]
        several = [*itertools.combinations(places, 2), tuple(places)] if sums and len(places) > 1 else []
        for chosen in (*alone, *several):
            yield _claim(attacker, chosen, largest, told, all_, room, changed)


def _claim(
    attacker: Attacker,
    places: tuple[Place, ...],
    largest: str,
    told: Mapping[Place, Mapping[str, int]],
    whole: Mapping[Place, Mapping[str, int]],
    room: Mapping[Place, float],
    changed: bool,
) -> Claim:
    value = sum(sum(told[place].values()) for place in places)
    known = sum(sum(whole[place].values()) for place in places) - value
    most = sum(told[place].get(largest, 0) for place in places)
    free = sum(room.get(place, 0.0) for place in places)
    if attacker.party:
        # He may not tell the largest other one to within p percent: of figures, with what he knows the others to be at most.
        others = 0 if changed else value - most
        up = max(1, math.ceil(SAFETY.percent / 100 * abs(most)) - others)
        parts = [min(protection(whole[place], SAFETY), sum(map(abs, told[place].values()))) for place in places]
        return Claim(places, known, value, min(max(parts), free), up)
    together = {each: sum(told[place].get(each, 0) for place in places) for place_ in places for each in told[place_]}
    wanted = protection(together, SAFETY)
    return Claim(places, known, value, min(wanted, free), wanted)
