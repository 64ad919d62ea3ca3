"""This module is in charge of writing what happens at the OAuth server to the log."""

from __future__ import annotations

import logging

from auth.ports import AuthEvent

LOG = logging.getLogger("cellgate.auth")


class EventLog:
    """An audit sink that writes one line an event. Every text in an event is ours or a registered client's id."""

    def record(self, event: AuthEvent) -> None:
        LOG.info(
            "%s client=%s party=%s token=%s purpose=%s scopes=%s error=%s",
            event.kind,
            event.client_id or "-",
            event.party or "-",
            event.token_id or "-",
            event.purpose or "-",
            ",".join(event.scopes) or "-",
            event.error or "-",
        )
