"""This module is in charge of what a correction makes of findings: what it takes the cause of, what it gives, and what stays as it was.

What the rules say of the pack's life as it was corrected is held against what they say of it without the correction, both by what is known now: so nothing
that a register or the rule table says otherwise since then closes a finding, or opens one. A finding of before is known again by its rule and its events,
whatever took their place since. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from resolvers.ledger.findings.finding import Finding, State
from resolvers.ledger.rows import Event

_UNDECIDED: Final = frozenset({State.OPEN, State.EXPLAINED})
"""What an authority confirmed or closed stays as it decided."""
_Slot = tuple[str, tuple[int, ...]]


class Stored(NamedTuple):
    """A finding on an event that stands, as it was written, and what has become of it; `decided` says that an authority brought it there last."""

    code: str
    id: str
    rule: str
    party: str
    provinces: tuple[str, ...]
    evidence: tuple[int, ...]
    figures: Mapping[str, Any]
    first_seen: datetime
    state: State
    decided: bool

    @property
    def is_over(self) -> bool:
        """Its cause was gone before."""
        return self.state is State.CLOSED and not self.decided


@dataclass(slots=True)
class Rejudged:
    """Findings that are new, and of stored ones (battery code, id) those whose cause is gone, and those whose cause is back."""

    raised: list[Finding] = field(default_factory=list)
    gone: list[tuple[str, str]] = field(default_factory=list)
    back: list[tuple[str, str]] = field(default_factory=list)


def rejudged(history: Sequence[Event], new: frozenset[int], before: Iterable[Finding], after: Iterable[Finding], stored: Iterable[Stored]) -> Rejudged:
    """What becomes of a pack's findings when the events of `new` (by seq) are recorded, of which one corrects another; `history` are all its events.

    `before` and `after` are what the rules find without them, and with them. One that says something else than before is another one.
    """
    roots = _roots(history)
    old, now = {_slot(each, roots): each for each in before}, {_slot(each, roots): each for each in after}
    kept: dict[_Slot, list[Stored]] = {}
    for each in stored:
        kept.setdefault(_slot(each, roots), []).append(each)
    made = Rejudged()
    for slot in old.keys() - now.keys():
        made.gone += _closed(kept.get(slot, ()))
    for slot, finding in now.items():
        there = kept.get(slot, [])
        if slot in old and _said(old[slot]) == _said(finding):
            # What was not found when the event came is found on what takes its place.
            made.raised += [finding] if not there and not new.isdisjoint(finding.evidence) else []
            continue
        same = [each for each in there if each.id == finding.id or _said(each) == _said(finding)]
        made.gone += _closed(each for each in there if each not in same)
        if not same:
            made.raised.append(finding)
        elif all(each.is_over for each in same):
            made.back.append((same[-1].code, same[-1].id))
    return made


def _closed(stored: Iterable[Stored]) -> list[tuple[str, str]]:
    return [(each.code, each.id) for each in stored if each.state in _UNDECIDED]


def _roots(history: Sequence[Event]) -> dict[int, int]:
    """Of each event the one that was told first of what it tells."""
    roots: dict[int, int] = {}
    for event in history:
        roots[event.seq] = event.seq if event.corrects is None else roots.get(event.corrects, event.corrects)
    return roots


def _slot(finding: Finding | Stored, roots: Mapping[int, int]) -> _Slot:
    """Its rule, and the events that it rests on, each as the one that was told first."""
    return finding.rule, tuple(sorted({roots.get(seq, seq) for seq in finding.evidence}))


def _said(finding: Finding | Stored) -> tuple[Any, ...]:
    """What it says: about whom, since when, where, and of what figures."""
    return finding.party, finding.first_seen, tuple(finding.provinces), json.loads(json.dumps(dict(finding.figures)))
