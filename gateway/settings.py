"""This module is in charge of the settings: cellgate.toml and the environment become one frozen tree, in which every knob
has a default and a help text.

The environment wins over the file: `CELLGATE_SECTION_NAME` sets `name` in `[section]`. Subgraphs and the budgets of clients are named in the file only.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, get_args, get_origin, get_type_hints

PREFIX: Final = "CELLGATE_"
# Not settings: the seed and profile of the tests, and what Kubernetes tells every pod about a service named cellgate.
FOREIGN: Final = re.compile(r"CELLGATE_(SEED|PROFILE|SERVICE_(HOST|PORT)(_.*)?|PORT(_\d+_.*)?)")
IN_PROCESS: Final = "in-process"


class SettingsRefused(Exception):
    """A setting that cannot be used; the message names its place, what was found and what is allowed."""

    code = "SETTINGS_REFUSED"


def knob(default: Any, help: str, *, least: float | None = None, most: float | None = None, schemes: tuple[str, ...] = ()) -> Any:
    """A setting with its default, its help text, its bounds, both included, and what a URL has to begin with where one is given."""
    return field(default=default, metadata={"help": help, "least": least, "most": most, "schemes": schemes})


@dataclass(frozen=True, slots=True)
class Server:
    """Where the gateway listens."""

    host: str = knob("127.0.0.1", "Address to listen on; 0.0.0.0 for all.")
    port: int = knob(4000, "TCP port to listen on; 0 takes a free one.", least=0, most=65535)
    workers: int = knob(1, "Processes, one event loop each; one per core is best.", least=1, most=256)


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

    body_bytes: int = knob(1_000_000, "Bytes of a request's body.", least=1_000, most=100_000_000)
    tokens: int = knob(5_000, "Lexical tokens of an operation.", least=10, most=1_000_000)
    depth: int = knob(15, "Nesting of selections, fragments followed.", least=1, most=1_000)
    aliases: int = knob(100, "Aliases in an operation, fragments followed.", least=0, most=100_000)
    root_fields: int = knob(20, "Fields at the root of an operation, fragments followed.", least=1, most=10_000)
    fields: int = knob(2_000, "Fields of an operation, fragments followed wherever they are used.", least=1, most=1_000_000)
    directives: int = knob(50, "Directives of an operation, fragments followed.", least=0, most=100_000)
    list_size: int = knob(1_000, "Most items of one list in a document or a variable; a page (first, last) has at most 200 in any case.", least=1, most=100_000)
    timeout_s: float = knob(15.0, "Seconds a request may take.", least=0.1, most=600)
    exact_code_misses_per_minute: int = knob(
        30, "Look-ups of codes that do not exist, per client and address, before further ones are put off.", least=0, most=1_000_000
    )


@dataclass(frozen=True, slots=True)
class Documents:
    """Documents that clients name by a hash instead of sending them."""

    automatic: Literal["on", "off"] = knob("on", "Whether a client may register a document once and name it from then on (automatic persisted queries).")
    automatic_chars: int = knob(1_000_000, "Characters of registered documents kept; what was longest not asked for goes.", least=1_000, most=1_000_000_000)
    trusted: str = knob("", "Folder of trusted documents: .graphql files, and .json manifests of text by id; empty is none.")
    accept: Literal["any", "trusted"] = knob("any", "trusted answers no document that is not in the folder.")


@dataclass(frozen=True, slots=True)
class Cost:
    """What an operation may cost, by its document and variables alone: objects 1, times the length of lists, and `@cost` and `@listSize`."""

    per_request: int = knob(1_000_000, "Most that one operation may cost; 0 is no bound.", least=0, most=1_000_000_000_000)
    per_minute: int = knob(0, "Most that the operations of one client may cost within a minute; 0 is no bound.", least=0, most=1_000_000_000_000)
    list_size: int = knob(20, "Length that is assumed of a list where neither @listSize nor first or last says it.", least=1, most=100_000)


@dataclass(frozen=True, slots=True)
class Budget:
    """What the operations of one client may cost, by the client's id."""

    per_request: int = knob(0, "Most that one operation may cost; 0 is as in [cost].", least=0, most=1_000_000_000_000)
    per_minute: int = knob(0, "Most that its operations may cost within a minute; 0 is as in [cost].", least=0, most=1_000_000_000_000)


