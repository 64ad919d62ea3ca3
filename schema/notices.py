"""This module is in charge of the part of the graph that events of no pack are: filed codes, and sites without a licence that somebody saw."""

# Types made by a function stand in annotations here, for Strawberry to read.
# mypy: disable-error-code="valid-type"

from __future__ import annotations

from datetime import datetime
from typing import Final

import strawberry

from resolvers import notices as notice_rows
from resolvers.database import tables as t
from schema import cases
from schema.battery import Enterprise, Region
from schema.bindings import Shape
from schema.connections import PAGE_ARGUMENTS, connection
from schema.enums import EventType, SiteActivity
from schema.fields import QUERY, argument, column, lookup, made, stub
from schema.scalars import CreditCode

MODULE: Final = "schema.notices"


@strawberry.type(description="Something that was reported and is of no battery. Who reported it reads it, its province, and the authorities of its field.")
class Notice:
    """A row of enterprise.notice."""

    id: strawberry.ID | None = made(notice_rows.notice_id, "Its id for you.", (t.NOTICE.column("type"),))
    type: EventType | None = column(t.NOTICE, "type", "What it is: CODE_FILED, UNLICENSED_SITE_SEEN.")
    occurred_at: datetime | None = column(t.NOTICE, "occurred_at", "When it happened, or was seen.")
    recorded_at: datetime | None = column(t.NOTICE, "recorded_at", "When it was reported.")
    reporter: Enterprise | None = stub(t.NOTICE, "reporter", "Who reported it.")
    late: bool | None = column(t.NOTICE, "late", "Of a code that was filed: whether batteries were coded with it before.")
    corrects: strawberry.ID | None = made(notice_rows.corrected_notice, "The id of the event in whose place it stands.", (t.NOTICE.column("corrects"),))
    manufacturer_code: str | None = column(t.NOTICE, "manufacturer_code", "The manufacturer code that a code was filed under.")
    specification_code: str | None = column(t.NOTICE, "specification_code", "The specification code that was filed: positions 6 and 7.")
    traceability_code: str | None = column(t.NOTICE, "traceability_code", "The traceability code that was filed: positions 8 to 14.")
    meaning: str | None = column(t.NOTICE, "meaning", "What the code stands for.")
    model_id: str | None = column(t.NOTICE, "model_id", "The model that the specification is of.")
    region: Region | None = stub(t.NOTICE, "region_code", "The division where the site was seen.")
    place: str | None = column(t.NOTICE, "place", "The place, as one would find it.")
    activity: SiteActivity | None = column(t.NOTICE, "activity", "What is done there.")
    circumstances: str | None = column(t.NOTICE, "circumstances", "What was seen.")
    operator: Enterprise | None = stub(t.NOTICE, "operator", "Who runs the site, where that is known and registered.")
    operator_code: CreditCode | None = column(t.NOTICE, "operator_code", "The credit code of who runs the site, as it was told, registered or not.")
    operator_name: str | None = column(t.NOTICE, "operator_name", "The same by name.")


NoticeConnection, NoticeEdge = connection("Notice", ("M",), "events", MODULE)


@strawberry.federation.type(name="Query", authenticated=True, description=QUERY)
class Query(cases.Query):
    """The battery subgraph's way in, events of no battery included."""

    notices: NoticeConnection | None = lookup(
        notice_rows.notices, Shape.PAGE, ("M",),
        "What was reported of no battery, as far as it is yours to read, in the order in which it came to be visible: for programs that ask again and again, "
        "as `changes` is for batteries.",
        arguments=(argument("types", list[EventType] | None, "Only events of these types.", "M"), *PAGE_ARGUMENTS),
    )  # fmt: skip
