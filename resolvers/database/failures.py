"""This module is in charge of how the database fails: what the driver raises then, and what of it says that the database is away."""

from __future__ import annotations

from typing import Final

import asyncpg

# Whatever the driver raises of a database that cannot be reached, is lost in the middle of something, or does not do what it is asked. A connection
# that dies while something is under way may leave the driver's own state behind (InternalClientError: "cannot switch to state ...").
UNREACHABLE: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
# What says that the database is gone, and nothing of what was asked of it.
LOST: Final = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError)
