"""This module is in charge of testing metrics: what is counted, and that only who may read them finds anything there."""

from __future__ import annotations

import re
from typing import Any

import pytest

from gateway.edge.metrics import MetricsEndpoint
from gateway.edge.middleware import Envelope
from gateway.edge.streams import OpenStreams
from gateway.execution.subgraph import SubgraphError
from gateway.observability.metrics import CONTENT_TYPE
from gateway.observability.observing import observing
from gateway.settings import Metrics, Settings, Streams
from tests.observability.test_trace import watched
from tests.pipeline.gateway_of import TestGateway, http

TOKEN = "a-token-of-metrics"


async def test_requests_stages_and_fetches_are_counted() -> None:
    async with observing(Settings(metrics=Metrics(access="loopback"))) as watching:
        gateway = watched(TestGateway(), watching)
        for text in ("{ battery(code: 1) { id } }",) * 2 + ("{", "{ thing(id: 1) { id } }"):
            await gateway.ask(text)
        gateway.subgraph.errors = (SubgraphError("m", "SUBGRAPH_TIMEOUT"),)
        await gateway.ask("{ battery(code: 1) { id } }")
        assert watching.metrics is not None
        told = watching.metrics.text().decode()
    lines = dict(re.findall(r"^(cellgate_\S+) (\S+)$", told, re.MULTILINE))
    assert lines['cellgate_requests_total{outcome="answered"}'] == "4.0"
    assert lines['cellgate_requests_total{outcome="GRAPHQL_PARSE_FAILED"}'] == "1.0"
    assert lines["cellgate_request_seconds_count"] == "5.0"
    assert lines['cellgate_operations_prepared_total{known="yes"}'] == "2.0"
    assert lines['cellgate_operations_prepared_total{known="no"}'] == "2.0"
    assert lines['cellgate_fetch_seconds_count{subgraph="battery"}'] == "4.0"
    assert lines['cellgate_fetch_errors_total{code="SUBGRAPH_TIMEOUT",subgraph="battery"}'] == "1.0"
    assert float(lines['cellgate_stage_seconds_total{stage="execute"}']) > 0
    assert "process_resident_memory_bytes" in told
    # Of the process, in which other gateways may have been.
    assert float(lines['cellgate_cache_hits_total{cache="texts"}']) >= 2
    assert float(lines['cellgate_cache_misses_total{cache="texts"}']) >= 3
    assert lines['cellgate_cache_dropped_total{cache="texts"}']
    assert float(lines['cellgate_cache_bytes{cache="operations"}']) > 5_000
    assert float(lines['cellgate_cache_entries{cache="operations"}']) >= 2
    assert float(lines['cellgate_cache_budget_bytes{cache="operations"}']) >= 10_000 * 1024


class Suspended:
    """A subgraph with a state."""

    is_suspended = True


async def test_the_state_of_subgraphs_and_streams_is_looked_at_when_it_is_asked_for() -> None:
    async with observing(Settings(metrics=Metrics(access="loopback"))) as watching:
        subgraph, streams = Suspended(), OpenStreams(Streams())
        watching.look_at({"telemetry": subgraph}, streams)  # type: ignore[dict-item]
        watching.observe_reload("refused")
        with streams.admitted("one"), streams.socket():
            assert watching.metrics is not None
            told = watching.metrics.text().decode()
        subgraph.is_suspended = False
        later = watching.metrics.text().decode()
    assert 'cellgate_subgraph_suspended{subgraph="telemetry"} 1.0' in told
    assert 'cellgate_subgraph_suspended{subgraph="telemetry"} 0.0' in later
    assert ('cellgate_streams{kind="subscription"} 1.0' in told, 'cellgate_streams{kind="socket"} 0.0' in later) == (True, True)
    assert 'cellgate_reloads_total{outcome="refused"} 1.0' in told


async def asked(client: Any, token: str = "", headers: Any = (), method: str = "GET") -> int:
    endpoint = Envelope(MetricsEndpoint(lambda: b"the-metrics 1\n", CONTENT_TYPE, token))

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await endpoint({**scope, "client": client}, receive, send)

    answer = await http(app, method, "/metrics", headers=headers, token=None)
    assert (answer.status == 200) is (b"the-metrics" in answer.body)
    assert answer.status == 200 or answer.code == "NOT_FOUND"
    return answer.status


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
async def test_this_machine_may_read(address: str) -> None:
    assert await asked((address, 1)) == 200
    assert await asked((address, 1), method="POST") == 404
    for proxied in ("Forwarded", "X-Forwarded-For", "x-real-ip", "Via"):
        assert await asked((address, 1), headers=[(proxied, "203.0.113.9")]) == 404
    # Where a token is set, it is asked of everybody.
    assert await asked((address, 1), TOKEN) == 404


@pytest.mark.parametrize("client", [("10.0.0.1", 1), ("::ffff:10.0.0.1", 1), ("localhost", 1), ("", 1), None, ("/run/socket", 0)])
async def test_others_find_nothing(client: Any) -> None:
    assert await asked(client) == 404


async def test_a_token_is_read_with_from_anywhere() -> None:
    right = ("authorization", "Bearer " + TOKEN)
    assert await asked(("10.0.0.1", 1), TOKEN, [right]) == 200
    assert await asked(("10.0.0.1", 1), TOKEN, [right, ("x-forwarded-for", "1.2.3.4")]) == 200
    for wrong in ([], [("authorization", TOKEN)], [("authorization", "Bearer " + TOKEN + "x")], [("authorization", "Bearer ")], [right, right]):
        assert await asked(("10.0.0.1", 1), TOKEN, wrong) == 404
