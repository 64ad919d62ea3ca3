"""This module is in charge of the part of the graph that cases are: what an authority makes of findings, and what the party says to it."""

# Types made by a function stand in annotations here, for Strawberry to read.
# mypy: disable-error-code="valid-type, misc"

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final

import strawberry
from strawberry.federation.schema_directives import RequiresScopes

from auth.entitlements import CATEGORY_RULES, REPORTING_ROLES, report_scope
from resolvers import cases as case_rows
from resolvers.database import tables as t
from resolvers.ledger.events import AUTHORITIES
from schema import battery, reporting
from schema.battery import Enterprise, Finding
from schema.bindings import FromAnswer, Lookup, Rows, Shape
from schema.connections import PAGE_ARGUMENTS, connection
from schema.directives import Category, category
from schema.enums import words
from schema.fields import BINDING, QUERY, argument, bound, column, lookup, made, rows, stub
from schema.scalars import BatteryCode

MODULE: Final = "schema.cases"
_DOCUMENTS: Final = t.CASE_EVENT.column("documents")
GATE: Final = t.CASE.column("case_id").opened_by
CaseState = words("CaseState", "Where a case stands.", {
    "OPEN": "Nothing is decided.", "EXPLAINED": "The authority takes the party's explanation.", "CONFIRMED": "The authority found it to be so.",
    "CLOSED": "Closed.",
})  # fmt: skip
CaseEventKind = words("CaseEventKind", "What happened to a case.", {
    "OPENED": "An authority opened it on findings.", "ASKED": "The authority asked the party.", "ANSWERED": "The party answered.",
    "DECIDED": "The authority decided, and so changed its state.", "HANDED_OVER": "It went to another authority.",
})  # fmt: skip
CaseAuthority = words("CaseAuthority", "A kind of authority that cases lie with.", {
    "PR": "The industry authority of a province.", "MI": "The national industry authority.", "ME": "The national environment authority.",
    "SA": "The national market regulator.",
})  # fmt: skip


@strawberry.type(description="A document that an answer rests on; the document itself stays with the party.")
class CaseDocument:
    """One entry of the column documents."""

    kind: str | None = column(t.CASE_DOCUMENT, "kind", "What it is.")
    reference: str | None = column(t.CASE_DOCUMENT, "reference", "Its number or address.")
    sha256: str | None = column(t.CASE_DOCUMENT, "sha256", "SHA-256 of its bytes as 64 hexadecimal digits.")


@strawberry.type(description="Something that happened to a case; nothing of it is ever changed.")
class CaseEvent:
    """A row of enterprise.case_event."""

    number: int | None = column(t.CASE_EVENT, "number", "Its place among the case's events, from 1.")
    kind: CaseEventKind | None = column(t.CASE_EVENT, "kind", "What happened.")
    recorded_at: datetime | None = column(t.CASE_EVENT, "recorded_at", "When.")
    author: Enterprise | None = stub(t.CASE_EVENT, "author", "Who did it.")
    role: CaseAuthority | None = column(t.CASE_EVENT, "role", "As which authority; null where the party did it.")
    text: str | None = column(t.CASE_EVENT, "text", "The question, the answer, or the reason.")
    state: CaseState | None = column(t.CASE_EVENT, "state", "The state that was decided.")
    due_on: date | None = column(t.CASE_EVENT, "due_on", "The day by which a question is to be answered.")
    to_authority: CaseAuthority | None = column(t.CASE_EVENT, "authority", "Who has the case from then on, where it was opened or handed over.")
    to_province: str | None = column(t.CASE_EVENT, "province", "The province of that authority: the first two digits of its code.")

    documents: list[CaseDocument] | None = bound(
        Rows(case_rows.event_documents, Shape.MANY, _DOCUMENTS.opened_by, ("documents",), (_DOCUMENTS,)), "Documents that an answer rests on.", ("M",)
    )
    evidence: list[strawberry.ID] | None = made(
        case_rows.event_evidence,
        "The ids of events that an answer rests on, in order.",
        (t.CASE_EVENT.column("evidence"), t.CASE_EVENT.column("evidence_codes")),
    )
    evidence_codes: list[str] | None = column(t.CASE_EVENT, "evidence_codes", "The code of the battery of each of these events, in the same order.")


