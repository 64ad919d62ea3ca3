"""This module is in charge of operations as small trees, and of writing them as GraphQL text with variables."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple


class Token(NamedTuple):
    """A text that only the system under test can make: a vehicle id ("vehicle", VIN), a fact's id ("fact", table, code, seq), a
    cursor ("cursor", list, key). Equal tokens are equal texts for one party."""

    kind: str
    inner: tuple[Any, ...]


class Word(str):
    """The value of an enum: bare in a literal, a string in a variable."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Arg:
    """One argument: its GraphQL type, its value as JSON (with tokens), and whether it is written into the text."""

    name: str
    type: str
    value: Any
    literal: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One selected field. `on` is the type condition of a representation's selection."""

    name: str
    children: tuple[Field, ...] = ()
    args: tuple[Arg, ...] = ()
    alias: str | None = None
    on: str | None = None

    @property
    def key(self) -> str:
        """The response key."""
        return self.alias or self.name

    def arg(self, name: str, default: Any = None) -> Any:
        """The value of an argument."""
        return next((each.value for each in self.args if each.name == name), default)


def field(name: str, *children: Field) -> Field:
    """A field without arguments."""
    return Field(name, children)


class Written(NamedTuple):
    """An operation as a client sends it."""

    text: str
    variables: dict[str, Any]


def written(fields: tuple[Field, ...], resolve: Callable[[Token], str]) -> Written:
    """The operation; `resolve` gives the text behind a token."""
    writer = _Writer(resolve)
    body = writer.selection(fields)
    head = f"query({', '.join(writer.declared)}) " if writer.declared else ""
    return Written(head + body, writer.variables)


class _Writer:
    def __init__(self, resolve: Callable[[Token], str]) -> None:
        self.resolve = resolve
        self.declared: list[str] = []
        self.variables: dict[str, Any] = {}

    def selection(self, fields: tuple[Field, ...]) -> str:
        return "{ " + " ".join(self.field(each) for each in fields) + " }"

    def field(self, each: Field) -> str:
        alias = f"{each.alias}: " if each.alias else ""
        args = f"({', '.join(self.argument(arg) for arg in each.args)})" if each.args else ""
        below = " " + self.selection(each.children) if each.children else ""
        return alias + each.name + args + below

    def argument(self, arg: Arg) -> str:
        value = self.plain(arg.value)
        if arg.literal:
            return f"{arg.name}: {literal(value)}"
        name = f"v{len(self.declared)}"
        self.declared.append(f"${name}: {arg.type}")
        self.variables[name] = value
        return f"{arg.name}: ${name}"

    def plain(self, value: Any) -> Any:
        """The value with texts for tokens."""
        if isinstance(value, Token):
            return self.resolve(value)
        if isinstance(value, dict):
            return {name: self.plain(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.plain(each) for each in value]
        return value


def literal(value: Any) -> str:
    """A value as GraphQL text."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {literal(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(literal(each) for each in value) + "]"
    return str(value) if isinstance(value, Word) else json.dumps(value)
