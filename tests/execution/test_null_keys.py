"""This module is in charge of keys that are not there in the middle of a chain of subgraphs: places are kept, and nothing is asked about nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from gateway.execution.context import RequestContext
from gateway.execution.subgraph import SubgraphRequest, SubgraphResult
from tests.execution.answering import answer
from tests.planning.composing import supergraph_of

SUPERGRAPH: Final = supergraph_of(
    books='type Query { books: [Book] rows: [[Book]] must: [Book!] } type Book @key(fields: "upc") { upc: ID! }',
    codes='type Book @key(fields: "upc") @key(fields: "id") { upc: ID! id: ID }',
    authors='type Book @key(fields: "id") { id: ID author: Author sure: String! } type Author { name: String }',
)
# By upc: the id, None where it is null, and nothing where there is no such book.
IDS: Final[Mapping[str, str | None]] = {"a": "1", "b": None, "d": "4"}


@dataclass(slots=True)
class Known:
    """A subgraph that answers what it knows, by the one key that it is told."""

    in_turn = False

    key: str
    entities: Mapping[str, Any]
    data: Mapping[str, Any] | None = None
    asked: list[str] = field(default_factory=list)

    async def fetch(self, request: SubgraphRequest, _context: RequestContext) -> SubgraphResult:
        if not request.fetch.is_entity:
            return SubgraphResult(data={each: self.data[each] for each in self.data or () if each in request.fetch.document})
        keys = [each[self.key] for each in request.representations]
        self.asked += keys
        return SubgraphResult(entities=tuple(dict(found) if (found := self.entities.get(each)) is not None else None for each in keys))


def services(field_: str, value: Any) -> dict[str, Any]:
    return {
        "books": Known("upc", {}, {field_: value}),
        "codes": Known("upc", {upc: {"id": id_} for upc, id_ in IDS.items()}),
        "authors": Known("id", {"1": {"author": {"name": "Li"}, "sure": "yes"}}),
    }


def book(upc: str) -> dict[str, Any]:
    return {"__typename": "Book", "upc": upc}


@pytest.mark.parametrize(
    ("field_", "value", "expected"),
    [
        ("books", [book("a"), None, book("b"), book("c"), book("d"), book("a")], ["Li", "", None, None, None, "Li"]),
        ("rows", [[book("b"), book("a")], None, [], [None, book("a")]], [[None, "Li"], "", [], ["", "Li"]]),
        ("books", [book("b"), book("c")], [None, None]),
        ("books", None, ""),
    ],
)
async def test_what_has_no_key_is_null_where_it_stands(field_: str, value: Any, expected: Any) -> None:
    def shown(each: Any) -> Any:
        if isinstance(each, list):
            return [shown(item) for item in each]
        return None if each == "" else {"author": None if each is None else {"name": each}}

    parts = services(field_, value)
    told = await answer(SUPERGRAPH, parts, f"{{ {field_} {{ author {{ name }} }} }}")
    assert told.data == {field_: shown(expected)}
    assert told.errors == ()
    assert parts["codes"].asked == [*dict.fromkeys(parts["codes"].asked)]
    assert set(parts["authors"].asked) <= {"1", "4"}


async def test_a_field_that_may_not_be_null_takes_its_object_with_it_and_no_more() -> None:
    told = await answer(SUPERGRAPH, services("books", [book("a"), book("b"), book("d")]), "{ books { sure upc } }")
    assert told.data == {"books": [{"sure": "yes", "upc": "a"}, None, None]}
    assert [error.path for error in told.errors] == [("books", 1, "sure"), ("books", 2, "sure")]
    whole = await answer(SUPERGRAPH, services("must", [book("a"), book("b")]), "{ must { sure } }")
    assert whole.data == {"must": None}