CaseEventConnection, CaseEventEdge = connection("CaseEvent", ("M",), "events", MODULE)


@strawberry.type(description="What an authority makes of findings on one enterprise. The enterprise sees it, and every authority that has it or had it.")
class Case:
    """A row of enterprise.case_file."""

    id: strawberry.ID | None = column(t.CASE, "case_id", "Its id.")
    title: str | None = column(t.CASE, "title", "What it is about.")
    state: CaseState | None = column(t.CASE, "state", "Where it stands.")
    party: Enterprise | None = stub(t.CASE, "party", "The enterprise that it is about.")
    authority: CaseAuthority | None = column(t.CASE, "authority", "The kind of authority that has it now.")
    province: str | None = column(t.CASE, "province", "The province of a provincial authority: the first two digits of its code.")
    provinces: list[str] | None = column(t.CASE, "provinces", "The provinces that its findings lie in; for an enterprise, those that it sees.")
    owners: list[str] | None = column(t.CASE, "owners", "The authorities whose rules its findings are of; for an enterprise, of those that it sees.")
    opened_at: datetime | None = column(t.CASE, "opened_at", "When it was opened.")
    changed_at: datetime | None = column(t.CASE, "changed_at", "When something last happened to it.")
    due_on: date | None = column(t.CASE, "due_on", "The day by which the party is to answer; null where nothing is asked.")
    findings: list[Finding] | None = rows(case_rows.case_findings, Shape.MANY, GATE, "Its findings, as far as you may see them.")
    events: CaseEventConnection | None = rows(case_rows.case_events, Shape.PAGE, GATE, "What happened to it, in order.", arguments=PAGE_ARGUMENTS)


CaseConnection, CaseEdge = connection("Case", ("M",), "cases", MODULE)


@strawberry.federation.type(name="Query", authenticated=True, description=QUERY)
class Query(battery.Query):
    """The battery subgraph's way in, cases included."""

    case: Case | None = lookup(
        case_rows.case_by_id, Shape.ONE, ("M",), "The case of this id; null where there is none that you may see.",
        keys=case_rows.named_case, arguments=(argument("id", strawberry.ID, "The case's id.", "A"),),
    )  # fmt: skip
    cases: CaseConnection | None = lookup(
        case_rows.cases, Shape.PAGE, ("M",), "Cases about you; for an authority those that it has or had. The latest change first.",
        arguments=(argument("states", list[CaseState] | None, "Only those that stand there.", "M"), *PAGE_ARGUMENTS),
    )  # fmt: skip


def _given(description: str, **more: Any) -> Any:
    """A field of an input: the sender's own words and what it knows already; the field that takes them is of category M."""
    return strawberry.field(description=description, directives=category("A"), **more)


_CASE = "The case's id."
_REFERENCE = "Your own name for this, for good: sent again, it is answered as the first time."


@strawberry.input(description="A case is opened.")
class OpenCaseInput:
    """Open."""

    findings: list[strawberry.ID] = _given("The ids of the findings, at most 100, all about one enterprise.")
    title: str = _given("What it is about, in a line.")
    client_reference: str = _given(_REFERENCE)
    text: str | None = _given("What the enterprise is to know.", default=strawberry.UNSET)


@strawberry.input(description="A question to the party of a case.")
class AskInCaseInput:
    """Ask."""

    case: strawberry.ID = _given(_CASE)
    text: str = _given("The question.")
    client_reference: str = _given(_REFERENCE)
    due_on: date | None = _given("The day by which it is to be answered.", default=strawberry.UNSET)


@strawberry.input(description="A document that an answer rests on; the document itself stays with you.")
class CaseDocumentInput:
    """Document."""

    kind: str = _given("What it is: invoice, weighing slip, test report.")
    reference: str = _given("Its number or address.")
    sha256: str = _given("SHA-256 of its bytes as 64 hexadecimal digits in lower case.")


