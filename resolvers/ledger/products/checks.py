"""This module is in charge of what a product of used batteries is refused for: how it is made, and into which field it is sold."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final, NamedTuple

from resolvers.ledger.findings.parameters import Parameters
from resolvers.ledger.products.standards import StandardRegister
from resolvers.ledger.states import Status

# What can be made into something else: graded packs, and modules and cells that dismantling released.
USABLE: Final = frozenset({Status.GRADED})


class ProductRefused(NamedTuple):
    """Why: `code` is stable (docs/errors.md), the message names rule and field, never a party. `source` is the code of the source that stands otherwise
    than it has to."""

    code: str
    field: str
    message: str
    source: str | None = None


class Source(NamedTuple):
    """What a product is made of: where it stands, who holds it (None: nobody on the platform), and the product it went into, if any."""

    status: Status
    holder: str | None
    made_into: str | None = None


def refused_field(field_of_use: str | None, standard: str | None, day: date, register: StandardRegister, parameters: Parameters) -> ProductRefused | None:
    """Whether a product may be made or sold for the field on that day, by the standard it names.

    FIELD_OF_USE_MISSING; FIELD_OF_USE_PROHIBITED; NO_STANDARD_IN_FORCE: no edition holds for the field on the day; STANDARD_NOT_IN_FORCE: the one
    named is not among those that do.
    """
    if not field_of_use:
        return ProductRefused("FIELD_OF_USE_MISSING", "fieldOfUse", "a product, and its sale, name the field that it is to be used in")
    if parameters.lists("field.prohibited", field_of_use):
        return ProductRefused("FIELD_OF_USE_PROHIBITED", "fieldOfUse", f"products of used traction batteries may not be used in {field_of_use}")
    valid = register.in_force(field_of_use, day)
    if not valid:
        return ProductRefused("NO_STANDARD_IN_FORCE", "fieldOfUse", f"no standard for {field_of_use} is in force on {day}")
    if standard not in {each.designation for each in valid}:
        named = ", ".join(each.designation for each in valid)
        return ProductRefused("STANDARD_NOT_IN_FORCE", "standard", f"the standard in force for {field_of_use} on {day} is {named}")
    return None


def refused_sale(
    field_of_use: str | None, standard: str | None, buyer: str | None, day: date, register: StandardRegister, parameters: Parameters
) -> ProductRefused | None:
    """As `refused_field`; and BUYER_MISSING: every sale names who buys. The field comes first: what is wrong with it may be a finding (R13)."""
    wrong = refused_field(field_of_use, standard, day, register, parameters)
    if wrong is None and not buyer:
        return ProductRefused("BUYER_MISSING", "buyer", "a sale names its buyer")
    return wrong


def refused_sources(maker: str, product: str, sources: Mapping[str, Source], named: Collection[str]) -> ProductRefused | None:
    """Whether the maker may make the product of these codes.

    SOURCES_MISSING: none is named; SOURCES_REPEATED; SOURCE_ITSELF: the product is among them; SOURCE_UNKNOWN: one is not there, or the maker does
    not hold it, which is the same answer; SOURCE_USED: it went into another product; SOURCE_NOT_GRADED: it was not tested for it.
    """
    if not named:
        return ProductRefused("SOURCES_MISSING", "sourceCodes", "a product keeps the codes of what it is made of")
    if len(set(named)) != len(named):
        return ProductRefused("SOURCES_REPEATED", "sourceCodes", "each source is named once")
    if product in named:
        return ProductRefused("SOURCE_ITSELF", "sourceCodes", "a product has a code of its own")
    for place, code in enumerate(named):
        source = sources.get(code)
        if source is None or source.holder != maker:
            return ProductRefused("SOURCE_UNKNOWN", "sourceCodes", "one of the sources is not there, or not in your custody")
        if source.made_into not in (None, product):
            return ProductRefused("SOURCE_USED", f"sourceCodes[{place}]", f"a source went into another product, and is {source.status}", code)
        if source.status not in USABLE:
            return ProductRefused("SOURCE_NOT_GRADED", f"sourceCodes[{place}]", f"a source is {source.status}; it has to be {Status.GRADED}", code)
    return None
