"""This module is in charge of the unified social credit code of GB 32100-2015: reading it, checking both its check digits, making it."""

from dataclasses import dataclass
from typing import Final

from resolvers.identifiers.error import IdentifierKind, canonical, first_outside, is_digits, refuse
from resolvers.identifiers.region import PROVINCES, STATE

_KIND: Final = IdentifierKind.CREDIT_CODE
_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUES: Final = {character: value for value, character in enumerate(_ALPHABET)}
_CHARSET: Final = frozenset(_ALPHABET)
_WEIGHTS: Final = tuple(pow(3, index, 31) for index in range(17))
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_AUTHORITIES: Final = frozenset("123456789ANY")
_LENGTH: Final = 18


@dataclass(frozen=True, slots=True)
class CreditCode:
    """A unified social credit code taken apart; `value` is its 18 characters.

    `region_code` is the GB/T 2260 code on the day of registration (100000: the State), so it may be one that was withdrawn since.
    `organisation_code` is the nine characters of GB 11714, its own check digit last.
    """

    value: str
    authority: str
    entity_class: str
    region_code: str
    organisation_code: str


def parse_credit_code(text: str, *, normalise: bool = True) -> CreditCode:
    """Read a unified social credit code.

    Raises IdentifierError with the first of LENGTH, CHARSET, AUTHORITY, REGION, CHECK (position 18), ORG_CHECK (position 17) that is broken.
    Of the region only the province is judged: the code is that of the day of registration, which the credit code does not tell.
    Source: GB 32100-2015, GB 11714-1997.
    """
    value = canonical(text, _KIND, normalise=normalise)
    if len(value) != _LENGTH:
        refuse(_KIND, "LENGTH", value, None, "18 characters")
    outside = first_outside(value, _CHARSET)
    if outside is not None:
        refuse(_KIND, "CHARSET", value, outside, "only digits 0-9 and letters A-Z without I, O, S, V and Z")
    if value[0] not in _AUTHORITIES:
        refuse(_KIND, "AUTHORITY", value, 1, "the registering authority is one of 1-9, A, N, Y")
    _check_region(value)
    _check_digits(value)
    return CreditCode(value, value[0], value[1], value[2:8], value[8:17])


def make_credit_code(region_code: str, organisation: str, *, authority: str = "9", entity_class: str = "1") -> str:
    """The credit code of a region code (6 digits) and an organisation's 8 characters, with both check digits. For synthetic data.

    Raises ValueError for parts that no code can hold.
    """
    head = f"{authority}{entity_class}{region_code}{organisation}"
    if (len(authority), len(entity_class), len(region_code), len(organisation)) != (1, 1, 6, 8) or not _CHARSET.issuperset(head):
        raise ValueError("a part has the wrong length or a character that credit codes do not use")
    body = head + organisation_check_digit(organisation)
    return body + credit_check_digit(body)


def credit_check_digit(body: str) -> str:
    """The 18th character for these 17: weights 3^(i-1) mod 31 (GB 32100-2015, annex A)."""
    return _ALPHABET[-sum(_VALUES[character] * weight for character, weight in zip(body, _WEIGHTS)) % 31]


def organisation_check_digit(organisation: str) -> str:
    """The ninth character for these 8: letters count A=10 to Z=35, 10 is written X and 11 is written 0 (GB 11714-1997)."""
    check = 11 - sum(int(character, 36) * weight for character, weight in zip(organisation, _ORGANISATION_WEIGHTS)) % 11
    return {10: "X", 11: "0"}.get(check, str(check))


def _check_region(value: str) -> None:
    region = value[2:8]
    if not is_digits(region):
        wrong = next(index for index in range(2, 8) if not is_digits(value[index]))
        refuse(_KIND, "REGION", value, wrong + 1, "positions 3 to 8 are a region code of six digits")
    if region[:2] not in PROVINCES and region[:2] != STATE[:2]:
        refuse(_KIND, "REGION", value, 3, "positions 3 and 4 are a province code of GB/T 2260, or 10 for the State")


def _check_digits(value: str) -> None:
    expected = credit_check_digit(value[:17])
    if value[17] != expected:
        refuse(_KIND, "CHECK", value, 18, f"the check character of the first seventeen is {expected}")
    expected = organisation_check_digit(value[8:16])
    if value[16] != expected:
        refuse(_KIND, "ORG_CHECK", value, 17, f"the check digit of the organisation code is {expected}")
