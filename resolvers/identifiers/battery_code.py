"""This module is in charge of the GB/T 34014-2017 code of a power battery: reading it, checking it, making it."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Final

from resolvers.identifiers.error import IdentifierKind, canonical, first_outside, is_digits, refuse

_KIND: Final = IdentifierKind.BATTERY_CODE
_CHARSET: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_DATE_LETTERS: Final = "123456789ABCDEFGHJKLMNPRSTVWXY"
_FIRST_YEAR: Final = 2011
_YEARS: Final = {letter: _FIRST_YEAR + index for index, letter in enumerate(_DATE_LETTERS)}
_MONTHS: Final = {letter: index for index, letter in enumerate("123456789ABC", 1)}
_DAYS: Final = {letter: index for index, letter in enumerate(_DATE_LETTERS + "0", 1)}
_YEAR_LETTER: Final = {year: letter for letter, year in _YEARS.items()}
_MONTH_LETTER: Final = {month: letter for letter, month in _MONTHS.items()}
_DAY_LETTER: Final = {day: letter for letter, day in _DAYS.items()}
_FULL_LENGTH: Final = 24
_REUSED_LENGTH: Final = 19
_LAST_SERIAL: Final = 9_999_999
# A code of 24 characters as it should be, but for the calendar; the groups are year, month and day.
_WELL_FORMED: Final = re.compile(f"[0-9A-Z]{{3}}[PMC][A-GZ][0-9A-Z]{{9}}([{_DATE_LETTERS}])([1-9A-C])([{_DATE_LETTERS}0])(?!0{{7}})[0-9]{{7}}")


class ProductType(StrEnum):
    """What the code is on (position 4), and which level was reused (position 19 of the reuse form)."""

    PACK = "P"
    MODULE = "M"
    CELL = "C"


class BatteryType(StrEnum):
    """The battery type of position 5 (GB/T 34014-2017)."""

    NICKEL_METAL_HYDRIDE = "A"
    LITHIUM_IRON_PHOSPHATE = "B"
    LITHIUM_MANGANESE_OXIDE = "C"
    LITHIUM_COBALT_OXIDE = "D"
    TERNARY = "E"
    SUPERCAPACITOR = "F"
    LITHIUM_TITANATE = "G"
    OTHER = "Z"


_PRODUCT_TYPES: Final = {member.value: member for member in ProductType}
_BATTERY_TYPES: Final = {member.value: member for member in BatteryType}


@dataclass(frozen=True, slots=True)
class BatteryCode:
    """A battery code taken apart; `value` is its canonical text, 24 characters, or 19 where `reused`.

    `traceability_code` is None and `reused_level` given exactly where `reused`. `serial` is that of the day, 1 to 9,999,999.
    """

    value: str
    manufacturer_code: str
    product_type: ProductType
    battery_type: BatteryType
    specification_code: str
    traceability_code: str | None
    produced_on: date
    serial: int
    reused: bool
    reused_level: ProductType | None


def parse_battery_code(text: str, *, normalise: bool = True) -> BatteryCode:
    """Read a battery code of 24 characters, or of 19 for a reprocessed product.

    With `normalise` blanks around it and lower case are forgiven; without, the text must already be canonical. Raises IdentifierError with the first of
    CHARSET, LENGTH, PRODUCT_TYPE, BATTERY_TYPE, REUSE_SUFFIX, YEAR, MONTH, DAY, CALENDAR, SERIAL that is broken. The code has no check digit:
    whether the maker filed it, and whether it was made in the future, are questions to the registry. Source: GB/T 34014-2017.
    """
    return _parsed(canonical(text, _KIND, normalise=normalise))


# A report's code is taken apart where it is read, judged, and shown to the rules; a batch of a thousand fits.
@lru_cache(maxsize=4096)
def _parsed(value: str) -> BatteryCode:
    _check_charset_and_length(value)
    product = _PRODUCT_TYPES.get(value[3])
    if product is None:
        refuse(_KIND, "PRODUCT_TYPE", value, 4, "the product type is P (pack), M (module) or C (cell)")
    battery = _BATTERY_TYPES.get(value[4])
    if battery is None:
        refuse(_KIND, "BATTERY_TYPE", value, 5, "the battery type is one of A to G, or Z")
    reused = len(value) == _REUSED_LENGTH
    level = _reused_level(value) if reused else None
    start = 7 if reused else 14
    return BatteryCode(
        value, value[:3], product, battery, value[5:7], None if reused else value[7:14],
        _produced_on(value, start), _serial(value, start + 3), reused, level,
    )  # fmt: skip


def canonical_battery_code(text: str) -> str:
    """The canonical text of a battery code: `parse_battery_code(text).value`, in a fifth of the time where the code is as it should be.

    Every look-up by code reads one. Raises what `parse_battery_code` raises. Source: GB/T 34014-2017.
    """
    value = canonical(text, _KIND, normalise=True)
    found = _WELL_FORMED.fullmatch(value)
    if found is None or not _is_day(*found.groups()):
        return parse_battery_code(text).value
    return value


def battery_code_prefix(text: str) -> str:
    """The beginning of battery codes in canonical text, as a search gives it; an empty one begins all.

    Raises IdentifierError CHARSET or LENGTH where no code of GB/T 34014-2017 can begin so for these.
    """
    value = canonical(text, _KIND, normalise=True)
    if (wrong := first_outside(value, _CHARSET)) is not None:
        refuse(_KIND, "CHARSET", value, wrong, "only digits 0-9 and letters A-Z")
    if len(value) > _FULL_LENGTH:
        refuse(_KIND, "LENGTH", value, None, f"the beginning of a code has at most {_FULL_LENGTH} characters")
    return value


def _is_day(year: str, month: str, day: str) -> bool:
    number = _DAYS[day]
    # Every month has so many.
    if number <= 28:
        return True
    try:
        date(_YEARS[year], _MONTHS[month], number)
    except ValueError:
        return False
    return True


def make_battery_code(
    manufacturer_code: str,
    product_type: ProductType,
    battery_type: BatteryType,
    specification_code: str,
    produced_on: date,
    serial: int,
    *,
    traceability_code: str | None = None,
    reused_level: ProductType | None = None,
) -> str:
    """The canonical code of these parts: 24 characters with a traceability code, 19 with a reused level; exactly one of them must be given.

    For synthetic data. Raises ValueError for parts that no code can hold, e.g. a year outside 2011 to 2040.
    """
    if not 1 <= serial <= _LAST_SERIAL or produced_on.year not in _YEAR_LETTER:
        raise ValueError("serial is 1 to 9999999, the year 2011 to 2040")
    day = _YEAR_LETTER[produced_on.year] + _MONTH_LETTER[produced_on.month] + _DAY_LETTER[produced_on.day]
    head = f"{manufacturer_code}{product_type}{battery_type}{specification_code}"
    if traceability_code is not None and reused_level is None:
        made, length = f"{head}{traceability_code}{day}{serial:07}", _FULL_LENGTH
    elif traceability_code is None and reused_level is not None:
        made, length = f"{head}{day}{serial:07}R{reused_level}", _REUSED_LENGTH
    else:
        raise ValueError("give a traceability code or a reused level, and not both")
    if (len(manufacturer_code), len(specification_code), len(made)) != (3, 2, length) or not _CHARSET.issuperset(made):
        raise ValueError("a part has the wrong length or a character outside 0-9 A-Z")
    return made


def _check_charset_and_length(value: str) -> None:
    outside = first_outside(value, _CHARSET)
    if outside is not None:
        refuse(_KIND, "CHARSET", value, outside, "only digits 0-9 and letters A-Z")
    if len(value) not in (_FULL_LENGTH, _REUSED_LENGTH):
        refuse(_KIND, "LENGTH", value, None, "24 characters, or 19 for a reprocessed product")


def _reused_level(value: str) -> ProductType:
    if value[17] != "R":
        refuse(_KIND, "REUSE_SUFFIX", value, 18, "a code of 19 characters has R here")
    level = _PRODUCT_TYPES.get(value[18])
    if level is None:
        refuse(_KIND, "REUSE_SUFFIX", value, 19, "the reused level is P, M or C")
    return level


def _produced_on(value: str, start: int) -> date:
    year, month, day = _YEARS.get(value[start]), _MONTHS.get(value[start + 1]), _DAYS.get(value[start + 2])
    if year is None:
        refuse(_KIND, "YEAR", value, start + 1, "the year is one of 1-9 A-H J-N P R S T V-Y (2011 to 2040)")
    if month is None:
        refuse(_KIND, "MONTH", value, start + 2, "the month is one of 1-9, A, B, C")
    if day is None:
        refuse(_KIND, "DAY", value, start + 3, "the day is one of 1-9 A-H J-N P R S T V-Y, or 0 for the 31st")
    try:
        return date(year, month, day)
    except ValueError:
        refuse(_KIND, "CALENDAR", value, start + 3, f"there is no day {day} in month {month} of {year}")


def _serial(value: str, start: int) -> int:
    digits = value[start : start + 7]
    if not is_digits(digits):
        wrong = next(index for index, character in enumerate(digits) if not is_digits(character))
        refuse(_KIND, "SERIAL", value, start + wrong + 1, "the serial of the day is seven digits")
    if digits == "0000000":
        refuse(_KIND, "SERIAL", value, start + 1, "the serial of the day starts at 0000001")
    return int(digits)
