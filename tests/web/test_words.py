"""Whatever the demonstration holds, the graph has a word for it: every enum of every list, asked by who sees everything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gateway.foundation import Foundation
from resolvers.demo.clients import fetch_demo_token
from tests.web.pages import Pages

KINDS = "kind name ofType { kind name ofType { kind name ofType { kind name } } }"
SCHEMA = "{ __schema { queryType { name } types { name kind fields { name args { type { kind } defaultValue } type { KINDS } } } } }".replace("KINDS", KINDS)
QUERY = "query ($after: String) { page: ROOT(first: 200, after: $after) { nodes { FIELDS } pageInfo { hasNextPage endCursor } } }"


def named(kind: Any) -> tuple[str, str, bool]:
    """(kind, name, whether a list) of a type."""
    many = False
    while kind["ofType"]:
        many = many or kind["kind"] == "LIST"
        kind = kind["ofType"]
    return kind["kind"], kind["name"], many


def words(types: dict[str, Any], name: str, depth: int) -> Iterator[str]:
    """A selection of the enums of a type, and of the objects that a row of it leads to."""
    for each in types[name]["fields"]:
        if each["args"]:
            continue
        kind, below, many = named(each["type"])
        if kind == "ENUM":
            yield each["name"]
        elif kind == "OBJECT" and depth and not many and (inner := " ".join(words(types, below, depth - 1))):
            yield f"{each['name']} {{ {inner} }}"


async def test_every_word_of_the_world_is_a_word_of_the_graph(demo_pages: Pages, small_demo: Foundation) -> None:
    headers = {"authorization": "Bearer " + await fetch_demo_token(demo_pages.url, small_demo.base, "miit")}

    async def ask(query: str, **variables: Any) -> Any:
        async with demo_pages.client.post(demo_pages.url + "/graphql", json={"query": query, "variables": variables}, headers=headers) as response:
            return await response.json()

    schema = (await ask(SCHEMA))["data"]["__schema"]
    types = {each["name"]: each for each in schema["types"]}
    seen = 0
    for root in types[schema["queryType"]["name"]]["fields"]:
        kind, name, _ = named(root["type"])
        if (
            kind != "OBJECT"
            or not name.endswith("Connection")
            or any(each["type"]["kind"] == "NON_NULL" and each["defaultValue"] is None for each in root["args"])
        ):
            continue
        node = named(next(each for each in types[name]["fields"] if each["name"] == "nodes")["type"])[1]
        selection = " ".join(words(types, node, 2))
        if not selection:
            continue
        query = QUERY.replace("ROOT", root["name"]).replace("FIELDS", selection)
        after = None
        while True:
            answer = await ask(query, after=after)
            assert "errors" not in answer, f"{query}\n{answer['errors'][:3]}"
            page = answer["data"]["page"]
            assert None not in page["nodes"]
            seen += len(page["nodes"])
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
    assert seen > 1000
