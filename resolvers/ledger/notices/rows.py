"""This module is in charge of the rows of events of no pack as typed values; fields are columns, in the order of the migration."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple


class Notice(NamedTuple):
    """enterprise.notice; `entity` is what its events are one history of, `model` what a filing declared of a model that was new."""

    entity: str
    seq: int
    type: str
    occurred_at: datetime
    recorded_at: datetime
    reporter: str
    province: str | None
    late: bool
    corrects: int | None
    manufacturer_code: str | None = None
    specification_code: str | None = None
    traceability_code: str | None = None
    meaning: str | None = None
    model_id: str | None = None
    model: Mapping[str, Any] | None = None
    region_code: str | None = None
    place: str | None = None
    activity: str | None = None
    circumstances: str | None = None
    operator: str | None = None
    operator_name: str | None = None


class NoticeReader(NamedTuple):
    """enterprise.notice_reader"""

    entity: str
    grantee: str
    seq: int