@dataclass(frozen=True, slots=True)
class Subgraph:
    """One subgraph: in this process, or a server anywhere that speaks the federation protocol."""

    url: str = knob(IN_PROCESS, 'Its URL, or "in-process" for the three that come with the program.')
    timeout_s: float = knob(10.0, "Seconds one call may take.", least=0.01, most=600)
    max_bytes: int = knob(16_000_000, "Bytes of one answer.", least=1_000, most=1_000_000_000)


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
    cost: Cost = Cost()
    metrics: Metrics = Metrics()
    telemetry: Telemetry = Telemetry()
    platform: Platform = Platform()
    log: Log = Log()
    subgraphs: Mapping[str, Subgraph] = field(default_factory=lambda: BUILT_IN)
    budgets: Mapping[str, Budget] = field(default_factory=lambda: MappingProxyType({}))


Section = Server | Database | Auth | Limits | Documents | Cost | Metrics | Telemetry | Platform | Log | Subgraph | Budget
SECTIONS: Final[Mapping[str, type[Any]]] = MappingProxyType(
    {
        "server": Server,
        "database": Database,
        "auth": Auth,
        "limits": Limits,
        "documents": Documents,
        "cost": Cost,
        "metrics": Metrics,
        "telemetry": Telemetry,
        "platform": Platform,
        "log": Log,
    }
)


class Place(NamedTuple):
    """Where a value came from: a file and a dotted key, or a variable of the environment."""

    source: str
    key: str

    def __str__(self) -> str:
        return self.key + " (" + self.source + ")"


def load(path: Path | None, environment: Mapping[str, str]) -> Settings:
    """Read the file, if it is there, then the environment, once; SettingsRefused for anything unknown or ill-typed."""
    source = str(path) if path is not None else "cellgate.toml"
    tree = _parsed(path) if path is not None else {}
    _known(tree, [*SECTIONS, "subgraphs", "budgets"], source, "")
    given = {name: _table(tree.get(name, {}), Place(source, name)) for name in SECTIONS}
    sections = {name: _section(kind, given[name], Place(source, name)) for name, kind in SECTIONS.items()}
    for name, value, place in _variables(environment):
        section, key = name
        sections[section] = dataclasses.replace(sections[section], **{key: _from_text(SECTIONS[section], key, value, place)})
    subgraphs = {name: _subgraph(name, value, source) for name, value in _table(tree.get("subgraphs", {}), Place(source, "subgraphs")).items()}
    places = {name: Place(source, "budgets." + name) for name in _table(tree.get("budgets", {}), Place(source, "budgets"))}
    budgets = {name: _section(Budget, _table(tree["budgets"][name], place), place) for name, place in places.items()}
    settings = Settings(**sections, subgraphs=MappingProxyType({**BUILT_IN, **subgraphs}), budgets=MappingProxyType(budgets))
    if settings.database.pool_min > settings.database.pool_max:
        raise SettingsRefused(str(Place(source, "database.pool_min")) + " is more than database.pool_max")
    if settings.documents.accept == "trusted" and not settings.documents.trusted:
        raise SettingsRefused(str(Place(source, "documents.accept")) + " is trusted, and documents.trusted names no folder")
    if settings.metrics.access == "token" and len(settings.metrics.token) < 16:
        raise SettingsRefused(str(Place(source, "metrics.token")) + " has to have 16 characters or more, for metrics.access is token")
    for adapter, needed in (("file", "folder"), ("http", "url")):
        if settings.platform.adapter == adapter and not getattr(settings.platform, needed):
            raise SettingsRefused(f"{Place(source, 'platform.adapter')} is {adapter}, and platform.{needed} is empty")
    return settings


