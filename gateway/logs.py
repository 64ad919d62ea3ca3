"""This module is in charge of the log: where it goes, and how a line looks to a person or to a machine."""

from __future__ import annotations

import logging
import sys
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.settings import Log

_OURS: Final = "cellgate"
ACCESS: Final = logging.getLogger("cellgate.access")
TOLD: Final = ("request_id", "client_id", "outcome")
REQUEST_ID: Final[ContextVar[str]] = ContextVar("request_id", default="")
"""The id of the request that is worked on; tasks of the request have it, too."""


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, the id of the request it is about, and the exception where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := REQUEST_ID.get():
            line["request_id"] = request_id
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        line.update(getattr(record, "fields", {}))
        return orjson.dumps(line).decode()


def configure(log: Log) -> None:
    """Send everything from `log.level` on to standard error, in `log.format`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.name = _OURS
    plain = logging.Formatter("%(asctime)s  %(message)s", datefmt="%H:%M:%S")
    handler.setFormatter(JsonLines() if log.format == "json" else plain)
    root = logging.getLogger()
    root.handlers[:] = [each for each in root.handlers if each.name != _OURS] + [handler]
    root.setLevel(log.level.upper())


class AccessLog:
    """Middleware: one line a request: status, time, request id, and of a GraphQL request the client and the outcome.

    No header, no query, no body is logged. The parts inside leave what they know in `scope["state"]`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not ACCESS.isEnabledFor(logging.INFO):
            await self._app(scope, receive, send)
            return
        began, watched = time.perf_counter(), _Watched(send)
        try:
            await self._app(scope, receive, watched)
        finally:
            elapsed = (time.perf_counter() - began) * 1000
            state = scope.get("state", {})
            told = {name: state[name] for name in TOLD if name in state}
            place = scope["method"], _printable(scope["path"]), watched.status or "-", elapsed
            ACCESS.info("%s %s %s %.1f ms %s", *place, " ".join(told.values()), extra={"fields": told})


class _Watched:
    """Sends, and keeps the status; whole answers too (gateway/edge/middleware.py)."""

    __slots__ = ("_send", "_whole", "status")

    def __init__(self, send: Send) -> None:
        self._send = send
        self._whole = getattr(send, "whole", None)
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)

    def whole(self, status: int, headers: tuple[tuple[bytes, bytes], ...], body: bytes) -> bool:
        self.status = status
        return self._whole is not None and self._whole(status, headers, body)


def _printable(path: str) -> str:
    """A path is decoded by the server, so a client could write a line break, and with it a line of its own."""
    return path if path.isprintable() else ascii(path)[1:-1]
