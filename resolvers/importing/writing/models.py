"""This module is in charge of writing imported battery models."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from resolvers.importing.records import Fault, Record, Terms
from resolvers.importing.writing.batch import Connection, Entry, insert_rows
from resolvers.ledger.deadlines import local_day
from resolvers.ledger.recording.plausible import unlike_any_model
from resolvers.ledger.rows import Model

_STORED: Final = """
select id, maker, name, chemistry, cell_format, nominal_energy_kwh, nominal_capacity_ah, nominal_voltage_v, mass_kg, module_count, cell_count,
  certified_on, dismantling_reported_on from battery.model where id = any($1::text[])"""
_MAKERS: Final = "select uscc from enterprise.enterprise where uscc = any($1::text[])"


@dataclass(slots=True)
class Models:
    """A batch of models. `makers` are the makers named that are registered."""

    stored: dict[str, Entry]
    makers: frozenset[str]

    @classmethod
    async def read(cls, connection: Connection, records: Sequence[Record]) -> Self:
        """What the database holds of these lines."""
        stored = await connection.fetch(_STORED, [record.key for record in records])
        makers = await connection.fetch(_MAKERS, sorted({str(record.values["maker"]) for record in records}))
        return cls({row["id"]: dict(row) for row in stored}, frozenset(row["uscc"] for row in makers))

    def complete(self, record: Record, terms: Terms) -> Entry | tuple[Fault, ...]:
        """A new model, if its maker is registered, and a pack can weigh and hold what it says, by the limits of the day on which it comes."""
        if record.values["maker"] not in self.makers:
            return (Fault("maker", "ENTERPRISE_UNKNOWN", "no enterprise with this credit code is registered"),)
        values: dict[str, Any] = dict(record.values)
        wrong = unlike_any_model(values["mass_kg"], values["nominal_energy_kwh"], terms.rules.on(local_day(terms.moment)))
        return (Fault(*wrong),) if wrong is not None else {"dismantling_reported_on": None, **values}

    async def insert(self, connection: Connection, entries: Sequence[Entry], terms: Terms) -> bool:
        """Write models."""
        return await insert_rows(connection, (Model(**entry, recorded_at=terms.moment) for entry in entries))
