"""This module is in charge of principals for tests of the door."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from auth.entitlements import PURPOSES, Entitlement, load_matrix, scopes_for
from auth.principal import Principal
from resolvers.database.pool import Database
from resolvers.database.reading import DoorSettings, Reading
from resolvers.opaque import Opaque

MATRIX: tuple[Entitlement, ...] = load_matrix()
MOMENT = datetime(2026, 11, 20, 8, tzinfo=UTC)
GRACE = timedelta(days=90)
ROLES = ("BM", "OEM", "SW", "RS", "SD", "CU", "PR", "MI", "ME", "SA", "PB")
REGULATORS = {"PR", "MI", "ME", "SA"}


def principal(party: str, *roles: str, jurisdiction: tuple[str, ...] = (), scopes: frozenset[str] | None = None) -> Principal:
    """A principal with everything its roles allow."""
    purpose = "supervision" if set(roles) & REGULATORS else "public_information" if roles == ("PB",) else "recycling"
    assert purpose in PURPOSES
    allowed = scopes_for(roles, MATRIX) if scopes is None else scopes
    return Principal(party, frozenset(roles), allowed, frozenset(jurisdiction), purpose, "client", "token", MOMENT + timedelta(hours=1))


def reading(database: Database, who: Principal, moment: datetime = MOMENT) -> Reading:
    """The door, opened for that principal."""
    return Reading(database, DoorSettings(MATRIX, GRACE), Opaque(bytes(range(64))), who, moment)
