"""This module is in charge of what an import tells of itself: how far it is, and what became of its lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from resolvers.importing.fields import Kind


class Progress(NamedTuple):
    """How far an import is: lines done, and how many of them were new, stored already, and rejected."""

    lines: int
    accepted: int
    unchanged: int
    rejected: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. `lines` counts those that are not blank, a CSV header aside; `rules` how often each rule rejected a line.

    `rejects` is the rejects file, None where nothing was rejected; `ignored` are the columns of a CSV file, and the first names
    in one of NDJSON, that are none of ours; `others` where more of them are not named.
    """

    kind: Kind
    lines: int
    accepted: int
    unchanged: int
    rejected: int
    rules: Mapping[str, int]
    rejects: Path | None
    ignored: tuple[str, ...]
    others: bool = False
