"""This module is in charge of what can be set: every knob with its default, its bounds and a help text, in frozen sections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

IN_PROCESS: Final = "in-process"


def knob(default: Any, help: str, *, least: float | None = None, most: float | None = None, schemes: tuple[str, ...] = ()) -> Any:
    """A setting with its default, its help text, its bounds, both included, and what a URL has to begin with where one is given."""
    return field(default=default, metadata={"help": help, "least": least, "most": most, "schemes": schemes})


@dataclass(frozen=True, slots=True)
class Server:
    """Where the gateway listens."""

    host: str = knob("127.0.0.1", "Address to listen on; 0.0.0.0 for all.")
    port: int = knob(4000, "TCP port to listen on; 0 takes a free one.", least=0, most=65535)
    trusted_proxies: str = knob("", "Addresses and networks, with commas between, whose X-Forwarded-For says where a request came from; empty believes nobody.")


@dataclass(frozen=True, slots=True)
class Database:
    """Which PostgreSQL, and how many connections."""

    dsn: str = knob(
        "",
        "A PostgreSQL 15 or later to use, as postgresql://user:password@host/database; empty starts the embedded server.",
        schemes=("postgresql://", "postgres://"),
    )
    data: str = knob("", "Folder of the embedded server; empty is /var/lib/cellgate for root, else ~/.local/share/cellgate.")
    pool_min: int = knob(1, "Connections kept open for reading, per process.", least=0, most=1000)
    pool_max: int = knob(10, "Most connections per database role and process.", least=1, most=1000)
    statement_cache_size: int = knob(1024, "Prepared statements kept per connection; 0 behind PgBouncer in transaction mode.", least=0, most=100_000)


@dataclass(frozen=True, slots=True)
class Auth:
    """The OAuth server and the tokens it signs."""

    issuer: str = knob("", "Issuer URL in tokens and metadata; empty is http://host:port of [server].")
    token_lifetime_s: int = knob(600, "Seconds an access token is good for.", least=30, most=86_400)
    clock_skew_s: int = knob(30, "Seconds that another party's clock may be off.", least=0, most=300)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may ask for; beyond it the request is refused."""

    body_bytes: int = knob(8_000_000, "Bytes of a request's body.", least=1_000, most=100_000_000)
    tokens: int = knob(5_000, "Lexical tokens of an operation.", least=10, most=1_000_000)
    depth: int = knob(15, "Nesting of selections, fragments followed.", least=1, most=1_000)
    aliases: int = knob(100, "Aliases in an operation, fragments followed.", least=0, most=100_000)
    root_fields: int = knob(20, "Fields at the root of an operation, fragments followed.", least=1, most=10_000)
    fields: int = knob(2_000, "Fields of an operation, fragments followed wherever they are used.", least=1, most=1_000_000)
    directives: int = knob(50, "Directives of an operation, fragments followed.", least=0, most=100_000)
    list_size: int = knob(
        1_000,
        "Most items of one list in a document or a variable; a page (first, last) has at most 200 in any case, and the lists of one report "
        "(cells, released, sourceCodes, inputs, moves) as many as their forms take, 5,000 or 1,000.",
        least=1,
        most=100_000,
    )
    reports: int = knob(10_000, "Most reports in one list of them, in a variable (reportLifecycleEvents).", least=1, most=10_000)
    timeout_s: float = knob(15.0, "Seconds a request may take.", least=0.1, most=600)
    exact_code_misses_per_minute: int = knob(
        30,
        "Codes that do not exist which a client may name in a minute, an address ten times as many; then others are put off. "
        "A list may take those of the next minute.",
        least=0,
        most=1_000_000,
    )


@dataclass(frozen=True, slots=True)
class Documents:
    """Documents that clients name by a hash instead of sending them."""

    automatic: Literal["on", "off"] = knob("on", "Whether a client may register a document once and name it from then on (automatic persisted queries).")
    automatic_chars: int = knob(1_000_000, "Characters of registered documents kept; what was longest not asked for goes.", least=1_000, most=1_000_000_000)
    trusted: str = knob("", "Folder of trusted documents: .graphql files, and .json manifests of text by id; empty is none.")
    accept: Literal["any", "trusted"] = knob("any", "trusted answers no document that is not in the folder.")


