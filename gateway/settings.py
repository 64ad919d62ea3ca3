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
from ipaddress import ip_network
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from gateway.sections import (
    BUILT_IN,
    IN_PROCESS,
    SECTIONS,
    Auth,
    Budget,
    Caches,
    Changes,
    Cost,
    Database,
    Documents,
    Limits,
    Log,
    Metrics,
    Planning,
    Platform,
    Publish,
    Reload,
    Reports,
    Section,
    Server,
    Settings,
    Streams,
    Subgraph,
    Sweep,
    Telemetry,
)

__all__ = [
    "BUILT_IN",
    "IN_PROCESS",
    "SECTIONS",
    "Auth",
    "Budget",
    "Caches",
    "Changes",
    "Cost",
    "Database",
    "Documents",
    "Limits",
    "Log",
    "Metrics",
    "Planning",
    "Platform",
    "Publish",
    "Reload",
    "Reports",
    "Section",
    "Server",
    "Settings",
    "SettingsRefused",
    "Streams",
    "Subgraph",
    "Sweep",
    "Telemetry",
    "covered",
    "covered_url",
    "load",
    "page",
    "printed",
    "stated",
]

PREFIX: Final = "CELLGATE_"
# Not settings: the seed and profile of the tests, and what Kubernetes tells every pod about a service named cellgate.
FOREIGN: Final = re.compile(r"CELLGATE_(SEED|PROFILE|SERVICE_(HOST|PORT)(_.*)?|PORT(_\d+_.*)?)")
HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", re.ASCII)
KEPT_HEADERS: Final = re.compile(
    r"authorization|cookie2?|host|content-.*|transfer-encoding|te|trailer|connection|keep-alive|upgrade|expect|accept(-encoding)?|proxy-.*|forwarded"
    r"|x-forwarded-.*|x-real-ip|via|traceparent|tracestate|dpop|http2-settings|sec-.*|:.*",
    re.IGNORECASE,
)


class SettingsRefused(Exception):
    """A setting that cannot be used; the message names its place, what was found and what is allowed."""

    code = "SETTINGS_REFUSED"


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
    stated_by: dict[str, Place] = {}
    for name, value, place in _variables(environment):
        section, key = name
        sections[section] = dataclasses.replace(sections[section], **{key: _from_text(SECTIONS[section], key, value, place)})
        stated_by[section + "." + key] = place
    subgraphs = {name: _subgraph(name, value, source) for name, value in _table(tree.get("subgraphs", {}), Place(source, "subgraphs")).items()}
    places = {name: Place(source, "budgets." + name) for name in _table(tree.get("budgets", {}), Place(source, "budgets"))}
    budgets = {name: _section(Budget, _table(tree["budgets"][name], place), place) for name, place in places.items()}
    settings = Settings(**sections, subgraphs=MappingProxyType({**BUILT_IN, **subgraphs}), budgets=MappingProxyType(budgets))
    _check_together(settings, lambda key: stated_by.get(key, Place(source, key)))
    return settings


def _check_together(settings: Settings, where: Callable[[str], Place]) -> None:
    """What is asked of more than the type of a value. `where` has the place that a setting is from: the file, or a variable."""
    for each in filter(None, map(str.strip, settings.server.trusted_proxies.split(","))):
        if not _is_network(each):
            raise SettingsRefused(str(where("server.trusted_proxies")) + " holds something that is no address and no network, as 10.0.0.7 or 10.0.0.0/8")
    if settings.database.pool_min > settings.database.pool_max:
        raise SettingsRefused(str(where("database.pool_min")) + " is more than " + where("database.pool_max").key)
    if settings.documents.accept == "trusted" and not settings.documents.trusted:
        raise SettingsRefused(str(where("documents.accept")) + " is trusted, and documents.trusted names no folder")
    if settings.planning.override_header and not HEADER_NAME.fullmatch(settings.planning.override_header):
        raise SettingsRefused(str(where("planning.override_header")) + " names something that is no header")
    if settings.metrics.access == "token" and len(settings.metrics.token) < 16:
        raise SettingsRefused(str(where("metrics.token")) + " has to have 16 characters or more, for metrics.access is token")
    for adapter, needed in (("file", "folder"), ("http", "url")):
        if settings.platform.adapter == adapter and not getattr(settings.platform, needed):
            raise SettingsRefused(f"{where('platform.adapter')} is {adapter}, and platform.{needed} is empty")


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
    if not isinstance(value, (str, dict)):
        raise SettingsRefused(str(place) + " has to be a table, or the URL as text, not " + _said(type(value)))
    made: Subgraph = _section(Subgraph, {"url": value} if isinstance(value, str) else value, place)
    if made.url == IN_PROCESS and name not in BUILT_IN:
        raise SettingsRefused(str(place) + " has no url; only " + ", ".join(BUILT_IN) + " are in this process")
    if made.url != IN_PROCESS and not _is_web_address(made.url):
        raise SettingsRefused(str(place) + ".url has to be http://..., https://... or " + IN_PROCESS)
    _check_networks(made.addresses, place)
    _check_headers(made, place)
    return made


