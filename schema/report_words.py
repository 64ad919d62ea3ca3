"""This module is in charge of the enums that only inputs of reports have: each the ledger's own list of words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resolvers.ledger.recording.words import BUSINESSES, FIELDS_OF_USE, GRADES, PROCESSES, ROUTES
from schema.enums import words


def _listed(name: str, told: str, listed: Sequence[str], *meanings: str) -> Any:
    return words(name, told, dict(zip(listed, meanings, strict=True)))


FieldOfUse = _listed(
    "FieldOfUse", "What a product of used batteries is used for. Which fields a standard is in force for, and which are prohibited, depends on the day.",
    FIELDS_OF_USE,
    "Storage at a fixed place.", "Backup power of telecommunication.", "Street lighting.", "Logistics vehicles of low speed.", "Electric bicycles.",
    "Two- and three-wheelers of low speed.", "Power banks.", "Emergency lighting where many people are.", "Something else.",
)  # fmt: skip
BuyerBusiness = _listed(
    "BuyerBusiness", "A buyer's registered business.", BUSINESSES,
    "Storage of energy.", "Telecommunication.", "Lighting.", "Logistics.", "It makes electric bicycles.", "It lets electric bicycles.",
    "It makes something else.", "Trade.", "Recycling.", "Something else.",
)  # fmt: skip
GradeWord = _listed("Grade", "What a test found of a battery, the best first.", GRADES, "Best.", "Good.", "Fair.", "Poor, or unsafe.")
RouteAfterGrading = _listed(
    "GradingRoute", "What is to become of a tested battery.", ROUTES,
    "It is used again as it is.", "It is made into a product.", "It is recycled into material.", "It is disposed of.",
)  # fmt: skip
RecyclingProcess = _listed(
    "RecyclingProcess", "How a batch is recycled.", PROCESSES,
    "It is opened, crushed and sorted.", "It is dissolved and extracted.", "It is smelted.", "Electrode material is regenerated as it is.",
)  # fmt: skip
