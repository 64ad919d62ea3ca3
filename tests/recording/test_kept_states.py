"""What is judged from kept states on is judged as by whole lives: the same answers, rows, findings and figures, over lives drawn by chance."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Final

import pytest

from resolvers.database.pool import Database
from resolvers.database.recording_write import insert
from resolvers.database.sql import ident, text
from resolvers.ledger import kept
from resolvers.ledger.events import AUTHORITIES
from resolvers.ledger.kept import Base, folded, state_of, written
from resolvers.ledger.recording import record as recording
from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.recording.record import record
from resolvers.ledger.recording.report import Recorded, Report, Reporter, Sale
from resolvers.ledger.recording.seen import Whole
from resolvers.ledger.rows import TABLES, KeptState, Vehicle
from tests.conftest import Databases
from tests.ledger.book import FACTS, KNOWN
from tests.ledger.book import Book as Page
from tests.recording.world import CAR, FIRMS, NOW, SWAP_CAR, Book, E, code, registered, reporter, rows, vin

EVERYTHING: Final = Whole(everything=True)
OFFICE: Final = "11100000000013039Y"
PACKS, STEPS = 4, 110
SWAPS: Final = (vin(901), vin(902))
MINISTRY: Final = Reporter(OFFICE, frozenset({"MI"}) & AUTHORITIES)
GRADE: Final = {"method": "M", "capacityAh": 1.0, "resistanceMohm": 1.0, "insulationMohm": 1.0, "grade": "A", "route": "R"}
SENT: Final = {"purpose": "UTILIZATION", "declaredMassKg": 419.0, "condition": "INTACT"}
# What may follow where a pack stands, and by whom: "holder", "receiver", or a firm. Written apart from the ledger's table.
LIKELY: Final[Mapping[str, tuple[tuple[E, str], ...]]] = {
    "CODED": ((E.SOLD, "maker"),),
    "SOLD": ((E.POOLED, "holder"), (E.POOLED, "holder"), (E.INSTALLED, "holder"), (E.REPLACED, "holder")),
    "INSTALLED": ((E.VEHICLE_SOLD, "oem"),),
    "SWAP_POOL": ((E.SWAP_IN, "holder"), (E.SWAP_IN, "holder"), (E.SWAP_IN, "holder"), (E.SWAP_IN, "holder"), (E.RETIRED, "holder")),
    "IN_SERVICE": (
        (E.SWAP_OUT, "holder"), (E.SWAP_OUT, "holder"), (E.SWAP_OUT, "holder"), (E.MAINTAINED, "repair"), (E.REPLACED, "repair"), (E.REPLACED, "swap"),
        (E.VEHICLE_SCRAPPED, "scrap"),
    ),
    "REMOVED": ((E.REINSTALLED, "holder"), (E.REINSTALLED, "holder"), (E.REINSTALLED, "holder"), (E.RETIRED, "holder")),
    "IN_SCRAP_VEHICLE": ((E.PACK_DETACHED, "holder"),),
    "RETIRED": ((E.HANDED_OVER, "holder"),),
    "STORED": ((E.HANDED_OVER, "holder"), (E.GRADED, "holder")),
    "GRADED": ((E.HANDED_OVER, "holder"), (E.HANDED_OVER, "holder"), (E.DISMANTLED, "holder")),
    "IN_TRANSIT": ((E.RECEIVED, "receiver"), (E.RECEIVED, "receiver"), (E.REJECTED, "receiver")),
    "MISSING": ((E.FOUND, "holder"), (E.FOUND, "oem")),
}  # fmt: skip
SAID: Final = (
    (E.HEALTH_MEASURED, "holder"), (E.HEALTH_MEASURED, "holder"), (E.HEALTH_MEASURED, "swap"), (E.SAFETY_EVENT, "holder"), (E.RECALLED, "maker"),
    (E.RECALL_REMEDIED, "maker"), (E.TAKE_BACK_REQUESTED, "holder"), (E.TAKE_BACK_ACCEPTED, "oem"), (E.TAKE_BACK_REFUSED, "maker"),
    (E.REPORTED_MISSING, "holder"), (E.FOUND_ABANDONED, "ministry"), (E.FOUND_ABANDONED, "repair"), (E.EXPORTED, "holder"), (E.PRODUCED, "maker"),
)  # fmt: skip
SWAPPED: Final = {"CODED": (E.SOLD, "maker"), "SOLD": (E.POOLED, "holder"), "SWAP_POOL": (E.SWAP_IN, "holder"), "IN_SERVICE": (E.SWAP_OUT, "holder")}
NAMES: Final = {uscc: name for name, uscc in FIRMS.items()}


class Course:
    """Reports drawn by chance, of where the packs stand in a ledger: most can happen, some are late, by the wrong party, or correct what was told."""

    def __init__(self, seed: int, book: Book) -> None:
        self.rng, self.book = random.Random(seed), book
        # Every other course stays in the swap pool: two packs in one vehicle at a time, in turn, and out again in another order.
        self.swaps = seed % 2 == 0
        self.at = 1.0
        self.told: list[tuple[str, Report, Recorded]] = []

    async def next(self) -> tuple[str, list[Report]]:
        """Who reports, and what."""
        self.at += self.rng.choice((0.0, 0.05, 0.4, 1.0))
        if self.told and self.rng.random() < 0.12:
            return self._corrected()
        number = self.rng.randint(1, PACKS)
        by, first = await self._drawn(number)
        several = [first]
        while self.rng.random() < 0.3 and len(several) < 4:
            other, more = await self._drawn(self.rng.randint(1, PACKS))
            several += [more] if other == by else []
        return by, several

    def _corrected(self) -> tuple[str, list[Report]]:
        by, report, recorded = self.rng.choice(self.told)
        moved = report.occurred_at.timestamp() + self.rng.choice((-90_000, -600, 0, 600, 90_000))
        details = {**report.details, "stateOfHealth": float(self.rng.randint(60, 95))} if "stateOfHealth" in report.details else report.details
        again = replace(report, corrects=recorded.seq, client_reference=f"again {next(self.book.numbers)}", details=details)
        return by, [replace(again, occurred_at=datetime.fromtimestamp(moved, UTC))]

    async def _drawn(self, number: int) -> tuple[str, Report]:
        found = await rows(self.book.database, "select status, custodian, vin from battery.pack where code = $1", code(number))
        if not found:
            return "maker", self.book.report(0.1, E.PRODUCED, number)
        pack = found[0]
        kind, who = self.rng.choice(SAID if self.rng.random() < 0.35 else LIKELY.get(pack["status"], SAID))
        if self.swaps and pack["status"] in SWAPPED:
            kind, who = SWAPPED[pack["status"]] if self.rng.random() < 0.85 else (E.HEALTH_MEASURED, "holder")
        holder = NAMES.get(pack["custodian"] or "", "swap")
        by = {"holder": holder, "receiver": await self._receiver(number)}.get(who, who)
        if self.rng.random() < 0.06:
            by = self.rng.choice([*FIRMS])
        at = self.at - (self.rng.choice((0.2, 3.0, 20.0)) if self.rng.random() < 0.2 else 0.0)
        return by, self.book.report(max(at, 0.1), kind, number, **self._more(kind, pack))

    async def _receiver(self, number: int) -> str:
        offers = await rows(self.book.database, "select holder from battery.custody where code = $1 and outcome = 'PENDING'", code(number))
        return NAMES[offers[0]["holder"]] if offers else "recycler"

    def _more(self, kind: E, pack: Mapping[str, Any]) -> dict[str, Any]:
        soh = {"stateOfHealth": float(self.rng.randint(60, 95))}
        last, swap = pack["vin"] or SWAPS[0], self.rng.choice(SWAPS)
        more: dict[E, dict[str, Any]] = {
            E.SOLD: {"to": self.rng.choice(("swap", "swap", "swap", "oem"))},
            E.INSTALLED: {"vin": vin(self.rng.randint(1, 5)), "vehicle": CAR},
            E.VEHICLE_SOLD: {"vin": last, "sale": Sale("440300", "PRIVATE"), "province": "44"},
            E.SWAP_IN: {"vin": swap, "details": {**soh, "position": self.rng.randint(1, 3)}},
            E.SWAP_OUT: {"vin": last, "details": soh},
            E.MAINTAINED: {"vin": last},
            E.REPLACED: {"vin": last if pack["status"] == "IN_SERVICE" else swap, "details": {"reason": "worn"}},
            E.REINSTALLED: {"vin": self.rng.choice((swap, None, vin(1))), "details": soh},
            E.VEHICLE_SCRAPPED: {"vin": last, "details": {"packFound": self.rng.random() < 0.7}},
            E.PACK_DETACHED: {"vin": last},
            E.HANDED_OVER: {"to": self.rng.choice(("recycler", "recycler2", "repair", "swap")), "details": SENT},
            E.RECEIVED: {"details": {"measuredMassKg": float(self.rng.randint(380, 420))}},
            E.GRADED: {"details": GRADE},
            E.HEALTH_MEASURED: {"details": {**soh, "method": "BMS", **({"cycleCount": self.rng.randint(1, 900)} if self.rng.random() < 0.5 else {})}},
            E.SAFETY_EVENT: {"details": {"kind": "COLLISION", "severity": self.rng.choice(("MINOR", "MINOR", "SERIOUS")), "description": "-"}},
            E.RECALLED: {"details": {"recall": f"R-{self.rng.randint(1, 2)}"}},
            E.RECALL_REMEDIED: {"details": {"recall": f"R-{self.rng.randint(1, 2)}"}},
            E.TAKE_BACK_REQUESTED: {"to": self.rng.choice(("oem", "maker", None)), "details": {"reason": "low"}},
            E.TAKE_BACK_ACCEPTED: {"details": {"collectOn": date(2026, 9, 1), "collectAt": "Gate"}},
            E.TAKE_BACK_REFUSED: {"details": {"reason": "no"}},
            E.FOUND_ABANDONED: {"to": self.rng.choice((None, "recycler")), "province": "43"},
            E.EXPORTED: {"details": {"country": "XX"}},
        }  # fmt: skip
        return more.get(kind, {})


async def ledger(databases: Databases) -> Database:
    made = await databases.make()
    await registered(made)
    async with made.transaction("ledger") as connection:
        day = SWAP_CAR.produced_on
        sold = ("44", "440300", "PRIVATE")
        # One of the two was imported as sold.
        await insert(connection, [Vehicle(SWAPS[0], FIRMS["oem"], SWAP_CAR.model_name, "BEV", True, day, day, None, *sold, (FIRMS["oem"],), NOW)])
        await insert(connection, [Vehicle(SWAPS[1], FIRMS["oem"], SWAP_CAR.model_name, "BEV", True, day, None, None, None, None, None, (FIRMS["oem"],), NOW)])
    return made


async def contents(database: Database) -> dict[str, list[str]]:
    """All that the ledger wrote, but for the states themselves."""
    tables = [("battery", "change"), ("battery", "evidence"), *(name for row, name in TABLES.items() if row is not KeptState)]
    found = {}
    async with database.transaction("system") as connection:
        for schema, name in tables:
            statement = text("select to_jsonb(t)::text as row from ") + ident(schema, name) + text(" t")
            if name == "change":
                statement = text("select grantee || code || seq as row from battery.change")
            found[f"{schema}.{name}"] = sorted(each["row"] for each in await connection.fetch(statement.compile().text))
        found["cells"] = [str(tuple(each)) for each in await connection.fetch(CELLS)]
    return found


CELLS: Final = """
select cube, month, province, chemistry, party, role, to_province, to_role, kind, sum(n) n, sum(energy_wh) e, sum(mass_g) m, sum(part) p from (
  select cube, month, province, chemistry, party, role, to_province, to_role, kind, n, energy_wh, mass_g, part from statistics.cell
  union all select cube, month, province, chemistry, party, role, to_province, to_role, kind, n, energy_wh, mass_g, part from statistics.change) c
