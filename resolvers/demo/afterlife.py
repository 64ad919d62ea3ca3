"""This module is in charge of what comes after use: hand-overs with both parties' word, grading, reprocessing, dismantling, waiting for recovery."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from resolvers.demo import names, told
from resolvers.demo.inside import facts_of
from resolvers.demo.lives import Block, Life, Untold
from resolvers.demo.registry import Firm
from resolvers.ledger.discrepancies import RULE, TOLERANCE
from resolvers.ledger.events import EventType
from resolvers.ledger.rules import load_rules

E: Final = EventType
FIELDS_OF_USE: Final = ("STATIONARY_STORAGE", "TELECOM_BACKUP", "STREET_LIGHTING", "LOW_SPEED_LOGISTICS")
PROHIBITED: Final = "E_BICYCLE"


def end_of_life(block: Block, life: Life, holder: Firm) -> None:
    """From a retired pack at its holder to wherever the story gets: its maker is asked perhaps, an outlet, a recycler, the end."""
    if block.chance(0.06) and life.design.maker.uscc != holder.uscc:
        ask_back(block, life, holder)
    if block.chance(0.18):
        outlet = block.pick(block.rng.choice(("OEM", "OEM", "BM", "SW")), holder.province, apart=holder)
        holder = transfer(block, life, holder, outlet, "COLLECTION")
    recycler = block.pick("CU", holder.province, apart=holder)
    _break_rules(block, life, holder, recycler)
    holder = transfer(block, life, holder, recycler, "UTILIZATION")
    if block.chance(0.06):
        holder = transfer(block, life, holder, block.pick("CU", apart=holder), "UTILIZATION")
    if block.trick("R12", life.at < block.options.moment - timedelta(days=380)):
        block.plant("R12", life.code)
        raise Untold
    utilize(block, life, holder)


def ask_back(block: Block, life: Life, holder: Firm) -> None:
    """The pack's maker is asked to take it back; what it promises takes longer than a recycler near by, and some say nothing."""
    maker, at = life.design.maker, life.at + block.days(1, 6)
    life.tell(E.TAKE_BACK_REQUESTED, at, holder, to=maker, details=told.asked_back(block, at, holder))
    if maker.row.status != "ACTIVE" or block.chance(0.3):
        return
    answered = life.at + block.days(1, 8)
    if block.chance(0.6):
        life.tell(E.TAKE_BACK_ACCEPTED, answered, maker, details=told.taken_back(answered))
    else:
        life.tell(E.TAKE_BACK_REFUSED, answered, maker, details=told.declined())


def transfer(block: Block, life: Life, sender: Firm, receiver: Firm, purpose: str) -> Firm:
    """A hand-over and its answer; a rejected one is offered to somebody else. Gives the new holder."""
    hand_over(block, life, life.at + block.days(5, 110), sender, receiver, purpose)
    if block.trick("R11", life.at < block.options.moment - timedelta(days=45)):
        block.plant("R11", life.code)
        raise Untold
    if block.chance(0.05):
        life.tell(E.REJECTED, life.at + block.days(1, 8), receiver, details={"reason": "HOUSING_DAMAGED"})
        # Who recycles beside another trade was asked as a recycler, and so is whoever is asked next.
        second = block.pick("CU" if purpose == "UTILIZATION" else receiver.role, sender.province, apart=sender)
        hand_over(block, life, life.at + block.days(2, 20), sender, second, purpose)
        receiver = second
    receive(block, life, life.at + block.days(1, 20 if block.options.anomalies else 6), receiver)
    return receiver


def hand_over(block: Block, life: Life, at: datetime, sender: Firm, receiver: Firm, purpose: str) -> None:
    rng = block.rng
    details: dict[str, Any] = {
        "purpose": purpose,
        "declaredMassKg": round(facts_of(life).mass_kg * rng.uniform(0.992, 1.004), 1),
        "transportDocument": f"DEMO-T-{life.number:07}-{len(life.events)}",
        "carrier": rng.choice(names.CARRIERS),
        "unClass": "UN3480",
        "fromRegion": sender.row.region_code,
        "toRegion": receiver.row.region_code,
    }
    abroad = sender.province != receiver.province and purpose == "UTILIZATION"
    unfiled = block.trick("R19", abroad)
    if abroad and not unfiled:
        details["filingNumber"] = f"DEMO-F-{sender.province}{receiver.province}-{life.number:07}"
    life.tell(E.HANDED_OVER, at, sender, to=receiver, details=details)
    if unfiled:
        block.plant("R19", life.code)


