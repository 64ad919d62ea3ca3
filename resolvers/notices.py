"""This module is in charge of the batch resolvers of events of no pack."""

from __future__ import annotations

from typing import Any, Final

from resolvers.batching import BatchResolver
from resolvers.database import door
from resolvers.database.reading import Reading

KIND: Final = "notice"
notices: Final[BatchResolver] = door.notices


def notice_id(reading: Reading, row: Any) -> str:
    """Its id, for the party that reads."""
    return reading.opaque.fact_id(reading.principal.party, KIND, row["key"], row["seq"])


def corrected_notice(reading: Reading, row: Any) -> str | None:
    """The id of the event that this one corrects."""
    seq = row["corrects"]
    return None if seq is None else reading.opaque.fact_id(reading.principal.party, KIND, row["key"], seq)
