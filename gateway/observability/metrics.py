"""This module is in charge of metrics: what is counted of requests, stages and fetches, in Prometheus' text format.

Labels are names of ours alone (stages, subgraphs, error codes): never a client, a party, an operation or a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from gateway.execution.subgraph import SubgraphResult
from gateway.lru import told
from gateway.pipeline import Call
from gateway.timings import Timings

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class _Caches(Collector):
    """What is kept of what was asked (`[caches]` in the settings): of the process, as maps of one name are told of together."""

    def collect(self) -> Iterator[Metric]:
        """The numbers as they are."""
        gauges = {
            "entries": GaugeMetricFamily("cellgate_cache_entries", "What a cache holds, in entries.", labels=["cache"]),
            "bytes": GaugeMetricFamily("cellgate_cache_bytes", "What a cache holds, in estimated bytes.", labels=["cache"]),
            "budget": GaugeMetricFamily("cellgate_cache_budget_bytes", "What a cache may hold, in estimated bytes.", labels=["cache"]),
        }
        counters = {
            "hits": CounterMetricFamily("cellgate_cache_hits", "Look-ups that found something.", labels=["cache"]),
            "misses": CounterMetricFamily("cellgate_cache_misses", "Look-ups that found nothing.", labels=["cache"]),
            "dropped": CounterMetricFamily("cellgate_cache_dropped", "Entries that went because a cache was full.", labels=["cache"]),
        }
        for each in told():
            for name, family in (gauges | counters).items():
                family.add_metric([each.name], getattr(each, name))
        return iter((*gauges.values(), *counters.values()))


class Metrics:
    """The metrics of this process; each has a registry of its own, so that two gateways in one process do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.registry.register(_Caches())
        GCCollector(registry=self.registry)
        self._requests = Counter("cellgate_requests", "Requests by outcome: answered, cancelled, or an error code.", ["outcome"], registry=self.registry)
        self._seconds = Histogram("cellgate_request_seconds", "Time of a request, without reading and sending it.", buckets=_SECONDS, registry=self.registry)
        self._stages = Counter("cellgate_stage_seconds", "Time spent in each stage.", ["stage"], registry=self.registry)
        self._prepared = Counter("cellgate_operations_prepared", "Requests by whether their operation was prepared before.", ["known"], registry=self.registry)
        self._fetches = Histogram("cellgate_fetch_seconds", "Time of a fetch by subgraph.", ["subgraph"], buckets=_SECONDS, registry=self.registry)
        self._errors = Counter("cellgate_fetch_errors", "Errors of fetches by subgraph and code.", ["subgraph", "code"], registry=self.registry)
        self._reloads = Counter("cellgate_reloads", "New SDL by what became of it: swapped or refused.", ["outcome"], registry=self.registry)

    def observe(self, _call: Call, outcome: str, timings: Timings) -> None:
        """Count a request that is over."""
        self._requests.labels(outcome).inc()
        spent = timings.seconds
        self._seconds.observe(sum(spent.values()))
        for stage, seconds in spent.items():
            self._stages.labels(stage).inc(seconds)
        if "prepare" in spent:
            self._prepared.labels("no" if "validate" in spent else "yes").inc()

    def observe_fetch(self, subgraph: str, seconds: float, result: SubgraphResult | None) -> None:
        """Count a fetch that is over."""
        self._fetches.labels(subgraph).observe(seconds)
        codes = ("UNFINISHED",) if result is None else [error.code for error in result.errors]
        for code in codes:
            self._errors.labels(subgraph, code).inc()

    def observe_reload(self, outcome: str) -> None:
        """Count new SDL."""
        self._reloads.labels(outcome).inc()

    def gauges(self, name: str, meaning: str, label: str, values: Mapping[str, Callable[[], float]]) -> None:
        """Values that are looked at when they are asked for, by one label."""
        gauge = Gauge(name, meaning, [label], registry=self.registry)
        for each, value in values.items():
            gauge.labels(each).set_function(value)

    def text(self) -> bytes:
        """Everything, in the text format."""
        return generate_latest(self.registry)
