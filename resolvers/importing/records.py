"""This module is in charge of turning the cells of a line into the values of its table, with all the faults of the line at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from resolvers.identifiers import IdentifierError, parse_battery_code
from resolvers.importing.cells import Cell, CellFault, Value
from resolvers.importing.fields import Kind, Table
from resolvers.importing.reader import Layout, Line, Unread, read_cells
from resolvers.ledger.chemistries import CHEMISTRY_LETTERS
from resolvers.ledger.deadlines import Deadlines, local_day
from resolvers.ledger.findings.parameters import NO_RULES, RuleTable

CODE_DATE_TOLERANCE: Final = timedelta(days=31)


class Fault(NamedTuple):
    """One broken rule of a line; `field` is None where the line as a whole is wrong. `state` is where the battery of a refused event stands, and `allowed`
    what could be reported of it there, as far as the reporter may know."""

    field: str | None
    rule: str
    message: str
    state: str | None = None
    allowed: tuple[str, ...] = ()


class Reject(NamedTuple):
    """A line that was not taken, with every fault that was found, the first in the table's order first."""

    line: Line
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """A line that holds by itself: its natural key and its values by field name (a field left out is not there)."""

    line: Line
    key: str
    values: Mapping[str, Value]


class Terms(NamedTuple):
    """What a whole import goes by: who reports (None: the operator, for anybody), when, and the deadlines and limits of the rule table."""

    reported_by: str | None
    moment: datetime
    deadlines: Deadlines
    rules: RuleTable = NO_RULES


def read_record(line: Line, layout: Layout, terms: Terms, unread: Unread | None = None) -> Record | Reject:
    """The record of a line, or why it is none. The database is not asked: whether a model exists, say, is judged when the batch is written. Names of the
    line that are none of ours go to `unread`."""
    try:
        cells = read_cells(line, layout, unread)
    except CellFault as fault:
        return Reject(line, (Fault(fault.field, fault.rule, fault.message),))
    values, faults = _read_values(cells, layout.table)
    faults += _missing(values, cells, layout.table, terms)
    if not faults:
        faults = _CHECKS[layout.table.kind](values, terms)
    if faults:
        return Reject(line, tuple(faults))
    return Record(line, str(values[layout.table.key]), values)


def _read_values(cells: Mapping[str, Cell], table: Table) -> tuple[dict[str, Value], list[Fault]]:
    values: dict[str, Value] = {}
    faults: list[Fault] = []
    for name, field in table.fields.items():
        if name not in cells:
            continue
        try:
            values[name] = field.parse(cells[name])
        except CellFault as fault:
            faults.append(Fault(name, fault.rule, fault.message))
        except IdentifierError as error:
            faults.append(Fault(name, error.code, str(error)))
    return values, faults


def _missing(values: dict[str, Value], cells: Mapping[str, Cell], table: Table, terms: Terms) -> list[Fault]:
    faults: list[Fault] = []
    if table.reporter is not None and terms.reported_by is not None:
        if table.reporter not in cells:
            values[table.reporter] = terms.reported_by
        elif values.get(table.reporter, terms.reported_by) != terms.reported_by:
            faults.append(Fault(table.reporter, "REPORTER", "an enterprise reports for itself alone"))
    needed = (name for name in table.required(reported_by=terms.reported_by is not None) if name not in cells)
    return faults + [Fault(name, "REQUIRED", f"{name} is missing: {table.fields[name].rule}") for name in needed]


def _future(values: Mapping[str, Value], terms: Terms, *names: str) -> list[Fault]:
    today = local_day(terms.moment)
    days = ((name, values.get(name)) for name in names)
    return [Fault(name, "FUTURE", "the day has not come yet") for name, found in days if isinstance(found, date) and found > today]


def _check_enterprise(values: Mapping[str, Value], terms: Terms) -> list[Fault]:
    return _future(values, terms, "registered_on")


def _check_model(values: Mapping[str, Value], terms: Terms) -> list[Fault]:
    return _future(values, terms, "certified_on", "dismantling_reported_on")


def _check_pack(values: Mapping[str, Value], terms: Terms) -> list[Fault]:
    code = parse_battery_code(str(values["code"]))
    coded = code.produced_on
    faults = _future({"code": coded}, terms, "code") + _future(values, terms, "produced_on")
    produced = values.get("produced_on")
    if isinstance(produced, date) and abs(produced - coded) > CODE_DATE_TOLERANCE:
        faults.append(Fault("produced_on", "CODE_DATE", f"more than {CODE_DATE_TOLERANCE.days} days from the day in the code"))
    chemistry = values.get("chemistry")
    if chemistry is not None and code.battery_type not in CHEMISTRY_LETTERS[str(chemistry)]:
        faults.append(Fault("chemistry", "CODE_CHEMISTRY", f"position 5 of the code is {code.battery_type}, another chemistry"))
    if ("other_scheme" in values) != ("other_value" in values):
        faults.append(Fault("other_scheme", "OTHER_SCHEME", "other_scheme and other_value are given together or not at all"))
    return faults


def _check_vehicle(values: Mapping[str, Value], terms: Terms) -> list[Fault]:
    faults = _future(values, terms, "produced_on", "sold_on")
    produced, sold = values["produced_on"], values.get("sold_on")
    if isinstance(sold, date) and isinstance(produced, date) and sold < produced:
        faults.append(Fault("sold_on", "ORDER", "the vehicle was sold before it was produced"))
    if ("sold_on" in values) != ("region_code" in values):
        faults.append(Fault("region_code", "SALE", "sold_on and region_code are given together or not at all"))
    return faults


_CHECKS: Final[Mapping[Kind, Callable[[Mapping[str, Value], Terms], list[Fault]]]] = {
    Kind.ENTERPRISES: _check_enterprise,
    Kind.MODELS: _check_model,
    Kind.PACKS: _check_pack,
    Kind.VEHICLES: _check_vehicle,
}
