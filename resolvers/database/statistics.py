"""This module is in charge of the statistics as batch resolvers: what each field of the graph asks of which cube.

Arguments: `from` and `to` (days of the first and last month), `province` (two digits), `chemistry`, `enterprise`, `by` (words of StatisticDimension).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from auth.entitlements import OPENING_BIT
from resolvers.batching import BadArgument, Batch, Shut, made_row
from resolvers.database.reading import Reading
from resolvers.database.sql import text
from resolvers.database.standing import possible
from resolvers.database.statistics_read import KEY, SHUT_OUT, WORDS, Question, cells, opened, standing
from resolvers.ledger.deadlines import local_day
from resolvers.ledger.findings.parameters import rule_table
from resolvers.ledger.rows import Rule
from resolvers.ledger.statistics.cubes import Cube

Outcomes = list[Sequence[Any] | Shut]
_RECENT: Final = 12
_NORMS: Final = text("""select rule_set, name, node_type, role, value, unit, basis, confidence, status, valid_from, valid_to from rule.rule
where name = 'recovery.norm'""").compile()


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the graph: its cube, which of its kinds it counts (none: all), and the words that it groups by: those that it may, those it does
    when nothing is said, and those it always does."""

    cube: Cube
    words: frozenset[str]
    default: tuple[str, ...] = ("MONTH",)
    always: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    months: bool = True


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_PACKS: Final = _words("MONTH PROVINCE CHEMISTRY ROLE ENTERPRISE KIND")
PRODUCTION: Final = Field(Cube.LIFE, _PACKS, kinds=("PRODUCED", "IMPORTED"))
SALES: Final = Field(Cube.LIFE, _PACKS, kinds=("VEHICLE_SOLD",))
RETIREMENTS: Final = Field(Cube.LIFE, _PACKS, kinds=("RETIRED",))
REPROCESSING: Final = Field(Cube.PRODUCT, _PACKS - {"ROLE"}, default=("KIND",))
CUSTODY_FLOWS: Final = Field(Cube.FLOW, _words("MONTH PROVINCE CHEMISTRY ROLE TO_PROVINCE TO_ROLE"), default=("ROLE", "TO_ROLE"))
STOCK: Final = Field(Cube.STOCK, _words("KIND DWELL PROVINCE CHEMISTRY ROLE ENTERPRISE"), default=("KIND",), months=False)
RECOVERY: Final = Field(Cube.RECOVERY, _words("MONTH PROVINCE CHEMISTRY ENTERPRISE KIND"), default=(), always=("KIND",))
LATE_REPORTS: Final = Field(Cube.REPORT, _words("MONTH PROVINCE ROLE ENTERPRISE KIND"))
FINDINGS: Final = Field(Cube.FINDING, _words("MONTH PROVINCE KIND STATE"), default=(), always=("KIND",))
TAKE_BACKS: Final = Field(Cube.TAKE_BACK, _PACKS, default=("KIND",))


async def statistics(reading: Reading, batch: Batch) -> list[Any]:
    """The one object below which the statistics are; there for everybody, its fields are not."""
    return [made_row(batch.columns, KEY, standing(reading), {})] * len(batch.keys)


def answering(field: Field) -> Callable[[Reading, Batch], Awaitable[Outcomes]]:
    """The batch resolver of a field whose rows are cells as they are."""

    async def resolve(reading: Reading, batch: Batch) -> Outcomes:
        return await _answer(reading, batch, lambda own: rows(reading, field, batch, own, batch.columns))

    return resolve


async def _answer(reading: Reading, batch: Batch, read: Callable[[bool], Awaitable[Sequence[Any]]]) -> Outcomes:
    exact, own = opened(reading)
    if not exact:
        return [Shut(SHUT_OUT)] * len(batch.keys)
    return [await read(own)] * len(batch.keys)


