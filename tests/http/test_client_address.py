"""Who a request comes from: the connection says it, and a proxy only where it is named."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
import uvicorn

from gateway.listening import config_of, taken
from gateway.sections import Server
from gateway.settings import Settings


@pytest.mark.parametrize(
    ("trusted", "seen"),
    [("", "127.0.0.1"), ("127.0.0.1", "203.0.113.9"), ("10.0.0.0/8, 127.0.0.0/8", "203.0.113.9"), ("10.0.0.1", "127.0.0.1")],
)
async def test_a_forwarded_address_is_believed_of_named_proxies_alone(trusted: str, seen: str) -> None:
    found: list[str] = []

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        found.append(scope["client"][0])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    listener = taken("127.0.0.1", 0)
    config = config_of(app, Settings(server=Server(trusted_proxies=trusted)))
    config.loop = "none"
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        await _asked(listener)
    finally:
        server.should_exit = True
        await serving
    assert found == [seen]


async def _asked(listener: socket.socket) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.getsockname()[1])
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\nConnection: close\r\n\r\n")
    assert (await reader.readline()).split()[1] == b"204"
    writer.close()