def stated(settings: Settings, section: str, name: str, value: object, option: str) -> Settings:
    """The settings with one knob as the command line's `option` has it; held to the same rules as in the file."""
    checked = _value(SECTIONS[section], name, value, Place("command line", option))
    return dataclasses.replace(settings, **{section: dataclasses.replace(getattr(settings, section), **{name: checked})})


def _parsed(path: Path) -> dict[str, Any]:
    """The file's tree; an empty one where there is no file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as closed:
        raise SettingsRefused(str(path) + " cannot be read: " + str(closed.strerror)) from closed
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise SettingsRefused(str(path) + " is not TOML: " + str(broken)) from broken


def _table(value: object, place: Place) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise SettingsRefused(str(place) + " has to be a table, not " + _said(type(value)))


def _known(given: Mapping[str, object], allowed: list[str], source: str, prefix: str) -> None:
    for name in given:
        if name not in allowed:
            raise SettingsRefused(str(Place(source, prefix + name)) + " is not a setting" + _nearest(name, allowed))


def _nearest(name: str, allowed: list[str]) -> str:
    close = difflib.get_close_matches(name, allowed, n=1, cutoff=0.5)
    return "; did you mean " + close[0] + "?" if close else "; there are " + ", ".join(sorted(allowed))


def _section(kind: type[Any], given: Mapping[str, object], place: Place) -> Any:
    _known(given, [each.name for each in dataclasses.fields(kind)], place.source, place.key + ".")
    return kind(**{name: _value(kind, name, value, Place(place.source, place.key + "." + name)) for name, value in given.items()})


def _subgraph(name: str, value: object, source: str) -> Subgraph:
    place = Place(source, "subgraphs." + name)
    made: Subgraph = _section(Subgraph, {"url": value} if isinstance(value, str) else _table(value, place), place)
    if made.url == IN_PROCESS and name not in BUILT_IN:
        raise SettingsRefused(str(place) + " has no url; only " + ", ".join(BUILT_IN) + " are in this process")
    if made.url != IN_PROCESS and not made.url.startswith(("http://", "https://")):
        raise SettingsRefused(str(place) + ".url has to be http://..., https://... or " + IN_PROCESS)
    return made


def _value(kind: type[Any], name: str, value: object, place: Place) -> object:
    wanted = get_type_hints(kind)[name]
    choices = get_args(wanted) if get_origin(wanted) is Literal else ()
    if choices and value not in choices:
        raise SettingsRefused(str(place) + " has to be one of " + ", ".join(choices))
    # In Python a bool is an int, and in TOML 15 is not 15.0.
    if wanted is float and type(value) is int:
        value = float(value)
    if not choices and type(value) is not wanted:
        raise SettingsRefused(str(place) + " has to be " + _said(wanted) + ", not " + _said(type(value)))
    _bounded(kind, name, value, place)
    _schemed(kind, name, value, place)
    return value


def _bounded(kind: type[Any], name: str, value: object, place: Place) -> None:
    if not isinstance(value, (int, float)):
        return
    bounds = next(each.metadata for each in dataclasses.fields(kind) if each.name == name)
    # Written so that nan, which compares with nothing, is refused.
    if not bounds["least"] <= value <= bounds["most"]:
        raise SettingsRefused(str(place) + " has to be from " + str(bounds["least"]) + " to " + str(bounds["most"]))


def _schemed(kind: type[Any], name: str, value: object, place: Place) -> None:
    schemes = next(each.metadata["schemes"] for each in dataclasses.fields(kind) if each.name == name)
    # The value is not told: it may hold a password.
    if schemes and value and not str(value).startswith(schemes):
        raise SettingsRefused(str(place) + " has to begin with " + " or ".join(schemes))


def _said(kind: Any) -> str:
    return {str: "text", int: "a whole number", float: "a number", bool: "true or false", dict: "a table", list: "a list"}.get(kind, str(kind))


def _variables(environment: Mapping[str, str]) -> Iterator[tuple[tuple[str, str], str, Place]]:
    allowed = {PREFIX + (name + "_" + each.name).upper(): (name, each.name) for name, kind in SECTIONS.items() for each in dataclasses.fields(kind)}
    for variable, value in sorted(environment.items()):
        if not variable.startswith(PREFIX) or FOREIGN.fullmatch(variable):
            continue
        if variable not in allowed:
            raise SettingsRefused(str(Place("environment", variable)) + " is not a setting" + _nearest(variable, list(allowed)))
        yield allowed[variable], value, Place("environment", variable)


def _from_text(kind: type[Any], name: str, value: str, place: Place) -> object:
    wanted = get_type_hints(kind)[name]
    if wanted in (int, float):
        try:
            return _value(kind, name, wanted(value), place)
        except ValueError:
            raise SettingsRefused(str(place) + " has to be " + _said(wanted)) from None
    return _value(kind, name, value, place)


def printed(settings: Settings) -> str:
    """The tree in force, as a cellgate.toml that would give it; passwords in a DSN or URL are covered."""
    lines: list[str] = []
    for name in SECTIONS:
        lines += ["[" + name + "]", *_assignments(getattr(settings, name)), ""]
    for name, subgraph in settings.subgraphs.items():
        lines += ["[subgraphs." + _toml(name) + "]", *_assignments(subgraph), ""]
    for name, budget in settings.budgets.items():
        lines += ["[budgets." + _toml(name) + "]", *_assignments(budget), ""]
    return "\n".join(lines)


def _assignments(section: Section) -> Iterator[str]:
    for each in dataclasses.fields(section):
        value = getattr(section, each.name)
        yield each.name + " = " + _toml(COVERS[each.name](value) if each.name in COVERS else value)


def _toml(value: str | int | float) -> str:
    # A TOML basic string takes every escape of a JSON string, and wants one for DEL, too.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f") if isinstance(value, str) else str(value)


def covered(dsn: str) -> str:
    """The DSN without its password, in either of the places a DSN may have it."""
    return re.sub(r"(password=)[^&\s]*", r"\1***", re.sub(r"(://[^:/@]*:).*@", r"\1***@", dsn))


def covered_url(url: str) -> str:
    """The URL without its password; a user without password may be a key, and is covered whole."""
    return re.sub(r"(password=)[^&\s]*", r"\1***", re.sub(r"(://(?:[^:/?#@]*:)?)[^/?#]*@", r"\1***@", url))


COVERS: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {"dsn": covered, "url": covered_url, "endpoint": covered_url, "token": lambda token: "***" if token else ""}
)


def page() -> str:
    """docs/settings.md: every knob with its variable, default, bounds and help."""
    lines = ["# Settings", "", *PAGE_HEAD, ""]
    for name, kind in {**SECTIONS, "subgraphs.NAME": Subgraph, "budgets.CLIENT": Budget}.items():
        lines += ["## [" + name + "]", "", kind.__doc__ or "", "", "| name | environment | type | default | meaning |", "|---|---|---|---|---|"]
        lines += [_row(name, each, get_type_hints(kind)[each.name]) for each in dataclasses.fields(kind)] + [""]
    return "\n".join(lines)


PAGE_HEAD: Final = (
    "Made by `gateway/settings.py`; a test holds this page equal to what `page()` there returns.",
    "",
    "Settings come from `cellgate.toml` in the current folder; a variable of the environment wins over it. A name that is not",
    "listed here is refused. `./cellgate settings` prints the tree in force. A subgraph may be given by its URL alone:",
    '`[subgraphs]` with `tariffs = "https://tariffs.example/graphql"`.',
)


def _row(section: str, knob: dataclasses.Field[Any], wanted: Any) -> str:
    variable = "" if section not in SECTIONS else "`" + PREFIX + (section + "_" + knob.name).upper() + "`"
    kind = " or ".join(get_args(wanted)) if get_origin(wanted) is Literal else _said(wanted)
    default = _toml(knob.default) if isinstance(knob.default, (str, int, float)) else ""
    if knob.metadata["least"] is not None:
        kind += ", " + str(knob.metadata["least"]) + " to " + str(knob.metadata["most"])
    return "| " + " | ".join(["`" + knob.name + "`", variable, kind, "`" + default + "`", knob.metadata["help"]]) + " |"
