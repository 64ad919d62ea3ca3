"""This module is in charge of the identifiers in the oracle's worlds: valid, synthetic, and the same in every world."""

from __future__ import annotations

from datetime import date
from typing import Final

from resolvers.identifiers import BatteryType, ProductType, make_battery_code, make_credit_code, make_vin

PROVINCES: Final = ("35", "44", "32")
COMPANIES: Final = tuple(make_credit_code("350100", f"CELL{number:04}") for number in range(10))
OFFICES: Final = tuple(make_credit_code("110000", f"GATE{number:04}", authority="1") for number in range(8))
ANYBODY: Final = make_credit_code("350100", "PUBL0001")
VINS: Final = tuple(make_vin("LFV", "2A21K", 2025, "A", 1 + number * 7) for number in range(6))
MADE: Final = date(2025, 1, 1)


def battery_code(serial: int) -> str:
    """A code of the worlds' one line; every fifth is a module's, every seventh a cell's."""
    kind = ProductType.MODULE if serial % 5 == 0 else ProductType.CELL if serial % 7 == 0 else ProductType.PACK
    return make_battery_code("0A1", kind, BatteryType.LITHIUM_IRON_PHOSPHATE, "01", MADE, serial, traceability_code="TRACE00")


CODES: Final = tuple(battery_code(serial) for serial in range(1, 16))
MAKER_OF_PRODUCTS: Final = COMPANIES[5]
"""The first that utilizes batteries (world.TRADES); it makes a product of one."""
PRODUCT: Final = make_battery_code("0R2", ProductType.PACK, BatteryType.LITHIUM_IRON_PHOSPHATE, "3K", date(2025, 10, 16), 1, reused_level=ProductType.PACK)
MISSING: Final = tuple(battery_code(serial) for serial in range(9001, 9004))


def module_code(code: str, position: int) -> str:
    """The code of a module of that pack."""
    serial = int(code[-7:]) * 10 + position
    return make_battery_code("0A1", ProductType.MODULE, BatteryType.LITHIUM_IRON_PHOSPHATE, "01", MADE, serial, traceability_code="TRACE00")
