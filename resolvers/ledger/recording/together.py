"""This module is in charge of reports of several packs that are one report: a vehicle taken in for scrapping, with all of its packs, and a day of a swap
pool.

Each becomes reports of single packs, under references made of its own. What it said as a whole is part of each, so that another body under the same
reference is refused as a whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from resolvers.ledger.deadlines import local_day
from resolvers.ledger.events import EventType
from resolvers.ledger.projection import ABSENT
from resolvers.ledger.recording.fields import BadReport
from resolvers.ledger.recording.inputs_together import SCRAPPING, SWAP_DAY, Together, read_plain
from resolvers.ledger.recording.report import Evidence, Report

INTO_VEHICLE: Final = "INTO_VEHICLE"
_VEHICLE: Final = 1
"""The group of a vehicle's packs: all or none."""


class Match(StrEnum):
    """What was found of a pack that is bound to a scrapped vehicle."""

    FOUND = "FOUND"
    REPLACED = "REPLACED"
    OTHER = "OTHER"
    MISSING = "MISSING"
    EXEMPT = "EXEMPT"


class Bound(NamedTuple):
    """A pack of the vehicle: whether it is in it now, or was the last one; and the codes that reported replacements of it name."""

    code: str
    inside: bool
    replacements: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Scrapping:
    """A vehicle that a firm took in: what its certificate is, and the codes that were read off the packs in it."""

    vin: str
    occurred_at: datetime
    client_reference: str
    certificate: str
    codes_found: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    said: bytes


def read_scrapping(given: Mapping[str, Any]) -> Scrapping:
    """From plain values by the graph's names. Raises BadReport."""
    values, evidence = read_plain(SCRAPPING, given)
    said = _said(values, evidence)
    found = tuple(values["codesFound"])
    return Scrapping(values["vin"], values["occurredAt"], values["clientReference"], values["certificate"], found, evidence, said)


def scrapping_reports(told: Scrapping, bound: Sequence[Bound], *, swap_model: bool) -> list[Report]:
    """A report for each pack that is bound to the vehicle; of a pack that is not in it the vehicle is told, and the pack stays where it was.

    A swap model may come without its packs. Of another vehicle a pack that is not there is explained by a reported replacement that names one that is.
    """
    found, inside = set(told.codes_found), {each.code for each in bound if each.inside}
    spare = sorted(found - inside)
    reports = []
    for each in bound:
        match, other = _match(each, found, spare, swap_model=swap_model)
        details: dict[str, Any] = {"certificate": told.certificate, "packFound": match is Match.FOUND, "match": str(match)}
        if match is not Match.FOUND:
            details[ABSENT] = True
        if other is not None:
            spare.remove(other)
            details["codeFound"] = other
        reference = f"{told.client_reference}:{each.code}"
        more: dict[str, Any] = {"vin": told.vin, "evidence": told.evidence, "group": _VEHICLE, "said": told.said}
        reports.append(Report(EventType.VEHICLE_SCRAPPED, each.code, told.occurred_at, reference, details, **more))
    return reports


def _match(pack: Bound, found: set[str], spare: Sequence[str], *, swap_model: bool) -> tuple[Match, str | None]:
    if pack.inside and pack.code in found:
        return Match.FOUND, None
    if swap_model:
        return Match.EXEMPT, None
    explained = next((each for each in spare if each in pack.replacements), None)
    if explained is not None:
        return Match.REPLACED, explained
    return (Match.OTHER, spare[0]) if spare else (Match.MISSING, None)


@dataclass(frozen=True, slots=True)
class SwapDay:
    """A day of a swap pool: the reports of its moves in order of their time, and the place of each among the moves as they were given."""

    client_reference: str
    reports: tuple[Report, ...]
    places: tuple[int, ...]


def read_swap_day(given: Mapping[str, Any]) -> SwapDay:
    """From plain values by the graph's names. Raises BadReport."""
    values, evidence = read_plain(SWAP_DAY, given)
    moves, said = values["moves"], _said(values, evidence)
    order = sorted(range(len(moves)), key=lambda place: (moves[place]["movedAt"], place))
    reports = []
    for place in order:
        move = moves[place]
        if local_day(move["movedAt"]) != values["day"]:
            raise BadReport(f"moves[{place}].movedAt", "OTHER_DAY", "is not of the day of the report (Asia/Shanghai)")
        reference = f"{values['clientReference']}:{place + 1}"
        kind = EventType.SWAP_IN if move["direction"] == INTO_VEHICLE else EventType.SWAP_OUT
        details = {name: move[name] for name in ("station", "stateOfCharge", "stateOfHealth")}
        if kind is EventType.SWAP_IN and "position" in move:
            details["position"] = move["position"]
        reports.append(Report(kind, move["code"], move["movedAt"], reference, details, vin=move["vin"], evidence=evidence, said=said))
    return SwapDay(values["clientReference"], tuple(reports), tuple(order))


def read_together(kind: Together, given: Mapping[str, Any]) -> Scrapping | SwapDay:
    """A report of several packs from plain values. Raises BadReport."""
    return read_scrapping(given) if kind is Together.VEHICLE_SCRAPPING else read_swap_day(given)


def _said(values: Mapping[str, Any], evidence: tuple[Evidence, ...]) -> bytes:
    told = json.dumps([values, evidence], default=str, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(told.encode()).digest()
