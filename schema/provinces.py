"""This module is in charge of provinces: six digits to clients (GB/T 2260), the first two in the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from resolvers.batching import BadArgument


@dataclass(frozen=True, slots=True)
class Appended:
    """A form of keys that puts a text behind each: whoever has many of them tied together can do it to all at once."""

    behind: str

    def __call__(self, value: str) -> str:
        return value + self.behind


# The region code of a province: "44" is 440000.
province_code: Final = Appended("0000")


def province_digits(code: str, where: str) -> str:
    """The two digits of a province's region code. BadArgument INVALID_PROVINCE for a prefecture or county, at
    the place `where` ("province", "filter.province.eq")."""
    if code[2:] != "0000":
        raise BadArgument("INVALID_PROVINCE", where, f"{where}: the code of a province ends in 0000; this one is of a prefecture or county")
    return code[:2]
