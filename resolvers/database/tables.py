"""This module is in charge of the columns: which there are, and which openings of the matrix open each of them.

A category is declared here once; the schema prints it (`@category`), the door masks by it. A column without an
opening does not exist for a reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from auth.entitlements import OPENING_BIT, category_of


@dataclass(frozen=True, slots=True)
class Column:
    """One readable column: its SQL type, and the openings any one of which opens it.

    `own` columns of a fact (docs/row-policy.md section 5) open also where the caller is a party to that very row.
    """

    name: str
    type: str
    opened_by: tuple[str, ...]

    @property
    def mask(self) -> int:
        """The openings as bits."""
        return sum(OPENING_BIT[each] for each in self.opened_by)

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories named by the openings, each once, in order."""
        return tuple(dict.fromkeys(category_of(each) for each in self.opened_by))


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table as readers see it. `key` is the column that its entity is known by."""

    schema: str
    name: str
    key: str
    columns: Mapping[str, Column]

    def column(self, name: str) -> Column:
        """The column of that name; KeyError is a defect of the caller, never of a client."""
        return self.columns[name]


def _table(schema: str, name: str, key: str, *groups: tuple[tuple[str, ...], str]) -> Table:
    """`groups`: (openings, "column type, column type, …")."""
    columns = {}
    for opened_by, listed in groups:
        for item in listed.split(","):
            column, sql_type = item.split()
            columns[column] = Column(column, sql_type, opened_by)
    return Table(schema, name, key, columns)


PACK: Final = _table(
    "battery",
    "pack",
    "code",
    (
        ("A",),
        "code text, model_id text, maker text, chemistry text, nominal_energy_kwh float8, nominal_capacity_ah float8, "
        "nominal_voltage_v float8, mass_kg float8, cell_count int4, produced_on date, status text, is_product bool, "
        "recalled bool, other_scheme text, other_value text, product_type text, parent text",
    ),
    (("D", "D:model"), "swap_model bool, powertrain text"),
    (("D", "D:pseudonym"), "vin text"),
    (("F",), "state_of_health float8, cycle_count int4, remaining_energy_kwh float8, condition_at timestamptz"),
    (("G",), "safety_class text"),
    (("H", "H:holder"), "custodian text"),
    (("H", "H:prior"), "prior_holder text"),
    (("H", "H:origin"), "origin_province text"),
    (("H",), "province text, status_since timestamptz"),
)

MODEL: Final = _table(
    "battery",
    "model",
    "id",
    (
        ("A",),
        "id text, maker text, name text, chemistry text, cell_format text, nominal_energy_kwh float8, nominal_capacity_ah float8, "
        "nominal_voltage_v float8, mass_kg float8, module_count int4, cell_count int4, certified_on date, dismantling_reported_on date",
    ),
)

MATERIAL: Final = _table("battery", "model_material", "model_id", (("B",), "component text, material text, mass_kg float8, hazardous bool"))

DISMANTLING: Final = _table(
    "battery",
    "model_dismantling",
    "model_id",
    (
        ("C",),
        "manual text, steps text[], tools text[], minutes int4, discharge text, extinguishing_agent text, hazards text[], maximum_voltage_v float8",
    ),
)

MODULE: Final = _table("battery", "module", "code", (("C",), "module_code text, position int4, cell_count int4, mass_kg float8"))

HEALTH: Final = _table(
    "battery",
    "health",
    "code",
    (
        ("F",),
        "seq int4, occurred_at timestamptz, recorded_at timestamptz, state_of_health float8, cycle_count int4, "
        "remaining_energy_kwh float8, internal_resistance_mohm float8, temperature_max_c float8, method text",
    ),
)

SAFETY_EVENT: Final = _table(
    "battery",
    "safety_event",
    "code",
    (("G",), "seq int4, occurred_at timestamptz, recorded_at timestamptz, kind text, severity text, description text"),
)

GRADING: Final = _table(
    "battery",
    "grading",
    "code",
    (
        ("J", "J:product", "J:own"),
        "seq int4, occurred_at timestamptz, recorded_at timestamptz, reporter text, method text, capacity_ah float8, "
        "resistance_mohm float8, insulation_mohm float8, grade text, route text",
    ),
)

INSTALLATION: Final = _table(
    "battery",
    "installation",
    "code",
    (
        ("D", "D:pseudonym"),
        "seq int4, code text, vin text, position int4, occurred_at timestamptz, recorded_at timestamptz, removed_at timestamptz",
    ),
)

CUSTODY: Final = _table(
    "battery",
    "custody",
    "code",
    (
        ("H", "H:own"),
        "seq int4, holder text, sender text, outcome text, purpose text, offered_at timestamptz, received_at timestamptz, "
        "declared_mass_kg float8, measured_mass_kg float8, from_province text, to_province text, transport_document text, "
        "recorded_at timestamptz, declared_condition text, found_condition text, mass_difference float8, discrepancies text[], discrepancy text",
    ),
    (("H",), "until_at timestamptz"),
)

TAKE_BACK: Final = _table(
    "battery",
    "take_back",
    "code",
    (
        ("H", "H:own"),
        "seq int4, holder text, obliged text, basis text, outcome text, reason text, region_code text, place text, requested_at timestamptz, due_on date, "
        "answered_at timestamptz, collect_on date, collect_at text, refusal text, recorded_at timestamptz",
    ),
)

EVENT: Final = _table(
    "battery",
    "event",
    "code",
    (
        ("A",),
        "code text, seq int4, type text, category text, occurred_at timestamptz, recorded_at timestamptz, due_on date, late bool, corrects int4",
    ),
    (("H", "H:own"), "reporter text, counterparty text, province text"),
    (("D", "D:pseudonym"), "vin text"),
)

FINDING: Final = _table(
    "battery",
    "finding",
    "code",
    (
        ("M", "M:own", "M:region", "M:environment", "M:market"),
        "code text, id text, rule text, version int4, severity text, state text, owners text[], provinces text[], party text, evidence int4[], "
        "message text, first_seen timestamptz, recorded_at timestamptz, subject text, evidence_codes text[], figures jsonb",
    ),
)

FIGURE: Final = _table("battery", "finding", "code", (("M", "M:own", "M:region", "M:environment", "M:market"), "name text, value text"))

NOTICE: Final = _table(
    "enterprise",
    "notice",
    "entity",
    (
        ("M", "M:own", "M:region", "M:environment", "M:market"),
        "seq int4, type text, occurred_at timestamptz, recorded_at timestamptz, reporter text, late bool, corrects int4, manufacturer_code text, "
        "specification_code text, traceability_code text, meaning text, model_id text, region_code text, place text, activity text, circumstances text, "
        "operator text, operator_code text, operator_name text",
    ),
)

CASE: Final = _table(
    "enterprise",
    "case_file",
    "case_id",
    (
        ("M", "M:own", "M:region", "M:environment", "M:market"),
        "case_id text, title text, state text, party text, authority text, province text, provinces text[], owners text[], opened_at timestamptz, "
        "changed_at timestamptz, due_on date",
    ),
)

CASE_EVENT: Final = _table(
    "enterprise",
    "case_event",
    "case_id",
    (
        ("M", "M:own", "M:region", "M:environment", "M:market"),
        "number int4, kind text, recorded_at timestamptz, author text, role text, text text, state text, due_on date, authority text, province text, "
        "documents jsonb, evidence_codes text[], evidence int4[]",
    ),
)
CASE_DOCUMENT: Final = _table(
    "enterprise", "case_event", "case_id", (("M", "M:own", "M:region", "M:environment", "M:market"), "kind text, reference text, sha256 text")
)

RECOVERY_RATE: Final = _table(
    "battery",
    "recovery_rate",
    "operator",
    (
        ("K", "K:own", "K:plant"),
        "month date, element text, input_kg float8, recovered_kg float8, rate float8, rule_set text, norm float8, meets bool, basis text, confidence text",
    ),
)

OBLIGATION: Final = _table(
    "enterprise",
    "obligation",
    "uscc",
    (
        ("M", "M:own", "M:region"),
        "duty text, code text, model_id text, since date, due_on date, basis text, confidence text, overdue bool",
    ),
)

RECOVERY: Final = _table(
    "battery",
    "recovery_batch",
    "code",
    (
        ("K", "K:own", "K:plant"),
        "id text, operator text, province text, chemistry text, process text, started_at timestamptz, finished_at timestamptz, "
        "input_mass_kg float8, output_mass_kg float8, residue_mass_kg float8, energy_kwh float8, pack_mass_kg float8",
    ),
)

RECOVERY_ELEMENT: Final = _table(
    "battery",
    "recovery_output",
    "code",
    (("K", "K:own", "K:plant", "K:share"), "element text, rate float8"),
    (("K", "K:own", "K:plant"), "input_kg float8, recovered_kg float8"),
)

RECOVERY_STEP: Final = _table(
    "battery",
    "recovery_step",
    "code",
    (
        ("K", "K:own", "K:plant"),
        "number int4, name text, kind text, started_at timestamptz, finished_at timestamptz, input_kg float8, output_kg float8, residue_kg float8, "
        "declared_loss_kg float8, loss_kind text, slips text[]",
    ),
)

RECOVERY_ASSAY: Final = _table(
    "battery",
    "recovery_assay",
    "code",
    (("K", "K:own", "K:plant"), "step int4, element text, input_kg float8, recovered_kg float8, residue_kg float8, declared_loss_kg float8"),
)

RECOVERY_MATERIAL: Final = _table("battery", "recovery_material", "code", (("K", "K:own", "K:plant"), "kind text, material text, mass_kg float8"))

STANDARD: Final = _table(
    "rule",
    "standard",
    "designation",
    (
        ("L", "L:public"),
        "designation text, number text, edition text, title text, valid_from date, valid_to date, fields_of_use text[], basis text, confidence text",
    ),
)

VEHICLE: Final = _table(
    "vehicle",
    "vehicle",
    "vin",
    (("A",), "automaker text, model_name text, powertrain text, swap_model bool, produced_on date, scrapped bool"),
    (("D",), "vin text, sold_on date, scrapped_on date, province text, region_code text, owner_kind text"),
)

ENTERPRISE: Final = _table(
    "enterprise",
    "enterprise",
    "uscc",
    (("L", "L:public"), "uscc text, name text, name_en text, province text, region_code text, status text, registered_on date"),
    (("L",), "address text, contact_phone text"),
)

ROLE: Final = _table("enterprise", "role", "uscc", (("L", "L:public"), "role text, valid_from date, valid_to date"))

LICENCE: Final = _table(
    "enterprise",
    "licence",
    "uscc",
    (("L", "L:public"), "number text, activity text, issued_by text, valid_from date, valid_to date"),
    (("L",), "capacity_t_per_year float8"),
)

OUTLET: Final = _table(
    "enterprise",
    "outlet",
    "uscc",
    (
        ("L", "L:public"),
        "number int4, name text, region_code text, province text, address text, phone text, opened_on date, closed_on date",
    ),
)

REGION: Final = _table(
    "enterprise",
    "region",
    "code",
    (("L", "L:public"), "code text, name_zh text, name_en text, level text, valid_from date, valid_to date"),
)

PACK_COUNT: Final = _table("battery", "view", "key", (("A",), "status text, packs int4"))

_EXACT: Final = ("N", "N:region")
PACK_STATISTIC: Final = _table(
    "statistics",
    "pack",
    "key",
    (_EXACT, "month date, province text, chemistry text, role text, party text, kind text, packs int4, energy_kwh float8, mass_kg float8"),
)

FLOW_STATISTIC: Final = _table(
    "statistics",
    "flow",
    "key",
    (_EXACT, "month date, province text, role text, to_province text, to_role text, chemistry text, packs int4, mass_kg float8"),
)

STOCK_STATISTIC: Final = _table(
    "statistics",
    "stock",
    "key",
    (_EXACT, "status text, dwell text, province text, chemistry text, role text, party text, packs int4, energy_kwh float8, mass_kg float8"),
)

RECOVERY_STATISTIC: Final = _table(
    "statistics",
    "recovery",
    "key",
    (
        _EXACT,
        "month date, province text, chemistry text, party text, element text, input_kg float8, recovered_kg float8, rate float8, norm float8, meets bool",
    ),
)

REPORT_STATISTIC: Final = _table(
    "statistics", "report", "key", (_EXACT, "month date, province text, role text, party text, event_type text, reports int4, late int4, late_rate float8")
)

FINDING_STATISTIC: Final = _table("statistics", "finding", "key", (_EXACT, "month date, province text, rule text, severity text, state text, findings int4"))

TAKE_BACK_STATISTIC: Final = _table(
    "statistics",
    "take_back",
    "key",
    (_EXACT, "month date, province text, chemistry text, role text, party text, outcome text, requests int4, late int4, late_rate float8"),
)

OUTLET_STATISTIC: Final = _table("statistics", "outlet", "key", (_EXACT, "province text, role text, enterprises int4, covered int4, outlets int4, packs int4"))

EXPECTED_STATISTIC: Final = _table("statistics", "expected", "key", (_EXACT, "month date, province text, chemistry text, packs float8"))

PUBLISHED_CELL: Final = _table(
    "statistics",
    "published",
    "key",
    (("N:published",), "cube text, month date, version int4, province text, chemistry text, role text, to_role text, kind text, value float8, suppressed bool"),
    (("N:published",), "published_on date, totals text[]"),
)
