"""This module is in charge of the step budget: planning ends after so many steps, whatever the operation and the machine."""

from __future__ import annotations

from typing import Final

from gateway.errors import refused

# About a second of one core; an ordinary operation takes some hundred steps.
MAX_STEPS: Final = 100_000


class Budget:
    """Steps that are left to one planning; refuses (PLAN_BUDGET_EXCEEDED) when they are used up."""

    __slots__ = ("_left",)

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self._left = steps

    def spend(self, steps: int = 1) -> None:
        """Count work that is about to be done."""
        self._left -= steps
        if self._left < 0:
            raise refused("PLAN_BUDGET_EXCEEDED", "The operation is too intricate to be planned; ask for less of it at once.")
