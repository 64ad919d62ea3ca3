"""This module is in charge of reading the standards register: data that ships with the program, and open to all who may read the registry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from auth.entitlements import OPENING_BIT
from resolvers.batching import Batch, made_row
from resolvers.database.reading import Reading
from resolvers.database.standing import possible
from resolvers.ledger.products.standards import Standard, load_standards

_OPEN: Final = OPENING_BIT["L"] | OPENING_BIT["L:public"]


async def standards(reading: Reading, batch: Batch) -> list[Sequence[Any]]:
    """The editions, by number and edition, each with its fields of use; arguments `fieldOfUse` and `on` (a day) narrow them."""
    opened = possible(reading.policy("enterprise")) & _OPEN
    field, day = batch.arguments.get("fieldOfUse"), batch.arguments.get("on")
    return [[_row(rows, opened, batch.columns) for _, rows in sorted(_editions(field, day).items())] if opened else [] for _ in batch.keys]


def _editions(field: str | None, day: date | None) -> dict[tuple[Any, ...], list[Standard]]:
    """The rows of each edition that is in force for the same days, where one of them is for the field and holds on the day."""
    found: defaultdict[tuple[Any, ...], list[Standard]] = defaultdict(list)
    for row in load_standards().rows:
        found[row.number, row.edition, row.valid_from].append(row)
    return {
        key: rows
        for key, rows in found.items()
        if (field is None or any(row.field_of_use == field for row in rows)) and (day is None or any(row.in_force(day) for row in rows))
    }


def _row(rows: list[Standard], opened: int, columns: tuple[str, ...]) -> Any:
    one = rows[0]
    values = {
        "designation": one.designation, "number": one.number, "edition": one.edition, "title": one.title,
        "valid_from": one.valid_from, "valid_to": one.valid_to,
        "fields_of_use": sorted({row.field_of_use for row in rows}), "basis": one.basis, "confidence": one.confidence,
    }  # fmt: skip
    return made_row(columns, one.designation, opened, values)
