"""This module is in charge of the table of events in docs/ingest.md: every event's fields, as the register of fields has them."""

from __future__ import annotations

from typing import Final

from resolvers.ledger.events import EVENTS, EventType
from resolvers.ledger.recording.fields import FieldRule
from resolvers.ledger.recording.forms import FIELDS, MODEL, VEHICLE
from resolvers.ledger.recording.inputs_together import MOVE, REPORTED_AS, TOGETHER, Together

BEGIN: Final = "<!-- made by resolvers/ledger/recording/page.py -->"
END: Final = "<!-- end -->"


def table() -> str:
    """The events with who may report them, and their fields; a field in brackets may be left out."""
    lines = [BEGIN, "| type | reported by | fields beside those of every event |", "|---|---|---|"]
    lines += [f"| `{event}` | {' '.join(sorted(EVENTS[event].reporters))} | {_fields(event)} |" for event in EventType if event in FIELDS]
    lines += [f"| `{kind}` | {' '.join(sorted(EVENTS[REPORTED_AS[kind]].reporters))} | {', '.join(map(_told, TOGETHER[kind]))} |" for kind in Together]
    return "\n".join([*lines, END])


def _fields(event: EventType) -> str:
    return ", ".join(_told(rule) for rule in FIELDS[event])


def _told(rule: FieldRule) -> str:
    parts = {"vehicle": VEHICLE, "model": MODEL, "moves": MOVE}.get(rule.name, ())
    inner = " {" + ", ".join(each.name for each in parts) + "}" if parts else ""
    name = f"`{rule.name}{inner}` {rule.kind}"
    return name if rule.required else f"[{name}]"
