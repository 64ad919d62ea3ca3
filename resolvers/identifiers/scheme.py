"""This module is in charge of battery identifiers of any scheme: GB/T 34014 is read, every other one is kept as it came."""

import re
from dataclasses import dataclass
from typing import Final

from resolvers.identifiers.battery_code import BatteryCode, parse_battery_code
from resolvers.identifiers.error import IdentifierKind, canonical, refuse

GB_T_34014: Final = "GB_T_34014"
"""The scheme whose codes Cellgate reads; GB_T_45565 (storage and small power batteries) is one whose form is not public, and stays opaque."""
MAX_OPAQUE: Final = 64
_KIND: Final = IdentifierKind.OTHER_BATTERY_CODE
_SCHEME: Final = re.compile(r"[A-Z][A-Z0-9_]{0,31}")


@dataclass(frozen=True, slots=True)
class OpaqueCode:
    """A code of a scheme that Cellgate does not read: printable ASCII of 1 to 64 characters, compared byte by byte, its case kept."""

    scheme: str
    value: str


def parse_battery_identifier(scheme: str, value: str) -> BatteryCode | OpaqueCode:
    """Read a battery identifier of the named scheme.

    Raises IdentifierError: SCHEME (the name is not an upper-case word of 1 to 32 characters), LENGTH, CHARSET, or what `parse_battery_code` raises.
    """
    if scheme == GB_T_34014:
        return parse_battery_code(value)
    if _SCHEME.fullmatch(scheme) is None:
        refuse(_KIND, "SCHEME", scheme, None, "a scheme is named by 1 to 32 of A-Z, 0-9 and _, a letter first")
    # canonical is called for its bound alone: the case of an opaque code may carry meaning.
    text = canonical(value, _KIND, normalise=False).strip(" \t\r\n")
    if not 1 <= len(text) <= MAX_OPAQUE:
        refuse(_KIND, "LENGTH", text, None, f"1 to {MAX_OPAQUE} characters")
    wrong = next((place for place, character in enumerate(text, 1) if not "\x20" < character < "\x7f"), None)
    if wrong is not None:
        refuse(_KIND, "CHARSET", text, wrong, "printable ASCII without blanks")
    return OpaqueCode(scheme, text)
