"""This module is in charge of listening: a socket taken before anything else starts, and a server that stops cleanly."""

from __future__ import annotations

import contextlib
import errno
import signal
import socket
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from gateway.edge.http_protocol import HttpProtocol
from gateway.edge.websocket_protocol import WebSocketProtocol
from gateway.settings import Settings

Announce = Callable[[str], None]
"""Takes a line that is told to whoever started the process."""

BACKLOG = 2048
# In-flight requests are let finish for this long when the process is asked to stop.
GRACE_S = 10


class Stoppable(uvicorn.Server):
    """A server that stops on SIGINT and SIGTERM, and lets its process go on to put things away.

    uvicorn raises the signal again when it has stopped; SIGTERM would then end the process with the embedded PostgreSQL running.
    """

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal lets requests finish; a second one, of either kind, does not wait for them."""
        self.force_exit = self.should_exit
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {each: signal.signal(each, self.handle_exit) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


class AddressRefused(Exception):
    """The address cannot be listened on; the message says why and what to do. For the operator."""

    code = "ADDRESS_REFUSED"


def taken(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Connections inherit it. Without it what is streamed, write by write, waits 40 ms for the client's acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((host, port))
    except OSError as failed:
        listener.close()
        why = "is in use; stop what listens there, or choose another with --port" if failed.errno == errno.EADDRINUSE else f"cannot be used: {failed.strerror}"
        raise AddressRefused(f"address {host}:{port} {why}") from failed
    except (TypeError, ValueError) as failed:
        # What is no name of a host at all: it holds a NUL, or what no encoding of names has.
        listener.close()
        raise AddressRefused(f"address {host!r}:{port} cannot be used: that is neither an IP address nor the name of a host") from failed
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


async def serve(app: ASGIApp, listener: socket.socket, settings: Settings) -> None:
    """Serve until the process is asked to stop (SIGINT, SIGTERM)."""
    await Stoppable(config_of(app, settings)).serve(sockets=[listener])


def config_of(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """How the server serves: the same in production and where a test looks at the wire."""
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=HttpProtocol,
        ws=WebSocketProtocol,
        ws_max_size=settings.limits.body_bytes,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        # By default uvicorn believes whoever connects from this machine.
        proxy_headers=bool(settings.server.trusted_proxies),
        forwarded_allow_ips=settings.server.trusted_proxies,
        timeout_graceful_shutdown=GRACE_S,
        h11_max_incomplete_event_size=None,
    )