def receive(block: Block, life: Life, at: datetime, receiver: Firm) -> None:
    sent = life.events[-1]
    declared = float(sent.details["declaredMassKg"])
    short = block.trick("R11_MASS", at < block.options.moment - timedelta(days=40))
    measured = round(declared * (0.955 if short else block.rng.uniform(0.996, 1.004)), 1)
    life.tell(E.RECEIVED, at, receiver, details={"measuredMassKg": measured, TOLERANCE: _tolerance(), **told.looks(life)})
    if short:
        block.plant("R11_MASS", life.code)


@cache
def _tolerance() -> float:
    """The shipped tolerance between two scales, as a ratio; it has not changed since the beginning of the world."""
    return float(next(each.value for each in load_rules() if each.name == RULE))


def _break_rules(block: Block, life: Life, holder: Firm, recycler: Firm) -> None:
    """Findings that are about whom a pack is offered to: a receiver that is not active, and that turns it down."""
    if block.trick("R04", life.at < block.options.moment - timedelta(days=60)):
        closed = next(firm for firm in block.registry.inactive if firm.role == "CU")
        hand_over(block, life, life.at + block.days(3, 9), holder, closed, "UTILIZATION")
        block.plant("R04", life.code)
        life.tell(E.REJECTED, life.at + block.days(1, 5), closed, details={"reason": "NOT_IN_BUSINESS"})


def grade(block: Block, life: Life, at: datetime, holder: Firm) -> str:
    """Test and grade; gives the route."""
    rng, row = block.rng, life.design.row
    life.measure(at - timedelta(hours=3), holder, "CAPACITY_TEST")
    soh, unsafe = life.soh, any(event.severity != "MINOR" for event in life.safety)
    route = "REPROCESS_INTO_PRODUCT" if soh >= 60 and not unsafe else "RECYCLE_INTO_MATERIAL"
    details = {
        "method": "GB/T 34015-2017",
        "capacityAh": round(row.nominal_capacity_ah * soh / 100, 1),
        "resistanceMohm": round(60 + (100 - soh) * 1.5, 1),
        "insulationMohm": round(rng.uniform(0.4, 1.0) if unsafe else rng.uniform(8, 60), 2),
        "grade": "D" if unsafe else "A" if soh >= 80 else "B" if soh >= 70 else "C" if soh >= 60 else "D",
        "route": route,
    }
    life.tell(E.GRADED, at, holder, details=details)
    return route


def utilize(block: Block, life: Life, holder: Firm) -> None:
    """What a recycler does with a pack it holds: test it, make a product of it, or take it apart for its materials."""
    if block.chance(0.8):
        route = grade(block, life, life.at + block.days(4, 100), holder)
        if route == "REPROCESS_INTO_PRODUCT" and holder.uscc in block.catalogue.products and block.left and block.chance(0.6):
            reprocess(block, life, holder)
            return
        if block.chance(0.02):
            burnt = {"residueType": "BURNT_PACK", "massKg": life.design.row.mass_kg, "permit": f"DEMO-P-{holder.province}"}
            life.tell(E.DISPOSED, life.at + block.days(5, 20), holder, details=burnt)
            return
    if life.events[-1].type == E.RECEIVED or block.chance(0.7):
        parts = {"modules": life.design.row.module_count, "massKg": round(life.design.row.mass_kg * 0.995, 1)}
        life.tell(E.DISMANTLED, life.at + block.days(5, 80), holder, details=parts)
    block.waiting.append((life.at, life, holder))


def reprocess(block: Block, life: Life, holder: Firm) -> None:
    """The pack becomes a product with a code of its own; both name each other's code."""
    design, at = block.catalogue.products[holder.uscc], life.at + block.days(8, 60)
    life.tell(E.REPROCESSED, at, holder, details={})
    try:
        product = block.make(design, life.at + timedelta(days=1), details={"sourceCodes": [life.code]})
    except Untold:
        # Both ends are told in one report, or none is.
        life.events.pop()
        raise
    # The product's code is known only now; the source's fact is told in the same report.
    life.events[-1] = life.events[-1]._replace(details={"productCode": product.code})
    product.soh, product.rate = 100.0, 0.02
    prohibited = block.trick("R13")
    field = PROHIBITED if prohibited else block.rng.choice(FIELDS_OF_USE)
    at, market = product.at + block.days(6, 45), _market(block)
    product.tell(E.PRODUCT_SOLD, at, holder, province=market, details=told.sold(life, field, market))
    if prohibited:
        block.plant("R13", product.code)


def _market(block: Block) -> str:
    return block.registry.by_role["RS"].draw(block.rng).province
