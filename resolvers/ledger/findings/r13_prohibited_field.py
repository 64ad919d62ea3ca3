"""This module is in charge of R13 PROHIBITED_FIELD: a product of used batteries was sold into a field where it may not be used."""

from __future__ import annotations

from resolvers.identifiers import IdentifierError, ProductType, parse_battery_code
from resolvers.ledger.events import EventType
from resolvers.ledger.findings.case import Case
from resolvers.ledger.findings.finding import Found


def prohibited_field(case: Case) -> Found | None:
    """The field of use, or the buyer's business, is in the list of the day; or single cells were sold without a field of use.

    The lists are the rule table's (`field.prohibited`, `business.prohibited`): the law's full list was not seen.
    """
    if case.kind is not EventType.PRODUCT_SOLD:
        return None
    field, business = case.event.details.get("fieldOfUse"), case.event.details.get("buyerBusiness")
    figures = {"fieldOfUse": field, "buyerBusiness": business}
    if field is not None and case.parameters.lists("field.prohibited", field):
        return Found({**figures, "reason": "FIELD"})
    if business is not None and case.parameters.lists("business.prohibited", business):
        return Found({**figures, "reason": "BUSINESS"})
    if not field and _is_cell(case.event.code):
        return Found({**figures, "reason": "NO_FIELD"})
    return None


def _is_cell(code: str) -> bool:
    try:
        parsed = parse_battery_code(code)
    except IdentifierError:
        return False
    return ProductType.CELL in (parsed.product_type, parsed.reused_level)
