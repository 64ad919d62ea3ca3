"""This module is in charge of the standards register: which edition of which standard is in force for a field of use, as data."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Standard(NamedTuple):
    """One edition for one field of use, in force on the half-open interval of days [valid_from, valid_to)."""

    number: str
    edition: str
    title: str
    field_of_use: str
    valid_from: date
    valid_to: date | None
    basis: str
    confidence: str

    @property
    def designation(self) -> str:
        """As a document cites it: number and edition."""
        return f"{self.number}-{self.edition}"

    def in_force(self, day: date) -> bool:
        """Whether it holds on that day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True)
class StandardRegister:
    """All editions."""

    rows: tuple[Standard, ...]

    def in_force(self, field_of_use: str, day: date) -> tuple[Standard, ...]:
        """The standards that a product for this field has to meet one of on that day, in the order of the register."""
        return tuple(each for each in self.rows if each.field_of_use == field_of_use and each.in_force(day))

    def cited(self, designation: str) -> tuple[Standard, ...]:
        """The rows that this designation ("GB/T 36276-2023") names."""
        return tuple(each for each in self.rows if each.designation == designation)


def register(rows: Iterable[Standard]) -> StandardRegister:
    """From rows. ValueError where two editions of a standard are in force for a field on the same day."""
    kept = tuple(rows)
    for n, one in enumerate(kept):
        for other in kept[:n]:
            if one[:1] == other[:1] and one.field_of_use == other.field_of_use and (one.in_force(other.valid_from) or other.in_force(one.valid_from)):
                raise ValueError(f"{one.designation} and {other.designation} are in force at once for {one.field_of_use}")
    return StandardRegister(kept)


@cache
def load_standards(path: Path = Path(__file__).with_name("standards.csv")) -> StandardRegister:
    """The shipped register; every row has a basis and a confidence."""
    with path.open(encoding="utf-8", newline="") as lines:
        return register([_standard(row) for row in csv.DictReader(lines)])


def _standard(row: dict[str, str]) -> Standard:
    until = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
    return Standard(
        row["number"], row["edition"], row["title"], row["field_of_use"], date.fromisoformat(row["valid_from"]), until, row["basis"], row["confidence"]
    )
