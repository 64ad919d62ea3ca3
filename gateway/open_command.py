"""This module is in charge of `cellgate serve --no-auth`, apart from all other commands: it needs neither a database nor a graph of ours,
and what it does not load is two fifths of what a process takes at its start."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import typer

from gateway import open_serving
from gateway.command_line import Data, Dsn, NoAuth, Port, SubgraphsFile, SupergraphFile, ended_well, out, run, settings_of
from gateway.composition.supergraph_joins import SupergraphRefused
from gateway.listening import AddressRefused
from gateway.logs import configure
from gateway.operation.persisted import DocumentsRefused
from gateway.reloading import CompositionRefused
from gateway.settings import SettingsRefused
from gateway.sources import SourceUnreadable

ERRORS: Final = (AddressRefused, CompositionRefused, DocumentsRefused, SettingsRefused, SourceUnreadable, SupergraphRefused)

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def cellgate() -> None:
    """Cellgate, a federation gateway for power batteries."""


@app.command("serve")
def serve_any(
    port: Port = None,
    data: Data = None,
    dsn: Dsn = None,
    supergraph: SupergraphFile = None,
    subgraphs: SubgraphsFile = None,
    no_auth: NoAuth = False,
) -> None:
    """Serve any supergraph of subgraphs behind URLs, without tokens."""
    settings = settings_of(data, dsn, port)
    configure(settings.log)
    if (supergraph is None) == (subgraphs is None) or not no_auth:
        raise typer.BadParameter("--no-auth goes with one of --supergraph and --subgraphs, and each of these with --no-auth", param_hint="--no-auth")
    served = open_serving.supergraph_file(supergraph) if supergraph is not None else open_serving.subgraphs_file(subgraphs or Path())
    run(open_serving.serve_open(served, settings, settings.server.port, out.print))


def main() -> None:
    """Run this one command."""
    ended_well(app, ERRORS)
