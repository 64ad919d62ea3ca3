"""Recycling batches for tests, as they come from outside: a mechanical step and a chemical one, whose balance closes for any inputs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from resolvers.ledger.recording.report import Outcome, Report
from tests.recording.making import given
from tests.recording.world import DAY_0, Book, E, code


def at(day: float) -> str:
    return (DAY_0 + timedelta(days=day)).isoformat()


def steps(kg: float, *, start: float = 9, rate: float = 0.95) -> list[dict[str, Any]]:
    """`rate` is what is recovered of lithium, the rest of which stays in residues; 1 % of the mass is lithium."""
    lithium = kg / 100
    return [
        {
            "name": "SHREDDING", "kind": "MECHANICAL", "startedAt": at(start), "finishedAt": at(start + 0.2), "inputKg": kg, "outputKg": kg * 0.95,
            "residueKg": kg * 0.03, "lossKg": kg * 0.02, "lossKind": "ELECTROLYTE_VAPOUR", "weighingSlips": ["W-1", "W-2"],
        },
        {
            "name": "LEACHING", "kind": "CHEMICAL", "startedAt": at(start + 0.3), "finishedAt": at(start + 0.9), "inputKg": kg * 0.6, "outputKg": kg * 0.8,
            "weighingSlips": ["W-3"],
            "assays": [
                {"element": "Li", "inputKg": lithium, "recoveredKg": lithium * rate, "residueKg": lithium * (1 - rate)},
                {"element": "Fe", "inputKg": lithium * 7, "recoveredKg": lithium * 6.5, "residueKg": lithium * 0.5},
            ],
        },
    ]  # fmt: skip


def batch(inputs: dict[int | str, float], number: str = "B-1", /, *, day: float = 10, **more: Any) -> dict[str, Any]:
    """The values of a report; `inputs` are masses by number or code."""
    kg = sum(inputs.values())
    return {
        "batch": number, "process": "HYDROMETALLURGICAL", "energyKwh": kg * 1.1,
        "inputs": [{"code": code(each) if isinstance(each, int) else each, "massKg": mass} for each, mass in inputs.items()],
        "steps": steps(kg, start=day - 1), "outputs": [{"material": "LITHIUM_CARBONATE", "massKg": kg * 0.05}, {"material": "COPPER", "massKg": kg * 0.1}],
        "residues": [{"material": "SLAG", "massKg": kg * 0.03}], **more,
    }  # fmt: skip


def recycled(inputs: dict[int | str, float], number: str = "B-1", /, *, day: float = 10, reference: str | None = None, **more: Any) -> Report:
    values = batch(inputs, number, day=day, **more)
    values.setdefault("code", None)
    return given(E.RECYCLED, values.pop("code"), day, reference or f"batch {number} {day} {sorted(inputs, key=str)}", **values)


async def recycle(book: Book, inputs: dict[int | str, float], number: str = "B-1", /, *, by: str = "recycler", **more: Any) -> Outcome:
    return (await book.tell(by, recycled(inputs, number, **more)))[0]
