"""This module is in charge of the past of packs and vehicles as the door reads it: rows folded anew, in the place of the tables that hold those of now.

A pack's events are folded whole, as a rebuild folds them, up to those that were recorded by the moment; nothing of it leaves but through the statements of
the door, in which the rows stand as a record set where the table would, so that gates, masks, pages and cursors are the same SQL. What the caller may
see is decided by its standing of now, and by no opening that is of the present alone (`standing.past`; docs/row-policy.md, section 18).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any, Final, NamedTuple

import orjson

from resolvers.batching import BadArgument, Batch, PageArguments
from resolvers.database.pool import ReadSession
from resolvers.database.reading import Reading
from resolvers.database.recording_read import VEHICLES, read_known, read_packs
from resolvers.database.sql import Sql, ident, slot, text
from resolvers.ledger.deadlines import SHANGHAI
from resolvers.ledger.effects import products_of
from resolvers.ledger.events import EventType
from resolvers.ledger.fold import PRODUCT
from resolvers.ledger.past import Past, past_of, vehicle_then
from resolvers.ledger.projection import effective
from resolvers.ledger.recovery.batches import version_of
from resolvers.ledger.rows import Event, Installation, Lineage, Vehicle

THEN: Final = "then"
# By the name of the table: where a fold has its rows.
_ROWS: Final[Mapping[str, str]] = {
    "custody": "custody",
    "installation": "installations",
    "grading": "gradings",
    "health": "health",
    "safety_event": "safety",
    "take_back": "take_backs",
    "lineage": "lineage",
}
_EVENT: Final = "event"
_FINDING: Final = "finding"
# A row, the one beyond it that says whether there are more, and the one whose cursor was given.
_LEAST: Final = 3
_LINEAGE: Final = "lineage"
_EXPORT: Final = text("select pg_export_snapshot() as id").compile()
# The first day that the rule table knows of: before it nobody had anything to report.
_BEGINNING: Final = text("select min(valid_from) as day from rule.rule").compile()

# Nothing else is told of a vehicle before a pack was put into it.
_FIRST: Final = """
select vin, min(recorded_at) as first from battery.event
where vin = any($1::text[]) and type = any (array['INSTALLED', 'SWAP_IN', 'REINSTALLED', 'REPLACED']) group by vin"""
_TOLD: Final = """
select code, seq, type, category, occurred_at, recorded_at, reporter, counterparty, vin, province, due_on, late, corrects, details
from battery.event where vin = any($1::text[]) and type = any (array['VEHICLE_SOLD', 'VEHICLE_SCRAPPED']) order by recorded_at, code, seq"""
_COUNT: Final = """
select coalesce(sum((select max(e.seq) from battery.event e where e.code = c.code)), 0) as events from unnest($1::text[]) c (code)"""
# A finding is written once; what has become of it is kept change by change, and it begins open.
_FINDINGS: Final = """
select coalesce(jsonb_agg(to_jsonb(f) || jsonb_build_object('state', coalesce(
  (select s.state from battery.finding_state s where s.code = f.code and s.id = f.id and s.recorded_at <= $2 order by s.number desc limit 1),
  (select 'OPEN' from battery.finding_state s where s.code = f.code and s.id = f.id limit 1), f.state))), '[]')::text as found
from battery.finding f where f.code = any($1::text[]) and f.recorded_at <= $2"""
MOST_EVENTS: Final = 20_000
"""How many events are folded for one page of what a vehicle had in it, whose packs nobody limits: half a second's work."""


def record_set(*table: str) -> Sql:
    """The rows of the slot as those of the table would be, to select from."""
    return text("jsonb_populate_recordset(null::") + ident(*table) + text(", ") + slot(THEN) + text("::jsonb)")