@strawberry.input(description="An event that an answer rests on.")
class CaseEventReferenceInput:
    """Event."""

    code: BatteryCode = _given("The code of the battery that it happened to.")
    id: strawberry.ID = _given("The id of the event, as you are told it.")


@strawberry.input(description="What the party of a case says.")
class AnswerInCaseInput:
    """Answer."""

    case: strawberry.ID = _given(_CASE)
    text: str = _given("The answer.")
    client_reference: str = _given(_REFERENCE)
    documents: list[CaseDocumentInput] | None = _given("Documents that it rests on, at most 20.", default=strawberry.UNSET)
    events: list[CaseEventReferenceInput] | None = _given("Events that it rests on, of those that you may see, at most 20.", default=strawberry.UNSET)


@strawberry.input(description="A decision in a case; its findings take the same state.")
class DecideCaseInput:
    """Decide."""

    case: strawberry.ID = _given(_CASE)
    state: CaseState = _given("The state from now on.")
    reason: str = _given("Why.")
    client_reference: str = _given(_REFERENCE)


@strawberry.input(description="A case goes to another authority.")
class HandOverCaseInput:
    """HandOver."""

    case: strawberry.ID = _given(_CASE)
    authority: CaseAuthority = _given("An owner of a rule of one of its findings, MI, or PR.")
    reason: str = _given("Why.")
    client_reference: str = _given(_REFERENCE)
    province: str | None = _given("Of PR: one of the provinces that the case lies in, two digits.", default=strawberry.UNSET)


@strawberry.type(description="What became of something done to a case.")
class CaseReport:
    """The answer."""

    client_reference: str | None = bound(FromAnswer("clientReference"), "Your name for it.", ("M",))
    outcome: reporting.ReportOutcome | None = bound(FromAnswer("outcome"), "What became of it.", ("M",))
    rule: str | None = bound(FromAnswer("rule"), "The rule that what is refused breaks; a stable code.", ("M",))
    message: str | None = bound(FromAnswer("message"), "The same for people.", ("M",))
    recorded_at: datetime | None = bound(FromAnswer("recordedAt"), "When it was recorded.", ("M",))
    case: Case | None = bound(Rows(case_rows.case_by_id, Shape.ONE, GATE, entity=True), "The case, as it then stands.", ("M",))


def _mutation(resolve: Any, description: str, given: Any, roles: Iterable[str]) -> Any:
    """A field that writes: for tokens that read category M and have the scope of one of the roles."""
    scopes = [[CATEGORY_RULES["M"].scope, report_scope(role)] for role in sorted(roles)]
    field = strawberry.federation.field(
        description=description, directives=[Category(names=["M"]), RequiresScopes(scopes=scopes)], metadata={BINDING: Lookup(resolve, Shape.ONE)}
    )
    field.arguments = [argument("input", given, "What is done.", "A"), argument("validate_only", bool | None, "Whether to judge only: nothing is written.")]
    return field


@strawberry.federation.type(name="Mutation", authenticated=True, description=reporting.MUTATION)
class Mutation(reporting.Mutation):
    """The battery subgraph's way to write, cases included."""

    open_case: CaseReport | None = _mutation(case_rows.open_on, "Open a case on findings; it lies with you.", OpenCaseInput, AUTHORITIES)
    ask_in_case: CaseReport | None = _mutation(case_rows.ask_in, "Ask the party of a case that you have.", AskInCaseInput, AUTHORITIES)
    answer_in_case: CaseReport | None = _mutation(case_rows.answer_in, "Answer in a case about you.", AnswerInCaseInput, REPORTING_ROLES)
    decide_case: CaseReport | None = _mutation(case_rows.decide_on, "Decide a case that you have.", DecideCaseInput, AUTHORITIES)
    hand_over_case: CaseReport | None = _mutation(case_rows.hand_over, "Hand a case that you have over to another authority.", HandOverCaseInput, AUTHORITIES)
