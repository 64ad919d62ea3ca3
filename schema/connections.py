"""This module is in charge of connections: edges, nodes, page info and counts (GraphQL Cursor Connections Specification)."""

# Types made by a function stand in annotations here, for Strawberry to read.
# mypy: disable-error-code="valid-type"

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import strawberry

from resolvers.batching import COUNT_CAP, BadArgument, PageArguments
from schema.fields import argument, bound
from schema.sizes import DEFAULT_PAGE, LARGEST_PAGE, page_too_large

PAGE_NAMES: Final = frozenset({"first", "after", "last", "before"})
FEED_NAMES: Final = frozenset({"first", "after"})


@strawberry.federation.type(shareable=True, description="Where a page stands in its list.")
class PageInfo:
    """PageInfo of the specification."""

    has_next_page: bool = strawberry.field(description="Whether there are rows after this page.")
    has_previous_page: bool = strawberry.field(description="Whether there are rows before this page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first row of the page; null when the page is empty.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last row of the page; null when the page is empty.")


PAGE_ARGUMENTS: Final = (
    argument("first", int | None, f"Rows to give, from the start or after `after`: 1 to {LARGEST_PAGE}, {DEFAULT_PAGE} when no page is asked for."),
    argument("after", str | None, "Give rows after the one of this cursor; with `first`."),
    argument("last", int | None, f"Rows to give, from the end or before `before`: 1 to {LARGEST_PAGE}."),
    argument("before", str | None, "Give rows before the one of this cursor; with `last`."),
)

FEED_ARGUMENTS: Final = (
    argument("first", int | None, f"Rows of a page, at most: 1 to {LARGEST_PAGE}, {DEFAULT_PAGE} when left out."),
    argument("after", str | None, "The last cursor that you got: what came after it is told first. Left out, what comes from now on."),
)


def connection(node: str, categories: tuple[str, ...], plural: str, module: str, name: str | None = None) -> tuple[Any, Any]:
    """(connection type, edge type) for the type called `node` in `module`; `plural` is the word for its rows in descriptions."""
    target = Annotated[node, strawberry.lazy(module)] | None
    called = name or node
    edge = _type(
        f"{called}Edge",
        f"One of the {plural} in a list, with its place there.",
        cursor=(str, bound(None, "The row's place, for `after` and `before`; good for this list, order and filter alone.", categories)),
        node=(target, bound(None, "The row.", categories)),
    )
    whole = _type(
        f"{called}Connection",
        f"A page of {plural}.",
        edges=(list[edge], bound(None, f"The {plural} of the page, each with its cursor.", categories)),
        nodes=(list[target], bound(None, f"The {plural} of the page.", categories)),
        page_info=(PageInfo, strawberry.field(description="Whether there is more, and from where to go on.")),
        total_count=(int | None, bound(None, f"How many {plural} the whole list holds for you, exact up to {COUNT_CAP}.", categories)),
        total_count_capped=(bool | None, bound(None, f"Whether there are more than {COUNT_CAP}, which `totalCount` then says.", categories)),
    )
    return whole, edge


def _type(name: str, description: str, **fields: tuple[Any, Any]) -> Any:
    body = {"__annotations__": {each: annotation for each, (annotation, _) in fields.items()}, **{each: field for each, (_, field) in fields.items()}}
    return strawberry.federation.type(type(name, (), body), shareable=True, description=description)


def page_arguments(given: Mapping[str, Any], *, count: bool, ahead: bool = True) -> PageArguments:
    """The page asked for; `count` and `ahead` say that a total, and whether there is more, are asked for too. BadArgument INVALID_PAGE
    where `first`, `after`, `last`, `before` do not name one page, LIMIT_PAGE_SIZE where it is too large."""
    first, last, after, before = (given.get(name) for name in ("first", "last", "after", "before"))
    if first is not None and last is not None:
        raise BadArgument("INVALID_PAGE", "last", "first and last cannot be given together; a page is walked in one direction")
    if after is not None and (last is not None or before is not None):
        raise BadArgument("INVALID_PAGE", "after", "after goes with first alone; last goes with before")
    if before is not None and first is not None:
        raise BadArgument("INVALID_PAGE", "before", "before goes with last alone; first goes with after")
    backward = last is not None or before is not None
    name, size = ("last", last) if backward else ("first", first)
    if size is not None and size > LARGEST_PAGE:
        raise BadArgument("LIMIT_PAGE_SIZE", name, page_too_large(name, LARGEST_PAGE))
    if size is not None and size < 1:
        raise BadArgument("INVALID_PAGE", name, f"{name} has to be 1 to {LARGEST_PAGE}, not {size}")
    return PageArguments(size or DEFAULT_PAGE, backward, before if backward else after, count, ahead)
