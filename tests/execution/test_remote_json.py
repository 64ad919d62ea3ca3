"""This module is in charge of testing values that no reader, or no writer, of JSON takes: each is null at its place with an error, and the rest is right."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.execution import remote_json
from gateway.execution.batching import BatchingSubgraph
from gateway.execution.remote import HttpSubgraph
from gateway.execution.remote_json import judged
from gateway.execution.remote_pool import pool_of
from gateway.execution.sharing import SharingSubgraph
from gateway.execution.subgraph import Subgraph
from gateway.settings import Subgraph as Rules
from tests.execution.answering import answer
from tests.execution.test_remote import SCALARS, response, sends, serving
from tests.execution.test_run import gives
from tests.planning.composing import supergraph_of

DEEP = b"[" * 1100 + b"]" * 1100
DEEPER = b'{"a":' * 30_000 + b"1" + b"}" * 30_000
JOINED = supergraph_of(
    shop='type Query { products: [Product] } type Product @key(fields: "id") { id: ID! key: Any @shareable } scalar Any',
    store='type Product @key(fields: "id") { id: ID! any: Any more: Any key: Any @external stock: Int @requires(fields: "key") } scalar Any',
)


async def told(body: bytes, text: str) -> list[tuple[Any, list[tuple[str, tuple[Any, ...]]]]]:
    """What becomes of it, three times: a decoder is made at the second use."""
    found = []
    async with serving(sends(response(body))) as there, pool_of(Rules(url=there.url)) as client:
        away = HttpSubgraph("all", there.url, client, lambda _context, _name: None, 5.0, 10_000_000)
        all_: dict[str, Subgraph] = {"all": SharingSubgraph(BatchingSubgraph(away))}
        for _ in range(3):
            answered = await answer(SCALARS, all_, text)
            # It has to be written.
            data = orjson.loads(orjson.dumps(answered.data))
            found.append((data, [(each.code, each.path) for each in answered.errors]))
    return found


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("any", b"18446744073709551615", 2**64 - 1),
        ("any", b"-9223372036854775808", -(2**63)),
        ("any", b"18446744073709551616", None),
        ("any", b"-9223372036854775809", None),
        ("any", b'{"deep":[123456789012345678901234567890]}', None),
        ("any", b"1e30", 1e30),
        ("any", b'[1e30,"x"]', [1e30, "x"]),
        ("any", b"1e400", None),
        ("any", b"[-1e400]", None),
        ("any", b"1" * 5000, None),
        ("any", b"NaN", None),
        ("any", b'"\\ud800"', None),
        ("any", b'{"\\udc00":1}', None),
        ("any", b'"\\ud83d\\ude00"', "\U0001f600"),
        ("any", b'"\xff"', None),
        ("any", DEEP, None),
        ("any", DEEPER, None),
        ("any", b'{"a":' + DEEP + b',"b":"]"}', None),
        ("any", b"[" * 100 + b"]" * 100, eval("[" * 100 + "]" * 100)),
        ("any", b"[" * 300 + b"]" * 300, None),
        ("float", b"123456789012345678901234567890", 123456789012345678901234567890.0),
        ("float", b"1e400", None),
        ("float", b"1" * 400, None),
        ("float", b"Infinity", None),
        ("int", b"1e400", None),
        ("text", b'"a\\ud800b"', None),
        ("text", DEEP, None),
        ("yes", b"1e400", None),
        ("kind", b'"\\udfff"', None),
        ("list", b"[1,1e400,3]", [1, None, 3]),
    ],
)
async def test_one_value_is_lost_and_not_the_answer(field: str, value: bytes, kept: Any) -> None:
    body = b'{"data":{"item":{"id":"1","%b":%b,"found":{"__typename":"Other","id":"2"}}}}' % (field.encode(), value)
    path = ("item", field, 1) if field == "list" else ("item", field)
    errors = [] if kept not in (None, [1, None, 3]) else [("SUBGRAPH_MALFORMED", path)]
    right = {"item": {"id": "1", field: kept, "found": {"id": "2"}}}
    for data, found in await told(body, f"{{ item {{ id {field} found {{ ... on Other {{ id }} }} }} }}"):
        assert data == right
        assert found == errors


async def test_what_nobody_asked_for_loses_nothing() -> None:
    for more in (DEEP, b"1e400", b'"\\ud800"', b"\xff"):
        body = b'{"data":{"item":{"id":"1","more":%b}},"extensions":{"x":%b}}' % (more, more)
        for data, errors in await told(body, "{ item { id } }"):
            # Bytes outside of a text are no JSON.
            assert (data, errors) == (({"item": {"id": "1"}}, []) if more != b"\xff" else ({"item": None}, [("SUBGRAPH_MALFORMED", ("item",))]))


async def test_an_id_that_is_no_text_is_lost_with_its_object() -> None:
    body = b'{"data":{"items":[{"id":"1","any":1},{"id":1e400,"any":2}]}}'
    for data, errors in await told(body, "{ items { id any } }"):
        # Neither may be null: nor may the list.
        assert data is None
        assert errors == [("SUBGRAPH_MALFORMED", ("items", 1, "id"))]


async def test_entities_lose_what_is_theirs_alone() -> None:
    body = b'{"data":{"_entities":[{"__typename":"Product","any":1,"more":[18446744073709551616]},{"__typename":"Product","any":1e400,"more":{"a":[2]}}]}}'
    async with serving(sends(response(body))) as there, pool_of(Rules(url=there.url)) as client:
        store = HttpSubgraph("store", there.url, client, lambda _context, _name: None, 5.0, 1_000_000)
        parts: dict[str, Subgraph] = {"shop": gives(products=[{"id": "a"}, {"id": "b"}]), "store": SharingSubgraph(BatchingSubgraph(store))}
        for _ in range(3):
            answered = await answer(JOINED, parts, "{ products { any more } }")
            assert orjson.loads(orjson.dumps(answered.data)) == {"products": [{"any": 1, "more": None}, {"any": None, "more": {"a": [2]}}]}
            assert sorted((each.code, each.path) for each in answered.errors) == [
                ("SUBGRAPH_MALFORMED", ("products", 0, "more")),
                ("SUBGRAPH_MALFORMED", ("products", 1, "any")),
            ]


@pytest.mark.parametrize("key", [b"18446744073709551615", b'"\xf0\x9f\x98\x80"', b"[" * 100 + b"]" * 100, b"1e300", b'{"a":[null,true]}'])
async def test_what_is_kept_can_be_sent_to_others(key: bytes) -> None:
    first = b'{"data":{"products":[{"id":"a","key":%b},{"id":"b","key":1e400}]}}' % key
    second = b'{"data":{"_entities":[{"__typename":"Product","stock":7}]}}'
    async with serving(sends(response(first))) as shop, serving(sends(response(second))) as store:
        async with pool_of(Rules(url=shop.url)) as one, pool_of(Rules(url=store.url)) as two:
            parts: dict[str, Subgraph] = {
                "shop": HttpSubgraph("shop", shop.url, one, lambda _context, _name: None, 5.0, 1_000_000),
                "store": BatchingSubgraph(HttpSubgraph("store", store.url, two, lambda _context, _name: None, 5.0, 1_000_000)),
            }
            answered = await answer(JOINED, parts, "{ products { stock } }")
        # `key` is null for the second, and may be: it is asked about as well.
        sent = store.requests[0].body["variables"]["representations"]
    assert [each["key"] for each in sent] == [orjson.loads(key), None]
    assert answered.errors


def test_long_answers_are_not_read_again() -> None:
    long = b'{"data":"' + b"x" * remote_json.MAX_AGAIN + b'","n":%b}'
    with pytest.raises(orjson.JSONDecodeError):
        judged(long % b"1e400", lambda body, numbers: (body, numbers))
    assert judged(long % b"1", lambda _body, numbers: numbers) == "unsure"


@pytest.mark.parametrize("text", [b'"' + b'\\"' * 490_000, b"[" * 990_000, b"[" * 490_000 + b"]" * 490_000, b'{"a":' * 190_000, b'"\\', b"[}" * 400_000])
def test_reading_again_takes_no_longer_than_the_text_is(text: bytes) -> None:
    began = time.process_time()
    with contextlib.suppress(orjson.JSONDecodeError):
        judged(text, lambda _body, _numbers: None)
    assert time.process_time() - began < 2


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.text(st.characters(codec="utf-8")),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=3), below, max_size=3),
)


@given(VALUES)
def test_what_can_be_read_is_read_alike(value: Any) -> None:
    text = orjson.dumps(value)
    # 1e400 has it read again.
    again = judged(b"[%b,1e400]" % text, lambda body, _numbers: body[0])
    assert orjson.dumps(again) == orjson.dumps(orjson.loads(text))
