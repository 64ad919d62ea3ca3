"""This module is in charge of one level of a path search: the fields of one object type at one stand, each given to its best option."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gateway.operation.normalise import TYPENAME
from gateway.operation.selection import Field
from gateway.planning.graph import Owner
from gateway.planning.routes import Jump, Local, Route, Stand
from gateway.planning.ways import Busy, Opened, Openings, Option, shared_conditions

if TYPE_CHECKING:
    from gateway.planning.paths import PathSearch

# Answered by the gateway itself, from the caller's view of the schema.
INTROSPECTION: Final = frozenset({"__schema", "__type"})


class ObjectLevel:
    """The fields of one object type at one stand, while they are being placed."""

    def __init__(self, search: PathSearch, stand: Stand, busy: Busy) -> None:
        self._search = search
        self._stand = stand
        self._busy = busy
        self._locals: list[tuple[int, Local]] = []
        self._opened: Openings = {}
        self._missing: list[tuple[int, Field]] = []
        self._cost = 0
        self._covered = 0

    def place(self, index: int, field: Field) -> None:
        """Give the field to the best option, and what that leaves to the next."""
        if field.name == TYPENAME or field.name in INTROSPECTION:
            self._covered += 1
            if self._stand.subgraph is not None:
                self._locals.append((index, Local(field, field.type)))
            return
        left: Field | None = field
        tried: set[Owner] = set()
        while left is not None:
            best = self._best(left, tried)
            # A mutation is made once: no second subgraph completes its answer.
            if best is None or (tried and self._stand.type == self._search.mutation_type):
                self._missing.append((index, left))
                return
            tried.add(best.owner)
            self._take(index, left, best)
            left = replace(left, selections=best.below.missing) if best.below and best.below.missing else None

    def _best(self, field: Field, tried: set[Owner]) -> Option | None:
        best: Option | None = None
        for least, options in self._search.options(self._stand, field, self._busy, self._opened):
            for each in options:
                if each.owner not in tried and (best is None or each.rank < best.rank):
                    best = each
            # Not only to save time: a key that is at hand must not be looked for elsewhere, by that very key.
            if best is not None and best.is_whole and best.cost < least:
                return best
        return best

    def _take(self, index: int, field: Field, option: Option) -> None:
        self._cost += option.cost
        self._covered += option.covered
        move = Local(field, self._search.type_in(option.owner.type, field, option.owner.subgraph), option.below)
        if option.local:
            self._locals.append((index, move))
            return
        assert option.opened is not None
        self._opened.setdefault(option.owner, option.opened).fields.append(move)

    def route(self) -> Route:
        """What has become of the fields."""
        jumps = (self._jump(opened) for opened in self._opened.values())
        return Route(
            stand=self._stand,
            moves=(*(move for _, move in sorted(self._locals, key=lambda each: each[0])), *jumps),
            cost=self._cost,
            covered=self._covered,
            missing=tuple(field for _, field in sorted(self._missing, key=lambda each: each[0])),
        )

    def _jump(self, opened: Opened) -> Jump:
        return Jump(
            opened.owner.subgraph,
            opened.owner.type,
            opened.entry.key,
            opened.owner.requires,
            opened.inputs,
            shared_conditions(move.field for move in opened.fields),
            tuple(opened.fields),
            self._search.objects_meant(self._stand, opened.owner.type),
            opened.fillings,
        )
