"""This module is in charge of the law of federation: three subgraphs answer what one schema over the same data answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from graphql import GraphQLNonNull, parse
from hypothesis import given
from hypothesis import strategies as st

from gateway.execution.project import Projected, compile_projection
from gateway.execution.run import Executed, execute
from gateway.operation.normalise import normalise
from gateway.planning.graph import PlanningGraph
from gateway.planning.planner import make_plan
from tests.execution.operations import documents, values
from tests.execution.world import MONOLITH, context, monolith, subgraphs, world

SUPERGRAPH: Final = world()
GRAPH: Final = PlanningGraph(SUPERGRAPH)
ORACLE: Final = monolith()
FAR: Final = 1e12


def test_the_two_schemas_are_the_same() -> None:
    ours, theirs = SUPERGRAPH.api_schema, ORACLE.schema
    for name, type_ in theirs.type_map.items():
        if not name.startswith("__"):
            assert set(getattr(type_, "fields", {})) == set(getattr(ours.type_map[name], "fields", {})), name
    assert isinstance(theirs.type_map["Battery"].fields["serial"].type, GraphQLNonNull), MONOLITH


async def federated(text: str, variables: Mapping[str, Any]) -> tuple[Projected, Executed]:
    operation = normalise(parse(text), SUPERGRAPH.api_schema)
    plan = make_plan(GRAPH, operation)
    defaults = {each.name: each.default for each in operation.variables if each.has_default}
    coerced = {**defaults, **variables}
    executed = await execute(plan, coerced, subgraphs(), context(FAR))
    return compile_projection(plan, SUPERGRAPH.api_schema)(executed, coerced, ()), executed


async def hold_both(text: str, variables: Mapping[str, Any]) -> None:
    expected = ORACLE.ask(text, variables)
    answer, _ = await federated(text, variables)
    # Compared as text: the order of fields is part of the answer.
    assert json.dumps(answer.data) == json.dumps(expected.data), text
    # A null that only the planner's own questions met is nothing to tell the client.
    assert bool(answer.errors) == bool(expected.errors), (answer.errors, expected.errors, text)


@given(st.data())
async def test_queries(data: st.DataObject) -> None:
    await hold_both(data.draw(documents(ORACLE.schema)), data.draw(values))


@given(st.data())
async def test_mutations(data: st.DataObject) -> None:
    text, variables = data.draw(documents(ORACLE.schema, "mutation", depth=3)), data.draw(values)
    await hold_both(text, variables)
