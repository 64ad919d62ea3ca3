"""Supergraphs composed by another composer, where they are at hand: ours must join the same subgraphs in the same way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from graphql import lexicographic_sort_schema, parse, print_ast, print_schema

from gateway.composition.compose import compose
from gateway.composition.supergraph import SubgraphSource, Supergraph
from gateway.composition.supergraph_reader import read_supergraph

SUITES = Path(__file__).parents[3] / "shared" / "federation" / "suites"


def sources(suite: Path) -> list[SubgraphSource]:
    return [SubgraphSource(item["name"], item["url"], item["sdl"]) for item in json.loads((suite / "subgraphs.json").read_text())]


NAMES = sorted(suite.name for suite in SUITES.iterdir()) if SUITES.is_dir() else []


def joins(sdl: str) -> dict[str, Any]:
    """What a supergraph SDL says, less order, layout and the definitions of its own machinery."""
    return {
        node.name.value: _definition(node)
        for node in parse(sdl).definitions
        if not node.kind.startswith(("directive", "schema")) and not node.name.value.startswith(("join__Field", "join__Context", "join__Dir", "link__"))
    }


def _definition(node: Any) -> Any:
    parts = [*(getattr(node, "fields", None) or ()), *(getattr(node, "values", None) or ())]
    return (
        node.kind,
        _directives(node),
        sorted(interface.name.value for interface in getattr(node, "interfaces", None) or ()),
        sorted(member.name.value for member in getattr(node, "types", None) or ()),
        {part.name.value: (_type(part), _directives(part), _arguments(part)) for part in parts},
    )


def _type(node: Any) -> str:
    return print_ast(node.type) if hasattr(node, "type") else ""


def _arguments(node: Any) -> list[str]:
    return sorted(print_ast(argument) for argument in getattr(node, "arguments", None) or ())


def _directives(node: Any) -> list[str]:
    return sorted(f"{use.name.value} {sorted(print_ast(argument) for argument in use.arguments or ())}" for use in node.directives or ())


@pytest.mark.skipif(not NAMES, reason="the federation suites are not beside this repository")
@pytest.mark.parametrize("name", NAMES or ["none"])
def test_suite(name: str) -> None:
    composed = compose(sources(SUITES / name))
    assert isinstance(composed, Supergraph), str(composed)
    given = (SUITES / name / "supergraph.graphql").read_text()
    assert joins(composed.sdl) == joins(given)
    assert api(composed) == api(read_supergraph(given))


@pytest.mark.skipif(not NAMES, reason="the federation suites are not beside this repository")
@pytest.mark.parametrize("name", NAMES or ["none"])
def test_what_is_printed_is_read_as_the_same(name: str) -> None:
    composed = compose(sources(SUITES / name))
    assert isinstance(composed, Supergraph), str(composed)
    read = read_supergraph(composed.sdl)
    assert api(read) == api(composed)
    assert {type_: info.keys for type_, info in read.types.items()} == {type_: info.keys for type_, info in composed.types.items()}
    assert {type_: info.interface_objects for type_, info in read.types.items()} == {type_: info.interface_objects for type_, info in composed.types.items()}


def api(supergraph: Supergraph) -> str:
    return print_schema(lexicographic_sort_schema(supergraph.api_schema))


@pytest.mark.skipif(not NAMES, reason="the federation suites are not beside this repository")
def test_there_are_suites_to_compare_with() -> None:
    assert len(NAMES) >= 30
