"""This module is in charge of the commands: one per stage, each a few lines that call the module that does it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from auth.keys import KeysUnusable
from auth.settings import OAuthSettingsRefused
from gateway import bench as benchmarks
from gateway import console as consoles
from gateway import demo as demonstration
from gateway import sweeping as sweeps
from gateway.app import clock
from gateway.command_line import Data, Dsn, NoAuth, Port, SubgraphsFile, SupergraphFile, complain, ended_well, out, run, settings_of
from gateway.composition.compose import compose as composed
from gateway.composition.errors import CompositionFailure
from gateway.composition.supergraph_joins import SupergraphRefused
from gateway.console import ConsoleRefused, OperationRefused
from gateway.foreign import ForeignRefused
from gateway.foundation import base_folder
from gateway.ledger_commands import LedgerDiffers, published, rebuilt
from gateway.listening import AddressRefused
from gateway.logs import configure
from gateway.open_command import serve_any
from gateway.operation.persisted import DocumentsRefused
from gateway.platform import commands as platforms
from gateway.platform.commands import PlatformCommandRefused
from gateway.reloading import CompositionRefused
from gateway.reports.catalogue import ReportsRefused
from gateway.settings import SettingsRefused, printed
from gateway.sources import SourceUnreadable
from gateway.subgraph_files import sources_in
from gateway.sweeping import SweepRefused
from resolvers.database import DatabaseUnusable
from resolvers.demo.clients import DemoTokenRefused, fetch_demo_token
from resolvers.demo.options import WorldOptions
from resolvers.importing import ImportRefused, Kind

OPERATOR_ERRORS: Final = (
    AddressRefused,
    CompositionRefused,
    DocumentsRefused,
    ForeignRefused,
    ConsoleRefused,
    DatabaseUnusable,
    DemoTokenRefused,
    ImportRefused,
    KeysUnusable,
    LedgerDiffers,
    OAuthSettingsRefused,
    PlatformCommandRefused,
    ReportsRefused,
    SettingsRefused,
    SweepRefused,
    SupergraphRefused,
    SourceUnreadable,
)

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Cellgate, a federation gateway for power batteries.")
As = Annotated[str, typer.Option("--as", help="Demo party, or the id of any registered client.")]


def tell(lines: Iterable[str]) -> None:
    """Print the lines of an answer."""
    for line in lines:
        typer.echo(line)


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)] = 4000,
    data: Data = None,
    dsn: Dsn = None,
    packs: Annotated[int, typer.Option(help="Batteries to make when the data are made.")] = 2000,
    seed: Annotated[int, typer.Option(help="Seed of the synthetic data.")] = 73,
) -> None:
    """Serve a demonstration on synthetic data: makes all it needs, and keeps serving."""
    settings = settings_of(data, dsn, port)
    configure(settings.log)
    try:
        wanted = WorldOptions(packs, seed)
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong), param_hint="--packs") from wrong
    run(demonstration.run(settings, wanted, out))


@app.command()
def serve(
    port: Port = None,
    data: Data = None,
    dsn: Dsn = None,
    supergraph: SupergraphFile = None,
    subgraphs: SubgraphsFile = None,
    no_auth: NoAuth = False,
) -> None:
    """Serve the gateway over the data there are, or any supergraph of subgraphs behind URLs."""
    if supergraph is not None or subgraphs is not None or no_auth:
        serve_any(port, data, dsn, supergraph, subgraphs, no_auth)
        return
    settings = settings_of(data, dsn, port)
    configure(settings.log)
    run(consoles.serve_gateway(settings, out.print))


@app.command()
def subgraph(
    name: Annotated[str, typer.Argument(help="battery, vehicle or enterprise")],
    port: Annotated[int, typer.Option(min=0, max=65535)] = 4001,
    gateway: Annotated[str | None, typer.Option(help="URL of the gateway whose tokens it takes (its issuer).")] = None,
    data: Data = None,
    dsn: Dsn = None,
) -> None:
    """Serve one of the three subgraphs alone, for a gateway whose settings name its URL."""
    settings = settings_of(data, dsn, port)
    configure(settings.log)
    run(consoles.serve_subgraph(name, gateway, settings, out.print))


@app.command()
def compose(
    files: Annotated[list[Path] | None, typer.Argument(help="SDL of a subgraph called like its file, or a JSON list. None: the settings'.")] = None,
    url: Annotated[list[str] | None, typer.Option(help="NAME=URL: where a subgraph answers.")] = None,
) -> None:
    """Print the supergraph SDL of subgraphs, and what is worth knowing about them; or why they do not fit together."""
    if not files:
        typer.echo(run(consoles.supergraph_sdl(settings_of(None, None))))
        return
    outcome = composed(sources_in(files, dict(_named(each) for each in url or ())))
    if isinstance(outcome, CompositionFailure):
        complain(str(outcome))
        sys.exit(1)
    for hint in outcome.hints:
        complain(str(hint))
    typer.echo(outcome.sdl, nl=False)


def _named(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found:
        raise typer.BadParameter(f'"{text}" is not of the form NAME=URL', param_hint="--url")
    return name, value


@app.command()
def plan(file: Path, party: As, data: Data = None, dsn: Dsn = None, variables: str = "{}") -> None:
    """Print the plan of the operation in FILE for a party, and the SQL that it sends."""
    typer.echo(run(consoles.explained(file, party, variables, settings_of(data, dsn), complain)))


@app.command()
def query(file: Path, party: As, data: Data = None, dsn: Dsn = None, variables: str = "{}") -> None:
    """Answer the operation in FILE as a party."""
    typer.echo(run(consoles.answered(file, party, variables, settings_of(data, dsn), complain)))


@app.command()
def token(
    party: As,
    data: Data = None,
    port: Annotated[int | None, typer.Option(help="Port of the demonstration, where several are served from the data folder.")] = None,
    scope: Annotated[str | None, typer.Option(help="Scopes to ask for, separated by spaces.")] = None,
    purpose: Annotated[str | None, typer.Option(help="Purpose to ask for.")] = None,
) -> None:
    """Print an access token of the running demonstration."""
    settings = settings_of(data, None)
    typer.echo(run(fetch_demo_token(demonstration.running_at(settings, port), base_folder(settings), party, scope, purpose)))


@app.command()
def migrate(data: Data = None, dsn: Dsn = None) -> None:
    """Bring the database to the newest schema."""
    run(consoles.migrated(settings_of(data, dsn), out.print))


@app.command("import")
def import_(
    file: Path,
    kind: Annotated[Kind | None, typer.Option(help="What the lines are, where the header does not say.")] = None,
    reported_by: Annotated[str | None, typer.Option(help="Credit code of the enterprise that reports.")] = None,
    data: Data = None,
    dsn: Dsn = None,
) -> None:
    """Import enterprises, models, packs, vehicles or lifecycle events from a CSV or NDJSON file."""
    report = run(consoles.imported(file, kind, reported_by, settings_of(data, dsn), out))
    if report.rejected and not (report.accepted or report.unchanged):
        raise typer.Exit(1)


@app.command()
def bench(
    name: Annotated[str, typer.Argument(help="read, scale, ingest, reports, federation, cubes, utility or lives")],
    data: Data = None,
    events: Annotated[int | None, typer.Option(help="Events that ingest sends; 100,000 when left out.")] = None,
) -> None:
    """Run a comparison and print its table; exit 1 when a figure that must hold does not, 3 when it cannot run."""
    raise typer.Exit(benchmarks.run(name, data, events))


platform = typer.Typer(no_args_is_help=True, help="What a national platform was told of the events, and telling it again.")
app.add_typer(platform, name="platform")


@platform.command("status")
def platform_status(data: Data = None, dsn: Dsn = None) -> None:
    """Print how many messages wait, were sent, acknowledged and refused."""
    tell(run(platforms.status(settings_of(data, dsn))))


@platform.command("send")
def platform_send(data: Data = None, dsn: Dsn = None) -> None:
    """Send what is due and take the answers that came, without serving."""
    tell(run(platforms.send(settings_of(data, dsn))))


@platform.command("resend")
def platform_resend(
    refused: Annotated[bool, typer.Option("--refused", help="All that was refused.")] = False,
    since: Annotated[datetime | None, typer.Option(help="All events recorded since then, in UTC.")] = None,
    code: Annotated[str | None, typer.Option(help="All events of one battery.")] = None,
    data: Data = None,
    dsn: Dsn = None,
) -> None:
    """Put messages into the outbox again: those refused, those since a day, or those of one battery."""
    tell(run(platforms.resend(settings_of(data, dsn), refused=refused, since=since, code=code)))


@app.command("sweep")
def sweep_(
    as_of: Annotated[datetime | None, typer.Option("--as-of", help="A past moment, in UTC: print what a sweep found then, and write nothing.")] = None,
    data: Data = None,
    dsn: Dsn = None,
) -> None:
    """Go over all that was recorded by the rules that need the absence of something, or the whole."""
    tell(run(sweeps.swept(settings_of(data, dsn), as_of, clock)))


ledger = typer.Typer(no_args_is_help=True, help="The ledger, and what follows from its events.")
app.add_typer(ledger, name="ledger")


@ledger.command("rebuild")
def ledger_rebuild(
    write: Annotated[bool, typer.Option("--write", help="Put right what differs.")] = False,
    data: Data = None,
    dsn: Dsn = None,
) -> None:
    """Fold all events anew, and hold every row that follows from them against what is stored; status 1 where something differs."""
    tell(run(rebuilt(settings_of(data, dsn), write=write)))


@ledger.command("publish")
def ledger_publish(data: Data = None, dsn: Dsn = None) -> None:
    """Publish what is due of the statistics: tables of closed months, protected, and their revisions in rounds."""
    tell(run(published(settings_of(data, dsn), datetime.now(UTC))))


@app.command()
def settings() -> None:
    """Print the settings in force, every knob with its help."""
    typer.echo(printed(settings_of(None, None)))


def main() -> None:
    """Run the command line; what is the operator's to mend is said in one line, with its code."""
    try:
        ended_well(app, OPERATOR_ERRORS)
    except OperationRefused as refused:
        complain(str(refused))
        sys.exit(1)