@dataclass(frozen=True, slots=True)
class Caches:
    """What is kept of what was asked, so that asking again costs less: KiB of memory, estimated, per process. What was longest not asked for goes."""

    texts_kib: int = knob(2_000, "Texts of operations, known by what they ask for.", least=0, most=10_000_000)
    operations_kib: int = knob(10_000, "Operations with their plans and projections; a larger one is prepared for each request.", least=0, most=10_000_000)
    plans_kib: int = knob(3_000, "Plans, and as much again for projections, that other views and texts may have in common.", least=0, most=10_000_000)
    documents_kib: int = knob(1_000, "Documents parsed, for other views of the same text.", least=0, most=10_000_000)
    introspection_kib: int = knob(8_000, "Answers to introspection, by view.", least=0, most=10_000_000)
    readings_kib: int = knob(2_000, "What is expected of a remote subgraph's answers, and its decoders, for each of these subgraphs.", least=0, most=10_000_000)
    code_kib: int = knob(3_000, "Types and functions generated of operations, for each of five kinds of them.", least=0, most=10_000_000)


@dataclass(frozen=True, slots=True)
class Reports:
    """Saved operations that BI tools read as rows."""

    folder: str = knob("", "Folder of reports: .graphql files, and reports.toml with who approved each for whom; empty is none.")
    per_client: int = knob(8, "Reports that one client reads at a time, per process.", least=1, most=10_000)
    total: int = knob(32, "Reports that all clients read at a time, per process; each may hold a few MiB.", least=1, most=100_000)
    send_timeout_s: float = knob(
        60.0, "Seconds a client may take to accept one part, of some hundred kilobytes; one that does not is left.", least=0.05, most=3_600
    )


@dataclass(frozen=True, slots=True)
class Cost:
    """What an operation may cost, by its document and variables alone: objects 1, times the length of lists, and `@cost` and `@listSize`."""

    per_request: int = knob(1_000_000, "Most that one operation may cost; 0 is no bound.", least=0, most=1_000_000_000_000)
    per_minute: int = knob(0, "Most that the operations of one client may cost within a minute; 0 is no bound.", least=0, most=1_000_000_000_000)
    list_size: int = knob(20, "Length that is assumed of a list where neither @listSize nor first or last says it.", least=1, most=100_000)


@dataclass(frozen=True, slots=True)
class Planning:
    """Which of several ways to an answer is taken."""

    override_labels: str = knob(
        "",
        "Labels of progressive overrides (@override(label:)), with commas between, that hold for every request; percent(N) holds for N of a hundred "
        "requests, and for all where it is listed.",
    )
    override_by: Literal["request", "client"] = knob(
        "request", "What a percentage is drawn by: the request's id, or the client's, which then always finds a field in the same subgraph."
    )
    override_header: str = knob(
        "",
        "Header of a request that lists further labels which hold for it, with commas between; empty reads none. What stands in front sets or strips it.",
    )

    @property
    def labels(self) -> frozenset[str]:
        """The labels by themselves."""
        return frozenset(filter(None, map(str.strip, self.override_labels.split(","))))


@dataclass(frozen=True, slots=True)
class Budget:
    """What the operations of one client may cost, by the client's id."""

    per_request: int = knob(0, "Most that one operation may cost; 0 is as in [cost].", least=0, most=1_000_000_000_000)
    per_minute: int = knob(0, "Most that its operations may cost within a minute; 0 is as in [cost].", least=0, most=1_000_000_000_000)