group by 1, 2, 3, 4, 5, 6, 7, 8, 9 having sum(n) <> 0 order by 1, 2, 3, 4, 5, 6, 7, 8, 9"""


async def compared(databases: Databases, monkeypatch: pytest.MonkeyPatch, seed: int) -> tuple[int, int]:
    """How many reports were judged twice with the same result, and how many of them by whole lives in the end."""
    short, long = await ledger(databases), await ledger(databases)
    course, beyond = Course(seed, Book(short)), [0]
    rng = random.Random(seed)
    monkeypatch.setattr(kept, "EVERY", rng.choice((1, 2, 5)))
    monkeypatch.setattr(kept, "STAYS", rng.choice((1, 2, 4)))
    real = Whole.beyond

    def counted(self: Whole, missing: Any) -> Whole:
        beyond[0] += 1
        return real(self, missing)

    monkeypatch.setattr(recording.Whole, "beyond", counted)
    for _ in range(STEPS):
        by, reports = await course.next()
        who = MINISTRY if by == "ministry" else reporter(by)
        one = await record(short, who, reports, NOW)
        assert one == await record(long, who, reports, NOW, whole=EVERYTHING), f"seed {seed}"
        course.told += [(by, report, told) for report, told in zip(reports, one, strict=True) if by != "ministry" and isinstance(told, Recorded)]
    assert await contents(short) == await contents(long), f"seed {seed}"
    for each in (short, long):
        assert [str(found) for found in (await rebuild(each, lambda _stage, _done: None)).differences] == [], f"seed {seed}"
        await databases.drop(each)
    return len(course.told), beyond[0]


async def test_judged_from_kept_states_on_is_judged_as_by_whole_lives(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    # Enough of them are taken, and not all of those that are asked of a kept state need more than that.
    found = [await compared(databases, monkeypatch, seed) for seed in (1, 104, 140)]
    assert sum(told for told, _beyond in found) > STEPS
    assert 0 < sum(beyond for _told, beyond in found) < STEPS


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 180))
async def test_judged_from_kept_states_on_is_judged_as_by_whole_lives_over_many_seeds(databases: Databases, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    await compared(databases, monkeypatch, seed + int(os.environ.get("CELLGATE_SEED") or 0))


async def test_a_state_is_kept_after_many_events_and_made_anew_by_a_correction_of_an_old_one(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "EVERY", 4)
    statement = "select seq, state from battery.kept_state"
    await book.in_service()
    assert [row["seq"] for row in await rows(book.database, statement)] == [4]
    measured = {"stateOfHealth": 90.0, "method": "BMS"}
    assert isinstance(await book.one("oem", 13, E.HEALTH_MEASURED, details=measured), Recorded)
    (before,) = await rows(book.database, statement)
    assert before["seq"] == 4, "one more event is read, and no state written"
    assert isinstance(await book.one("oem", 11, E.VEHICLE_SOLD, vin=vin(1), province="44", sale=Sale("440300", "PRIVATE"), corrects=4), Recorded)
    (after,) = await rows(book.database, statement)
    assert after["seq"] == 6
    assert before["state"] != after["state"]


async def test_a_measurement_writes_the_grants_that_hold_and_none_that_has_ended(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many had the pack before."""
    monkeypatch.setattr(kept, "EVERY", 4)
    await book.in_service()
    await book.one("scrap", 20, E.VEHICLE_SCRAPPED, vin=vin(1), details={"packFound": True})
    await book.one("scrap", 21, E.PACK_DETACHED, vin=vin(1), details={"massKg": 420.0})
    for at, by, to in ((22, "scrap", "recycler"), (24, "recycler", "recycler2"), (26, "recycler2", "recycler")):
        details = {"purpose": "UTILIZATION", "declaredMassKg": 420.0, "filingNumber": "F"}
        assert isinstance(await book.one(by, at, E.HANDED_OVER, to=to, details=details), Recorded)
        assert isinstance(await book.one(to, at + 1, E.RECEIVED, details={"measuredMassKg": 420.0}), Recorded)
    columns = "xmin::text, grantee, relation, from_at, state_of_health"
    statement = f"select {columns} from battery.access where (until_at is null) = $1 order by grantee, relation, from_at"
    ended = await rows(book.database, statement, False)
    assert len(ended) > 5
    assert isinstance(await book.one("recycler", 28, E.HEALTH_MEASURED, details={"stateOfHealth": 61.5, "method": "BMS"}), Recorded)
    assert await rows(book.database, statement, False) == ended
    assert {row["state_of_health"] for row in await rows(book.database, statement, True)} == {61.5}


