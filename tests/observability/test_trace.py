"""This module is in charge of testing traces: a real collector is sent a span for the request, each stage and each fetch."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from gateway.execution.subgraph import SubgraphError
from gateway.observability.observing import Observing, observing
from gateway.observability.trace import begin
from gateway.settings import Settings, Telemetry
from tests.pipeline.gateway_of import TestGateway, post

PARENT = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


class Collector:
    """An OTLP collector that keeps what it is sent."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        sent = ExportTraceServiceRequest()
        sent.ParseFromString(await request.read())
        for resource in sent.resource_spans:
            self.spans += [span for scope in resource.scope_spans for span in scope.spans]
        return web.Response()

    def named(self, name: str) -> Any:
        (found,) = [span for span in self.spans if span.name == name]
        return found


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    collector = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    collector.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1/traces"
    yield collector
    await runner.cleanup()


def watched(gateway: TestGateway, watching: Observing) -> TestGateway:
    subgraphs = {name: watching.watched(name, each) for name, each in gateway.ports.subgraphs.items()}
    gateway.ports = dataclasses.replace(gateway.ports, subgraphs=subgraphs, observe=watching.observe)
    gateway.served = dataclasses.replace(gateway.served, ports=gateway.ports, trace=watching.trace)
    return gateway


def attributes(span: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes}


async def test_a_request_is_a_tree_of_spans() -> None:
    async with collecting() as collector, observing(Settings(telemetry=Telemetry(endpoint=collector.url))) as watching:
        gateway = watched(TestGateway(), watching)
        gateway.subgraph.delay_s = 0.01
        assert (await post(gateway.app, {"query": "{ battery(code: 1) { id } }"})).status == 200
    root, fetch = collector.named("graphql"), collector.named("fetch battery")
    stages = {"parse", "limits", "validate", "normalise", "authorise", "plan", "prepare", "variables", "execute", "respond"}
    assert {span.name for span in collector.spans} == {"graphql", "fetch battery", *stages}
    assert {span.trace_id for span in collector.spans} == {root.trace_id}
    assert len({span.span_id for span in collector.spans}) == len(collector.spans)
    assert {span.parent_span_id for span in collector.spans if span is not root} == {root.span_id}
    execute = collector.named("execute")
    assert root.start_time_unix_nano <= execute.start_time_unix_nano <= fetch.start_time_unix_nano
    assert fetch.end_time_unix_nano <= execute.end_time_unix_nano <= root.end_time_unix_nano
    assert fetch.end_time_unix_nano - fetch.start_time_unix_nano >= 9_000_000
    assert attributes(root)["cellgate.outcome"] == "answered"
    assert attributes(fetch) == {"cellgate.subgraph": "battery", "cellgate.path": "", "cellgate.entities": 0}


async def test_what_went_wrong_is_a_code_and_never_a_value() -> None:
    async with collecting() as collector, observing(Settings(telemetry=Telemetry(endpoint=collector.url))) as watching:
        gateway = watched(TestGateway(), watching)
        gateway.subgraph.errors = (SubgraphError("m", "SUBGRAPH_TIMEOUT"),)
        await post(gateway.app, {"query": '{ battery(code: "tell-tale") { id } }'})
        gateway.subgraph.failure = RuntimeError("tell-tale")
        await post(gateway.app, {"query": '{ thing(id: "tell-tale") { id } }'})
    failed = [attributes(span)["error.type"] for span in collector.spans if span.status.code == 2]
    assert failed == ["SUBGRAPH_TIMEOUT", "UNFINISHED"]
    assert "tell-tale" not in repr(collector.spans)


@pytest.mark.parametrize(("accepts", "parent"), [("on", "b" * 16), ("off", "")])
async def test_a_clients_traceparent_is_heeded_where_that_is_wanted(accepts: Any, parent: str) -> None:
    async with collecting() as collector, observing(Settings(telemetry=Telemetry(endpoint=collector.url, accept_traceparent=accepts))) as watching:
        assert watching.trace is not None
        trace = watching.trace(PARENT)
        assert trace is not None
        assert (f"{trace.trace_id:032x}" == "a" * 32) is (accepts == "on")
        assert trace.parent_id == int(parent or "0", 16)


def test_who_is_sampled() -> None:
    assert begin(PARENT[:-2] + "00", 1.0) is None
    assert begin(PARENT, 0.0) is not None
    assert begin(None, 0.0) is None
    for malformed in ("", "x", PARENT.upper(), "01" + PARENT[2:], PARENT + "-x", "00-" + "0" * 32 + PARENT[35:], PARENT[:36] + "0" * 16 + "-01"):
        trace = begin(malformed, 1.0)
        assert trace is not None
        assert trace.parent_id == 0
    trace = begin(PARENT, 1.0)
    assert trace is not None
    assert trace.traceparent(1) == "00-" + "a" * 32 + "-" + "0" * 15 + "1-01"


async def test_nothing_is_wrapped_where_nobody_watches() -> None:
    async with observing(Settings()) as watching:
        gateway = TestGateway()
        assert watching == Observing(None, None)
        assert watching.watched("battery", gateway.subgraph) is gateway.subgraph
        assert watching.trace is None


async def test_a_collector_that_is_gone_harms_no_request() -> None:
    async with collecting() as collector:
        gone = collector.url
    async with asyncio.timeout(8), observing(Settings(telemetry=Telemetry(endpoint=gone, timeout_s=0.2))) as watching:
        assert (await post(watched(TestGateway(), watching).app, {"query": "{ __typename }"})).status == 200
