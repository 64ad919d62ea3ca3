"""This module is in charge of reading one cell of an imported file: text (or a list) to a value, or the rule it breaks."""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from resolvers.identifiers import (
    IdentifierError,
    ProductType,
    parse_battery_code,
    parse_credit_code,
    parse_region_code,
    parse_vin,
)

Cell = str | Sequence[object]
"""What a reader gives: text, or the list of an NDJSON line. Numbers of NDJSON come as the text they were written in."""
Value = str | float | int | bool | date | tuple[str, ...] | tuple["Module", ...]
Parser = Callable[[Cell], Value]

_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?([eE][+-]?[0-9]{1,2})?", re.ASCII)
_INTEGER: Final = re.compile(r"-?[0-9]{1,15}", re.ASCII)
_DAY: Final = re.compile(r"([0-9]{4})([-/]?)([0-9]{2})\2([0-9]{2})", re.ASCII)
_WORD: Final = re.compile(r"[A-Z][A-Z0-9_]{0,31}", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}", re.ASCII)
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()-]{4,23}", re.ASCII)
_MANUFACTURER: Final = re.compile(r"[0-9A-Z]{3}", re.ASCII)
_LIST: Final = re.compile(r"[;|\s]+")
_FORMULA: Final = ("=", "+", "-", "@")
_TRUTH: Final[Mapping[str, bool]] = {
    "true": True, "yes": True, "y": True, "1": True, "是": True, "false": False, "no": False, "n": False, "0": False, "否": False,
}  # fmt: skip


