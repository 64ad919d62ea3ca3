"""This module is in charge of reports that come as texts, from the cells of a table: texts in, the plain values that `inputs.read_report` takes out.

A column is named as the field in the graph; a field inside of another by a dotted name (`vehicle.modelName`, `evidence.sha256`). What is no
number where one is wanted stays a text, and is refused by the field's own rule. Several codes in a cell have blanks or semicolons between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from resolvers.ledger.events import EventType
from resolvers.ledger.recording.fields import FieldRule, Kind
from resolvers.ledger.recording.forms import FIELDS, MODEL, VEHICLE
from resolvers.ledger.recording.inputs_together import TOGETHER, Together

_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
_WHOLE: Final = re.compile(r"[0-9]{1,9}")
_FLAGS: Final[Mapping[str, bool]] = {"true": True, "false": False}
_PARTS: Final[Mapping[str, Iterable[FieldRule]]] = {"vehicle": VEHICLE, "model": MODEL, "evidence": ()}


def plain_values(event: EventType | Together, cells: Mapping[str, str]) -> dict[str, Any]:
    """The values of a row; empty cells are left out."""
    rules = {rule.name: rule.kind for rule in (TOGETHER[event] if isinstance(event, Together) else FIELDS[event])}
    # An empty cell of codes that were found, or of parts that were put in, says that none was.
    values: dict[str, Any] = {name: [] for name, kind in rules.items() if kind in (Kind.FOUND, Kind.PARTS) and name in cells}
    for name, text in cells.items():
        if not text.strip():
            continue
        part, dot, inner = name.partition(".")
        if dot and part in _PARTS:
            kinds = {rule.name: rule.kind for rule in _PARTS[part]}
            values.setdefault(part, {})[inner] = _value(kinds.get(inner), text.strip())
        else:
            values[name] = _value(rules.get(name), text.strip())
    if "evidence" in values:
        # A row has one document at most.
        values["evidence"] = [values["evidence"]]
    return values


def _value(kind: Kind | None, text: str) -> Any:
    match kind:
        case Kind.QUANTITY | Kind.POSITIVE | Kind.PERCENT | Kind.CELSIUS if _NUMBER.fullmatch(text):
            return float(text)
        case Kind.NUMBER | Kind.COUNT if _WHOLE.fullmatch(text):
            return int(text)
        case Kind.CODES | Kind.FOUND | Kind.CELL_CODES | Kind.PARTS:
            return text.replace(";", " ").split()
        case Kind.RELEASED:
            # Masses are not told here: those that were declared stand.
            return [{"code": each} for each in text.replace(";", " ").split()]
        case Kind.FLAG:
            return _FLAGS.get(text.lower(), text)
        case _:
            return text
