"""This module is in charge of pages by column: rows that an export reads stay columns, from the database to the writer, and never become objects.

Nothing else differs: the rows are those of the same statement, what a row's standing closes is null, and a column is as its type writes it, or the
page is made into objects after all and judged by the projection that explains.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, assert_never

from gateway.execution.answer_shape import (
    BOOLEAN,
    FLOAT,
    ID,
    INT,
    STRING,
    GivenShape,
    LeafShape,
    ListShape,
    NonNullShape,
    ObjectShape,
    Shape,
    TaggedShape,
    TypenameShape,
)
from gateway.execution.local_maker import Fixed, KeyOnly, Leaf
from gateway.execution.local_program import Level, Path
from resolvers.database.bundles import Bundle
from resolvers.database.texts import Texts
from schema.bindings import Row
from schema.provinces import Appended

Column = Sequence[Any]
_NONE: Final = type(None)
_CLASSES: Final[Mapping[str, frozenset[type]]] = {
    STRING: frozenset({str}),
    ID: frozenset({str}),
    BOOLEAN: frozenset({bool}),
    INT: frozenset({int}),
    FLOAT: frozenset({float, int}),
}
_INT_LIMIT: Final = 2**31


@dataclass(frozen=True, slots=True)
class ColumnPage:
    """The rows of one page of a list. `path` are the response keys from the root to the rows, which are an empty list there; `columns` stand by their
    keys below a row, and that below `above`, the key of an edge's node."""

    path: Path
    columns: Mapping[Path, Column]
    size: int
    above: Path = ()

    def objects(self) -> list[dict[str, Any]]:
        """The rows as what they would have been."""
        made: list[dict[str, Any]] = [{} for _ in range(self.size)]
        for path, values in self.columns.items():
            for row, value in zip(made, values, strict=True):
                if len(path) == 1:
                    row[path[0]] = value
                else:
                    # What stands below is there, or all of it is null.
                    below = row.setdefault(path[0], None if value is None else {})
                    if below is not None:
                        below[path[1]] = value
        for key in self.above:
            made = [{key: row} for row in made]
        return made


def columns_of(level: Level, rows: Sequence[Row]) -> dict[Path, Column]:
    """The rows of a level that has `items`, by column."""
    assert level.items is not None
    names, given = _transposed(rows)
    found: dict[Path, Column] = {}
    for key, item in level.items.items():
        match item:
            case Fixed(value):
                found[(key,)] = [value] * len(rows)
            case Leaf(place):
                found[(key,)] = given[place if isinstance(place, int) else names[place]]
            case KeyOnly(place, form, keys, types):
                values = _formed(given[place if isinstance(place, int) else names[place]], form)
                found |= {(key, each): values for each in keys}
                found |= {(key, each): [None if value is None else name for value in values] for each, name in types}
            case _:
                assert_never(item)
    _close(level, given[names["standing"]], found)
    return found


def _transposed(rows: Sequence[Row]) -> tuple[dict[str, int], list[Column]]:
    """Where each name stands, and the values there."""
    if isinstance(rows, Bundle):
        return {name: at for at, name in enumerate(rows.columns)}, list(rows.columns.values())
    if isinstance(rows[0], Mapping):
        # Rows that no statement gave have a place by name only (`made_row`).
        keys = list(rows[0])
        return {str(key): at for at, key in enumerate(keys)}, [[row[key] for row in rows] for key in keys]
    names = {name: at for at, name in enumerate(rows[0].keys())}
    # One walk over the rows, which lie far from each other; `zip(*rows)` takes one for each column.
    width, flat = len(rows[0]), list(chain.from_iterable(rows))
    return names, [flat[at::width] for at in range(width)]


def _formed(values: Column, form: Callable[[Any], Any] | None) -> Column:
    if form is None:
        return values
    if isinstance(form, Appended) and isinstance(values, Texts):
        return values.followed_by(form.behind)
    # Provinces and the like: there are few of them.
    made = {value: None if value is None else form(value) for value in set(values)}
    return [made[value] for value in values]


def _close(level: Level, standings: Column, found: dict[Path, Column]) -> None:
    """What a row's standing does not open is null."""
    distinct = set(standings)
    for guard in level.guards:
        opened = {standing: bool(standing & guard.mask) for standing in distinct}
        if not all(opened.values()):
            for path, values in found.items():
                if path[0] == guard.key:
                    found[path] = [value if opened[standing] else None for value, standing in zip(values, standings, strict=True)]


def fits(page: ColumnPage, shape: ObjectShape) -> bool:
    """Whether every column is as the shape's types write it; where one is not, the projection of objects says what is wrong."""
    below: Shape = shape
    for key in page.path:
        inner = below.inner if isinstance(below, NonNullShape) else below
        if not isinstance(inner, ObjectShape) or key not in inner.fields:
            return False
        below = inner.fields[key][1]
    rows = below.inner if isinstance(below, NonNullShape) else below
    item = rows.item if isinstance(rows, ListShape) else rows
    item = item.inner if isinstance(item, NonNullShape) else item
    for key in page.above:
        if not isinstance(item, ObjectShape):
            return False
        item = item.fields[key][1]
        item = item.inner if isinstance(item, NonNullShape) else item
    return isinstance(item, ObjectShape) and all(_fits(page, path, leaf, required=required) for path, leaf, required in _leaves(item, (), required=True))


def _leaves(shape: ObjectShape, path: Path, *, required: bool) -> Iterator[tuple[Path, Shape, bool]]:
    """The columns of a shape, and whether one may hold no null: only where nothing above it may be null either."""
    for key, (_, below) in shape.fields.items():
        here, inner = (*path, key), below.inner if isinstance(below, NonNullShape) else below
        never_null = required and isinstance(below, NonNullShape)
        if isinstance(inner, ObjectShape):
            yield from _leaves(inner, here, required=never_null)
        else:
            yield here, inner, never_null


def _fits(page: ColumnPage, path: Path, leaf: Shape, *, required: bool) -> bool:
    values = page.columns.get(path)
    if values is None:
        # Outside of the view: null, as an error says.
        return not required
    if required and None in values:
        return False
    match leaf:
        case LeafShape(name, enum):
            return _is_written(values, name, enum)
        case TypenameShape():
            return True
        case GivenShape() | ListShape() | NonNullShape() | ObjectShape() | TaggedShape():
            return False
        case _:
            assert_never(leaf)


def _is_written(values: Column, name: str, enum: frozenset[str] | None) -> bool:
    if enum is not None:
        return enum.issuperset({value for value in set(values) if value is not None})
    classes = _CLASSES.get(name)
    if classes is None or (isinstance(values, Texts) and str in classes):
        return True
    if not classes.issuperset(set(map(type, values)) - {_NONE}):
        return False
    there = (value for value in values if value is not None)
    if name == INT:
        return all(-_INT_LIMIT <= value < _INT_LIMIT for value in there)
    return name != FLOAT or all(map(math.isfinite, there))
