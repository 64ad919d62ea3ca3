"""This module is in charge of building SQL text: constant syntax, quoted names and numbered parameters, nothing else.

`text("select ") + ident("battery", "unit", "code") + text(" where code = ") + slot("code")` compiles to a `Statement`
whose text never contains a value. The text can be cached and bound again for every request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import Final, LiteralString

SETTING_NAME: Final = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?")


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """A value known when the statement is built; equal by identity, so one object used twice is sent once."""

    value: object


@dataclass(frozen=True, slots=True)
class Slot:
    """A value given at `Statement.bind`, by name; used twice it is sent once."""

    name: str


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text with `$1..$n` and, for each number, the slot's name or the constant.

    `custom` says that the best plan depends on the values, so each execution is planned anew; look-ups by key are planned
    once per connection, as their planning takes longer than their execution.
    """

    text: str
    slots: tuple[str | Constant, ...]
    custom: bool = False
    _bind: Callable[[Mapping[str, object]], tuple[object, ...]] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_bind", _binding(self.slots))

    def bind(self, values: Mapping[str, object]) -> tuple[object, ...]:
        """The arguments in order. A slot without a value raises KeyError with its name."""
        return self._bind(values)


def _binding(slots: tuple[str | Constant, ...]) -> Callable[[Mapping[str, object]], tuple[object, ...]]:
    names = [each for each in slots if isinstance(each, str)]
    if len(names) == len(slots) > 1:
        # The usual ones, each time anew: as quickly as can be.
        return itemgetter(*names)
    return lambda values: tuple([each.value if isinstance(each, Constant) else values[each] for each in slots])


@dataclass(frozen=True, slots=True)
class Sql:
    """An immutable run of syntax and parameters; `+` and `join` make longer ones."""

    parts: tuple[str | Constant | Slot, ...] = ()

    def __add__(self, other: Sql) -> Sql:
        return Sql(self.parts + other.parts)

    def compile(self, *, custom: bool = False) -> Statement:
        """Number the parameters in order of first use."""
        numbers: dict[str | Constant, int] = {}
        out: list[str] = []
        for part in self.parts:
            if isinstance(part, str):
                out.append(part)
                continue
            key = part.name if isinstance(part, Slot) else part
            out.append("$" + str(numbers.setdefault(key, len(numbers) + 1)))
        return Statement("".join(out), tuple(numbers), custom)


EMPTY: Final = Sql()


def text(syntax: LiteralString) -> Sql:
    """Constant syntax. A house test holds that the argument is a literal or a Final constant."""
    return Sql((syntax,))


def ident(*names: str) -> Sql:
    """A quoted name, dotted when several are given; embedded quotes are doubled, NUL is refused."""
    if not names or any(not name or "\x00" in name for name in names):
        raise ValueError("an SQL name is empty or contains NUL")
    return Sql((".".join('"' + name.replace('"', '""') + '"' for name in names),))


def param(value: object) -> Sql:
    """A parameter whose value is known now."""
    return Sql((Constant(value),))


def slot(name: str) -> Sql:
    """A parameter whose value comes with `Statement.bind`."""
    return Sql((Slot(name),))


def join(separator: LiteralString, parts: Iterable[Sql]) -> Sql:
    """The parts with the separator between them; no parts give EMPTY."""
    joined: list[str | Constant | Slot] = []
    for part in parts:
        if joined:
            joined.append(separator)
        joined.extend(part.parts)
    return Sql(tuple(joined))


def quoted(value: str) -> str:
    """A string literal that reads the same whatever `standard_conforming_strings` is (as libpq's PQescapeLiteral)."""
    if "\x00" in value:
        raise ValueError("an SQL literal contains NUL")
    doubled = value.replace("'", "''")
    return "E'" + doubled.replace("\\", "\\\\") + "'" if "\\" in value else "'" + doubled + "'"


@lru_cache(maxsize=256)
def _assignment(name: str) -> str:
    if not SETTING_NAME.fullmatch(name):
        raise ValueError("not the name of a setting: " + repr(name))
    return "SET LOCAL " + name + " = "


def setting(name: str, value: str) -> str:
    """One SET LOCAL."""
    return _assignment(name) + quoted(value)


def changing(settings: Mapping[str, str]) -> tuple[str, ...]:
    """The statements that set them all for the rest of the transaction."""
    return tuple([setting(name, value) for name, value in settings.items()])


def opening(begin: LiteralString, settings: Mapping[str, str]) -> tuple[str, ...]:
    """The statements that open a transaction and set its settings.

    Literals, not parameters: SET LOCAL has none, and `set_config($1, $2, true)` is not passed on to the shards of a distributed database.
    """
    return (begin, *[setting(name, value) for name, value in settings.items()])


def showing(snapshot: str) -> str:
    """The statement that makes a transaction, right after it was opened, show a snapshot that another one exported."""
    return "SET TRANSACTION SNAPSHOT " + quoted(snapshot)


def integer(value: int) -> Sql:
    """An integer as syntax: for bits that the planner should know, and for limits."""
    return Sql((str(int(value)),))
