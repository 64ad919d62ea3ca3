"""This module is in charge of what is sent: packs of a maker of the world, and vehicles of an automaker of it, as lines of NDJSON."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from benchmarks.worlds import BenchWorld
from resolvers.demo.parties import demo_parties
from resolvers.identifiers import BatteryType, ProductType, make_battery_code, make_vin
from resolvers.ledger.deadlines import local_day

MODEL: Final = """
select m.id, m.mass_kg, m.nominal_energy_kwh, s.manufacturer_code, s.code as specification, m.chemistry, t.code as traceability
from battery.model m join battery.specification s on s.model_id = m.id
join battery.traceability t on t.manufacturer_code = s.manufacturer_code
where m.maker = $1 and m.chemistry = 'LFP' order by m.id limit 1"""
# A kept world has the packs of earlier runs.
LAST: Final = "select coalesce(max(right(code, 7)), '0') as serial from battery.pack where maker = $1 and produced_on >= $2"
VEHICLE: Final = {"modelName": "Bench One", "powertrain": "BEV", "swapModel": False}


@dataclass(frozen=True, slots=True)
class Lives:
    """Packs by number: their codes, vehicles and events. `run` sets this run's references apart from those of another over the same world."""

    maker: str
    automaker: str
    model: Any
    run: str
    began: datetime
    serial: int

    def made(self, first: int, count: int) -> Iterator[bytes]:
        """The maker's events: produced and sold."""
        model = self.model
        for number in range(first, first + count):
            yield self._line("PRODUCED", number, 0, modelId=model["id"], massKg=model["mass_kg"], nominalEnergyKwh=model["nominal_energy_kwh"])
            yield self._line("SOLD", number, 1, buyer=self.automaker)

    def driven(self, first: int, count: int) -> Iterator[bytes]:
        """The automaker's events: installed, and the vehicle sold."""
        made_on = local_day(self.began).isoformat()
        for number in range(first, first + count):
            vin = self.vin(number)
            yield self._line("INSTALLED", number, 2, vin=vin, vehicle={**VEHICLE, "producedOn": made_on})
            yield self._line("VEHICLE_SOLD", number, 3, vin=vin, region="440300", ownerKind="PRIVATE")

    def code(self, number: int) -> str:
        """A battery code that the world does not have: of the day the bench began."""
        model = self.model
        return make_battery_code(
            model["manufacturer_code"],
            ProductType.PACK,
            BatteryType.LITHIUM_IRON_PHOSPHATE,
            model["specification"],
            local_day(self.began),
            self.serial + number + 1,
            traceability_code=model["traceability"],
        )

    def vin(self, number: int) -> str:
        """A vehicle that the world does not have."""
        return make_vin("L0Z", "B" + self.run[:3] + "N", self.began.year, "0123456789"[number // 1_000_000], number % 1_000_000)

    def _line(self, kind: str, number: int, step: int, **more: Any) -> bytes:
        at = self.began + timedelta(minutes=step)
        event = {"type": kind, "code": self.code(number), "occurredAt": at, "clientReference": f"{self.run}-{number}-{step}", **more}
        return orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)


async def lives_of(made: BenchWorld) -> Lives:
    """Lives for the demonstration's maker and automaker; all that happens in them happened within the last hour."""
    parties = demo_parties(made.options)
    maker = parties["battery-maker"].uscc
    (model,) = await made.rows(MODEL, maker)
    run = "".join(secrets.choice("ABCDEFGHJKLM") for _ in range(8))
    began = datetime.now(UTC) - timedelta(hours=1)
    (last,) = await made.rows(LAST, maker, local_day(began))
    return Lives(maker, parties["automaker"].uscc, model, run, began, int(last["serial"]))