class CellFault(ValueError):
    """A cell breaks a rule. `rule` is a stable word, the message is safe to show and does not repeat the cell; `field` is there where the reader knows it."""

    def __init__(self, rule: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.field = field


class Module(NamedTuple):
    """One module of a pack: its GB/T 34014 code, its cells, its mass in kg."""

    code: str
    cell_count: int
    mass_kg: float


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a closed set of words; `aliases` maps what companies write, upper-cased, to ours."""

    words: frozenset[str]
    aliases: Mapping[str, str]

    def __call__(self, cell: Cell) -> str:
        written = _scalar(cell).upper()
        found = self.aliases.get(written, written)
        if found not in self.words:
            raise CellFault("CHOICE", "one of " + ", ".join(sorted(self.words)))
        return found


def text(cell: Cell) -> str:
    """Up to 200 characters for people to read; what a spreadsheet would run as a formula is refused, not defused."""
    written = _scalar(cell)
    if written.startswith(_FORMULA):
        raise CellFault("FORMULA", "a text does not begin with =, +, - or @, which a spreadsheet takes for a formula")
    if len(written) > 200:
        raise CellFault("LENGTH", f"at most 200 characters, this has {len(written)}")
    return written


def name(cell: Cell) -> str:
    """A name given by its maker, such as a model id: 1 to 64 ASCII letters, digits and . _ : / -"""
    written = _scalar(cell)
    if _NAME.fullmatch(written) is None:
        raise CellFault("NAME", "1 to 64 ASCII letters, digits and . _ : / - with a letter or digit first")
    return written


def word(cell: Cell) -> str:
    """An upper-case word of our own vocabulary; lower case is forgiven."""
    written = _scalar(cell).upper()
    if _WORD.fullmatch(written) is None:
        raise CellFault("WORD", "1 to 32 of A-Z, 0-9 and _, a letter first")
    return written


def phone(cell: Cell) -> str:
    """A telephone number; the only text that may begin with +."""
    written = _scalar(cell)
    if _PHONE.fullmatch(written) is None:
        raise CellFault("PHONE", "5 to 25 digits, blanks, brackets and hyphens, + allowed in front")
    return written


def day(cell: Cell) -> date:
    """A calendar day: 2026-04-01, 2026/04/01 or 20260401."""
    found = _DAY.fullmatch(_scalar(cell))
    if found is None:
        raise CellFault("DATE", "a day is written YYYY-MM-DD, YYYY/MM/DD or YYYYMMDD")
    try:
        return date(int(found[1]), int(found[3]), int(found[4]))
    except ValueError:
        raise CellFault("CALENDAR", "the calendar has no such day") from None


def truth(cell: Cell) -> bool:
    """Yes or no."""
    found = _TRUTH.get(_scalar(cell).casefold())
    if found is None:
        raise CellFault("BOOLEAN", "true or false, yes or no, 1 or 0, 是 or 否")
    return found


def number(least: float, most: float) -> Callable[[Cell], float]:
    """A decimal number with a point, between the two ends."""

    def parse(cell: Cell) -> float:
        written = _scalar(cell)
        if _NUMBER.fullmatch(written) is None:
            raise CellFault("NUMBER", "a decimal number with a point and without separators, in ASCII digits")
        return float(_within(float(written), least, most))

    return parse


def positive(cell: Cell) -> float:
    """A decimal number above 0; how far above, the rule table says where the line is taken."""
    found = number(-math.inf, math.inf)(cell)
    if found <= 0:
        raise CellFault("RANGE", "above 0")
    return found


def integer(least: int, most: int) -> Callable[[Cell], int]:
    """A whole number between the two ends."""

    def parse(cell: Cell) -> int:
        written = _scalar(cell)
        if _INTEGER.fullmatch(written) is None:
            raise CellFault("INTEGER", "a whole number in ASCII digits")
        return int(_within(int(written), least, most))

    return parse


def credit_code(cell: Cell) -> str:
    """A unified social credit code, both check digits."""
    return parse_credit_code(_scalar(cell)).value


def region_code(cell: Cell) -> str:
    """A GB/T 2260 code; its form alone, so that old records read."""
    return parse_region_code(_scalar(cell))


def manufacturer_code(cell: Cell) -> str:
    """The first three characters of a maker's battery codes."""
    written = _scalar(cell).upper()
    if _MANUFACTURER.fullmatch(written) is None:
        raise CellFault("MANUFACTURER_CODE", "three of 0-9 and A-Z")
    return written


def vin(cell: Cell) -> str:
    """A VIN; the check digit of a foreign one may be wrong."""
    return parse_vin(_scalar(cell)).value


def pack_code(cell: Cell) -> str:
    """The battery code of a pack."""
    return _code_of(_scalar(cell), ProductType.PACK)


def words(cell: Cell, parse: Callable[[Cell], str]) -> tuple[str, ...]:
    """Several values of one kind: a list, or text divided by ; or | or blanks."""
    each = _LIST.split(_scalar(cell)) if isinstance(cell, str) else cell
    return tuple(sorted({parse(_item(one)) for one in each if one != ""}))


def modules(cell: Cell) -> tuple[Module, ...]:
    """The modules of a pack, in order: `code:cells:kg;code:cells:kg`, or a list of objects {code, cell_count, mass_kg}.

    In a list the names of the data-space model serve too (tractionBatteryCode; subcomponents, whose number is the cell count).
    """
    found = tuple(_module_of_text(one) for one in _LIST.split(_scalar(cell)) if one) if isinstance(cell, str) else tuple(map(_module_of_object, cell))
    if len(found) > 1000 or len({module.code for module in found}) != len(found):
        raise CellFault("MODULES", "at most 1000 modules, each once")
    return found


def _scalar(cell: Cell) -> str:
    if not isinstance(cell, str):
        raise CellFault("SHAPE", "one value, not a list")
    written = cell.strip()
    # Category C: control, format, surrogate, private use, unassigned. NUL the database refuses; the others hide or reverse what is read.
    if any(unicodedata.category(character)[0] == "C" for character in written):
        raise CellFault("CONTROL", "no control or invisible characters")
    return written


def _within(found: float, least: float, most: float) -> float:
    if not least <= found <= most:
        raise CellFault("RANGE", f"between {least:g} and {most:g}")
    return found


def _item(one: object) -> str:
    if not isinstance(one, str):
        raise CellFault("SHAPE", "a list of texts")
    return one


def _code_of(written: str, product: ProductType) -> str:
    code = parse_battery_code(written)
    if code.product_type is not product:
        raise CellFault("PRODUCT_TYPE", f"position 4 is {product}, for this is the code of a {product.name.lower()}")
    return code.value


def _module_of_text(written: str) -> Module:
    parts = written.split(":")
    if len(parts) != 3:
        raise CellFault("MODULES", "each module is written code:cells:kg, divided by ;")
    return _module(parts[0], parts[1], parts[2])


def _module_of_object(one: object) -> Module:
    if not isinstance(one, Mapping):
        raise CellFault("MODULES", "each module is an object with code, cell_count and mass_kg")
    keys: Mapping[str, Any] = {re.sub(r"[\s_-]", "", str(key)).casefold(): value for key, value in one.items()}
    cells = keys.get("subcomponents")
    count = keys.get("cellcount", str(len(cells)) if isinstance(cells, list) else "")
    return _module(keys.get("tractionbatterycode", keys.get("code", "")), count, keys.get("masskg", ""))


def _module(code: object, cell_count: object, mass_kg: object) -> Module:
    try:
        return Module(_code_of(_scalar(_item(code)), ProductType.MODULE), integer(1, 100_000)(_item(cell_count)), positive(_item(mass_kg)))
    except (CellFault, IdentifierError) as fault:
        raise CellFault("MODULES", f"a module is wrong: {fault}") from None
