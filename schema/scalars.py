"""This module is in charge of the scalars: how identifiers and times are spelled, and what is said of a wrong one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, NewType

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from resolvers.identifiers import canonical_battery_code, parse_credit_code, parse_region_code, parse_vin
from schema.enum_names import EnumName

BatteryCode = NewType("BatteryCode", str)
Vin = NewType("Vin", str)
CreditCode = NewType("CreditCode", str)
RegionCode = NewType("RegionCode", str)


def read_battery_code(value: object) -> str:
    """The canonical code; ValueError names position and rule (GB/T 34014-2017)."""
    return canonical_battery_code(_text(value, "battery code"))


def read_vin(value: object) -> str:
    """The canonical VIN; ValueError names position and rule (GB 16735-2019)."""
    return parse_vin(_text(value, "VIN")).value


def read_credit_code(value: object) -> str:
    """The canonical credit code; ValueError names position and rule (GB 32100-2015)."""
    return parse_credit_code(_text(value, "unified social credit code")).value


def read_region_code(value: object) -> str:
    """Six digits of which two are a province (GB/T 2260)."""
    return parse_region_code(_text(value, "region code"))


def read_date(value: object) -> date:
    """A day, from RFC 3339 full-date text or a date; ValueError otherwise."""
    if type(value) is date:
        return value
    text = _text(value, "Date")
    # Python reads more of ISO 8601 (week dates, no hyphens) than RFC 3339 allows.
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        raise ValueError("a Date is written YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("a Date is written YYYY-MM-DD, and is a day of the calendar") from None


def read_datetime(value: object) -> datetime:
    """A moment in UTC, from RFC 3339 date-time text or an aware datetime; ValueError otherwise."""
    found = value if isinstance(value, datetime) else _moment(_text(value, "DateTime"))
    if found.tzinfo is None:
        raise ValueError("a DateTime needs a time zone: Z, or an offset such as +08:00")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise ValueError("a DateTime lies between the years 0001 and 9999 in UTC, too") from None


def _moment(text: str) -> datetime:
    rule = "a DateTime is written YYYY-MM-DDThh:mm:ssZ (RFC 3339), and is of a day of the calendar"
    if len(text) < 20 or text[10] not in "Tt":
        raise ValueError(rule)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(rule) from None


def _text(value: object, kind: str) -> str:
    if not isinstance(value, str) or isinstance(value, EnumName):
        raise ValueError(f"a {kind} is a string")
    return value


def write_date(value: date | str) -> str:
    """RFC 3339 full-date."""
    return value if isinstance(value, str) else value.isoformat()


def write_datetime(value: datetime | str) -> str:
    """RFC 3339 in UTC with Z, microseconds only where there are any: as orjson spells it under OPT_UTC_Z."""
    if isinstance(value, str):
        return value
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


READERS: Final[Mapping[str, Callable[[object], Any]]] = {
    "BatteryCode": read_battery_code,
    "Vin": read_vin,
    "CreditCode": read_credit_code,
    "RegionCode": read_region_code,
    "Date": read_date,
    "DateTime": read_datetime,
}
"""By scalar name: what turns a client's value into what the door takes. All accept their own result again."""

_RFC_3339: Final = "https://www.rfc-editor.org/rfc/rfc3339"


def _identifier(name: str, description: str, url: str | None = None) -> ScalarDefinition:
    return strawberry.scalar(name=name, description=description, serialize=str, parse_value=READERS[name], specified_by_url=url)


SCALARS: Final[Mapping[object, ScalarDefinition]] = {
    BatteryCode: _identifier(
        "BatteryCode",
        "The code of a power battery by GB/T 34014-2017: 24 characters, or 19 for a reprocessed product. Lower case and blanks around it are forgiven.",
    ),
    Vin: _identifier("Vin", "A vehicle identification number by GB 16735-2019 (ISO 3779): 17 characters, the ninth a check digit."),
    CreditCode: _identifier("CreditCode", "A unified social credit code by GB 32100-2015: 18 characters with two check digits."),
    RegionCode: _identifier("RegionCode", "An administrative division by GB/T 2260: six digits; a province ends in 0000, a prefecture in 00."),
    date: strawberry.scalar(
        name="Date", description="A day as YYYY-MM-DD (RFC 3339 full-date).", serialize=write_date, parse_value=read_date, specified_by_url=_RFC_3339
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment in UTC as YYYY-MM-DDThh:mm:ssZ (RFC 3339 date-time).",
        serialize=write_datetime,
        parse_value=read_datetime,
        specified_by_url=_RFC_3339,
    ),
}


def config() -> StrawberryConfig:
    """The Strawberry configuration that every subgraph shares."""
    return StrawberryConfig(scalar_map=dict(SCALARS), disable_field_suggestions=True)
