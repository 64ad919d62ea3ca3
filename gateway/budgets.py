"""This module is in charge of what a client may spend: on one operation, and within a minute, in the unit of `gateway/operation/cost.py`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from gateway.errors import refused
from gateway.rations import Buckets
from gateway.settings import Budget, Cost


class CostBudgets:
    """The budgets of the settings, `[cost]` for all clients and `[budgets.CLIENT]` for one; 0 is no bound. One per process."""

    def __init__(self, cost: Cost | None = None, clients: Mapping[str, Budget] | None = None) -> None:
        self._general = (cost.per_request, cost.per_minute) if cost else (0, 0)
        self._own = {name: (each.per_request or self._general[0], each.per_minute or self._general[1]) for name, each in (clients or {}).items()}
        self._buckets = Buckets()

    def of(self, client: str) -> tuple[int, int]:
        """(most for one operation, most within a minute); 0 is no bound."""
        return self._own.get(client, self._general)

    def charge(self, client: str, cost: float, moment: datetime, times: int = 1) -> None:
        """Take the cost, so many times at once.

        Refuses (COST_EXCEEDED) what is never allowed, and (TOO_MANY_REQUESTS) what is too early; then nothing is taken.
        """
        most, per_minute = self.of(client)
        least = min(each for each in (most, per_minute, cost) if each) if cost else 0
        if cost > least:
            raise refused("COST_EXCEEDED", f"The operation costs {amount(cost)}; this client may spend {least} on one.")
        if per_minute:
            bucket = self._buckets.at(client, per_minute, moment)
            if wait := bucket.wait(cost * times, per_minute):
                raise refused(
                    "TOO_MANY_REQUESTS", f"The operation costs more than is left; it can be paid in {wait} seconds.", headers=(("retry-after", str(wait)),)
                )
            bucket.left -= cost * times


def amount(cost: float) -> int | float:
    """A cost as it is told: whole where it is whole."""
    return int(cost) if cost == int(cost) else round(cost, 3)
