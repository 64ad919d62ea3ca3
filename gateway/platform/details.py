"""This module is in charge of what a message says of its event beside what every event has: all that was reported, under the names and in the units of the API.

The ledger keeps some of it elsewhere than with the event (what a battery and a vehicle are), and some under names of its own. What it adds itself stays: the
number of a batch, the day an answer is due. Only cell codes are left out: a pack has up to 5,000 of them, 24 characters each. A cell is told of, by an event of
its own (RELEASED), when its pack is taken apart and it gets a life of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from resolvers.ledger.events import kind_of
from resolvers.ledger.past import REGION
from resolvers.ledger.recording.forms import FIELDS

# Where a field of the graph goes within the ledger (resolvers.ledger.recording.fields.FieldRule.to), other than to the details under its own name.
_DETAILS: Final = "details."
_PACK: Final = "pack."
_REGION: Final = "sale.region_code"
POSITION: Final = "position"


def details(event: Mapping[str, Any]) -> dict[str, Any]:
    """All that was reported, by the names of the graph; `event` as the outbox gives it (resolvers.database.outbox.Message)."""
    told, rules = dict(event["details"]), FIELDS.get(kind_of(event["type"]), ())
    kept = {**(event["pack"] or {}), "modules": event["modules"]}
    for rule in rules:
        to = rule.to or ""
        if to.startswith(_DETAILS):
            value = told.pop(to.removeprefix(_DETAILS), None)
        elif to.startswith(_PACK):
            value = kept.get(rule.name)
        elif to == _REGION:
            value = told.pop(REGION, None)
        else:
            value = {"vehicle": event["vehicle"], "counterparty": event["counterparty"]}.get(to)
        if value is not None:
            told[rule.name] = value
    if event["vin"] is not None and any(rule.name == POSITION for rule in rules):
        # What is left out is the first place.
        told.setdefault(POSITION, 1)
    return told
