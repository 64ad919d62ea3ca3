"""The state machine against the domain's table, written out here once more as text."""

from __future__ import annotations

import pytest

from resolvers.ledger.events import EVENTS, NOTICES, EventType
from resolvers.ledger.states import TERMINAL, IllegalEvent, Standing, Status, next_state, possible

HELD = "CODED SOLD INSTALLED SWAP_POOL REMOVED IN_SCRAP_VEHICLE RETIRED STORED GRADED"
LIVING = HELD + " IN_SERVICE IN_TRANSIT"
TABLE = f"""
SOLD: CODED -> SOLD
INSTALLED: SOLD -> INSTALLED
VEHICLE_SOLD: INSTALLED -> IN_SERVICE
POOLED: SOLD -> SWAP_POOL
SWAP_IN: SWAP_POOL -> IN_SERVICE
SWAP_OUT: IN_SERVICE -> SWAP_POOL
MAINTAINED: IN_SERVICE -> IN_SERVICE
REPLACED: IN_SERVICE -> REMOVED
REPLACED: SOLD -> IN_SERVICE
OWNER_CHANGED: IN_SERVICE -> IN_SERVICE
OWNER_CHANGED: SWAP_POOL -> SWAP_POOL
RETIRED: REMOVED SWAP_POOL -> RETIRED
VEHICLE_SCRAPPED: IN_SERVICE -> IN_SCRAP_VEHICLE
PACK_DETACHED: IN_SCRAP_VEHICLE -> RETIRED
HANDED_OVER: RETIRED STORED GRADED -> IN_TRANSIT
RECEIVED: IN_TRANSIT -> STORED
GRADED: STORED -> GRADED
DISMANTLED: GRADED STORED -> DISMANTLED
REPROCESSED: GRADED -> REPROCESSED
PRODUCT_SOLD: CODED -> IN_SERVICE
RECYCLED: DISMANTLED GRADED -> RECYCLED
DISPOSED: {HELD} -> DISPOSED
EXPORTED: CODED SOLD IN_SERVICE -> EXPORTED
REPORTED_MISSING: {LIVING} -> MISSING
"""
# Seen of it, and moving nothing.
SEEN = {"HEALTH_MEASURED": LIVING, **dict.fromkeys(("SAFETY_EVENT", "RECALLED", "RECALL_REMEDIED", "FOUND_ABANDONED"), LIVING + " MISSING"),
        "TAKE_BACK_REQUESTED": HELD + " IN_SERVICE", "TAKE_BACK_ACCEPTED": LIVING + " MISSING", "TAKE_BACK_REFUSED": LIVING + " MISSING"}  # fmt: skip
# These return to an earlier state, or depend on more than one.
SPECIAL = {EventType.REINSTALLED, EventType.REJECTED, EventType.FOUND}


def allowed() -> dict[tuple[str, str], str]:
    found = {(event, state): state for event, states in SEEN.items() for state in states.split()}
    for line in TABLE.strip().splitlines():
        event, moves = line.split(": ")
        origins, to = moves.split(" -> ")
        found.update({(event, origin): to for origin in origins.split()})
    return found


def outcome(standing: Standing | None, event: EventType, into_vehicle: bool = False) -> str | None:
    try:
        return next_state(standing, event, into_vehicle=into_vehicle).status
    except IllegalEvent:
        return None


@pytest.mark.parametrize("event", [event for event in EventType if event not in SPECIAL])
def test_the_table(event: EventType) -> None:
    expected = {status: allowed().get((event, status)) for status in Status}
    assert {status: outcome(Standing(status), event) for status in Status} == expected


def test_only_production_import_and_release_begin_a_life() -> None:
    assert {event: outcome(None, event) for event in EventType if outcome(None, event)} == {
        EventType.PRODUCED: "CODED", EventType.IMPORTED: "CODED", EventType.RELEASED: "STORED",
    }  # fmt: skip
    never = (EventType.PRODUCED, EventType.IMPORTED, EventType.RELEASED, *NOTICES)
    assert not any(outcome(Standing(status, released=released), event) for status in Status for event in never for released in (False, True))
    assert possible(None) == (EventType.PRODUCED, EventType.IMPORTED), "nobody reports a release by itself"


