"""This module is in charge of failures of ours: what a client is told of them, and what the log is.

A defect is for the operator, whole, under the request's id. That the database is away is nobody's defect and passes: the client is told to send the
same again, and the log has a line.
"""

from __future__ import annotations

import logging
from typing import Final

from gateway.errors import ClientError, internal_error

AWAY: Final = (
    "The database cannot be reached now; send the same again in a moment. A report is recorded once, however often it comes under its clientReference."
)
# Seconds, for `Retry-After`.
RETRY_AFTER: Final = 1


def passes(failed: BaseException) -> bool:
    """Whether it is nobody's defect: the database, or what else is asked over a network, is away for the moment."""
    # Here, for a gateway over the subgraphs of others has no database and no driver (gateway/open_serving.py).
    from resolvers.database.failures import is_away  # noqa: PLC0415

    return is_away(failed)


def failure(failed: BaseException, request_id: str, log: logging.Logger, what: str) -> ClientError:
    """What the client is told of it: NOT_READY where the database is away, INTERNAL else. `what` is for the log."""
    if passes(failed):
        log.warning("%s: the database cannot be reached (%s)", what, type(failed).__name__)
        return ClientError("NOT_READY", AWAY, extensions={"requestId": request_id})
    log.error("%s", what, exc_info=failed)
    return internal_error(request_id)
