"""This module is in charge of the vehicle identification number of GB 16735-2019 and ISO 3779: reading it, checking it, making it."""

from dataclasses import dataclass
from operator import mul
from typing import Final

from resolvers.identifiers.error import IdentifierKind, IdentifierWarning, canonical, first_outside, is_digits, refuse

_KIND: Final = IdentifierKind.VIN
_VALUES: Final = {
    **{str(digit): digit for digit in range(10)},
    **dict(zip("ABCDEFGH", range(1, 9))),
    **dict(zip("JKLMN", range(1, 6))),
    "P": 7,
    "R": 9,
    **dict(zip("STUVWXYZ", range(2, 10))),
}
_CHARSET: Final = frozenset(_VALUES)
_WEIGHTS: Final = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_CHECKS: Final = "0123456789X"
_CHECK_AT: Final = 9
_YEAR_AT: Final = 10
_LENGTH: Final = 17
_CYCLE: Final = 30
_YEAR_LETTERS: Final = "123456789ABCDEFGHJKLMNPRSTVWXY"
_MODEL_YEARS: Final = {letter: (2001 + index, 2001 + _CYCLE + index) for index, letter in enumerate(_YEAR_LETTERS)}
_LAST_SEQUENCE: Final = 999_999


@dataclass(frozen=True, slots=True)
class Vin:
    """A VIN taken apart; `value` is its 17 characters.

    `model_years` are the years position 10 can stand for (they recur every 30), none where the position holds no year code.
    `warnings` are rules that only Chinese VINs are bound to and that this foreign one breaks.
    """

    value: str
    manufacturer: str
    descriptor: str
    model_years: tuple[int, ...]
    plant: str
    sequence: str
    warnings: tuple[IdentifierWarning, ...]


def is_chinese(value: str) -> bool:
    """Whether the world manufacturer identifier is of China: L, or H0 to H9 and HA (ISO 3780)."""
    return value[:1] == "L" or (value[:1] == "H" and value[1:2] in tuple("0123456789A"))


def parse_vin(text: str, *, normalise: bool = True, strict: bool = False) -> Vin:
    """Read a VIN.

    Raises IdentifierError with the first of LENGTH, CHARSET, CHECK, YEAR_CODE, LAST4 that is broken. CHECK and YEAR_CODE are only warnings on a VIN
    that is not Chinese, because a European maker need not keep position 9 and 10 so; `strict` makes them errors on every VIN.
    Source: GB 16735-2019, ISO 3779.
    """
    value = canonical(text, _KIND, normalise=normalise)
    if len(value) != _LENGTH:
        refuse(_KIND, "LENGTH", value, None, "17 characters")
    outside = first_outside(value, _CHARSET)
    if outside is not None:
        refuse(_KIND, "CHARSET", value, outside, "only digits 0-9 and letters A-Z without I, O and Q")
    warnings = _broken_rules(value)
    if warnings and (strict or is_chinese(value)):
        refuse(_KIND, warnings[0].code, value, warnings[0].position, warnings[0].rule)
    if not is_digits(value[13:]):
        wrong = next(index for index in range(13, 17) if not is_digits(value[index]))
        refuse(_KIND, "LAST4", value, wrong + 1, "the last four characters are digits")
    return Vin(value, value[:3], value[3:8], _MODEL_YEARS.get(value[9], ()), value[10], value[11:], warnings)


def make_vin(manufacturer: str, descriptor: str, model_year: int, plant: str, sequence: int) -> str:
    """The VIN of these parts (3, 5 and 1 characters; sequence 0 to 999,999), with its check digit. For synthetic data.

    Raises ValueError for parts that no VIN can hold.
    """
    year = _YEAR_LETTERS[(model_year - 2001) % _CYCLE]
    draft = f"{manufacturer}{descriptor}0{year}{plant}{sequence:06}"
    if (len(manufacturer), len(descriptor), len(plant)) != (3, 5, 1) or not _CHARSET.issuperset(draft):
        raise ValueError("a part has the wrong length or a character that VINs do not use")
    if not 0 <= sequence <= _LAST_SEQUENCE:
        raise ValueError("the sequence is 0 to 999999")
    return f"{draft[:8]}{vin_check_digit(draft)}{draft[9:]}"


def vin_check_digit(value: str) -> str:
    """The character that belongs at position 9 of these 17 (what stands there has weight 0): the weighted sum modulo 11, 10 written X."""
    return _CHECKS[sum(map(mul, map(_VALUES.__getitem__, value), _WEIGHTS)) % 11]


def _broken_rules(value: str) -> tuple[IdentifierWarning, ...]:
    broken = []
    expected = vin_check_digit(value)
    if value[_CHECK_AT - 1] != expected:
        broken.append(IdentifierWarning("CHECK", _CHECK_AT, f"the check digit of the other sixteen characters is {expected}"))
    if value[_YEAR_AT - 1] not in _MODEL_YEARS:
        broken.append(IdentifierWarning("YEAR_CODE", _YEAR_AT, "the model year is not written U, Z or 0"))
    return tuple(broken)
