"""This module is in charge of putting the gateway together: settings in, one ASGI application out.

Nothing else knows all parts. What lives as long as the process is opened by the lifespan and closed by it, in turn.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from auth.entitlements import scopes_for
from auth.event_log import EventLog
from auth.principal import Principal
from auth.revocations import Denylist
from auth.server import OAuthServer, Stores, make_server
from auth.settings import OAuthSettings
from gateway.budgets import CostBudgets
from gateway.composition.supergraph import SubgraphSource, Supergraph
from gateway.edge.bearer import BearerDoor
from gateway.edge.graphql import GraphQLEndpoint, SchemaEndpoint, Served
from gateway.edge.health import Health, Probe, Readiness
from gateway.edge.ingest import IngestEndpoint, Intake
from gateway.edge.metrics import MetricsEndpoint
from gateway.edge.middleware import Envelope, tell_routing_error, without_sockets
from gateway.edge.oauth import oauth_routes
from gateway.edge.streams import OpenStreams
from gateway.execution.batching import BatchingSubgraph
from gateway.execution.context import RequestContext
from gateway.execution.local_events import Feed
from gateway.execution.remote import HttpSubgraph, Opens
from gateway.execution.remote_headers import forwarded_names
from gateway.execution.remote_pool import pool_of
from gateway.execution.remote_rows import GuardedSubgraph
from gateway.execution.sharing import SharingSubgraph
from gateway.execution.subgraph import Subgraph as Executable
from gateway.foreign import guarded
from gateway.foundation import Foundation, founded
from gateway.generation import DATED, Generation
from gateway.huge_pages import on_huge_pages
from gateway.listening import Announce
from gateway.lru import CODE, allow
from gateway.observability.metrics import CONTENT_TYPE
from gateway.observability.observing import Observing, observing
from gateway.operation.persisted import PersistedDocuments, TrustedDocuments, read_trusted
from gateway.overriding import header_of, turn_of
from gateway.pipeline import Ports
from gateway.planning.graph import PlanningGraph
from gateway.planning.planner import make_plan
from gateway.platform.configured import delivering
from gateway.pruning import pruning
from gateway.publishing import publishing
from gateway.rations import MissRation
from gateway.reloading import Make, Reloader, composed, settle
from gateway.report_streams import ReportStreams
from gateway.reports.catalogue import Catalogue, read_reports
from gateway.reports.endpoint import report_routes
from gateway.settings import IN_PROCESS, Caches, Settings, Subgraph, load
from gateway.sources import sources_of
from gateway.subgraphs import audience_of, graphs, in_process, said_by
from gateway.sweeping import sweeping
from gateway.web.desk import desk_routes
from gateway.web.explorer import explorer_routes
from gateway.web.label import label_routes
from resolvers.database.audit_store import AuditStore
from resolvers.database.auth_store import AuthStore, RevocationFeed
from resolvers.database.news import News
from resolvers.database.reading import Reading
from resolvers.demo.kept import StandingClock

AsOf = Callable[[datetime], datetime]
"""The clock to the moment that reads are made as of."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """One running gateway."""

    foundation: Foundation
    oauth: OAuthServer
    reloader: Reloader[tuple[SubgraphSource, ...]]
    ports: Ports
    as_of: AsOf
    app: ASGIApp

    @property
    def generation(self) -> Generation:
        """The generation in force."""
        return self.reloader.generation


@contextlib.asynccontextmanager
async def opened(settings: Settings, announce: Announce, as_of: AsOf | None = None) -> AsyncIterator[Gateway]:
    """A gateway over its own foundation, ready to serve."""
    async with (
        founded(settings, announce) as foundation,
        serving(settings, foundation, as_of) as gateway,
        delivering(settings.platform, foundation.database, clock),
        sweeping(settings.sweep, foundation.database, clock, gateway.as_of),
        publishing(settings, foundation.database, clock),
        pruning(settings.changes, foundation.database, clock),
    ):
        yield gateway


@contextlib.asynccontextmanager
async def serving(settings: Settings, foundation: Foundation, as_of: AsOf | None = None, demonstration: Sequence[BaseRoute] = ()) -> AsyncIterator[Gateway]:
    """A gateway over a foundation that is already there. `demonstration` are the addresses that only a demonstration has."""
    denylist = Denylist()
    oauth = _oauth(settings, foundation, denylist)
    audit = AuditStore(foundation.database)
    feed = RevocationFeed(foundation.database, denylist, clock)
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(feed.running())
        await stack.enter_async_context(audit.running())
        watching = await stack.enter_async_context(observing(settings))
        sources = await stack.enter_async_context(sources_of(settings, {name: graph.sdl for name, graph in graphs().items()}))
        reloader = Reloader(await sources.read(), sources.read, composed, _maker(settings), watching.observe_reload)
        await stack.enter_async_context(reloader.watching(settings.reload.watch_s, settings.limits.timeout_s + 1))
        opens = {name: said_by(name, foundation.opaque) for name in graphs()}
        away = {name: each for name, each in settings.subgraphs.items() if each.url != IN_PROCESS}
        remote = {name: await _remote(name, each, settings.caches, oauth, stack, opens.get(name)) for name, each in away.items()}
        moment = as_of or _as_it_is
        news = News(foundation.database)
        await stack.enter_async_context(news.running())
        changes = Feed(lambda principal: _open_reading(foundation)(principal, moment(clock())), news.wait)
        subgraphs = {name: watching.watched(name, _behind_policy(name, remote, reloader, changes)) for name in settings.subgraphs}
        misses = MissRation(settings.limits.exact_code_misses_per_minute)
        budgets = CostBudgets(settings.cost, settings.budgets)
        wrote = moment.move if isinstance(moment, StandingClock) else _nothing
        ports = Ports(subgraphs, _open_reading(foundation), audit, watching.observe, misses, budgets, documents_of(settings), wrote)
        door = BearerDoor(oauth.verifier, oauth.settings.resource_metadata)
        streams = OpenStreams(settings.streams)
        watching.look_at(remote, streams)
        served = Served(
            door,
            lambda: reloader.generation,
            ports,
            settings.limits,
            clock,
            moment,
            watching.trace,
            forwarded_names(settings.subgraphs.values()) | header_of(settings.planning),
            streams,
        )
        ready = _readiness(settings, _probes(foundation, audit), remote)
        allow(CODE, settings.caches.code_kib * 1024)
        settle()
        await stack.enter_async_context(on_huge_pages())
        demo = bool(demonstration)
        pages = [*explorer_routes(demo=demo), *desk_routes(demo=demo), *label_routes(served, oauth.settings.issuer), *demonstration]
        reports = report_routes(served, oauth, reports_of(settings, reloader.generation.supergraph), settings.reports)
        reported = ReportStreams(foundation.database, wrote, misses, foundation.door.lists_everything)
        ingest = Route("/ingest", IngestEndpoint(Intake(door, reported, clock)))
        more = [ingest, *_metrics(settings, watching), *reports, *pages]
        yield Gateway(foundation, oauth, reloader, ports, moment, Envelope(_routes(served, oauth, ready, more)))


def clock() -> datetime:
    """The one clock of the process."""
    return datetime.now(UTC)


def _as_it_is(moment: datetime) -> datetime:
    return moment


def _nothing() -> None:
    """The clock goes by itself."""


async def composed_of(settings: Settings) -> Supergraph:
    """The supergraph of the settings' subgraphs. CompositionRefused, SourceUnreadable."""
    async with sources_of(settings, {name: graph.sdl for name, graph in graphs().items()}) as sources:
        return composed(await sources.read())


