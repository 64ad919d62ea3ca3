"""This module is in charge of in-process subgraphs: a fetch is compiled once, and then answered level by level from the database.

Values of the scalars Date and DateTime stay `date` and aware UTC `datetime` in the answer: orjson writes them as RFC 3339
(with OPT_UTC_Z) at no cost of ours.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.execution.context import RequestContext
from gateway.execution.local_compile import compile_fetch
from gateway.execution.local_program import Program
from gateway.execution.local_run import Run
from gateway.execution.subgraph import SubgraphRequest, SubgraphResult
from gateway.lru import Lru
from gateway.operation.selection import condition_variables
from schema.graph import Graph

_VARIANTS = 16


@dataclass(slots=True)
class _Compiled:
    """The programs of one fetch for a graph, by the values of its condition variables; `only` where it has none."""

    graph: Graph
    conditions: tuple[str, ...]
    only: Program | None
    variants: Lru[tuple[bool, ...], Program] = field(default_factory=lambda: Lru(_VARIANTS))


class LocalSubgraph:
    """A subgraph that lives in this process (gateway.execution.subgraph.Subgraph)."""

    __slots__ = ("graph",)
    in_turn = True

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResult:
        """Answer one fetch on the request's reading; database failures are raised, as defects or as internal errors."""
        reading = context.reading
        if reading is None:
            raise RuntimeError(f"subgraph {self.graph.name} needs a reading")
        compiled: _Compiled | None = request.fetch.made.get("program")
        known = None if compiled is None or compiled.graph is not self.graph else compiled.only
        program = self.program(request) if known is None else known
        run = Run(reading, request.variables)
        reading.begin_use()
        try:
            return await (run.entities(program, request.representations) if request.fetch.requires else run.root(program))
        finally:
            reading.end_use()

    def program(self, request: SubgraphRequest) -> Program:
        """The program for the fetch under the request's variables, compiled when it is first needed."""
        fetch = request.fetch
        compiled: _Compiled | None = fetch.made.get("program")
        if compiled is None or compiled.graph is not self.graph:
            conditions = tuple(dict.fromkeys(condition_variables(fetch.operation.selections)))
            compiled = _Compiled(self.graph, conditions, None if conditions else compile_fetch(self.graph, fetch, {}))
            fetch.made["program"] = compiled
        if compiled.only is not None:
            return compiled.only
        values = tuple(bool(request.variables[name]) for name in compiled.conditions)
        program = compiled.variants.get(values)
        if program is None:
            program = compile_fetch(self.graph, fetch, dict(zip(compiled.conditions, values, strict=True)))
            compiled.variants.put(values, program)
        return program