@dataclass(frozen=True, slots=True)
class Subgraph:
    """One subgraph: in this process, or a server anywhere that speaks the federation protocol."""

    url: str = knob(IN_PROCESS, 'Its URL, or "in-process" for the three that come with the program.')
    sdl: str = knob(
        "", 'Where its SDL is: a file, or a URL; "service" asks the subgraph itself, and so does nothing, but for the three that come with the program.'
    )
    timeout_s: float = knob(10.0, "Seconds one call may take, further attempts included.", least=0.01, most=600)
    connect_timeout_s: float = knob(1.0, "Seconds until a connection stands.", least=0.01, most=60)
    idle_timeout_s: float = knob(10.0, "Seconds between two pieces of an answer.", least=0.01, most=600)
    max_bytes: int = knob(16_000_000, "Bytes of one answer, unpacked.", least=1_000, most=1_000_000_000)
    connections: int = knob(100, "Connections at a time, per process; further calls wait for one.", least=1, most=10_000)
    compression: Literal["on", "off"] = knob("off", "Whether answers may come packed (gzip, deflate); worth it on slow networks.")
    retries: int = knob(2, "Further attempts at a query that did not reach it, or that it put off (502, 503, 504); mutations have one.", least=0, most=10)
    breaker_rate: float = knob(0.5, "Share of failing calls, of 20 or more in 10 seconds, at which it is no longer asked; 0 asks it always.", least=0, most=1)
    breaker_open_s: float = knob(0.5, "Seconds until one call tries whether it is back.", least=0.05, most=60)
    addresses: tuple[str, ...] = knob((), "Networks (CIDR) its name may stand for beside public addresses; a URL that is written with an address needs none.")
    forward: tuple[str, ...] = knob((), "Headers of the client that are passed on.")
    set: tuple[str, ...] = knob((), 'Headers that every call carries, as "name: value".')
    remove: tuple[str, ...] = knob((), "Headers of the gateway's own that are left out, as authorization.")
    traceparent: Literal["on", "off"] = knob("off", "Whether it is told the trace that a call belongs to.")
    share: Literal["on", "off"] = knob("off", "Whether equal queries of one token that are on their way at the same time are one call.")
    events: Literal["off", "sse", "websocket"] = knob("off", "How it is subscribed to: graphql-sse, or graphql-transport-ws at the same URL.")
    required: Literal["on", "off"] = knob("off", "Whether the gateway is ready only while it answers.")


@dataclass(frozen=True, slots=True)
class Reload:
    """Taking over new SDL of subgraphs while requests go on."""

    watch_s: float = knob(1.0, "Seconds between looks at files; 0 never looks again.", least=0, most=3_600)
    poll_s: float = knob(30.0, "Seconds between looks at URLs.", least=0.1, most=86_400)


@dataclass(frozen=True, slots=True)
class Streams:
    """Subscriptions of clients, over server-sent events and WebSockets (graphql-transport-ws)."""

    per_client: int = knob(50, "Subscriptions of one client at a time, per process.", least=0, most=100_000)
    total: int = knob(2_000, "Subscriptions, and sockets, of all clients at a time, per process.", least=0, most=1_000_000)
    per_socket: int = knob(20, "Operations on one socket at a time.", least=1, most=1_000)
    init_timeout_s: float = knob(5.0, "Seconds a new socket has to say who it is.", least=0.05, most=60)
    send_timeout_s: float = knob(15.0, "Seconds a client may take to accept one event.", least=0.05, most=600)
    heartbeat_s: float = knob(12.0, "Seconds of silence after which a stream of events is sent a sign of life.", least=0.05, most=600)
    check_s: float = knob(1.0, "Seconds between looks at whether the token is still good.", least=0.01, most=60)


