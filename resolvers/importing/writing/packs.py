"""This module is in charge of writing imported packs: what follows from their being produced is the ledger's fold to say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, Self

from resolvers.database.listed_codes import locks_of, read_listed
from resolvers.database.notice_store import LOCK
from resolvers.database.statistics_write import add_changes
from resolvers.identifiers import parse_battery_code
from resolvers.importing.cells import Module as ModuleCell
from resolvers.importing.records import Fault, Record, Terms
from resolvers.importing.writing.batch import Connection, Entry, insert_rows, midnight
from resolvers.ledger.chemistries import CHEMISTRY_LETTERS
from resolvers.ledger.deadlines import is_late, local_day
from resolvers.ledger.events import EVENTS, EventType
from resolvers.ledger.findings.parameters import Parameters
from resolvers.ledger.projection import Known, PackFacts, Projection, project
from resolvers.ledger.recording.plausible import gain_of_parts, module_unlike_any, overweight_at, unlike_any
from resolvers.ledger.rows import Event, Model, Module
from resolvers.ledger.statistics.contributions import Counted, contributions, total

# An anonymous row would need a type of its own on the wire; three arrays in one order do not.
_STORED: Final = """
select p.code, p.model_id, p.maker, p.chemistry, p.nominal_energy_kwh, p.nominal_capacity_ah, p.nominal_voltage_v, p.mass_kg, p.cell_count,
  p.produced_on, p.other_scheme, p.other_value, (select e.details ->> 'plantRegion' from battery.event e where e.code = p.code and e.seq = 1) as plant_region,
  array(select m.module_code from battery.module m where m.code = p.code order by m.position) as module_codes,
  array(select m.cell_count from battery.module m where m.code = p.code order by m.position) as module_cells,
  array(select m.mass_kg from battery.module m where m.code = p.code order by m.position) as module_masses
from battery.pack p where p.code = any($1::text[])"""
_MODELS: Final = """
select m.id, m.maker, m.name, m.chemistry, m.cell_format, m.nominal_energy_kwh, m.nominal_capacity_ah, m.nominal_voltage_v, m.mass_kg, m.module_count,
  m.cell_count, m.certified_on, m.dismantling_reported_on, m.recorded_at, e.region_code, e.province
