"""This module is in charge of commands that run to their end in no time: the program is imported and its graph composed once, and each command is a fork.

Run as a program it reads orders, a JSON object a line: {"arguments": [...], "folder": ..., "environment": {...}, "out": file, "err": file}. Each is done
by a process of its own, as `./cellgate` does it from there on, and its exit status is printed. It knows of no test.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import sys
from functools import lru_cache
from typing import Any

from gateway import app, cli, commands, open_command
from gateway.settings import Settings

LOADED = (commands, open_command)
"""What a command imports by itself."""


def prepare() -> None:
    """Have what every command makes alike: the supergraph of the settings that nobody has changed."""
    app.composed = lru_cache(maxsize=1)(app.composed)
    asyncio.run(app.composed_of(Settings()))
    gc.collect()
    gc.freeze()


def child() -> dict[str, Any] | None:
    """The order that this process is to do: it is a fork. None when there are no more orders, and this is the parent."""
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            order: dict[str, Any] = json.loads(line)
            return order
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)
    return None


def become(order: dict[str, Any]) -> None:
    """Make this process look as if somebody had typed the command."""
    for number, name, mode in ((0, os.devnull, os.O_RDONLY), (1, order["out"], os.O_WRONLY), (2, order["err"], os.O_WRONLY)):
        opened = os.open(name, mode)
        os.dup2(opened, number)
        os.close(opened)
    # The old one has read ahead: orders of others. Nothing is closed here, it lasts as long as the process.
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    random.seed()
    sys.argv = ["cellgate", *order["arguments"]]


if __name__ == "__main__":
    prepare()
    ordered = child()
    if ordered is not None:
        become(ordered)
        cli.main()
