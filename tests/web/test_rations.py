"""Codes of batteries are sequential: whoever names many that do not exist is put off, by whatever way, and is told nothing of the others."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.foundation import Foundation
from resolvers.demo.clients import fetch_demo_token
from tests.web.pages import Pages, pages_over

RATION = 5
FOUND = {"occurredAt": "2026-11-19T00:00:00Z", "region": "440100", "place": "by the road", "condition": "whole"}
ONE = "mutation ($i: FoundAbandonedInput!) { reportFoundAbandoned(input: $i, validateOnly: true) { outcome } }"
MANY = "mutation ($e: [LifecycleEventInput!]!) { reportLifecycleEvents(events: $e, validateOnly: true) { outcome rule } }"
BY_CODE = '{ a: batteriesByCode(codes: %s) { code } b: batteriesByCode(codes: %s) { code } c: battery(code: "%s") { code } }'


def missing(number: int) -> str:
    return f"Z00PB000000A3GG2D{800_000 + number:07}"


@pytest.fixture
async def pages(small_demo: Foundation) -> AsyncIterator[Pages]:
    async with pages_over(small_demo, misses=RATION) as pages:
        yield pages


async def ask(pages: Pages, base: Any, party: str, query: str, variables: Any = None) -> tuple[int, Any]:
    token = await fetch_demo_token(pages.url, base, party)
    body = {"query": query, "variables": variables or {}}
    async with pages.client.post(pages.url + "/graphql", json=body, headers={"authorization": "Bearer " + token}) as response:
        return response.status, await response.json()


async def there(pages: Pages, base: Any) -> str:
    _, answer = await ask(pages, base, "miit", "{ batteries(first: 1, filter: {status: {eq: IN_SERVICE}}) { nodes { code } } }")
    code: str = answer["data"]["batteries"]["nodes"][0]["code"]
    return code


async def test_reports_of_batteries_that_do_not_exist_are_misses(pages: Pages, small_demo: Foundation) -> None:
    told = [await ask(pages, small_demo.base, "recycler", ONE, {"i": {**FOUND, "code": missing(n), "clientReference": f"m{n}"}}) for n in range(RATION + 1)]
    assert [status for status, _ in told] == [200] * RATION + [429]
    status, _ = await ask(pages, small_demo.base, "recycler", ONE, {"i": {**FOUND, "code": await there(pages, small_demo.base), "clientReference": "there"}})
    assert status == 429


async def test_one_batch_of_reports_does_not_tell_which_codes_exist(pages: Pages, small_demo: Foundation) -> None:
    codes = [*map(missing, range(100)), await there(pages, small_demo.base)]
    events = [{"foundAbandoned": {**FOUND, "code": code, "clientReference": f"b{n}"}} for n, code in enumerate(codes)]
    _, answer = await ask(pages, small_demo.base, "recycler", MANY, {"e": events})
    told = [each["rule"] for each in answer["data"]["reportLifecycleEvents"]]
    assert told == ["BATTERY_NOT_REPORTABLE"] * 60 + ["TOO_MANY_REQUESTS"] * 41


async def test_one_request_does_not_look_up_more_than_its_ration(pages: Pages, small_demo: Foundation) -> None:
    code = await there(pages, small_demo.base)
    codes = json.dumps([code, *map(missing, range(2 * RATION + 1))])
    few = json.dumps([code, *map(missing, range(RATION))])
    _, answer = await ask(pages, small_demo.base, "recycler", BY_CODE % (few, codes, code))
    assert answer["data"] == {"a": [{"code": code}, *[None] * RATION], "b": None, "c": None}
    assert [each["extensions"]["code"] for each in answer["errors"]] == ["TOO_MANY_REQUESTS"] * 2
    _, answer = await ask(pages, small_demo.base, "dismantler", BY_CODE % (codes, few, code))
    assert answer["data"] == {"a": None, "b": None, "c": None}