def written(rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows for the slot of a record set."""
    return orjson.dumps([*rows]).decode()


async def check_moment(reading: Reading, as_of: datetime) -> None:
    """BadArgument AS_OF_OUT_OF_RANGE for a moment that has not come, or that lies before the first day of the rule table; AS_OF_UNSETTLED for one as of which
    something is still being recorded."""
    if as_of > reading.moment:
        raise BadArgument("AS_OF_OUT_OF_RANGE", "asOf", f"asOf: {_spelled(as_of)} has not come yet; it is {_spelled(reading.moment)}")
    if not await reading.settle(as_of):
        told = f"asOf: what was reported by {_spelled(as_of)} is still being recorded; ask again, or as of an earlier moment"
        raise BadArgument("AS_OF_UNSETTLED", "asOf", told)
    day = (await reading.fetch(_BEGINNING, {}))[0]["day"]
    beginning = datetime.combine(day, time(), SHANGHAI) if day is not None else as_of
    if as_of < beginning:
        raise BadArgument("AS_OF_OUT_OF_RANGE", "asOf", f"asOf: {_spelled(as_of)} lies before the ledger's beginning, {_spelled(beginning)}")


def _spelled(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class _Whole:
    """A session of the system's as what reads the ledger expects of a connection."""

    def __init__(self, session: ReadSession) -> None:
        self._session = session

    async def fetch(self, query: str, *args: Any) -> Sequence[Any]:
        return await self._session.fetch(query, args)


async def pasts(reading: Reading, codes: Iterable[str], as_of: datetime) -> dict[str, Past]:
    """Each pack as the ledger knew it then, unmasked; those that nobody had reported are left out. Read in the very snapshot of the reading,
    which decides what of it may be seen; a pack that was folded is kept for the request under its code and the moment."""
    asked = list(dict.fromkeys(codes))
    if missing := [code for code in asked if (code, as_of) not in reading.folded]:
        exported = (await reading.fetch(_EXPORT, {}))[0]["id"]
        async with reading.database.reading(role="system", snapshot=exported) as session:
            whole = _Whole(session)
            seen = await read_packs(whole, missing)
            known = await read_known(whole, seen, as_of)
        reading.folded.update({(code, as_of): past_of(seen[code], known, as_of) if code in seen else None for code in missing})
    found = {code: reading.folded[code, as_of] for code in asked}
    return {code: past for code, past in found.items() if past is not None}


class PastVehicle(NamedTuple):
    """A vehicle as the ledger knew it at a moment, unmasked: its row, and the events that sold it and took it in, as far as they were known."""

    row: Vehicle
    events: tuple[Event, ...]


async def past_vehicles(reading: Reading, vins: Sequence[str], as_of: datetime) -> dict[str, PastVehicle]:
    """Each vehicle (VINs) as the ledger knew it then, unmasked; those that nobody had told of are left out. Read as `pasts` reads, whatever the number of packs
    that were in it."""
    exported = (await reading.fetch(_EXPORT, {}))[0]["id"]
    async with reading.database.reading(role="system", snapshot=exported) as session:
        whole = _Whole(session)
        rows = [Vehicle(**{**dict(row), "readers": tuple(row["readers"])}) for row in await whole.fetch(VEHICLES, vins)]
        first = {row["vin"]: row["first"] for row in await whole.fetch(_FIRST, vins)}
        told = [Event._make([*tuple(row)[:-1], json.loads(row["details"])]) for row in await whole.fetch(_TOLD, vins)]
    found = dict[str, PastVehicle]()
    for vehicle in rows:
        events = [event for event in told if event.vin == vehicle.vin]
        if (then := vehicle_then(vehicle, first.get(vehicle.vin), events, as_of)) is not None:
            found[vehicle.vin] = PastVehicle(then, tuple(event for event in events if event.recorded_at <= as_of))
    return found


async def pasts_of_page(reading: Reading, codes: Sequence[str], as_of: datetime, page: PageArguments) -> dict[str, Past]:
    """The packs that one page of what vehicles had in them needs, as `pasts` gives them. BadArgument AS_OF_TOO_MUCH where they have too many events; never
    for a page of one row."""
    exported = (await reading.fetch(_EXPORT, {}))[0]["id"]
    async with reading.database.reading(role="system", snapshot=exported) as session:
        (count,) = await session.fetch(_COUNT, (codes,))
    if count["events"] > MOST_EVENTS and (page.count or len(codes) > _LEAST):
        fewer = "leave totalCount out" if page.count else f"ask for fewer than {page.limit} with {'last' if page.backward else 'first'}"
        told = f"the batteries that it takes have more than the {MOST_EVENTS:,} events that are gone over for one page; {fewer}"
        raise BadArgument("AS_OF_TOO_MUCH", "asOf", "asOf: " + told)
    return await pasts(reading, codes, as_of)


async def past_rows(reading: Reading, batch: Batch, table: str, visible: Collection[tuple[str, int]] | None = None) -> str:
    """The rows of a table (by name) below the packs of the batch, for the slot of a record set. `visible` are the events that the caller may see,
    where a row may say of another event what it did to it."""
    if table == _FINDING:
        return await _findings(reading, batch.keys, moment_of(batch))
    found = await pasts(reading, batch.keys, moment_of(batch))
    if table == _EVENT:
        return written({name: value for name, value in row._asdict().items() if name != "details"} for past in found.values() for row in past.events)
    if visible is not None and table == _LINEAGE:
        return written(row._asdict() for past in found.values() for row in _lineage(past, visible))
    if visible is not None:
        return written(installations_then(found.values(), visible))
    return written(row._asdict() for past in found.values() for row in getattr(past.rows, _ROWS[table]))


async def _findings(reading: Reading, codes: Sequence[str], as_of: datetime) -> str:
    """What had been found on the packs by then, and what had become of it."""
    exported = (await reading.fetch(_EXPORT, {}))[0]["id"]
    async with reading.database.reading(role="system", snapshot=exported) as session:
        (row,) = await session.fetch(_FINDINGS, (list(codes), as_of))
    found: str = row["found"]
    return found


async def inputs_then(reading: Reading, codes: Sequence[str], as_of: datetime) -> str:
    """Into which recycling batches each pack had gone by the events that were known then, corrected ones included, for the slot of a record set of
    battery.recovery_input."""
    found = await pasts(reading, codes, as_of)
    return written(
        {"code": code, "batch_id": version_of(event) or event.details.get("batch")}
        for code, past in found.items()
        for event in past.events
        if event.type == EventType.RECYCLED
    )


def _lineage(past: Past, visible: Collection[tuple[str, int]]) -> Iterable[Lineage]:
    """The rows without what came of the pack by an event of custody that the caller may not see: from one moment to the next they would tell when that was
    reported."""
    seen = {product for event in effective(past.events) if (event.code, event.seq) in visible for product in products_of(event)}
    return [row for row in past.rows.lineage if row.relation != PRODUCT or row.other in seen]


def installations_then(packs: Iterable[Past], visible: Collection[tuple[str, int]]) -> Iterable[Mapping[str, Any]]:
    """The rows of battery.installation; `visible` are the events that the caller may see."""
    return (_installation(past, row, visible) for past in packs for row in past.rows.installations)


def _installation(past: Past, row: Installation, visible: Collection[tuple[str, int]]) -> Mapping[str, Any]:
    """The row without its end where the event that ended it is one of custody, which the caller may not see: from one moment to the next the end
    would tell when that was reported."""
    ends = [each for each in past.events if each.occurred_at == row.removed_at and each.recorded_at == row.removal_recorded_at]
    if all((each.code, each.seq) in visible for each in ends):
        return row._asdict()
    return {**row._asdict(), "removed_at": None, "removal_recorded_at": None}


def moment_of(batch: Batch) -> datetime:
    """The past moment that the batch is asked as of."""
    assert batch.as_of is not None
    return batch.as_of
