"""This module is in charge of what follows from events of no pack: whose history each belongs to, who reads it, and what is filed by them.

Pure. A maker's filings under one manufacturer code are one history, and so are the sites that one party saw: reports of one history are judged and
recorded one after the other, and no number of it tells anything of anybody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from resolvers.ledger.deadlines import local_day
from resolvers.ledger.events import EventType
from resolvers.ledger.notices.rows import Notice, NoticeReader
from resolvers.ledger.recording.report import Report
from resolvers.ledger.rows import Model, Specification, Traceability

FILINGS: Final = "filing:"
SIGHTINGS: Final = "sightings:"
MINISTRY: Final = "authority:MI"
# Codes are a matter of products, illegal dismantling one of the environment (docs/row-policy.md, section 11).
BY_FIELD: Final = {EventType.CODE_FILED: "authority:SA", EventType.UNLICENSED_SITE_SEEN: "authority:ME"}


class Filed(NamedTuple):
    """What filings amount to."""

    specifications: list[Specification]
    traceability: list[Traceability]
    models: list[Model]


def entity_of(event: EventType, manufacturer_code: str | None, party: str) -> str:
    """The history that an event belongs to."""
    return f"{FILINGS}{manufacturer_code}" if event is EventType.CODE_FILED else SIGHTINGS + party


def entity_of_report(report: Report, party: str) -> str:
    """The same of a report."""
    return entity_of(report.type, report.details.get("manufacturerCode"), party)


def notice_of(report: Report, entity: str, seq: int, reporter: str, province: str | None, recorded_at: Any, late: bool) -> Notice:
    """The event of a report that is accepted."""
    told = report.details
    return Notice(
        entity, seq, str(report.type), report.occurred_at, recorded_at, reporter, report.province or province, late, report.corrects,
        told.get("manufacturerCode"), told.get("specificationCode"), told.get("traceabilityCode"), told.get("meaning"), told.get("modelId"), told.get("model"),
        told.get("region"), told.get("place"), told.get("activity"), told.get("circumstances"), told.get("operator"), told.get("operatorName"),
    )  # fmt: skip


def readers_of(notice: Notice) -> Iterator[NoticeReader]:
    """Who reads it: the reporter, the province it happened in, the authorities of its field; never the enterprise whose site was seen."""
    names = {notice.reporter, MINISTRY, BY_FIELD[EventType(notice.type)]}
    if notice.province is not None:
        names.add("province:" + notice.province)
    for name in sorted(names - {notice.operator}):
        yield NoticeReader(notice.entity, name, notice.seq)


def effective(notices: Iterable[Notice]) -> list[Notice]:
    """What stands: a correction takes the place of what it corrects."""
    standing: dict[int, Notice] = {}
    places: dict[int, int] = {}
    for each in notices:
        place = places.get(each.corrects, each.seq) if each.corrects is not None else each.seq
        places[each.seq] = place
        standing[place] = each
    return list(standing.values())


def filed_by(notices: Sequence[Notice]) -> Filed:
    """What the filings of one manufacturer code amount to; the day of a filing is that of the first, whatever corrects it."""
    first = {(each.specification_code, each.traceability_code): local_day(each.occurred_at) for each in reversed(notices)}
    found = Filed([], [], [])
    for each in effective(notices):
        maker, day = str(each.manufacturer_code), first[each.specification_code, each.traceability_code]
        if each.specification_code is not None:
            found.specifications.append(Specification(maker, each.specification_code, str(each.model_id), str(each.meaning), day))
        else:
            found.traceability.append(Traceability(maker, str(each.traceability_code), str(each.meaning), day))
    found.models.extend(model_of(each) for each in notices if each.model is not None)
    return found


def model_of(notice: Notice) -> Model:
    """The model that a filing declared."""
    told: Any = notice.model
    return Model(
        str(notice.model_id), notice.reporter, told["name"], told["chemistry"], told["cellFormat"], told["nominalEnergyKwh"], told["nominalCapacityAh"],
        told["nominalVoltageV"], told["massKg"], told["moduleCount"], told["cellCount"], date.fromisoformat(told["certifiedOn"]), None, notice.recorded_at,
    )  # fmt: skip
