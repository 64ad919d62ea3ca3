"""This module is in charge of Subscription: what the battery subgraph tells when it happens."""

from __future__ import annotations

import strawberry

from resolvers import battery as battery_rows
from schema.battery import ChangeConnection
from schema.bindings import Shape
from schema.connections import FEED_ARGUMENTS
from schema.fields import lookup


@strawberry.federation.type(authenticated=True, description="What you are told when it happens, over server-sent events or a WebSocket.")
class Subscription:
    """Pages of a feed, each as soon as there is one (gateway/execution/local_events.py)."""

    changes: ChangeConnection | None = lookup(
        battery_rows.changes,
        Shape.PAGE,
        ("A",),
        "Pages of `Query.changes`, each as soon as there is one: what was recorded of the batteries that you may see by more than their code, in the order in "
        "which it came to be visible.",
        arguments=FEED_ARGUMENTS,
    )