async def rows(reading: Reading, field: Field, batch: Batch, own: bool, columns: tuple[str, ...]) -> list[Any]:
    """The cells that a field answers with."""
    words = grouping(field, batch.arguments)
    if field in (STOCK, TAKE_BACKS):
        _holders_are_open(reading, words, batch.arguments)
    values: dict[str, Any] = {"now": local_day(reading.moment)}
    if field.months:
        values["from"], values["to"] = months(reading, batch.arguments)
    narrowed = []
    for argument, dimension in (("province", "province"), ("chemistry", "chemistry"), ("enterprise", "party")):
        if batch.arguments.get(argument) is not None:
            values[dimension] = batch.arguments[argument]
            narrowed.append(dimension)
    if field.kinds:
        values["kind"] = list(field.kinds)
        narrowed.append("kind")
    by = tuple(dimension for word, dimension in WORDS.items() if word in words)
    question = Question(_cube(field.cube, by, narrowed, own), by, tuple(narrowed), field.months, own)
    return await cells(reading, question, columns, values)


def _holders_are_open(reading: Reading, words: frozenset[str], arguments: Mapping[str, Any]) -> None:
    """Stock by enterprise says who holds which packs, of few packs who holds this one, and take-back who was asked for it: category H."""
    told = "by" if "ENTERPRISE" in words else "enterprise"
    if (told == "by" or arguments.get("enterprise") is not None) and not possible(reading.policy("battery")) & OPENING_BIT["H"]:
        raise BadArgument("INVALID_ARGUMENT", told, f"{told}: who holds packs, or is asked to take them back, is of category H, which is closed to this token")


def grouping(field: Field, arguments: Mapping[str, Any]) -> frozenset[str]:
    """The words to group by. BadArgument INVALID_ARGUMENT for one that this field has not."""
    given = arguments.get("by")
    asked = frozenset(field.default if given is None else given)
    for each in sorted(asked - field.words):
        raise BadArgument("INVALID_ARGUMENT", "by", f"by: {each} is not a dimension of this figure; it has {', '.join(sorted(field.words))}")
    return asked | frozenset(field.always)


def months(reading: Reading, arguments: Mapping[str, Any], ahead: int = 0) -> tuple[date, date]:
    """The first days of the first and of the last month asked for: without more said twelve months, the last of them `ahead` of this one."""
    this = local_day(reading.moment).replace(day=1)
    last = (arguments.get("to") or later(this, ahead)).replace(day=1)
    first = (arguments.get("from") or later(last, 1 - _RECENT)).replace(day=1)
    if first > last:
        raise BadArgument("INVALID_ARGUMENT", "from", "from: the first month is after the last")
    return first, last


def later(month: date, count: int) -> date:
    """The first day of the month that many months later."""
    year, number = divmod(month.year * 12 + month.month - 1 + count, 12)
    return date(max(year, 1), number + 1, 1)


def _cube(cube: Cube, by: Sequence[str], narrowed: Sequence[str], own: bool) -> Cube:
    return Cube.FINDING_PROVINCE if cube is Cube.FINDING and (own or "province" in by or "province" in narrowed) else cube


async def recovery_statistics(reading: Reading, batch: Batch) -> Outcomes:
    """Elements recovered, against the norm that holds on the last day of the months a row is of."""

    async def read(own: bool) -> list[Any]:
        plain = ("month", "province", "chemistry", "party", "element", "input_kg", "recovered_kg")
        found = await rows(reading, RECOVERY, batch, own, plain)
        table = rule_table([Rule(*row) for row in await reading.fetch(_NORMS, reading.values())])
        _first, last = months(reading, batch.arguments)
        return [made_row(batch.columns, KEY, standing(reading), _against_norm(row, plain, last, table)) for row in found]

    return await _answer(reading, batch, read)


def _against_norm(row: Any, plain: tuple[str, ...], last: date, table: Any) -> dict[str, Any]:
    values = {name: row[name] for name in plain}
    rule = table.on(values["month"] or last).row("recovery.norm", values["element"], "CU")
    rate = values["recovered_kg"] / values["input_kg"] if values["input_kg"] else None
    norm = float(rule.value) if rule is not None else None
    return {**values, "rate": rate, "norm": norm, "meets": None if norm is None or rate is None else rate >= norm}
