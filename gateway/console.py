"""This module is in charge of what an operator does at the console, beside the demonstration: serve, explain, ask, import."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import orjson
from rich.console import Console
from rich.progress import Progress as RichProgress
from rich.progress import TextColumn, TimeElapsedColumn

from auth.entitlements import scopes_for
from auth.principal import Principal
from auth.scopes import allowed_scopes
from auth.settings import secure_url
from gateway.app import AsOf, Gateway, clock, composed_of, serving
from gateway.edge.middleware import Envelope
from gateway.errors import Refused
from gateway.foundation import Foundation, founded, has_data
from gateway.generation import key_of
from gateway.listening import Announce, serve, taken
from gateway.logs import AccessLog
from gateway.operation.document import GraphQLRequest
from gateway.pipeline import Call, run
from gateway.planning.printer import print_plan
from gateway.platform.configured import delivering
from gateway.pruning import pruning
from gateway.publishing import publishing
from gateway.rations import MissRation
from gateway.settings import Settings
from gateway.subgraphs import graphs, standalone
from gateway.sweeping import sweeping
from gateway.timings import Timings
from resolvers.database.auth_store import AuthStore
from resolvers.database.failures import LOST, is_away
from resolvers.database.pool import Observer
from resolvers.demo.kept import standing_clock
from resolvers.importing import ImportRefused, ImportReport, Kind, Progress, holds_events, import_file, reporter
from resolvers.strict_json import BadJson, read_json

LOG: Final = logging.getLogger("cellgate.import")
_DEADLINE_S: Final = 60.0


class ConsoleRefused(Exception):
    """Something that the operator has to mend; the message says what."""

    def __init__(self, code: str, message: str) -> None:
        # A message of these is one line, whatever is in the name of a file.
        super().__init__(message.replace("\n", "\\n"))
        self.code = code


class OperationRefused(Exception):
    """An operation that has no data: one line for each error, which begins with its code."""

    def __init__(self, errors: Iterable[Mapping[str, Any]]) -> None:
        super().__init__("\n".join(map(_line, errors)))


def _quiet(_message: str) -> None:
    """Nothing but the answer is printed."""


async def serve_gateway(settings: Settings, announce: Announce) -> None:
    """Serve the gateway until it is asked to stop."""
    listener = taken(settings.server.host, settings.server.port)
    settings = replace(settings, server=replace(settings.server, port=listener.getsockname()[1]))
    async with (
        founded(settings, announce) as foundation,
        serving(settings, foundation) as gateway,
        delivering(settings.platform, foundation.database, clock),
        sweeping(settings.sweep, foundation.database, clock, lambda now: now),
        publishing(settings, foundation.database, clock),
        pruning(settings.changes, foundation.database, clock),
    ):
        announce(f"serving {gateway.oauth.settings.resource}")
        await serve(AccessLog(gateway.app), listener, settings)


async def supergraph_sdl(settings: Settings) -> str:
    """The supergraph SDL of the settings' subgraphs."""
    return (await composed_of(settings)).sdl


async def explained(file: Path, party: str, variables: str, settings: Settings, complain: Announce = _quiet) -> str:
    """The plan of the operation, and every statement that answering it sends, with the rows that each gave.

    `complain` gets a line for each error beside data. Raises OperationRefused where there are none, ConsoleRefused where nothing could be asked.
    """
    statements: list[tuple[str, int]] = []

    def observe(text: str, _arguments: Sequence[object], rows: Sequence[Any]) -> None:
        statements.append((text, len(rows)))

    async with _asking(settings, observe) as gateway:
        principal, request = await _asked(gateway, file, party, variables)
        try:
            # The key is made of the document, which may be no GraphQL.
            key = key_of(request, gateway.generation.views.of(principal), principal.view_mode)
            prepared = await gateway.generation.prepare_as_written(key, Timings())
        except Refused as refusal:
            raise OperationRefused(each.as_json() for each in refusal.errors) from refusal
        await _answer(gateway, request, principal, complain)
        plan = print_plan(prepared.plan)
    sent = [f"-- statement {number}: {rows} rows\n{text}" for number, (text, rows) in enumerate(statements, start=1)]
    return "\n\n".join([plan, *sent])


