"""This module is in charge of the variables that are filled from contexts: names for them that are nobody else's, in a plan and in one request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from gateway.operation.selection import Field, Selection, Value, Variable
from gateway.planning.graph import Selections
from gateway.planning.plan import ContextValue, Fetch
from gateway.planning.printer import print_document

_PREFIX: Final = "contextualArgument"


def named_apart(contexts: tuple[ContextValue, ...], number: int, others: Iterable[str]) -> tuple[ContextValue, ...]:
    """The same with names that no other fetch of the plan has for its own, and no variable of the client's."""
    if not contexts:
        return ()
    taken, prefix = tuple(others), _PREFIX
    while any(each.startswith(prefix) for each in taken):
        prefix = f"_{prefix}"
    return tuple(replace(each, name=f"{prefix}_{number}_{each.name}") for each in contexts)


def with_variables(selections: Selections, names: Mapping[str, str]) -> Selections:
    """The same selections with other names for these variables."""
    return tuple(_renamed(each, names) for each in selections)


def _renamed(selection: Selection, names: Mapping[str, str]) -> Selection:
    below = with_variables(selection.selections, names)
    if isinstance(selection, Field):
        return replace(selection, selections=below, arguments=tuple((name, _value(value, names)) for name, value in selection.arguments))
    return replace(selection, selections=below)


def _value(value: Value, names: Mapping[str, str]) -> Value:
    # What fills an argument is the whole of it.
    return Variable(names[value.name]) if isinstance(value, Variable) and value.name in names else value


def another(fetch: Fetch, number: int) -> Fetch:
    """The same fetch for other values of its contexts, so that both can be asked in one call."""
    contexts = tuple(replace(each, name=f"{each.name}_{number}") for each in fetch.contexts)
    names = {own.name: each.name for own, each in zip(fetch.contexts, contexts)}
    operation = fetch.operation
    variables = tuple(replace(each, name=names.get(each.name, each.name)) for each in operation.variables)
    selections = with_variables(operation.selections, names)
    return replace(
        fetch,
        document=print_document(operation.kind, variables, selections, is_entity=True),
        operation=replace(operation, variables=variables, selections=selections),
        variables=tuple(each.name for each in variables),
        contexts=contexts,
    )
