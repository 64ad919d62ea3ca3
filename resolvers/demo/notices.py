"""This module is in charge of the demo's events of no pack: what its battery maker filed of its codes, and sites without a licence that its firms saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from resolvers.demo.models import catalogue, filings
from resolvers.demo.options import WorldOptions
from resolvers.demo.registry import DEMO_PROVINCE, registry
from resolvers.identifiers import make_credit_code
from resolvers.ledger.events import EventType
from resolvers.ledger.notices.notice import entity_of
from resolvers.ledger.notices.rows import Notice
from resolvers.ledger.rows import Specification

# Days before the moment, who saw it, where, and what.
SEEN: Final = (
    (41.0, ("RS", 0), "440300", "集贸市场后院3号门（虚构）", "DISMANTLING", "露天拆解电池包，人工分拣单体。"),
    (16.0, ("CU", 0), "430100", "停产砖厂7号库房（虚构）", "STORAGE", "存放约四十组无标签电池包，部分受潮。"),
    (3.0, ("SD", 0), "440100", "河涌边车库（虚构）", "REPROCESSING", "将动力电池单体装入电动自行车电池外壳。"),
)  # fmt: skip


def notices_of(options: WorldOptions) -> list[Notice]:
    """All of them; seqs count within each history."""
    return [*_filed(options), *_seen(options)]


def _filed(options: WorldOptions) -> Iterator[Notice]:
    """The codes of the largest battery maker, filed ten days after each model was certified; its other rows of the register are these."""
    maker = registry(options.seed).ranked["BM", 0]
    own = tuple(each for each in catalogue(options.seed).designs if each.maker.uscc == maker.uscc and not each.is_product)
    seqs: Counter[str] = Counter()
    for row in sorted(filings(own), key=lambda each: (each.filed_on, each.manufacturer_code, each.code)):
        entity = entity_of(EventType.CODE_FILED, row.manufacturer_code, maker.uscc)
        seqs[entity] += 1
        at = datetime.combine(row.filed_on, datetime.min.time(), UTC) + timedelta(hours=2)
        specification, model = (row.code, row.model_id) if isinstance(row, Specification) else (None, None)
        trace = None if isinstance(row, Specification) else row.code
        yield Notice(
            entity, seqs[entity], EventType.CODE_FILED, at, at + timedelta(hours=5), maker.uscc, maker.province, False, None,
            row.manufacturer_code, specification, trace, row.meaning, model,
        )  # fmt: skip


def _seen(options: WorldOptions) -> Iterator[Notice]:
    """Each by another firm, so that each is the first of its history."""
    for days, firm, region, place, activity, circumstances in SEEN:
        by = registry(options.seed).ranked[firm]
        at = options.moment - timedelta(days=days)
        # Of one it is known who runs it, and that is nobody on the platform.
        code, name = (make_credit_code(region, "MANBD001"), "虚构回收站") if region[:2] != DEMO_PROVINCE else (None, None)
        yield Notice(
            entity_of(EventType.UNLICENSED_SITE_SEEN, None, by.uscc), 1, EventType.UNLICENSED_SITE_SEEN, at, at + timedelta(hours=20), by.uscc,
            region[:2], False, None, region_code=region, place=place, activity=activity, circumstances=circumstances, operator=code,
            operator_name=name,
        )  # fmt: skip
