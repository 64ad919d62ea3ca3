"""What a report of each event has to say at the least, beside parties, vehicles and what each test is about: values for the fields that its form asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

MASS: Final = 420.0
MADE: Final = {"massKg": MASS, "nominalEnergyKwh": 60.0}
STATION: Final = {"station": "S-1", "stateOfCharge": 80.0, "stateOfHealth": 90.0}
LEAST: Final[Mapping[str, Mapping[str, Any]]] = {
    "PRODUCED": MADE,
    "IMPORTED": MADE,
    "REPROCESSED": {"massKg": 210.0, "nominalEnergyKwh": 30.0},
    "POOLED": {"owner": "91350902MA2XYB1C0U"},
    "SWAP_IN": STATION,
    "SWAP_OUT": STATION,
    "MAINTAINED": {"parts": []},
    "REPLACED": {"reason": "worn"},
    "REINSTALLED": {"stateOfHealth": 82.0},
    "OWNER_CHANGED": {"region": "440300", "ownerKind": "PRIVATE"},
    "RETIRED": {"stateOfHealth": 75.0, "condition": "dry, housing sound", "safetyClass": "NORMAL"},
    "PACK_DETACHED": {"massKg": MASS, "condition": "dry, housing sound"},
    "HANDED_OVER": {"carrier": "A carrier", "unClass": "UN3480", "fromRegion": "430100", "toRegion": "420100"},
    "RECEIVED": {"condition": "dry, housing sound"},
    # Of a cell as of a pack: the least of a pack.
    "DISMANTLED": {"massKg": 1.0},
    "PRODUCT_SOLD": {"region": "440300"},
    "RECYCLED": {"residues": [], "energyKwh": 0.0},
    "DISPOSED": {"massKg": 1.0},
}


def least(event: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a report with what it has to say; what is None in `fields` is left out."""
    told = {**LEAST.get(event, {}), **fields}
    return {name: value for name, value in told.items() if value is not None}
