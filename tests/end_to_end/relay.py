"""This module is in charge of a relay between the gateway and a subgraph: it notes what passes, and can behave badly in every way that a server can."""

from __future__ import annotations

import base64
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "text of another machine, shown to nobody"
HANG_S = 6.0


@dataclass(slots=True)
class Relay:
    """Where requests go, how the relay behaves now, and the Authorization headers that came by."""

    target: str = ""
    manner: str = "pass"
    seen: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        """What the gateway is pointed at."""
        return f"http://127.0.0.1:{self.port}/graphql"

    def claims(self) -> list[dict[str, Any]]:
        """What the tokens say that came by."""
        return [json.loads(base64.urlsafe_b64decode(each.split(".")[1] + "==")) for each in self.seen]


class _Handler(BaseHTTPRequestHandler):
    relay: Relay
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.relay.seen.append(self.headers.get("Authorization", ""))
        match self.relay.manner:
            case "hang":
                time.sleep(HANG_S)
                self.close_connection = True
            case "500":
                self.answer(500, json.dumps({"errors": [{"message": SECRET}]}).encode())
            case "garbage":
                self.answer(200, b'{"data": {"' + SECRET.encode())
            case "errors":
                self.answer(200, json.dumps({"data": None, "errors": [{"message": SECRET, "extensions": {"code": SECRET}}]}).encode())
            case "dies":
                self.answer(200, b'{"data": ', promised=5000)
                self.close_connection = True
            case _:
                self.answer(*self.forwarded(body))

    def forwarded(self, body: bytes) -> tuple[int, bytes]:
        headers = {name: self.headers[name] for name in ("Authorization", "Content-Type", "Accept") if name in self.headers}
        try:
            with urllib.request.urlopen(urllib.request.Request(self.relay.target, body, headers), timeout=30) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()

    def answer(self, status: int, body: bytes, promised: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(promised or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are noted by the relay."""


@contextmanager
def relaying() -> Iterator[Relay]:
    """A relay on a free port."""
    relay = Relay()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"relay": relay}))
    relay.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield relay
    server.shutdown()
    server.server_close()
    thread.join(5)
