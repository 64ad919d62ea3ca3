"""This module is in charge of the words of refusals: which rule a report breaks, said the same way wherever it is found."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from resolvers.ledger.deadlines import SHANGHAI
from resolvers.ledger.recording.report import Refused

# The same bytes for a code that nobody reported, and for somebody else's: docs/row-policy.md, section 11.
NOT_REPORTABLE: Final = Refused("BATTERY_NOT_REPORTABLE", "There is no battery with this code of which you may report this.")
REUSED: Final = Refused("CLIENT_REFERENCE_REUSED", "You sent another report under this clientReference; a reference names one report for good.")
IN_FUTURE: Final = Refused("OCCURRED_IN_FUTURE", "occurredAt is later than the moment the report came.")
GROUP: Final = Refused("GROUP_REFUSED", "A report that belongs with this one was refused, so neither is taken.")
PARTY_UNKNOWN: Final = Refused("PARTY_UNKNOWN", "The other party is not registered, or not active.")
REPORTER_UNKNOWN: Final = Refused("REPORTER_UNKNOWN", "Your enterprise is not registered, or not active.")
PARTY_ITSELF: Final = Refused("PARTY_ITSELF", "The other party has to be another enterprise than yours.")
VEHICLE_UNKNOWN: Final = Refused("VEHICLE_UNKNOWN", "There is no vehicle with this VIN of which you may report this.")
VEHICLE_IN_FUTURE: Final = Refused("VEHICLE_IN_FUTURE", "vehicle.producedOn: It is later than the day on which the report came.")
VEHICLE_NOT_MADE: Final = Refused(
    "VEHICLE_NOT_MADE", "occurredAt: The vehicle was made on a later day (vehicle.producedOn); it gets its battery, and is sold, on that day or after it."
)
VEHICLE_DIFFERS: Final = Refused("VEHICLE_DIFFERS", "The vehicle was declared before, and otherwise.")
VEHICLE_SCRAPPED: Final = Refused("VEHICLE_SCRAPPED", "occurredAt: The vehicle was taken in for scrapping on a day before; nothing is put into it after.")
SCRAPPED_BY_THEN: Final = Refused("VEHICLE_SCRAPPED", "occurredAt: The vehicle was taken in for scrapping on a day before; nothing happens to it after.")
SCRAPPED_BEFORE: Final = Refused("VEHICLE_SCRAPPED", "You reported before that this vehicle was taken in; a vehicle is scrapped once.")
POSITION_OCCUPIED: Final = Refused("POSITION_OCCUPIED", "Another battery is in this place of the vehicle at that time.")
DUPLICATE_CODE: Final = Refused("DUPLICATE_CODE", "A battery with this code was reported before; a code is given once.")
MANUFACTURER_CODE: Final = Refused("MANUFACTURER_CODE", "Positions 1 to 3 of the code are not a manufacturer code allotted to you.")
SPECIFICATION: Final = Refused("SPECIFICATION", "Positions 6 and 7 of the code are a specification that was filed for another model.")
PRODUCT_WITHOUT_SOURCES: Final = Refused(
    "PRODUCT_WITHOUT_SOURCES", "A code of 19 characters is that of a reprocessed product, which is reported as REPROCESSED, with what it was made of."
)
PRODUCT_CODE: Final = Refused(
    "PRODUCT_CODE",
    "code: A product made of used batteries has a code of 19 characters, without traceability code, with R at position 18 and what was reused (P, M or C) at "
    "position 19 (GB/T 34014); this one has 24.",
)
IS_A_PRODUCT: Final = Refused("IS_A_PRODUCT", "This is a product made of used batteries; its sale is reported as PRODUCT_SOLD, with its field of use.")
NOT_A_PRODUCT: Final = Refused("NOT_A_PRODUCT", "This is no product made of used batteries; a new battery is reported as SOLD.")
BATCH_REPEATED: Final = Refused("BATCH_REPEATED", "batch: You reported a batch of this number before.")
BATCH_BEFORE_RULES: Final = Refused("BATCH_BEFORE_RULES", "occurredAt: The rule table has no tolerances of the mass balance for this day.")
BATCH_UNFINISHED: Final = Refused("STEP_TIMES", "steps: A step ended later than the batch was finished.")
MATERIAL_WITHOUT_STEP: Final = Refused("MATERIAL_WITHOUT_STEP", "outputs: One of the materials is a compound, made by a reaction; no step is chemical.")
INPUTS_REPEATED: Final = Refused("INPUTS_REPEATED", "inputs: An item is named twice; it goes into a batch once.")
INPUT_UNKNOWN: Final = Refused("INPUT_UNKNOWN", "inputs: One of the items is not there, or not in your custody.")
FILED_BEFORE: Final = Refused("FILED_BEFORE", "This code was filed before; a correction of that says another meaning.")
FILING_DIFFERS: Final = Refused("CORRECTION_REFUSED", "A correction of a filing says another meaning of the same code and model, and declares no model.")
MODEL_ID: Final = Refused("MODEL_ID", "modelId: The id of a model that is declared begins with the manufacturer code and a hyphen.")
MODEL_DECLARED: Final = Refused("MODEL_DECLARED", "model: The model of this id was declared before; name it by its id alone.")
MODEL_UNKNOWN: Final = Refused("MODEL_UNKNOWN", "You have no battery model with this id.")
CODE_CHEMISTRY: Final = Refused("CODE_CHEMISTRY", "Position 5 of the code stands for another chemistry than the model's.")
CODE_LEVEL: Final = Refused("CODE_LEVEL", "Position 4 of the code stands for a module or a cell; the model holds more than that.")
CODE_IN_FUTURE: Final = Refused("CODE_IN_FUTURE", "The day in the code has not come yet.")
RELEASED_MISSING: Final = Refused("RELEASED_MISSING", "released: The ledger knows modules or cells of this battery; dismantling names those that it released.")
CORRECTION: Final = Refused("CORRECTION_REFUSED", "A correction names an earlier event of the same type that you reported yourself.")
_OF_BATCH: Final = "What can be corrected of a batch are its figures: times, process, energy, steps, assays, materials, and what of each item went in."
BATCH_ITEMS: Final = Refused("BATCH_INPUTS", f"inputs: A correction of a batch names the items that were told with it, which ended with it. {_OF_BATCH}")
BATCH_NUMBER: Final = Refused("BATCH_INPUTS", f"batch: A correction of a batch is of the same number. {_OF_BATCH}")
PRODUCT_STANDS: Final = Refused(
    "CORRECTION_REFUSED", "What a product was made of, and of what kind it is, is not corrected: its sources ended with it, and nothing follows REPROCESSED."
)
CORRECTED_BEFORE: Final = Refused("CORRECTION_REFUSED", "This event was corrected before; what stands in its place is the correction, which can be corrected.")
RELIED_ON: Final = Refused("CORRECTION_REFUSED", "Others reported since what they did because of this event; a correction leaves that as it is.")

RELIED_ON_ABSENT: Final = Refused(
    "CORRECTION_REFUSED", "packFound, codeFound: You reported since what you did with the battery that you took in; that it was not there would take that away."
)

LATER_HIDDEN: Final = Refused("CORRECTION_REFUSED", "occurredAt: Others reported what came after this event; it may be said to be earlier, and not later.")
EARLIER_HIDDEN: Final = Refused("CORRECTION_REFUSED", "occurredAt: Others reported what came before this event; it may be said to be later, and not earlier.")


def module_count(told: int, wanted: int) -> Refused:
    """Another number of modules than the model has, which is the reporter's own."""
    if not told:
        return Refused("MODULE_COUNT", f"modules: None is told; a product is reported with all of its modules, and the model has {wanted}.")
    return Refused("MODULE_COUNT", f"modules: {told} are told; the model has {wanted}.")


def cell_count(field: str, told: int, wanted: int) -> Refused:
    """Another number of cells than the model has: those of the list, or the sum of what the modules say."""
    cells = "their cellCount add up to" if field == "modules" else "they are"
    return Refused("CELL_COUNT", f"{field}: {cells} {told} cells; the model has {wanted}.")


def of_battery(field: str) -> Refused:
    """What the first report says of the battery itself is what it is."""
    return Refused("CORRECTION_REFUSED", f"{field}: What a battery is was said with its first report, and stands; a correction says the same of it.")


def declared(field: str) -> Refused:
    """The sender's side of a hand-over that was answered."""
    return Refused("CORRECTION_REFUSED", f"{field}: The hand-over was answered; what was declared with it stands.")


def stands_against(event: str, at: datetime, wrong: str) -> Refused:
    """An event that the reporter told itself, and that could not stand behind the correction. `wrong` begins with the rule that it would break."""
    return Refused("CORRECTION_REFUSED", f"What you reported since stands against it: {event} of {at.astimezone(SHANGHAI).isoformat()} would be {wrong}")


def role(event: str) -> Refused:
    """None of the reporter's roles reports this event."""
    return Refused("ROLE_MAY_NOT_REPORT", f"None of your roles may report {event}.")
