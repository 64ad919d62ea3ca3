"""This module is in charge of the words of the graph: enums whose names are what the database stores."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

import strawberry

from auth.entitlements import CATEGORIES
from resolvers.identifiers.region import RegionLevel as Level
from resolvers.ledger.events import EventType as LedgerEvent
from resolvers.ledger.states import Status
from schema.directives import category

_STATUSES: Final[Mapping[Status, str]] = {
    Status.CODED: "Made and coded; not sold yet.",
    Status.SOLD: "Sold by its maker; not in a vehicle or swap pool yet.",
    Status.INSTALLED: "In a vehicle that is not sold yet.",
    Status.IN_SERVICE: "In use: in a vehicle, or in the product it was made into.",
    Status.SWAP_POOL: "In a swap operator's pool.",
    Status.REMOVED: "Taken out of a vehicle, not retired.",
    Status.IN_SCRAP_VEHICLE: "In a vehicle that was taken in for scrapping.",
    Status.RETIRED: "Retired from use in vehicles.",
    Status.IN_TRANSIT: "Handed over and on its way; not received yet.",
    Status.STORED: "Received and in store.",
    Status.GRADED: "Tested and graded; a route was chosen.",
    Status.DISMANTLED: "Taken apart; its modules and cells go on by themselves. Final.",
    Status.REPROCESSED: "Made into a product with a code of its own. Final.",
    Status.RECYCLED: "Recycled into material. Final.",
    Status.DISPOSED: "Disposed of. Final.",
    Status.EXPORTED: "Exported. Final.",
    Status.MISSING: "Reported missing.",
}

EVENT_WORDS: Final[Mapping[LedgerEvent, str]] = {
    LedgerEvent.CODE_FILED: "A specification or traceability code was filed; of no battery.",
    LedgerEvent.UNLICENSED_SITE_SEEN: "A site that works with batteries and seems to have no licence was seen; of no battery.",
    LedgerEvent.PRODUCED: "The pack was made and coded.",
    LedgerEvent.IMPORTED: "The pack was imported.",
    LedgerEvent.SOLD: "The maker sold the pack.",
    LedgerEvent.INSTALLED: "The pack was built into a vehicle.",
    LedgerEvent.VEHICLE_SOLD: "The vehicle with the pack was sold.",
    LedgerEvent.POOLED: "The pack entered a swap pool.",
    LedgerEvent.SWAP_IN: "The pack went into a vehicle at a swap station.",
    LedgerEvent.SWAP_OUT: "The pack came out of a vehicle at a swap station.",
    LedgerEvent.MAINTAINED: "The pack was maintained in its vehicle.",
    LedgerEvent.REPLACED: "The pack was replaced by another, or replaced another.",
    LedgerEvent.REINSTALLED: "A removed pack went back into a vehicle or a swap pool.",
    LedgerEvent.OWNER_CHANGED: "The vehicle or the pack changed its owner.",
    LedgerEvent.RETIRED: "The pack was retired from use in vehicles.",
    LedgerEvent.VEHICLE_SCRAPPED: "The vehicle was taken in for scrapping.",
    LedgerEvent.PACK_DETACHED: "The pack was taken out of the scrapped vehicle.",
    LedgerEvent.HANDED_OVER: "The pack was handed over to another party.",
    LedgerEvent.RECEIVED: "The receiver confirmed a hand-over.",
    LedgerEvent.REJECTED: "The receiver refused a hand-over.",
    LedgerEvent.GRADED: "The pack was tested and graded.",
    LedgerEvent.DISMANTLED: "The pack was taken apart.",
    LedgerEvent.RELEASED: "The module or cell came out of a pack that was taken apart, and begins a life of its own.",
    LedgerEvent.REPROCESSED: "The pack was made into a product.",
    LedgerEvent.PRODUCT_SOLD: "The product was sold for its field of use.",
    LedgerEvent.RECYCLED: "The pack was recycled into material.",
    LedgerEvent.DISPOSED: "The pack or its residue was disposed of.",
    LedgerEvent.EXPORTED: "The pack was exported.",
    LedgerEvent.REPORTED_MISSING: "The pack was reported missing.",
    LedgerEvent.FOUND: "A missing pack was found.",
    LedgerEvent.HEALTH_MEASURED: "The pack's condition was measured.",
    LedgerEvent.SAFETY_EVENT: "The pack had an accident, or another safety event.",
    LedgerEvent.RECALLED: "The pack was recalled.",
    LedgerEvent.RECALL_REMEDIED: "What a recall asks for was done to the pack.",
    LedgerEvent.FOUND_ABANDONED: "The pack was found abandoned.",
    LedgerEvent.TAKE_BACK_REQUESTED: "Who holds the pack asked who is obliged to take it back.",
    LedgerEvent.TAKE_BACK_ACCEPTED: "Who was asked takes the pack back.",
    LedgerEvent.TAKE_BACK_REFUSED: "Who was asked refused to take the pack back.",
}


def words(name: str, description: str, words: Mapping[str, str], categories: Mapping[str, tuple[str, ...]] | None = None) -> Any:
    """An enum whose members are named and valued by the words; `categories` for those that could give data away."""
    marked = categories or {}
    values = {word: strawberry.enum_value(word, description=told, directives=category(*marked[word]) if word in marked else ()) for word, told in words.items()}
    make: Any = Enum
    return strawberry.enum(make(name, values), description=description)


def order_fields(name: str, description: str, fields: Mapping[str, tuple[str, tuple[str, ...]]]) -> Any:
    """What a list may be sorted by: (description, categories) per name."""
    told = {each: text for each, (text, _) in fields.items()}
    return words(name, description, told, {each: categories for each, (_, categories) in fields.items()})


BatteryStatus = words("BatteryStatus", "Where a pack stands in its life.", {each.value: text for each, text in _STATUSES.items()})
EventType = words("EventType", "What can happen to a pack.", {each.value: text for each, text in EVENT_WORDS.items()})

Chemistry = words(
    "Chemistry",
    "The chemistry of a pack's cells.",
    {
        "LFP": "Lithium iron phosphate.",
        "LMFP": "Lithium manganese iron phosphate.",
        "NCM": "Nickel cobalt manganese; the ratio is not stated.",
        "NCM523": "Nickel cobalt manganese, 5:2:3.",
        "NCM622": "Nickel cobalt manganese, 6:2:2.",
        "NCM811": "Nickel cobalt manganese, 8:1:1.",
        "NCA": "Nickel cobalt aluminium.",
        "LMO": "Lithium manganese oxide.",
        "LCO": "Lithium cobalt oxide.",
        "LTO": "Lithium titanate.",
        "NIMH": "Nickel metal hydride.",
        "SUPERCAPACITOR": "Supercapacitor.",
        "OTHER": "Another chemistry.",
        "MIXED": "More than one, in a product or a recycling batch.",
    },
)
CellFormat = words(
    "CellFormat",
    "The shape of a cell.",
    {"PRISMATIC": "Prismatic.", "CYLINDRICAL": "Cylindrical.", "POUCH": "Pouch.", "BLADE": "Long prismatic cells that span the pack."},
)
SiteActivity = words(
    "SiteActivity",
    "What is done at a site.",
    {
        "COLLECTION": "Batteries are collected.", "STORAGE": "Batteries are stored.", "TRANSPORT": "Batteries are sent on.",
        "DISMANTLING": "Batteries are taken apart.", "REPROCESSING": "Products are made of used batteries.", "RECYCLING": "Batteries are made into material.",
        "DISPOSAL": "Batteries are disposed of.", "REPAIR": "Batteries are repaired.", "OTHER": "Something else.",
    },
)  # fmt: skip
ProductType = words("ProductType", "What the code of a battery is on.", {"PACK": "A pack.", "MODULE": "A module.", "CELL": "A cell."})
Powertrain = words(
    "Powertrain",
    "How a vehicle is driven.",
    {
        "BEV": "Battery electric.",
        "PHEV": "Plug-in hybrid.",
        "EREV": "Electric with a range extender.",
        "HEV": "Hybrid without a plug.",
        "FCEV": "Fuel cell electric.",
    },
)
SafetyClass = words(
    "SafetyClass",
    "How a pack has to be handled, from its safety events.",
    {"NORMAL": "No safety event is known.", "ATTENTION": "There was a minor safety event.", "HAZARDOUS": "There was a serious or critical safety event."},
)
SafetySeverity = words(
    "SafetySeverity",
    "How bad a safety event was.",
    {"MINOR": "Minor: the pack needs attention.", "SERIOUS": "Serious: the pack is hazardous.", "CRITICAL": "Critical: the pack is hazardous."},
)
EventCategory = words(
    "EventCategory",
    "The categories of data that events belong to.",
    {each: f"{CATEGORIES[each].capitalize()}." for each in "ADFGHJ"},
)
_LEVELS: Final[Mapping[Level, str]] = {
    Level.STATE: "The State, as credit codes write it.",
    Level.PROVINCE: "A province, autonomous region, municipality or special administrative region.",
    Level.PREFECTURE: "A prefecture or prefecture-level city.",
    Level.COUNTY: "A county, county-level city or district.",
}
RegionLevel = words("RegionLevel", "How high an administrative division stands.", {each.name: text for each, text in _LEVELS.items()})
Discrepancy = words(
    "Discrepancy",
    "In what a hand-over differs from its offer.",
    {
        "MASS": "The receiver's scale and the sender's differ by more than the rule of the day tolerates.",
        "CONDITION": "The receiver found another condition than the sender declared.",
        "STATED": "The receiver says so in words of its own.",
    },
)
HandOverOutcome = words(
    "HandOverOutcome",
    "What became of a hand-over.",
    {
        "PENDING": "Offered; the receiver has not answered.",
        "RECEIVED": "Received; custody passed.",
        "REJECTED": "Refused; custody stayed with the sender.",
        "VOID": "Overtaken: an authority said that somebody else takes the pack.",
    },
)
AcceptancePurpose = words(
    "AcceptancePurpose",
    "What a party wants to take a pack for.",
    {
        "COLLECTION": "To collect it, at an outlet.",
        "UTILIZATION": "To make a product or material of it.",
        "STORAGE": "To store it.",
        "DISPOSAL": "To dispose of it.",
        "VEHICLE_SCRAPPING": "To scrap the vehicle with it.",
        "REPAIR": "To maintain, replace or repair it.",
    },
)
AcceptanceReason = words(
    "AcceptanceReason",
    "Why a pack may not be taken.",
    {
        "BATTERY_UNKNOWN": "There is no pack of this code of which you may know.",
        "REPORTED_MISSING": "It was reported missing.",
        "RECALLED": "It is under a recall whose remedy was not reported.",
        "LIFE_ENDED": "Its life has ended: it was taken apart, made into something else, disposed of or exported.",
        "ALREADY_HELD": "You have it in custody.",
        "NOT_HANDED_ON": "It does not stand where a pack is taken for this purpose.",
        "OFFERED_TO_ANOTHER": "It is on its way to somebody else, who has not answered yet.",
        "NOT_ACTIVE": "You are not registered, or not active.",
        "ROLE_MAY_NOT_RECEIVE": "None of your roles takes packs for this purpose.",
        "LICENCE_MISSING": "You have no licence that holds today for what this purpose is.",
    },
)
TakeBackBasis = words(
    "TakeBackBasis",
    "Why a party is obliged to take a pack back.",
    {"PRODUCED": "It made or imported the pack.", "INSTALLED": "It made a vehicle that the pack was installed in."},
)
TakeBackOutcome = words(
    "TakeBackOutcome",
    "What became of a request to take a pack back.",
    {
        "PENDING": "It is not answered yet.",
        "ACCEPTED": "The pack is taken back, on a day and at a place.",
        "REFUSED": "It was refused.",
        "LAPSED": "The pack left who asked before there was an answer.",
    },
)
EnterpriseStatus = words(
    "EnterpriseStatus",
    "Whether an enterprise may act.",
    {"ACTIVE": "In business.", "SUSPENDED": "Suspended.", "REVOKED": "Its licence to do business was revoked.", "DISSOLVED": "Dissolved."},
)
PartyRole = words(
    "PartyRole",
    "What an enterprise or authority is in the life of batteries.",
    {
        "BM": "Battery maker or importer.",
        "OEM": "Automaker or vehicle importer.",
        "SW": "Swap operator or leasing firm.",
        "RS": "Repair and maintenance firm.",
        "SD": "Scrapping and dismantling firm.",
        "CU": "Comprehensive-utilization firm: reprocessing and recycling.",
        "PR": "Provincial authority.",
        "MI": "Ministry of Industry and Information Technology.",
        "ME": "Ministry of Ecology and Environment.",
        "SA": "State Administration for Market Regulation.",
        "PB": "The public, and owners of vehicles.",
    },
)
ProcessKind = words(
    "ProcessKind",
    "What a step of a recycling batch does to what goes in.",
    {"MECHANICAL": "It sorts and crushes: total mass is kept.", "CHEMICAL": "It adds reagents: the mass of each element is kept."},
)
RecoveredKind = words("RecoveredKind", "What became of a material that came of a batch.", {"OUTPUT": "A product.", "RESIDUE": "Left over."})
FindingSeverity = words(
    "FindingSeverity",
    "How grave a finding is.",
    {"INFO": "To be known.", "LOW": "Of little weight.", "MEDIUM": "To be explained.", "HIGH": "To be acted on at once."},
)
FindingState = words(
    "FindingState",
    "What has become of a finding.",
    {"OPEN": "Nobody has answered.", "EXPLAINED": "The party explained it.", "CONFIRMED": "An authority confirmed it.", "CLOSED": "Closed."},
)
FindingSubject = words(
    "FindingSubject",
    "What a finding is about.",
    {"BATTERY": "A pack.", "VEHICLE": "A vehicle.", "ENTERPRISE": "An enterprise as a whole: its plant, its outlets, its reports."},
)
ObligationDuty = words(
    "ObligationDuty",
    "What an enterprise has to do.",
    {
        "ANSWER_HAND_OVER": "Say that a pack was received, or refuse it.",
        "REPORT_DISMANTLING": "Report how a model is dismantled.",
        "ANSWER_TAKE_BACK": "Say when and where a pack is taken back, or refuse it.",
    },
)
OrderDirection = words("OrderDirection", "Which end of a sorted list comes first.", {"ASC": "The smallest first.", "DESC": "The largest first."})
StatisticDimension = words(
    "StatisticDimension",
    "By what a figure of the statistics is told apart.",
    {
        "MONTH": "The month, in Shanghai.",
        "PROVINCE": "The province; of a flow, the one it comes from.",
        "CHEMISTRY": "The chemistry of the cells.",
        "ROLE": "What the enterprise is; of a flow, what the sender is.",
        "ENTERPRISE": "The enterprise.",
        "KIND": "What the figure itself tells apart: the event, the field of use, the status, the element, the rule.",
        "TO_PROVINCE": "The province that a flow goes to.",
        "TO_ROLE": "What the receiver of a flow is.",
        "DWELL": "For how long packs have been where they stand.",
        "STATE": "What has become of a finding.",
    },
)
DwellClass = words(
    "DwellClass",
    "For how long a pack has been in its state, in calendar months since the month in which it came into it.",
    {
        "UNDER_1_MONTH": "Since this month.",
        "UP_TO_6_MONTHS": "Since one to five months ago.",
        "UP_TO_12_MONTHS": "Since six to eleven months ago.",
        "OVER_12_MONTHS": "Since twelve months ago or longer.",
    },
)
PublishedCube = words(
    "PublishedCube",
    "A table that is published month by month, with totals.",
    {
        "PRODUCTION": "Packs produced or imported, by province and chemistry.",
        "SALES": "Packs sold in vehicles, by province of registration and chemistry.",
        "RETIREMENTS": "Packs that left use, by province and chemistry.",
        "REPROCESSING": "Reprocessed products sold, by province and field of use.",
        "RECOVERY": "Mass recovered in kg, by province of the plant and element.",
        "CUSTODY_FLOWS": "Packs received, by role of the sender and of the receiver.",
    },
)