def _maker(settings: Settings) -> Make:
    def make(supergraph: Supergraph) -> Generation:
        shown = guarded(supergraph, graphs().keys())
        graph = PlanningGraph(shown, settings.planning.labels, DATED)
        made = Generation(shown, settings.limits, lambda operation: make_plan(graph, operation), list_size=settings.cost.list_size, caches=settings.caches)
        made.turn = turn_of(graph, settings.planning)
        return made

    return make


def documents_of(settings: Settings) -> PersistedDocuments:
    """The documents that clients may name; DocumentsRefused where the folder of trusted ones cannot be used."""
    wanted = settings.documents
    trusted = read_trusted(Path(wanted.trusted)) if wanted.trusted else TrustedDocuments()
    return PersistedDocuments(wanted.automatic_chars if wanted.automatic == "on" else 0, trusted, trusted_only=wanted.accept == "trusted")


def reports_of(settings: Settings, supergraph: Supergraph) -> Catalogue:
    """The saved reports; ReportsRefused where one of them cannot be answered, or is not the one that was approved."""
    return read_reports(Path(settings.reports.folder), supergraph.api_schema) if settings.reports.folder else Catalogue()


def _oauth(settings: Settings, foundation: Foundation, denylist: Denylist) -> OAuthServer:
    store = AuthStore(foundation.database)
    issuer = issuer_of(settings)
    told = OAuthSettings.of(issuer, token_lifetime_s=settings.auth.token_lifetime_s, leeway_s=settings.auth.clock_skew_s)
    stores = Stores(store, store, denylist, EventLog())
    matrix = foundation.door.matrix
    return make_server(told, stores, foundation.keys, lambda roles: scopes_for(roles, matrix))