async def answered(file: Path, party: str, variables: str, settings: Settings, complain: Announce = _quiet) -> str:
    """The answer to the operation, as indented JSON. Errors as in `explained`."""
    async with _asking(settings) as gateway:
        principal, request = await _asked(gateway, file, party, variables)
        answer = await _answer(gateway, request, principal, complain)
    return orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode()


@contextlib.asynccontextmanager
async def _asking(settings: Settings, observe: Observer | None = None) -> AsyncIterator[Gateway]:
    """A gateway for one question, as of the demonstration's moment where the database holds one."""
    async with founded(settings, _quiet, observe, create=False) as foundation, serving(settings, foundation, await _standing_clock(foundation)) as gateway:
        yield gateway


async def _asked(gateway: Gateway, file: Path, party: str, variables: str) -> tuple[Principal, GraphQLRequest]:
    text, values = _document(file), _values(variables)
    return await _principal(gateway, party), GraphQLRequest(text, values)


def _document(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as unreadable:
        raise ConsoleRefused("FILE_UNREADABLE", f"{file} cannot be read: {unreadable.strerror}") from unreadable
    except UnicodeDecodeError as foreign:
        raise ConsoleRefused("FILE_UNREADABLE", f"{file} is not UTF-8 at byte {foreign.start + 1}") from foreign


def _values(variables: str) -> dict[str, Any]:
    try:
        values = read_json(variables)
    except BadJson as malformed:
        raise ConsoleRefused("VARIABLES_MALFORMED", f"--variables: {malformed}") from malformed
    if not isinstance(values, dict):
        raise ConsoleRefused("VARIABLES_MALFORMED", "--variables takes a JSON object")
    return values


async def _principal(gateway: Gateway, client_id: str) -> Principal:
    """Whom a token of that client would stand for, with all that it may ask for and its first purpose."""
    now = clock()
    client = await AuthStore(gateway.foundation.database).client(client_id)
    if client is None or not client.usable(now):
        raise ConsoleRefused("CLIENT_UNKNOWN", "no such client, or it may not be used now; the demonstration's are named like its parties")
    matrix = gateway.foundation.door.matrix
    scopes = allowed_scopes(client, now, lambda roles: scopes_for(roles, matrix))
    return Principal(
        client.party,
        client.roles_at(now),
        scopes,
        client.jurisdiction,
        client.purposes[0],
        client.client_id,
        "console",
        now + timedelta(minutes=1),
        client.view_mode,
    )


async def _answer(gateway: Gateway, request: GraphQLRequest, principal: Principal, complain: Announce) -> dict[str, Any]:
    deadline = asyncio.get_running_loop().time() + _DEADLINE_S
    call = Call("console", gateway.as_of(clock()), deadline)
    answer: dict[str, Any] = orjson.loads((await run(request, principal, gateway.generation, gateway.ports, call)).body)
    errors = answer.get("errors", ())
    if answer.get("data") is None:
        raise OperationRefused(errors)
    for each in errors:
        complain(_line(each))
    return answer


def _line(error: Mapping[str, Any]) -> str:
    """One error as one line: code, message, place."""
    path = ".".join(map(str, error.get("path", ())))
    places = ", ".join(f"line {each['line']} column {each['column']}" for each in error.get("locations", ()))
    where = "; ".join(filter(None, [path, places]))
    return " ".join(f"{error['extensions']['code']}: {error['message']}{f' ({where})' if where else ''}".split())


async def serve_subgraph(name: str, gateway_url: str | None, settings: Settings, announce: Announce) -> None:
    """Serve one of the three subgraphs alone until it is asked to stop. `gateway_url` is the issuer whose tokens it takes."""
    if name not in graphs():
        raise ConsoleRefused("SUBGRAPH_UNKNOWN", "there are the subgraphs " + ", ".join(sorted(graphs())))
    issuer = gateway_url or settings.auth.issuer
    if not issuer:
        raise ConsoleRefused("GATEWAY_UNKNOWN", "say whose tokens it takes: --gateway URL, or issuer in [auth] of cellgate.toml")
    if not secure_url(issuer):
        raise ConsoleRefused("GATEWAY_UNKNOWN", "whose tokens it takes has to be an https:// URL, or http:// on the loopback address, without user or query")
    listener = taken(settings.server.host, settings.server.port)
    async with founded(settings, announce, create=False) as foundation:
        as_of = await _standing_clock(foundation)
        async with standalone(name, issuer.rstrip("/"), foundation, as_of, MissRation(settings.limits.exact_code_misses_per_minute)) as app:
            announce(f"subgraph {name} serves http://{settings.server.host}:{listener.getsockname()[1]}/graphql")
            await serve(Envelope(AccessLog(app)), listener, settings)


async def _standing_clock(foundation: Foundation) -> AsOf:
    """The clock of readings: it stands where the database holds a demonstration of which nothing was reported, and goes otherwise."""
    return await standing_clock(foundation.database) or (lambda now: now)


async def migrated(settings: Settings, announce: Announce) -> None:
    """Bring the database to the newest schema."""
    async with founded(settings, announce):
        announce("the database is up to date")


async def imported(file: Path, kind: Kind | None, reported_by: str | None, settings: Settings, console: Console) -> ImportReport:
    """Import a file and say what became of its lines."""
    if not file.is_file():
        raise ConsoleRefused("FILE_UNREADABLE", f"{file} is not a file")
    if not os.access(file, os.R_OK):
        raise ConsoleRefused("FILE_UNREADABLE", f"{file} may not be read by this user")
    if reported_by is not None:
        # Now, and not when a database has been started for nothing.
        reporter(reported_by)
    async with founded(settings, _quiet if has_data(settings) else console.print) as foundation:
        # Events are reports: they are recorded now, also where a demonstration stands still. Other files are history.
        now = clock()
        moment = now if kind is Kind.EVENTS or (kind is None and holds_events(file)) else (await _standing_clock(foundation))(now)
        with RichProgress(TextColumn("{task.description}"), TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal) as bars:
            task = bars.add_task("reading", total=None)

            def progress(told: Progress) -> None:
                said = f"{told.lines:,} lines: {told.accepted:,} new, {told.unchanged:,} known, {told.rejected:,} rejected"
                bars.update(task, description=said)

            try:
                report = await import_file(file, kind, foundation.database, reported_by=reported_by, moment=moment, progress=progress)
            except ImportRefused:
                raise
            except Exception as failed:
                # What was recorded stands. That the database went away is told by its name; who mends a defect of ours needs the calls that led to it.
                if not isinstance(failed, LOST):
                    LOG.exception("an import of %s ended", "lines" if kind is None else kind.value)
                if is_away(failed):
                    told = f"the database went away ({type(failed).__name__}); lines that were taken before stand: import the file again once it is there"
                    raise ConsoleRefused("NOT_READY", told) from failed
                told = f"{type(failed).__name__} ended the import; lines that were taken before stand: once its cause is mended, import the file again"
                raise ConsoleRefused("IMPORT_FAILED", told) from failed
    _report(report, console)
    return report


def _report(report: ImportReport, console: Console) -> None:
    said = f"{report.lines:,} lines of {report.kind.value}: {report.accepted:,} new, {report.unchanged:,} known, {report.rejected:,} rejected"
    console.print(said)
    for rule, times in sorted(report.rules.items()):
        console.print(f"  {rule}: {times:,}")
    if report.rejects is not None:
        console.print(f"rejected lines, each with field and rule: {report.rejects}")
    if report.ignored:
        console.print("columns that were not read: " + ", ".join(report.ignored) + (" and others" if report.others else ""))
