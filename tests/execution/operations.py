"""This module is in charge of making operations up: random, valid ones over a schema, with fragments, aliases and conditions.

Hypothesis draws a number, and a generator seeded with it writes: large operations are then as likely as small ones.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLNamedType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_interface_type,
    is_object_type,
    is_required_argument,
    is_union_type,
    parse,
    validate,
)
from hypothesis import strategies as st

CONDITIONS: Final = ("", "", "", "", " @include(if: $a)", " @skip(if: $a)", " @include(if: $b)", " @skip(if: true)", " @skip(if: $a) @include(if: $b)")
VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    "code": ('"b1"', '"b3"', '"b2"', '"none"', "$code"),
    "credit": ('"c-e1"', '"none"'),
    "vin": ('"v1"',),
    "first": ("1", "2", "$n"),
    "unit": ('"g"', '"kg"', "null"),
    "prefix": ('"p"', "$text"),
    "name": ('"new"',),
}
VARIABLES: Final = {"a": "Boolean!", "b": "Boolean = true", "n": "Int", "code": 'ID = "b1"', "text": "String"}


@dataclass(frozen=True, slots=True)
class Style:
    """How operations are written: the most selections of one level, the conditions that are drawn from, the arguments by name."""

    breadth: int = 3
    conditions: tuple[str, ...] = CONDITIONS
    values: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: VALUES)


STYLE: Final = Style()


class _Writer:
    def __init__(self, schema: GraphQLSchema, chance: random.Random, style: Style) -> None:
        self._schema = schema
        self._chance = chance
        self._style = style
        self.fragments: list[str] = []

    def selections(self, parent: GraphQLNamedType, depth: int) -> str:
        count = self._chance.randint(1, self._style.breadth)
        return "{ " + " ".join(self._selection(parent, depth) for _ in range(count)) + " }"

    def _selection(self, parent: GraphQLNamedType, depth: int) -> str:
        form = self._chance.randrange(10)
        if form >= 7 and depth > 0:
            return self._fragment(parent, depth, named=form == 9)
        return self._field(parent, depth)

    def _fragment(self, parent: GraphQLNamedType, depth: int, *, named: bool) -> str:
        types = [each for each in self._schema.type_map.values() if is_composite_type(each) and not each.name.startswith("__")]
        assert is_composite_type(parent)
        fitting = [each for each in types if is_composite_type(each) and self._overlaps(parent, each)]
        target = self._chance.choice(fitting)
        body = self.selections(target, depth - 1)
        conditions = self._chance.choice(self._style.conditions)
        if not named:
            return f"... on {target.name}{conditions} {body}"
        name = f"F{len(self.fragments)}"
        self.fragments.append(f"fragment {name} on {target.name} {body}")
        return f"...{name}{conditions} ...{name}"

    def _overlaps(self, one: Any, other: Any) -> bool:
        return bool(self._possible(one) & self._possible(other))

    def _possible(self, type_: Any) -> set[str]:
        return {each.name for each in self._schema.get_possible_types(type_)} if is_abstract_type(type_) else {type_.name}

    def _field(self, parent: GraphQLNamedType, depth: int) -> str:
        conditions = self._chance.choice(self._style.conditions)
        fields = parent.fields if is_object_type(parent) or is_interface_type(parent) else {}
        names = [name for name, each in fields.items() if depth > 0 or not is_composite_type(get_named_type(each.type))]
        name = self._chance.choice([*names, "__typename"])
        if name == "__typename" or is_union_type(parent):
            return f"__typename{conditions}"
        alias = self._chance.choice(("", "", "", "", f"{name}2: ", "id: ", "code: ", "name: ", "_id_1: "))
        written = f"{alias}{name}{self._arguments(fields[name].args)}{conditions}"
        below = get_named_type(fields[name].type)
        return f"{written} {self.selections(below, depth - 1)}" if is_composite_type(below) else written

    def _arguments(self, arguments: Mapping[str, GraphQLArgument]) -> str:
        given = [
            f"{name}: {self._chance.choice(self._style.values[name])}"
            for name, argument in arguments.items()
            if is_required_argument(argument) or self._chance.random() < 0.5
        ]
        return f"({', '.join(given)})" if given else ""


def written(schema: GraphQLSchema, kind: str, depth: int, chance: random.Random, style: Style = STYLE) -> str:
    """A document, which may have fields that clash."""
    writer = _Writer(schema, chance, style)
    root = schema.query_type if kind == "query" else schema.mutation_type
    assert root is not None
    text = "\n".join([writer.selections(root, depth), *writer.fragments])
    declared = ", ".join(f"${name}: {type_}" for name, type_ in VARIABLES.items() if re.search(rf"\${name}\b", text))
    return f"{kind} ({declared}) {text}" if declared else f"{kind} {text}"


def documents(schema: GraphQLSchema, kind: str = "query", depth: int = 5) -> st.SearchStrategy[str]:
    """Valid documents with one operation that declares those of `VARIABLES` that it uses."""

    def write(seed: int) -> str:
        chance = random.Random(seed)
        # Fields may clash by their aliases: such a document is not one to be answered.
        tries = (written(schema, kind, depth, chance) for _ in range(200))
        return next(text for text in tries if not validate(schema, parse(text)))

    return st.integers(0, 2**32).map(write)


values = st.fixed_dictionaries(
    {"a": st.booleans()},
    optional={"b": st.booleans(), "n": st.sampled_from([0, 1, None]), "code": st.sampled_from(["b1", "b2", "b3"]), "text": st.just("t")},
)
