"""This module is in charge of what commands have in common: options, settings, running to an end, and saying what is wrong."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import uvloop
from rich.console import Console

from gateway.settings import Settings, SettingsRefused, load, stated

# What is said of a command line that is none.
USAGE: Final = "USAGE"
TOML: Final = Path("cellgate.toml")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_COMMAND: Final = re.compile(r"[a-z][a-z-]*")
out = Console(highlight=False, soft_wrap=True)


def _folder(given: str) -> Path:
    if not given.strip():
        # As of a variable that is not set: to the machine it is the folder it stands in.
        raise typer.BadParameter("it is empty; leave it out for the default folder")
    return Path(given)


Data = Annotated[Path | None, typer.Option(help="Folder of the embedded database and the keys.", parser=_folder, metavar="PATH")]
Dsn = Annotated[str | None, typer.Option(help="A PostgreSQL 15 or later to use instead of the embedded one.")]
Port = Annotated[int | None, typer.Option(min=0, max=65535)]
SupergraphFile = Annotated[Path | None, typer.Option(help="Supergraph SDL to serve in the place of Cellgate's own graph; with --no-auth.")]
SubgraphsFile = Annotated[Path | None, typer.Option(help="JSON list of subgraphs (name, url, sdl) to compose and serve; with --no-auth.")]
NoAuth = Annotated[bool, typer.Option("--no-auth", help="Take no tokens, on the loopback address alone, without a database.")]


def settings_of(data: Path | None, dsn: str | None, port: int | None = None) -> Settings:
    """The settings, with what the command line says on top."""
    found = load(TOML, os.environ)
    if data is not None:
        found = stated(found, "database", "data", str(data.resolve()), "--data")
    if dsn is not None:
        if not dsn.strip():
            # As of a variable that is not set: the embedded database is not what was meant.
            raise SettingsRefused("--dsn (command line) is empty; leave it out for the embedded database")
        found = stated(found, "database", "dsn", dsn, "--dsn")
    if port is not None:
        found = stated(found, "server", "port", port, "--port")
    return found


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Do the work; what is open is closed when it is asked to stop, by Ctrl-C or by a service manager's SIGTERM."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Shells start what a script puts into the background so; SIGTERM, which becomes one, has to end it all the same.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def complain(line: str) -> None:
    """Say what is wrong beside an answer."""
    print(line, file=sys.stderr)


def ended_well(app: typer.Typer, errors: tuple[type[Exception], ...]) -> None:
    """Run a command line; one of these errors is the operator's to mend: it is said in one line, with its code, and the status is 1.
    What is no command as it is written has the status 2."""
    try:
        status = app(prog_name="cellgate", standalone_mode=False)
    except typer.TyperException as wrong:
        _complain_of_usage(wrong)
        sys.exit(2)
    except typer.Abort:
        sys.exit(1)
    except errors as refused:
        say(refused)
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


def say(refused: Exception) -> None:
    """Say what an operator has to mend: its code and its message."""
    complain(f"{getattr(refused, 'code', '')}: {_on_its_lines(str(getattr(refused, 'message', refused)))}")


def _on_its_lines(message: str) -> str:
    """The message without what would move a terminal about: names of files may hold it. The lines of one that has several stay."""
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], message)


def _command_named() -> str:
    """What --help is asked of where an option has no value: the parser forgets whose option it is."""
    names = [each for each in sys.argv[1:3] if _COMMAND.fullmatch(each)]
    return " ".join(["cellgate", *names[:1]])


def _complain_of_usage(wrong: typer.TyperException) -> None:
    said = " ".join(wrong.format_message().split()).rstrip(".")
    # Where nothing is asked for, the help has been printed.
    if said:
        command = getattr(getattr(wrong, "ctx", None), "command_path", "") or _command_named()
        complain(f"{USAGE}: {said}; {command} --help tells what there is")
