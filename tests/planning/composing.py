"""This module is in charge of supergraphs for tests: subgraph SDL by name, composed as in production."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from graphql import parse, validate

from gateway.composition.compose import compose
from gateway.composition.supergraph import SubgraphSource, Supergraph
from gateway.operation.normalise import normalise
from gateway.operation.selection import Operation
from gateway.planning.graph import PlanningGraph
from gateway.planning.plan import Plan
from gateway.planning.planner import make_plan

IMPORTED: Final = ("@key", "@external", "@requires", "@provides", "@shareable", "@override", "@interfaceObject", "@inaccessible", "@context", "@fromContext")
LINK: Final = f'extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: [{", ".join(f"{chr(34)}{each}{chr(34)}" for each in IMPORTED)}])\n'


def supergraph_of(**sdl: str) -> Supergraph:
    """The supergraph of these subgraphs; fails the test where there is none."""
    composed = compose([SubgraphSource(name, f"http://{name}.example/graphql", LINK + text) for name, text in sdl.items()])
    assert isinstance(composed, Supergraph), composed
    return composed


def supergraph_in(folder: Path) -> Supergraph:
    """The supergraph of the `*.graphqls` files of a folder."""
    return supergraph_of(**{path.stem: path.read_text() for path in sorted(folder.glob("*.graphqls"))})


def operation_of(supergraph: Supergraph, text: str, name: str | None = None) -> Operation:
    """The normalised operation of a document that is valid."""
    document = parse(text)
    assert validate(supergraph.api_schema, document) == []
    return normalise(document, supergraph.api_schema, name)


def plan_of(supergraph: Supergraph, text: str) -> Plan:
    """The plan of the one operation in the text."""
    return make_plan(PlanningGraph(supergraph), operation_of(supergraph, text))
