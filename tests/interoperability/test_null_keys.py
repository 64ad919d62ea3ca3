"""Keys that are null in the middle of a chain of subgraphs: others' gateways answer from our supergraph what ours answers, over the same subgraphs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from graphql import ExecutionResult, build_ast_schema, graphql_sync, parse

from gateway.composition.compose import compose
from gateway.composition.supergraph import SubgraphSource, Supergraph
from tests.execution.generated_world import ENTITIES
from tests.interoperability.test_gateways import Programs, through_ours
from tests.interoperability.test_generated_worlds import Served
from tests.planning.composing import LINK

SDL: Final = {
    "books": 'type Query { books: [Book] rows: [[Book]] must: [Book!] } type Book @key(fields: "upc") { upc: ID! }',
    "codes": 'type Query { c: Int } type Book @key(fields: "upc") @key(fields: "id") { upc: ID! id: ID }',
    "authors": 'type Query { a: Int } type Book @key(fields: "id") { id: ID author: Author sure: String! } type Author { name: String }',
}
A, B, C, D = ({"upc": each} for each in "abcd")
BOOKS: Final = {"books": [A, None, B, C, D, A], "rows": [[B, A], None, [], [None, D]], "must": [A, A]}
IDS: Final[Mapping[str, str | None]] = {"a": "1", "b": None, "d": "4"}
OPERATIONS: Final = [
    "{ books { upc author { name } } }",
    "{ rows { id author { name } } }",
    "{ must { sure author { name } } books { upc sure } }",
    "{ books { __typename id } }",
]


@dataclass
class Part:
    """One of the subgraphs."""

    name: str

    def ask(self, query: str, variables: Mapping[str, Any]) -> ExecutionResult:
        """The answer to a document."""
        schema = build_ast_schema(parse(SDL[self.name] + ENTITIES.format(root="Query", members="Book")), assume_valid=True, assume_valid_sdl=True)
        return graphql_sync(schema, query, {**BOOKS, "_entities": self._entities}, variable_values=dict(variables))

    def _entities(self, _info: Any, representations: list[dict[str, Any]]) -> list[Any]:
        return [self._entity(each) for each in representations]

    def _entity(self, told: dict[str, Any]) -> dict[str, Any] | None:
        if self.name == "authors":
            found = {"id": "1", "author": {"name": "Li"}, "sure": "yes"} if told["id"] == "1" else None
        else:
            found = {"upc": told["upc"], "id": IDS[told["upc"]]} if told.get("upc") in IDS else None
        return found and {"__typename": "Book", **found}


class NullKeys:
    """All of them."""

    parts: Final = {name: Part(name) for name in SDL}


@pytest.fixture
def supergraph() -> Iterator[Supergraph]:
    served = Served()
    served.worlds["null_keys"] = NullKeys()
    composed = compose([SubgraphSource(name, f"{served.url}/null_keys/{name}", f"{LINK}\n{sdl}") for name, sdl in SDL.items()])
    assert isinstance(composed, Supergraph), str(composed)
    yield composed
    served.close()


async def test_what_has_no_key_is_null_where_it_stands(supergraph: Supergraph, tmp_path: Path) -> None:
    programs = Programs()
    asked = [{"query": text} for text in OPERATIONS]
    answers = {name: programs.ask(gateway=name, supergraph=supergraph.sdl, operations=asked)["answers"] for name in ("apollo", "hive")}
    programs.close()
    ours = [(await through_ours(supergraph, tmp_path, each))["data"] for each in asked]
    assert [each["author"] if each else each for each in ours[0]["books"]] == [{"name": "Li"}, None, None, None, None, {"name": "Li"}]
    for name, told in answers.items():
        assert [each["data"] for each in told] == ours, name
