"""This module is in charge of the statistics' part of the graph: national figures, exact and live, for the authorities that they are for."""

# Types made by a function stand in annotations here, for Strawberry to read.
# mypy: disable-error-code="valid-type"

from __future__ import annotations

from datetime import date
from typing import Any, Final

import strawberry

from resolvers import enterprise as enterprise_rows
from resolvers.database import tables as t
from schema import enterprise
from schema.bindings import Shape
from schema.enterprise import Enterprise, Region
from schema.enums import (
    BatteryStatus,
    Chemistry,
    DwellClass,
    EventType,
    FindingSeverity,
    FindingState,
    PartyRole,
    PublishedCube,
    StatisticDimension,
    TakeBackOutcome,
)
from schema.fields import QUERY, argument, by_column, column, lookup, rows
from schema.provinces import province_code, province_digits
from schema.scalars import CreditCode, RegionCode

EXACT: Final = ("N", "N:region")
FROM: Final = argument("from", date | None, "A day of the first month; by default eleven months before the last.", "N")
TO: Final = argument("to", date | None, "A day of the last month, which counts too; by default this month.", "N")
PROVINCE: Final = argument("province", RegionCode | None, "Only this province; its code ends in 0000.", "N", form=province_digits)
CHEMISTRY: Final = argument("chemistry", Chemistry | None, "Only packs of this chemistry.", "N")
ENTERPRISE: Final = argument("enterprise", CreditCode | None, "Only this enterprise.", "N")


def _by(description: str) -> Any:
    return argument("by", list[StatisticDimension] | None, f"By what to tell the figures apart: {description}. Whatever is not named is null.", "N")


def _province(table: t.Table, description: str, name: str = "province") -> Any:
    return by_column(enterprise_rows.regions, table, name, description, province_code)


def _enterprise(table: t.Table, description: str) -> Any:
    return by_column(enterprise_rows.enterprise_by_uscc, table, "party", description)


@strawberry.type(description="A number of packs.")
class PackStatistic:
    """A cell of the cubes LIFE and PRODUCT."""

    month: date | None = column(t.PACK_STATISTIC, "month", "The first day of the month in which it happened.")
    province: Region | None = _province(t.PACK_STATISTIC, "The province in which it happened.")
    chemistry: Chemistry | None = column(t.PACK_STATISTIC, "chemistry", "The chemistry of the cells.")
    role: PartyRole | None = column(t.PACK_STATISTIC, "role", "What the enterprise is that reported it.")
    enterprise: Enterprise | None = _enterprise(t.PACK_STATISTIC, "The enterprise that reported it.")
    kind: str | None = column(t.PACK_STATISTIC, "kind", "The event counted (production, sales, retirements), or the field of use (reprocessing).")
    packs: int | None = column(t.PACK_STATISTIC, "packs", "How many packs.")
    energy_kwh: float | None = column(t.PACK_STATISTIC, "energy_kwh", "Their nominal energy together, in kWh.")
    mass_kg: float | None = column(t.PACK_STATISTIC, "mass_kg", "Their nominal mass together, in kg.")


@strawberry.type(description="Packs of which custody passed from one kind of party, in one province, to another.")
class FlowStatistic:
    """A cell of the cube FLOW."""

    month: date | None = column(t.FLOW_STATISTIC, "month", "The first day of the month in which they were received.")
    from_province: Region | None = _province(t.FLOW_STATISTIC, "The province they came from; null where they came out of a vehicle, too.")
    from_role: PartyRole | None = column(t.FLOW_STATISTIC, "role", "What the sender is; null where they came out of a vehicle, too.")
    to_province: Region | None = _province(t.FLOW_STATISTIC, "The province they went to.", "to_province")
    to_role: PartyRole | None = column(t.FLOW_STATISTIC, "to_role", "What the receiver is.")
    chemistry: Chemistry | None = column(t.FLOW_STATISTIC, "chemistry", "The chemistry of the cells.")
    packs: int | None = column(t.FLOW_STATISTIC, "packs", "How many packs.")
    mass_kg: float | None = column(t.FLOW_STATISTIC, "mass_kg", "Their nominal mass together, in kg.")


