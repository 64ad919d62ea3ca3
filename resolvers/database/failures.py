"""This module is in charge of how the database fails: what the driver raises then, and what of it says that the database is away."""

from __future__ import annotations

import errno
import socket
from typing import Final

import asyncpg

# Whatever the driver raises of a database that cannot be reached, is lost in the middle of something, or does not do what it is asked. A connection
# that dies while something is under way may leave the driver's own state behind (InternalClientError: "cannot switch to state ...").
UNREACHABLE: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
# What says that the database is gone, and nothing of what was asked of it.
LOST: Final = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError)
# Of what the system says, what it says of a way to a database: a disk that is full is another matter.
_OF_THE_WAY: Final = (ConnectionError, TimeoutError, FileNotFoundError, socket.gaierror)
_NUMBERS_OF_THE_WAY: Final = frozenset({errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ENETUNREACH, errno.ENETDOWN, errno.EPIPE})


def is_away(failed: BaseException) -> bool:
    """Whether a failure says that the database is away for the moment, so that the same may be tried again; also one that another made so (`from`)."""
    if failed.__cause__ is not None and is_away(failed.__cause__):
        return True
    if isinstance(failed, OSError):
        return isinstance(failed, _OF_THE_WAY) or failed.errno in _NUMBERS_OF_THE_WAY
    # A value that a parameter does not take is an InterfaceError of the driver's, too, and ours; so is a statement that was told to end.
    return isinstance(failed, (*LOST, asyncpg.TooManyConnectionsError)) and not isinstance(failed, ValueError | asyncpg.QueryCanceledError)