from battery.model m join enterprise.enterprise e on e.uscc = m.maker where m.id = any($1::text[])"""
_CODE_HOLDERS: Final = "select code, uscc from battery.manufacturer_code where code = any($1::text[])"
_SPECIFICATIONS: Final = "select manufacturer_code, code, model_id from battery.specification where manufacturer_code = any($1::text[])"
# The documents of a model are open to whoever may read one of its packs; readers only ever grow.
_OPEN_MATERIALS: Final = """
update battery.model_material m set readers = array(select distinct r from unnest(m.readers || $2::text[]) r order by r)
where m.model_id = $1 and not m.readers @> $2::text[] returning 1"""
_OPEN_DISMANTLING: Final = """
update battery.model_dismantling m set readers = array(select distinct r from unnest(m.readers || $2::text[]) r order by r)
where m.model_id = $1 and not m.readers @> $2::text[] returning 1"""
_OF_THE_MODEL: Final = (
    "maker", "chemistry", "nominal_energy_kwh", "nominal_capacity_ah", "nominal_voltage_v", "mass_kg", "cell_count",
)  # fmt: skip
_FACTS: Final = ("code", "model_id", *_OF_THE_MODEL, "produced_on", "other_scheme", "other_value")


@dataclass(slots=True)
class Packs:
    """A batch of packs, with what their lines refer to: models by id, holders of manufacturer codes, models of filed specifications; and the batteries
    that have the codes of modules and cells, or have them inside."""

    stored: dict[str, Entry]
    models: Mapping[str, Mapping[str, Any]]
    holders: Mapping[str, str]
    filed: Mapping[str, str]
    listed: dict[str, str]

    @classmethod
    async def read(cls, connection: Connection, records: Sequence[Record]) -> Self:
        """What the database holds of these lines and of what they refer to."""
        makers = sorted({record.key[:3] for record in records})
        given = {code for record in records for code in _given(record)}
        if given:
            names = sorted(locks_of(given))
            await connection.fetch(LOCK, names, [True] * len(names))
        stored = await connection.fetch(_STORED, [record.key for record in records])
        models = await connection.fetch(_MODELS, sorted({str(record.values["model_id"]) for record in records}))
        holders = await connection.fetch(_CODE_HOLDERS, makers)
        filed = await connection.fetch(_SPECIFICATIONS, makers)
        return cls(
            {row["code"]: _entry(row) for row in stored},
            {row["id"]: row for row in models},
            {row["code"]: row["uscc"] for row in holders},
            {row["manufacturer_code"] + row["code"]: row["model_id"] for row in filed},
            await read_listed(connection, given),
        )

    def complete(self, record: Record, terms: Terms) -> Entry | tuple[Fault, ...]:
        """A new pack with its model's values where the line has none, if the registry agrees with it."""
        model = self.models.get(str(record.values["model_id"]))
        if model is None:
            return (Fault("model_id", "MODEL_UNKNOWN", "no model with this id is known"),)
        code = parse_battery_code(record.key)
        entry: Entry = {
            **{name: model[name] for name in _OF_THE_MODEL}, "produced_on": code.produced_on, "plant_region": model["region_code"],
            "modules": (), "other_scheme": None, "other_value": None, **record.values,
        }  # fmt: skip
        faults = [
            *_sourceless(code.reused),
            *_against_model(entry, model),
            *_implausible(entry, model, terms.rules.on(entry["produced_on"])),
            *_modules_implausible(entry, terms.rules.on(entry["produced_on"])),
            *_against_code(entry, code.battery_type),
            *self._against_registry(entry, code.manufacturer_code, code.specification_code),
            *self._given_before(record),
        ]
        if faults:
            return tuple(faults)
        self.listed.update(dict.fromkeys(_given(record), record.key))
        return entry

    def _given_before(self, record: Record) -> list[Fault]:
        """A code is given once; the whole file is the operator's, or one maker's."""
        if self.listed.keys().isdisjoint(_given(record)):
            return []
        return [Fault("modules", "DUPLICATE_CODE", "a battery, module or cell with the code of one of them is there already; a code is given once")]

    async def insert(self, connection: Connection, entries: Sequence[Entry], terms: Terms) -> bool:
        """Write packs, their modules and all rows that follow from the one event that they were produced."""
        events = [_produced(entry, terms) for entry in entries]
        folded = [_fold(entry, event, self.models[entry["model_id"]]) for entry, event in zip(entries, events, strict=True)]
        groups = (
            (each.pack for each in folded),
            chain.from_iterable(map(_modules, entries)),
            events,
            chain.from_iterable(each.custody for each in folded),
            chain.from_iterable(each.access for each in folded),
        )
        for rows in groups:
            if not await insert_rows(connection, rows):
                return False
        opened = sorted({(each.pack.model_id, each.pack.readers) for each in folded})
        await connection.fetchmany(_OPEN_MATERIALS, opened)
        await connection.fetchmany(_OPEN_DISMANTLING, opened)
        await add_changes(connection, total(map(self._counted, entries, events, folded)))
        return True

    def _counted(self, entry: Entry, event: Event, folded: Projection) -> Counted:
        return contributions(_facts(entry), [event], folded, {entry["maker"]: self.models[entry["model_id"]]["province"]})

    def _against_registry(self, entry: Entry, manufacturer_code: str, specification: str) -> list[Fault]:
        faults = []
        if self.holders.get(manufacturer_code) != entry["maker"]:
            faults.append(Fault("code", "MANUFACTURER_CODE", "positions 1 to 3 are not a manufacturer code allotted to the maker"))
        if self.filed.get(manufacturer_code + specification, entry["model_id"]) != entry["model_id"]:
            faults.append(Fault("code", "SPECIFICATION", "positions 6 and 7 are a specification that the maker filed for another model"))
        return faults


def _given(record: Record) -> list[str]:
    """The codes of modules that a line gives; its own is a pack's."""
    modules: Any = record.values.get("modules", ())
    return [each.code for each in modules]


