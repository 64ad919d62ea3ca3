"""This module is in charge of the directives of our own graph: `@category`, and the scopes that follow from it."""

from __future__ import annotations

from collections.abc import Iterable

import strawberry
from strawberry.federation.schema_directive import Location, schema_directive
from strawberry.federation.schema_directives import RequiresScopes

from auth.entitlements import CATEGORY_RULES

CATEGORY_URL = "https://cellgate.dev/category/v1.0"


@schema_directive(
    locations=[Location.FIELD_DEFINITION, Location.ARGUMENT_DEFINITION, Location.INPUT_FIELD_DEFINITION, Location.ENUM_VALUE],
    name="category",
    description="The categories of data (A to N) that this gives, or that using it could give away.",
    compose=True,
    import_url=CATEGORY_URL,
)
class Category:
    """`@category(names:)`; composition carries it, authorisation reads it."""

    names: list[str] = strawberry.directive_field(name="names")


def category(*names: str) -> list[object]:
    """The directive for an argument, an input field or an enum value, where `@requiresScopes` is not valid."""
    return [Category(names=list(names))]


def category_with_scopes(names: Iterable[str]) -> list[object]:
    """The directive for an output field, with the scopes that its categories ask for: a field of several needs them all
    (what `@requires` asks for, a field asks for too, or it would give it away)."""
    listed = list(names)
    return [Category(names=listed), RequiresScopes(scopes=[[CATEGORY_RULES[each].scope for each in listed]])]
