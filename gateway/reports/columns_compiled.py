"""This module is in charge of compiled flattening: for a report's columns, one function from rows of an answer to tuples of cells.

The function is built as a syntax tree: response keys go in as constants, never as text, so there is nothing to inject into.
`Column.of` is what it has to equal; where a row is not of the usual shape, it is what answers.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from gateway.reports.columns import Column

Cells = tuple[Any, ...]
Flatten = Callable[[Sequence[dict[str, Any]]], list[Cells]]


class Table(NamedTuple):
    """Rows by column: as many columns as the report has, each of `size` values."""

    columns: Sequence[Sequence[Any]]
    size: int

    def parts(self, size: int) -> Iterator[Table]:
        """The same rows, at most `size` at a time."""
        if self.size <= size:
            yield self
            return
        for at in range(0, self.size, size):
            part = [column[at : at + size] for column in self.columns]
            yield Table(part, len(part[0]))


def transposed(rows: Sequence[Cells], width: int) -> Table:
    """Rows of that many cells, by column."""
    return Table(list(zip(*rows, strict=True)) if rows else [()] * width, len(rows))


def compile_flatten(columns: Sequence[Column]) -> Flatten:
    """`lambda rows: [(row["a"], None if (v := row["b"]) is None else v["c"], …) for row in rows]`, careful where a key is not there."""
    cells = [_cell(column.path, at) for at, column in enumerate(columns)]
    row = ast.comprehension(ast.Name("row", ast.Store()), ast.Name("rows", ast.Load()), [], 0)
    arguments = ast.arguments([], [ast.arg("rows")], None, [], [], None, [])
    tree = ast.Expression(ast.Lambda(arguments, ast.ListComp(ast.Tuple(cells, ast.Load()), [row])))
    quick: Flatten = eval(compile(ast.fix_missing_locations(tree), "<columns>", "eval"), {"__builtins__": {}})

    def flatten(rows: Sequence[dict[str, Any]]) -> list[Cells]:
        try:
            return quick(rows)
        except (KeyError, TypeError):
            return [tuple(column.of(each) for column in columns) for each in rows]

    return flatten


def _cell(path: tuple[str, ...], at: int) -> ast.expr:
    value: ast.expr = _item(ast.Name("row", ast.Load()), path[0])
    for depth, key in enumerate(path[1:]):
        name = f"v{at}_{depth}"
        is_null = ast.Compare(ast.NamedExpr(ast.Name(name, ast.Store()), value), [ast.Is()], [ast.Constant(None)])
        value = ast.IfExp(is_null, ast.Constant(None), _item(ast.Name(name, ast.Load()), key))
    return value


def _item(of: ast.expr, key: str) -> ast.expr:
    return ast.Subscript(of, ast.Constant(key), ast.Load())