def issuer_of(settings: Settings) -> str:
    """The issuer of the settings, or the address that is listened on."""
    host = "127.0.0.1" if settings.server.host in ("0.0.0.0", "::") else settings.server.host
    return settings.auth.issuer or f"http://{host}:{settings.server.port}"


async def _remote(name: str, rules: Subgraph, caches: Caches, oauth: OAuthServer, stack: contextlib.AsyncExitStack, opens: Opens | None) -> HttpSubgraph:
    def mint(context: RequestContext, name: str) -> str:
        return oauth.issuer.mint_subgraph_token(context.principal, audience_of(name), clock())

    client = await stack.enter_async_context(pool_of(rules))
    return HttpSubgraph(name, rules.url, client, mint, rules.timeout_s, rules.max_bytes, rules, caches, opens)


def _behind_policy(name: str, remote: Mapping[str, HttpSubgraph], reloader: Reloader[tuple[SubgraphSource, ...]], changes: Feed) -> Executable:
    """The subgraph; ours apply the row policy themselves, wherever they are served."""
    if name not in remote:
        return in_process(name, changes)
    batching = BatchingSubgraph(remote[name])
    there = SharingSubgraph(batching) if remote[name].shares else batching
    return there if name in graphs() else GuardedSubgraph(there, lambda: reloader.generation.supergraph)


def _readiness(settings: Settings, probes: Mapping[str, Probe], remote: Mapping[str, HttpSubgraph]) -> Readiness:
    required = {"subgraph." + name: each.is_well for name, each in remote.items() if settings.subgraphs[name].required == "on"}
    others = {"subgraph." + name: each.is_well for name, each in remote.items() if settings.subgraphs[name].required == "off"}
    return Readiness({**probes, **required}, lambda: others)


def _open_reading(foundation: Foundation) -> Callable[[Principal, datetime], Reading]:
    def open_reading(principal: Principal, moment: datetime) -> Reading:
        return Reading(foundation.database, foundation.door, foundation.opaque, principal, moment)

    return open_reading


def _metrics(settings: Settings, watching: Observing) -> list[Route]:
    if watching.metrics is None:
        return []
    token = settings.metrics.token if settings.metrics.access == "token" else ""
    return [Route("/metrics", MetricsEndpoint(watching.metrics.text, CONTENT_TYPE, token))]


def _probes(foundation: Foundation, audit: AuditStore) -> Mapping[str, Probe]:
    async def database() -> bool:
        async with foundation.database.reading() as session:
            return bool(await session.fetch("select 1"))

    async def written() -> bool:
        return audit.has_room

    return {"database": database, "audit": written}


def _routes(served: Served, oauth: OAuthServer, ready: Readiness, more: Sequence[BaseRoute]) -> ASGIApp:
    graphql = GraphQLEndpoint(served)
    rest = Starlette(
        routes=[
            Route("/graphql/schema", SchemaEndpoint(served)),
            Route("/health", Health()),
            Route("/ready", ready),
            *oauth_routes(oauth, clock),
            *more,
        ],
        exception_handlers={HTTPException: tell_routing_error},
    )
    # A redirect would be to whatever host the request names, and take a client's assertion there.
    rest.router.redirect_slashes = False
    others = without_sockets(rest)

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        # The hot path goes around the router, which costs as much as the rest of the edge.
        await (graphql if scope["path"] == "/graphql" else others)(scope, receive, send)

    return dispatch


class Application:
    """An ASGI application that opens its gateway in the lifespan; what a process manager imports."""

    def __init__(self, settings: Settings, announce: Announce) -> None:
        self._settings = settings
        self._announce = announce
        self._gateway: Gateway | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._gateway is not None:
            await self._gateway.app(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with opened(self._settings, self._announce) as self._gateway:
            await send({"type": "lifespan.startup.complete"})
            await receive()
        self._gateway = None
        await send({"type": "lifespan.shutdown.complete"})


def factory() -> Application:
    """For `uvicorn --factory gateway.app:factory`: settings from ./cellgate.toml and the environment."""
    return Application(load(Path("cellgate.toml"), os.environ), lambda _message: None)
