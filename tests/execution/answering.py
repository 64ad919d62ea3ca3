"""This module is in charge of answering in tests: a document through normalising, planning, execution and projection."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from gateway.composition.supergraph import Supergraph
from gateway.execution.project import Projected, compile_projection
from gateway.execution.run import execute
from gateway.execution.subgraph import Subgraph
from gateway.planning.graph import PlanningGraph
from gateway.planning.planner import make_plan
from tests.execution.world import context
from tests.planning.composing import operation_of


async def answer(
    supergraph: Supergraph, subgraphs: Mapping[str, Subgraph], text: str, variables: Mapping[str, Any] | None = None, *, within_s: float = 5.0
) -> Projected:
    """The client's answer to the one operation in the text."""
    operation = operation_of(supergraph, text)
    plan = make_plan(PlanningGraph(supergraph), operation)
    values = {each.name: each.default for each in operation.variables if each.has_default} | dict(variables or {})
    executed = await execute(plan, values, subgraphs, context(asyncio.get_running_loop().time() + within_s))
    return compile_projection(plan, supergraph.api_schema)(executed, values, ())