@strawberry.type(description="Packs as they stand now.")
class StockStatistic:
    """A cell of the cube STOCK."""

    status: BatteryStatus | None = column(t.STOCK_STATISTIC, "status", "Where they stand in their life.")
    dwell: DwellClass | None = column(t.STOCK_STATISTIC, "dwell", "For how long they have stood there.")
    province: Region | None = _province(t.STOCK_STATISTIC, "The province they are in.")
    chemistry: Chemistry | None = column(t.STOCK_STATISTIC, "chemistry", "The chemistry of the cells.")
    role: PartyRole | None = column(t.STOCK_STATISTIC, "role", "What their custodian is; null where they are in vehicles, too.")
    enterprise: Enterprise | None = _enterprise(t.STOCK_STATISTIC, "Their custodian; null where they are in vehicles, too.")
    packs: int | None = column(t.STOCK_STATISTIC, "packs", "How many packs.")
    energy_kwh: float | None = column(t.STOCK_STATISTIC, "energy_kwh", "Their nominal energy together, in kWh.")
    mass_kg: float | None = column(t.STOCK_STATISTIC, "mass_kg", "Their nominal mass together, in kg.")


@strawberry.type(description="What was recovered of an element, against the norm.")
class RecoveryStatistic:
    """A cell of the cube RECOVERY, with the norm of its last day."""

    month: date | None = column(t.RECOVERY_STATISTIC, "month", "The first day of the month in which batches were finished.")
    province: Region | None = _province(t.RECOVERY_STATISTIC, "The province of the plants.")
    chemistry: Chemistry | None = column(t.RECOVERY_STATISTIC, "chemistry", "The chemistry of what was put in.")
    enterprise: Enterprise | None = _enterprise(t.RECOVERY_STATISTIC, "The operator.")
    element: str | None = column(t.RECOVERY_STATISTIC, "element", "The element's symbol: Li, Ni, Co, Mn, Cu, Al, Fe, P.")
    input_kg: float | None = column(t.RECOVERY_STATISTIC, "input_kg", "Mass put in, in kg.")
    recovered_kg: float | None = column(t.RECOVERY_STATISTIC, "recovered_kg", "Mass recovered, in kg.")
    rate: float | None = column(t.RECOVERY_STATISTIC, "rate", "Recovered mass over mass put in, 0 to 1.")
    norm: float | None = column(
        t.RECOVERY_STATISTIC, "norm", "The rate, 0 to 1, that the norm of the month asks for; that of the last month where months are together."
    )
    meets_norm: bool | None = column(t.RECOVERY_STATISTIC, "meets", "Whether the norm is met; null where there is none.")


@strawberry.type(description="How many reports came, and how many of them late.")
class ReportStatistic:
    """A cell of the cube REPORT."""

    month: date | None = column(t.REPORT_STATISTIC, "month", "The first day of the month in which the events happened.")
    province: Region | None = _province(t.REPORT_STATISTIC, "The province of the reporter's seat.")
    role: PartyRole | None = column(t.REPORT_STATISTIC, "role", "What the reporter is.")
    enterprise: Enterprise | None = _enterprise(t.REPORT_STATISTIC, "The reporter.")
    event_type: EventType | None = column(t.REPORT_STATISTIC, "event_type", "What was reported.")
    reports: int | None = column(t.REPORT_STATISTIC, "reports", "How many events were reported.")
    late: int | None = column(t.REPORT_STATISTIC, "late", "How many of them after their deadline.")
    late_rate: float | None = column(t.REPORT_STATISTIC, "late_rate", "The share of late ones, 0 to 1.")


@strawberry.type(description="How often a rule fired.")
class FindingStatistic:
    """A cell of the cubes FINDING and FINDING_PROVINCE."""

    month: date | None = column(t.FINDING_STATISTIC, "month", "The first day of the month in which it was first seen.")
    province: Region | None = _province(t.FINDING_STATISTIC, "The province that it concerns; one that concerns two counts in both.")
    rule: str | None = column(t.FINDING_STATISTIC, "rule", "The rule: R01 to R24.")
    severity: FindingSeverity | None = column(t.FINDING_STATISTIC, "severity", "How grave.")
    state: FindingState | None = column(t.FINDING_STATISTIC, "state", "What has become of it.")
    findings: int | None = column(t.FINDING_STATISTIC, "findings", "How many findings.")