@dataclass(frozen=True, slots=True)
class Metrics:
    """Metrics for Prometheus at /metrics. Each process tells its own."""

    access: Literal["off", "loopback", "token"] = knob("off", "Who may read them: nobody, direct connections from this machine, or bearers of `token`.")
    token: str = knob("", "What `Authorization: Bearer` has to carry, 16 characters or more.")


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Traces for an OpenTelemetry collector: a span for the request, each stage and each fetch."""

    endpoint: str = knob("", "Where traces are sent (OTLP over HTTP), as http://host:4318/v1/traces; empty sends none.", schemes=("http://", "https://"))
    service: str = knob("cellgate", "Name of the service in traces.")
    ratio: float = knob(1.0, "Share of requests that are traced.", least=0, most=1)
    accept_traceparent: Literal["on", "off"] = knob("off", "Whether a client's traceparent header decides: on where all clients are trusted.")
    delay_s: float = knob(5.0, "Seconds until spans are sent.", least=0.05, most=60)
    timeout_s: float = knob(5.0, "Seconds the collector may take.", least=0.1, most=60)


@dataclass(frozen=True, slots=True)
class Platform:
    """Telling a national platform of every event (docs/platform.md); what is not told yet waits in the outbox."""

    adapter: Literal["none", "file", "http"] = knob("none", "file writes files into a folder and reads answers there, http posts to a URL, none waits.")
    folder: str = knob("", "Folder of the file adapter; out/ and answers/ are in it.")
    url: str = knob("", "URL of the http adapter.", schemes=("https://", "http://"))
    credential: str = knob("", "File with the bearer token of the http adapter; read anew for each batch. Empty sends none.")
    batch: int = knob(500, "Most events sent at once.", least=1, most=10_000)
    poll_s: float = knob(5.0, "Seconds between looks for what is due and for answers, where nothing rings before.", least=0.05, most=3_600)
    answer_within_s: float = knob(86_400.0, "Seconds after which an event is sent again that was never answered.", least=1, most=8_640_000)
    timeout_s: float = knob(30.0, "Seconds that one call of the http adapter may take.", least=0.1, most=600)


@dataclass(frozen=True, slots=True)
class Sweep:
    """Rules that go over all that was recorded, one process at a time."""

    every_s: float = knob(3_600.0, "Seconds between two sweeps; 0 sweeps only when asked to (cellgate sweep).", least=0, most=8_640_000)


@dataclass(frozen=True, slots=True)
class Changes:
    """The feed of changes."""

    keep_days: int = knob(180, "Days that changes are kept; a cursor that missed what is gone is refused (CURSOR_EXPIRED); 0 keeps all.", least=0, most=36_500)


@dataclass(frozen=True, slots=True)
class Publish:
    """Tables of closed months for everybody, made by a process of its own, one at a time."""

    every_s: float = knob(21_600.0, "Seconds between two looks; 0 publishes only when asked to (cellgate ledger publish).", least=0, most=8_640_000)


@dataclass(frozen=True, slots=True)
class Log:
    """What is logged, and how."""

    format: Literal["console", "json"] = knob("console", "console for people, json for machines.")
    level: Literal["debug", "info", "warning", "error"] = knob("info", "Least severity that is written.")


BUILT_IN: Final[Mapping[str, Subgraph]] = MappingProxyType({name: Subgraph() for name in ("battery", "vehicle", "enterprise")})


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole tree."""

    server: Server = Server()
    database: Database = Database()
    auth: Auth = Auth()
    limits: Limits = Limits()
    documents: Documents = Documents()
    caches: Caches = Caches()
    reports: Reports = Reports()
    cost: Cost = Cost()
    planning: Planning = Planning()
    reload: Reload = Reload()
    streams: Streams = Streams()
    metrics: Metrics = Metrics()
    telemetry: Telemetry = Telemetry()
    platform: Platform = Platform()
    sweep: Sweep = Sweep()
    publish: Publish = Publish()
    changes: Changes = Changes()
    log: Log = Log()
    subgraphs: Mapping[str, Subgraph] = field(default_factory=lambda: BUILT_IN)
    budgets: Mapping[str, Budget] = field(default_factory=lambda: MappingProxyType({}))


Section = (
    Server
    | Database
    | Auth
    | Limits
    | Documents
    | Caches
    | Reports
    | Cost
    | Planning
    | Reload
    | Streams
    | Metrics
    | Telemetry
    | Platform
    | Sweep
    | Publish
    | Changes
    | Log
    | Subgraph
    | Budget
)
SECTIONS: Final[Mapping[str, type[Any]]] = MappingProxyType(
    {
        "server": Server,
        "database": Database,
        "auth": Auth,
        "limits": Limits,
        "documents": Documents,
        "caches": Caches,
        "reports": Reports,
        "cost": Cost,
        "planning": Planning,
        "reload": Reload,
        "streams": Streams,
        "metrics": Metrics,
        "telemetry": Telemetry,
        "platform": Platform,
        "sweep": Sweep,
        "publish": Publish,
        "changes": Changes,
        "log": Log,
    }
)
