"""This module is in charge of typed reading: whatever it gives is what the exact way gives, and it gives something where an answer is as it should be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.execution.answer_codec import codec_of
from gateway.execution.remote_answer import MalformedAnswer, expected_of, judge
from gateway.execution.remote_together import parted
from gateway.execution.subgraph import SubgraphRequest, SubgraphResult
from tests.execution.test_remote import entity_request, request_of

LEAVES = st.one_of(st.none(), st.booleans(), st.sampled_from([0, -1, 2**31 - 1, 2**31, 2**53 + 1, 1.0, 0.5, -1e300, "", "1", "A", "Item"]), st.text(max_size=2))
KEYS = ["id", "int", "float", "text", "yes", "any", "list", "kind", "item", "stock", "maker", "__typename", "extra"]
VALUES = st.recursive(LEAVES, lambda below: st.lists(below, max_size=2) | st.dictionaries(st.sampled_from(KEYS), below, max_size=5), max_leaves=12)
FIELDS = {"id": "id", "int": 3, "float": 2, "text": "t", "yes": True, "any": "x", "list": [1, None], "kind": "A"}
ALL = "{ item { id int float text yes any list kind item { id } } }"


def exact(answer: bytes, requests: Sequence[SubgraphRequest]) -> list[SubgraphResult] | None:
    try:
        parts = parted(orjson.loads(answer), len(requests))
        return [judge(part, each.fetch, expected_of(each.fetch, {}), each.representations) for part, each in zip(parts, requests, strict=True)]
    except (MalformedAnswer, orjson.JSONDecodeError):
        return None


def typed(answer: bytes, *requests: SubgraphRequest) -> list[SubgraphResult] | None:
    codec = codec_of(requests, [expected_of(each.fetch, {}) for each in requests])
    assert codec is not None
    return codec(answer, requests)


def form(results: list[SubgraphResult] | None) -> str:
    """Told apart by more than equality: 1 is neither true nor 1.0. In which order keys are is nobody's concern."""
    return repr([[orjson.dumps(part, option=orjson.OPT_SORT_KEYS) for part in (each.data, each.entities)] + [each.errors] for each in results or ()])


@settings(max_examples=150, deadline=None)
@given(
    changes=st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=2), more=st.dictionaries(st.sampled_from(["errors", "extensions", "x"]), VALUES, max_size=1)
)
def test_a_root_answer_is_read_alike(changes: dict[str, Any], more: dict[str, Any]) -> None:
    answer = orjson.dumps({"data": {"item": {**FIELDS, "item": None, **changes}}, **more})
    found = typed(answer, request_of(ALL))
    assert found is None or form(found) == form(exact(answer, [request_of(ALL)]))
    assert found is not None or changes or more


@settings(max_examples=150, deadline=None)
@given(
    entities=st.lists(st.none() | st.fixed_dictionaries({"stock": st.integers(0, 9) | LEAVES, "maker": st.none() | VALUES}), max_size=3), together=st.booleans()
)
def test_entities_are_read_alike(entities: list[Any], together: bool) -> None:
    requests = (entity_request("p1", "p2"),) * (1 + together)
    keys = ["_e0", "_e1"] if together else ["_entities"]
    answer = orjson.dumps({"data": dict.fromkeys(keys, entities)})
    found = typed(answer, *requests)
    assert found is None or form(found) == form(exact(answer, requests))


@pytest.mark.parametrize("extra", [{}, {"__typename": "Maker"}, {"__typename": "Product"}, {"other": "secret"}])
def test_an_entity_of_another_type_is_looked_at_closely(extra: dict[str, Any]) -> None:
    answer = orjson.dumps({"data": {"_entities": [{"stock": 1, "maker": {"id": "m"}, **extra}, None]}})
    found = typed(answer, entity_request("p1", "p2"))
    assert (found is None) is ("__typename" in extra)
    if found is not None:
        assert found == [SubgraphResult(None, ({"stock": 1, "maker": {"id": "m"}}, None))]


@pytest.mark.parametrize("answer", [b"", b"{", b"[]", b'{"data": null}', b'{"data": {"item": {"id": "\xff"}}}', b'{"data": {"item": NaN}}', b'{"data": {}}'])
def test_what_is_no_answer_is_left_to_the_exact_way(answer: bytes) -> None:
    assert typed(answer, request_of()) is None


def test_what_depends_on_types_has_no_codec() -> None:
    request = request_of("{ item { found { ... on Item { int } } } }")
    assert codec_of([request], [expected_of(request.fetch, {})]) is None


@pytest.mark.parametrize("depth", [900, 2_000, 100_000])
@pytest.mark.parametrize(
    "shape", ['{"data":{"item":{"any":%s}}}', '{"data":{"item":%s}}', '{"data":{"item":{"id":"1","x":%s}}}', '{"x":%s,"data":{"item":null}}']
)
def test_what_is_nested_too_deeply_is_left_to_the_exact_way(shape: str, depth: int) -> None:
    """A subgraph may send whatever it likes: an exception would be told as a defect of the gateway."""
    for nested in ("[" * depth + "]" * depth, '{"item":' * depth + "null" + "}" * depth):
        answer = (shape % nested).encode()
        found = typed(answer, request_of(ALL))
        assert found is None or form(found) == form(exact(answer, [request_of(ALL)]))
