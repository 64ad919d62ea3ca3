"""This module is in charge of positions: under which response key a value stands in the merged data.

All fetches write into one tree. The client's keys are claimed first; what the planner needs beside them (keys, requirements)
shares a key that holds the same field with the same arguments, or else gets one of its own, which no projection shows.
"""

from __future__ import annotations

from gateway.operation.selection import Field, Value
from gateway.planning.graph import Selections

# What a response key holds: field name and arguments in the order of their names.
Signature = tuple[str, tuple[tuple[str, Value], ...]]


def signature(field: Field) -> Signature:
    """Two fields with the same signature have the same value on the same object (GraphQL spec, FieldsInSetCanMerge)."""
    return field.name, tuple(sorted(field.arguments, key=lambda argument: argument[0]))


class Position:
    """The objects at one path of response keys, whatever their type."""

    __slots__ = ("_below", "_keys", "_taken")

    def __init__(self) -> None:
        self._taken: dict[str, set[Signature]] = {}
        self._keys: dict[Signature, str] = {}
        self._below: dict[str, Position] = {}

    def claim(self, selections: Selections) -> None:
        """Take the keys of the client's selections, all the way down."""
        for each in selections:
            if isinstance(each, Field):
                self._take(each.response_key, signature(each))
                self.below(each.response_key).claim(each.selections)
            else:
                self.claim(each.selections)

    def key_for(self, field: Field) -> str:
        """The key under which the planner fetches (or finds) this field."""
        wanted = signature(field)
        known = self._keys.get(wanted)
        # Fragments on different types may use one key for different fields: such a key says too little.
        if known is not None and len(self._taken[known]) == 1:
            return known
        key, count = field.name, 0
        while key in self._taken:
            count += 1
            key = f"_{field.name}_{count}"
        self._take(key, wanted)
        self._keys[wanted] = key
        return key

    def below(self, key: str) -> Position:
        """The position one key further down."""
        found = self._below.get(key)
        if found is None:
            found = self._below[key] = Position()
        return found

    def _take(self, key: str, wanted: Signature) -> None:
        self._taken.setdefault(key, set()).add(wanted)
        self._keys.setdefault(wanted, key)
