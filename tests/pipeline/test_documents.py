"""This module is in charge of testing documents by hash and budgets of cost as a client meets them: over HTTP, from end to end."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from auth.clients import PLAN_SCOPE
from gateway.budgets import CostBudgets
from gateway.operation.persisted import PersistedDocuments, TrustedDocuments, hash_of
from gateway.settings import Budget, Cost
from tests.operation.world import READER, principal
from tests.pipeline.gateway_of import MOMENT, TOKENS, TestGateway, http, post

TEXT = "query Q($n: Int) { batteries(first: $n) { id peers(first: 2) { id } } }"
PERSISTED = {"persistedQuery": {"version": 1, "sha256Hash": hash_of(TEXT)}}


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> TestGateway:
    monkeypatch.setitem(TOKENS, "planner", principal(READER | {PLAN_SCOPE}))
    return TestGateway()


def with_ports(gateway: TestGateway, **ports: Any) -> TestGateway:
    gateway.ports = dataclasses.replace(gateway.ports, **ports)
    gateway.served = dataclasses.replace(gateway.served, ports=gateway.ports)
    return gateway


async def test_the_protocol_of_persisted_queries_over_http(gateway: TestGateway) -> None:
    with_ports(gateway, documents=PersistedDocuments(10_000))
    first = await post(gateway.app, {"extensions": PERSISTED, "variables": {"n": 1}})
    assert (first.status, first.code, first.json["errors"][0]["message"]) == (400, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
    assert (await post(gateway.app, {"extensions": PERSISTED}, accept="application/json")).status == 200
    sent = await post(gateway.app, {"query": TEXT, "extensions": PERSISTED, "variables": {"n": 1}})
    named = await post(gateway.app, {"extensions": PERSISTED, "variables": {"n": 1}})
    assert sent.status == named.status == 200
    assert sent.body == named.body
    by_url = b"extensions=%7B%22persistedQuery%22%3A%7B%22version%22%3A1%2C%22sha256Hash%22%3A%22" + hash_of(TEXT).encode() + b"%22%7D%7D"
    assert (await http(gateway.app, "GET", query_string=by_url, headers=[("accept", "application/json")])).body == sent.body


async def test_a_named_mutation_is_no_more_answered_to_get_than_another(gateway: TestGateway) -> None:
    text = 'mutation { rename(code: "1", name: "n") { id } }'
    with_ports(gateway, documents=PersistedDocuments(0, TrustedDocuments({"m": text}, frozenset({text}))))
    assert (await http(gateway.app, "GET", query_string=b"documentId=m")).status == 405
    assert (await post(gateway.app, {"documentId": "m"})).status == 200


async def test_only_trusted_documents(gateway: TestGateway) -> None:
    with_ports(gateway, documents=PersistedDocuments(9999, TrustedDocuments({"q": TEXT}, frozenset({TEXT})), trusted_only=True))
    assert (await post(gateway.app, {"documentId": "q"})).status == 200
    for payload in ({"query": "{ __typename }"}, {"query": "{ secret"}, {"documentId": "r"}, {"extensions": PERSISTED}):
        refused = await post(gateway.app, payload)
        assert (refused.status, refused.code) == (403, "DOCUMENT_NOT_TRUSTED")
    assert len(gateway.asked) == 1


async def test_an_operation_that_costs_too_much_asks_nobody(gateway: TestGateway) -> None:
    with_ports(gateway, budgets=CostBudgets(Cost(per_request=30)))
    assert (await post(gateway.app, {"query": TEXT, "variables": {"n": 10}})).status == 200
    asked = len(gateway.asked)
    refused = await post(gateway.app, {"query": TEXT, "variables": {"n": 11}})
    assert (refused.status, refused.code) == (400, "COST_EXCEEDED")
    assert refused.json["errors"][0]["message"] == "The operation costs 33; this client may spend 30 on one."
    assert len(gateway.asked) == asked


async def test_a_client_may_have_a_budget_of_its_own(gateway: TestGateway) -> None:
    with_ports(gateway, budgets=CostBudgets(Cost(per_request=1), {"client-1": Budget(per_request=50), "other": Budget(per_request=2)}))
    assert (await post(gateway.app, {"query": TEXT, "variables": {"n": 10}})).status == 200
    with_ports(gateway, budgets=CostBudgets(Cost(per_request=50), {"client-1": Budget(per_request=2)}))
    assert (await post(gateway.app, {"query": TEXT, "variables": {"n": 10}})).code == "COST_EXCEEDED"


async def test_a_closed_field_costs_what_an_open_one_does(gateway: TestGateway) -> None:
    """The budget is no way to learn what is behind the view."""
    with_ports(gateway, budgets=CostBudgets(Cost(per_request=1)))
    answers = [await gateway.ask("{ battery(code: 1) { health { score } } }", token) for token in ("reader", "all")]
    assert answers[0]["errors"][0]["extensions"]["code"] == "COST_EXCEEDED"
    assert answers[0] == answers[1]


def test_a_minutes_budget_refills() -> None:
    budgets = CostBudgets(Cost(per_request=0, per_minute=60))
    budgets.charge("one", 60, MOMENT)
    budgets.charge("two", 60, MOMENT)
    code, headers = refusal(budgets, "one", 10)
    assert (code, headers) == ("TOO_MANY_REQUESTS", (("retry-after", "11"),))
    budgets.charge("one", 10, MOMENT + timedelta(seconds=10))
    assert refusal(budgets, "one", 61)[0] == "COST_EXCEEDED"


def test_many_pages_at_once_cost_what_they_cost_one_by_one() -> None:
    budgets = CostBudgets(Cost(per_request=20, per_minute=60))
    budgets.charge("one", 20, MOMENT, 3)
    assert refusal(budgets, "one", 1)[0] == "TOO_MANY_REQUESTS"
    assert refusal(budgets, "two", 21)[0] == "COST_EXCEEDED"


def refusal(budgets: CostBudgets, client: str, cost: float) -> tuple[str, Any]:
    with pytest.raises(Exception, match="costs") as refused:
        budgets.charge(client, cost, MOMENT)
    return refused.value.errors[0].code, refused.value.headers  # type: ignore[attr-defined]


async def test_cost_and_plan_are_told_to_who_may_see_them(gateway: TestGateway) -> None:
    with_ports(gateway, budgets=CostBudgets(Cost(per_request=500, per_minute=0)))
    wanted = {"query": TEXT, "variables": {"n": 3}, "extensions": {"cellgate": {"include": ["plan", "cost"]}}}
    told = (await post(gateway.app, wanted, token="planner")).json["extensions"]
    assert told["cost"] == {"requested": 9, "perRequest": 500, "perMinute": None}
    assert "batteries" in told["plan"]
    refused = await post(gateway.app, wanted)
    assert (refused.status, refused.code) == (403, "INSUFFICIENT_SCOPE")


@pytest.mark.parametrize("said", [7, {}, {"include": "cost"}, {"include": ["sql"]}, {"include": [["cost"]]}])
async def test_another_wish_is_refused(gateway: TestGateway, said: Any) -> None:
    refused = await post(gateway.app, {"query": TEXT, "extensions": {"cellgate": said}}, token="planner")
    assert (refused.status, refused.code) == (400, "MALFORMED_REQUEST")