def test_what_was_released_goes_into_a_batch_as_it_is_and_else_is_a_pack() -> None:
    """Whatever happens to it in between: it never forgets where it came from."""
    every = [(status, event) for status in Status for event in EventType]
    differs = {(status, event) for status, event in every if outcome(Standing(status, released=True), event) != outcome(Standing(status), event)}
    assert differs == {(Status.STORED, EventType.RECYCLED)}
    item = next_state(None, EventType.RELEASED)
    assert EventType.RECYCLED in possible(item)
    for event in (EventType.HANDED_OVER, EventType.REPORTED_MISSING, EventType.FOUND, EventType.RECEIVED, EventType.HANDED_OVER, EventType.REJECTED):
        item = next_state(item, event)
    assert item == Standing(Status.STORED, Status.STORED, released=True)
    assert next_state(next_state(item, EventType.FOUND_ABANDONED), EventType.FOUND_ABANDONED, taken=True) == Standing(Status.STORED, released=True)


def test_a_rejected_pack_is_where_it_was() -> None:
    for origin in (Status.RETIRED, Status.STORED, Status.GRADED):
        moving = next_state(Standing(origin), EventType.HANDED_OVER)
        assert outcome(moving, EventType.REJECTED) == origin
        lost = next_state(moving, EventType.REPORTED_MISSING)
        assert outcome(next_state(lost, EventType.FOUND), EventType.REJECTED) == origin
        assert outcome(lost, EventType.REJECTED) is None
    assert outcome(Standing(Status.STORED, Status.RETIRED), EventType.REJECTED) is None


def test_a_found_pack_is_where_it_was() -> None:
    for origin in LIVING.split():
        assert outcome(next_state(Standing(Status(origin)), EventType.REPORTED_MISSING), EventType.FOUND) == origin
    assert outcome(Standing(Status.STORED), EventType.FOUND) is None


def test_what_is_seen_of_a_missing_pack_does_not_forget_where_it_was() -> None:
    lost = next_state(next_state(Standing(Status.GRADED), EventType.HANDED_OVER), EventType.REPORTED_MISSING)
    for event in (EventType.SAFETY_EVENT, EventType.RECALLED, EventType.FOUND_ABANDONED):
        assert next_state(lost, event) == lost


def test_who_takes_an_abandoned_pack_has_it_in_store() -> None:
    taken = {status for status in Status if _taken(status) == Standing(Status.STORED)}
    assert taken == set(Status) - TERMINAL


def _taken(status: Status) -> Standing | None:
    try:
        return next_state(Standing(status), EventType.FOUND_ABANDONED, taken=True)
    except IllegalEvent:
        return None


def test_a_removed_pack_goes_back_into_a_vehicle_or_a_pool() -> None:
    assert outcome(Standing(Status.REMOVED), EventType.REINSTALLED, into_vehicle=True) == "IN_SERVICE"
    assert outcome(Standing(Status.REMOVED), EventType.REINSTALLED) == "SWAP_POOL"
    assert outcome(Standing(Status.RETIRED), EventType.REINSTALLED, into_vehicle=True) is None


def test_after_a_terminal_state_only_the_children_are_recycled() -> None:
    moves = {(status, event) for status in TERMINAL for event in EventType if outcome(Standing(status), event)}
    assert moves == {(Status.DISMANTLED, EventType.RECYCLED)}


def test_every_event_has_a_category_and_reporters() -> None:
    assert set(EVENTS) == set(EventType)
    assert all(rule.category in ("M" if event in NOTICES else "ADFGHJ") and rule.reporters for event, rule in EVENTS.items())
    operating = {event for event, rule in EVENTS.items() if rule.reporters & {"MI", "ME", "SA"}}
    found = {EventType.FOUND, EventType.FOUND_ABANDONED, EventType.UNLICENSED_SITE_SEEN}
    assert operating == {EventType.REPORTED_MISSING, EventType.RECALLED, *found}
