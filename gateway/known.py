"""This module is in charge of operations that are known: what was prepared of an operation, and the texts that ask for it.

Many texts ask for one operation (`operation/canonical.py`). A text is known for as long as its operation is: so what is kept of operations is bounded by
the budget of operations, whatever the texts.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gateway.execution.project import most_variants
from gateway.lru import Lru
from gateway.operation.selection import Selection
from gateway.operation.views import View
from gateway.sections import Caches

if TYPE_CHECKING:
    from gateway.generation import Prepared
    from gateway.planning.plan import Plan

# Text, operation's name, view, mode.
PreparedKey = tuple[str, str | None, View, str]

# Bytes, as measured of operations of 3 to 70 fields (a test holds them): an operation by itself, a field of it or of one of its fetches, what projects
# a field, once for each set of conditions under which the operation may be asked,
_OPERATION: Final = 6_000
_FIELD: Final = 300
_PROJECTED: Final = 400
# and a text beside its characters: its key, its own names for what it asks for.
_TEXT: Final = 800
_ALIAS: Final = 150


@dataclass(slots=True)
class _Operation:
    """An operation with the texts that are known to ask for it."""

    prepared: Prepared
    texts: dict[PreparedKey, None] = field(default_factory=dict)


class KnownOperations:
    """Two maps with a budget each. `known_by` is an operation's key: its canonical text in the place of the text."""

    def __init__(self, caches: Caches) -> None:
        self._texts: Lru[PreparedKey, tuple[Prepared, PreparedKey]] = Lru(caches.texts_kib * 1024, "texts", self._text_dropped)
        self._operations: Lru[PreparedKey, _Operation] = Lru(caches.operations_kib * 1024, "operations", self._operation_dropped)

    def by_text(self, key: PreparedKey) -> Prepared | None:
        """What was prepared for that text, which is now among those that were asked for last, and so is its operation."""
        found = self._texts.get(key)
        if found is None:
            return None
        self._operations.touch(found[1])
        return found[0]

    def by_operation(self, known_by: PreparedKey) -> Prepared | None:
        """What was prepared for any text of that operation."""
        found = self._operations.get(known_by)
        return None if found is None else found.prepared

    def put_operation(self, known_by: PreparedKey, prepared: Prepared) -> None:
        """Keep an operation."""
        before = self._operations.peek(known_by)
        made = _Operation(prepared) if before is None else _Operation(prepared, before.texts)
        self._operations.put(known_by, made, sys.getsizeof(known_by[0]) + _OPERATION + weight_of(prepared.plan))

    def put_text(self, key: PreparedKey, known_by: PreparedKey, prepared: Prepared) -> None:
        """Keep a text of an operation that is kept."""
        operation = self._operations.peek(known_by)
        if operation is not None:
            before = self._texts.peek(key)
            if before is not None:
                self._text_dropped(key, before)
            names = 0 if prepared.aliases is None else len(prepared.aliases)
            self._texts.put(key, (prepared, known_by), sys.getsizeof(key[0]) + _TEXT + _ALIAS * names)
            operation.texts[key] = None

    def recent(self, most: int) -> list[PreparedKey]:
        """The texts that were asked for last."""
        return self._texts.freshest(most)

    def _text_dropped(self, key: PreparedKey, text: tuple[Prepared, PreparedKey]) -> None:
        operation = self._operations.peek(text[1])
        if operation is not None:
            operation.texts.pop(key, None)

    def _operation_dropped(self, _known_by: PreparedKey, operation: _Operation) -> None:
        for key in operation.texts:
            self._texts.discard(key)


def weight_of(plan: Plan) -> int:
    """About how many bytes a plan and its projections take."""
    asked = _fields(plan.operation.selections)
    fetched = sum(_fields(each.operation.selections) for each in plan.fetches)
    return _FIELD * (asked + fetched) + _PROJECTED * asked * most_variants(plan.operation)


def _fields(selections: Iterable[Selection]) -> int:
    return sum(1 + (_fields(each.selections) if each.selections else 0) for each in selections)