@strawberry.type(description="Take-back that was asked for, and what became of it.")
class TakeBackStatistic:
    """A cell of the cube TAKE_BACK."""

    month: date | None = column(t.TAKE_BACK_STATISTIC, "month", "The first day of the month in which it was asked for.")
    province: Region | None = _province(t.TAKE_BACK_STATISTIC, "The province in which the battery is to be fetched.")
    chemistry: Chemistry | None = column(t.TAKE_BACK_STATISTIC, "chemistry", "The chemistry of the cells.")
    role: PartyRole | None = column(t.TAKE_BACK_STATISTIC, "role", "What the enterprise is that was asked.")
    enterprise: Enterprise | None = _enterprise(t.TAKE_BACK_STATISTIC, "The enterprise that was asked.")
    outcome: TakeBackOutcome | None = column(t.TAKE_BACK_STATISTIC, "outcome", "What became of it.")
    requests: int | None = column(t.TAKE_BACK_STATISTIC, "requests", "How many requests.")
    late: int | None = column(t.TAKE_BACK_STATISTIC, "late", "How many of them were answered after their day.")
    late_rate: float | None = column(t.TAKE_BACK_STATISTIC, "late_rate", "The share of these, 0 to 1.")


@strawberry.type(description="Where those who sell have outlets that take batteries back.")
class OutletStatistic:
    """Made by resolvers/database/statistics_derived.py."""

    province: Region | None = _province(t.OUTLET_STATISTIC, "The province.")
    role: PartyRole | None = column(t.OUTLET_STATISTIC, "role", "As what enterprises have to have an outlet there: BM as makers, OEM as automakers.")
    enterprises: int | None = column(t.OUTLET_STATISTIC, "enterprises", "Enterprises whose packs were sold there in vehicles.")
    covered: int | None = column(t.OUTLET_STATISTIC, "covered", "Those of them that have an open outlet there.")
    outlets: int | None = column(t.OUTLET_STATISTIC, "outlets", "Their open outlets there.")
    packs: int | None = column(t.OUTLET_STATISTIC, "packs", "Packs sold there in vehicles, ever.")


@strawberry.type(description="How many packs are expected to leave use.")
class ExpectedStatistic:
    """Made by resolvers/database/statistics_derived.py."""

    month: date | None = column(t.EXPECTED_STATISTIC, "month", "The first day of the month.")
    province: Region | None = _province(t.EXPECTED_STATISTIC, "The province in which they were sold.")
    chemistry: Chemistry | None = column(t.EXPECTED_STATISTIC, "chemistry", "The chemistry of the cells.")
    packs: float | None = column(t.EXPECTED_STATISTIC, "packs", "Packs expected, by the survival curve of the rule table.")


@strawberry.type(description="A cell of a published table. A dimension that is null where the table has it is a total, or is not known: `totals` tells which.")
class PublishedCell:
    """A row of statistics.published."""

    cube: PublishedCube | None = column(t.PUBLISHED_CELL, "cube", "The table.")
    month: date | None = column(t.PUBLISHED_CELL, "month", "The first day of the month.")
    version: int | None = column(t.PUBLISHED_CELL, "version", "Which version of it this is; a version is never changed.")
    published_on: date | None = column(t.PUBLISHED_CELL, "published_on", "The day on which the version was made.")
    totals: list[StatisticDimension] | None = column(t.PUBLISHED_CELL, "totals", "The dimensions over which it is the total.")
    province: Region | None = _province(t.PUBLISHED_CELL, "The province; null for the total of all.")
    chemistry: Chemistry | None = column(t.PUBLISHED_CELL, "chemistry", "The chemistry; null for the total of all.")
    from_role: PartyRole | None = column(t.PUBLISHED_CELL, "role", "What the sender is; null for the total of all, and where they came out of a vehicle.")
    to_role: PartyRole | None = column(t.PUBLISHED_CELL, "to_role", "What the receiver is; null for the total of all.")
    kind: str | None = column(t.PUBLISHED_CELL, "kind", "The field of use or the element; null for the total of all.")
    value: float | None = column(t.PUBLISHED_CELL, "value", "Packs to the nearest 5, or kg to 3 digits; null where it is suppressed, which is not 0.")
    suppressed: bool | None = column(t.PUBLISHED_CELL, "suppressed", "Whether it is not told, as it would tell what single enterprises do.")


def _figure(resolve: Any, description: str, by: str, *narrowing: Any, months: bool = True) -> Any:
    given = (*((FROM, TO) if months else ()), *narrowing, *((_by(by),) if by else ()))
    return rows(resolve, Shape.MANY, EXACT, description, arguments=given)


