"""This module is in charge of single values of a report: plain ones in, typed ones out; ValueError says what a value has to be."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Final

from resolvers.identifiers import ProductType, parse_battery_code

LONGEST: Final = 400
"""Characters of a text."""
MOST_DOCUMENTS: Final = 20
MOST_PARTS: Final = 64
_COMMODITY: Final = re.compile(r"[0-9]{6}([0-9]{2}){0,2}")
# Letters of any script, digits, and the marks that numbers of documents have: 〔2026〕, /, -.
_FILING: Final = re.compile(r"(?=[^0-9]*[0-9][^0-9]*[0-9])[^\W_](?:[\w./()\[\]〔〕（）-]{2,58}[\w)\]〕）])")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def text(value: Any) -> str:
    """A text of 1 to 400 characters, stripped."""
    if not isinstance(value, str) or not 0 < len(value.strip()) <= len(value) <= LONGEST or _CONTROL.search(value):
        raise ValueError(f"has to be 1 to {LONGEST} characters without control characters")
    return value.strip()


def quantity(value: Any) -> float:
    """A quantity, not negative."""
    # Neither NaN nor an infinity lies between the two, and no whole number is too great to be compared.
    if type(value) not in (int, float) or not 0 <= value < 1e9:
        raise ValueError("has to be a number, not below 0 and below 1,000,000,000")
    return float(value)


def positive(value: Any) -> float:
    """A quantity that cannot be 0: the mass of a thing that is there, the rated energy of a battery."""
    if type(value) not in (int, float) or not 0 < value < 1e9:
        raise ValueError("has to be a number above 0 and below 1,000,000,000")
    return float(value)


def whole(value: Any) -> int:
    """A whole number from 1."""
    if type(value) is not int or not 0 < value < 1_000_000:
        raise ValueError("has to be a whole number from 1 to 999,999")
    return value


def filing(value: Any) -> str:
    """The number of a filing or an approval; its form differs by province, but it is a number."""
    found = value.strip() if isinstance(value, str) else ""
    if not _FILING.fullmatch(found):
        raise ValueError("has to be 4 to 60 letters, digits and marks between them, with two digits at least")
    return found


def commodity(value: Any) -> str:
    """A code of the Harmonized System: its six digits, or eight or ten of a national tariff."""
    if not isinstance(value, str) or not _COMMODITY.fullmatch(value):
        raise ValueError("has to be 6, 8 or 10 digits (Harmonized System)")
    return value


def count(value: Any) -> int:
    """A whole number from 0."""
    return 0 if type(value) is int and value == 0 else whole(value)


def part_of_code(length: int) -> Callable[[Any], str]:
    """A reader of a part of a battery code: so many digits and capital letters."""

    def read(value: Any) -> str:
        found = value.strip().upper() if isinstance(value, str) else ""
        if not re.fullmatch(r"[0-9A-Z]+", found) or len(found) != length:
            raise ValueError(f"has to be {length} digits and letters A to Z")
        return found

    return read


def between(lowest: float, highest: float) -> Callable[[Any], float]:
    """A reader of numbers in a range."""

    def read(value: Any) -> float:
        if type(value) not in (int, float) or not lowest <= value <= highest:
            raise ValueError(f"has to be a number from {lowest:g} to {highest:g}")
        return float(value)

    return read


def flag(value: Any) -> bool:
    """True or false."""
    if type(value) is not bool:
        raise ValueError("has to be true or false")
    return value


def day(value: Any) -> date:
    """A day, as YYYY-MM-DD."""
    if type(value) is date:
        return value
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("has to be a day as YYYY-MM-DD")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("has to be a day of the calendar as YYYY-MM-DD") from None


def moment(value: Any) -> datetime:
    """A moment (RFC 3339) of the years 2000 to 9998, in UTC. A day less than the last year there is: no other time zone leads out of the calendar."""
    rule = "has to be a moment of the years 2000 to 9998 as YYYY-MM-DDThh:mm:ssZ (RFC 3339), with its time zone"
    if isinstance(value, str) and len(value) >= 20 and value[10] in "Tt":
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(rule) from None
    if not isinstance(value, datetime) or value.tzinfo is None or not 2000 <= value.year < 9999:
        raise ValueError(rule)
    return value.astimezone(UTC)


def one_of(*words: str) -> Callable[[Any], str]:
    """A reader of one of these words."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise ValueError("has to be one of " + ", ".join(words))
        return value

    return read


def identifier(parse: Callable[[str], str]) -> Callable[[Any], str]:
    """A reader of an identifier; raises what `parse` raises, too."""

    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError("has to be a string")
        return parse(value)

    return read


def code_of(wanted: ProductType) -> Callable[[str], str]:
    """A reader of battery codes that are on this; raises IdentifierError, too."""

    def read(value: str) -> str:
        found = parse_battery_code(value)
        if found.product_type is not wanted:
            raise ValueError(f"has to be the code of a {wanted.name.lower()}: position 4 is {wanted}")
        return found.value

    return read


def parts(value: Any) -> list[str]:
    """Codes of parts: 0 to 64 texts."""
    if not isinstance(value, list) or len(value) > MOST_PARTS:
        raise ValueError(f"has to be a list of at most {MOST_PARTS} codes")
    return [text(each) for each in value]


def slips(value: Any) -> list[str]:
    """Numbers of documents: 1 to 20 texts without commas."""
    if not isinstance(value, list) or not 0 < len(value) <= MOST_DOCUMENTS:
        raise ValueError(f"has to be a list of 1 to {MOST_DOCUMENTS} numbers")
    found = [text(each) for each in value]
    if any("," in each for each in found):
        raise ValueError("has to be a list of numbers without commas")
    return found
