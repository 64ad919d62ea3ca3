"""This module is in charge of printing: a fetch as the GraphQL a subgraph is sent, and a plan as stable indented text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

from graphql.language.print_string import print_string

from gateway.operation.selection import (
    Condition,
    EnumLiteral,
    Field,
    Fragment,
    ListLiteral,
    ObjectLiteral,
    Selection,
    Value,
    Variable,
    VariableDefinition,
)
from gateway.planning.plan import Fetch, Path, Plan, RequiredField


def print_document(kind: str, variables: Iterable[VariableDefinition], selections: tuple[Selection, ...], is_entity: bool) -> str:
    """One operation as a line of GraphQL. Below an entity fetch the selections stand inside `_entities` (Federation spec)."""
    variables = tuple(variables)
    given = representations_variable(each.name for each in variables)
    defined = [f"${given}: [_Any!]!"] if is_entity else []
    defined += [_definition(each) for each in variables]
    head = f"{kind}({', '.join(defined)})" if defined else kind
    body = _inline(selections)
    return f"{head}{{_entities(representations: ${given}){body}}}" if is_entity else head + body


def print_together(fetches: Sequence[Fetch], given: str) -> str:
    """Several entity fetches as one document, each under a key of its own; the representations of each are in a variable
    that is named `given` and its number. `given` begins no name of another variable."""
    known = {each.name: each for fetch in fetches for each in fetch.operation.variables}
    defined = [f"${given}{number}: [_Any!]!" for number in range(len(fetches))] + [_definition(each) for each in known.values()]
    parts = (
        f"{together_key(number)}: _entities(representations: ${given}{number}){_inline(fetch.operation.selections)}" for number, fetch in enumerate(fetches)
    )
    return f"query({', '.join(defined)}){{{' '.join(parts)}}}"


def together_key(number: int) -> str:
    """The response key of one of several entity fetches."""
    return f"_e{number}"


def representations_variable(others: Iterable[str]) -> str:
    """The variable that carries the representations, beside the client's variables of these names."""
    taken = tuple(others)
    name = "representations"
    while any(each.startswith(name) for each in taken):
        name = f"_{name}"
    return name


def _definition(variable: VariableDefinition) -> str:
    default = f" = {print_value(variable.default)}" if variable.has_default else ""
    return f"${variable.name}: {variable.type}{default}"


def _inline(selections: tuple[Selection, ...]) -> str:
    parts = []
    for each in selections:
        around, own = _parted(each.conditions) if each.conditions else ((), ())
        opening = "".join([f"...{_conditions((outer,))}{{" for outer in around])
        below = _inline(each.selections) if each.selections else ""
        parts.append(opening + _bare_head(each) + _conditions(own) + below + "}" * len(around))
    return "{" + " ".join(parts) + "}"


def _parted(conditions: tuple[Condition, ...]) -> tuple[list[Condition], list[Condition]]:
    """Conditions that have to stand around, and those that can stand at the selection: a directive may be used once at a place."""
    own = list({each.negated: each for each in conditions}.values())
    return [each for each in conditions if each not in own], own


def _head(each: Selection) -> str:
    return _bare_head(each) + _conditions(each.conditions)


def _bare_head(each: Selection) -> str:
    if isinstance(each, Fragment):
        return f"... on {each.type_condition}"
    alias = f"{each.alias}: " if each.alias else ""
    if not each.arguments:
        return alias + each.name
    arguments = ", ".join(f"{name}: {print_value(value)}" for name, value in each.arguments)
    return f"{alias}{each.name}({arguments})"


def _conditions(conditions: Iterable[Condition]) -> str:
    return "" if not conditions else "".join(f" @{'skip' if each.negated else 'include'}(if: ${each.variable})" for each in conditions)


def print_value(value: Value) -> str:
    """A literal as GraphQL writes it (GraphQL spec, section 2.9)."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return print_string(value)
        case Variable(name):
            return f"${name}"
        case EnumLiteral(name):
            return name
        case ListLiteral(items):
            return f"[{', '.join(print_value(item) for item in items)}]"
        case ObjectLiteral(fields):
            return f"{{{', '.join(f'{name}: {print_value(item)}' for name, item in fields)}}}"
        case _:
            assert_never(value)


def print_plan(plan: Plan) -> str:
    """The plan as it stands in tests, logs and the explorer."""
    lines = [f"{plan.operation.kind}{' serially' if plan.serial else ''}"]
    for fetch in plan.fetches:
        lines += ["  " + line for line in _fetch(fetch)]
    return "\n".join(lines) + "\n"


def _fetch(fetch: Fetch) -> Iterator[str]:
    after = f" after {', '.join(map(str, fetch.depends_on))}" if fetch.depends_on else ""
    at = f" at {print_path(fetch.path)}" if fetch.path else ""
    yield f"{fetch.id} {fetch.subgraph}{after}{at}{_conditions(fetch.conditions)}"
    for requires in fetch.requires:
        objects = f"<{'|'.join(sorted(requires.objects))}>" if requires.objects else ""
        yield f"    of {requires.type}{objects} {{ {_required(requires.fields)} }}"
    for each in fetch.contexts:
        yield f"    ${each.name}: {each.type} from {'.'.join((print_path(fetch.path[: each.above]) or 'the root', *each.keys))}"
    for path, key in fetch.renames:
        yield f"    {'.'.join(path)} becomes {key}"
    yield from ("    " + line for line in _indented(fetch.operation.selections))


def print_path(path: Path) -> str:
    """Response keys with "[]" for every list, and the types kept in angle brackets: "products[]<Book|Film>.maker"."""
    return ".".join(step.key + "[]" * step.lists + (f"<{'|'.join(sorted(step.type_conditions))}>" if step.type_conditions else "") for step in path)


def _required(fields: tuple[RequiredField, ...]) -> str:
    return " ".join(_required_field(each) for each in fields)


def _required_field(each: RequiredField) -> str:
    types = f"<{'|'.join(sorted(each.types))}>" if each.types else ""
    source = f" from {each.key}" if each.key != each.name else ""
    children = f" {{ {_required(each.children)} }}" if each.children else ""
    return each.name + types + source + ("?" if each.nullable else "") + children


def _indented(selections: tuple[Selection, ...]) -> Iterator[str]:
    for each in selections:
        if isinstance(each, Field) and not each.selections:
            yield _head(each)
            continue
        yield _head(each) + " {"
        yield from ("  " + line for line in _indented(each.selections))
        yield "}"
