"""This module is in charge of serving any supergraph without tokens: on this machine alone, and with no database.

It is for trying a supergraph out and for the suites of others. Whoever asks is nobody: what asks for a token stays closed.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from auth.audit import AuditEntry
from auth.principal import Principal
from gateway.composition.supergraph import Supergraph
from gateway.composition.supergraph_joins import SupergraphRefused
from gateway.composition.supergraph_reader import read_supergraph
from gateway.edge.graphql import Door, GraphQLEndpoint, SchemaEndpoint, Served
from gateway.edge.health import Health, Readiness
from gateway.edge.middleware import Envelope, tell_routing_error, without_sockets
from gateway.edge.streams import OpenStreams
from gateway.execution.batching import BatchingSubgraph
from gateway.execution.remote import HttpSubgraph
from gateway.execution.remote_headers import forwarded_names
from gateway.execution.remote_pool import Pool, pool_of
from gateway.execution.sharing import SharingSubgraph
from gateway.execution.subgraph import Subgraph as Executable
from gateway.generation import Generation
from gateway.huge_pages import on_huge_pages
from gateway.listening import Announce, serve, taken
from gateway.lru import CODE, allow
from gateway.observability.observing import Observing, observing
from gateway.overriding import header_of, turn_of
from gateway.pipeline import Ports
from gateway.planning.graph import PlanningGraph
from gateway.planning.planner import make_plan
from gateway.rations import MissRation
from gateway.reloading import Reloader, composed, settle
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


@dataclass(frozen=True, slots=True)
class OpenSource:
    """Where a supergraph comes from: `read` gives texts, to be looked at again, and `build` makes a supergraph of them. Both raise SupergraphRefused."""

    read: Callable[[], Any]
    build: Callable[[Any], Supergraph]


def supergraph_file(file: Path) -> OpenSource:
    """The supergraph SDL in a file."""
    return OpenSource(lambda: text_of(file), lambda text: _callable(read_supergraph(text)))


def supergraph_in(file: Path) -> Supergraph:
    """The supergraph SDL in a file; SupergraphRefused where it is none."""
    source = supergraph_file(file)
    return source.build(source.read())


def subgraphs_file(file: Path) -> OpenSource:
    """The supergraph of the subgraphs that a JSON file lists."""
    return OpenSource(lambda: sources_in([file]), lambda sources: _callable(composed(sources)))


def composed_from(file: Path) -> Supergraph:
    """The supergraph of the subgraphs that a JSON file lists."""
    source = subgraphs_file(file)
    return source.build(source.read())


def _callable(supergraph: Supergraph) -> Supergraph:
    """The supergraph, of which every subgraph has a URL."""
    for name, source in supergraph.subgraphs.items():
        parts = urlsplit(source.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SupergraphRefused(f'subgraph "{name}" has no http or https URL')
    return supergraph


def closed_to_nobody(supergraph: Supergraph) -> Supergraph:
    """The same, where what is for callers with a token is for no caller of a process that takes none."""
    closed = {
        coordinate: replace(each, scopes=frozenset()) if each.authenticated else each
        for coordinate, each in supergraph.requirements.items()
    }  # fmt: skip
    return replace(supergraph, requirements=closed)


class OpenSubgraphs:
    """The subgraphs of the supergraphs that are and were in force, each with its connections, by name and URL."""

    def __init__(self, settings: Settings, watching: Observing) -> None:
        self._settings = settings
        self._watching = watching
        self._open: dict[tuple[str, str], tuple[HttpSubgraph, Pool]] = {}

    def of(self, supergraph: Supergraph) -> dict[str, HttpSubgraph]:
        """Those of one supergraph, opened where they are new."""
        return {name: self._subgraph(name, source.url) for name, source in supergraph.subgraphs.items()}

    def watched(self, supergraph: Supergraph) -> dict[str, Executable]:
        """The same, watched where anybody does."""
        return {name: self._watching.watched(name, _joined(each)) for name, each in self.of(supergraph).items()}

    def _subgraph(self, name: str, url: str) -> HttpSubgraph:
        found = self._open.get((name, url))
        if found is None:
            # Called as the settings say of its name, at the supergraph's URL.
            rules = replace(self._settings.subgraphs.get(name, Subgraph()), url=url)
            client = pool_of(rules)
            made = HttpSubgraph(name, url, client, _no_token, rules.timeout_s, rules.max_bytes, rules, self._settings.caches)
            found = self._open[name, url] = made, client
        return found[0]

    async def close(self, but: Supergraph | None = None) -> None:
        """Close all connections but those of that supergraph."""
        kept = {(name, source.url) for name, source in but.subgraphs.items()} if but is not None else set()
        for key in self._open.keys() - kept:
            await self._open.pop(key)[1].close()


@dataclass(frozen=True, slots=True)
class OpenGateway:
    """One gateway without tokens."""

    reloader: Reloader[Any]
    app: ASGIApp

    @property
    def generation(self) -> Generation:
        """The generation in force."""
        return self.reloader.generation


class _OfGeneration(Mapping[str, Executable]):
    """The subgraphs of one generation; connections are made by the loop, when they are first asked for, and not by the thread that makes generations."""

    def __init__(self, subgraphs: OpenSubgraphs, supergraph: Supergraph) -> None:
        self._subgraphs = subgraphs
        self._supergraph = supergraph
        self._made: dict[str, Executable] | None = None

    def __getitem__(self, name: str) -> Executable:
        if self._made is None:
            self._made = self._subgraphs.watched(self._supergraph)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._supergraph.subgraphs)

    def __len__(self) -> int:
        return len(self._supergraph.subgraphs)


@contextlib.asynccontextmanager
async def opened_for_all(given: Supergraph | OpenSource, settings: Settings, door: Door | None = None) -> AsyncIterator[OpenGateway]:
    """The gateway over a supergraph whose subgraphs are all behind URLs; one that comes from files is taken over anew where they change.

    `door` says who is let in; without one it is everybody, as nobody."""
    source = given if isinstance(given, OpenSource) else OpenSource(lambda: given, lambda it: _callable(it))
    async with contextlib.AsyncExitStack() as stack:
        watching = await stack.enter_async_context(observing(settings))
        subgraphs = OpenSubgraphs(settings, watching)
        stack.push_async_callback(subgraphs.close)

        def make(supergraph: Supergraph) -> Generation:
            supergraph = closed_to_nobody(supergraph) if door is None else supergraph
            graph = PlanningGraph(supergraph, settings.planning.labels)
            made = Generation(supergraph, settings.limits, partial(make_plan, graph), frozenset(), settings.cost.list_size, settings.caches)
            made.subgraphs = _OfGeneration(subgraphs, supergraph)
            made.turn = turn_of(graph, settings.planning)
            return made

        async def read() -> Any:
            return source.read()

        async def drained() -> None:
            await subgraphs.close(but=reloader.generation.supergraph)

        reloader = Reloader(source.read(), read, source.build, make, watching.observe_reload, drained)
        await stack.enter_async_context(reloader.watching(settings.reload.watch_s, settings.limits.timeout_s + 1))
        ports = Ports({}, _no_reading, _NoAudit(), watching.observe, MissRation(settings.limits.exact_code_misses_per_minute))
        served = Served(
            door or OpenDoor(),
            lambda: reloader.generation,
            ports,
            settings.limits,
            _now,
            _as_it_is,
            watching.trace,
            forwarded_names(settings.subgraphs.values()) | header_of(settings.planning),
            OpenStreams(settings.streams),
        )
        ready = Readiness({}, lambda: {"subgraph." + name: each.is_well for name, each in subgraphs.of(reloader.generation.supergraph).items()})
        allow(CODE, settings.caches.code_kib * 1024)
        settle()
        await stack.enter_async_context(on_huge_pages())
        yield OpenGateway(reloader, Envelope(_routes(served, ready)))


async def serve_open(source: OpenSource, settings: Settings, port: int, announce: Announce) -> None:
    """Serve a supergraph on the loopback address until the process is asked to stop."""
    listener = taken(LOOPBACK, port)
    async with opened_for_all(source, settings) as gateway:
        announce(f"serving http://{LOOPBACK}:{listener.getsockname()[1]}/graphql without tokens")
        await serve(gateway.app, listener, settings)


def _joined(subgraph: HttpSubgraph) -> Executable:
    """The subgraph with its calls joined, and shared where its settings say so."""
    batching = BatchingSubgraph(subgraph)
    return SharingSubgraph(batching) if subgraph.shares else batching


def _no_token(_context: object, _name: str) -> None:
    return None


def _no_reading(_principal: Principal, _moment: datetime) -> None:
    return None


def _now() -> datetime:
    return datetime.now(UTC)


def _as_it_is(moment: datetime) -> datetime:
    return moment


def _routes(served: Served, ready: Readiness) -> ASGIApp:
    graphql = GraphQLEndpoint(served)
    rest = Starlette(
        routes=[Route("/graphql/schema", SchemaEndpoint(served)), Route("/health", Health()), Route("/ready", ready)],
        exception_handlers={HTTPException: tell_routing_error},
    )
    # A redirect would be to whatever host the request names, and take a client's assertion there.
    rest.router.redirect_slashes = False
    others = without_sockets(rest)

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        await (graphql if scope["path"] == "/graphql" else others)(scope, receive, send)

    return dispatch
