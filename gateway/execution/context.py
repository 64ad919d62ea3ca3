"""This module is in charge of what belongs to one request: who asks, as of when, until when, and its connection."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from auth.principal import Principal
from gateway.alarms import Alarms
from gateway.observability.trace import Trace

if TYPE_CHECKING:
    from resolvers.database.reading import Reading


class RequestContext(Struct):
    """The state of one request. `moment` is the time every read is made as of; `deadline` is on the loop's clock."""

    principal: Principal
    moment: datetime
    deadline: float
    request_id: str
    reading: Reading | None = None  # the door, open for this principal; None where no database is behind
    trace: Trace | None = None  # None where the request is not sampled
    headers: Mapping[bytes, str] = {}  # of the client, lower case: those that some subgraph may be passed
    alarms: Alarms | None = None  # where the deadline is left, if not on the loop
