"""This module is in charge of where conditions stand before a search: on fields, so that each way to one of them can be left out by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from gateway.operation.selection import Condition, Field, Fragment, Selection
from gateway.planning.graph import Selections

Conditions = tuple[Condition, ...]


def with_conditions_on_fields(selections: Selections, outer: Conditions = ()) -> Selections:
    """The same selections with the conditions of fragments on the fields in them.

    A field that is selected several times, not always under the same conditions, is there when any of them holds: what is below each time
    has its conditions, too, or a fetch that starts below the field would be made for what another selection of it asks for.
    """
    if not outer and not _is_conditional(selections):
        return selections
    flat = tuple(_without_conditional_fragments(selections, outer))
    several = _several(flat)
    return tuple(_below(each, several) for each in flat)


def _is_conditional(selections: Selections) -> bool:
    return any(each.conditions or (each.selections and _is_conditional(each.selections)) for each in selections)


def _without_conditional_fragments(selections: Selections, outer: Conditions) -> Iterator[Selection]:
    for each in selections:
        conditions = _both(outer, each.conditions)
        if isinstance(each, Field):
            yield replace(each, conditions=conditions)
        else:
            yield replace(each, conditions=(), selections=tuple(_without_conditional_fragments(each.selections, conditions)))


def _below(each: Selection, several: frozenset[str]) -> Selection:
    if isinstance(each, Fragment):
        return replace(each, selections=tuple(_below(inner, several) for inner in each.selections))
    inherited = each.conditions if each.response_key in several else ()
    return replace(each, selections=with_conditions_on_fields(each.selections, inherited))


def _several(selections: Selections) -> frozenset[str]:
    """The response keys of one level, whatever the type, that stand under more than one set of conditions."""
    found: dict[str, set[Conditions]] = {}
    for field in _fields(selections):
        found.setdefault(field.response_key, set()).add(field.conditions)
    return frozenset(key for key, conditions in found.items() if len(conditions) > 1)


def _fields(selections: Iterable[Selection]) -> Iterator[Field]:
    for each in selections:
        if isinstance(each, Field):
            yield each
        else:
            yield from _fields(each.selections)


def _both(one: Conditions, other: Conditions) -> Conditions:
    if not one and len(other) < 2:
        return other
    return tuple(sorted({*one, *other}, key=lambda condition: (condition.variable, condition.negated)))
