"""This module is in charge of judging reports of no pack: pure, by what was seen under the locks of their histories."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from resolvers.ledger.deadlines import local_day
from resolvers.ledger.events import EventType
from resolvers.ledger.notices.notice import entity_of_report, model_of, notice_of
from resolvers.ledger.notices.rows import Notice
from resolvers.ledger.recording import refusals
from resolvers.ledger.recording.plausible import implausible_model
from resolvers.ledger.recording.report import Outcome, Recorded, Refused, Report, Reporter
from resolvers.ledger.recording.seen import Seen
from resolvers.ledger.rows import Model

# What a correction of a filing leaves as it is.
_KEPT: Final = ("manufacturer_code", "specification_code", "traceability_code", "model_id")


class Noticeboard:
    """Reports of no pack of one batch: `new` is what would be written, `filed` and `models` what is filed and declared from then on."""

    def __init__(self, reporter: Reporter, moment: datetime, seen: Seen) -> None:
        self.new: list[Notice] = []
        self.filed, self.models = dict(seen.filed), dict(seen.models)
        self._reporter, self._moment, self._seen = reporter, moment, seen
        self._traced = set(seen.noticed.traced)
        self._histories = {entity: list(notices) for entity, notices in seen.noticed.notices.items()}

    def take(self, report: Report) -> Outcome:
        """Accept or refuse one report."""
        entity = entity_of_report(report, self._reporter.party)
        history = self._histories.setdefault(entity, [])
        own = self._seen.enterprises.get(self._reporter.party)
        late = self._late(report, history)
        notice = notice_of(report, entity, len(history) + 1, self._reporter.party, own.province if own else None, self._moment, late)
        wrong = self._corrects(notice, history) if notice.corrects is not None else None
        wrong = wrong or (self._filed(notice) if report.type is EventType.CODE_FILED else self._seen_site(notice))
        if wrong is not None:
            return wrong
        history.append(notice)
        self.new.append(notice)
        self._keep(notice)
        return Recorded(entity, notice.seq, notice.type, notice.occurred_at, notice.recorded_at, None, late)

    def _late(self, report: Report, history: list[Notice]) -> bool:
        """Whether a code is filed after its first use; a correction is as late as what it corrects."""
        if report.corrects is not None:
            return any(each.late for each in history if each.seq == report.corrects)
        told = report.details
        filed = told.get("specificationCode") or told.get("traceabilityCode")
        return filed is not None and told["manufacturerCode"] + filed in self._seen.noticed.used

    def _corrects(self, notice: Notice, history: list[Notice]) -> Refused | None:
        """A correction names an event of one's own that stands, and of a filing it changes the meaning alone."""
        old = next((each for each in history if each.seq == notice.corrects), None)
        if old is None or old.reporter != notice.reporter or old.type != notice.type or any(each.corrects == old.seq for each in history):
            return refusals.CORRECTION
        same = all(getattr(old, name) == getattr(notice, name) for name in _KEPT) and notice.model is None
        return None if notice.type != EventType.CODE_FILED or same else refusals.FILING_DIFFERS

    def _filed(self, notice: Notice) -> Refused | None:
        maker = str(notice.manufacturer_code)
        if self._seen.allotted.get(maker) != notice.reporter:
            return refusals.MANUFACTURER_CODE
        if notice.corrects is not None:
            return None
        if notice.specification_code is None:
            return refusals.FILED_BEFORE if maker + str(notice.traceability_code) in self._traced else None
        if maker + notice.specification_code in self.filed:
            return refusals.FILED_BEFORE
        return _wrong_model(notice, self.models) or self._implausible(notice)

    def _implausible(self, notice: Notice) -> Refused | None:
        """Whether a pack of the model that is declared can weigh and hold what it is rated for."""
        return implausible_model(model_of(notice), self._seen.rules.on(local_day(notice.occurred_at))) if notice.model is not None else None

    def _seen_site(self, notice: Notice) -> Refused | None:
        return refusals.PARTY_ITSELF if notice.operator == notice.reporter else None

    def _keep(self, notice: Notice) -> None:
        """What later reports of the batch are judged by, of packs too."""
        maker = str(notice.manufacturer_code)
        if notice.specification_code is not None:
            self.filed[maker + notice.specification_code] = str(notice.model_id)
        elif notice.traceability_code is not None:
            self._traced.add(maker + notice.traceability_code)
        if notice.model is not None:
            self.models[str(notice.model_id)] = model_of(notice)


def _wrong_model(notice: Notice, models: Mapping[str, Model]) -> Refused | None:
    """A specification is of a model of one's own; what is new is declared, under an id that is nobody else's by its beginning."""
    model = models.get(str(notice.model_id))
    own = model is not None and model.maker == notice.reporter
    if notice.model is None:
        return None if own else refusals.MODEL_UNKNOWN
    if not str(notice.model_id).startswith(f"{notice.manufacturer_code}-"):
        return refusals.MODEL_ID
    return refusals.MODEL_DECLARED if model is not None else None
