"""This module is in charge of the rows of enterprises as typed values: what they are, may do and where, and regions; fields are columns, in their order."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple


class Region(NamedTuple):
    """enterprise.region"""

    code: str
    name_zh: str
    name_en: str
    level: str
    valid_from: date
    valid_to: date | None


class Enterprise(NamedTuple):
    """enterprise.enterprise"""

    uscc: str
    name: str
    name_en: str | None
    province: str
    region_code: str
    status: str
    registered_on: date
    address: str | None
    contact_phone: str | None
    recorded_at: datetime


class EnterpriseRole(NamedTuple):
    """enterprise.role"""

    uscc: str
    role: str
    valid_from: date
    valid_to: date | None


class Licence(NamedTuple):
    """enterprise.licence; capacity in tonnes per year"""

    uscc: str
    number: str
    activity: str
    issued_by: str
    valid_from: date
    valid_to: date | None
    capacity_t_per_year: float | None


class Outlet(NamedTuple):
    """enterprise.outlet"""

    uscc: str
    number: int
    name: str
    region_code: str
    province: str
    address: str
    phone: str | None
    opened_on: date
    closed_on: date | None
