"""This module is in charge of sending traces to a collector (OpenTelemetry, OTLP over HTTP). It is imported only where one is configured.

Requests are over when they come here: spans are made of what was measured, and a thread of the SDK sends them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

from gateway.observability.trace import FetchSpan, Trace, begin, new_span_id
from gateway.pipeline import Call
from gateway.settings import Telemetry
from gateway.timings import Timings

_QUEUE: Final = 4096
_SCOPE: Final = InstrumentationScope("cellgate")


class Tracer:
    """Traces of this process. One per process; `close` sends what is still waiting."""

    def __init__(self, settings: Telemetry) -> None:
        self._ratio = settings.ratio
        self._heeds = settings.accept_traceparent == "on"
        self._resource = Resource.create({"service.name": settings.service})
        exporter = OTLPSpanExporter(endpoint=settings.endpoint, timeout=settings.timeout_s)
        self._processor = BatchSpanProcessor(exporter, max_queue_size=_QUEUE, schedule_delay_millis=settings.delay_s * 1000)

    def begin(self, traceparent: str | None) -> Trace | None:
        """The trace of a request that begins now, None where it is not sampled."""
        return begin(traceparent if self._heeds else None, self._ratio)

    def observe(self, call: Call, outcome: str, timings: Timings) -> None:
        """Send the spans of a request that is over: the whole, its stages, its fetches."""
        if call.trace is not None:
            for span in self._spans(call.trace, call.request_id, outcome, timings):
                self._processor.on_end(span)

    async def close(self) -> None:
        """Send what waits, for a few seconds at most."""
        await asyncio.to_thread(self._processor.shutdown)

    def _spans(self, trace: Trace, request_id: str, outcome: str, timings: Timings) -> Iterator[ReadableSpan]:
        root = _context(trace, trace.span_id)
        at = began = trace.wall(timings.began)
        for stage, seconds in timings.seconds.items():
            ended = at + int(seconds * 1e9)
            yield self._span(stage, _context(trace, new_span_id()), root, (at, ended), SpanKind.INTERNAL, {}, "")
            at = ended
        for fetch in trace.fetches:
            yield self._fetch(trace, fetch, root)
        parent = _context(trace, trace.parent_id) if trace.parent_id else None
        told = {"cellgate.outcome": outcome, "cellgate.request_id": request_id}
        failed = outcome if outcome in ("INTERNAL", "REQUEST_TIMEOUT") else ""
        yield self._span("graphql", root, parent, (began, at), SpanKind.SERVER, told, failed)

    def _fetch(self, trace: Trace, fetch: FetchSpan, root: SpanContext) -> ReadableSpan:
        told: dict[str, str | int] = {"cellgate.subgraph": fetch.subgraph, "cellgate.path": fetch.path, "cellgate.entities": fetch.entities}
        times = trace.wall(fetch.began), trace.wall(fetch.ended)
        return self._span(f"fetch {fetch.subgraph}", _context(trace, fetch.span_id), root, times, SpanKind.CLIENT, told, fetch.code)

    def _span(
        self,
        name: str,
        context: SpanContext,
        parent: SpanContext | None,
        times: tuple[int, int],
        kind: SpanKind,
        told: dict[str, str] | dict[str, str | int],
        failed: str,
    ) -> ReadableSpan:
        attributes = {**told, "error.type": failed} if failed else told
        status = Status(StatusCode.ERROR if failed else StatusCode.UNSET)
        return ReadableSpan(
            name,
            context=context,
            parent=parent,
            resource=self._resource,
            attributes=attributes,
            kind=kind,
            status=status,
            start_time=times[0],
            end_time=times[1],
            instrumentation_scope=_SCOPE,
        )


def _context(trace: Trace, span_id: int) -> SpanContext:
    return SpanContext(trace.trace_id, span_id, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))
