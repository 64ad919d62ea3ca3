"""This module is in charge of the command line: it loads the commands that are asked for, and no others."""

from __future__ import annotations

import gc
import sys
from importlib import import_module


def main() -> None:
    """Run the command. Whoever serves a supergraph of others gets a process without our own graph and its database in it."""
    opened = sys.argv[1:2] == ["serve"] and "--no-auth" in sys.argv and "--help" not in sys.argv
    gc.disable()
    command = import_module("gateway.open_command" if opened else "gateway.commands")
    # Modules stay: looking for garbage among them, again and again while they come, takes a tenth of a start.
    gc.freeze()
    gc.enable()
    command.main()


if __name__ == "__main__":
    main()
