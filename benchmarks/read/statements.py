"""This module is in charge of the peers' four statements: the packs, and for all of them at once makers, vehicles and events."""

from __future__ import annotations

from typing import Final

MANY: Final = """
select code, chemistry, nominal_energy_kwh as "nominalEnergyKwh", state_of_health as "stateOfHealth", status, maker, vin
from battery.pack where maker = $1 and status = 'IN_SERVICE' order by code limit 50"""
ONE: Final = """
select code, chemistry, nominal_energy_kwh as "nominalEnergyKwh", state_of_health as "stateOfHealth", status, maker, vin
from battery.pack where code = $1"""
ENTERPRISES: Final = 'select uscc, name, name_en as "nameEn" from enterprise.enterprise where uscc = any($1)'
VEHICLES: Final = 'select vin, model_name as "modelName" from vehicle.vehicle where vin = any($1)'
EVENTS: Final = """
select c.code, e.type, e.occurred_at as "occurredAt", e.recorded_at as "recordedAt" from unnest($1::text[]) as c(code) cross join lateral (
  select type, occurred_at, recorded_at, seq from battery.event where code = c.code order by occurred_at, seq limit 5) e
order by c.code, e.occurred_at, e.seq"""
