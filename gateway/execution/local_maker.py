"""This module is in charge of makers: for one level, a function from rows to objects, compiled to Python's own dict displays.

A dict display over asyncpg records is twice as fast as zipping keys and values. The function is built as a syntax tree:
response keys go in as constants, never as text, so there is nothing to inject into.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schema.bindings import Row

Object = dict[str, Any]
Place = int | str  # position or name in a row


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same value on every row (`__typename`; null for what is filled in later)."""

    value: str | None


@dataclass(frozen=True, slots=True)
class Leaf:
    """What stands at a place of the row."""

    place: Place


@dataclass(frozen=True, slots=True)
class KeyOnly:
    """An entity of which nothing but its key is asked for; null where the key is. `keys` hold the key, `names` constants."""

    place: Place
    form: Callable[[Any], Any] | None
    keys: tuple[str, ...]
    names: tuple[tuple[str, str], ...]


Item = Fixed | Leaf | KeyOnly
Make = Callable[[Sequence[Row]], list[Object]]


def compile_maker(items: Mapping[str, Item]) -> Make:
    """`lambda rows: [{…} for row in rows]` with one entry for each item, in order."""
    forms: dict[str, Callable[[Any], Any]] = {}
    entries = ast.Dict([ast.Constant(key) for key in items], [_value(item, forms) for item in items.values()])
    row = ast.comprehension(ast.Name("row", ast.Store()), ast.Name("rows", ast.Load()), [], 0)
    arguments = ast.arguments([], [ast.arg("rows")], None, [], [], None, [])
    tree = ast.Expression(ast.Lambda(arguments, ast.ListComp(entries, [row])))
    made: Make = eval(compile(ast.fix_missing_locations(tree), "<level>", "eval"), {"__builtins__": {}, **forms})
    return made


def _value(item: Item, forms: dict[str, Callable[[Any], Any]]) -> ast.expr:
    match item:
        case Fixed(value):
            return ast.Constant(value)
        case Leaf(place):
            return _at(place)
        case KeyOnly(place, form, keys, names):
            key = _at(place)
            if form is not None:
                name = f"form{len(forms)}"
                forms[name] = form
                key = ast.Call(ast.Name(name, ast.Load()), [key], [])
            labels: list[ast.expr | None] = [ast.Constant(each) for each in (*keys, *(each for each, _ in names))]
            made = ast.Dict(labels, [*(key for _ in keys), *(ast.Constant(value) for _, value in names)])
            return ast.IfExp(ast.Compare(_at(place), [ast.Is()], [ast.Constant(None)]), ast.Constant(None), made)


def _at(place: Place) -> ast.expr:
    return ast.Subscript(ast.Name("row", ast.Load()), ast.Constant(place), ast.Load())
