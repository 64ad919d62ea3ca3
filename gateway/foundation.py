"""This module is in charge of what every process stands on: the database found, started and brought up to date, and the keys."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from auth.entitlements import load_matrix
from auth.keys import KeyRing, load_or_make
from gateway.listening import Announce
from gateway.settings import Settings
from resolvers.background import supervised
from resolvers.database import DatabaseUnusable, embedded
from resolvers.database.migrate import migrate_target
from resolvers.database.pool import Database, Observer, Sizes, Target
from resolvers.database.reading import DoorSettings
from resolvers.ledger.seed import custody_grace, seed_regions, seed_rules
from resolvers.opaque import Opaque

LOG: Final = logging.getLogger("cellgate.database")
KEEPER_GRACE_S: Final = 2.0
KEYS: Final = "keys"
# What Cellgate and its server put into a data folder, and what a new file system has.
OWN: Final = re.compile(r"data|data\.partial|run|keys|pg\.log|(start|alive|users)\.lock|\.?demo-\d+\.json|lost\+found")


@dataclass(frozen=True, slots=True)
class Foundation:
    """An open, migrated database, this deployment's keys, and what the door needs to know."""

    base: Path
    database: Database
    keys: KeyRing
    door: DoorSettings
    opaque: Opaque

    @property
    def keys_dir(self) -> Path:
        """Where the keys are kept."""
        return self.base / KEYS


def base_folder(settings: Settings) -> Path:
    """The data folder of the settings, or the default one."""
    return Path(settings.database.data) if settings.database.data else embedded.default_base()


@contextlib.asynccontextmanager
async def founded(settings: Settings, announce: Announce, observer: Observer | None = None, *, create: bool = True) -> AsyncIterator[Foundation]:
    """Everything opened, and closed in turn at the end. An embedded server stops with its last user.

    Without `create` the data have to be there. Raises DatabaseUnusable: NO_DATA, DATA_FOREIGN, DATA_FOLDER_REFUSED, and what the server is refused for.
    """
    base = base_folder(settings)
    if create:
        base = _made(base)
    else:
        require_data(settings)
    async with _target(settings, base, announce) as target:
        if applied := await migrate_target(target, announce):
            announce(f"{applied} migrations applied")
        sizes = Sizes(settings.database.pool_min, settings.database.pool_max, settings.database.statement_cache_size)
        database = Database(target, sizes, observer)
        try:
            await database.warm()
            yield await _foundation(base, database)
        finally:
            await database.close()


def require_data(settings: Settings) -> None:
    """Raise DatabaseUnusable NO_DATA where nothing has been made in the data folder: a mistyped name must not become a new, empty database."""
    if not has_data(settings):
        base = base_folder(settings)
        raise DatabaseUnusable("NO_DATA", f"no Cellgate data in {base}; name their folder with --data, or make new ones with serve, demo, import or migrate")


def has_data(settings: Settings) -> bool:
    """Whether the data folder holds what these settings need: the embedded server's cluster, or the keys that go with a DSN."""
    base = base_folder(settings)
    return _keyed(base) if settings.database.dsn else _clustered(base)


def _clustered(base: Path) -> bool:
    return _there(base / "data" / "PG_VERSION")


def _keyed(base: Path) -> bool:
    return _there(base / KEYS / "pseudonym.key")


def _there(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:
        # Closed to us is what the server's folder and the keys are to anybody but their owner.
        return True


def _made(base: Path) -> Path:
    """The data folder, there from now on; a folder of somebody else's is refused."""
    try:
        base.mkdir(parents=True, exist_ok=True)
        foreign = not (_clustered(base) or _keyed(base)) and any(OWN.fullmatch(each.name) is None for each in base.iterdir())
    except OSError as failed:
        raise DatabaseUnusable("DATA_FOLDER_REFUSED", f"the data folder {base} cannot be used: {failed.strerror}; name another with --data") from failed
    if foreign:
        raise DatabaseUnusable("DATA_FOREIGN", f"the folder {base} holds other files and no Cellgate data; name an empty or a new one with --data")
    return base


@contextlib.asynccontextmanager
async def _target(settings: Settings, base: Path, announce: Announce) -> AsyncIterator[Target]:
    if settings.database.dsn:
        announce("using the PostgreSQL of the settings")
        yield Target.by_dsn(settings.database.dsn)
        return
    if not _clustered(base):
        announce("making a new database in " + str(base))
    announce(("joining" if await embedded.answers(base) else "starting") + " the embedded PostgreSQL in " + str(base))
    try:
        server = await embedded.ensure(base)
    except PermissionError as closed:
        raise DatabaseUnusable("DATA_FOLDER_REFUSED", f"{closed.filename} is closed to this user; name another folder with --data") from closed
    keeper = asyncio.create_task(supervised("the keeper of the database", lambda: embedded.keep(server, LOG.warning)))
    try:
        yield Target.embedded(server)
    finally:
        keeper.cancel()
        await asyncio.wait([keeper], timeout=KEEPER_GRACE_S)
        await embedded.release(server)


async def _foundation(base: Path, database: Database) -> Foundation:
    await seed_rules(database)
    await seed_regions(database)
    directory = base / KEYS
    keys = load_or_make(directory)
    grace: timedelta = await custody_grace(database)
    return Foundation(base, database, KeyRing(directory, keys), DoorSettings(load_matrix(), grace), Opaque(keys.pseudonym))