def _against_model(entry: Entry, model: Mapping[str, Any]) -> list[Fault]:
    faults = []
    if entry["maker"] != model["maker"]:
        faults.append(Fault("maker", "MODEL_MAKER", "the model is another maker's"))
    if entry["chemistry"] != model["chemistry"]:
        faults.append(Fault("chemistry", "MODEL_CHEMISTRY", "the model has another chemistry"))
    if entry["modules"] and len(entry["modules"]) != model["module_count"]:
        faults.append(Fault("modules", "MODULE_COUNT", f"{len(entry['modules'])} modules; the model has {model['module_count']}"))
    elif entry["modules"] and (cells := sum(each.cell_count for each in entry["modules"])) != entry["cell_count"]:
        faults.append(Fault("modules", "CELL_COUNT", f"their cells add up to {cells}; the battery has {entry['cell_count']}"))
    return faults


def _implausible(entry: Entry, model: Mapping[str, Any], parameters: Parameters) -> list[Fault]:
    """What a report of the pack would be refused for."""
    of_model = Model(**{name: model[name] for name in Model._fields})
    wrong = unlike_any(entry["code"], entry["mass_kg"], entry["nominal_energy_kwh"], of_model, parameters)
    return [Fault(*wrong)] if wrong is not None else []


def _modules_implausible(entry: Entry, parameters: Parameters) -> list[Fault]:
    """As of a report: whoever takes the pack apart is not refused for what its maker said."""
    if (unlike := module_unlike_any([(each.code, each.mass_kg) for each in entry["modules"]], parameters)) is not None:
        return [Fault("modules", "IMPLAUSIBLE_MASS", f"module {unlike[0] + 1}: {unlike[1][0].lower()}{unlike[1][1:]}")]
    found = overweight_at([each.mass_kg for each in entry["modules"]], entry["mass_kg"], parameters)
    if found is None:
        return []
    tolerated = f"{gain_of_parts(parameters):.0%} more is tolerated"
    message = f"with module {found[0] + 1} they weigh {found[1]:.3f} kg, the battery {entry['mass_kg']:.3f} kg; {tolerated}"
    return [Fault("modules", "IMPLAUSIBLE_MASS", message)]


def _sourceless(reused: bool) -> list[Fault]:
    """Of a new pack alone: one that was taken once is there already."""
    message = "a code of 19 characters is a product's, reported as REPROCESSED with what it was made of"
    return [Fault("code", "PRODUCT_WITHOUT_SOURCES", message)] if reused else []


def _against_code(entry: Entry, battery_type: str) -> list[Fault]:
    letters = CHEMISTRY_LETTERS.get(entry["chemistry"])
    if letters is None or battery_type in letters:
        return []
    return [Fault("code", "CODE_CHEMISTRY", "position 5 of the code stands for another chemistry than the model's")]


def _entry(row: Mapping[str, Any]) -> Entry:
    entry = dict(row)
    parts = zip(entry.pop("module_codes"), entry.pop("module_cells"), entry.pop("module_masses"), strict=True)
    entry["modules"] = tuple(ModuleCell(*part) for part in parts)
    if entry["plant_region"] is None:
        del entry["plant_region"]
    return entry


def _produced(entry: Entry, terms: Terms) -> Event:
    rule = EVENTS[EventType.PRODUCED]
    due_on = terms.deadlines.due_on(EventType.PRODUCED, "BM", entry["produced_on"])
    return Event(
        entry["code"], 1, EventType.PRODUCED, rule.category, midnight(entry["produced_on"]), terms.moment, entry["maker"],
        province=entry["plant_region"][:2], due_on=due_on, late=is_late(due_on, local_day(terms.moment)),
        details={"plantRegion": entry["plant_region"]},
    )  # fmt: skip


def _fold(entry: Entry, event: Event, model: Mapping[str, Any]) -> Projection:
    return project(_facts(entry), [event], Known({entry["maker"]: model["province"]}, {}))


def _facts(entry: Entry) -> PackFacts:
    return PackFacts(**{name: entry[name] for name in _FACTS})


def _modules(entry: Entry) -> list[Module]:
    return [Module(entry["code"], module.code, position, module.cell_count, module.mass_kg) for position, module in enumerate(entry["modules"], 1)]
