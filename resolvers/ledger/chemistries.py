"""This module is in charge of the chemistries: which there are, and what a battery's code may say of each."""

from collections.abc import Iterable, Mapping
from typing import Final

CHEMISTRY_LETTERS: Final[Mapping[str, frozenset[str]]] = {
    "LFP": frozenset("B"),
    "LMFP": frozenset("BZ"),
    "NCM": frozenset("E"),
    "NCM523": frozenset("E"),
    "NCM622": frozenset("E"),
    "NCM811": frozenset("E"),
    "NCA": frozenset("E"),
    "LMO": frozenset("C"),
    "LCO": frozenset("D"),
    "LTO": frozenset("G"),
    "NIMH": frozenset("A"),
    "SUPERCAPACITOR": frozenset("F"),
    "OTHER": frozenset("Z"),
    "MIXED": frozenset("Z"),
}
"""The chemistries, and the battery-type letters of GB/T 34014 that agree with each."""
ELEMENTS: Final[Mapping[str, frozenset[str]]] = {
    "LFP": frozenset({"Li", "Fe", "P"}),
    "LMFP": frozenset({"Li", "Mn", "Fe", "P"}),
    **dict.fromkeys(("NCM", "NCM523", "NCM622", "NCM811"), frozenset({"Li", "Ni", "Co", "Mn"})),
    "NCA": frozenset({"Li", "Ni", "Co", "Al"}),
    "LMO": frozenset({"Li", "Mn"}),
    "LCO": frozenset({"Li", "Co"}),
    "LTO": frozenset({"Li"}),
    "NIMH": frozenset({"Ni"}),
}
"""What is in every battery of the chemistry, by the formula of what its electrodes are made of; of the others that is not known."""
MIXED: Final = "MIXED"
"""Cells of more than one chemistry."""


def together(chemistries: Iterable[str]) -> str:
    """What is told of things of these chemistries as one; at least one is given."""
    first, *others = sorted(set(chemistries))
    return MIXED if others else first