def _is_web_address(url: str) -> bool:
    """Whether it can be read as a URL of HTTP that names a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _check_networks(networks: tuple[str, ...], place: Place) -> None:
    if not all(map(_is_network, networks)):
        raise SettingsRefused(str(place) + ".addresses holds something that is no network in CIDR form, as 10.0.0.0/8")


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _check_headers(made: Subgraph, place: Place) -> None:
    for each in (*made.forward, *made.remove):
        if not HEADER_NAME.fullmatch(each):
            raise SettingsRefused(str(place) + " names something that is no header")
    for each in made.set:
        name, found, value = each.partition(":")
        if not found or not HEADER_NAME.fullmatch(name) or not value.isprintable() or not value.isascii():
            raise SettingsRefused(str(place) + '.set has to hold texts of the form "name: value"')
    # The caller's credentials stay here, and what describes the connection or the body is not the caller's to say.
    if kept := sorted(each for each in (*made.forward, *(each.partition(":")[0] for each in made.set)) if KEPT_HEADERS.fullmatch(each)):
        raise SettingsRefused(str(place) + " would send " + kept[0] + ", which is the gateway's own to set")


def _value(kind: type[Any], name: str, value: object, place: Place) -> object:
    wanted = get_type_hints(kind)[name]
    choices = get_args(wanted) if get_origin(wanted) is Literal else ()
    if choices and value not in choices:
        raise SettingsRefused(str(place) + " has to be one of " + ", ".join(choices))
    # In Python a bool is an int, and in TOML 15 is not 15.0.
    if wanted is float and type(value) is int:
        value = float(value)
    if get_origin(wanted) is tuple:
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise SettingsRefused(str(place) + " has to be a list of texts")
        return tuple(value)
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
    if schemes:
        try:
            urlsplit(str(value))
        except ValueError:
            # Not its words: they quote the value, which may hold a password.
            raise SettingsRefused(str(place) + " cannot be read as a URL") from None


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
        # Python reads more: digits of every script, and underscores between them. nan and inf are numbers that are out of bounds.
        is_written = value.isascii() and "_" not in value
        try:
            number = wanted(value) if is_written else None
        except ValueError:
            number = None
        if number is None:
            raise SettingsRefused(str(place) + " has to be " + _said(wanted) + ", in the digits 0 to 9")
        return _value(kind, name, number, place)
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


def _toml(value: str | int | float | tuple[str, ...]) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    # A TOML basic string takes every escape of a JSON string, and wants one for DEL, too.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f") if isinstance(value, str) else str(value)


def covered(dsn: str) -> str:
    """The DSN without its password, in either of the places a DSN may have it."""
    return re.sub(r"(password=)[^&\s]*", r"\1***", re.sub(r"(://[^:/@]*:).*@", r"\1***@", dsn))


def covered_url(url: str) -> str:
    """The URL without its password; a user without password may be a key, and is covered whole."""
    return re.sub(r"(password=)[^&\s]*", r"\1***", re.sub(r"(://(?:[^:/?#@]*:)?)[^/?#]*@", r"\1***@", url))


COVERS: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {"dsn": covered, "url": covered_url, "sdl": covered_url, "endpoint": covered_url, "token": lambda token: "***" if token else ""}
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
    kind = " or ".join(get_args(wanted)) if get_origin(wanted) is Literal else "a list of texts" if get_origin(wanted) is tuple else _said(wanted)
    default = _toml(knob.default) if isinstance(knob.default, (str, int, float, tuple)) else ""
    if knob.metadata["least"] is not None:
        kind += ", " + str(knob.metadata["least"]) + " to " + str(knob.metadata["most"])
    return "| " + " | ".join(["`" + knob.name + "`", variable, kind, "`" + default + "`", knob.metadata["help"]]) + " |"
