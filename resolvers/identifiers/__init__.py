"""This package is in charge of the identifiers of the domain: pure functions from text to frozen values, and makers of synthetic ones."""

from resolvers.identifiers.battery_code import (
    BatteryCode,
    BatteryType,
    ProductType,
    battery_code_prefix,
    canonical_battery_code,
    make_battery_code,
    parse_battery_code,
)
from resolvers.identifiers.credit_code import CreditCode, credit_check_digit, make_credit_code, organisation_check_digit, parse_credit_code
from resolvers.identifiers.error import IdentifierError, IdentifierKind, IdentifierWarning
from resolvers.identifiers.region import (
    PROVINCES,
    Region,
    RegionLevel,
    RegionRegister,
    RegionStanding,
    confirm_region_code,
    load_regions,
    parse_region_code,
    read_regions,
)
from resolvers.identifiers.scheme import GB_T_34014, OpaqueCode, parse_battery_identifier
from resolvers.identifiers.vin import Vin, is_chinese, make_vin, parse_vin, vin_check_digit

__all__ = [
    "GB_T_34014",
    "PROVINCES",
    "BatteryCode",
    "BatteryType",
    "CreditCode",
    "IdentifierError",
    "IdentifierKind",
    "IdentifierWarning",
    "OpaqueCode",
    "ProductType",
    "Region",
    "RegionLevel",
    "RegionRegister",
    "RegionStanding",
    "Vin",
    "battery_code_prefix",
    "canonical_battery_code",
    "confirm_region_code",
    "credit_check_digit",
    "is_chinese",
    "load_regions",
    "make_battery_code",
    "make_credit_code",
    "make_vin",
    "organisation_check_digit",
    "parse_battery_code",
    "parse_battery_identifier",
    "parse_credit_code",
    "parse_region_code",
    "parse_vin",
    "read_regions",
    "vin_check_digit",
]
