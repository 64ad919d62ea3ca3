"""This module is in charge of serving any supergraph without tokens: on this machine alone, and with no database.

It is for trying a supergraph out and for the suites of others. Whoever asks is nobody: what asks for a token stays closed.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from auth.principal import Principal
from gateway.audit import AuditEntry
from gateway.composition.supergraph import Supergraph
from gateway.composition.supergraph_joins import SupergraphRefused
from gateway.composition.supergraph_reader import read_supergraph
from gateway.edge.graphql import GraphQLEndpoint, SchemaEndpoint, Served
from gateway.edge.health import Health, Readiness
from gateway.edge.middleware import Envelope, tell_routing_error
from gateway.edge.streams import OpenStreams
from gateway.execution.batching import BatchingSubgraph
from gateway.execution.remote import HttpSubgraph
from gateway.execution.remote_headers import forwarded_names
from gateway.execution.remote_pool import pool_of
from gateway.execution.sharing import SharingSubgraph
from gateway.foundation import Announce
from gateway.generation import Generation
from gateway.listening import serve, taken
from gateway.observability.observing import observing
from gateway.pipeline import Ports
from gateway.planning.graph import PlanningGraph
from gateway.planning.planner import make_plan
from gateway.rations import MissRation
from gateway.reloading import composed
from gateway.settings import Settings, Subgraph
from gateway.subgraph_files import sources_in, text_of

LOOPBACK: Final = "127.0.0.1"
ANONYMOUS: Final = Principal(
    party="",
    roles=frozenset(),
    scopes=frozenset(),
    jurisdiction=frozenset(),
    purpose="",
    client_id="anonymous",
    token_id="",
    expires_at=datetime.max.replace(tzinfo=UTC),
)


class OpenDoor:
    """Lets everybody in as nobody."""

    def authenticate(self, _headers: Iterable[tuple[bytes, bytes]], _query: bytes, _now: datetime) -> Principal:
        """The principal that holds nothing."""
        return ANONYMOUS


class _NoAudit:
    def record(self, entry: AuditEntry) -> None:
        """Nobody asked, so nobody is written down."""


def supergraph_in(file: Path) -> Supergraph:
    """The supergraph SDL in a file; SupergraphRefused where it is none."""
    return read_supergraph(text_of(file))


def composed_from(file: Path) -> Supergraph:
    """The supergraph of the subgraphs that a JSON file lists."""
    return composed(sources_in([file]))


def closed_to_nobody(supergraph: Supergraph) -> Supergraph:
    """The same, where what is for callers with a token is for no caller of a process that takes none."""
    closed = {
        coordinate: replace(each, scopes=frozenset()) if each.authenticated else each
        for coordinate, each in supergraph.requirements.items()
    }  # fmt: skip
    return replace(supergraph, requirements=closed)


def rules_of(supergraph: Supergraph, settings: Settings) -> dict[str, Subgraph]:
    """How each subgraph is called: as the settings say of its name, at the supergraph's URL."""
    found: dict[str, Subgraph] = {}
    for name, source in supergraph.subgraphs.items():
        parts = urlsplit(source.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SupergraphRefused(f'subgraph "{name}" has no http or https URL')
        found[name] = replace(settings.subgraphs.get(name, Subgraph(url=source.url)), url=source.url)
    return found


@dataclass(frozen=True, slots=True)
class OpenGateway:
    """One gateway without tokens."""

    generation: Generation
    app: ASGIApp


@contextlib.asynccontextmanager
async def opened_for_all(supergraph: Supergraph, settings: Settings) -> AsyncIterator[OpenGateway]:
    """The gateway over a supergraph whose subgraphs are all behind URLs."""
    supergraph = closed_to_nobody(supergraph)
    rules = rules_of(supergraph, settings)
    graph = PlanningGraph(supergraph)
    generation = Generation(supergraph, settings.limits, lambda operation: make_plan(graph, operation), frozenset(), settings.cost.list_size)
    async with contextlib.AsyncExitStack() as stack:
        watching = await stack.enter_async_context(observing(settings))
        remote = {
            name: HttpSubgraph(name, each.url, await stack.enter_async_context(pool_of(each)), _no_token, each.timeout_s, each.max_bytes, each)
            for name, each in rules.items()
        }
        subgraphs = {
            name: watching.watched(name, SharingSubgraph(BatchingSubgraph(each)) if each.shares else BatchingSubgraph(each)) for name, each in remote.items()
        }
        ports = Ports(subgraphs, _no_reading, _NoAudit(), watching.observe, MissRation(settings.limits.exact_code_misses_per_minute))
        served = Served(
            OpenDoor(),
            lambda: generation,
            ports,
            settings.limits,
            _now,
            _as_it_is,
            watching.trace,
            forwarded_names(rules.values()),
            OpenStreams(settings.streams),
        )
        yield OpenGateway(generation, Envelope(_routes(served, remote)))


async def serve_open(supergraph: Supergraph, settings: Settings, port: int, announce: Announce) -> None:
    """Serve the supergraph on the loopback address until the process is asked to stop."""
    listener = taken(LOOPBACK, port)
    async with opened_for_all(supergraph, settings) as gateway:
        announce(f"serving http://{LOOPBACK}:{listener.getsockname()[1]}/graphql without tokens")
        await serve(gateway.app, listener, settings)


def _no_token(_context: object, _name: str) -> None:
    return None


def _no_reading(_principal: Principal, _moment: datetime) -> None:
    return None


def _now() -> datetime:
    return datetime.now(UTC)


def _as_it_is(moment: datetime) -> datetime:
    return moment


def _routes(served: Served, remote: Mapping[str, HttpSubgraph]) -> ASGIApp:
    graphql = GraphQLEndpoint(served)
    ready = Readiness({}, {"subgraph." + name: each.is_well for name, each in remote.items()})
    rest = Starlette(
        routes=[Route("/graphql/schema", SchemaEndpoint(served)), Route("/health", Health()), Route("/ready", ready)],
        exception_handlers={HTTPException: tell_routing_error},
    )

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        await (graphql if scope["path"] == "/graphql" else rest)(scope, receive, send)

    return dispatch
