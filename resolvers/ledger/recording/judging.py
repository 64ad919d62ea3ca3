"""This module is in charge of judging a batch of reports, one after the other, by what was seen: pure, and the only place that accepts an event."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from resolvers.identifiers import parse_battery_code
from resolvers.ledger.deadlines import is_late, local_day
from resolvers.ledger.events import NOTICES, EventType
from resolvers.ledger.facts import Known
from resolvers.ledger.findings.r02_duplicate_code import GIVEN_BY, LISTED_TWICE
from resolvers.ledger.notices.judging import Noticeboard
from resolvers.ledger.notices.notice import entity_of_report
from resolvers.ledger.recording import correcting, dismantling, inheriting, listing, rebatching, refusals, scrapping, told_late
from resolvers.ledger.recording.allowed import stands
from resolvers.ledger.recording.asked import sender_of, unknown_party, unlike_battery
from resolvers.ledger.recording.authority import could_follow, is_out, refusal, related, reporting_roles, with_group
from resolvers.ledger.recording.beginnings import begun, children
from resolvers.ledger.recording.entering import entered
from resolvers.ledger.recording.fleet import PUTS_IN, Fleet
from resolvers.ledger.recording.life import NO_CHILDREN, Life
from resolvers.ledger.recording.making import beginning, endings, of_sources, unusable
from resolvers.ledger.recording.outliving import outlives
from resolvers.ledger.recording.places import PLACING, is_crowded, stays_of, told_of
from resolvers.ledger.recording.recycling import recycled, unrecyclable
from resolvers.ledger.recording.report import Outcome, Recorded, Refused, Report, Reporter, groups
from resolvers.ledger.recording.seen import ReferenceSeen, Seen, Stay
from resolvers.ledger.recording.shown import shown
from resolvers.ledger.rows import Event
from resolvers.ledger.states import IllegalEvent, possible
from resolvers.ledger.take_back import ANSWERS as TAKE_BACK_ANSWERS
from resolvers.ledger.take_back import answerable, obliged

BEGINNINGS: Final = frozenset({EventType.PRODUCED, EventType.IMPORTED})
# What other items may hang on.
_STAND: Final = BEGINNINGS | {EventType.DISMANTLED}
# The other party is whose offer it was, which follows from the pack's life.
_ANSWERS: Final = frozenset({EventType.RECEIVED, EventType.REJECTED})

_SAME_BYTES: Final = (refusals.NOT_REPORTABLE, refusals.INPUT_UNKNOWN)
NO_EVENT: Final = 0


class Docket:
    """A batch being judged: what it would write is in `lives`, `fleet` and `references`."""

    def __init__(self, reporter: Reporter, moment: datetime, seen: Seen) -> None:
        self.reporter, self.moment, self.seen = reporter, moment, seen
        self.fleet = Fleet(seen.vehicles, seen.ties)
        self.known = Known({uscc: each.province for uscc, each in seen.enterprises.items()}, self.fleet.facts)
        self.lives: dict[str, Life] = {}
        self.references: dict[str, ReferenceSeen] = {}
        self.batches = set(seen.batches)
        self.attempts: list[tuple[Event, str]] = []
        self.board = Noticeboard(reporter, moment, seen)
        self.listing = listing.Listing(seen.listed)
        self._inside: dict[str, set[str]] = {}
        self._roles = {event: reporting_roles(event, reporter) for event in EventType}

    def judge(self, reports: Sequence[Report]) -> Iterator[list[Outcome]]:
        """The outcome of each report, in their order; together those of reports that stand and fall together."""
        return map(self._together, groups(reports))

    def life(self, code: str) -> Life | None:
        """The pack of that code; None where nobody reported it."""
        found = self.lives.get(code)
        if found is None and (seen := self.seen.packs.get(code)) is not None:
            found = self.lives[code] = Life(seen, self.known, self.seen.children.get(code, NO_CHILDREN))
        return found

    def _together(self, group: Sequence[Report]) -> list[Outcome]:
        """Reports that stand and fall together."""
        if len(group) == 1:
            return [self._one(group[0])]
        undo = self._undo({code for each in group for code in (*each.codes, *self._below(each))})
        used = dict(self.references)
        outcomes = [self._one(each) for each in group]
        if not any(isinstance(each, Refused) for each in outcomes):
            return outcomes
        undo()
        self.references = used
        told = zip(group, outcomes, strict=True)
        return [
            with_group(self.life(report.code), report, self.reporter) if isinstance(each, Recorded) and not each.replayed else each for report, each in told
        ]

    def _undo(self, codes: Collection[str]) -> Callable[[], None]:
        """What takes back all that is told of these codes from now on."""
        marks = {code: len(life.events) for code in codes if (life := self.life(code)) is not None}
        fleet, batches = self.fleet.mark(), set(self.batches)

        def back() -> None:
            self.batches = set(batches)
            for code in codes:
                if code in marks:
                    self.lives[code].forget(marks[code])
                else:
                    self.lives.pop(code, None)
            self.fleet.back_to(fleet)

        return back

    def _one(self, report: Report) -> Outcome:
        if report.misread is not None:
            return self._misread(report, report.misread)
        known, report = self._referred(report.client_reference), self._correcting(report)
        digest = report.digest()
        if known is not None and known.digest == digest:
            return known.recorded._replace(replayed=True)
        if report.outdated is not None:
            return report.outdated
        if known is not None:
            return refusals.REUSED
        if not self._roles[report.type]:
            return self._without_role(report)
        if report.occurred_at > self.moment:
            return refusals.IN_FUTURE
        outcome = self._taken(scrapping.marked(report))
        if isinstance(outcome, Recorded):
            self.references[report.client_reference] = ReferenceSeen(digest, outcome)
        return outcome

    def _misread(self, report: Report, refused: Refused) -> Refused:
        """The same answer whatever it is of; of a pack that the reporter has to do with it is shown to the rules."""
        life = self.life(report.code) if self._roles[report.type] else None
        return self._attempted(report, refused) if life is not None and related(life.fold, self.reporter) else refused

    def _referred(self, reference: str) -> ReferenceSeen | None:
        return self.references.get(reference) or self.seen.references.get(reference)

    def _correcting(self, report: Report) -> Report:
        """With the seq of the event that it corrects, where it names that by a reference; with one that no event has, where that is of nothing here. A batch is
        of all its items, by whichever of them its correction is told."""
        if report.corrected is None:
            return report
        known = self._referred(report.corrected)
        if known is not None and known.recorded.type == report.type == EventType.RECYCLED and known.recorded.code in report.sources:
            report = replace(report, code=known.recorded.code)
        about = entity_of_report(report, self.reporter.party) if report.type in NOTICES else report.code
        return replace(report, corrects=known.recorded.seq if known is not None and known.recorded.code == about else NO_EVENT)

    def _without_role(self, report: Report) -> Refused:
        """The refusal; of a pack that the reporter holds, what it meant may be a finding."""
        refused = refusals.role(report.type)
        life = self.life(report.code)
        return self._attempted(report, refused) if life is not None and life.fold.holder == self.reporter.party else refused

    def _taken(self, report: Report) -> Outcome:
        refused = unknown_party(report, self.reporter, self.seen)
        if report.type in NOTICES:
            return refused or self._noticed(report)
        if refused is not None:
            return self._attempted(report, refused)
        outcome = self._of_battery(report)
        return self._standing(report, outcome) if isinstance(outcome, Refused) else outcome

    def _standing(self, report: Report, refused: Refused) -> Refused:
        """The refusal with where the battery stands, whichever rule it is, for who has to do with it; of another battery than the report's own it says so
        already. What is not there and what is hidden are the same bytes."""
        life = self.life(report.code) if refused.state is None and refused not in _SAME_BYTES else None
        return stands(life.fold, refused, self.reporter) if life is not None and related(life.fold, self.reporter) else refused

    def _of_battery(self, report: Report) -> Outcome:
        if report.type is EventType.REPROCESSED:
            return self._reprocess(report)
        if report.type is EventType.RECYCLED and report.sources:
            return self._recycle(report)
        if report.type in BEGINNINGS and report.corrects is None:
            return self._begin(report)
        life = self.life(report.code)
        if life is None:
            return refusals.NOT_REPORTABLE
        if report.type is EventType.DISMANTLED and report.corrects is None:
            return self._dismantle(life, report)
        if report.type is EventType.TAKE_BACK_REQUESTED and report.counterparty is None:
            # Who is obliged follows from the pack's life; somebody else than who asks.
            others = (each for each in obliged(life.fold) if each != self.reporter.party)
            report = replace(report, counterparty=next(others, None))
        if report.type in _ANSWERS:
            report = replace(report, counterparty=sender_of(life, report))
        fleet = self.fleet.mark()
        refused = self._may_correct(life, report) if report.corrects is not None else self._may_report(life, report)
        if refused is not None:
            self.fleet.back_to(fleet)
            self.attempts.append((self._event(report, life.last + 1), shown(life.fold, report, self.reporter, refused.code, self.fleet.rows)))
            return refused
        return self._told(life, report, fleet)

    def _noticed(self, report: Report) -> Outcome:
        """An event of no pack; what it files holds for the packs that come after it."""
        outcome = self.board.take(report)
        if isinstance(outcome, Recorded):
            self.seen = replace(self.seen, filed=self.board.filed, models=self.board.models)
        return outcome

    def _attempted(self, report: Report, refused: Refused) -> Refused:
        """The refusal, kept for the rules where there is such a pack: what was meant may be a finding."""
        if (life := self.life(report.code)) is not None:
            self.attempts.append((self._event(report, life.last + 1), refused.code))
        return refused

    def _told(self, life: Life, report: Report, fleet: int) -> Outcome:
        event = self._event(report, life.last + 1)
        before = stays_of(life.fold.installations) if report.type in PLACING else []
        hidden = told_late.conflict(life.fold, event) if event.corrects is None else None
        try:
            life.tell(event)
        except IllegalEvent as illegal:
            self.fleet.back_to(fleet)
            self.attempts.append((event, shown(life.fold, report, self.reporter, illegal.code, self.fleet.rows)))
            if illegal.code == "NOT_SWAP_MODEL":
                # Which model a hidden vehicle is of is not said.
                return refusals.VEHICLE_UNKNOWN
            if report.type is EventType.FOUND_ABANDONED and not related(life.fold, self.reporter):
                # It came upon the battery; where that stands is told to those who have to do with it.
                return refusals.NOT_REPORTABLE
            return stands(life.fold, Refused(illegal.code, f"{illegal}."), self.reporter)
        is_others = self.fleet.is_others(report.vin, fleet)
        if is_others or (report.type in PLACING and is_crowded(before, stays_of(life.fold.installations), partial(self._others, life))):
            life.forget(len(life.events) - 1)
            self.fleet.back_to(fleet)
            if is_others:
                self.attempts.append((event, refusals.VEHICLE_UNKNOWN.code))
            return stands(life.fold, refusals.VEHICLE_UNKNOWN if is_others else refusals.POSITION_OCCUPIED, self.reporter)
        if report.vin is not None:
            self._inside.setdefault(report.vin, set()).add(report.code)
        self.fleet.follow(report, event)
        if hidden is not None:
            self.attempts.append((event, hidden))
        if inheriting.is_passed_on(report):
            self._passed_on(life, report)
        return Recorded(event.code, event.seq, event.type, event.occurred_at, event.recorded_at, event.due_on, event.late)

    def _passed_on(self, life: Life, report: Report) -> None:
        """Tell what came out of it what holds of it now; a remedy that is corrected no longer says that the old recall was remedied."""
        sources = inheriting.sources_of(life) if report.type is EventType.RECALL_REMEDIED and report.is_correction else ()
        for code in sources:
            if (source := self.life(code)) is not None and (event := inheriting.told_again(life, source, self.moment)) is not None:
                life.tell(event)
        self._pass_on(life)

    def _pass_on(self, parent: Life) -> None:
        for code in inheriting.came_out(parent, self.seen.came_out):
            item = self.life(code)
            if item is not None and (event := inheriting.told_again(item, parent, self.moment)) is not None:
                item.tell(event)
                self._pass_on(item)

    def _below(self, report: Report) -> Iterator[str]:
        """What is told of what came out of the battery, where that follows from the report."""
        waiting = [report.code] if inheriting.is_passed_on(report) else []
        while waiting:
            if (life := self.life(waiting.pop())) is not None:
                below = [*inheriting.came_out(life, self.seen.came_out)]
                yield from below
                waiting += below

    def _others(self, life: Life, vin: str) -> Iterator[Stay]:
        """The stays of other packs, some of them in other vehicles."""
        stored = self.seen.stays.get(vin, ())
        yield from (each for each in stored if each.code not in self.lives)
        for code in sorted({each.code for each in stored}.union(self._inside.get(vin, ())) - {life.facts.code}):
            if code in self.lives:
                yield from told_of(self.lives[code], stored)

    def inside(self, vin: str) -> set[str]:
        """The packs that are in the vehicle now."""
        told = {*(each.code for each in self.seen.stays.get(vin, ()) if each.until is None), *self._inside.get(vin, ())}
        return {code for code in told if (life := self.life(code)) is None or _place(life, vin) is not None}

    def _begin(self, report: Report) -> Outcome:
        facts = begun(report, self.reporter, self.seen)
        if isinstance(facts, Refused):
            return self._attempted(report, facts)
        if parse_battery_code(report.code).produced_on > local_day(self.moment):
            return self._attempted(report, refusals.CODE_IN_FUTURE)
        if self.life(report.code) is not None:
            return self._attempted(report, refusals.DUPLICATE_CODE)
        if (given := self._given_before(report)) is not None:
            return given
        made, inside = of_sources(facts, report, self.life), children(report)
        life = self.lives[report.code] = Life(made, self.known, inside)
        self.listing.told(report.code, inside)
        return self._told(life, report, self.fleet.mark())

    def _given_before(self, report: Report) -> Refused | None:
        """Whether one of its codes was given before, of the reporter's own; of others' only the authorities are told."""
        found = list(self.listing.twice(report, self.life))
        own = next((each for each in found if self.seen.allotted.get(each.code[:3]) == self.reporter.party), None)
        for each in found if own is None else [own]:
            if (life := self.life(each.owner)) is not None:
                event = self._event(listing.told_of(each, report), life.last + 1)
                self.attempts.append((event, LISTED_TWICE if own is None else refusals.DUPLICATE_CODE.code))
        return listing.refused(own) if own is not None else None

    def _reprocess(self, report: Report) -> Outcome:
        """The product begins, and what it is made of ends in it: all in one report, or nothing."""
        if report.corrects is not None:
            return refusals.PRODUCT_STANDS
        wrong = unusable(report, self.reporter, self.life, self.seen)
        if wrong is not None:
            return self._attempted(report, wrong)
        undo = self._undo(report.codes)
        outcome = self._ended(self._begin(beginning(report, self.life)), endings(report), "sourceCodes", report.sources)
        if isinstance(outcome, Refused):
            undo()
        return outcome

    def _dismantle(self, life: Life, report: Report) -> Outcome:
        """The pack ends, and each module and cell that it released begins: all in one report, or nothing."""
        assert life.fold.standing is not None
        wrong = self._may_report(life, report)
        # Where it cannot be dismantled at all, that is what is wrong.
        if wrong is None and EventType.DISMANTLED in possible(life.fold.standing):
            wrong = dismantling.unreleasable(report, life, self.life, self.seen)
        if wrong is not None:
            self._attempted_twice(report, wrong)
            return self._attempted(report, wrong)
        undo = self._undo(report.codes)
        released = dismantling.items(report, life)
        outcome = self._told(life, dismantling.ending(report, released), self.fleet.mark())
        for item, told in zip(released, dismantling.beginnings(report, life, released), strict=True):
            if isinstance(outcome, Recorded):
                own = self.lives[told.code] = Life(item.seen, self.known, item.children)
                begun = self._told(own, told, self.fleet.mark())
                outcome = begun if isinstance(begun, Refused) else outcome
        if isinstance(outcome, Refused):
            undo()
        return outcome

    def _attempted_twice(self, report: Report, refused: Refused) -> None:
        """What there is already of the codes that were to be released: whose it is, may have been cloned. Not by who takes it apart: the finding is on
        whom told of the second battery with this code in it."""
        for each in report.released if refused.code == dismantling.KNOWN_TWICE else ():
            if (life := self.life(each.code)) is not None:
                beginnings = [found.whole()[0] for code in (report.code, life.fold.parent or each.code) if (found := self.life(code)) is not None]
                later = max(beginnings, key=lambda event: (event.recorded_at, event.code))
                again = replace(report, type=EventType.RELEASED, code=each.code, details={GIVEN_BY: later.reporter}, released=())
                self.attempts.append((self._event(again, life.last + 1), refused.code))

    def _recycle(self, report: Report) -> Outcome:
        """A batch and all that went into it: one report, or nothing."""
        if report.corrects is not None:
            return self._recycle_again(report)
        life = self.life(report.code)
        if life is None:
            return refusals.INPUT_UNKNOWN
        if (hidden := self._may_report(life, report)) is not None:
            # The item by which the batch is reported is one of its inputs, and is answered as the others; the rules are shown what it was refused for.
            self._attempted(report, hidden)
            return refusals.INPUT_UNKNOWN
        wrong = unrecyclable(report, self.reporter, self.life, self.seen, self.batches)
        return self._attempted(report, wrong) if wrong is not None else self._batch(report, recycled(report, self.reporter, self.life))

    def _recycle_again(self, report: Report) -> Outcome:
        """A correction of a batch: of what was told of each item, or nothing."""
        report = rebatching.led(report, self.reporter, self.life)
        others = rebatching.names_others(report, self._referred(report.corrected or ""))
        wrong = refusals.BATCH_ITEMS if others else rebatching.another_batch(self.life(report.code), report, self.reporter)
        wrong = wrong or unrecyclable(report, self.reporter, rebatching.items_before(report, self.reporter, self.life), self.seen, ())
        if wrong is not None:
            return wrong
        told = rebatching.corrections(report, self.reporter, self.life)
        wrong = rebatching.displaces(told, self.reporter, self.life, self._event, report.sources)
        return wrong or self._batch(report, told)

    def _batch(self, report: Report, told: Sequence[Report]) -> Outcome:
        """What is told of each of a batch's items: all of it, or nothing."""
        undo = self._undo(report.codes)
        first, lead = self._item(told[0]), told[0]
        outcome = self._ended(first, told[1:], "inputs", report.sources) if isinstance(first, Recorded) else first.of_item("inputs", report.sources, lead.code)
        if isinstance(outcome, Refused):
            undo()
        else:
            self.batches.add(lead.details["batchId"])
        return outcome

    def _ended(self, outcome: Outcome, endings: Iterable[Report], name: str, codes: Sequence[str]) -> Outcome:
        """The outcome, or the refusal of the first of what ends with it that is refused, by its place in the list of that name."""
        for each in endings if isinstance(outcome, Recorded) else ():
            ended = self._item(each)
            if isinstance(ended, Refused):
                return ended.of_item(name, codes, each.code)
        return outcome

    def _item(self, report: Report) -> Outcome:
        life = self.life(report.code)
        assert life is not None
        return self._told(life, report, self.fleet.mark())

    def _may_report(self, life: Life, report: Report) -> Refused | None:
        # What is wrong with the pack is found first, so that it does not tell which vehicles there are. What is in none is taken out of none, whichever is
        # named: it is not looked at.
        wrong = refusal(life.fold, report, self.reporter)
        if wrong is None and not is_out(life.fold, report) and (report.type not in PUTS_IN or could_follow(life.fold, report)):
            wrong = self.fleet.refusal(report, self.reporter, self.moment, inside=life.fold.bound >= 0)
        wrong = wrong or outlives(life.fold, report, self.reporter, self.fleet.rows)
        wrong = wrong or scrapping.misplaced(life, report, self.reporter, self.fleet.rows.get(report.vin or ""))
        return wrong or unlike_battery(life, report, self.seen)

    def _may_correct(self, life: Life, report: Report) -> Refused | None:
        # What others hang on stands as it was told.
        if report.type in _STAND and (life.fold.lineage or report.released) and related(life.fold, self.reporter):
            return refusals.CORRECTION
        target = correcting.target_of(life, report)
        if target is None or target.type != report.type or target.reporter != self.reporter.party:
            # Who reported an event itself has to do with the pack, if with nothing else of it.
            return refusals.CORRECTION if related(life.fold, self.reporter) else refusals.NOT_REPORTABLE
        if correcting.is_corrected(life.whole(), target):
            return refusals.CORRECTED_BEFORE
        if report.type in BEGINNINGS and (wrong := correcting.changes_battery(life, report, self.reporter, self.seen)) is not None:
            return wrong
        wrong = correcting.unrelated_then(life, self._event(report, life.last + 1), report, self.reporter)
        wrong = wrong or self.fleet.refusal(report, self.reporter, self.moment)
        wrong = wrong or outlives(life.fold, report, self.reporter, self.fleet.rows, target)
        wrong = wrong or unlike_battery(life, report, self.seen)
        wrong = wrong or correcting.displaces(life, self._event(report, life.last + 1), report, self.reporter)
        # Where it stood at that time is not where it stands.
        return wrong._replace(state=None, allowed=()) if wrong is not None else None

    def _event(self, report: Report, seq: int) -> Event:
        life = self.life(report.code) if report.corrects is not None else None
        told = (correcting.first_told(life.whole(), report.corrects) if life is not None else None) or self.moment
        event = entered(report, seq, self.reporter, next(iter(self._roles[report.type]), ""), self.seen, self.moment, told)
        return self._answering(event) if report.type in TAKE_BACK_ANSWERS else event

    def _answering(self, event: Event) -> Event:
        """With the day until which the answer was due, which is kept with the request."""
        life = self.life(event.code)
        asked = answerable(life.fold, event.reporter, event.occurred_at) if life is not None and event.corrects is None else None
        return event._replace(due_on=asked.due_on, late=is_late(asked.due_on, local_day(event.recorded_at))) if asked is not None else event


def _place(life: Life, vin: str) -> int | None:
    """Where in the vehicle the pack is; None where it is not in it."""
    fold = life.fold
    return fold.installations[fold.bound].position if fold.bound >= 0 and fold.vin == vin else None
