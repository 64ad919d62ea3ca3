"""This module is in charge of saying what is wrong with an identifier, and of the canonical text every parser starts from."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NoReturn

MAX_INPUT: Final = 256
"""Characters. Longer input is refused unread, so the work for hostile input is bounded."""

_BLANK: Final = " \t\r\n"


class IdentifierKind(StrEnum):
    """Which identifier a text was read as; the value is how messages name it."""

    BATTERY_CODE = "battery code"
    VIN = "VIN"
    CREDIT_CODE = "unified social credit code"
    REGION_CODE = "region code"
    OTHER_BATTERY_CODE = "battery code of another scheme"


class IdentifierError(ValueError):
    """A text is not the identifier it should be.

    `code` is stable (CHARSET, LENGTH, ...), `position` is 1-based in the trimmed text or None, `rule` says what holds there. The message is safe to
    send and to log: it names the length and at most one character, and that one as U+XXXX unless it is an ASCII letter or digit.
    """

    def __init__(self, code: str, position: int | None, rule: str, kind: IdentifierKind, *, shape: str) -> None:
        where = "" if position is None else f", position {position}"
        super().__init__(f"{kind}{where}: {rule} (got {shape})")
        self.code = code
        self.position = position
        self.rule = rule
        self.kind = kind
        self.shape = shape


@dataclass(frozen=True, slots=True)
class IdentifierWarning:
    """A rule that the identifier breaks without being refused for it; same meaning of the fields as in `IdentifierError`."""

    code: str
    position: int
    rule: str


def refuse(kind: IdentifierKind, code: str, text: str, position: int | None, rule: str) -> NoReturn:
    """Raise the `IdentifierError` for `text`, which is the trimmed value that was read."""
    raise IdentifierError(code, position, rule, kind, shape=_shape(text, position))


def canonical(text: str, kind: IdentifierKind, *, normalise: bool) -> str:
    """Trim blanks and upper-case `text`, or leave it as it is when `normalise` is false.

    Only ASCII is upper-cased: `str.upper` would turn U+017F into S and U+00DF into SS, and so accept what nobody wrote.
    Raises IdentifierError LENGTH for more than MAX_INPUT characters.
    """
    if len(text) > MAX_INPUT:
        refuse(kind, "LENGTH", text, None, f"at most {MAX_INPUT} characters are read")
    if not normalise:
        return text
    trimmed = text.strip(_BLANK)
    return trimmed.upper() if trimmed.isascii() else trimmed


def first_outside(text: str, alphabet: frozenset[str]) -> int | None:
    """The 1-based position of the first character of `text` that is not in `alphabet`, None where all are."""
    if alphabet.issuperset(text):
        return None
    return next(place for place, character in enumerate(text, 1) if character not in alphabet)


def is_digits(text: str) -> bool:
    """Whether `text` is ASCII digits alone; `str.isdigit` by itself also holds for other scripts' digits and superscripts."""
    return text.isascii() and text.isdigit()


def _shape(text: str, position: int | None) -> str:
    length = f"{len(text)} character{'' if len(text) == 1 else 's'}"
    if position is None or position > len(text):
        return length
    character = text[position - 1]
    shown = f"'{character}'" if character.isascii() and character.isalnum() else f"U+{ord(character):04X}"
    return f"{length}, {shown} there"