async def test_a_state_of_another_law_is_not_gone_on_from_and_put_right_by_a_rebuild(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "EVERY", 4)
    await book.in_service()
    async with book.database.transaction("ledger") as connection:
        await connection.execute("update battery.kept_state set law = 0, state = '{}'")
    assert isinstance(await book.one("oem", 13, E.HEALTH_MEASURED, details={"stateOfHealth": 90.0, "method": "BMS"}), Recorded)
    (row,) = await rows(book.database, "select seq, law from battery.kept_state")
    assert (row["seq"], row["law"]) == (5, kept.LAW), "it was judged by the whole life, which is kept anew"
    async with book.database.transaction("ledger") as connection:
        await connection.execute("update battery.kept_state set state = replace(state, 'IN_SERVICE', 'MISSING')")
    found = await rebuild(book.database, lambda _stage, _done: None, write=True)
    assert [str(each) for each in found.differences] == [f"battery.kept_state {code(1)}: differs (state)"]


def test_the_state_is_the_same_however_it_came_to_be() -> None:
    """From the first event, or from any earlier state: of a life with stays, hand-overs and measurements."""
    page = Page().write(0, E.PRODUCED, "maker").write(1, E.SOLD, "maker", "swap").write(2, E.POOLED, "swap")
    for number in range(8):
        page.write(3 + number, E.SWAP_IN, "swap", vin="SWAPCAR", stateOfHealth=90.0 - number)
        page.write(3.5 + number, E.SWAP_OUT, "swap", vin="SWAPCAR")
    page.write(20, E.RETIRED, "swap").write(21, E.HANDED_OVER, "swap", "recycler").write(22, E.REJECTED, "recycler")
    page.write(23, E.HANDED_OVER, "swap", "recycler").write(24, E.RECEIVED, "recycler").write(25, E.GRADED, "recycler", **GRADE)
    for soh, more in ((60.0, {}), (61.0, {"cycleCount": 3}), (59.0, {})):
        page.write(26, E.HEALTH_MEASURED, "recycler", stateOfHealth=soh, method="BMS", **more)
    whole = state_of(folded(FACTS, page.events, KNOWN))
    assert [row[5] for row in whole["rows"]["health"]] == [61.0, 59.0]
    for place in range(1, len(page.events)):
        base = Base(place, state_of(folded(FACTS, page.events[:place], KNOWN)))
        assert written(state_of(folded(FACTS, page.events[place:], KNOWN, base))) == written(whole), place


