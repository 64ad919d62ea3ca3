"""This module is in charge of R13 PROHIBITED_FIELD: a product of used batteries was sold into a field where it may not be used."""

from __future__ import annotations

from typing import Final

from resolvers.identifiers import IdentifierError, ProductType, parse_battery_code
from resolvers.ledger.events import EventType
from resolvers.ledger.findings.case import Case
from resolvers.ledger.findings.finding import Found
from resolvers.ledger.states import Status

_SALES: Final = frozenset({EventType.PRODUCT_SOLD, EventType.SOLD})
_LIES_USED: Final = frozenset({Status.RETIRED, Status.STORED, Status.GRADED})


def prohibited_field(case: Case) -> Found | None:
    """The field of use, or the buyer's business, is in the list of the day; or single used cells were to be sold without a field of use.

    The lists are the rule table's (`field.prohibited`, `business.prohibited`): the law's full list was not seen. What is sold without a field is
    refused, and comes here as what was tried: as a product (`FIELD_OF_USE_MISSING`), as it was taken out (`NOT_A_PRODUCT`), or as if it were new
    (`IS_A_PRODUCT`).
    """
    if case.kind not in _SALES or (case.refused is not None and not _is_used(case)):
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


def _is_used(case: Case) -> bool:
    """Whether it is a product, or lies where used batteries do: what is new is sold for any field, and needs none."""
    is_product = case.facts is not None and case.facts.is_product
    return is_product or (case.before is not None and case.before.status in _LIES_USED)


def _is_cell(code: str) -> bool:
    try:
        parsed = parse_battery_code(code)
    except IdentifierError:
        return False
    return ProductType.CELL in (parsed.product_type, parsed.reused_level)
