"""This program is in charge of four federated subgraphs (accounts, inventory, products, reviews) on one port, for measuring what stands before them.

Every answer is kept by path and body: after the first request a subgraph costs a few microseconds, and the load measures the gateway. Besides
/accounts, /inventory, /products and /reviews there are /monolith, one schema over the same data, which says what is right, and /requests,
which counts. `shippingEstimate` is computed from what the gateway sends, so that one that gets `@requires` wrong is found out.

    python -m benchmarks.federation.subgraphs PORT
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from typing import Any, Final

import httptools
import orjson
import uvloop
from graphql import GraphQLSchema, GraphQLUnionType, build_schema, graphql_sync

from benchmarks.federation.data import PRODUCT, PRODUCTS, REVIEW, REVIEWS, USER, USERS

SDL: Final = {
    "accounts": """
extend type Query { me: User user(id: ID!): User users: [User] }
type User @key(fields: "id") { id: ID! name: String username: String birthday: Int }
""",
    "inventory": """
extend type Product @key(fields: "upc") {
  upc: String! @external
  weight: Int @external
  price: Int @external
  inStock: Boolean
  shippingEstimate: Int @requires(fields: "price weight")
}
""",
    "products": """
extend type Query { topProducts(first: Int = 5): [Product] }
type Product @key(fields: "upc") { upc: String! name: String price: Int weight: Int }
""",
    "reviews": """
type Review @key(fields: "id") { id: ID! body: String product: Product author: User @provides(fields: "username") }
extend type User @key(fields: "id") { id: ID! @external username: String @external reviews: [Review] }
extend type Product @key(fields: "upc") { upc: String! @external reviews: [Review] }
""",
}
_ENTITIES: Final = {"accounts": "User", "inventory": "Product", "products": "Product", "reviews": "Review | User | Product"}
_PRELUDE: Final = """
directive @key(fields: String!) repeatable on OBJECT | INTERFACE
directive @external on FIELD_DEFINITION
directive @requires(fields: String!) on FIELD_DEFINITION
directive @provides(fields: String!) on FIELD_DEFINITION
scalar _Any
type _Service { sdl: String }
"""
_MONOLITH: Final = """
type Query { me: User user(id: ID!): User users: [User] topProducts(first: Int = 5): [Product] }
type User { id: ID! name: String username: String birthday: Int reviews: [Review] }
type Product { upc: String! name: String price: Int weight: Int inStock: Boolean shippingEstimate: Int reviews: [Review] }
type Review { id: ID! body: String product: Product author: User }
"""
_FEDERATED: Final = "type Query { _entities(representations: [_Any!]!): [_Entity]! _service: _Service! "


def _shipping(product: Mapping[str, Any], _info: object) -> int | None:
    price, weight = product.get("price"), product.get("weight")
    if price is None or weight is None:
        return None
    return 0 if price > 1000 else weight // 2


_RESOLVERS: Final = {
    ("Query", "me"): lambda _, info: USERS[0],
    ("Query", "user"): lambda _, info, id: USER.get(id),
    ("Query", "users"): lambda _, info: USERS,
    ("Query", "topProducts"): lambda _, info, first=5: PRODUCTS[: 5 if first is None else first],
    ("Product", "shippingEstimate"): _shipping,
    ("Product", "reviews"): lambda product, info: [each for each in REVIEWS if each["upc"] == product["upc"]],
    ("User", "reviews"): lambda user, info: REVIEWS[:2],
    ("Review", "author"): lambda review, info: USERS[0],
    ("Review", "product"): lambda review, info: PRODUCT[review["upc"]],
}


def _entity(service: str, representation: Mapping[str, Any]) -> dict[str, Any] | None:
    name = representation["__typename"]
    known = {"User": (USER, "id"), "Product": (PRODUCT, "upc"), "Review": (REVIEW, "id")}
    objects, key = known[name]
    found = objects.get(representation[key])
    if found is None:
        return None
    # Only what was sent is known there.
    sent = {"price": representation.get("price"), "weight": representation.get("weight")} if service == "inventory" else {}
    return {**found, **sent, "__typename": name}


def schema_of(service: str) -> GraphQLSchema:
    """The executable schema of a subgraph, or of the monolith."""
    if service == "monolith":
        schema = build_schema(_MONOLITH)
    else:
        text = SDL[service].replace("extend type", "type")
        text = text.replace("type Query {", _FEDERATED) if "type Query" in text else text + _FEDERATED + "}"
        schema = build_schema(_PRELUDE + text + "union _Entity = " + _ENTITIES[service])
        assert schema.query_type is not None
        schema.query_type.fields["_entities"].resolve = lambda _, info, representations: [_entity(service, each) for each in representations]
        union = schema.type_map["_Entity"]
        assert isinstance(union, GraphQLUnionType)
        union.resolve_type = lambda value, info, type_: value["__typename"]
    for (type_name, field), resolve in _RESOLVERS.items():
        type_ = schema.type_map.get(type_name)
        if type_ is not None and field in type_.fields:  # type: ignore[attr-defined]
            type_.fields[field].resolve = resolve  # type: ignore[attr-defined]
    return schema


class Subgraphs:
    """The answers, kept, and how often each path was asked."""

    def __init__(self) -> None:
        self._schemas = {each: schema_of(each) for each in (*SDL, "monolith")}
        self._kept: dict[tuple[str, bytes], bytes] = {}
        self._asked: dict[str, int] = {}

    def answer(self, path: str, body: bytes) -> bytes:
        """The whole HTTP response."""
        if path == "/requests":
            return _response(self._asked)
        self._asked[path] = self._asked.get(path, 0) + 1
        found = self._kept.get((path, body))
        if found is None:
            found = self._kept[path, body] = _response(self._executed(path, body))
        return found

    def _executed(self, path: str, body: bytes) -> Any:
        schema = self._schemas.get(path.removeprefix("/"))
        if schema is None:
            return {"errors": [{"message": "no such subgraph"}]}
        request = orjson.loads(body)
        return graphql_sync(schema, request["query"], variable_values=request.get("variables"), operation_name=request.get("operationName")).formatted


def _response(value: Any) -> bytes:
    body = orjson.dumps(value)
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


class Connection(asyncio.Protocol):
    """One connection of a gateway; requests on it are answered in turn."""

    def __init__(self, subgraphs: Subgraphs) -> None:
        self._subgraphs = subgraphs
        self._parser = httptools.HttpRequestParser(self)

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._path, self._body = b"", b""

    def on_url(self, url: bytes) -> None:
        self._path += url

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        self._transport.write(self._subgraphs.answer(self._path.decode("ascii"), self._body))


async def main(port: int) -> None:
    """Serve until stopped."""
    subgraphs = Subgraphs()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(subgraphs), "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
