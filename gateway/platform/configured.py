"""This module is in charge of delivering as the settings say: which adapter, at what pace."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp

from gateway.platform.adapter import Adapter
from gateway.platform.delivery import Delivery, Pace
from gateway.platform.file_adapter import FileAdapter
from gateway.platform.http_adapter import HttpAdapter
from gateway.settings import Platform
from resolvers.database.outbox import Outbox
from resolvers.database.pool import Database


@contextlib.asynccontextmanager
async def delivering(settings: Platform, database: Database, clock: Callable[[], datetime]) -> AsyncIterator[None]:
    """Deliver in the background, if the settings name an adapter."""
    async with made(settings, database, clock) as delivery:
        if delivery is None:
            yield
            return
        async with delivery.running():
            yield


@contextlib.asynccontextmanager
async def made(settings: Platform, database: Database, clock: Callable[[], datetime]) -> AsyncIterator[Delivery | None]:
    """What delivers by the settings, at rest; None where they name no adapter."""
    if settings.adapter == "none":
        yield None
        return
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
        yield Delivery(outbox(database), _adapter(settings, client), _pace(settings), clock)


def outbox(database: Database) -> Outbox:
    """The outbox, as this process sees it."""
    return Outbox(database, f"{socket.gethostname()}:{os.getpid()}")


def _adapter(settings: Platform, client: aiohttp.ClientSession) -> Adapter:
    if settings.adapter == "file":
        return FileAdapter(Path(settings.folder))
    return HttpAdapter(settings.url, client, settings.timeout_s, Path(settings.credential) if settings.credential else None)


def _pace(settings: Platform) -> Pace:
    seconds = (settings.poll_s, settings.answer_within_s, settings.timeout_s)
    return Pace(settings.batch, *[timedelta(seconds=each) for each in seconds])