_PACKS: Final = (PROVINCE, CHEMISTRY, ENTERPRISE)
_OF_PACKS: Final = "MONTH (when nothing is said), PROVINCE, CHEMISTRY, ROLE, ENTERPRISE, KIND"


@strawberry.type(description="Figures of the country as they are now. A province reads its own; other parties read what is published.")
class Statistics:
    """The object below which the figures are."""

    production: list[PackStatistic] | None = _figure(enterprise_rows.production, "Packs produced or imported, without products.", _OF_PACKS, *_PACKS)
    sales: list[PackStatistic] | None = _figure(enterprise_rows.sales, "Packs sold in vehicles, by the province of registration.", _OF_PACKS, *_PACKS)
    retirements: list[PackStatistic] | None = _figure(enterprise_rows.retirements, "Packs that left use: retired, or detached.", _OF_PACKS, *_PACKS)
    reprocessing: list[PackStatistic] | None = _figure(
        enterprise_rows.reprocessing,
        "Reprocessed products sold, by field of use.",
        "KIND, the field of use (when nothing is said), MONTH, PROVINCE, CHEMISTRY, ENTERPRISE",
        *_PACKS,
    )
    custody_flows: list[FlowStatistic] | None = _figure(
        enterprise_rows.custody_flows,
        "Packs received, from role and province to role and province. A province reads what begins or ends in it.",
        "ROLE and TO_ROLE (when nothing is said), PROVINCE, TO_PROVINCE, CHEMISTRY, MONTH",
        PROVINCE,
        CHEMISTRY,
    )
    stock: list[StockStatistic] | None = _figure(
        enterprise_rows.stock,
        "Packs as they stand now, by state and dwell time.",
        "KIND, the status (when nothing is said), DWELL, PROVINCE, CHEMISTRY, ROLE, ENTERPRISE",
        *_PACKS,
        months=False,
    )
    recovery: list[RecoveryStatistic] | None = _figure(
        enterprise_rows.recovery_statistics,
        "Recovery by element against the norm.",
        "KIND, the element (always), MONTH, PROVINCE, CHEMISTRY, ENTERPRISE",
        *_PACKS,
    )
    late_reports: list[ReportStatistic] | None = _figure(
        enterprise_rows.late_reports,
        "Reports, and how many of them came late.",
        "MONTH (when nothing is said), PROVINCE, ROLE, ENTERPRISE, KIND, the event",
        PROVINCE,
        ENTERPRISE,
    )
    findings: list[FindingStatistic] | None = _figure(
        enterprise_rows.counted_findings, "Findings by rule.", "KIND, the rule and its severity (always), STATE, MONTH, PROVINCE", PROVINCE
    )
    take_backs: list[TakeBackStatistic] | None = _figure(
        enterprise_rows.counted_take_backs,
        "Take-back asked for, by what became of it.",
        "KIND, the outcome (when nothing is said), MONTH, PROVINCE, CHEMISTRY, ROLE, ENTERPRISE",
        *_PACKS,
    )
    outlet_coverage: list[OutletStatistic] | None = _figure(
        enterprise_rows.outlet_coverage, "Who sells where, and has an outlet there.", "", PROVINCE, months=False
    )
    expected_retirements: list[ExpectedStatistic] | None = _figure(
        enterprise_rows.expected_retirements,
        "Packs that are expected to leave use, by month; twelve months ahead when nothing is said.",
        "MONTH (always), PROVINCE, CHEMISTRY",
        PROVINCE,
        CHEMISTRY,
    )
    published: list[PublishedCell] | None = rows(
        enterprise_rows.published,
        Shape.MANY,
        ("N:published",),
        "A table of a closed month as it is published, the same for everybody; empty where nothing is.",
        arguments=(
            argument("cube", PublishedCube | None, "The table; sales when nothing is said.", "N"),
            argument("month", date | None, "A day of the month; by default the newest that is published.", "N"),
            argument("version", int | None, "Which version; by default the last.", "N"),
        ),
    )


@strawberry.federation.type(name="Query", authenticated=True, description=QUERY)
class Query(enterprise.Query):
    """The enterprise subgraph's way in, with the statistics."""

    statistics: Statistics | None = lookup(
        enterprise_rows.statistics, Shape.ONE, ("N",), "National statistics, exact and live; for regulators in their jurisdiction."
    )
