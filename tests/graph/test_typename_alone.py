"""This module is in charge of fields of which nothing is asked but what they are: every object of every entity, as everybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import get_named_type, is_composite_type, is_required_argument

from gateway.execution.local import LocalSubgraph
from resolvers.database.pool import Database
from tests.graph.asking import MINISTRY, RECYCLER, entity_fetch, run
from tests.graph.test_equal import GRAPHS, KEYS

DEPTH = 4


def paths(type_: Any, depth: int, above: tuple[str, ...] = ()) -> Iterator[str]:
    """Selections that lead to each object below, with `__typename` at the end."""
    if above:
        yield " { ".join(above) + " { __typename" + " }" * len(above)
    if depth and hasattr(type_, "fields"):
        for name, field in type_.fields.items():
            required = any(is_required_argument(each) for each in field.args.values())
            below = get_named_type(field.type)
            if is_composite_type(below) and not required and name not in above:
                yield from paths(below, depth - 1, (*above, name))


@pytest.mark.parametrize(("name", "type_name"), [each for each in KEYS if each[0] != "enterprise" and each[1] in ("Battery", "Enterprise")])
async def test_every_object_can_be_asked_what_it_is(small_world: Database, name: str, type_name: str) -> None:
    graph = GRAPHS[name]
    representations = [{"__typename": type_name, **each} for each in KEYS[name, type_name]]
    for who in (MINISTRY, RECYCLER):
        for selection in paths(graph.schema.type_map[type_name], DEPTH):
            found = await run(small_world, LocalSubgraph(graph), entity_fetch(graph, type_name, "{ " + selection + " }", ""), who, {}, representations)
            assert not [each for each in found.errors if each.code == "INTERNAL"], selection
