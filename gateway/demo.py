"""This module is in charge of `cellgate demo`: from an empty folder to a served graph, with one ready request per party."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from starlette.routing import BaseRoute

from gateway.app import clock, issuer_of, serving
from gateway.foundation import Foundation, base_folder, founded, require_data
from gateway.listening import serve, taken
from gateway.logs import AccessLog
from gateway.platform.configured import delivering
from gateway.pruning import pruning
from gateway.publishing import publishing
from gateway.settings import Reports, Settings
from gateway.sweeping import sweeping
from gateway.web.demo_tokens import demo_routes, on_loopback
from resolvers.database.auth_store import AuthStore
from resolvers.demo.clients import DemoTokenRefused, fetch_demo_token, register_demo_clients
from resolvers.demo.kept import keep_world, standing_clock
from resolvers.demo.options import WorldOptions
from resolvers.demo.parties import demo_parties, sample_codes

EXAMPLES: Final = Path(__file__).parents[1] / "examples" / "reports"
ADDRESSES: Final = "demo-*.json"
LIST_QUERY: Final = "{ batteries(first: 5) { totalCount edges { node { code chemistry status stateOfHealth } } } }"
ONE_QUERY: Final = '{ battery(code: "%s") { code chemistry status manufacturer { name } } }'


async def run(settings: Settings, wanted: WorldOptions, console: Console) -> None:
    """Serve the demonstration until it is asked to stop."""
    listener = taken(settings.server.host, settings.server.port)
    port = listener.getsockname()[1]
    settings = replace(settings, server=replace(settings.server, port=port), reports=_reports(settings.reports))
    async with founded(settings, console.print) as foundation:
        world = await _prepared(foundation, wanted, console)
        if (world.packs, world.seed) != (wanted.packs, wanted.seed):
            console.print(f"the data there are taken as they are: {world.packs:,} packs, seed {world.seed}; another --data makes others")
        async with serving(settings, foundation, await standing_clock(foundation.database), _tokens(settings, foundation, world)) as gateway:
            url = gateway.oauth.settings.issuer
            with _told(foundation.base, url, port):
                async with (
                    delivering(settings.platform, foundation.database, clock),
                    sweeping(settings.sweep, foundation.database, clock, gateway.as_of),
                    publishing(settings, foundation.database, clock),
                    pruning(settings.changes, foundation.database, clock),
                ):
                    _welcome(console, url, foundation.base, port, world)
                    await serve(AccessLog(gateway.app), listener, settings)
    console.print("stopped")


async def _prepared(foundation: Foundation, wanted: WorldOptions, console: Console) -> WorldOptions:
    """The demonstration's data and clients, made unless they are there."""
    columns = TextColumn("{task.description:>12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, object] = {}

        def progress(stage: str, done: int, total: int) -> None:
            task = tasks.get(stage)
            if task is None:
                task = tasks[stage] = bars.add_task(stage, total=total)
            bars.update(task, completed=done, total=total)  # type: ignore[arg-type]

        world = await keep_world(wanted, foundation.database, progress)
    await register_demo_clients(AuthStore(foundation.database), foundation.keys_dir, demo_parties(world), clock())
    return world


def _reports(stated: Reports) -> Reports:
    """The examples, unless others are stated."""
    return stated if stated.folder else replace(stated, folder=str(EXAMPLES))


def _tokens(settings: Settings, foundation: Foundation, world: WorldOptions) -> list[BaseRoute]:
    """The parties' tokens one click away in the explorer, where nobody else can reach them."""
    if not on_loopback(settings.server.host):
        return []
    url = issuer_of(settings)
    return demo_routes(demo_parties(world), lambda party: fetch_demo_token(url, foundation.base, party))


@contextlib.contextmanager
def _told(base: Path, url: str, port: int) -> Iterator[None]:
    """The address in a file of this process's own, locked for as long as it is served: the kernel drops the lock of one that was killed."""
    # Written under another name first, so that nobody takes it for a dead one's before it is locked.
    draft, path = base / f".demo-{os.getpid()}.json", base / f"demo-{os.getpid()}.json"
    with draft.open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        json.dump({"url": url, "port": port}, file)
        file.flush()
        draft.replace(path)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def running_at(settings: Settings, port: int | None = None) -> str:
    """Where a demonstration of that data folder is served now: the one on that port, else the one that was started last.

    Raises DatabaseUnusable NO_DATA, DemoTokenRefused DEMO_NOT_RUNNING.
    """
    require_data(settings)
    base = base_folder(settings)
    for path in sorted(base.glob(ADDRESSES), key=_age, reverse=True):
        found = _address(path)
        if found is not None and port in (None, found["port"]):
            return str(found["url"])
    where = "" if port is None else f" on port {port}"
    raise DemoTokenRefused("DEMO_NOT_RUNNING", f"no demonstration is served from {base}{where}; start it, or name its data folder with --data")


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _address(path: Path) -> dict[str, Any] | None:
    """What the file tells, None where the process that wrote it is gone."""
    try:
        with path.open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _written(path)
    except OSError:
        return None
    path.unlink(missing_ok=True)
    return None


def _written(path: Path) -> dict[str, Any] | None:
    """Half a file tells nothing."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and {"port", "url"} <= found.keys() else None


def _welcome(console: Console, url: str, base: Path, port: int, world: WorldOptions) -> None:
    parties = demo_parties(world)
    codes = sample_codes(world)
    say = console.out
    say(f"\nCellgate serves {world.packs:,} synthetic batteries as of {world.moment:%Y-%m-%d %H:%M} UTC (seed {world.seed}).")
    say(f"  explorer {url}/\n  company  {url}/fleet\n  desk     {url}/regulator\n  label    {url}/b\n  graph    {url}/graphql\n  tokens   {url}/oauth/token")
    say(f"  health   {url}/health   {url}/ready\n  data     {base}")
    say("\nThe same question, asked by each party (./cellgate token prints a token of the running demonstration):\n")
    for name, party in parties.items():
        say(f"# {name}: {party.name}")
        say(_curl(url, base, port, name, _question(name, codes)) + "\n")
    say("Ctrl-C stops it.\n")


def _question(party: str, codes: Mapping[str, str]) -> str:
    """The public has no list: it asks for a battery whose code it knows."""
    return ONE_QUERY % next(iter(codes.values())) if party == "public" else LIST_QUERY


def _curl(url: str, base: Path, port: int, party: str, query: str) -> str:
    """One request as a line for a shell. Its token is of this very demonstration: others on the same data issue for themselves."""
    body = shlex.quote(json.dumps({"query": query}))
    token = f"$(./cellgate token --as {party} --data {shlex.quote(str(base))} --port {port})"
    return f'curl -s {url}/graphql -H "Authorization: Bearer {token}" -H "Content-Type: application/json" -d {body}'
