"""This module is in charge of the administrative region codes of GB/T 2260 and of when each was valid."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib.resources import files
from typing import Final, assert_never

from resolvers.identifiers.error import IdentifierKind, canonical, first_outside, refuse

_KIND: Final = IdentifierKind.REGION_CODE
_DIGITS: Final = frozenset("0123456789")
STATE: Final = "100000"
"""What credit codes write for a body that the State itself registered."""
# fmt: off
PROVINCES: Final = frozenset({
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43", "44", "45", "46", "50", "51", "52",
    "53", "54", "61", "62", "63", "64", "65", "71", "81", "82",
})
# fmt: on
"""The first two digits of every province-level code."""


class RegionLevel(StrEnum):
    """How high a region stands."""

    STATE = "state"
    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"


class RegionStanding(StrEnum):
    """What the register says of a code on a day. UNLISTED: a county code under a parent whose counties the register does not list."""

    VALID = "VALID"
    RETIRED = "RETIRED"
    NOT_YET = "NOT_YET"
    UNLISTED = "UNLISTED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Region:
    """One row of the register: valid from `valid_from` (None: before 2010) and before `valid_to` (None: still)."""

    code: str
    name_zh: str
    name_en: str
    level: RegionLevel
    valid_from: date | None
    valid_to: date | None

    def is_valid(self, on: date) -> bool:
        """Whether the code was in force on that day; the day of `valid_to` is the first on which it was not."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on < self.valid_to)


@dataclass(frozen=True, slots=True)
class RegionRegister:
    """The rows by code (a code given out twice has two), and the four-digit parents whose counties are listed whole."""

    rows: Mapping[str, tuple[Region, ...]]
    listed_parents: frozenset[str]

    def find(self, code: str, on: date) -> Region | None:
        """The row in force on that day, None where there is none."""
        return next((region for region in self.rows.get(code, ()) if region.is_valid(on)), None)

    def standing(self, code: str, on: date) -> RegionStanding:
        """What is known of `code` (six digits) on that day."""
        rows = self.rows.get(code, ())
        if not rows:
            return self._unlisted(code, on)
        if any(region.is_valid(on) for region in rows):
            return RegionStanding.VALID
        began = any(region.valid_from is None or region.valid_from <= on for region in rows)
        return RegionStanding.RETIRED if began else RegionStanding.NOT_YET

    def _unlisted(self, code: str, on: date) -> RegionStanding:
        # A parent counts as listed with its first county row, so an absent code under it is known not to exist.
        parent = code[:4] + "00"
        is_county = code[4:] != "00" and code[2:4] != "00"
        hidden = is_county and code[:4] not in self.listed_parents and self.find(parent, on) is not None
        return RegionStanding.UNLISTED if hidden else RegionStanding.UNKNOWN


def parse_region_code(text: str, *, normalise: bool = True) -> str:
    """Read six digits whose first two are a province. Raises IdentifierError with the first of CHARSET, LENGTH, PROVINCE that is broken.

    Form only, so that old records read for ever; `confirm_region_code` asks the register. Source: GB/T 2260.
    """
    value = canonical(text, _KIND, normalise=normalise)
    outside = first_outside(value, _DIGITS)
    if outside is not None:
        refuse(_KIND, "CHARSET", value, outside, "only digits 0-9")
    if len(value) != 6:
        refuse(_KIND, "LENGTH", value, None, "6 digits")
    if value[:2] not in PROVINCES:
        refuse(_KIND, "PROVINCE", value, 1, "the first two digits are a province")
    return value


def confirm_region_code(text: str, register: RegionRegister, on: date, *, normalise: bool = True) -> str:
    """Read a region code that was in force on `on`, the day of the record that names it.

    Raises IdentifierError as `parse_region_code` does, or RETIRED, NOT_YET, UNKNOWN. An UNLISTED county passes: its parent
    is in force and nothing more is known.
    """
    value = parse_region_code(text, normalise=normalise)
    standing = register.standing(value, on)
    match standing:
        case RegionStanding.VALID | RegionStanding.UNLISTED:
            return value
        case RegionStanding.RETIRED:
            refuse(_KIND, "RETIRED", value, None, f"the code was withdrawn before {on.isoformat()}")
        case RegionStanding.NOT_YET:
            refuse(_KIND, "NOT_YET", value, None, f"the code was not in force yet on {on.isoformat()}")
        case RegionStanding.UNKNOWN:
            refuse(_KIND, "UNKNOWN", value, None, "the register has no such code")
        case _:
            assert_never(standing)


def load_regions() -> RegionRegister:
    """The register that Cellgate ships (`regions.csv` beside this file; its head says what it is and is not)."""
    text = files("resolvers.identifiers").joinpath("regions.csv").read_text(encoding="utf-8")
    return read_regions(text.splitlines())


def read_regions(lines: Iterable[str]) -> RegionRegister:
    """A register from CSV lines `code,name_zh,name_en,level,valid_from,valid_to`; lines that start with # are remarks."""
    rows: defaultdict[str, tuple[Region, ...]] = defaultdict(tuple)
    for row in csv.DictReader(line for line in lines if not line.startswith("#")):
        region = Region(row["code"], row["name_zh"], row["name_en"], RegionLevel(row["level"]), _day(row["valid_from"]), _day(row["valid_to"]))
        rows[region.code] += (region,)
    counties = (code for code, regions in rows.items() if regions[0].level is RegionLevel.COUNTY)
    return RegionRegister(dict(rows), frozenset(code[:4] for code in counties))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