def test_its_length_does_not_grow_with_the_number_of_events() -> None:
    def length(times: int) -> int:
        page = Page().write(0, E.PRODUCED, "maker").write(1, E.SOLD, "maker", "swap").write(2, E.POOLED, "swap")
        for number in range(times):
            page.write(3 + number, E.SWAP_IN, "swap", vin="SWAPCAR", stateOfHealth=90.0).write(3.5 + number, E.SWAP_OUT, "swap", vin="SWAPCAR")
            page.write(3.6 + number, E.HEALTH_MEASURED, "swap", stateOfHealth=80.0, cycleCount=number, method="BMS")
        return len(written(state_of(folded(FACTS, page.events, KNOWN))))

    assert length(1_000) <= length(10) + 40


def test_what_a_fold_makes_of_events_is_the_law_of_kept_states() -> None:
    """Where this fails because a fold makes something else of the same events, kept.LAW has to be raised: states by the old law are not to be gone on from."""
    page = Page().write(0, E.PRODUCED, "maker").write(1, E.SOLD, "maker", "swap").write(2, E.POOLED, "swap").write(3, E.RECALLED, "maker", recall="R-1")
    page.write(4, E.SWAP_IN, "swap", vin="SWAPCAR", stateOfHealth=90.0).write(5, E.REPLACED, "repair", vin="SWAPCAR").write(6, E.RETIRED, "repair")
    page.write(7, E.TAKE_BACK_REQUESTED, "repair", "oem", reason="low").write(8, E.HANDED_OVER, "repair", "recycler").write(9, E.RECEIVED, "recycler")
    page.write(10, E.SAFETY_EVENT, "recycler", kind="FIRE", severity="SERIOUS", description="-").write(11, E.REPORTED_MISSING, "recycler")
    told = hashlib.sha256(written(state_of(folded(FACTS, page.events, KNOWN))).encode()).hexdigest()[:12]
    assert (kept.LAW, told) == (4, "6bce8154e66f")
